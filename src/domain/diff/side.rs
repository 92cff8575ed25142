//! One side of a comparison: files with their real bytes, what of them must not be shown, and where their values come
//! from. A side is made of a rendering, or of the files that a container really has. What is costly to know of a file
//! is found out only when its bytes differ.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::domain::diff::mask::Masker;
use crate::domain::diff::tree;
use crate::domain::mask;
use crate::domain::position::count;
use crate::domain::problem::Place;
use crate::domain::release::{MARKER, ReleasedFile};
use crate::domain::render::origin::Mask;
use crate::domain::render::{Insertion, RenderedFile, Rendering};
use crate::domain::rule::is_rule;
use crate::domain::secret::placeholder;
use crate::domain::tree::Tree;
use crate::domain::workspace::Workspace;

/// A file of one side.
#[derive(Clone)]
pub struct SideFile {
    /// Its path, `config/…` or `rules/…`.
    pub path: String,
    content: Content,
    /// Knows the secrets that may stand anywhere in it, in whatever form.
    hides: Arc<mask::Masker>,
}

#[derive(Clone)]
enum Content {
    /// The file of a rendering at that index.
    Rendered { of: Arc<Of>, at: usize },
    /// A file as it was read somewhere. Its secrets are not known, so that whatever could be one is hidden.
    Read { bytes: Zeroizing<Vec<u8>>, masker: Arc<Masker>, released: Option<ReleasedFile> },
    /// A file of which all is told.
    #[cfg(test)]
    Told { bytes: Zeroizing<Vec<u8>>, masks: Vec<Mask> },
}

/// Where a value that was put in comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its bytes.
    pub range: Range<usize>,
    /// In words: `ES_HOST from config/environments/CI.yaml:7`.
    pub words: String,
    /// The place in the workspace as it is today.
    pub place: Option<Place>,
}

/// The lines of the template that a rendered file was made from.
pub struct TemplateLines<'a> {
    file: &'a RenderedFile,
    path: String,
    ends: Vec<usize>,
    /// Whether it is a template of the workspace as it is today.
    pub is_today: bool,
}

impl TemplateLines<'_> {
    /// The line that a byte of the rendered file comes from.
    pub fn place(&self, offset: usize) -> Place {
        let offset = self.file.template_offset(offset);
        let line = self.ends.partition_point(|end| *end < offset) + 1;
        Place::line(self.path.clone(), count(line))
    }
}

/// What files of a rendering have in common.
struct Of {
    rendering: Arc<Rendering>,
    workspace: Arc<Workspace>,
    /// Hides what no layer calls a secret and is one all the same.
    masker: Option<Masker>,
}

impl Of {
    fn is_today(&self) -> bool {
        self.masker.is_none()
    }
}

/// Two sides that are compared.
#[derive(Debug)]
pub struct Sides {
    /// What it was.
    pub old: Side,
    /// What it is.
    pub new: Side,
}

/// A rule that ElastAlert can read, and of which nothing has to be hidden.
pub(super) struct Plain<'a> {
    pub(super) text: &'a str,
    /// Its name, not for showing.
    pub(super) name: &'a str,
}

/// One side of a comparison.
#[derive(Clone)]
pub struct Side {
    /// What it is: `Default`, `running elastalert-ci-3`.
    pub label: String,
    /// Its files, sorted by path.
    pub files: Vec<SideFile>,
    /// Paths that its environment excludes.
    pub excluded: Vec<String>,
}

impl fmt::Debug for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Side").field("label", &self.label).finish_non_exhaustive()
    }
}

impl Side {
    /// A rendering as a side.
    pub fn of(rendering: Arc<Rendering>, workspace: Arc<Workspace>) -> Self {
        let mut label = rendering.environment.to_string();
        if !rendering.by_hand.partial.is_empty() {
            label = format!("{label} (partial: {})", rendering.by_hand.partial.join(", "));
        }
        Self::rendered(label, rendering, workspace, None)
    }

