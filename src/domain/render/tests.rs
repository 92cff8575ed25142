//! Laws and cases of rendering. Workspaces are made of texts here, so that nothing touches the disk, and a secret
//! that must not be seen is called a canary.

use proptest::prelude::*;
use std::sync::Arc;

use super::*;
use crate::domain::matrix::Cell::{Excluded, Overridden, Same};
use crate::domain::overview::Overview;
use crate::domain::template::Bytes;
use crate::domain::workspace::build::{Sources, build};

pub(super) const CONFIG_TEXT: &str = "run_every: {minutes: 1}\nbuffer_time:\n  minutes: 15 # long\nes_host: \"@@ES_HOST@@\"\nes_port: @@ES_PORT@@\nwriteback_index: elastalert_status\nrules_folder: /opt/rules\n";
const RULE_TEXT: &str = "# spikes\nname: Spike\ntype: spike\nindex: logs-*\nthreshold_cur: 10 # by hand\nalert: slack\nslack_webhook_url: \"@@WEBHOOK@@\"\nspike_height: 3\nspike_type: up\ntimeframe: {minutes: 5}\n";

pub(super) fn workspace(files: &[(&str, &str)]) -> Workspace {
    build(Sources {
        root: "/w".into(),
        prefix: "",
        revision: 1,
        files: files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), Bytes::from(text.as_bytes().to_vec())))
            .collect(),
        problems: Vec::new(),
        set: &[],
        octopus: false,
    })
}

fn sample() -> Workspace {
    workspace(&[
        ("config/elastalert.yaml", CONFIG_TEXT),
        (
            "config/environments/Default.yaml",
            "tokens: { ES_HOST: es.local, ES_PORT: 9200 }\nsecrets: { WEBHOOK: { env: W } }\n",
        ),
        (
            "config/environments/CI.yaml",
            "tokens: { ES_HOST: es.ci }\nexclude: [\"heart*\"]\nconfig:\n  buffer_time: { minutes: 45 }\nrules:\n  Spike: { threshold_cur: 50, realert: { hours: 1 } }\n",
        ),
        ("rules/spike.yaml", RULE_TEXT),
        (
            "rules/beats/heartbeat.yaml",
            "name: Beat\ntype: flatline\nindex: i\nalert: debug\nthreshold: 1\ntimeframe: {minutes: 5}\n",
        ),
        ("rules/list.txt", "@@ES_HOST@@\r\nb"),
    ])
}

pub(super) fn of(workspace: &Workspace, name: &str, secrets: &[(&str, &str)]) -> Rendering {
    let environment = workspace.environment(&name.parse().unwrap()).unwrap();
    let secrets =
        secrets.iter().map(|(key, value)| ((*key).to_owned(), Secret::new((*value).into()))).collect();
    render(workspace, environment, &secrets)
}

fn text<'a>(rendering: &'a Rendering, path: &str) -> &'a str {
    std::str::from_utf8(&rendering.file(path).unwrap().bytes).unwrap()
}

pub(super) fn codes(rendering: &Rendering) -> Vec<&str> {
    rendering.findings.iter().map(|finding| finding.problem.code).collect()
}

#[test]
fn an_environment_is_rendered_with_values_overlays_and_exclusions() {
    let workspace = sample();
    let ci = of(&workspace, "CI", &[("WEBHOOK", "https://canary")]);
    assert!(ci.findings.is_empty(), "{:?}", ci.findings);
    assert_eq!(
        text(&ci, "config/elastalert.yaml"),
        CONFIG_TEXT.replace("@@ES_HOST@@", "es.ci").replace("@@ES_PORT@@", "9200").replace("15", "45")
    );
    assert_eq!(
        text(&ci, "rules/spike.yaml"),
        RULE_TEXT.replace("10 #", "50 #").replace("@@WEBHOOK@@", "https://canary") + "realert: {hours: 1}\n"
    );
    assert_eq!(text(&ci, "rules/list.txt"), "es.ci\r\nb");
    assert_eq!(ci.excluded.len(), 1);
    assert_eq!(ci.excluded[0].0, "rules/beats/heartbeat.yaml");
    assert_eq!(ci.rules.len(), 1);
    assert!(ci.holes.is_empty());
}

