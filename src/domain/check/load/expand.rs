//! `os.path.expandvars`, which every file goes through before it is parsed: `$NAME` and `${NAME}` become what the
//! container's environment says, once; a name that it does not have stays. It remembers where it did, so that places
//! lead back.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// What was put in, in order: bytes of the text, and bytes of the text before.
#[derive(Debug, Default)]
pub(super) struct Put(Vec<(Range<usize>, Range<usize>)>);

/// A place where a variable may stand: its bytes, the mark included, and its name.
pub(super) fn variables(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = text.get(from..)?;
            let start = from + rest.find('$')?;
            let after = text.get(start + 1..)?;
            let found = if let Some(inner) = after.strip_prefix('{') {
                inner.find('}').map(|end| (end + 2, inner.get(..end).unwrap_or_default()))
            } else {
                let end = after
                    .find(|char: char| !char.is_ascii_alphanumeric() && char != '_')
                    .unwrap_or(after.len());
                (end > 0).then(|| (end, after.get(..end).unwrap_or_default()))
            };
            match found {
                Some((length, name)) => {
                    let end = start + 1 + length;
                    from = end;
                    return Some((start..end, name));
                }
                None => from = start + 1,
            }
        }
    })
}

/// Puts in what the environment says.
pub(super) fn expand<'a>(text: &'a str, environment: &BTreeMap<String, String>) -> (Cow<'a, str>, Put) {
    let mut out = String::new();
    let mut put = Vec::new();
    let mut done = 0;
    for (range, name) in variables(text) {
        let Some(value) = environment.get(name) else { continue };
        out.push_str(text.get(done..range.start).unwrap_or_default());
        let start = out.len();
        out.push_str(value);
        done = range.end;
        put.push((start..out.len(), range));
    }
    if put.is_empty() {
        return (Cow::Borrowed(text), Put(put));
    }
    out.push_str(text.get(done..).unwrap_or_default());
    (Cow::Owned(out), Put(put))
}

impl Put {
    /// Whether nothing was put in.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes of the text before that these bytes come from.
    pub(super) fn before(&self, range: Range<usize>) -> Range<usize> {
        let start = self.back(self.0.partition_point(|(after, _)| after.end <= range.start), range.start);
        let passed = self.0.partition_point(|(after, _)| after.start < range.end);
        let end = match passed.checked_sub(1).and_then(|last| self.0.get(last)) {
            Some((after, before)) if range.end <= after.end => before.end,
            _ => self.back(passed, range.end),
        };
        start..end.max(start)
    }

    /// Where an offset was before, when so many pieces stand before it.
    fn back(&self, passed: usize, offset: usize) -> usize {
        if let Some((_, before)) = self.0.get(passed).filter(|(after, _)| after.start < offset) {
            return before.start;
        }
        let last = passed.checked_sub(1).and_then(|last| self.0.get(last));
        last.map_or(offset, |(after, before)| offset.saturating_sub(after.end) + before.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> (Cow<'_, str>, Put) {
        let environment = [("A", "long value"), ("EMPTY", ""), ("SELF", "$A"), ("a b", "odd")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        expand(text, &BTreeMap::from(environment))
    }

    #[test]
    fn names_that_the_environment_has_are_replaced_once_and_others_stay() {
        for (text, becomes) in [
            ("x", "x"),
            ("$A", "long value"),
            ("${A}b$A", "long valueblong value"),
            ("$Ab $ $$A ${A", "$Ab $ $long value ${A"),
            ("$SELF", "$A"),
            ("[$EMPTY]", "[]"),
            ("${a b}${}", "odd${}"),
            ("$é", "$é"),
        ] {
            assert_eq!(expanded(text).0, becomes, "{text}");
        }
    }

    #[test]
    fn places_lead_back_to_the_text_before() {
        let (text, put) = expanded("a: $A\nb: ${EMPTY}c");
        assert_eq!(text, "a: long value\nb: c");
        assert_eq!(put.before(0..1), 0..1);
        assert_eq!(put.before(3..13), 3..5);
        assert_eq!(put.before(5..7), 3..5);
        assert_eq!(put.before(13..14), 5..6);
        assert_eq!(put.before(14..15), 6..7);
        assert_eq!(put.before(17..18), 17..18);
    }
}