    /// A rendering of other days as a side: what is a secret now is hidden in it, too.
    pub fn of_revision(
        label: String,
        rendering: Arc<Rendering>,
        workspace: Arc<Workspace>,
        masker: Masker,
    ) -> Self {
        Self::rendered(label, rendering, workspace, Some(masker))
    }

    fn rendered(
        label: String,
        rendering: Arc<Rendering>,
        workspace: Arc<Workspace>,
        masker: Option<Masker>,
    ) -> Self {
        let excluded = rendering.excluded.iter().map(|(path, _)| path.clone()).collect();
        let of = Arc::new(Of { rendering, workspace, masker });
        let hides = Arc::new(mask::Masker::default());
        let files = of
            .rendering
            .files
            .iter()
            .enumerate()
            .map(|(at, file)| SideFile {
                path: file.path.clone(),
                content: Content::Rendered { of: Arc::clone(&of), at },
                hides: Arc::clone(&hides),
            })
            .collect();
        Self { label, files, excluded }
    }

    /// The files of a container as a side. Its secrets are not known here, so that `masker` hides whatever could be
    /// one.
    pub fn of_container(label: String, tree: Tree, masker: Masker) -> Self {
        let no_file = format!("config/{MARKER}");
        let masker = Arc::new(masker);
        let hides = Arc::new(mask::Masker::default());
        let Tree { files, release } = tree;
        let files = files
            .into_iter()
            .filter(|(path, _)| *path != no_file)
            .map(|(path, bytes)| {
                let released = release.as_ref().and_then(|release| release.files.get(&path)).cloned();
                let content = Content::Read { bytes, masker: Arc::clone(&masker), released };
                SideFile { path, content, hides: Arc::clone(&hides) }
            })
            .collect();
        Self { label, files, excluded: Vec::new() }
    }

    /// A side without files: nothing is deployed.
    pub fn nothing(label: impl Into<String>) -> Self {
        Self { label: label.into(), files: Vec::new(), excluded: Vec::new() }
    }

    /// The side with these secrets hidden wherever they stand, in every form in which programs write them.
    #[must_use]
    pub fn hiding(mut self, secrets: &Arc<mask::Masker>) -> Self {
        self.files.iter_mut().for_each(|file| file.hides = Arc::clone(secrets));
        self
    }

    /// The file of that path.
    pub fn file(&self, path: &str) -> Option<&SideFile> {
        let at = self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        self.files.get(at)
    }
}

impl SideFile {
    /// A file of which all is told.
    #[cfg(test)]
    pub fn told(path: &str, bytes: &[u8], masks: Vec<Mask>) -> Self {
        let bytes = Zeroizing::new(bytes.to_vec());
        let hides = Arc::new(mask::Masker::default());
        Self { path: path.to_owned(), content: Content::Told { bytes, masks }, hides }
    }

