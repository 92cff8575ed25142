//! Tokens: `@@KEY@@` in a template, to be replaced by the value that the layers give to `KEY`. A key is
//! `[A-Za-z0-9_.-]+`; anything else between two `@@` is plain text.

use std::ops::Range;

/// A token in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// The key between the marks.
    pub key: &'a str,
    /// The bytes of the token, marks included.
    pub range: Range<usize>,
}

const MARK: &str = "@@";

/// Whether a text can be a key.
pub fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_key_byte)
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

/// The tokens of a text, from left to right. A mark that ends a token does not begin the next one.
pub fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + memchr::memmem::find(text.as_bytes().get(from..)?, MARK.as_bytes())?;
            let begin = start + MARK.len();
            let rest = text.get(begin..)?;
            let length = rest.bytes().take_while(|byte| is_key_byte(*byte)).count();
            let key = rest.get(..length)?;
            if length > 0 && rest.get(length..).is_some_and(|after| after.starts_with(MARK)) {
                let end = begin + length + MARK.len();
                from = end;
                return Some(Token { key, range: start..end });
            }
            from = start + 1;
        }
    })
}

/// Where marks stand that belong to no token, the first one of each line: a slip such as `@@A B@@`.
pub fn stray_marks(text: &str) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    let mut at = 0;
    let whole = text.len()..text.len();
    for range in tokens(text).map(|token| token.range).chain([whole]) {
        let between = text.get(at..range.start).unwrap_or_default();
        for (mark, _) in between.match_indices(MARK) {
            let mark = at + mark;
            let same_line = found
                .last()
                .is_some_and(|last| text.get(*last..mark).is_some_and(|text| !text.contains('\n')));
            if !same_line {
                found.push(mark);
            }
        }
        at = range.end;
    }
    found
}

/// The key nearest to an unknown one, when it is near enough to be meant.
pub fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let unknown = unknown.to_lowercase();
    known
        .into_iter()
        .map(|key| {
            let lower = key.to_lowercase();
            let swapped = strsim::osa_distance(&unknown, &lower) <= 1 && lower.len() > 2;
            (strsim::jaro_winkler(&unknown, &lower).max(if swapped { 0.9 } else { 0.0 }), key)
        })
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, key)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<&str> {
        tokens(text).map(|token| token.key).collect()
    }

    #[test]
    fn tokens_stand_between_two_marks() {
        assert_eq!(keys("a: @@ES_HOST@@:@@ES_PORT@@"), ["ES_HOST", "ES_PORT"]);
        assert_eq!(
            keys("@@general-spike-5xxs.yaml.threshold_cur@@"),
            ["general-spike-5xxs.yaml.threshold_cur"]
        );
    }

    #[test]
    fn what_is_no_key_is_plain_text() {
        for text in ["@@@@", "@@A B@@", "@@A@", "@@", "@ @A@@", "@@Ä@@", "user@@host", ""] {
            assert!(keys(text).is_empty(), "{text:?}");
        }
    }

    #[test]
    fn marks_that_touch_belong_to_one_token_only() {
        assert_eq!(keys("@@A@@B@@"), ["A"]);
        assert_eq!(keys("@@@A@@@"), ["A"]);
        assert_eq!(keys("@@A@@@@B@@"), ["A", "B"]);
        assert_eq!(tokens("x@@@A@@").next().unwrap().range, 2..7);
    }

    #[test]
    fn only_a_near_key_is_offered() {
        assert_eq!(nearest("ES_HSOT", ["ES_HOST", "ES_PORT", "TIMEZONE"]), Some("ES_HOST"));
        assert_eq!(nearest("QUITE_OTHER", ["ES_HOST", "TIMEZONE"]), None);
    }
}
