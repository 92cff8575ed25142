//! Recorded verdicts of the real loader: `recorded.jsonl` holds small workspaces and what `ElastAlert` 2.31.0 says of each
//! file: `loads`, `disabled`, `hangs`, or the class of the error, the one behind it, the stage, and line and column where
//! the error has them. The configuration is [`CONFIG`] where a workspace has none of its own.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;

mod values;

/// The configuration of a workspace that does not say.
const CONFIG: &str = "rules_folder: /opt/rules\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 15}\nes_host: localhost\nes_port: 9200\nwriteback_index: elastalert_status\n";

#[derive(Deserialize)]
struct Case {
    about: String,
    files: BTreeMap<String, Option<Text>>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    says: BTreeMap<String, String>,
}

/// A file, in base64 where it is no text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Plain(String),
    Bytes { base64: String },
}

fn bytes(text: Text) -> Vec<u8> {
    use base64::Engine as _;
    match text {
        Text::Plain(text) => text.into_bytes(),
        Text::Bytes { base64 } => base64::engine::general_purpose::STANDARD.decode(base64).unwrap(),
    }
}

/// What the mirror says of a file, in the words of the recording.
fn said(outcome: &Outcome, enabled: Option<bool>) -> String {
    match outcome {
        Outcome::Loads if enabled == Some(false) => "disabled".to_owned(),
        Outcome::Loads => "loads".to_owned(),
        Outcome::Unknown(need) => format!("unknown: {} {}", need.kind(), need.subject()),
        Outcome::Refused(refusal) if refusal.class == "hangs" => "hangs".to_owned(),
        Outcome::Refused(refusal) => {
            let cause = refusal.cause.filter(|cause| ["ScannerError", "ValidationError"].contains(cause));
            let cause = cause.map_or(String::new(), |cause| format!(" {cause}"));
            if let Some(line) = refusal.template_line {
                return format!("{} {} {line}:0", refusal.class, refusal.stage.name());
            }
            let at = refusal.at.as_ref().map_or(String::new(), |at| format!(" {}:{}", at.line, at.column));
            format!("{}{cause} {}{at}", refusal.class, refusal.stage.name())
        }
    }
}

fn hold(about: &str) {
    let variables = [("PATH", "/usr/bin:/bin"), ("LANG", "C.UTF-8"), ("HOME", "/root")];
    let mut count = 0;
    let mut wrong = Vec::new();
    for line in include_str!("recorded.jsonl").lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        if case.about != about {
            continue;
        }
        count += 1;
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        if !case.files.contains_key("config/elastalert.yaml") {
            files.insert("config/elastalert.yaml".to_owned(), CONFIG.into());
        }
        files.extend(case.files.into_iter().filter_map(|(path, text)| Some((path, bytes(text?)))));
        let mut environment: BTreeMap<String, String> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        environment.extend(case.env);
        let loaded = load(&Input::new(&files, &environment));
        let mut says = BTreeMap::from([("config/elastalert.yaml".to_owned(), said(&loaded.config, None))]);
        says.extend(loaded.rules.iter().map(|rule| (rule.path.clone(), said(&rule.outcome, rule.enabled))));
        let agrees = case.says.iter().all(|(path, wanted)| {
            // Only some errors of Python's have a place, and all of the mirror's do.
            says.get(path).is_some_and(|said| {
                said == wanted
                    || (!wanted.contains(':')
                        && said.rsplit_once(' ').is_some_and(|(front, _)| front == wanted))
            })
        });
        if !agrees {
            wrong.push(format!("{line}\n   mirror: {says:?}"));
        }
    }
    assert!(count > 15, "{count} recordings about {about}");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}

macro_rules! families {
    ($($name:ident $about:literal;)*) => { $(#[test] fn $name() { hold($about); })* };
}

families! {
    texts_are_read_as_the_loader_reads_them "texts";
    variables_are_put_in_as_the_loader_puts_them_in "variables";
    imports_are_followed_as_the_loader_follows_them "imports";
    durations_are_made_as_the_loader_makes_them "durations";
    options_are_refused_as_the_loader_refuses_them "options";
    rule_types_look_at_what_they_look_at_in_the_loader "rule types";
    alerters_look_at_what_they_look_at_in_the_loader "alerters";
    the_configuration_is_refused_as_the_loader_refuses_it "configuration";
}
