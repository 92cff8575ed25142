//! What a rule is once it is loaded, and what is told beside the verdict. Messages are held to repeat no value.

use super::*;

fn loaded(files: &[(&str, &str)]) -> Loaded {
    let mut all = BTreeMap::from([("config/elastalert.yaml".to_owned(), Vec::from(CONFIG))]);
    all.extend(files.iter().map(|(path, text)| ((*path).to_owned(), Vec::from(*text))));
    let variables = BTreeMap::from([("NAME".to_owned(), "a longer name".to_owned())]);
    load(&Input::new(&all, &variables).with_values())
}

const ANY: &str = "name: x\nindex: i\ntype: any\nalert: debug\n";

fn refusal(more: &str) -> Refusal {
    let loaded = loaded(&[("rules/r.yaml", &format!("{ANY}{more}"))]);
    loaded.rules[0].outcome.refusal().unwrap().clone()
}

#[test]
fn a_rule_has_the_defaults_of_the_configuration_and_those_of_elastalert() {
    let loaded = loaded(&[("rules/r.yaml", &format!("{ANY}query_key: [a, b]\nrealert: {{hours: 1}}\n"))]);
    let values = loaded.rules[0].values.clone().unwrap();
    let of = |key: &str| values[key].clone();
    assert_eq!(of("es_host"), "localhost");
    assert_eq!(of("realert"), serde_json::json!({ "$timedelta": 3600.0 }));
    assert_eq!(of("run_every"), serde_json::json!({ "$timedelta": 60.0 }));
    assert_eq!(of("query_key"), "a,b");
    assert_eq!(of("include"), serde_json::json!(["*", "@timestamp", "a", "a,b", "b"]));
    assert_eq!(of("ts_to_dt"), serde_json::json!({ "$name": "elastalert.util.ts_to_dt" }));
    assert_eq!(of("rule_file"), "/opt/rules/r.yaml");
}

#[test]
fn filters_of_imports_come_before_those_of_the_rule() {
    let loaded = loaded(&[
        ("rules/r.yaml", "name: x\ntype: any\nimport: [one.inc, two.inc]\nfilter: [r]\n"),
        ("rules/one.inc", "index: i\nalert: debug\nfilter: [one]\nowner: one\n"),
        ("rules/two.inc", "filter: [two]\nowner: two\nname: not this\n"),
    ]);
    let values = loaded.rules[0].values.clone().unwrap();
    assert_eq!(values["filter"], serde_json::json!(["one", "two", "r"]));
    assert_eq!((&values["owner"], &values["name"]), (&"two".into(), &"x".into()));
}

#[test]
fn a_refusal_is_placed_in_the_file_before_variables_are_put_in() {
    let refusal = refusal("owner: ${NAME}\npriority: [$NAME, high]\n");
    let at = refusal.at.unwrap();
    let text = format!("{ANY}owner: ${{NAME}}\npriority: [$NAME, high]\n");
    assert_eq!(text.get(at.range), Some("[$NAME, high]"));
    assert_eq!((at.line, refusal.path), (6, vec![Step::Key("priority".to_owned())]));
    assert_eq!(refusal.message, "`priority` is a list and must be a whole number");
}

#[test]
fn no_message_repeats_a_value() {
    for more in [
        "priority: hunter2\n",
        "realert: hunter2\n",
        "realert: {minutes: hunter2}\n",
        "timestamp_type: hunter2\n",
        "email: [[hunter2]]\n",
        "bad: [hunter2\n",
        "bad: !!int hunter2\n",
        "bad: !!timestamp hunter2\n",
        "bad: !!bool hunter2\n",
        "bad: !!float hunter2\n",
        "top_count_keys: {a: hunter2}\n",
        "import: hunter2\n",
        "aggregation_key: [hunter2, 5]\n",
    ] {
        let refusal = refusal(more);
        assert!(!format!("{} {:?}", refusal.message, refusal.hint).contains("hunter2"), "{refusal:?}");
    }
}

#[test]
fn the_nearest_name_is_told() {
    assert_eq!(
        refusal("realert: {minuts: 5}\n").message,
        "`realert.minuts` has no `minuts`; did you mean `minutes`?"
    );
    let loaded = loaded(&[("rules/r.yaml", &ANY.replace("debug", "slak"))]);
    assert_eq!(loaded.rules[0].outcome.refusal().unwrap().hint.as_deref(), Some("did you mean `slack`?"));
    let loaded = super::values::loaded(&[("rules/r.yaml", &ANY.replace("debug", "ms_teams"))]);
    let gone = loaded.rules[0].outcome.refusal().unwrap();
    assert_eq!((gone.code, gone.hint.as_deref()), ("alerter.removed", Some("use `ms_power_automate`")));
}

#[test]
fn of_two_rules_with_one_name_the_second_is_refused_and_names_the_first() {
    let loaded = loaded(&[("rules/a.yaml", ANY), ("rules/b.yaml", ANY)]);
    assert!(loaded.rules[0].outcome.loads());
    let refusal = loaded.rules[1].outcome.refusal().unwrap();
    assert_eq!((refusal.code, refusal.other.as_deref()), ("rule.name", Some("rules/a.yaml")));
    assert!(refusal.caught_by_skip_invalid);
}

#[test]
fn what_only_the_world_can_tell_is_unknown_and_not_refused() {
    for (rule, kind) in [
        (ANY.replace("type: any", "type: mine.rules.Special"), "module"),
        (ANY.replace("alert: debug", "alert: mine.alerts.Special"), "module"),
        (ANY.replace("type: any", "type: blacklist\ncompare_key: a\nblacklist: ['!file /etc/list']"), "file"),
    ] {
        let loaded = loaded(&[("rules/r.yaml", &rule)]);
        let Outcome::Unknown(need) = &loaded.rules[0].outcome else { panic!("{:?}", loaded.rules[0]) };
        assert_eq!(need.kind(), kind);
    }
    let loaded = loaded(&[("rules/r.yaml", &ANY.replace("type: any", "type: new_term\nfields: [a]"))]);
    assert!(loaded.rules[0].outcome.loads());
    assert_eq!(loaded.rules[0].needs, [Need::Search { at: "localhost:9200".to_owned() }]);
}
