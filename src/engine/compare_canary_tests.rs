//! A canary in every place and encoding, on either side of every comparison. Nothing of it may be in any output.

#![expect(clippy::string_slice, clippy::format_push_string, reason = "a test makes and searches texts")]
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::tests::{engine, for_use, name, run};
use crate::domain::diff::{Diff, Spoken};
use crate::domain::plan::ReleaseNumber;
use crate::engine::fake::FakeWorld;
use crate::engine::{Engine, World};

const SECRET: &str = "https://h/canary-\"9Q\" $x/and-some-more-to-wrap-it-over-lines";
const OTHER: &str = "https://h/canary-'8R' $y/of-production-as-long-as-the-other-one";

/// A value as other programs write it.
fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap();
    let mut forms = vec![
        secret.to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        json[1..json.len() - 1].to_owned(),
        secret.replace('"', "\\\"").replace('$', "\\$"),
        secret.replace('\'', "'\\''"),
    ];
    for before in ["", "u", "u:", "u:p"] {
        forms.push(STANDARD.encode(format!("{before}{secret}")));
    }
    forms
}

fn wrapped(secret: &str, width: usize, indent: &str) -> String {
    let digits = STANDARD.encode(secret);
    let lines: Vec<String> = digits
        .as_bytes()
        .chunks(width)
        .map(|line| format!("{indent}{}\n", String::from_utf8_lossy(line)))
        .collect();
    lines.concat()
}

/// A rule, a list and a program's file that hold a secret wherever one can; `note` makes each side another one.
fn files(secret: &str, note: &str) -> Vec<(String, String)> {
    let mut rule = format!(
        "name: A\ntype: any\nindex: i\nalert: slack\nslack_webhook_url: \"@@HOOK@@\"\nnote: {note}\n"
    );
    let mut list = format!("{note}\n@@HOOK@@\n");
    for (at, form) in forms(secret).iter().enumerate() {
        let quoted = serde_json::to_string(form).unwrap();
        rule.push_str(&format!(
            "# {note} {form}\nplain{at}: |\n  {note} {form}\nx{at}: {quoted}\ny{at}: [{note}, {quoted}]\n"
        ));
        rule.push_str(&format!("z{at}:\n  {quoted}: {note}\n"));
        list.push_str(&format!("{note} {form}\n"));
    }
    rule.push_str(&format!(
        "wrapped: |\n{}quoted: \"{}\"\n",
        wrapped(secret, 20, "  "),
        wrapped(secret, 12, "  ").trim()
    ));
    list.push_str(&wrapped(secret, 9, ""));
    let set = format!("[program:x]\ncommand={note} {list}\n");
    vec![
        ("rules/a.yaml".to_owned(), rule),
        ("rules/list.txt".to_owned(), list),
        ("config/supervisord.conf".to_owned(), set),
    ]
}

/// Every stretch of six digits or letters that only a secret can have brought there.
fn assert_silent(diff: &Diff, told: &str) {
    let shown = serde_json::to_string(diff).unwrap();
    let joined: String = shown.chars().filter(|c| !c.is_whitespace()).collect();
    assert!(shown.contains("‹secret"), "{told}: nothing is hidden");
    for secret in [SECRET, OTHER] {
        let digits = ["", "u", "u:"].map(|before| STANDARD.encode(format!("{before}{secret}")));
        // The first and the last digits can be those of what stands around it.
        let inner = digits.iter().flat_map(|digits| {
            let digits = &digits[4..digits.len() - 4];
            (0..digits.len() - 8).map(move |at| &digits[at..at + 8])
        });
        let more = ["canary", "9Q", "8R", "some-more-to", "of-production-as", "%2Dand%2D", "%2Dof%2D"];
        for needle in inner.chain(more) {
            for text in [&shown, &joined] {
                let at = text.find(needle);
                assert!(
                    at.is_none(),
                    "{told} shows {needle}: {}",
                    &text[at.unwrap_or(0).saturating_sub(80)..][..160]
                );
            }
        }
    }
}

async fn compare(engine: &Engine<FakeWorld>, old: &str, new: &str) {
    let overview = engine.open(1).await.unwrap();
    let side = |text: &str| text.parse::<Spoken>().unwrap().of(&name("CI"));
    let diff = engine.compare_sides(&overview, &side(old), &side(new)).await.unwrap();
    let told = format!("{old} → {new}");
    assert!(diff.count().any(), "{told}");
    assert_silent(&diff, &told);
}

fn put(engine: &Engine<FakeWorld>, files: Vec<(String, String)>) {
    for (path, text) in files {
        engine.world.files().put(format!("/w/{path}"), text);
    }
}

#[tokio::test(start_paused = true)]
async fn no_form_of_a_secret_is_in_any_diff() {
    let engine = engine();
    engine.world.files().set_variable("HOOK", SECRET);
    engine.world.files().set_command(&["pass", "hook"], OTHER);
    // A plain token that repeats the secret: the diff tells where a value is from and what the layer below has.
    let tokens = |word: &str| {
        format!(
            "tokens: {{ ES_HOST: es.{word}, IMAGE_ID: i, BASIC: \"{}\" }}\nsecrets: {{ HOOK: {{ env: HOOK }} }}\n",
            STANDARD.encode(format!("{word}{SECRET}"))
        )
    };
    put(&engine, vec![("config/environments/Default.yaml".into(), tokens("one"))]);
    let ci = format!("tokens: {{ ES_HOST: es.ci, BASIC: \"x{}\" }}\n", STANDARD.encode(SECRET));
    put(&engine, vec![("config/environments/CI.yaml".into(), ci)]);
    put(&engine, files(SECRET, "one @@BASIC@@"));
    let (_, rendering) = for_use(&engine, "CI").await;
    run(&engine, &rendering, Some(ReleaseNumber(1))).await;
    engine.world.files().commit("/w", "HEAD");

    put(&engine, files(SECRET, "two @@BASIC@@"));
    for (old, new) in [
        ("running", "CI"),
        ("CI", "running"),
        ("release:1", "CI"),
        ("git:HEAD", "CI"),
        ("CI", "git:HEAD"),
        ("Default", "CI"),
        ("CI", "Default"),
        ("running", "Default"),
        ("git:HEAD", "Default@git:HEAD"),
    ] {
        compare(&engine, old, new).await;
    }
    // What was deployed or committed with the secret of other days, and stands nowhere any more.
    engine.world.files().set_variable("HOOK", OTHER);
    put(&engine, files(OTHER, "three"));
    for (old, new) in [("running", "CI"), ("CI", "release:1"), ("Production", "running")] {
        compare(&engine, old, new).await;
    }
    put(&engine, files(OTHER, "four @@ES_HOST@@"));
    compare(&engine, "Production", "CI").await;
}
