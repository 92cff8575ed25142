//! Hides what could be a secret in the files of a container. They hold secrets of an older release whose values nobody
//! here knows, so that more is hidden rather than less: what the release's marker names, what stands where a template
//! has a secret, what is a secret now, and what a key calls a credential.

use std::ops::Range;

use crate::domain::release::ReleasedFile;
use crate::domain::render::origin::{Mask, find};
use crate::domain::secret::{Secret, placeholder};
use crate::domain::token::tokens;
use crate::domain::workspace::{Environment, Workspace};

/// What is shown for a secret of which not even the key is known.
const UNKNOWN: &str = "‹secret›";

/// Parts of names that call their values a credential.
const CREDENTIALS: [&str; 26] = [
    "password",
    "passwd",
    "passphrase",
    "_pass",
    "app_key",
    "bot_id",
    "dingtalk_sign",
    "integration_url",
    "secret",
    "token",
    "webhook",
    "api_key",
    "apikey",
    "api-key",
    "access_key",
    "private_key",
    "credential",
    "bearer",
    "service_key",
    "routing_key",
    "integration_key",
    "opsgenie_key",
    "secret_key",
    "auth_header",
    "authorization",
    "_dsn",
];

/// Names with such a part whose values are none.
const HARMLESS: [&str; 5] = ["_file", "_path", "_name", "_msgtype", "_from_field"];

/// A secret shorter than this is not looked for everywhere: it would hide half of every file.
const SHORTEST: usize = 4;

/// A place of a template where a secret stands.
#[derive(Clone, Debug)]
struct Spot {
    path: String,
    key: String,
    /// The text of the line before the secret, up to the first token on it.
    before: String,
    /// The line above, for a secret that begins its line.
    above: String,
}

/// Knows what to hide.
#[derive(Clone, Debug, Default)]
pub struct Masker {
    spots: Vec<Spot>,
    known: Vec<(String, Secret)>,
}

impl Masker {
    /// Learns where the templates of a workspace have secrets of this environment, and the secrets known now.
    pub fn new(workspace: &Workspace, environment: &Environment, known: Vec<(String, Secret)>) -> Self {
        let mut spots = Vec::new();
        for template in workspace.templates.iter() {
            let Ok(text) = std::str::from_utf8(&template.bytes) else { continue };
            let mut above = "";
            for line in text.lines() {
                let first = tokens(line).next().map_or(0, |token| token.range.start);
                for token in tokens(line) {
                    if environment.secrets.contains_key(token.key) {
                        spots.push(Spot {
                            path: template.path.clone(),
                            key: token.key.to_owned(),
                            before: line.get(..first).unwrap_or_default().to_owned(),
                            above: above.trim_end().to_owned(),
                        });
                    }
                }
                above = line;
            }
        }
        let known = known.into_iter().filter(|(_, secret)| secret.expose().len() >= SHORTEST).collect();
        Self { spots, known }
    }

    /// What must not be shown of a file.
    pub fn masks(&self, path: &str, bytes: &[u8], released: Option<&ReleasedFile>) -> Vec<Mask> {
        let mut masks: Vec<Mask> = Vec::new();
        if let Some(released) = released.filter(|released| released.length == bytes.len()) {
            masks.extend(
                released
                    .secrets
                    .iter()
                    .filter(|secret| secret.start <= secret.end)
                    .map(|secret| mask(secret.start..secret.end.min(bytes.len()), &placeholder(&secret.key))),
            );
        }
        for (key, secret) in &self.known {
            masks.extend(find(bytes, secret.expose().as_bytes(), &placeholder(key)));
        }
        let lines = lines(bytes);
        for spot in self.spots.iter().filter(|spot| spot.path == path) {
            masks.extend(spot.masks(bytes, &lines));
        }
        masks.extend(credentials(bytes, &lines));
        masks
    }
}

fn mask(range: Range<usize>, shown: &str) -> Mask {
    Mask { range, shown: shown.to_owned(), hole: false }
}

/// The lines of a file without their line ends.
fn lines(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let kept = line.len() - line.iter().rev().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        lines.push(at..at + kept);
        at += line.len();
    }
    lines
}