#[test]
fn for_looking_secrets_are_holes_and_the_hash_does_not_know_them() {
    let workspace = sample();
    let looking = of(&workspace, "CI", &[]);
    let using = of(&workspace, "CI", &[("WEBHOOK", "https://canary")]);
    assert_eq!(looking.holes, ["WEBHOOK"]);
    assert!(text(&looking, "rules/spike.yaml").contains("\"‹secret WEBHOOK›\""));
    assert_eq!(looking.hash, using.hash);
    assert_ne!(looking.hash, of(&workspace, "Default", &[]).hash);
    let masked = String::from_utf8(using.file("rules/spike.yaml").unwrap().masked()).unwrap();
    assert_eq!(masked, text(&looking, "rules/spike.yaml"));
    assert!(!format!("{using:?}{:?}", using.findings).contains("canary"));
}

#[test]
fn every_line_tells_its_origin() {
    let workspace = sample();
    let ci = of(&workspace, "CI", &[]);
    let file = ci.file("config/elastalert.yaml").unwrap();
    let origins: Vec<String> = file
        .lines("config/elastalert.yaml", CONFIG_TEXT)
        .into_iter()
        .filter_map(|line| line.origin)
        .collect();
    assert_eq!(
        origins,
        [
            "overlay buffer_time.minutes from config/environments/CI.yaml:4:3 (template: 15)",
            "ES_HOST from config/environments/CI.yaml:1:11 (Default: es.local)",
            "ES_PORT from config/environments/Default.yaml:1:30",
        ]
    );
    let rule = ci.file("rules/spike.yaml").unwrap().lines("rules/spike.yaml", RULE_TEXT);
    assert_eq!(
        rule[4].origin.as_deref(),
        Some("overlay threshold_cur from config/environments/CI.yaml:6:12 (template: 10)")
    );
    assert_eq!(rule[6].template.to_string(), "rules/spike.yaml:7");
    assert_eq!(rule[10].origin.as_deref(), Some("overlay realert from config/environments/CI.yaml:6:31"));
}

#[test]
fn an_unresolved_token_is_an_error_with_its_place_and_the_nearest_key() {
    let workspace = workspace(&[
        ("config/elastalert.yaml", &CONFIG_TEXT.replace("ES_HOST", "ES_HSOT")),
        ("config/substitutions/Default.conf", "ES_HOST=a\nES_PORT=1\n"),
        ("rules/a.yaml", "type: any\nindex: a\nalert: debug\n"),
    ]);
    let default = of(&workspace, "Default", &[]);
    assert_eq!(codes(&default), ["token.unknown"]);
    let problem = &default.findings[0].problem;
    assert_eq!(problem.place.as_ref().unwrap().to_string(), "config/elastalert.yaml:4:11");
    assert_eq!(problem.hint.as_deref(), Some("did you mean `ES_HOST`?"));
    assert!(text(&default, "config/elastalert.yaml").contains("@@ES_HSOT@@"), "it stays as it is");
}

#[test]
fn files_that_are_not_text_pass_through_untouched() {
    let bytes = b"\xff\xfe@@ES_HOST@@\0".to_vec();
    let workspace = build(Sources {
        root: "/w".into(),
        prefix: "",
        revision: 1,
        files: vec![
            ("config/elastalert.yaml".into(), Bytes::from(CONFIG_TEXT.as_bytes().to_vec())),
            ("config/substitutions/Default.conf".into(), Bytes::from(b"ES_HOST=a\nES_PORT=1\n".to_vec())),
            ("rules/data.bin".into(), Bytes::from(bytes.clone())),
            ("rules/bad.yaml".into(), Bytes::from(bytes.clone())),
        ],
        problems: Vec::new(),
        set: &[],
        octopus: false,
    });
    let default = of(&workspace, "Default", &[]);
    assert_eq!(*default.file("rules/data.bin").unwrap().bytes, bytes);
    assert_eq!(codes(&default), ["yaml.encoding", "token.encoding"]);
}