    /// Its real bytes; only to be compared.
    pub fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::Rendered { .. } => self.rendered().map_or(&[], |(file, _)| file.bytes.as_slice()),
            Content::Read { bytes, .. } => bytes,
            #[cfg(test)]
            Content::Told { bytes, .. } => bytes,
        }
    }

    fn rendered(&self) -> Option<(&RenderedFile, &Of)> {
        match &self.content {
            Content::Rendered { of, at } => Some((of.rendering.files.get(*at)?, of)),
            Content::Read { .. } => None,
            #[cfg(test)]
            Content::Told { .. } => None,
        }
    }

    /// What must not be shown of it.
    pub fn masks(&self) -> Vec<Mask> {
        let mut masks = self.own_masks();
        if !self.hides.is_empty()
            && let Ok(text) = std::str::from_utf8(self.bytes())
        {
            masks.extend(self.hides.masks(text));
        }
        masks
    }

    /// Text about it as it may be shown.
    pub fn hide(&self, text: String) -> String {
        self.hides.mask(text)
    }

    fn own_masks(&self) -> Vec<Mask> {
        match &self.content {
            Content::Rendered { .. } => self.rendered().map_or_else(Vec::new, |(file, of)| {
                let mut masks = file.masks();
                if let Some(masker) = &of.masker {
                    masks.extend(masker.masks(&file.path, &file.bytes, None));
                }
                masks
            }),
            Content::Read { bytes, masker, released } => masker.masks(&self.path, bytes, released.as_ref()),
            #[cfg(test)]
            Content::Told { masks, .. } => masks.clone(),
        }
    }

    /// Whether a secret of it is not known, so that nobody can say whether it is the same.
    pub fn has_hole(&self) -> bool {
        match &self.content {
            Content::Rendered { .. } => self.rendered().is_some_and(|(file, of)| {
                let hole = |insertion: &Insertion| {
                    insertion.secret
                        && file.bytes.get(insertion.range.clone())
                            == Some(placeholder(&insertion.key).as_bytes())
                };
                !of.rendering.holes.is_empty() && file.insertions.iter().any(hole)
            }),
            Content::Read { .. } => false,
            #[cfg(test)]
            Content::Told { masks, .. } => masks.iter().any(|mask| mask.hole),
        }
    }

    /// Where values that were put in come from, in the order of their bytes.
    pub fn origins(&self) -> Vec<Origin> {
        self.rendered().map_or_else(Vec::new, |(file, of)| {
            let origin = |insertion: &Insertion| Origin {
                range: insertion.range.clone(),
                words: insertion.described(|shown| self.hide(shown.to_owned())),
                place: insertion.chain.first().and_then(|link| link.place.clone()).filter(|_| of.is_today()),
            };
            file.insertions.iter().map(origin).collect()
        })
    }

    /// The template that it was made from.
    pub fn template(&self) -> Option<TemplateLines<'_>> {
        let (file, of) = self.rendered()?;
        let templates = &of.workspace.templates;
        let at = templates.binary_search_by(|template| template.path.cmp(&file.path)).ok()?;
        let template = templates.get(at)?;
        let ends = template.bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        Some(TemplateLines {
            file,
            path: template.source.clone(),
            ends: ends.map(|(at, _)| at).collect(),
            is_today: of.is_today(),
        })
    }

    /// The name of the rule in it, for telling which rule of the other side is the same one; it is not for showing.
    pub fn rule(&self) -> Option<Cow<'_, str>> {
        if !is_rule(&self.path) {
            return None;
        }
        if let Some((file, of)) = self.rendered() {
            return of.rendering.rule(&file.path).map(|rule| Cow::Borrowed(rule.name.as_str()));
        }
        let root = std::str::from_utf8(self.bytes()).ok().and_then(tree::read)?;
        root.get("name").and_then(tree::Node::text).map(|name| Cow::Owned(name.to_owned()))
    }

    /// Whether it has the same bytes as another one.
    pub fn same_bytes(&self, other: &Self) -> bool {
        let (one, two) = (self.bytes(), other.bytes());
        std::ptr::eq(one, two) || one == two
    }

    /// The rule in it, where its rendering says that ElastAlert can read it, and nothing has to be hidden.
    pub(super) fn plain(&self) -> Option<Plain<'_>> {
        let (file, of) = self.rendered()?;
        if of.masker.is_some() || file.insertions.iter().any(|insertion| insertion.secret) {
            return None;
        }
        let rule = of.rendering.rule(&file.path)?;
        let text = std::str::from_utf8(&file.bytes).ok()?;
        // Only what was read has a type; a rule without a name has that of its file.
        let stem = file.path.rsplit_once('.').map_or(file.path.as_str(), |(stem, _)| stem);
        if rule.kind.is_empty() || rule.name == stem {
            return None;
        }
        let hides = !self.hides.is_empty() && !self.hides.masks(text).is_empty();
        (!hides).then_some(Plain { text, name: &rule.name })
    }
}
