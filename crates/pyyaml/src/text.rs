//! The text of a scalar. Python strings may hold lone surrogates (`"\ud800"` loads), Rust's may not, so this type
//! keeps them beside a `str` in which each is replaced by U+FFFD.

use std::borrow::Cow;
use std::fmt;

/// A string as Python has it: characters, and now and then a lone surrogate.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'a> {
    text: Cow<'a, str>,
    // Nearly never there, and boxed, since texts are moved a lot.
    surrogates: Option<Box<Lone>>,
}

/// Byte offsets of the U+FFFD that stand for surrogates, and the surrogates.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Lone(Vec<(usize, u16)>);

impl<'a> Text<'a> {
    /// The text, with U+FFFD wherever a lone surrogate stands.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The lone surrogates: the byte offset in [`as_str`](Self::as_str) of the U+FFFD that stands for it, and its code.
    pub fn surrogates(&self) -> &[(usize, u16)] {
        self.surrogates.as_ref().map_or(&[], |lone| &lone.0)
    }

    /// The code points as Python's `ord` gives them, surrogates included.
    pub fn code_points(&self) -> impl Iterator<Item = u32> + Clone + '_ {
        let mut lone = self.surrogates().iter().peekable();
        self.text.char_indices().map(move |(at, char)| match lone.next_if(|(place, _)| *place == at) {
            Some((_, code)) => u32::from(*code),
            None => u32::from(char),
        })
    }

    /// The same text without a borrow.
    pub fn into_owned(self) -> Text<'static> {
        Text { text: Cow::Owned(self.text.into_owned()), surrogates: self.surrogates }
    }

    /// The text as a `String`, with U+FFFD for lone surrogates.
    pub fn into_string(self) -> String {
        self.text.into_owned()
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// `str.lower`
    pub(crate) fn to_lowercase(&self) -> Text<'static> {
        if self.surrogates.is_none() {
            return Text::from(self.text.to_lowercase());
        }
        let mut lower = Text::default();
        for code in self.code_points() {
            match (char::from_u32(code), u16::try_from(code)) {
                (Some(char), _) => char.to_lowercase().for_each(|char| lower.push(char)),
                (None, Ok(surrogate)) => lower.push_surrogate(surrogate),
                (None, Err(_)) => {}
            }
        }
        lower
    }

    pub(crate) fn push(&mut self, char: char) {
        self.text.to_mut().push(char);
    }

    pub(crate) fn push_str(&mut self, text: &'a str) {
        if self.text.is_empty() {
            self.text = Cow::Borrowed(text);
        } else {
            self.text.to_mut().push_str(text);
        }
    }

    pub(crate) fn push_surrogate(&mut self, code: u16) {
        let at = self.text.len();
        self.text.to_mut().push(char::REPLACEMENT_CHARACTER);
        self.surrogates.get_or_insert_default().0.push((at, code));
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self { text: Cow::Borrowed(text), surrogates: None }
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self { text: Cow::Owned(text), surrogates: None }
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.surrogates.is_none() && self.text == other
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_surrogate_is_kept_and_told_from_the_character_that_stands_for_it() {
        let mut lone = Text::from("a");
        lone.push_surrogate(0xd800);
        let mut written = Text::from("a");
        written.push('\u{fffd}');
        assert_eq!(lone.as_str(), written.as_str());
        assert_ne!(lone, written);
        assert_eq!(lone.code_points().collect::<Vec<_>>(), [0x61, 0xd800]);
    }
}
