//! Chains of values. Here is every way in which one can come to be what it is, down to its layer.

use proptest::prelude::*;

use super::*;
use crate::domain::render::render;
use crate::domain::template::Bytes;
use crate::domain::workspace::build::{Sources, build};

const CONFIG: &str = "run_every: {minutes: 1}\nbuffer_time:\n  minutes: 15 # long\nes_host: \"@@ES_HOST@@\"\nes_port: @@ES_PORT@@\nwriteback_index: w\nrules_folder: /opt/rules\nuse_ssl: on\nsmtp_host: mail.$TEAM\n";
const RULE: &str = "name: Spike\nimport: shared/base.yaml\ntype: spike\nindex: logs-$TEAM\nthreshold_cur: 10 # by hand\nfilter:\n- query: {query_string: {query: \"a.b: @@ES_HOST@@\"}}\nhook: \"@@HOOK@@\"\n'odd.key': &x [010, on]\nsame: *x\nreport: |\n  one @@ES_HOST@@\n  two\n";
const BASE: &str = "alert: debug\nfilter:\n- term: {host: base}\ntype: any\nrealert:\n  hours: 2\n";

fn workspace(files: &[(&str, &str)], set: &[(String, String)]) -> Workspace {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), Bytes::from(text.as_bytes().to_vec())));
    build(Sources {
        root: "/w".into(),
        prefix: "",
        revision: 1,
        files: files.collect(),
        problems: Vec::new(),
        set,
        octopus: false,
    })
}

fn sample() -> Workspace {
    workspace(
        &[
            ("config/elastalert.yaml", CONFIG),
            (
                "config/environments/Default.yaml",
                "tokens: { ES_HOST: es.local }\nsecrets: { HOOK: { env: HOOK_OF_CI } }\ntarget: { env: { ES_HOST: es.ops, TEAM: ops } }\n",
            ),
            ("config/substitutions/Default.conf", "ES_PORT=9200\n"),
            (
                "config/environments/CI.yaml",
                "tokens:\n  ES_HOST: es.ci\nexclude: [gone.yaml]\nrules:\n  Spike: { threshold_cur: 50, added: [1, two] }\nconfig: { buffer_time: { minutes: 15 } }\n",
            ),
            ("config/supervisord.conf", "[program]\n; @@ES_HOST@@\n"),
            ("rules/spike.yaml", RULE),
            ("rules/shared/base.yaml", BASE),
            ("rules/gone.yaml", RULE),
        ],
        &[("ES_PORT".to_owned(), "9201".to_owned())],
    )
}

fn told(workspace: &Workspace, question: &str) -> Result<Vec<Leaf>, Problem> {
    let environment = workspace.environment(&"CI".parse().unwrap()).unwrap();
    let rendering = render(workspace, environment, &BTreeMap::new());
    let asked = ask(workspace, &rendering, question)?;
    Book::open(workspace, environment, &rendering, &asked.file)?.find(&asked.path)
}

fn lines(question: &str) -> Vec<String> {
    let leaves = told(&sample(), question).unwrap_or_else(|problem| panic!("{question}: {problem}"));
    leaves.iter().flat_map(|leaf| leaf.lines(4_000)).map(|line| squeezed(&line.text)).collect()
}

/// Columns are for people.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_token_tells_the_layer_and_those_below() {
    assert_eq!(
        lines("rules/spike.yaml:report"),
        [
            "report: \"one es.ci\\ntwo\\n\", a text",
            "rendered rules/spike.yaml:11 report: |",
            "template rules/spike.yaml:11:9 report: |",
            "token config/environments/CI.yaml:2:3 ES_HOST = es.ci, CI",
            "over config/environments/Default.yaml:1:11 ES_HOST = es.local, Default",
        ]
    );
}

