//! Whether the values in a text can be seen not to change the YAML around them, without reading it as YAML. It says so
//! only of plain values in plain places; of all others the long comparison in `shape` tells. A test holds the two together.

use crate::domain::render::Insertion;
use crate::domain::secret::placeholder;

/// The longest value that is looked at here.
const LONGEST: usize = 256;

/// The longest line: what stands before a colon on a longer one may be no key.
const LONGEST_LINE: usize = 900;

/// Values of these characters are one scalar wherever a scalar can stand.
pub(super) fn is_word(value: &str) -> bool {
    value.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/'))
        && value.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b'/' | b'-'))
}

/// Whether none of the values changes anything but the scalar that it stands in, which holds all of it.
pub(super) fn all(text: &str, insertions: &[Insertion]) -> bool {
    let mut looked = false;
    insertions.iter().all(|insertion| {
        let value = text.get(insertion.range.clone()).unwrap_or_default();
        if is_word(value) || insertion.secret && value == placeholder(&insertion.key) {
            return true;
        }
        let tame = stands_tame(text, insertion.range.start, insertion.range.end)
            && is_tame(value)
            && (looked || is_simple(text));
        looked = true;
        tame
    })
}

/// Words with single blanks, stars and colons within.
fn is_tame(value: &str) -> bool {
    let bytes = value.as_bytes();
    let ends = |byte: Option<&u8>| byte.is_none_or(|byte| matches!(byte, b' ' | b':'));
    value.len() <= LONGEST
        && bytes.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/'))
        && !ends(bytes.last())
        && bytes.iter().enumerate().all(|(at, byte)| match byte {
            b' ' | b':' => !ends(bytes.get(at + 1)),
            _ => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-' | b'*'),
        })
}

/// Whether the place is the beginning of what stands behind `key: `, with or without a quote. What stands without one
/// begins with a letter, so that it is no number and no date.
fn stands_tame(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = text.get(end..).unwrap_or_default();
    let length = start - line + (end - start) + rest.find('\n').unwrap_or(rest.len());
    let before = before.get(line..).unwrap_or_default();
    let unquoted = before.strip_suffix(['"', '\'']);
    let first = text.as_bytes().get(start);
    if unquoted.is_none()
        && !first.is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'/'))
    {
        return false;
    }
    let before = unquoted.unwrap_or(before);
    let bare = before.trim_end_matches(' ');
    let mut key = bare.strip_suffix(':').filter(|_| bare.len() < before.len()).unwrap_or_default();
    key = key.trim_start_matches(' ');
    while let Some(item) = key.strip_prefix("- ") {
        key = item.trim_start_matches(' ');
    }
    length <= LONGEST_LINE
        && key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
}