#[test]
fn what_elastalert_would_not_load_is_told() {
    let rule = |text: &str| {
        let workspace = workspace(&[
            ("config/elastalert.yaml", CONFIG_TEXT),
            ("config/substitutions/Default.conf", "ES_HOST=a\nES_PORT=1\n"),
            ("rules/a.yaml", text),
            ("rules/b.yaml", "name: B\ntype: any\nindex: i\nalert: debug\n"),
        ]);
        let default = of(&workspace, "Default", &[]);
        default.findings.iter().map(|f| f.problem.to_string()).collect::<Vec<_>>().join("\n")
    };
    assert!(rule("name: A\ntype: any\nindex: i\n").contains("the rule gives no `alert`"));
    assert!(
        rule("import: base.yaml\nname: A\n").contains("rules/a.yaml:1:9: what it imports does not exist")
    );
    assert!(rule("").contains("the file holds nothing"));
    assert!(rule("# a\n").contains("the file holds nothing"));
    assert!(rule("- a\n").contains("the rule is a mapping, not a list"));
    assert!(
        rule("name: A\ntype: any\nindex: i\nalert: x\n---\nname: B\n")
            .contains("rules/a.yaml:5:1: the file holds more")
    );
    assert!(
        rule("name: B\ntype: any\nindex: i\nalert: x\n").contains("rules/b.yaml: two rules are called `B`")
    );
    assert!(
        rule("name: A\ntype: any\nindex: [\nalert: x\n").contains("rules/a.yaml:5:1: the file is no YAML")
    );
    assert!(
        rule("name: A\ntype: any\ntype: spike\nindex: i\nalert: x\n")
            .contains("rules/a.yaml:3:1: `type` is given twice")
    );
}

#[test]
fn a_secret_that_breaks_the_yaml_is_told_without_being_quoted() {
    let workspace = sample();
    let using = of(&workspace, "CI", &[("WEBHOOK", "canary\", type: \"any")]);
    assert_eq!(codes(&using), ["token.shape"]);
    assert!(!format!("{:?}", using.findings).contains("canary"));
}

#[test]
fn a_rule_that_is_called_by_a_secret_does_not_tell_it() {
    let workspace = workspace(&[
        ("config/elastalert.yaml", CONFIG_TEXT),
        ("config/substitutions/Default.conf", "ES_HOST=a\nES_PORT=1\n"),
        ("config/substitutions/Sensitive.Local.conf", "N=canary\n"),
        ("rules/a.yaml", "name: \"@@N@@\"\ntype: any\nindex: i\nalert: debug\n"),
        ("rules/b.yaml", "name: \"@@N@@\"\ntype: any\nindex: i\nalert: debug\n"),
    ]);
    let using = of(&workspace, "Default", &[("N", "canary")]);
    assert_eq!(codes(&using), ["rule.name"]);
    assert!(!format!("{using:?}").contains("canary"));
}

#[test]
fn overlays_that_meet_nothing_or_cannot_be_made_are_told() {
    let workspace = workspace(&[
        ("config/elastalert.yaml", CONFIG_TEXT),
        (
            "config/environments/Default.yaml",
            "tokens: { ES_HOST: a, ES_PORT: 1 }\nrules: { Spyke: { a: 1 }, Anchor: { k: 2 } }\n",
        ),
        ("rules/spike.yaml", "name: Spike\ntype: any\nindex: i\nalert: debug\n"),
        ("rules/anchor.yaml", "name: Anchor\ntype: any\nindex: i\nalert: debug\nk: &x 1\nm: *x\n"),
    ]);
    let default = of(&workspace, "Default", &[]);
    assert_eq!(codes(&default), ["overlay.refused", "overlay.rule"]);
    assert_eq!(default.findings[1].problem.hint.as_deref(), Some("did you mean `Spike`?"));
}

