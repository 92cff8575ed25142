//! Whatever the size of the screen and whatever is on it, a frame is drawn and nothing panics. What is clickable lies
//! on the screen.

use crate::app::Target;
use crate::app::sample::{Script, ladder, log_line, name};
use crate::domain::environment::Guard;
use crate::domain::fact::FactKind;
use crate::domain::health::{RungName, State};
use crate::domain::log::Level;
use crate::ui::Theme;

use super::draw;

/// Sizes around every break point of the layout, and some beyond.
const SIZES: [(u16, u16); 14] = [
    (1, 1),
    (3, 60),
    (20, 5),
    (55, 20),
    (56, 14),
    (57, 60),
    (79, 15),
    (80, 24),
    (99, 29),
    (100, 30),
    (159, 19),
    (160, 40),
    (200, 14),
    (210, 60),
];

/// One console for each thing that can lie on the screen.
fn consoles() -> Vec<(&'static str, Script)> {
    let mut all = vec![("new", Script::new()), ("opened", Script::opened()), ("running", Script::running())];
    for keys in ["1", "2", "3", "4", "5", "z 1 <enter>", "<tab> z", "z", "?", "c", "<tab> / x y", "q"] {
        let mut script = Script::running();
        script.keys(keys);
        all.push((keys, script));
    }
    let mut script = Script::running();
    script.keys("3");
    script.log(
        (0..99)
            .map(|n| log_line(n, Level::Error, &"日本語 x ".repeat(usize::try_from(n).unwrap())))
            .collect(),
    );
    all.push(("log", script));
    for guard in [Guard::Open, Guard::Confirm, Guard::TypeName, Guard::ReadOnly] {
        let mut script = Script::running();
        script.planned(guard);
        all.push(("plan", script));
    }
    let mut script = Script::running();
    script.planned(Guard::Open);
    script.keys("<enter> <ctrl-c>");
    all.push(("question over a running deploy", script));
    let mut script = Script::running();
    script.engine(false);
    all.push(("outage", script));
    all
}

#[test]
fn no_size_of_the_screen_makes_it_fall_over() {
    let theme = Theme::built_in("dark").unwrap();
    for (what, mut script) in consoles() {
        for (width, height) in SIZES {
            let (buffer, hits) = draw(&mut script, &theme, width, height);
            for (area, target) in &hits.targets {
                assert_eq!(area.intersection(buffer.area), *area, "{what} {width}×{height}: {target:?}");
            }
        }
    }
}

#[test]
fn what_lies_below_a_dialog_is_not_clicked() {
    let theme = Theme::built_in("dark").unwrap();
    let mut script = Script::running();
    let (_, open) = draw(&mut script, &theme, 120, 40);
    assert_eq!(open.at(4, 6), Some(&Target::Row { list: "environments", index: 1 }));
    assert_eq!(open.at(45, 3), Some(&Target::Tab(0)));
    script.planned(Guard::Confirm);
    let (_, covered) = draw(&mut script, &theme, 120, 40);
    assert!(covered.targets.iter().all(|(_, target)| matches!(target, Target::Command(_))));
    assert_eq!(covered.at(2, 39), Some(&Target::Command("deploy.yes")));
}

#[test]
fn a_small_screen_says_so() {
    let theme = Theme::built_in("dark").unwrap();
    let (buffer, _) = draw(&mut Script::running(), &theme, 20, 5);
    let text = super::symbols(&buffer);
    assert!(text.contains("alertdeck needs"), "{text}");
    assert!(text.contains("20×5"), "{text}");
}

#[test]
fn every_theme_draws_every_console() {
    let mut consoles = consoles();
    for (name, _) in crate::ui::theme::BUILT_IN {
        let theme = Theme::built_in(name).unwrap().with_256_colors();
        for (_, script) in &mut consoles {
            draw(script, &theme, 80, 24);
        }
    }
}

#[test]
fn the_columns_of_a_wide_list_stand_below_their_heads() {
    let theme = Theme::built_in("dark").unwrap();
    let (buffer, _) = draw(&mut Script::running(), &theme, 200, 50);
    let text = super::symbols(&buffer);
    let row = |what: &str| {
        text.lines()
            .find(|line| line.starts_with("│") && line.contains(what))
            .unwrap()
            .chars()
            .collect::<Vec<_>>()
    };
    let (head, ci) = (row(" sync "), row(" r12 "));
    let column = |line: &[char], what: &str| {
        let what: Vec<char> = what.chars().collect();
        line.windows(what.len()).position(|at| at == what)
    };
    for (title, value) in [("state", "ok"), ("release", "r12"), ("up", "up 2 h")] {
        assert_eq!(column(&head, title).unwrap(), column(&ci, value).unwrap(), "{title}\n{text}");
    }
}

#[test]
fn one_look_says_who_is_in_trouble_and_why_whatever_lies_on_the_screen() {
    let theme = Theme::built_in("dark").unwrap();
    for (what, mut script) in consoles() {
        for (environment, rung, evidence) in [
            ("Staging", RungName::Process, "supervisord gave up"),
            ("Production", RungName::Search, "no query is answered"),
        ] {
            let ladder = ladder(rung, State::Failing, evidence);
            script.fact(FactKind::Health { environment: name(environment), ladder });
        }
        if matches!(what, "new" | "outage") {
            continue;
        }
        let (buffer, _) = draw(&mut script, &theme, 80, 24);
        let text = super::symbols(&buffer);
        assert!(text.contains("✖ Production  search: no query is answered"), "{what}\n{text}");
        assert!(text.contains("✖ Staging     process: supervisord gave up"), "{what}\n{text}");
    }
}

#[test]
fn more_trouble_than_room_is_counted() {
    let theme = Theme::built_in("dark").unwrap();
    let mut script = Script::running();
    for environment in ["Default", "CI", "Staging", "Production"] {
        let ladder = ladder(RungName::Runs, State::Failing, "no rule ran for 20 min");
        script.fact(FactKind::Health { environment: name(environment), ladder });
    }
    let text = super::symbols(&draw(&mut script, &theme, 80, 24).0);
    assert!(text.contains("✖ Production  runs: no rule ran for 20 min"), "{text}");
    assert!(text.contains("✖ 3 more in trouble: Staging, CI, Default"), "{text}");
}

#[test]
fn names_can_be_read_where_environments_are_many() {
    let theme = Theme::built_in("dark").unwrap();
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let mut script = Script::with_environments(30);
        for step in ["", "G", "[ ["] {
            script.keys(step);
            let text = super::symbols(&draw(&mut script, &theme, width, height).0);
            assert!(text.contains(" Errors of the") && text.contains(" A new admin"), "{step}\n{text}");
            let selected = script.model.environments.selected;
            let head = text.lines().find(|line| line.starts_with("│ rule")).unwrap();
            assert_eq!(head.contains('›'), selected < 20, "{step}\n{text}");
            assert!(!text.contains("…not"), "a cut name keeps its distance: {text}");
        }
    }
}
