//! The corpus: files of many small workspaces each, written so that a person sees what each one tests. A few lines may
//! stand for a family of cases, one for each way to leave an option out or to get it wrong.
//!
//! ```text
//! # What stands before the first case belongs to every case of the file.
//! --- @base                          lines that `@base` stands for
//! --- rules/a.yaml                   a file; `config.yaml` is ElastAlert's own configuration
//! === realert of <unit>              a case, by name
//! for unit: minutes | hours          one case for each; <unit> is replaced everywhere
//! set ES_HOST=elsewhere              a variable of the process
//! start --debug --rule=a.yaml         how it is started; either or both
//! without: name | type               one case more for each, without that key, in the first file of the case
//! with: name: 1 | type: x            one case more for each, with that key as it stands there
//! --- rules/b.yaml                   the file; `\n`, `\x00` and the like count when `escaped` stands behind it,
//!                                    `times 9` repeats it, `-> a.yaml` makes it a link, `absent` takes it away
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::workspace::{CONFIG, File, Workspace, absolute};

/// The configuration of every case that has none of its own.
const DEFAULT_CONFIG: &str = "\
rules_folder: /opt/rules
run_every: {minutes: 1}
buffer_time: {minutes: 15}
es_host: search
es_port: 9200
writeback_index: elastalert
";

/// All cases, in the order of their families and in that of the text.
pub(crate) fn corpus(folder: &Path) -> Vec<Workspace> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let family = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        all.extend(read(&family, &text));
    }
    let mut names: Vec<&str> = all.iter().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    assert!(twice.is_empty(), "names that two cases have: {twice:?}");
    all
}

/// The cases of one file of the corpus.
pub(crate) fn read(family: &str, text: &str) -> Vec<Workspace> {
    let mut blocks: Vec<(Option<String>, String)> = vec![(None, String::new())];
    for line in text.lines() {
        match line.strip_prefix("=== ") {
            Some(name) => blocks.push((Some(name.trim().to_owned()), String::new())),
            None => blocks.last_mut().unwrap().1.extend([line, "\n"]),
        }
    }
    let mut blocks = blocks.into_iter();
    let shared = Block::read(family, &blocks.next().unwrap().1);
    let mut all = Vec::new();
    for (name, text) in blocks {
        for (name, text) in multiplied(&name.unwrap(), &text) {
            let own = Block::read(&name, &text);
            all.extend(own.cases(&format!("{family}/{name}"), &shared));
        }
    }
    all
}

/// One text for each value of each `for`.
fn multiplied(name: &str, text: &str) -> Vec<(String, String)> {
    let Some(line) = text.lines().find(|line| line.starts_with("for ")) else {
        return vec![(name.to_owned(), text.to_owned())];
    };
    let (key, values) = line["for ".len()..].split_once(": ").unwrap_or_else(|| panic!("{name}: {line}"));
    let rest = text.replacen(&format!("{line}\n"), "", 1);
    let token = format!("<{key}>");
    values
        .split(" | ")
        .flat_map(|value| {
            let mut name = name.replace(&token, value.trim());
            if !name.contains(value.trim()) {
                name = format!("{name}, {}", value.trim());
            }
            multiplied(&name, &rest.replace(&token, &value.replace("\\|", "|")))
        })
        .collect()
}

/// What stands in one case, or before the first.
#[derive(Default)]
struct Block {
    files: Vec<(String, Option<File>)>,
    snippets: BTreeMap<String, String>,
    set: BTreeMap<String, String>,
    debug: bool,
    only: Option<String>,
    without: Vec<String>,
    with: Vec<String>,
}

impl Block {
    fn read(name: &str, text: &str) -> Self {
        let mut block = Self::default();
        let mut open: Option<(String, String)> = None;
        for line in text.lines() {
            if let Some(header) = line.strip_prefix("--- ") {
                block.close(open.take());
                open = Some((header.trim().to_owned(), String::new()));
            } else if let Some((_, body)) = &mut open {
                body.extend([line, "\n"]);
            } else {
                block.directive(name, line);
            }
        }
        block.close(open);
        block
    }

    fn directive(&mut self, name: &str, line: &str) {
        let items = |text: &str| text.split(" | ").map(|item| item.trim().to_owned()).collect::<Vec<_>>();
        if let Some(words) = line.strip_prefix("start ") {
            for word in words.split_whitespace() {
                if let Some(rule) = word.strip_prefix("--rule=") {
                    self.only = Some(rule.to_owned());
                } else {
                    assert_eq!(word, "--debug", "{name}: {line}");
                    self.debug = true;
                }
            }
        } else if let Some(pair) = line.strip_prefix("set ") {
            let (key, value) = pair.split_once('=').unwrap_or_else(|| panic!("{name}: {line}"));
            self.set.insert(key.to_owned(), value.to_owned());
        } else if let Some(keys) = line.strip_prefix("without: ") {
            self.without.extend(items(keys));
        } else if let Some(pairs) = line.strip_prefix("with: ") {
            self.with.extend(items(pairs));
        } else {
            assert!(line.is_empty() || line.starts_with('#'), "{name}: what is {line:?}?");
        }
    }

