//! Files as a container really has them, under the paths that a rendering gives them. They may hold secrets of an
//! older release that nobody here knows, so their bytes never print themselves.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

use crate::domain::release::Release;
use crate::domain::secret::Secret;

/// The files of a container's `config` and `rules` mounts.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// Bytes by path, `config/…` or `rules/…`; the marker of the release is not among them.
    pub files: BTreeMap<String, Zeroizing<Vec<u8>>>,
    /// What the marker says, where there is one.
    pub release: Option<Release>,
}

impl Tree {
    /// The secrets that stand in the files, as far as the marker says where; a file of another length than it had is
    /// another file.
    pub fn secrets(&self) -> Vec<(String, Secret)> {
        let mut secrets = Vec::new();
        for (path, released) in self.release.iter().flat_map(|release| &release.files) {
            let Some(bytes) = self.files.get(path).filter(|bytes| bytes.len() == released.length) else {
                continue;
            };
            for range in &released.secrets {
                let value =
                    bytes.get(range.start..range.end).and_then(|value| std::str::from_utf8(value).ok());
                if let Some(value) = value {
                    secrets.push((range.key.clone(), Secret::new(value.to_owned())));
                }
            }
        }
        secrets.dedup();
        secrets
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree")
            .field("files", &self.files.keys().collect::<Vec<_>>())
            .field("release", &self.release)
            .finish()
    }
}