#[test]
fn an_overlay_tells_what_it_covers() {
    assert_eq!(
        lines("Spike:threshold_cur"),
        [
            "threshold_cur: 50, a whole number",
            "rendered rules/spike.yaml:5 threshold_cur: 50 # by hand",
            "overlay config/environments/CI.yaml:5:12 threshold_cur = 50, CI",
            "template rules/spike.yaml:5:16 threshold_cur: 10 # by hand",
        ]
    );
    assert_eq!(
        lines("spike.yaml:added"),
        [
            "added.0: 1, a whole number",
            "rendered rules/spike.yaml:14 added: [1, two]",
            "overlay config/environments/CI.yaml:5:31 added = [1, two], CI",
            "added.1: two, a text",
            "rendered rules/spike.yaml:14 added: [1, two]",
            "overlay config/environments/CI.yaml:5:31 added = [1, two], CI",
        ],
        "it has no line in the template"
    );
    let same = lines("config/elastalert.yaml:buffer_time.minutes");
    assert_eq!(
        same[2],
        "overlay config/environments/CI.yaml:6:11 buffer_time = {minutes: 15}, CI (it asks for what is there already)"
    );
}

#[test]
fn variables_of_the_container_come_first() {
    assert_eq!(
        lines("config/elastalert.yaml:es_host")[..2],
        [
            "es_host: es.ops, a text",
            "variable config/environments/Default.yaml:3:27 $ES_HOST = es.ops (a variable of the container counts whatever the file says)",
        ]
    );
    assert_eq!(
        lines("rules/spike.yaml:index"),
        [
            "index: logs-ops, a text",
            "expanded config/environments/Default.yaml:3:41 $TEAM = ops ($TEAM becomes this when ElastAlert starts)",
            "rendered rules/spike.yaml:4 index: logs-$TEAM",
            "template rules/spike.yaml:4:8 index: logs-$TEAM",
        ]
    );
    // What no file gives a variable can.
    let text = CONFIG.replace("es_host: \"@@ES_HOST@@\"\nes_port: @@ES_PORT@@\n", "");
    let workspace = workspace(
        &[
            ("config/elastalert.yaml", &text),
            ("config/environments/CI.yaml", "target: { env: { ES_HOST: x } }\n"),
        ],
        &[],
    );
    let leaves = told(&workspace, "elastalert.yaml:es_host").unwrap();
    assert_eq!((leaves[0].value.as_str(), leaves[0].chain.len()), ("x", 1));
}

#[test]
fn what_is_imported_or_given_by_the_configuration_says_so() {
    assert_eq!(
        lines("rules/spike.yaml:realert.hours"),
        [
            "realert.hours: 2, a whole number",
            "import rules/spike.yaml:2:9 rules/shared/base.yaml (the rule imports it)",
            "rendered rules/shared/base.yaml:6 hours: 2",
            "template rules/shared/base.yaml:6:10 hours: 2",
        ]
    );
    assert_eq!(
        lines("rules/spike.yaml:use_ssl"),
        [
            "use_ssl: true, a boolean, written on",
            "default config/elastalert.yaml:8:1 config/elastalert.yaml (the configuration gives it to every rule that does not)",
            "rendered config/elastalert.yaml:8 use_ssl: on",
            "template config/elastalert.yaml:8:10 use_ssl: on",
        ]
    );
    assert_eq!(lines("rules/spike.yaml:type")[0], "type: spike, a text", "what is nearer to the rule wins");
    assert!(lines("rules/spike.yaml:es_host")[1].starts_with("variable"), "it counts there, too");
}

#[test]
fn filters_of_imports_come_first_and_are_counted_through() {
    assert_eq!(lines("rules/spike.yaml:filter.0.term.host")[0], "filter.0.term.host: base, a text");
    let own = lines("rules/spike.yaml:filter.1.query.query_string.query");
    assert_eq!(own[0], "filter.1.query.query_string.query: \"a.b: es.ci\", a text");
    assert_eq!(own[3], "token config/environments/CI.yaml:2:3 ES_HOST = es.ci, CI");
    assert_eq!(told(&sample(), "Spike:filter").unwrap().len(), 2);
    let all = told(&sample(), "rules/spike.yaml").unwrap();
    let paths: Vec<&str> = all.iter().map(|leaf| leaf.path.as_str()).collect();
    assert!(paths.contains(&"filter.0.term.host") && paths.contains(&"filter.1.query.query_string.query"));
    assert!(paths.contains(&"alert") && !paths.contains(&"es_host"), "{paths:?}");
}

