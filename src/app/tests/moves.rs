//! Moving about: panes, lists, filters, files, clicks. A key that can do nothing says why.

use crate::app::model::{Focus, Tab};
use crate::app::sample::{Script, log_line, name};
use crate::app::{Effect, Msg, Target};
use crate::domain::fact::FactKind;
use crate::domain::log::Level;

#[test]
fn panes_follow_each_other_and_esc_leads_back() {
    let mut script = Script::running();
    script.keys("<tab> <tab>");
    assert_eq!(script.model.focus, Focus::Detail);
    script.keys("z <esc>");
    assert!(!script.model.zoomed);
    assert_eq!(script.model.focus, Focus::Detail, "Esc leaves the nearest thing only");
    script.keys("<esc>");
    assert_eq!(script.model.focus, Focus::Rules, "it came from the rules");
    script.keys("<esc> <backtab>");
    assert_eq!(script.model.focus, Focus::Detail);
}

#[test]
fn rules_are_filtered_while_the_filter_is_typed() {
    let mut script = Script::running();
    script.keys("/ S P I k");
    assert_eq!(script.model.visible_rules().len(), 1);
    script.keys("<enter> q");
    assert_eq!(script.model.visible_rules().len(), 1, "Enter keeps it");
    let mut script = Script::running();
    script.keys("/ q d ? <backspace> <backspace> <backspace> x y z");
    assert!(script.model.deploy.is_none(), "letters are text while a line is typed");
    assert_eq!(script.model.visible_rules().len(), 0);
    script.keys("<esc>");
    assert_eq!(script.model.visible_rules().len(), 5, "Esc brings back what was there before");
}

#[test]
fn only_rules_that_differ_in_the_selected_environment_are_left() {
    let mut script = Script::running();
    script.keys("o");
    let left = |script: &Script| -> Vec<String> {
        script.model.visible_rules().iter().map(|row| row.name.clone()).collect()
    };
    assert_eq!(left(&script), ["No heartbeat from web"]);
    script.keys("] ]");
    assert_eq!(left(&script), ["Errors of the app", "Spike in 5xxs"]);
}

#[test]
fn a_rule_that_is_selected_is_what_the_detail_pane_is_about() {
    let mut script = Script::running();
    script.keys("<tab> <end>");
    let only = script.model.changes.text.as_ref().unwrap().only.clone();
    assert_eq!(only.as_deref(), Some("rules/web-heartbeat.yaml"));
    script.keys("2");
    assert!(script.model.file.is_none(), "it is excluded in CI, so there is no such file");
    script.keys("]");
    assert_eq!(script.model.file.as_ref().unwrap().path, "rules/web-heartbeat.yaml");
    script.keys("<esc>");
    assert_eq!(script.model.file.as_ref().unwrap().path, "config/elastalert.yaml");
}

#[test]
fn the_editor_opens_where_the_value_is_written() {
    let mut script = Script::running();
    script.keys("2 <enter> n");
    let place = |effects: Vec<Effect>| match effects.as_slice() {
        [Effect::Edit { path, line }] => (path.clone(), *line),
        other => panic!("{other:?}"),
    };
    assert_eq!(place(script.keys("e")), ("config/environments/CI.yaml".into(), 4));
    assert_eq!(place(script.keys("<home> e")), ("config/elastalert.yaml".into(), 1));
    script.keys("<esc> <tab>");
    assert_eq!(place(script.keys("e")).0, script.model.rule().unwrap().path);
}

#[test]
fn a_finding_opens_in_the_editor_at_its_place() {
    let mut script = Script::broken();
    script.keys("c");
    let groups = script.model.finding_groups().len();
    assert!(groups > 2);
    let place = script.model.finding_place().unwrap();
    let effects = script.keys("<enter>");
    assert_eq!(effects, [Effect::Edit { path: place.file, line: place.line.max(1) }]);
    script.keys("<end>");
    assert_eq!(script.model.findings.selected, groups - 1);
    script.keys("<esc>");
    assert!(script.model.reading.is_none());
    let mut script = Script::running();
    script.keys("c");
    assert_eq!(script.keys("<enter>"), [], "nothing was found, so there is nothing to open");
}

