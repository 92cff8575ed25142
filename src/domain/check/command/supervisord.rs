//! The command of `ElastAlert` in `supervisord.conf`: found among its programs, variables put in, taken apart into words.

use std::collections::BTreeMap;

use super::{Arguments, Command, Said};
use crate::domain::process::after_elastalert;

/// A value and where its key stands.
type Entry<'a> = (usize, &'a str, String);

/// A section: its name, and what stands in it.
#[derive(Default)]
struct Section<'a> {
    name: &'a str,
    entries: Vec<Entry<'a>>,
}

impl Section<'_> {
    fn get(&self, wanted: &str) -> Option<(usize, &str)> {
        // Of two the last one counts.
        let mut found = self.entries.iter().rev().filter(|(_, key, _)| key.eq_ignore_ascii_case(wanted));
        found.next().map(|(at, _, value)| (*at, value.trim()))
    }
}

/// What a file says about the start of `ElastAlert`.
pub(super) fn read(path: &str, text: &str, variables: &BTreeMap<String, String>) -> Command {
    let sections = sections(text);
    let mut untold = Command::Unsaid;
    for section in &sections {
        let Some(program) = section.name.strip_prefix("program:") else { continue };
        let idle = section.get("autostart").is_some_and(|(_, value)| is_false(value));
        let Some((at, command)) = section.get("command").filter(|_| !idle) else { continue };
        if !command.contains("elastalert") {
            continue;
        }
        let at = Said::File(path.to_owned(), at);
        let expand = |text| expand(text, program.trim(), variables);
        let told = expand(command).and_then(|command| {
            let words = shell_words::split(&command).map_err(|error| error.to_string())?;
            let folder = section.get("directory").map(|(_, folder)| expand(folder)).transpose()?;
            let shown: Vec<&str> = words.iter().map(String::as_str).collect();
            let given = after_elastalert(&shown).map(|given| words.len() - given.len());
            let given = given.and_then(|from| words.get(from..));
            let why = || format!("`{}` is started, which starts ElastAlert itself", shown.join(" "));
            given.map(|given| Arguments::read(given, folder.as_deref())).ok_or_else(why)
        });
        match told {
            Ok(arguments) => return Command::Told { at, arguments },
            // Some other program may have the word in its arguments.
            Err(why) if untold == Command::Unsaid => untold = Command::Untold { at, why },
            Err(_) => {}
        }
    }
    untold
}

fn is_false(value: &str) -> bool {
    ["false", "no", "off", "0", "f", "n"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

fn sections(text: &str) -> Vec<Section<'_>> {
    let mut all: Vec<Section<'_>> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let from = at;
        at += line.len();
        let bare = uncommented(line.trim_end());
        let trimmed = bare.trim();
        if trimmed.is_empty() {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            all.push(Section { name: name.trim(), entries: Vec::new() });
            continue;
        }
        let Some(section) = all.last_mut() else { continue };
        // What is indented goes on with the value above.
        if bare.starts_with([' ', '\t'])
            && let Some((_, _, value)) = section.entries.last_mut()
        {
            value.push('\n');
            value.push_str(trimmed);
        } else if let Some((key, value)) = trimmed.split_once(['=', ':']) {
            section.entries.push((from, key.trim(), value.trim().to_owned()));
        }
    }
    all
}

/// A line without its comment, which begins the line or stands behind a space.
fn uncommented(line: &str) -> &str {
    let begins = |at: usize| {
        let before = line.get(..at).unwrap_or_default();
        before.trim().is_empty() || before.ends_with([' ', '\t'])
    };
    let comment = line.char_indices().find(|(at, char)| matches!(char, ';' | '#') && begins(*at));
    comment.and_then(|(at, _)| line.get(..at)).unwrap_or(line)
}

/// Puts in what `%(NAME)s` stands for, as far as that is known without the container.
fn expand(text: &str, program: &str, variables: &BTreeMap<String, String>) -> Result<String, String> {
    let mut done = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('%') {
        done.push_str(before);
        if let Some(behind) = behind.strip_prefix('%') {
            done.push('%');
            rest = behind;
            continue;
        }
        let named = behind.strip_prefix('(').and_then(|behind| behind.split_once(")s"));
        let Some((name, behind)) = named else {
            return Err("a `%` in it begins nothing that supervisord knows".to_owned());
        };
        let value = match name.strip_prefix("ENV_") {
            Some(variable) => variables.get(variable).map(String::as_str),
            None => (name == "program_name").then_some(program),
        };
        let Some(value) = value else { return Err(format!("only the container knows what %({name})s is")) };
        done.push_str(value);
        rest = behind;
    }
    done.push_str(rest);
    Ok(done)
}