#[test]
fn types_are_those_of_python_and_aliases_lead_to_their_anchors() {
    assert_eq!(lines("rules/spike.yaml:\"odd.key\".0")[0], "\"odd.key\".0: 8, a whole number, written 010");
    let same = lines("rules/spike.yaml:same.1");
    assert_eq!(same[0], "same.1: true, a boolean, written on");
    assert!(same.iter().any(|line| line.starts_with("template rules/spike.yaml:9:")), "{same:?}");
}

#[test]
fn a_secret_is_told_to_be_one_and_by_whom_it_is_given() {
    assert_eq!(
        lines("rules/spike.yaml:hook"),
        [
            "hook: ‹secret HOOK›, a secret",
            "rendered rules/spike.yaml:8 hook: \"‹secret HOOK›\"",
            "template rules/spike.yaml:8:7 hook: \"@@HOOK@@\"",
            "token config/environments/Default.yaml:2:12 HOOK = a secret, from the variable HOOK_OF_CI, Default",
        ]
    );
    let sensitive = workspace(
        &[
            ("config/elastalert.yaml", CONFIG),
            ("config/substitutions/Sensitive.Local.conf", "HOOK=canary-value\n"),
            ("config/environments/Default.yaml", "tokens: { ES_HOST: canary-other, ES_PORT: 1 }\n"),
            (
                "config/environments/CI.yaml",
                "tokens: { HOOK: canary-lower, ES_HOST: 'http://u:canary-value@h' }\nrules: { Spike: { added: 'Bearer canary-value' } }\n",
            ),
            ("rules/spike.yaml", &RULE.replace("import: shared/base.yaml\n", "")),
        ],
        &[("HOOK".to_owned(), "canary-set".to_owned())],
    );
    let leaves = told(&sensitive, "rules/spike.yaml").unwrap();
    let shown = format!("{leaves:?}").replace("canary-other", "");
    assert!(!shown.contains("canary"), "{shown}");
    assert!(shown.contains("a secret, from a Sensitive file or --set"), "{shown}");
}

#[test]
fn a_flag_is_a_layer_above_all_others() {
    let port = lines("config/elastalert.yaml:es_port");
    assert_eq!(
        port[3..],
        [
            "token ES_PORT = 9201, the flag --set",
            "over config/substitutions/Default.conf:1 ES_PORT = 9200, Default"
        ]
    );
}

#[test]
fn lines_without_values_and_files_without_yaml_have_chains_too() {
    assert_eq!(
        lines("config/supervisord.conf:2"),
        [
            "; es.ci",
            "rendered config/supervisord.conf:2 ; es.ci",
            "template config/supervisord.conf:2:1 ; @@ES_HOST@@",
            "token config/environments/CI.yaml:2:3 ES_HOST = es.ci, CI",
            "over config/environments/Default.yaml:1:11 ES_HOST = es.local, Default",
        ]
    );
    assert_eq!(lines("rules/spike.yaml:5")[0], "threshold_cur: 50, a whole number");
    assert_eq!(lines("rules/spike.yaml:13")[0], "report: \"one es.ci\\ntwo\\n\", a text");
    assert_eq!(
        lines("rules/shared/base.yaml:5")[0],
        "realert.hours: 2, a whole number",
        "a key leads to what is below"
    );
    assert!(told(&sample(), "config/supervisord.conf:9").unwrap().is_empty());
}

