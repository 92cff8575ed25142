//! A file as `ElastAlert` reads it: rendered, its variables expanded, parsed; each value leads back to the bytes of the
//! rendered file and of the template. And the files that a rule imports.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::domain::environment::Mounts;
use crate::domain::position::Lines;
use crate::domain::problem::{Place, Problem};
use crate::domain::render::origin::template_offset;
use crate::domain::render::{Insertion, Rendering};
use crate::domain::rule::is_rule;
use crate::domain::secret::placeholder;
use crate::domain::why::expand::{Put, back, expand};
use crate::domain::workspace::Workspace;
use crate::domain::yaml::{self, Document, Node, Value};

/// One file.
#[derive(Clone, Debug)]
pub(super) struct Read {
    /// Its path in the rendering.
    pub(super) path: String,
    /// Where it lies in the workspace.
    pub(super) source: String,
    /// The name of the rule in it.
    pub(super) rule: Option<String>,
    /// The template.
    pub(super) template: String,
    /// The rendered text.
    pub(super) rendered: String,
    pub(super) insertions: Vec<Insertion>,
    /// The text as it is parsed.
    pub(super) text: String,
    pub(super) puts: Vec<Put>,
    document: Option<Document>,
    /// Why it cannot be parsed, where it should be.
    pub(super) unreadable: Option<Problem>,
    /// Where it is imported, if it is.
    pub(super) import: Option<Place>,
}

impl Read {
    pub(super) fn open(
        workspace: &Workspace,
        rendering: &Rendering,
        variables: &BTreeMap<String, String>,
        path: &str,
    ) -> Result<Self, Problem> {
        let (file, template) = rendering
            .file(path)
            .zip(workspace.template(path))
            .ok_or_else(|| Problem::new("why.file", format!("{path} is not in this rendering")))?;
        let source = &template.source;
        let no_text = || Problem::new("why.binary", "the file is no text").at(Place::file(source));
        let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned).map_err(|_bytes| no_text());
        // Whoever filled them in asked for something else; nothing of them may come here.
        let filled = |insertion: &&Insertion| {
            insertion.secret
                && file.bytes.get(insertion.range.clone()) != Some(placeholder(&insertion.key).as_bytes())
        };
        if file.insertions.iter().any(|insertion| filled(&insertion)) {
            return Err(Problem::new("why.filled", "the secrets of this rendering are filled in"));
        }
        let rendered = text(&file.bytes)?;
        let is_yaml = is_rule(path)
            || rendering.config().is_some_and(|config| config.path == path)
            || std::path::Path::new(path).extension().is_some_and(|end| end == "yaml" || end == "yml");
        let (expanded, puts) =
            if is_yaml { expand(&rendered, variables) } else { (rendered.clone(), Vec::new()) };
        let mut read = Self {
            path: path.to_owned(),
            source: source.clone(),
            rule: None,
            template: text(&template.bytes)?,
            rendered,
            insertions: file.insertions.clone(),
            text: expanded,
            puts,
            document: None,
            unreadable: None,
            import: None,
        };
        if is_yaml {
            match yaml::parse(&read.text) {
                Ok(document) => read.document = Some(document),
                Err(error) => {
                    let mut problem =
                        Problem::new("why.unreadable", "the file cannot be read, so its values are unknown")
                            .why(error.discreet())
                            .hint(format!("`alertdeck check {}` says more", rendering.environment));
                    problem.place = Some(match error.at() {
                        Some(at) => read.template_place(back(&read.puts, &(at..at)).start),
                        None => Place::file(&read.source),
                    });
                    read.unreadable = Some(problem);
                }
            }
        } else {
            read.unreadable = Some(
                Problem::new("why.lines", "the file is no YAML and has no named values")
                    .at(Place::file(&read.source))
                    .hint(format!("name a line of it: {}:1", read.source)),
            );
        }
        read.rule = rendering.rule(path).map(|rule| rule.name.clone());
        Ok(read)
    }

    /// What it holds.
    pub(super) fn root(&self) -> Option<&Node> {
        self.document.as_ref().map(|document| &document.root)
    }

    /// Earlier keys of the same name, whose value does not count.
    pub(super) fn earlier(&self, key: &Node) -> Vec<Range<usize>> {
        let duplicates = self.document.iter().flat_map(|document| &document.duplicates);
        duplicates.filter(|found| found.again == *key.place()).map(|found| found.first.clone()).collect()
    }

    /// The bytes of the rendered file that bytes of the parsed text come from.
    pub(super) fn rendered_range(&self, range: &Range<usize>) -> Range<usize> {
        back(&self.puts, range)
    }

    /// A line of the rendered file: its number, and its bytes.
    pub(super) fn rendered_line(&self, offset: usize) -> (u32, Range<usize>) {
        let lines = Lines::new(&self.rendered);
        let (line, _) = lines.position(offset);
        (line, lines.range(line))
    }

    /// The place in the template of a byte of the rendered file.
    pub(super) fn template_place(&self, offset: usize) -> Place {
        Lines::new(&self.template).place(&self.source, template_offset(&self.insertions, offset))
    }

    /// The bytes of the line of the template of that number.
    pub(super) fn template_line(&self, line: u32) -> Range<usize> {
        Lines::new(&self.template).range(line)
    }

    /// What was put into these bytes of the rendered file.
    pub(super) fn inside(&self, range: &Range<usize>) -> impl Iterator<Item = &Insertion> {
        let range = range.clone();
        self.insertions.iter().filter(move |insertion| {
            let at = &insertion.range;
            at.start < range.end && at.end > range.start
                || at.is_empty() && range.start <= at.start && at.start <= range.end
        })
    }

    /// Whether a value, or its key where it has one, stands on a line of the rendered file.
    pub(super) fn stands_on(&self, key: Option<&Node>, node: &Node, line: u32) -> bool {
        let lines = Lines::new(&self.rendered);
        let place = self.rendered_range(node.place());
        let mut first = lines.position(place.start).0;
        let last = lines.position(place.end.max(place.start)).0;
        if let Some(key) = key {
            let key = lines.position(self.rendered_range(key.place()).start).0;
            // A list below its key is not on the line of the key.
            first = if node.place().is_empty() || key <= first { key } else { first };
        }
        (first..=last.max(first)).contains(&line)
    }
}

