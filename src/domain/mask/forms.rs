//! The ways in which other programs repeat a value. They encode it for a URL, put it anywhere into base64, write it
//! between the quotes of JSON, Python, YAML and shells, or line by line.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use crate::domain::secret::SHORTEST;
use crate::domain::text::sanitise;

/// What URLs keep as it is, and what the path of one keeps as well.
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const PATH: AsciiSet = UNRESERVED.remove(b'/');
const FORM: AsciiSet = UNRESERVED.add(b'~');

/// The value, its lines, and the path of a URL.
fn plain(value: &str) -> Vec<Zeroizing<String>> {
    let mut plain = vec![value.to_owned()];
    // A log knows only lines.
    plain.extend(value.lines().filter(|line| line.len() > SHORTEST).map(str::to_owned));
    // Libraries name the path of a URL without its host; of a webhook that is the secret part.
    if let Some((_, rest)) = value.split_once("://")
        && let Some(path) = rest.find('/').and_then(|at| rest.get(at..))
    {
        plain.push(path.to_owned());
        plain.extend(path.rsplit('/').next().filter(|last| last.len() > SHORTEST).map(str::to_owned));
    }
    plain.into_iter().map(Zeroizing::new).collect()
}

/// Those in base64 alone, for what is wrapped.
pub(super) fn base64_forms(value: &str) -> Vec<Zeroizing<String>> {
    let of = |form: Zeroizing<String>| in_base64(form.as_bytes()).into_iter().map(Zeroizing::new);
    plain(value).into_iter().filter(|form| form.len() >= SHORTEST).flat_map(of).collect()
}

/// All of them; some may be the same.
pub(super) fn forms(value: &str) -> Vec<Zeroizing<String>> {
    let mut forms = Vec::new();
    for form in plain(value) {
        forms.extend(in_urls(&form));
        forms.extend(in_base64(form.as_bytes()));
        forms.extend(quoted(&form));
        forms.push(sanitise(form.as_bytes()));
        forms.push(form.to_string());
    }
    forms.sort_unstable();
    forms.dedup();
    let mut forms: Vec<Zeroizing<String>> = forms.into_iter().map(Zeroizing::new).collect();
    // One may stand between the quotes of another language: JSON in a text of YAML, a command of a shell in JSON.
    let again: Vec<Zeroizing<String>> =
        forms.iter().flat_map(|form| nested(form)).map(Zeroizing::new).collect();
    forms.extend(again);
    forms
}

/// A form between the quotes of YAML and JSON.
fn nested(form: &str) -> Vec<String> {
    let mut forms = Vec::new();
    if form.contains(['"', '\\']) {
        let json = serde_json::to_string(form).unwrap_or_default();
        forms.extend(json.get(1..json.len().saturating_sub(1)).map(str::to_owned));
    }
    if form.contains('\'') {
        forms.push(form.replace('\'', "''"));
    }
    forms
}

fn in_urls(value: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for set in [NON_ALPHANUMERIC, &UNRESERVED, &PATH, &FORM] {
        let upper = utf8_percent_encode(value, set).to_string();
        forms.push(lower_hex(&upper));
        forms.push(upper.replace("%20", "+"));
        forms.push(upper);
    }
    forms
}

/// The digits after each `%` in lower case.
fn lower_hex(text: &str) -> String {
    let mut left = 0;
    let lower = text.chars().map(|c| {
        left = if c == '%' { 2 } else { i32::max(left - 1, -1) };
        if left >= 0 && c != '%' { c.to_ascii_lowercase() } else { c }
    });
    lower.collect()
}

/// The digits of base64 that this value alone decides, at each of its three places in a longer text.
fn in_base64(value: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let padded = Zeroizing::new([&vec![0; before], value].concat());
        let (start, end) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        for text in [STANDARD_NO_PAD.encode(&*padded), URL_SAFE_NO_PAD.encode(&*padded)] {
            let text = Zeroizing::new(text);
            forms.extend(text.get(start..end).map(str::to_owned));
        }
    }
    forms
}

/// Between the quotes of other languages.
fn quoted(value: &str) -> Vec<String> {
    let json = serde_json::to_string(value).unwrap_or_default();
    let json = json.get(1..json.len().saturating_sub(1)).unwrap_or_default().to_owned();
    let python = python(value, false);
    let shell = |signs: &[char]| {
        value.chars().fold(String::new(), |mut out, c| {
            if signs.contains(&c) {
                out.push('\\');
            }
            out.push(c);
            out
        })
    };
    let mut forms = vec![
        ascii(&json, false),
        ascii(&json, true),
        json.replace('/', "\\/"),
        ascii(&json.replace('/', "\\/"), false),
        python.replace('\'', "\\'"),
        python,
        self::python(value, true),
        self::python(value, true).replace('\'', "\\'"),
        value.replace('\'', "'\\''"),
        value.replace('\'', "'\"'\"'"),
        value.replace('\'', "''"),
        shell(&['\\', '"', '$', '`']),
        value.escape_default().to_string(),
    ];
    let all = |c: &char| {
        !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.' | '/' | ',' | ':' | '@' | '%' | '+' | '=')
    };
    let signs: Vec<char> = value.chars().filter(all).collect();
    forms.push(shell(&signs));
    let but_tilde: Vec<char> = signs.into_iter().filter(|sign| *sign != '~').collect();
    forms.push(shell(&but_tilde));
    forms.push(json);
    forms
}

/// JSON without characters outside of ASCII.
fn ascii(json: &str, upper: bool) -> String {
    let mut out = String::new();
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a string does not fail.
            if upper { write!(out, "\\u{unit:04X}") } else { write!(out, "\\u{unit:04x}") }
                .unwrap_or_default();
        }
    }
    out
}

/// What Python's `repr` puts between its quotes, those aside; of bytes when `bytes`.
fn python(value: &str, bytes: bool) -> String {
    let mut out = String::new();
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_ascii_control() => write!(out, "\\x{:02x}", u32::from(c)).unwrap_or_default(),
            c if c.is_ascii() || !bytes => out.push(c),
            c => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| {
                write!(out, "\\x{byte:02x}").unwrap_or_default();
            }),
        }
    }
    out
}