#[test]
fn an_overlay_of_a_rule_that_cannot_be_read_is_not_called_aimless() {
    for rule in ["name: Spike\ntype: any\nindex: @@NOPE@@\nalert: debug\n", "name: Spike\n\tx\n"] {
        let workspace = workspace(&[
            ("config/elastalert.yaml", CONFIG_TEXT),
            (
                "config/environments/Default.yaml",
                "tokens: { ES_HOST: a, ES_PORT: 1 }\nrules: { Spike: { a: 1 } }\n",
            ),
            ("rules/spike.yaml", rule),
        ]);
        let default = of(&workspace, "Default", &[]);
        assert_eq!(default.findings.len(), 1, "{:?}", default.findings);
        assert_ne!(codes(&default), ["overlay.rule"]);
    }
}

#[test]
fn a_mark_that_belongs_to_no_token_is_told_once_a_line() {
    let workspace = workspace(&[
        ("config/elastalert.yaml", CONFIG_TEXT),
        ("config/substitutions/Default.conf", "ES_HOST=a\nES_PORT=1\n"),
        ("rules/a.yaml", "type: any\nindex: a\nalert: debug\n"),
        ("rules/list.txt", "@@ES_HOST@@ user@host\n@@ES HOST@@ x\r\n@@ES_HOST@ @@ES_PORT@@\n@@@@ES_PORT@@@@"),
    ]);
    let default = of(&workspace, "Default", &[]);
    let told: Vec<String> = default.findings.iter().map(|finding| finding.problem.to_string()).collect();
    let what = "`@@` that begins or ends no token: it stays as it is";
    assert_eq!(told, ["2:1", "3:1", "4:1"].map(|at| format!("rules/list.txt:{at}: {what}")));
    assert!(!default.has_errors());
}

#[test]
fn a_finding_of_all_environments_is_told_once() {
    let overview = Overview::of(workspace(&[
        ("config/elastalert.yaml", CONFIG_TEXT),
        ("config/substitutions/Default.conf", "ES_HOST=a\nES_PORT=1\nOLD=1\n"),
        ("config/substitutions/CI.conf", "ES_HOST=a\nONLY=@@X@@\n"),
        ("config/rule_exclusions/rule_exclusions.CI.conf", "b*\n[\nnope\n"),
        ("rules/a.yaml", "name: A\ntype: any\nindex: i\n"),
        ("rules/b.yaml", "name: B\ntype: any\n"),
    ]));
    let told: Vec<String> = overview
        .findings
        .iter()
        .map(|finding| {
            let place = finding.problem.place.as_ref().unwrap();
            let within = finding.environment.as_ref().map_or("all", EnvName::as_str);
            format!("{:?} {} {place} {within}", finding.severity, finding.problem.code)
        })
        .collect();
    assert_eq!(
        told,
        [
            "Error exclusion.glob config/rule_exclusions/rule_exclusions.CI.conf:2 CI",
            "Error token.nested config/substitutions/CI.conf:2 all",
            "Error rule.required rules/a.yaml all",
            "Error rule.required rules/b.yaml Default",
            "Error rule.required rules/b.yaml Default",
            "Warning exclusion.unused config/rule_exclusions/rule_exclusions.CI.conf:3 CI",
            "Warning token.unused config/substitutions/CI.conf:2 all",
            "Warning token.unused config/substitutions/Default.conf:3 all",
            "Note token.same config/substitutions/CI.conf:1 all",
        ]
    );
}

#[test]
fn a_key_that_only_some_environments_have_is_told() {
    let overview = Overview::of(workspace(&[
        ("config/elastalert.yaml", &CONFIG_TEXT.replace("ES_PORT", "PORT")),
        ("config/substitutions/Default.conf", "ES_HOST=a\n"),
        ("config/substitutions/CI.conf", "PORT=1\n"),
        ("config/substitutions/Lab.conf", "ES_HOST=b\n"),
    ]));
    let partial: Vec<&str> = overview
        .findings
        .iter()
        .filter(|finding| finding.problem.code == "token.partial")
        .map(|finding| finding.problem.what.as_str())
        .collect();
    assert_eq!(partial, ["`PORT` has no value in Lab"]);
}

#[test]
fn the_search_engine_is_the_one_that_elastalert_asks() {
    let overview = Overview::of(sample());
    let search = &overview.workspace.environments[1].search;
    assert_eq!(search.url.as_deref(), Some("http://es.ci:9200"));
    assert_eq!(search.index.as_deref(), Some("elastalert_status"));
}

