//! Laws and cases of comparing. Sides are made by hand here, with a canary for every secret, so that each test says
//! what is compared and what may be seen.

use proptest::prelude::*;

use super::compare::{Distance, diff, distance};
use super::side::{Side, SideFile};
use super::*;
use crate::domain::render::origin::Mask;

fn side(label: &str, files: &[(&str, &[u8])]) -> Side {
    let files = files.iter().map(|(path, bytes)| SideFile::told(path, bytes, Vec::new())).collect();
    Side { label: label.into(), files, excluded: Vec::new() }
}

/// One file whose text between `<` and `>` is a secret; between `{` and `}` a hole.
fn secret(text: &str) -> Side {
    let mut bytes = String::new();
    let mut masks = Vec::new();
    let mut start = 0;
    for c in text.chars() {
        match c {
            '<' | '{' => start = bytes.len(),
            '>' | '}' => {
                let shown = "‹secret S›".to_owned();
                masks.push(Mask { range: start..bytes.len(), shown, hole: c == '}' });
            }
            c => bytes.push(c),
        }
    }
    let files = vec![SideFile::told("f", bytes.as_bytes(), masks)];
    Side { label: "x".into(), files, excluded: Vec::new() }
}

fn text(diff: &Diff) -> String {
    let mut out = String::new();
    for file in &diff.files {
        for hunk in file.hunks() {
            for line in &hunk.lines {
                out.push(match line.change {
                    LineChange::Context => ' ',
                    LineChange::Removed => '-',
                    LineChange::Added => '+',
                });
                for piece in &line.pieces {
                    let text = piece.text.as_str();
                    if piece.changed {
                        out.extend(["[", text, "]"]);
                    } else {
                        out.push_str(text);
                    }
                }
                out.push('\n');
            }
        }
    }
    out
}

#[test]
fn words_that_changed_are_marked_within_their_lines() {
    let old = side("old", &[("f", b"a: 1\nes_host: es.local\nb: 2\n")]);
    let new = side("new", &[("f", b"a: 1\nes_host: es.prod\nb: 2\n")]);
    let diff = diff(&old, &new);
    assert_eq!(text(&diff), " a: 1\n-es_host: [es.local]\n+es_host: [es.prod]\n b: 2\n");
    let file = &diff.files[0];
    assert_eq!((file.status, file.added, file.removed), (FileStatus::Changed, 1, 1));
    assert_eq!((file.hunks()[0].lines[1].old, file.hunks()[0].lines[2].new), (Some(2), Some(2)));
}

#[test]
fn files_are_added_removed_excluded_and_unchanged() {
    let old = side("old", &[("a", b"1\n"), ("b", b"1\n"), ("c", b"1\n"), ("d", b"\xff")]);
    let mut new = side("new", &[("a", b"1\n"), ("d", b"\xfe"), ("e", b"1\n2\n")]);
    new.excluded.push("b".into());
    let diff = diff(&old, &new);
    let seen: Vec<_> = diff.files.iter().map(|file| (file.path.as_str(), file.status)).collect();
    assert_eq!(
        seen,
        [
            ("a", FileStatus::Unchanged),
            ("b", FileStatus::Excluded),
            ("c", FileStatus::Removed),
            ("d", FileStatus::Changed),
            ("e", FileStatus::Added)
        ]
    );
    assert!(diff.files[3].hunks().is_empty(), "a file that is not text has no lines");
    assert_eq!(diff.files[4].added, 2);
    assert_eq!(diff.count().removed, 2);
}

#[test]
fn only_what_stands_around_a_change_is_shown() {
    let lines = |changed: &str| {
        (0..20)
            .map(|i| if i == 10 { changed.to_owned() } else { format!("l{i}\n") })
            .collect::<Vec<_>>()
            .concat()
    };
    let diff =
        diff(&side("o", &[("f", lines("x\n").as_bytes())]), &side("n", &[("f", lines("y\n").as_bytes())]));
    assert_eq!(diff.files[0].hunks()[0].lines.len(), 8);
}

