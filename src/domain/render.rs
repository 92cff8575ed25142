//! A rendering: all files of one environment after substitution and overlays, with the origin of every value that
//! was put in. Secrets stand in it either filled, for a deploy, or as holes, for looking.

use std::fmt;
use std::ops::Range;

use zeroize::Zeroizing;

use crate::domain::check::Finding;
use crate::domain::environment::EnvName;
use crate::domain::problem::Place;
use crate::domain::rule::Rule;

/// A value of one layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerValue {
    /// The layer's name: `Default`, `CI`, `Sensitive.Local`, `--set`, `built-in`.
    pub layer: String,
    /// The value; for a secret its placeholder.
    pub shown: String,
    /// Where it is written; `None` for built-in values and flags.
    pub place: Option<Place>,
}

/// Text that was put in place of a token or by an overlay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insertion {
    /// Bytes of the rendered file.
    pub range: Range<usize>,
    /// The key of the token, or the path of the overlay such as `threshold_cur`.
    pub key: String,
    /// Whether the bytes are a secret.
    pub secret: bool,
    /// Where the template has it.
    pub template: Place,
    /// The value that won and those of the layers below it, winner first.
    pub chain: Vec<LayerValue>,
}

/// One file of a rendering.
#[derive(Clone, PartialEq, Eq)]
pub struct RenderedFile {
    /// `config/…` or `rules/…`, as its template.
    pub path: String,
    /// Its bytes, secrets filled in where they were known. Only a deploy and `render --out` may write them.
    pub bytes: Zeroizing<Vec<u8>>,
    /// What was put in, sorted by range.
    pub insertions: Vec<Insertion>,
}

impl fmt::Debug for RenderedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenderedFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// All files of one environment after substitution and overlays.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendering {
    /// The environment.
    pub environment: EnvName,
    /// Sorted by path; excluded rules are not among them.
    pub files: Vec<RenderedFile>,
    /// The rules among them, sorted by path.
    pub rules: Vec<Rule>,
    /// Rule files that an exclusion keeps out, and where it is written.
    pub excluded: Vec<(String, Place)>,
    /// Keys of secrets that are used and not filled in.
    pub holes: Vec<String>,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// SHA-256 over paths and bytes with every secret left out, in hexadecimal.
    pub hash: String,
}
