//! Files as a container really has them, under the paths that a rendering gives them. They may hold secrets of an
//! older release that nobody here knows, so their bytes never print themselves.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

use crate::domain::release::Release;

/// The files of a container's `config` and `rules` mounts.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// Bytes by path, `config/…` or `rules/…`; the marker of the release is not among them.
    pub files: BTreeMap<String, Zeroizing<Vec<u8>>>,
    /// What the marker says, where there is one.
    pub release: Option<Release>,
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree")
            .field("files", &self.files.keys().collect::<Vec<_>>())
            .field("release", &self.release)
            .finish()
    }
}