fn indent(line: &[u8]) -> usize {
    line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

impl Spot {
    fn masks(&self, bytes: &[u8], lines: &[Range<usize>]) -> Vec<Mask> {
        let shown = placeholder(&self.key);
        let text = |range: &Range<usize>| bytes.get(range.clone()).unwrap_or_default();
        // Quotes may be other ones than in the release that runs.
        let before = self.before.trim_end_matches(['"', '\'', ' ']);
        if !before.trim().is_empty() {
            let mut found = Vec::new();
            for (index, line) in lines.iter().enumerate() {
                if text(line).starts_with(before.as_bytes()) {
                    let value = value(text(line), before.len());
                    found.push(mask(line.start + value.start..line.start + value.end, &shown));
                    found.extend(below(bytes, lines, index, &shown));
                }
            }
            found.retain(|mask| !mask.range.is_empty());
            return found;
        }
        // The secret begins its line: what follows the line above it, as deep or deeper, is hidden.
        let mut found = Vec::new();
        let depth = self.before.len();
        for index in 0..lines.len() {
            let above = match index.checked_sub(1).and_then(|index| lines.get(index)) {
                Some(above) => text(above).trim_ascii_end() == self.above.as_bytes(),
                None => self.above.is_empty(),
            };
            if !above {
                continue;
            }
            let rest = lines.get(index..).unwrap_or_default();
            let deep = |line: &&Range<usize>| {
                depth > 0 && (text(line).trim_ascii().is_empty() || indent(text(line)) >= depth)
            };
            let count = rest.iter().take_while(deep).count().max(1);
            found.extend(rest.iter().take(count).map(|line| {
                let start = line.start + indent(text(line)).min(depth);
                mask(start..line.end, &shown)
            }));
        }
        found.retain(|mask| !mask.range.is_empty());
        found
    }
}

/// The bytes of a line behind its first so many, without the blanks and the quotes around them.
fn value(line: &[u8], from: usize) -> Range<usize> {
    let rest = line.get(from..).unwrap_or_default();
    let start = from + rest.iter().take_while(|byte| matches!(byte, b' ' | b'"' | b'\'')).count();
    let quote = start.checked_sub(1).and_then(|at| line.get(at)).filter(|byte| matches!(byte, b'"' | b'\''));
    let quoted = quote.is_some() && line.len() > start && line.last() == quote;
    start..line.len().max(start) - usize::from(quoted)
}

/// The lines of a value that goes on below its key: deeper ones, and items of a list.
fn below<'a>(
    bytes: &'a [u8],
    lines: &'a [Range<usize>],
    index: usize,
    shown: &'a str,
) -> impl Iterator<Item = Mask> + 'a {
    let text = |range: &Range<usize>| bytes.get(range.clone()).unwrap_or_default();
    let depth = lines.get(index).map_or(0, |line| indent(text(line)));
    lines
        .get(index + 1..)
        .unwrap_or_default()
        .iter()
        .take_while(move |line| {
            let line = text(line);
            let rest = line.trim_ascii();
            rest.is_empty() || indent(line) > depth || indent(line) == depth && rest.starts_with(b"-")
        })
        .map(move |line| mask(line.start + indent(text(line))..line.end, shown))
        .filter(|mask| !mask.range.is_empty())
}

/// Values whose keys call them a credential, and passwords in URLs.
fn credentials(bytes: &[u8], lines: &[Range<usize>]) -> Vec<Mask> {
    let mut found = Vec::new();
    for (index, range) in lines.iter().enumerate() {
        let line = bytes.get(range.clone()).unwrap_or_default();
        if let Some(start) = credential(line) {
            found.push(mask(range.start + start..range.end, UNKNOWN));
            found.extend(below(bytes, lines, index, UNKNOWN));
        }
        found
            .extend(url_password(line).map(|at| mask(range.start + at.start..range.start + at.end, UNKNOWN)));
    }
    found.retain(|mask| !mask.range.is_empty());
    found
}

/// Whether a name calls its value a credential.
pub fn is_credential(name: &str) -> bool {
    let name = name.to_lowercase();
    CREDENTIALS.iter().any(|part| name.contains(part)) && !HARMLESS.iter().any(|part| name.ends_with(part))
}

/// Where the value begins that stands behind a name that calls it a credential. Also used for lines that are quoted
/// in messages.
pub fn credential(line: &[u8]) -> Option<usize> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let mut at = 0;
    while at < line.len() {
        let rest = line.get(at..)?;
        let length = rest.iter().take_while(|byte| is_name(byte)).count();
        if length == 0 {
            at += 1;
            continue;
        }
        let calls = is_credential(&String::from_utf8_lossy(rest.get(..length)?));
        at += length;
        let after = line.get(at..)?;
        let gap = after.iter().take_while(|byte| matches!(byte, b' ' | b'"' | b'\'')).count();
        if calls && matches!(after.get(gap), Some(b':' | b'=')) {
            let value = after.get(gap + 1..)?;
            let blanks = value.iter().take_while(|byte| **byte == b' ').count();
            return Some(at + gap + 1 + blanks);
        }
    }
    None
}