#[test]
fn the_matrix_tells_what_each_rule_is_where() {
    let overview = Overview::of(sample());
    let cells: Vec<_> = overview
        .matrix
        .iter()
        .map(|row| (row.name.as_str(), row.cells.iter().map(|(_, cell)| *cell).collect::<Vec<_>>()))
        .collect();
    assert_eq!(cells, [("Beat", vec![Same, Excluded]), ("Spike", vec![Same, Overridden])]);
}

#[test]
fn what_changes_only_when_elastalert_starts_is_told() {
    let workspace = workspace(&[
        ("config/elastalert.yaml", &CONFIG_TEXT.replace("es_port: @@ES_PORT@@\n", "")),
        (
            "config/environments/Default.yaml",
            "tokens: { ES_HOST: a }\ntarget: { env: { ES_HOST: b, ES_PORT: 1, TEAM: x } }\n",
        ),
        ("rules/a.yaml", "name: A\ntype: any\nindex: $TEAM-$OTHER\nalert: debug\nx: ${HOME}\n"),
    ]);
    let default = of(&workspace, "Default", &[]);
    let told: Vec<String> = default.findings.iter().map(|finding| finding.problem.to_string()).collect();
    assert_eq!(
        told,
        [
            "config/elastalert.yaml: `es_host` is overridden when ElastAlert starts: `target.env` gives the container the variable ES_HOST",
            "rules/a.yaml:3:8: `$TEAM` is replaced when ElastAlert starts: ElastAlert puts the variable TEAM of its container there",
            "rules/a.yaml:5:4: `$HOME` is replaced when ElastAlert starts: ElastAlert puts the variable HOME of its container there",
        ]
    );
}

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["A", "B.c", "d-1", "LONG_KEY", "SECRET"]).prop_map(str::to_owned)
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z:# \"'\\n@{\\[-]{0,8}",
        "\\PC{0,4}",
        "\r\n|@@|@@@|\u{feff}",
        key().prop_map(|key| format!("@@{key}@@")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn laws_of_rendering(pieces in prop::collection::vec(piece(), 0..12), values in prop::collection::vec("[a-z0-9:# \\[\"']{0,6}", 4)) {
        let template: String = pieces.concat();
        let canary = "canary-4f2a\nxoxb";
        let conf: Vec<String> =
            ["A", "B.c", "d-1", "LONG_KEY"].iter().zip(&values).map(|(key, value)| format!("{key}={value}\n")).collect();
        let conf = conf.concat();
        let workspace = workspace(&[
            ("config/elastalert.yaml", &template),
            ("config/other.conf", &template),
            ("rules/r.yaml", &template),
            ("config/substitutions/Default.conf", &conf),
            ("config/substitutions/Sensitive.Local.conf", "SECRET=x\n"),
        ]);
        let once = of(&workspace, "Default", &[("SECRET", canary)]);
        prop_assert_eq!(&once, &of(&workspace, "Default", &[("SECRET", canary)]), "rendering twice is the same");
        let environment = &workspace.environments[0];
        for file in &once.files {
            let mut end = 0;
            for insertion in &file.insertions {
                let bytes = &file.bytes[insertion.range.clone()];
                let meant = if insertion.secret { canary } else { environment.value(&insertion.key).unwrap() };
                prop_assert_eq!(bytes, meant.as_bytes(), "a range holds its value");
                prop_assert!(insertion.range.start >= end, "ranges are sorted");
                end = insertion.range.end;
            }
            if file.insertions.is_empty() {
                prop_assert_eq!(&file.bytes[..], template.as_bytes(), "without tokens nothing changes");
            }
            let masked = String::from_utf8(file.masked()).unwrap();
            prop_assert!(!masked.contains("canary") && !masked.contains("xoxb"));
            let lines = file.lines(&file.path, &template);
            let shown = format!("{lines:?}");
            prop_assert!(!shown.contains("canary"));
        }
        let shown = format!("{once:?}");
        prop_assert!(!shown.contains("canary"));
        prop_assert_eq!(&once.hash, &of(&workspace, "Default", &[]).hash);
    }
}

