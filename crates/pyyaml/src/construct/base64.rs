//! Base64 as a late Python 3.13's `base64.decodebytes` takes it: characters of no meaning are passed over, and what stands
//! behind padding is read on as if there were none. 3.11 and 3.13.0 end at the padding.

/// The bytes, or Python's message.
pub(super) fn decode(text: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    // The place within a group of four, what the last character left over, and the padding since it.
    let (mut place, mut rest, mut padding) = (0_u8, 0_u8, 0_u8);
    for byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding = padding.saturating_add(1);
                continue;
            }
            _ => continue,
        };
        padding = 0;
        match place {
            0 => rest = value,
            1 => {
                out.push(rest << 2 | value >> 4);
                rest = value & 0x0f;
            }
            2 => {
                out.push(rest << 4 | value >> 2);
                rest = value & 0x03;
            }
            _ => out.push(rest << 6 | value),
        }
        place = (place + 1) % 4;
    }
    match place {
        0 => Ok(out),
        1 => Err(format!(
            "Invalid base64-encoded string: number of data characters ({}) cannot be 1 more than a multiple of 4",
            out.len() / 3 * 4 + 1
        )),
        _ if padding.saturating_add(place) >= 4 => Ok(out),
        _ => Err("Incorrect padding".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn padding_and_noise_are_passed_over() {
        assert_eq!(decode(b"Y\nW-E=").unwrap(), b"aa");
        assert_eq!(decode(b"YQ==YQ==").unwrap(), b"a\x06\x10");
        assert_eq!(decode(b"YW=Jj").unwrap(), b"abc");
        assert_eq!(decode(b"YQ==a").unwrap_err(), "Incorrect padding");
        assert_eq!(decode(b"YQ=").unwrap_err(), "Incorrect padding");
        assert!(decode(b"YWFhY").unwrap_err().contains("characters (5)"));
    }
}
