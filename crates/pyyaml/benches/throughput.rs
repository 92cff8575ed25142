//! How fast rules of real size are read: by this crate, by saphyr-parser, by libyaml-rs (through `yaml_serde`, which
//! stands on it) and, where a PyYAML is named as for the tests, by PyYAML. Each does the same work on the same texts in
//! one run; the best of several rounds counts, since other programs only ever make one slower.

#![expect(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    reason = "this is a benchmark, and it prints what it measures"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant};

#[expect(dead_code, reason = "of the oracle only the way to a Python is needed here")]
#[path = "../tests/agreement/oracle.rs"]
mod oracle;

/// Rounds over all texts, of which the best counts.
const ROUNDS: usize = 15;

/// Times PyYAML on the texts it is given: events, then values.
const SCRIPT: &str = r#"
import sys, time, yaml
texts = sys.stdin.buffer.read().split(b"\0")
for name, read in (
    ("events", lambda text: [None for _ in yaml.parse(text, Loader=yaml.FullLoader)]),
    ("tree", lambda text: yaml.compose(text, Loader=yaml.FullLoader)),
    ("values", lambda text: yaml.load(text, Loader=yaml.FullLoader)),
):
    best = 1e9
    for _ in range(3):
        begin = time.perf_counter()
        for text in texts:
            read(text)
        best = min(best, time.perf_counter() - begin)
    print(name, best)
"#;

/// Rules as teams write them, of 400 bytes to 6 KiB: comments, quoted queries, lists, long texts.
fn rules() -> Vec<String> {
    (0..64)
        .map(|number| {
            let mut rule = format!(
                "# Rule {number}, kept by the team on call\nname: \"Service {number}: errors above the usual\"\n\
                 type: frequency\nindex: logs-service-{number}-*\nnum_events: {}\ntimeframe:\n  minutes: 5\n\
                 realert: {{minutes: 30}}\nquery_key: [host.name, service.version]\n\nfilter:\n",
                number * 3 + 1
            );
            for part in 0..=number % 9 {
                write!(
                    rule,
                    "- query:\n    query_string:\n      query: 'level: (error OR fatal) AND service: \"s{number}-{part}\" \
                     AND NOT message: \"broken pipe\"'  # noise\n- term:\n    kubernetes.namespace: production-{part}\n\
                     - range:\n    http.status: {{gte: 500, lt: 600}}\n"
                )
                .unwrap();
            }
            rule.push_str("\nalert:\n  - \"slack\"\n  - email\nemail:\n  - ops@example.org\nalert_text: |\n");
            for line in 0..(number % 13) * 3 {
                writeln!(rule, "  {{{line}}} errors on host {{{}}} since the last deploy, see the runbook", line + 1).unwrap();
            }
            rule.push_str("  https://wiki.example.org/runbooks?page=errors\nalert_text_args: [num_hits, host.name]\n");
            rule
        })
        .collect()
}

fn best(texts: &[String], read: impl Fn(&str)) -> Duration {
    let round = |_| {
        let begin = Instant::now();
        for text in texts {
            read(text);
        }
        begin.elapsed()
    };
    (0..ROUNDS).map(round).min().unwrap()
}

fn pyyaml_itself(texts: &[String]) -> Vec<(String, Duration)> {
    let Some(mut command) = oracle::python(SCRIPT) else {
        return Vec::new();
    };
    let mut child = command.spawn().unwrap();
    // One that cannot run has said why on its stderr, and the others are measured all the same.
    let _ended = child.stdin.take().unwrap().write_all(texts.join("\0").as_bytes());
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let pair = |line: &str| {
        let (name, seconds) = line.split_once(' ').unwrap();
        (format!("PyYAML itself, {name}"), Duration::from_secs_f64(seconds.parse().unwrap()))
    };
    output.lines().map(pair).collect()
}

fn main() {
    let texts = rules();
    let bytes: usize = texts.iter().map(String::len).sum();
    let mut all = vec![
        (
            "this crate, events".to_owned(),
            best(&texts, |text| {
                pyyaml::events(text.as_bytes()).for_each(|event| drop(black_box(event.unwrap())));
            }),
        ),
        (
            "this crate, tree".to_owned(),
            best(&texts, |text| drop(black_box(pyyaml::parse(text.as_bytes()).unwrap()))),
        ),
        (
            "this crate, values".to_owned(),
            best(&texts, |text| drop(black_box(pyyaml::load(text.as_bytes()).unwrap()))),
        ),
        (
            "saphyr-parser, events".to_owned(),
            best(&texts, |text| {
                saphyr_parser::Parser::new_from_str(text).for_each(|event| drop(black_box(event.unwrap())));
            }),
        ),
        (
            "libyaml-rs through yaml_serde, ignored".to_owned(),
            best(&texts, |text| {
                black_box(yaml_serde::from_str::<serde::de::IgnoredAny>(text).unwrap());
            }),
        ),
        (
            "libyaml-rs through yaml_serde, values".to_owned(),
            best(&texts, |text| drop(black_box(yaml_serde::from_str::<yaml_serde::Value>(text).unwrap()))),
        ),
    ];
    all.extend(pyyaml_itself(&texts));
    let speed = |time: Duration| bytes as f64 / time.as_secs_f64() / 1e6;
    let ours = speed(all.first().unwrap().1);
    println!("{} rules, {bytes} bytes, best of {ROUNDS} rounds", texts.len());
    for (name, time) in all {
        println!(
            "{name:<40} {:>8.2} MB/s {:>8.1} % of this crate's events",
            speed(time),
            speed(time) / ours * 100.0
        );
    }
}
