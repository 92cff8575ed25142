//! What Python says about bytes that are not UTF-8: where the first wrong sequence begins and ends, and why.

/// The first sequence that is not UTF-8.
pub(crate) struct Flaw {
    pub(crate) start: usize,
    end: usize,
    pub(crate) first: u8,
    pub(crate) reason: &'static str,
}

impl Flaw {
    /// `str(UnicodeDecodeError)`
    pub(crate) fn message(&self) -> String {
        let Self { start, end, first, reason } = self;
        if end - start == 1 {
            format!("'utf-8' codec can't decode byte 0x{first:02x} in position {start}: {reason}")
        } else {
            format!("'utf-8' codec can't decode bytes in position {start}-{}: {reason}", end - 1)
        }
    }
}

/// The flaw of bytes that are known to have one.
pub(crate) fn explain(bytes: &[u8]) -> Flaw {
    let Err(error) = std::str::from_utf8(bytes) else {
        return Flaw { start: 0, end: 1, first: 0, reason: "invalid start byte" };
    };
    let start = error.valid_up_to();
    let first = bytes.get(start).copied().unwrap_or(0);
    let (length, reason) = match error.error_len() {
        None => (bytes.len() - start, "unexpected end of data"),
        Some(length) if matches!(first, 0xc2..=0xf4) => (length, "invalid continuation byte"),
        Some(length) => (length, "invalid start byte"),
    };
    Flaw { start, end: start + length, first, reason }
}