#[test]
fn changes_are_gone_through_one_by_one() {
    let mut script = Script::running();
    script.keys("<enter> n");
    let row = |script: &Script| script.model.changes.text.as_ref().unwrap().list.selected;
    assert_eq!(row(&script), 3);
    script.keys("n");
    assert_eq!(row(&script), 8);
    script.keys("n n n N");
    assert_eq!(row(&script), 8, "it stops at the last change and goes back to the one before");
}

#[test]
fn a_key_that_can_do_nothing_says_why_until_the_next_key() {
    let mut script = Script::running();
    assert_eq!(script.keys("m"), [], "nothing happens");
    assert_eq!(script.model.hint.as_deref(), Some("m: there are no messages"));
    script.keys("<tab>");
    assert_eq!(script.model.hint, None);
}

#[test]
fn a_shell_asks_as_the_guard_wants_and_only_where_something_runs() {
    let mut script = Script::running();
    assert_eq!(script.keys("s"), [Effect::Shell(name("CI"))]);
    script.keys("5 ] ]");
    assert_eq!(script.keys("s"), [], "Production asks first");
    assert_eq!(script.keys("n s y"), [Effect::Shell(name("Production"))]);
    script.fact(FactKind::Containers { environment: name("Production"), answer: Ok(Vec::new()) });
    assert_eq!(script.keys("s y"), []);
    assert_eq!(script.model.question, None);
}

#[test]
fn a_paste_is_no_row_of_keys() {
    let mut script = Script::running();
    assert_eq!(script.send(Msg::Paste("d\ny\nq".into())), []);
    assert!(script.model.deploy.is_none());
    script.keys("/");
    script.send(Msg::Paste("spike\nq".into()));
    assert_eq!(script.model.rules.filter, "spike");
}

#[test]
fn clicks_do_what_keys_do() {
    let mut script = Script::running();
    script.send(Msg::Point(Target::Row { list: "environments", index: 3 }));
    assert_eq!(script.model.environment_name(), Some(name("Production")));
    script.send(Msg::Point(Target::Row { list: "rules", index: 99 }));
    assert_eq!((script.model.focus, script.model.rules.list.selected), (Focus::Rules, 4));
    script.send(Msg::Point(Target::Tab(3)));
    assert_eq!(script.model.tab, Tab::Health);
    script.send(Msg::Point(Target::Tab(9)));
    assert_eq!(script.send(Msg::Point(Target::Command("app.quit"))), [Effect::Quit]);
    assert_eq!(
        script.send(Msg::Point(Target::Command("deploy.yes"))),
        [],
        "a command that is not reachable is not run"
    );
}

#[test]
fn a_click_does_not_go_through_a_dialog() {
    let mut script = Script::running();
    script.planned(crate::domain::environment::Guard::Confirm);
    script.send(Msg::Point(Target::Row { list: "environments", index: 3 }));
    script.send(Msg::Point(Target::Tab(3)));
    assert_eq!((script.model.environment_name(), script.model.tab), (Some(name("CI")), Tab::Diff));
    script.send(Msg::Point(Target::Command("deploy.leave")));
    assert!(script.model.deploy.is_none());
}

#[test]
fn scrolling_up_pauses_the_log_and_end_follows_it_again() {
    let mut script = Script::running();
    script.keys("3 <enter>");
    let lines = |count: i64| (0..count).map(|n| log_line(n, Level::Info, "INFO:elastalert:hits")).collect();
    script.log(lines(50));
    script.keys("<pageup>");
    let top = script.model.log.top;
    assert!(top.is_some());
    script.log(lines(128));
    assert_eq!((script.model.log.top, script.model.log.unseen), (top, 128));
    script.keys("<end>");
    assert_eq!((script.model.log.top, script.model.log.unseen), (None, 0));
    script.keys("n");
    assert_eq!(script.model.hint.as_deref(), Some("n: search with / first"));
}