/// The `user:password` of `scheme://user:password@host`.
fn url_password(line: &[u8]) -> Option<Range<usize>> {
    let start = line.windows(3).position(|window| window == b"://")? + 3;
    let rest = line.get(start..)?;
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b' ' | b'"' | b'\'')).unwrap_or(rest.len());
    let at = rest.get(..end)?.iter().rposition(|byte| *byte == b'@')?;
    rest.get(..at)?.contains(&b':').then_some(start..start + at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::release::SecretRange;
    use crate::domain::render::origin::masked_lines;
    use crate::domain::template::Bytes;
    use crate::domain::workspace::build::{Sources, build};

    fn masker(template: &str, known: &[(&str, &str)]) -> Masker {
        let file = |path: &str, text: &str| (path.to_owned(), Bytes::from(text.as_bytes().to_vec()));
        let workspace = build(Sources {
            root: "/w".into(),
            prefix: "",
            revision: 1,
            files: vec![
                file("rules/r.yaml", template),
                file("config/substitutions/Sensitive.Local.conf", "S=1\n"),
                file("config/substitutions/Default.conf", "HOST=h\n"),
            ],
            problems: Vec::new(),
            set: &[],
            octopus: false,
        });
        let known =
            known.iter().map(|(key, value)| ((*key).to_owned(), Secret::new((*value).into()))).collect();
        Masker::new(&workspace, &workspace.environments[0], known)
    }

    fn shown(masker: &Masker, text: &str, released: Option<&ReleasedFile>) -> String {
        let masks = masker.masks("rules/r.yaml", text.as_bytes(), released);
        masked_lines(text.as_bytes(), &masks).into_iter().map(|line| line.text + "\n").collect()
    }

    #[test]
    fn the_marker_names_what_is_a_secret_when_the_length_fits() {
        let released = |length| ReleasedFile {
            length,
            secrets: vec![SecretRange { key: "S".into(), start: 3, end: 9 }],
        };
        let text = "a: canary\nb: 1\n";
        assert_eq!(shown(&Masker::default(), text, Some(&released(15))), "a: ‹secret S›\nb: 1\n");
        assert_eq!(shown(&Masker::default(), text, Some(&released(14))), text);
    }

    #[test]
    fn what_stands_where_the_template_has_a_secret_is_hidden() {
        let masker = masker("x: 1\nurl: \"https://@@HOST@@/@@S@@\"\n", &[]);
        assert_eq!(
            shown(&masker, "x: 2\nurl: \"https://old/canary\" # canary\n", None),
            "x: 2\nurl: \"https://‹secret S›\n"
        );
        assert_eq!(shown(&masker, "url: 'https://old/canary'\n", None), "url: 'https://old/canary'\n");
    }

    #[test]
    fn quotes_around_a_hidden_value_stay() {
        let masker = masker("x: 1\nhook: \"@@S@@\"\n", &[]);
        for (text, expected) in [
            ("hook: \"canary\"\n", "hook: \"‹secret S›\"\n"),
            ("hook: 'canary\"\n", "hook: '‹secret S›\n"),
            ("hook: canary\n", "hook: ‹secret S›\n"),
            ("hook: \"\n", "hook: \"\n"),
            ("hook:\n", "hook:\n"),
        ] {
            assert_eq!(shown(&masker, text, None), expected, "{text:?}");
        }
    }

    #[test]
    fn a_secret_below_its_key_is_hidden_as_deep_as_it_goes() {
        let masker = masker("pem: |\n  @@S@@\nb: 1\n", &[]);
        assert_eq!(
            shown(&masker, "pem: |\n  canary\n\n  canary\nb: 1\n", None),
            "pem: |\n  ‹secret S›\n\n  ‹secret S›\nb: 1\n"
        );
    }

    #[test]
    fn a_secret_that_is_known_now_is_hidden_everywhere() {
        let masker = masker("x: 1\n", &[("S", "canary"), ("SHORT", "x")]);
        assert_eq!(
            shown(&masker, "# was canary\nx: canarycanary\n", None),
            "# was ‹secret S›\nx: ‹secret S›‹secret S›\n"
        );
    }

    #[test]
    fn keys_that_look_like_credentials_hide_their_values() {
        let masker = Masker::default();
        for (text, expected) in [
            ("smtp_password: canary\n", "smtp_password: ‹secret›\n"),
            ("SLACK_TOKEN=canary\n", "SLACK_TOKEN=‹secret›\n"),
            ("email: {\"password\" : \"canary\", b: 1}\n", "email: {\"password\" : ‹secret›\n"),
            (
                "slack_webhook_url:\n- canary\n- canary\nb: 1\n",
                "slack_webhook_url:\n- canary\n- canary\nb: 1\n",
            ),
            ("api_key: |\n  canary\nb: 1\n", "api_key: ‹secret›\n  ‹secret›\nb: 1\n"),
            ("es: http://u:canary@h:9200/x\n", "es: http://‹secret›@h:9200/x\n"),
            ("query_key: user\n", "query_key: user\n"),
            ("smtp_auth_file: /opt/x\n", "smtp_auth_file: /opt/x\n"),
        ] {
            let seen = shown(&masker, text, None);
            if expected.contains("canary") {
                assert!(!seen.contains("canary"), "{seen}");
            } else {
                assert_eq!(seen, expected);
            }
        }
    }
}