#[test]
fn a_line_of_which_only_the_secret_differs_says_so_and_nothing_else() {
    let diff = diff(&secret("k: \"<canary-1>\"\n"), &secret("k: \"<canary-number-two>\"\n"));
    assert_eq!(text(&diff), "-k: \"[‹secret S›]\"\n+k: \"[‹secret S› (changed)]\"\n");
    assert!(!serde_json::to_string(&diff).unwrap().contains("canary"));
}

#[test]
fn the_same_secret_is_no_change_and_an_unknown_one_is_not_compared() {
    let same = diff(&secret("k: <canary>\n"), &secret("k: <canary>\n"));
    assert_eq!(same.files[0].status, FileStatus::Unchanged);
    let unknown = diff(&secret("k: <canary>\n"), &secret("k: {x}\n"));
    assert_eq!(text(&unknown), "-k: [‹secret S›]\n+k: [‹secret S› (not compared)]\n");
    let how_far = |old: &str, new: &str| distance(&secret(old), &secret(new)).0;
    assert_eq!(how_far("k: <a>\n", "k: <a>\n"), Distance::Same);
    assert_eq!(how_far("k: <a>\n", "k: <b>\n"), Distance::Different);
    assert_eq!(how_far("k: <a>\n", "k: {b}\n"), Distance::NotCompared);
    assert_eq!(how_far("k: <a>\nx\n", "k: {b}\ny\n"), Distance::Different);
    assert_eq!(how_far("k: <a>\n", "k: {b}\ny\n"), Distance::Different);
}

#[test]
fn a_secret_of_many_lines_stays_hidden_line_by_line() {
    let diff = diff(&secret("a\nk: <canary\ncanary>\nb\n"), &secret("a\nk: <canary\nnary\ncanary>\nb\n"));
    assert!(!text(&diff).contains("nary"), "{}", text(&diff));
}

#[test]
fn line_ends_and_blanks_that_differ_are_visible() {
    let diff = diff(&side("o", &[("f", b"a\r\n")]), &side("n", &[("f", b"a\n")]));
    assert_eq!(text(&diff), "-a\n+a[ (blanks or line end)]\n");
}

#[test]
fn foreign_bytes_are_safe_to_show() {
    let diff = diff(&side("o", &[("f", b"a \x1b[2Jb\n")]), &side("n", &[("f", b"a \x1b]0;x\x07c\n")]));
    assert!(!text(&diff).contains('\u{1b}'));
}

#[test]
fn files_that_are_made_to_be_slow_are_compared_in_time() {
    let file = |lines: &mut dyn Iterator<Item = String>| lines.collect::<Vec<_>>().concat();
    let count = 10_000;
    let mut state = 1u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 62
    };
    let pairs = [
        // Every second line is shared.
        (
            file(&mut (0..count).map(|i| if i % 2 == 0 { format!("s{i}\n") } else { format!("a{i}\n") })),
            file(&mut (0..count).map(|i| if i % 2 == 0 { format!("s{i}\n") } else { format!("b{i}\n") })),
        ),
        // All lines are shared, in the other direction.
        (
            file(&mut (0..count).map(|i| format!("{i}\n"))),
            file(&mut (0..count).rev().map(|i| format!("{i}\n"))),
        ),
        // A handful of lines, over and over.
        (
            file(&mut (0..count).map(|_| format!("{}\n", random()))),
            file(&mut (0..count).map(|i| format!("{}\n", i % 5 % 4))),
        ),
    ];
    for (old, new) in pairs {
        let diff = diff(&side("o", &[("f", old.as_bytes())]), &side("n", &[("f", new.as_bytes())]));
        assert!(diff.files[0].added > 0);
    }
}

#[test]
fn lines_say_what_they_touch_and_what_elastalert_does_not_read_is_cosmetic() {
    let old = side("o", &[("rules/a.yaml", b"# one\nname: A\nnum_events: 5\nindex: i\n")]);
    let new = side("n", &[("rules/a.yaml", b"# two\nindex: i\nname: 'A'\nnum_events: 6\n")]);
    let diff = diff(&old, &new);
    let file = &diff.files[0];
    let lines =
        file.hunks().iter().flat_map(|hunk| &hunk.lines).filter(|line| line.change != LineChange::Context);
    let classes: Vec<Option<Class>> = lines.map(|line| line.class).collect();
    assert_eq!(classes.iter().filter(|class| **class == Some(Class::Threshold)).count(), 2);
    assert!(
        classes.iter().all(|class| matches!(class, Some(Class::Threshold | Class::Cosmetic))),
        "{classes:?}"
    );
    assert_eq!(file.values().unwrap().len(), 1);
    assert_eq!(file.rule.as_deref(), Some("A"));
    assert_eq!(file.was, None);
}

