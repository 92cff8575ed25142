//! UTF-16, which PyYAML takes when a byte order mark says so. Few files are written in it, so that nothing but this
//! and the reader knows of it.

/// Whether a byte order mark of UTF-16 stands at the beginning.
pub(crate) fn is_marked(source: &[u8]) -> bool {
    source.starts_with(&[0xff, 0xfe]) || source.starts_with(&[0xfe, 0xff])
}

/// The characters, the mark included, and the offsets of their first bytes; at a flaw its offset and Python's reason.
pub(crate) fn chars(source: &[u8]) -> impl Iterator<Item = Result<(usize, char), (usize, &'static str)>> {
    let little = source.starts_with(&[0xff, 0xfe]);
    let unit = move |at: usize| {
        let pair = [source.get(at).copied()?, source.get(at + 1).copied()?];
        Some(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    };
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at;
        if start >= source.len() {
            return None;
        }
        at = source.len();
        let Some(first) = unit(start) else { return Some(Err((start, "truncated data"))) };
        let mut units = [first, 0];
        let length = match first {
            0xd800..=0xdbff => match unit(start + 2) {
                None => return Some(Err((start, "unexpected end of data"))),
                Some(second @ 0xdc00..=0xdfff) => {
                    units[1] = second;
                    2
                }
                Some(_) => return Some(Err((start, "illegal UTF-16 surrogate"))),
            },
            0xdc00..=0xdfff => return Some(Err((start, "illegal encoding"))),
            _ => 1,
        };
        at = start + length * 2;
        let char =
            char::decode_utf16(units).next().and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER);
        Some(Ok((start, char)))
    })
}

/// The text with U+FFFD for what is none.
pub(crate) fn lossy(source: &[u8], little: bool) -> String {
    let unit = |pair: &[u8]| match *pair {
        [first, second] if little => u16::from_le_bytes([first, second]),
        [first, second] => u16::from_be_bytes([first, second]),
        _ => 0xfffd,
    };
    char::decode_utf16(source.chunks(2).map(unit))
        .map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn flaws_have_pythons_reasons() {
        let flaw = |source: &[u8]| super::chars(source).find_map(Result::err).unwrap();
        assert_eq!(flaw(b"\xff\xfea"), (2, "truncated data"));
        assert_eq!(flaw(b"\xff\xfe\x00\xd8a"), (2, "unexpected end of data"));
        assert_eq!(flaw(b"\xfe\xff\xd8\x00\x00a"), (2, "illegal UTF-16 surrogate"));
        assert_eq!(flaw(b"\xfe\xff\xdc\x00\x00a"), (2, "illegal encoding"));
        assert_eq!(super::chars(b"\xfe\xff\xd8\x3d\xde\x00").last(), Some(Ok((2, '\u{1f600}'))));
    }
}