    fn close(&mut self, open: Option<(String, String)>) {
        let Some((header, body)) = open else { return };
        if let Some(name) = header.strip_prefix('@') {
            self.snippets.insert(name.to_owned(), body);
            return;
        }
        if let Some((path, target)) = header.split_once(" -> ") {
            self.files.push((path.to_owned(), Some(File::Link(target.to_owned()))));
            return;
        }
        let (mut path, mut bytes) = (header.as_str(), Some(body.into_bytes()));
        loop {
            if let Some(rest) = path.strip_suffix(" escaped") {
                (path, bytes) = (rest, bytes.map(|bytes| unescaped(&bytes)));
            } else if let Some(rest) = path.strip_suffix(" absent") {
                (path, bytes) = (rest, None);
            } else if let Some((rest, times)) = path.rsplit_once(" times ") {
                (path, bytes) = (rest, bytes.map(|bytes| bytes.repeat(times.parse().unwrap())));
            } else {
                break;
            }
        }
        self.files.push((path.to_owned(), bytes.map(File::Bytes)));
    }

    fn cases(&self, name: &str, shared: &Self) -> Vec<Workspace> {
        let mut files: BTreeMap<String, File> =
            [(CONFIG.to_owned(), File::Bytes(DEFAULT_CONFIG.as_bytes().to_vec()))].into();
        for (path, file) in shared.files.iter().chain(&self.files) {
            match file {
                Some(File::Bytes(bytes)) => {
                    let bytes = filled(bytes, &[&self.snippets, &shared.snippets]);
                    files.insert(absolute(path), File::Bytes(bytes));
                }
                Some(link) => _ = files.insert(absolute(path), link.clone()),
                None => _ = files.remove(&absolute(path)),
            }
        }
        let set = shared.set.iter().chain(&self.set).map(|(key, value)| (key.clone(), value.clone()));
        let whole = Workspace {
            name: name.to_owned(),
            files,
            set: set.collect(),
            debug: self.debug,
            only: self.only.clone(),
        };
        let mut all = vec![whole.clone()];
        if self.without.is_empty() && self.with.is_empty() {
            return all;
        }
        let target = absolute(self.files.first().or(shared.files.first()).map(|(path, _)| path).unwrap());
        let Some(File::Bytes(bytes)) = whole.files.get(&target) else {
            panic!("{name}: {target} is no file")
        };
        let text = str::from_utf8(bytes).unwrap();
        let mut add = |suffix: &str, text: String| {
            let mut case = whole.clone();
            case.name = format!("{name} {suffix}");
            case.files.insert(target.clone(), File::Bytes(text.into_bytes()));
            all.push(case);
        };
        for key in &self.without {
            let changed = replaced(text, key, "");
            assert_ne!(changed, text, "{name} has no {key}");
            add(&format!("without {key}"), changed);
        }
        for pair in &self.with {
            let key = pair.split(':').next().unwrap();
            let line = String::from_utf8(unescaped(pair.as_bytes())).unwrap();
            add(&format!("with {pair}"), replaced(text, key, &format!("{line}\n")));
        }
        all
    }
}

/// The lines that begin with `@` and the name of a snippet are that snippet.
fn filled(bytes: &[u8], snippets: &[&BTreeMap<String, String>]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let name = line.strip_prefix(b"@").and_then(|name| str::from_utf8(name).ok()).map(str::trim_end);
        match name.and_then(|name| snippets.iter().find_map(|known| known.get(name))) {
            Some(body) => out.extend(filled(body.as_bytes(), snippets)),
            None => out.extend(line),
        }
    }
    out
}

/// The text with other lines in place of a key of its own and what belongs to it; behind all others where it has none.
pub(crate) fn replaced(text: &str, key: &str, by: &str) -> String {
    let mut out = String::new();
    let (mut inside, mut done) = (false, false);
    for line in text.split_inclusive('\n') {
        let begins = line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
        if begins && !done {
            out.push_str(by);
            (inside, done) = (true, true);
        } else if !inside || !line.starts_with([' ', '-']) {
            inside = false;
            out.push_str(line);
        }
    }
    if !done {
        out.push_str(by);
    }
    out
}

/// Only what is written as an escape makes a line end.
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let text = str::from_utf8(bytes).unwrap().replace('\n', "");
    let mut out = Vec::new();
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            out.extend(char.encode_utf8(&mut [0; 4]).bytes());
            continue;
        }
        match chars.next() {
            Some('n') => out.push(b'\n'),
            Some('r') => out.push(b'\r'),
            Some('t') => out.push(b'\t'),
            Some('x') => {
                let digits: String = chars.by_ref().take(2).collect();
                out.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            Some(quoted @ ('\\' | '"' | '\'' | '|')) => out.push(quoted as u8),
            other => panic!("{text}: \\{other:?} is no escape"),
        }
    }
    out
}
