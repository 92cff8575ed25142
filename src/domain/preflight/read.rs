//! Reads what the script in the container printed: one JSON object a line. Every line that is none of ours is passed
//! over, because rules are programs too and may print; what is missing at the end is a problem.

use serde::Deserialize;
use serde_json::Value;

use super::{Flaw, Need, Preflight, PreflightResult, Refusal, Verdict, clean};
use crate::domain::mask::Masker;
use crate::domain::problem::Problem;

/// The version of the lines.
const VERSION: u32 = 1;

#[derive(Deserialize)]
struct Line {
    v: u32,
    #[serde(flatten)]
    kind: Kind,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Kind {
    Image { elastalert: Option<String>, error: Option<String> },
    Config(Tried),
    Rule(Tried),
    Summary { starts: bool, complete: bool, why: Option<String> },
}

#[derive(Deserialize)]
struct Tried {
    path: Option<String>,
    verdict: String,
    name: Option<String>,
    #[serde(default)]
    stage: Option<String>,
    error: Option<Error>,
    #[serde(default)]
    skip_invalid_catches: bool,
    #[serde(default)]
    skip_invalid: bool,
    other: Option<String>,
    #[serde(default)]
    needs: Vec<Wanted>,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
struct Wanted {
    kind: String,
    #[serde(rename = "where")]
    place: String,
    why: String,
}

#[derive(Deserialize)]
struct Error {
    class: String,
    message: String,
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    #[serde(default)]
    problems: Vec<Against>,
    #[serde(default)]
    said: String,
}

#[derive(Deserialize)]
struct Against {
    path: Vec<Value>,
    message: String,
    #[serde(default)]
    allowed: Vec<Value>,
}

/// What the script found out. `masker` knows the secrets that were filled in: an exception may repeat one.
pub fn read(output: &[u8], masker: &Masker) -> Result<Preflight, Problem> {
    let failed = |why: String| {
        Problem::new("preflight.failed", "the rules could not be tried in the image")
            .why(why)
            .hint("`alertdeck check` without --preflight says what can be told without it")
    };
    let mut version = None;
    let mut config = None;
    let mut rules = Vec::new();
    let mut skip_invalid = false;
    let mut end = None;
    for line in output.split(|byte| *byte == b'\n') {
        let Ok(Line { v: VERSION, kind }) = serde_json::from_slice::<Line>(line) else { continue };
        match kind {
            Kind::Image { error: Some(error), .. } => return Err(failed(clean(&error, masker))),
            Kind::Image { elastalert, .. } => version = Some(clean(&elastalert.unwrap_or_default(), masker)),
            Kind::Config(tried) => {
                skip_invalid = tried.skip_invalid;
                config = Some(result(tried, masker));
            }
            Kind::Rule(tried) => rules.push(result(tried, masker)),
            Kind::Summary { starts, complete, why } => end = Some((starts, complete, why)),
        }
    }
    let version = version.ok_or_else(|| failed("the program in it said nothing".to_owned()))?;
    let (starts, incomplete) = match end {
        Some((starts, true, _)) => (starts, None),
        Some((_, false, why)) => (false, Some(clean(&why.unwrap_or_default(), masker))),
        None => (false, Some("the program that tries them did not come to its end".to_owned())),
    };
    let config = match (config, &incomplete) {
        (Some(config), _) => config,
        (None, why) => {
            return Err(failed(why.clone().unwrap_or_else(|| "it did not say how it ended".to_owned())));
        }
    };
    Ok(Preflight { version, config, rules, skip_invalid, starts, incomplete })
}

fn result(tried: Tried, masker: &Masker) -> PreflightResult {
    let own = |text: String| clean(&text, masker);
    let need = |need: Wanted| Need { kind: need.kind, place: own(need.place), why: own(need.why) };
    PreflightResult {
        path: own(tried.path.unwrap_or_default()),
        verdict: match tried.verdict.as_str() {
            "loads" => Verdict::Loads,
            "unsure" => Verdict::Unsure,
            "hangs" => Verdict::Hangs,
            "died" => Verdict::Died,
            _ => Verdict::Refused,
        },
        name: tried.name.map(own),
        stage: own(tried.stage.unwrap_or_default()),
        refusal: tried.error.map(|error| refusal(error, masker)),
        skippable: tried.skip_invalid_catches,
        other: tried.other.map(own),
        needs: tried.needs.into_iter().map(need).collect(),
        warnings: tried.warnings.into_iter().map(own).collect(),
    }
}

fn refusal(error: Error, masker: &Masker) -> Refusal {
    let own = |text: &str| clean(text, masker);
    let plain = |value: &Value| match value {
        Value::String(text) => own(text),
        other => own(&other.to_string()),
    };
    let flaw = |against: Against| Flaw {
        path: against.path.iter().map(plain).collect(),
        message: own(&against.message),
        allowed: against.allowed.iter().map(plain).collect(),
    };
    Refusal {
        class: own(&error.class),
        message: own(&error.message),
        file: error.file.as_deref().map(own),
        line: error.line.unwrap_or_default(),
        column: error.column.unwrap_or_default(),
        flaws: error.problems.into_iter().map(flaw).collect(),
        said: own(&error.said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::Secret;

    const IMAGE: &str = r#"{"kind":"image","elastalert":"2.31.0","v":1}"#;
    const CONFIG: &str = r#"{"kind":"config","path":"/opt/config/elastalert.yaml","verdict":"loads","skip_invalid":true,"needs":[],"warnings":[],"v":1}"#;
    const RULE: &str = r#"{"kind":"rule","path":"/opt/rules/a.yaml","verdict":"refused","stage":"options","error":{"class":"EAException","message":"hook-7e9a is \u001b[2J bad","problems":[{"path":["timeframe",0],"kind":"type","message":"no","allowed":["a",1]}]},"skip_invalid_catches":true,"name":null,"v":1}"#;
    const END: &str = r#"{"kind":"summary","starts":true,"complete":true,"loads":0,"v":1}"#;

    fn read_lines(lines: &[&str]) -> Result<Preflight, Problem> {
        let secret = Secret::new("hook-7e9a".to_owned());
        read(lines.join("\n").as_bytes(), &Masker::new([("HOOK", &secret)]))
    }

    #[test]
    fn what_was_printed_is_read_and_nothing_else_is() {
        let noise = ["hello", "{}", r#"{"kind":"summary","starts":false,"complete":false,"v":9}"#, "\u{0}"];
        let lines = [&noise[..], &[IMAGE, CONFIG, "zzz", RULE, END]].concat();
        let preflight = read_lines(&lines).unwrap();
        assert_eq!(preflight.version, "2.31.0");
        assert!(preflight.starts && preflight.skip_invalid && preflight.refuses());
        let rule = &preflight.rules[0];
        assert_eq!((rule.verdict, rule.skippable), (Verdict::Refused, true));
        let flaw = &rule.refusal.as_ref().unwrap().flaws[0];
        assert_eq!((flaw.path.join("."), flaw.allowed.join(" ")), ("timeframe.0".into(), "a 1".into()));
    }

    #[test]
    fn no_secret_and_no_escape_sequence_passes() {
        let preflight = read_lines(&[IMAGE, CONFIG, RULE, END]).unwrap();
        let message = &preflight.rules[0].refusal.as_ref().unwrap().message;
        assert!(message.contains("‹secret HOOK›"), "{message}");
        assert!(!message.contains("7e9a") && !message.contains('\u{1b}'), "{message}");
    }

    #[test]
    fn an_end_that_is_missing_is_not_a_good_end() {
        let preflight = read_lines(&[IMAGE, CONFIG, RULE]).unwrap();
        assert!(preflight.incomplete.is_some() && !preflight.starts && preflight.refuses());
        assert_eq!(read_lines(&[IMAGE]).unwrap_err().code, "preflight.failed");
        assert_eq!(read_lines(&[]).unwrap_err().code, "preflight.failed");
        let broken = r#"{"kind":"image","error":"no module named elastalert","v":1}"#;
        assert!(read_lines(&[broken]).unwrap_err().to_string().contains("no module named"));
    }
}