/// Whether no tag, no anchor and no `?` can make a key, a number or bytes of what looks like text behind a key.
fn is_simple(text: &str) -> bool {
    let bytes = text.as_bytes();
    let within =
        |at: usize| at.checked_sub(1).and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    let follows = |at: usize| {
        bytes.get(at + 1).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    memchr::memchr3_iter(b'&', b'!', b'?', bytes).all(|at| match bytes.get(at) {
        Some(b'&') => !follows(at),
        Some(b'!') => within(at),
        // Behind an alias it could begin something.
        _ => {
            let word = bytes.get(..at).unwrap_or_default();
            let begin = word.iter().rposition(u8::is_ascii_whitespace).map_or(0, |at| at + 1);
            within(at) && !word.get(begin..).unwrap_or_default().contains(&b'*')
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::layer::Resolved;
    use crate::domain::render::shape;
    use crate::domain::render::substitute::substitute;
    use crate::domain::yaml;

    fn fast_and_slow(template: &str, values: [&str; 2]) -> (bool, Vec<String>) {
        let resolved = |value: &str| Resolved { value: Some(value.into()), chain: Vec::new().into() };
        let values =
            BTreeMap::from([("X".to_owned(), resolved(values[0])), ("Y".to_owned(), resolved(values[1]))]);
        let done = substitute("rules/a.yaml", template, &values, &BTreeMap::new());
        let real = yaml::parse(&done.text).ok();
        let root = real.as_ref().map(|document| &document.root);
        let slow = shape::check(&done.text, root, &done.insertions);
        (all(&done.text, &done.insertions), slow.into_iter().map(|found| found.problem.what).collect())
    }

    #[test]
    fn plain_values_in_plain_places_need_no_reading() {
        for (template, value) in [
            ("a: @@X@@\n", "es.internal"),
            ("index: \"@@X@@\"\n", "logs-5-*"),
            ("- a: '@@X@@' # why?\n", "5 to 7"),
            ("a: @@X@@\nb: http://a.b?c\n", "http://a.b:9200/c d"),
        ] {
            assert_eq!(fast_and_slow(template, [value, ""]), (true, Vec::new()), "{template:?}");
        }
    }

    #[test]
    fn nothing_is_taken_for_granted_in_other_places() {
        for (template, value) in [
            ("? \"x\n  a: @@X@@\"\n: 1\n", "b c"),
            ("a: !!binary |\n  k: @@X@@\n", "b:c"),
            ("a: &k \"x\n  k: @@X@@\"\n", "b c"),
            ("a: @@X@@\n", "2001-99-99 10:00:00"),
            ("a: [@@X@@]\n", "b c"),
            ("@@X@@: a\n", "b c"),
            ("a: *@@X@@\n", "b c"),
            ("a: @@X@@\n", "x: y"),
            ("a: @@X@@\n", "x # y"),
            ("a: @@X@@\n", "*x y"),
            ("a: @@X@@\n", "x:"),
            ("a: @@X@@\n", "x  y"),
        ] {
            assert!(!fast_and_slow(template, [value, ""]).0, "{template:?} {value:?}");
        }
    }

    fn pieces(pieces: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(pieces), 0..most).prop_map(|parts| parts.concat())
    }

    const TEMPLATE: &[&str] = &[
        "@@X@@",
        "@@X@@",
        "@@Y@@",
        "a: @@X@@",
        "b: \"@@X@@\"",
        "c: '@@X@@'",
        "- d: @@X@@",
        "key: @@Y@@",
        "\n",
        "\n",
        "\n",
        "\n  ",
        "  ",
        " ",
        "a: ",
        "b",
        ": ",
        ":",
        "- ",
        "? ",
        "?",
        ", ",
        "{",
        "}",
        "[",
        "]",
        "\"",
        "'",
        "|\n  ",
        ">-\n  ",
        "&a ",
        "*a",
        "!!str ",
        "!!binary ",
        "!!int ",
        "!!set ",
        "!!omap ",
        "!t ",
        "*",
        "&",
        "!",
        "!<",
        "|",
        "|@@Y@@\n    b\n",
        ">",
        "%",
        "a: *@@X@@",
        "&@@X@@ ",
        "&x ",
        "\"\\x",
        "<<: ",
        "# ",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "\\",
        "\r",
        "\t",
        "a b",
        "a*",
        "b:c",
        "x y: ",
        "\u{85}",
        "=",
        "~",
    ];

    const VALUE: &[&str] = &[
        "a", "b", "c", "x", "5", "1", "0", " ", ":", "*", "-", ".", "/", "_", "yes", "null", "2001", "0x",
        "b:c", "a*", "x y", "#", "e", "\"", "",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn what_is_said_to_be_harmless_is(
            template in pieces(TEMPLATE, 9),
            x in pieces(VALUE, 5),
            y in pieces(VALUE, 4),
        ) {
            let (fast, slow) = fast_and_slow(&template, [&x, &y]);
            prop_assert!(!fast || slow.is_empty(), "{:?}", slow);
        }

        #[test]
        fn behind_a_key_as_well(
            before in pieces(TEMPLATE, 6),
            indent in "( {0,3}|\n {0,3}|\n {0,2}- )",
            quote in "(|\"|')",
            after in pieces(TEMPLATE, 6),
            x in pieces(VALUE, 5),
        ) {
            let template = format!("{before}{indent}k: {quote}@@X@@{quote}{after}");
            let (fast, slow) = fast_and_slow(&template, [&x, "y"]);
            prop_assert!(!fast || slow.is_empty(), "{:?}", slow);
        }
    }
}
