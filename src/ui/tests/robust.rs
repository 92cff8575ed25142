//! Whatever the size of the screen and whatever is on it, a frame is drawn and nothing panics. What is clickable lies
//! on the screen.

use crate::app::Target;
use crate::app::sample::{Script, log_line};
use crate::domain::environment::Guard;
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
    script.keys("d <ctrl-c>");
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
    assert_eq!(open.at(4, 4), Some(&Target::Row { list: "environments", index: 1 }));
    assert_eq!(open.at(45, 1), Some(&Target::Tab(0)));
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