#[test]
fn only_the_rules_that_are_asked_for_are_laid_out_and_all_other_files() {
    let with = |globs: &[&str]| {
        let mut workspace = sample();
        let path = "rules/a.yaml".to_owned();
        let bytes = b"type: any\nindex: a\nalert: debug\n".as_slice().into();
        Arc::make_mut(&mut workspace.templates)
            .insert(1, crate::domain::template::Template { source: path.clone(), path, bytes });
        workspace.only = globs.iter().map(|&glob| glob.to_owned()).collect();
        of(&workspace, "CI", &[])
    };
    let part = with(&["sp*"]);
    assert!(
        part.findings.is_empty(),
        "an overlay of a rule that is left out is none of no rule: {:?}",
        part.findings
    );
    assert_eq!(part.by_hand.partial, ["sp*"]);
    assert!(part.file("rules/spike.yaml").is_some() && part.file("rules/list.txt").is_some());
    assert_eq!((part.rules.len(), part.excluded.len()), (1, 1), "left out is not excluded");
    let other = with(&["a.*"]);
    assert!(other.findings.is_empty() && other.file("rules/spike.yaml").is_none(), "{:?}", other.findings);
    let all = with(&["*"]);
    assert!(all.by_hand.is_empty(), "what leaves nothing out is not partial");
    assert_eq!(all.hash, with(&[]).hash);
    assert_eq!(codes(&with(&["nothing*"]))[0], "rules.none");
    let mut workspace = sample();
    let template = |path: &str, text: &str| crate::domain::template::Template {
        source: path.to_owned(),
        path: path.to_owned(),
        bytes: text.as_bytes().into(),
    };
    Arc::make_mut(&mut workspace.templates)
        .push(template("rules/web.yaml", "import: \"@@ENVIRONMENT@@.yaml\"\nname: web\n"));
    Arc::make_mut(&mut workspace.templates)
        .push(template("rules/CI.yaml", "type: any\nindex: a\nalert: debug\n"));
    Arc::make_mut(&mut workspace.templates).sort_by(|left, right| left.path.cmp(&right.path));
    workspace.only = vec!["web*".to_owned()];
    let paths: Vec<String> = of(&workspace, "CI", &[]).rules.iter().map(|rule| rule.path.clone()).collect();
    assert_eq!(
        paths,
        ["rules/CI.yaml", "rules/web.yaml"],
        "what it imports comes along, a token in its name too"
    );
}

#[test]
fn values_given_by_hand_are_recorded_and_those_of_secrets_are_not() {
    let files = [
        ("config/environments/Default.yaml", "tokens: { A: 1 }\nsecrets: { HOOK: { env: H } }\n"),
        ("rules/a.yaml", "type: any\nindex: @@A@@\nalert: debug\n# @@HOOK@@ @@DB_PASSWORD@@\n"),
    ];
    let set = [("A", "2"), ("HOOK", "canary-a"), ("DB_PASSWORD", "canary-b")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()));
    let workspace = build(Sources {
        root: "/w".into(),
        prefix: "",
        revision: 1,
        files: files.map(|(path, text)| (path.to_owned(), Bytes::from(text.as_bytes()))).to_vec(),
        problems: Vec::new(),
        set: &set,
        octopus: false,
    });
    let default = of(&workspace, "Default", &[]);
    assert_eq!(default.by_hand.set, ["A=2", "DB_PASSWORD", "HOOK"]);
    let marker = crate::domain::release::Release::of(&default, crate::domain::plan::ReleaseNumber(1));
    let read = crate::domain::release::Release::parse(&marker.to_bytes()).unwrap();
    assert_eq!(read.by_hand, default.by_hand);
    assert!(!String::from_utf8_lossy(&marker.to_bytes()).contains("canary"));
    let old = br#"{"schema":1,"release":3,"environment":"CI","rendering":"h","files":{}}"#;
    assert!(
        crate::domain::release::Release::parse(old).unwrap().by_hand.is_empty(),
        "one of before has none"
    );
}
