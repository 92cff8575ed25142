//! The marker of a release: a small JSON file beside the deployed configuration that says which release it is and
//! which bytes of its files are secrets. It names ranges and keys and never a value, so that a later comparison can
//! mask secrets that nobody here knows any more.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::by_hand::ByHand;
use crate::domain::plan::ReleaseNumber;
use crate::domain::render::Rendering;

/// The name of the marker in the deployed `config/` folder. It is no file of the workspace and never compared.
pub const MARKER: &str = ".alertdeck-release";

/// Where a secret stands in a deployed file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretRange {
    /// The key of the secret.
    pub key: String,
    /// Its first byte.
    pub start: usize,
    /// The byte after its last one.
    pub end: usize,
}

/// What a marker says about one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleasedFile {
    /// How many bytes it had; ranges say nothing about a file of another length.
    pub length: usize,
    /// Where its secrets stand, in order.
    pub secrets: Vec<SecretRange>,
}

/// The content of the marker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The version of this format.
    pub schema: u32,
    /// The number of the release.
    pub release: u32,
    /// The environment, by name.
    pub environment: String,
    /// The hash of the rendering with its secrets left out.
    pub rendering: String,
    /// What was asked for beside the workspace.
    #[serde(flatten)]
    pub by_hand: ByHand,
    /// Every file that holds a secret, by its path `config/…` or `rules/…`.
    pub files: BTreeMap<String, ReleasedFile>,
}

impl Release {
    /// The marker for a rendering that becomes this release.
    pub fn of(rendering: &Rendering, number: ReleaseNumber) -> Self {
        let files = rendering
            .files
            .iter()
            .filter_map(|file| {
                let secrets: Vec<SecretRange> = file
                    .insertions
                    .iter()
                    .filter(|insertion| insertion.secret)
                    .map(|insertion| SecretRange {
                        key: insertion.key.clone(),
                        start: insertion.range.start,
                        end: insertion.range.end,
                    })
                    .collect();
                let released = ReleasedFile { length: file.bytes.len(), secrets };
                (!released.secrets.is_empty()).then(|| (file.path.clone(), released))
            })
            .collect();
        Self {
            schema: 1,
            release: number.0,
            environment: rendering.environment.to_string(),
            rendering: rendering.hash.clone(),
            by_hand: rendering.by_hand.clone(),
            files,
        }
    }

    /// The bytes of the marker file.
    pub fn to_bytes(&self) -> Vec<u8> {
        // A struct of strings, numbers and a map with string keys always has a JSON form.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a marker; `None` when it is none, or of a format that this version does not know.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(bytes).ok().filter(|release| release.schema == 1)
    }
}
