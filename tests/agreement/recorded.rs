//! The recorded answers: one file for each family, one line for each workspace. Of the values of a rule only what differs
//! from the plainest rule is written down, so that a person can read them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value as Json};

use crate::told::{Answer, Answers, lengthened, shortened};

/// The workspace whose one rule has nothing but what a rule must have.
pub(crate) const PLAIN: &str = "plain/plainest";
/// What the values of that rule are kept under, and who gave the answers.
const HEAD: &str = "head.json";

/// What gave the answers, and the values of the plainest rule.
fn head(folder: &Path) -> (String, Map<String, Json>) {
    let path = folder.join(HEAD);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let head: Json = serde_json::from_str(&text).unwrap();
    let plain = head["plain"].as_object().unwrap().clone();
    (head["version"].as_str().unwrap().to_owned(), plain)
}

/// What gave the recorded answers, and the answers by name of the workspace.
pub(crate) fn read(folder: &Path) -> (String, Answers) {
    let (version, plain) = head(folder);
    let mut answers = Answers::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "jsonl") {
            continue;
        }
        for line in fs::read_to_string(&path).unwrap().lines() {
            let (name, answer) = line.split_once('\t').unwrap();
            let mut answer: Answer = serde_json::from_str(answer).unwrap();
            for told in &mut answer.rules {
                told.values = told.values.take().map(|short| lengthened(&short, &plain));
            }
            answers.insert(name.to_owned(), answer);
        }
    }
    (version, answers)
}

/// Writes everything anew.
pub(crate) fn write(folder: &Path, version: &str, answers: &Answers) {
    let plainest = answers[PLAIN].rules[0].values.as_ref().unwrap().as_object().unwrap().clone();
    if folder.is_dir() {
        fs::remove_dir_all(folder).unwrap();
    }
    fs::create_dir_all(folder).unwrap();
    let head = serde_json::json!({ "version": version, "plain": plainest });
    fs::write(folder.join(HEAD), format!("{}\n", serde_json::to_string_pretty(&head).unwrap())).unwrap();
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    for (name, answer) in answers {
        let mut answer = answer.clone();
        for told in &mut answer.rules {
            told.values = told.values.take().map(|values| shortened(&values, &plainest));
        }
        let (family, _) = name.split_once('/').unwrap();
        let line = serde_json::to_string(&answer).unwrap();
        files.entry(family).or_default().extend([name, "\t", &line, "\n"]);
    }
    for (family, text) in files {
        fs::write(folder.join(format!("{family}.jsonl")), text).unwrap();
    }
}
