//! One side of a comparison: files with their real bytes, what of them must not be shown, and where their values come
//! from. A side is made of a rendering, or of the files that a container really has.

use std::collections::BTreeMap;
use std::ops::Range;

use zeroize::Zeroizing;

use crate::domain::diff::mask::Masker;
use crate::domain::release::MARKER;
use crate::domain::render::Rendering;
use crate::domain::render::origin::Mask;
use crate::domain::tree::Tree;

/// A file of one side.
#[derive(Clone)]
pub struct SideFile {
    /// Its real bytes; only compared.
    pub bytes: Zeroizing<Vec<u8>>,
    /// What must not be shown of them.
    pub masks: Vec<Mask>,
    /// Where values that were put in come from, in words.
    pub origins: Vec<(Range<usize>, String)>,
}

/// One side of a comparison.
#[derive(Clone)]
pub struct Side {
    /// What it is: `Default`, `running elastalert-ci-3`.
    pub label: String,
    /// Its files by path.
    pub files: BTreeMap<String, SideFile>,
    /// Paths that its environment excludes.
    pub excluded: Vec<String>,
}

impl Side {
    /// A rendering as a side.
    pub fn of(rendering: &Rendering) -> Self {
        let files = rendering
            .files
            .iter()
            .map(|file| {
                let origins = file
                    .insertions
                    .iter()
                    .map(|insertion| (insertion.range.clone(), insertion.describe()))
                    .collect();
                let side = SideFile { bytes: file.bytes.clone(), masks: file.masks(), origins };
                (file.path.clone(), side)
            })
            .collect();
        let excluded = rendering.excluded.iter().map(|(path, _)| path.clone()).collect();
        let mut label = rendering.environment.to_string();
        if !rendering.by_hand.partial.is_empty() {
            label = format!("{label} (partial: {})", rendering.by_hand.partial.join(", "));
        }
        Self { label, files, excluded }
    }

    /// The files of a container as a side. Its secrets are not known here, so that `masker` hides whatever could be
    /// one.
    pub fn of_container(label: String, tree: &Tree, masker: &Masker) -> Self {
        let no_file = format!("config/{MARKER}");
        let files = tree
            .files
            .iter()
            .filter(|(path, _)| **path != no_file)
            .map(|(path, bytes)| {
                let released = tree.release.as_ref().and_then(|release| release.files.get(path));
                let masks = masker.masks(path, bytes, released);
                (path.clone(), SideFile { bytes: bytes.clone(), masks, origins: Vec::new() })
            })
            .collect();
        Self { label, files, excluded: Vec::new() }
    }

    /// A side without files: nothing is deployed.
    pub fn nothing(label: impl Into<String>) -> Self {
        Self { label: label.into(), files: BTreeMap::new(), excluded: Vec::new() }
    }
}
