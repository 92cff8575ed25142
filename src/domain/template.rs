//! A template: a file of the workspace before substitution. It is bytes first; only those that are UTF-8 can hold
//! tokens, all others pass through untouched.

use std::sync::Arc;

/// A file of `config/` or `rules/` before substitution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// `config/…` or `rules/…`, with `/`.
    pub path: String,
    /// Where the file lies below the workspace's folder: the path, unless the workspace is laid out in another way.
    pub source: String,
    /// Its bytes, shared with every rendering that does not change them.
    pub bytes: Arc<[u8]>,
}