/// Opens what a rule imports, depth first, of one file's imports the last one first: as the loader does.
pub(super) fn imports(reads: &mut Vec<Read>, mounts: &Mounts, open: &impl Fn(&str) -> Result<Read, Problem>) {
    /// More than any rule has.
    const MOST: usize = 50;
    let Some(first) = reads.first() else { return };
    let mut stack = named(first, mounts);
    while let Some((path, place)) = stack.pop() {
        if reads.len() >= MOST || reads.iter().any(|read| read.path == path) {
            continue;
        }
        let Ok(mut read) = open(&path) else { continue };
        read.import = Some(place);
        stack.extend(named(&read, mounts));
        reads.push(read);
    }
}

/// The files that a file imports, and where it says so.
fn named(read: &Read, mounts: &Mounts) -> Vec<(String, Place)> {
    let Some(value) = read.root().and_then(|root| root.get("import")) else { return Vec::new() };
    let one = |node: &Node| {
        let place = read.template_place(read.rendered_range(node.place()).start);
        Some((complete(&read.path, node.text()?, mounts)?, place))
    };
    match &value.value {
        Value::Text(_) => one(value).into_iter().collect(),
        _ => value.items().iter().filter_map(one).collect(),
    }
}

/// The path in the rendering of a file that another one imports; paths are those of the container.
fn complete(from: &str, to: &str, mounts: &Mounts) -> Option<String> {
    let roots = [("config", mounts.config.as_str()), ("rules", mounts.rules.as_str())];
    let absolute = if to.starts_with('/') {
        to.to_owned()
    } else {
        let (folder, rest) = from.split_once('/')?;
        let mount = roots.iter().find(|(name, _)| *name == folder)?.1;
        let folder = rest.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{mount}/{folder}/{to}")
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in absolute.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let path = format!("/{}", parts.join("/"));
    roots.iter().find_map(|(name, mount)| {
        let below = path.strip_prefix(mount.trim_end_matches('/'))?.strip_prefix('/')?;
        Some(format!("{name}/{below}"))
    })
}
