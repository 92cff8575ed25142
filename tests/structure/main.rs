//! Rules of the house that the compiler does not know: which layer may name what, that every file says what it is
//! for, and that none grows past 500 lines. They read the sources as text.

#![expect(
    clippy::disallowed_methods,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "it reads the sources, and cuts them at ASCII"
)]

use std::fs;
use std::path::{Path, PathBuf};

mod codes;

/// A layer and the words that must not stand in its code (comments and strings aside).
const LAYERS: &[(&str, &[&str])] = &[
    (
        "domain",
        &[
            "tokio",
            "bollard",
            "ratatui",
            "crossterm",
            "ureq",
            "crate::engine",
            "crate::app",
            "crate::ui",
            "crate::shell",
            "std::fs",
            "std::net",
            "std::thread",
            "std::process",
            "std::env",
            "SystemTime",
            "Instant::now",
            "Timestamp::now",
            "Zoned::now",
            "println!",
            "eprintln!",
        ],
    ),
    ("engine", &["ratatui", "crossterm", "crate::app", "crate::ui", "crate::shell", "println!", "eprintln!"]),
    (
        "app",
        &[
            "tokio",
            "bollard",
            "ratatui",
            "crossterm",
            "ureq",
            "crate::engine",
            "crate::ui",
            "crate::shell",
            "std::fs",
            "std::net",
            "std::thread",
            "std::process",
            "std::env",
            "SystemTime",
            "Instant::now",
            "Timestamp::now",
            "println!",
            "eprintln!",
        ],
    ),
    (
        "ui",
        &[
            "tokio",
            "bollard",
            "crossterm",
            "ureq",
            "crate::engine",
            "crate::shell",
            "std::fs",
            "std::net",
            "std::thread",
            "std::process",
            "std::env",
            "SystemTime",
            "Instant::now",
            "Timestamp::now",
            "&mut Model",
            "println!",
            "eprintln!",
        ],
    ),
];

/// A word and the only files or folders below `src` whose code may hold it.
const BORDERS: &[(&str, &[&str])] = &[
    ("bollard", &["engine/docker"]),
    ("ureq", &["engine/search"]),
    ("std::fs", &["engine/files", "shell/log_file", "shell/settings"]),
    ("crossterm", &["shell/terminal"]),
    ("notify", &["engine/changes"]),
    ("println!", &["shell/print"]),
];

/// How long a file may be, tests included.
const LONGEST: usize = 500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().into_owned()
}

/// The lines of a file that are code: comments are dropped, and so are string literals that stand on one line.
fn code(text: &str) -> impl Iterator<Item = (usize, String)> + '_ {
    text.lines().enumerate().filter_map(|(index, line)| {
        let mut code = String::new();
        let mut rest = line;
        while let Some(quote) = rest.find('"') {
            let before = &rest[..quote];
            if before.contains("//") {
                break;
            }
            code.push_str(before);
            let after = &rest[quote + 1..];
            let mut end = None;
            let mut escaped = false;
            for (at, c) in after.char_indices() {
                match c {
                    '"' if !escaped => {
                        end = Some(at);
                        break;
                    }
                    '\\' => escaped = !escaped,
                    _ => escaped = false,
                }
            }
            code.push_str("\"\"");
            rest = end.map_or("", |end| &after[end + 1..]);
        }
        code.push_str(rest.split("//").next().unwrap_or_default());
        let code = code.trim().to_owned();
        (!code.is_empty()).then_some((index + 1, code))
    })
}

/// Whether a line of code holds the word, not as a part of a longer one.
fn holds(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        let after = &line[at + word.len()..];
        !line[..at].ends_with(part) && (!word.ends_with(part) || !after.starts_with(part))
    })
}

#[test]
fn every_layer_names_only_what_it_may() {
    let mut wrong = Vec::new();
    for (layer, words) in LAYERS {
        for path in sources(&root().join("src").join(layer)) {
            for (line, text) in code(&fs::read_to_string(&path).unwrap()) {
                for word in *words {
                    if holds(&text, word) {
                        wrong.push(format!("{}:{line}: `{word}` in the layer {layer}", name(&path)));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_part_of_the_world_is_named_in_one_place() {
    let mut wrong = Vec::new();
    for path in sources(&root().join("src")) {
        let below = name(&path).trim_start_matches("src/").to_owned();
        let text = fs::read_to_string(&path).unwrap();
        for (word, places) in BORDERS {
            if places.iter().any(|place| below.starts_with(place)) {
                continue;
            }
            for (line, code) in code(&text) {
                if code.contains("#[cfg(test)]") {
                    break;
                }
                if holds(&code, word) {
                    wrong.push(format!("{}:{line}: `{word}` belongs to {places:?}", name(&path)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests", "benches", "examples"] {
        let folder = root().join(folder);
        if !folder.is_dir() {
            continue;
        }
        for path in sources(&folder) {
            let text = fs::read_to_string(&path).unwrap();
            let doc: String = text
                .lines()
                .take_while(|line| line.starts_with("//!"))
                .map(|line| line.trim_start_matches("//!").trim())
                .collect::<Vec<_>>()
                .join(" ");
            let sentences = doc
                .split_inclusive(['.', ';', '?'])
                .filter(|part| part.split_whitespace().count() >= 3)
                .count();
            if sentences < 2 {
                wrong.push(format!(
                    "{}: begins with a `//!` of {sentences} sentence(s), not two",
                    name(&path)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_grows_past_500_lines() {
    let wrong: Vec<String> = ["src", "tests", "benches", "examples"]
        .iter()
        .map(|folder| root().join(folder))
        .filter(|folder| folder.is_dir())
        .flat_map(|folder| sources(&folder))
        .filter_map(|path| {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            (lines > LONGEST).then(|| format!("{}: {lines} lines", name(&path)))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_scan_itself_sees_code_and_not_talk() {
    let text = "// tokio\nlet a = \"tokio \\\" tokio\"; // tokio\nuse tokio::sync;\nlet tokios = 1;\n";
    let seen: Vec<usize> =
        code(text).filter(|(_, line)| holds(line, "tokio")).map(|(line, _)| line).collect();
    assert_eq!(seen, [3]);
}
