//! The tab Diff as a person uses it: what is compared with what, the two views, folding, filtering, copying, and the
//! way from a cell of the rules to what is behind it. What is compared is a real diff of the sample.

use crate::app::model::{Focus, Tab};
use crate::app::rows::{DiffText, Part, Row, View};
use crate::app::sample::{Script, compared, name};
use crate::app::{Effect, Msg, Outcome, Ticket, Viewports, Work};
use crate::domain::diff::Against;

fn text(script: &Script) -> &DiffText {
    script.model.changes.text.as_ref().unwrap()
}

/// What the last effect asks to be compared with.
fn asked(effects: &[Effect]) -> String {
    match effects.last() {
        Some(Effect::Start { work: Work::Diff { against, .. }, .. }) => against.to_string(),
        other => panic!("{other:?}"),
    }
}

/// Production against Default, of which several things differ.
fn production() -> Script {
    let mut script = Script::running();
    script.keys("] ] <enter>");
    let ticket = Ticket(script.model.tickets);
    script.done(ticket, Outcome::Diff(Ok(std::sync::Arc::new(compared("Default", "Production")))));
    script
}

#[test]
fn a_goes_round_and_any_other_thing_is_typed() {
    let mut script = Script::running();
    let seen: Vec<String> = (0..5).map(|_| asked(&script.keys("a"))).collect();
    assert_eq!(seen, ["Staging", "Production", "running", "git:HEAD", "Default"]);
    script.keys("A");
    let typed = script.model.prompt.as_ref().unwrap().line.text().to_owned();
    assert_eq!(typed, "Default", "it begins with what is compared with");
    for _ in typed.chars() {
        script.keys("<backspace>");
    }
    assert_eq!(script.keys("r e l e a s e : x <enter>"), [], "nothing is asked for");
    assert!(
        script.model.hint.as_ref().unwrap().contains("no number of a release"),
        "{:?}",
        script.model.hint
    );
    assert_eq!(asked(&script.keys("<backspace> 3 <enter>")), "release:3");
    assert!(script.model.prompt.is_none());
    assert_eq!(asked(&script.keys("a")), "Default");
}

#[test]
fn values_and_lines_are_one_key_apart_and_the_cursor_stays_where_it_is() {
    let mut script = production();
    script.keys("n n");
    let (path, line) = (text(&script).file_at_cursor().unwrap().path.clone(), text(&script).line_at_cursor());
    script.keys("v");
    assert_eq!(text(&script).look.view, View::Values);
    assert_eq!(text(&script).file_at_cursor().unwrap().path, path);
    assert!(text(&script).rows.iter().any(|row| matches!(row, Row::Value(_, _, Part::Old))));
    script.keys("v");
    assert_eq!(text(&script).file_at_cursor().unwrap().path, path);
    assert!(line.is_none() || text(&script).line_at_cursor().is_some());
}

#[test]
fn the_editor_opens_the_layer_that_gave_the_value() {
    let mut script = production();
    script.keys("v n");
    let effects = script.keys("e");
    assert_eq!(
        effects,
        [Effect::Edit { path: "config/environments/Production.yaml".into(), line: 4 }],
        "from the value straight to its line"
    );
    script.keys("j");
    let effects = script.keys("e");
    let old = Effect::Edit { path: "config/environments/Default.yaml".into(), line: 1 };
    assert_eq!(effects, [old], "what it was comes from another line");
}

#[test]
fn a_filter_takes_effect_while_it_is_typed_and_esc_leaves_it() {
    let mut script = production();
    let all = text(&script).shown.files.iter().filter(|file| !file.classes.0.is_empty()).count();
    script.keys("/ t h r e s h o l d <enter>");
    let shown = &text(&script).shown;
    assert!(!shown.files.is_empty() && shown.files.len() < all + 1, "{shown:?}");
    assert!(shown.files.iter().all(|file| file.path.starts_with("rules/")));
    script.keys("/ <space> n o w h e r e <enter>");
    assert!(text(&script).rows.is_empty());
    script.keys("<esc>");
    assert_eq!(script.model.changes.look.filter, "");
    assert_eq!(script.model.focus, Focus::Detail, "the pane is left only when nothing is filtered");
    assert!(!text(&script).rows.is_empty());
}

#[test]
fn what_is_copied_is_what_is_seen() {
    let mut script = production();
    script.keys("n");
    let effects = script.keys("y");
    let [Effect::Copy(copied)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(copied, "-es_host: localhost\n+es_host: search.prod.internal\n");
    script.keys("<home>");
    let effects = script.keys("y");
    let [Effect::Copy(copied)] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(copied.contains("‹secret ES_PASSWORD›") && !copied.contains("canary"), "{copied}");
    script.keys("v n");
    let effects = script.keys("y");
    let [Effect::Copy(copied)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(copied, "~ es_host: localhost → search.prod.internal\n");
}

#[test]
fn from_a_cell_of_the_rules_one_key_leads_to_the_diff_behind_it() {
    let mut script = Script::running();
    script.keys("3 a");
    let effects = script.keys("<tab> ] ] <enter>");
    assert_eq!((script.model.tab, script.model.focus), (Tab::Diff, Focus::Detail));
    let rule = script.model.rule().unwrap().path.clone();
    assert_eq!(asked(&effects), "Default");
    assert_eq!(script.model.environment_name(), Some(name("Production")));
    assert_eq!(script.model.subject(), Some(rule));
    script.keys("<esc> l");
    assert_eq!(script.model.tab, Tab::Diff, "the other keys keep the tab");
}

#[test]
fn wide_panes_have_both_sides_side_by_side() {
    let mut script = production();
    let pairs = |script: &Script| text(script).rows.iter().any(|row| matches!(row, Row::Pair(..)));
    assert!(!pairs(&script));
    script.send(Msg::Viewed(Viewports { detail_width: 140, detail: 30, ..script.model.viewports }));
    assert!(pairs(&script));
    let text = text(&script);
    let changed = text.rows.iter().find_map(|row| match text.pair(*row) {
        (Some(old), Some(new)) if old != new => Some((old.old, new.new)),
        _ => None,
    });
    assert!(changed.is_some_and(|(old, new)| old.is_some() && new.is_some()), "{changed:?}");
}

#[test]
fn folding_leaves_what_elastalert_reads() {
    use crate::domain::diff::side::{Side, SideFile};
    let side = |text: &str| {
        let mut side = Side::nothing("x");
        side.files = vec![SideFile::told("config/elastalert.yaml", text.as_bytes(), Vec::new())];
        side
    };
    let diff =
        crate::domain::diff::compare::diff(&side("a: 1\n# old\nb: on\n"), &side("# new\nb: true\na: 1\n"));
    let mut script = Script::running();
    script.keys("<enter> a");
    let ticket = Ticket(script.model.tickets);
    script.done(ticket, Outcome::Diff(Ok(std::sync::Arc::new(diff))));
    assert!(text(&script).rows.len() > 3);
    script.keys("f");
    assert_eq!(text(&script).rows, [Row::File(0), Row::Folded(0)]);
    script.keys("v f");
    assert_eq!(text(&script).rows, [Row::File(0), Row::NoValues(0)]);
    assert_eq!(script.model.changes.choice.against(&name("CI")), Against::Environment(name("Staging")));
}
