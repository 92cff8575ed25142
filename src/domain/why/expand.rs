//! What `ElastAlert` makes of a file before it reads it: `$NAME` and `${NAME}` become what the container's variables
//! say, once; a name that it does not have stays.

use std::collections::BTreeMap;
use std::ops::Range;

/// A variable that was put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// Bytes of the expanded text.
    pub range: Range<usize>,
    /// Bytes of the text before.
    pub before: Range<usize>,
    /// Its name.
    pub name: String,
}

/// Every place where a variable may stand: its bytes, the mark included, and its name.
pub fn variables(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + text.get(from..)?.find('$')?;
            let rest = text.get(start + 1..)?;
            let found = if let Some(inner) = rest.strip_prefix('{') {
                inner.find('}').map(|end| (end + 2, inner.get(..end).unwrap_or_default()))
            } else {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let end = end.unwrap_or(rest.len());
                (end > 0).then(|| (end, rest.get(..end).unwrap_or_default()))
            };
            from = start + 1;
            if let Some((length, name)) = found {
                from += length;
                return Some((start..from, name));
            }
        }
    })
}

/// Puts in what the variables say.
pub fn expand(text: &str, values: &BTreeMap<String, String>) -> (String, Vec<Put>) {
    let mut out = String::with_capacity(text.len());
    let mut puts = Vec::new();
    let mut at = 0;
    for (before, name) in variables(text) {
        let Some(value) = values.get(name) else { continue };
        out.push_str(text.get(at..before.start).unwrap_or_default());
        let start = out.len();
        out.push_str(value);
        at = before.end;
        puts.push(Put { range: start..out.len(), before, name: name.to_owned() });
    }
    out.push_str(text.get(at..).unwrap_or_default());
    (out, puts)
}

/// The bytes of the text before that bytes of the expanded text come from.
pub fn back(puts: &[Put], range: &Range<usize>) -> Range<usize> {
    let one = |offset: usize, end: bool| {
        let count = puts.partition_point(|put| put.range.start < offset);
        match count.checked_sub(1).and_then(|at| puts.get(at)) {
            None => offset,
            Some(put) if offset < put.range.end => {
                if end {
                    put.before.end
                } else {
                    put.before.start
                }
            }
            Some(put) => offset - put.range.end + put.before.end,
        }
    };
    let start = one(range.start, false);
    start..one(range.end, true).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_the_container_has_are_replaced_once_and_places_lead_back() {
        let values = [("A", "long value"), ("EMPTY", ""), ("SELF", "$A")];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        for (text, becomes) in [
            ("x", "x"),
            ("${A}b$A", "long valueblong value"),
            ("$Ab $ $$A ${A", "$Ab $ $long value ${A"),
            ("$SELF [$EMPTY] $é", "$A [] $é"),
        ] {
            assert_eq!(expand(text, &values).0, becomes, "{text}");
        }
        let (text, puts) = expand("a: $A\nb: ${EMPTY}c", &values);
        assert_eq!(text, "a: long value\nb: c");
        assert_eq!(back(&puts, &(3..13)), 3..5);
        assert_eq!(back(&puts, &(17..18)), 9..18, "what is empty belongs to what follows");
    }
}
