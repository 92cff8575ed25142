//! A template: a file of the workspace before substitution. It is bytes first; only those that are UTF-8 can hold
//! tokens, all others pass through untouched.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use zeroize::Zeroizing;

use crate::domain::token::tokens;

/// A file of `config/` or `rules/` before substitution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// `config/…` or `rules/…`, with `/`.
    pub path: String,
    /// Where the file lies below the workspace's folder: the path, unless the workspace is laid out in another way.
    pub source: String,
    /// Its bytes, shared with the reading that found them and with those after it.
    pub bytes: Bytes,
}

/// The bytes of a file as it was read. They are shared by all who hold them, and leave no trace when nobody does.
#[derive(Clone, Default)]
pub struct Bytes(Arc<Shared>);

#[derive(Default)]
struct Shared {
    bytes: Zeroizing<Vec<u8>>,
    /// The keys of its tokens, once somebody has asked.
    keys: OnceLock<Vec<String>>,
}

impl Bytes {
    /// The keys of the tokens in it, sorted and each once; none if it is not UTF-8. They are looked for once, however many
    /// share the bytes.
    pub fn keys(&self) -> &[String] {
        self.0.keys.get_or_init(|| {
            let text = std::str::from_utf8(self).unwrap_or_default();
            let mut keys: Vec<String> = tokens(text).map(|token| token.key.to_owned()).collect();
            keys.sort();
            keys.dedup();
            keys
        })
    }

    /// Whether both are one, not only alike.
    pub fn is_shared_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Zeroizing::new(bytes).into()
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        bytes.to_vec().into()
    }
}

impl From<Zeroizing<Vec<u8>>> for Bytes {
    fn from(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(Arc::new(Shared { bytes, keys: OnceLock::new() }))
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        self.is_shared_with(other) || **self == **other
    }
}

impl Eq for Bytes {}

/// Layers hold secrets, so that no file is printed.
impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bytes").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_tokens_sorted_and_each_once() {
        let keys = |bytes: &[u8]| Bytes::from(bytes).keys().join(" ");
        assert_eq!(keys(b"@@B@@ @@A@@ @@B@@ @@C D@@"), "A B");
        assert_eq!(keys(b"@@A@@ \xff"), "", "what is not UTF-8 has no tokens");
    }

    #[test]
    fn who_shares_bytes_shares_their_keys_and_shows_none_of_them() {
        let bytes = Bytes::from(b"secret: @@A@@".to_vec());
        let other = bytes.clone();
        assert!(std::ptr::eq(bytes.keys(), other.keys()));
        assert_eq!(bytes, Bytes::from(&*other), "alike is as good as the same");
        assert_ne!(bytes, Bytes::default());
        assert!(!format!("{bytes:?}").contains("secret"));
    }
}