#[test]
fn a_rule_with_another_name_and_one_with_another_path_are_told() {
    let old = side("o", &[("rules/a.yaml", b"name: A\n"), ("rules/b.yaml", b"name: B\nindex: i\n")]);
    let new = side("n", &[("rules/a.yaml", b"name: A2\n"), ("rules/c.yaml", b"name: B\nindex: j\n")]);
    let diff = diff(&old, &new);
    let seen: Vec<_> = diff.files.iter().map(|file| (file.path.as_str(), file.status)).collect();
    assert_eq!(seen, [("rules/a.yaml", FileStatus::Changed), ("rules/c.yaml", FileStatus::Renamed)]);
    assert_eq!((diff.files[0].rule.as_deref(), diff.files[0].was.as_deref()), (Some("A2"), Some("A")));
    assert_eq!(diff.files[1].from.as_deref(), Some("rules/b.yaml"));
    assert_eq!(diff.count().renamed, 1);
    assert_eq!(distance(&old, &new).1, 2);
}

#[test]
fn parts_of_lines_have_their_colours_and_marks_beside_secrets_too() {
    let token =
        |pieces: &[Piece], text: &str| pieces.iter().find(|piece| piece.text.contains(text)).unwrap().token;
    let mask = |text: &[u8], range| {
        let masks = vec![Mask { range, shown: "‹secret S›".into(), hole: false }];
        let mut side = side("x", &[]);
        side.files = vec![SideFile::told("a.yaml", text, masks)];
        side
    };
    let old = mask(b"a: \"canary\" # old\nb: 1\n", 4..10);
    let new = mask(b"a: \"canary\" # new\nb: 1\n", 4..10);
    let diff = diff(&old, &new);
    let lines = &diff.files[0].hunks()[0].lines;
    assert!(!serde_json::to_string(&diff).unwrap().contains("canary"));
    assert_eq!((token(&lines[0].pieces, "a"), token(&lines[0].pieces, "# ")), (Token::Key, Token::Comment));
    assert_eq!(token(&lines[2].pieces, "1"), Token::Number);
}

#[test]
fn two_large_files_that_share_nothing_are_compared_in_time() {
    let lines = |word: &str| (0..20_000).map(|i| format!("{word}{i}\n")).collect::<Vec<_>>().concat();
    let diff = diff(&side("o", &[("f", lines("a").as_bytes())]), &side("n", &[("f", lines("b").as_bytes())]));
    assert_eq!((diff.files[0].added, diff.files[0].removed), (20_000, 20_000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn laws_of_comparing(
        old in prop::collection::vec("[ab]{0,2}", 0..12),
        new in prop::collection::vec("[ab]{0,2}", 0..12),
    ) {
        let bytes = |lines: &[String]| lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect::<String>();
        let (before, after) = (side("o", &[("f", bytes(&old).as_bytes())]), side("n", &[("f", bytes(&new).as_bytes())]));
        prop_assert_eq!(diff(&before, &before).files[0].status, FileStatus::Unchanged);
        let diff = diff(&before, &after);
        prop_assert_eq!(diff.files[0].status == FileStatus::Unchanged, old == new);
        // Taking away what is removed and putting in what is added makes the new side of the old one.
        let mut made = old.clone();
        let lines: Vec<&DiffLine> = diff.files[0].hunks().iter().flat_map(|hunk| &hunk.lines).collect();
        for line in lines.iter().rev().filter(|line| line.change == LineChange::Removed) {
            made.remove(line.old.unwrap() - 1);
        }
        for line in lines.iter().filter(|line| line.change == LineChange::Added) {
            let text: String = line.pieces.iter().filter(|piece| !piece.text.starts_with(" (")).map(|piece| piece.text.as_str()).collect();
            made.insert(line.new.unwrap() - 1, text);
        }
        prop_assert_eq!(made, new);
    }
}