#[test]
fn what_is_not_there_is_told_with_what_is_like_it() {
    for (question, code, hint) in [
        ("rules/spike.yaml:treshold_cur", "why.path", "did you mean `threshold_cur`?"),
        ("rules/spike.yaml:realert.hour", "why.path", "did you mean `realert.hours`?"),
        ("rules/spike.yaml:realert.x", "why.path", "it has realert.hours"),
        ("rules/spyke.yaml:name", "why.file", "did you mean `rules/spike.yaml`?"),
        ("Spyke:name", "why.file", "did you mean `Spike`?"),
        ("rules/spike.yaml:a..b", "why.syntax", "keys are parted"),
        ("config/supervisord.conf:program", "why.lines", "name a line of it: config/supervisord.conf:1"),
    ] {
        let problem = told(&sample(), question).unwrap_err();
        assert_eq!(problem.code, code, "{question}: {problem}");
        assert!(problem.hint.as_deref().unwrap_or_default().contains(hint), "{question}: {problem:?}");
    }
    let excluded = told(&sample(), "rules/gone.yaml:name").unwrap_err();
    assert_eq!(excluded.to_string(), "config/environments/CI.yaml:3:11: rules/gone.yaml is excluded in CI");
}

#[test]
fn imports_that_go_round_end() {
    let workspace = workspace(
        &[
            ("config/elastalert.yaml", CONFIG),
            ("config/environments/CI.yaml", "tokens: { ES_HOST: a, ES_PORT: 1 }\n"),
            ("rules/a.yaml", "import: [b.yaml, /opt/rules/x/../c.yaml]\n"),
            ("rules/b.yaml", "import: a.yaml\nk: b\n"),
            ("rules/c.yaml", "import: c.yaml\nk: c\n"),
        ],
        &[],
    );
    let leaves = told(&workspace, "rules/a.yaml:k").unwrap();
    assert_eq!(leaves[0].value, "c", "the last import is read first");
}

#[test]
fn narrow_lines_have_the_place_below() {
    let leaves = told(&sample(), "rules/spike.yaml:threshold_cur").unwrap();
    for width in [0, 1, 5, 20, 46, 60, 200] {
        for line in leaves[0].lines(width) {
            assert!(
                unicode_width::UnicodeWidthStr::width(line.text.as_str()) <= width.max(1),
                "{width}: {line:?}"
            );
        }
    }
    let narrow = leaves[0].lines(40);
    assert_eq!(narrow[3].text, "overlay   threshold_cur = 50, CI");
    assert_eq!(narrow[4].text, "          …fig/environments/CI.yaml:5:12");
    assert_eq!(narrow[4].place.as_ref().unwrap().to_string(), "config/environments/CI.yaml:5:12");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_leaf_of_every_rendering_leads_to_places_that_hold_it(
        pieces in prop::collection::vec("[a-c]{1,2}: |- |\\[|\\]|\\{|\\}|, |\n|&a |\\*a |<<: |@@A@@|@@S@@|\\$V|'|\"|1|# x\n|k: \\|\n  ", 0..14),
        value in "[a-z0-9]{0,3}|[ -~]{0,6}",
    ) {
        let template = pieces.concat();
        let workspace = workspace(
            &[
                ("config/elastalert.yaml", &template),
                ("config/environments/CI.yaml", "secrets: { S: { env: S } }\ntarget: { env: { V: w } }\nconfig: { c: 7 }\n"),
                ("config/substitutions/CI.conf", &format!("A={value}\n")),
                ("rules/r.yaml", &template),
            ],
            &[],
        );
        let environment = workspace.environment(&"CI".parse().unwrap()).unwrap();
        let rendering = render(&workspace, environment, &BTreeMap::new());
        for file in ["config/elastalert.yaml", "rules/r.yaml"] {
            let book = Book::open(&workspace, environment, &rendering, file).unwrap();
            let text = String::from_utf8(rendering.file(file).unwrap().bytes.to_vec()).unwrap();
            for line in 1..=u32::try_from(text.lines().count()).unwrap() {
                prop_assert!(!book.line(line).is_empty(), "line {line} of {text:?}");
            }
            for leaf in book.find("").unwrap_or_default() {
                prop_assert!(!leaf.chain.is_empty());
                let again = book.find(&leaf.path).unwrap();
                prop_assert!(leaf.path.is_empty() || again.contains(&leaf), "{} of {text:?}", leaf.path);
                for step in &leaf.chain {
                    let Some(place) = step.source().filter(|place| place.file == file) else { continue };
                    prop_assert!(place.line as usize <= template.lines().count().max(1), "{step:?} of {template:?}");
                }
            }
        }
    }
}
