//! What single lines say. The texts are those of `ElastAlert` 2 and of supervisord, word by word; a line that only
//! resembles one, such as a rule whose name holds such a text, says nothing.

use crate::domain::log::after_time;

/// One thing that a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said<'a> {
    /// supervisord started `ElastAlert`.
    Spawned,
    /// It ended.
    Exited {
        /// `exit status 1; not expected`.
        how: &'a str,
        /// Whether supervisord was told to expect that.
        expected: bool,
    },
    /// supervisord will not start it again.
    GaveUp,
    /// Its loader found so many rules, disabled ones included.
    Loaded(usize),
    /// It begins to run them.
    StartingUp,
    /// A new file was loaded while it runs.
    LoadedOneMore,
    /// A file is gone.
    LostOne,
    /// A changed file could not be read; the old rule goes on.
    NotReloaded(&'a str),
    /// The rules that are disabled now.
    Disabled(Vec<String>),
    /// One more rule is disabled.
    DisabledOne(&'a str),
    /// A query was answered.
    Answered,
    /// A query was not.
    QueryFailed(&'a str),
    /// An alert could not be sent.
    AlertFailed(&'a str),
    /// It gave up waiting for its search engine, and ends.
    Unreachable(&'a str),
}

/// What a line says, if it says any of it.
pub fn read(text: &str) -> Option<Said<'_>> {
    if let Some((level, rest)) = text.split_once(':')
        && matches!(level, "DEBUG" | "INFO" | "WARNING" | "ERROR" | "CRITICAL")
        && let Some((logger, message)) = rest.split_once(':')
        && logger.split('.').next() == Some("elastalert")
    {
        return elastalert(message);
    }
    let (level, message) = after_time(text).split_once(' ')?;
    matches!(level, "INFO" | "WARN" | "CRIT" | "ERRO").then(|| supervisord(message))?
}

fn elastalert(message: &str) -> Option<Said<'_>> {
    if let Some(count) = message.strip_suffix(" rules loaded") {
        return count.parse().ok().map(Said::Loaded);
    }
    if message == "Starting up" {
        return Some(Said::StartingUp);
    }
    if let Some(list) = message.strip_prefix("Disabled rules are: ") {
        return Some(Said::Disabled(names(list)));
    }
    if let Some(rule) = message.strip_prefix("Rule ").and_then(|rest| rest.strip_suffix(" disabled")) {
        return Some(Said::DisabledOne(rule));
    }
    if message.starts_with("Queried rule ") || message.starts_with("Ran ") {
        return Some(Said::Answered);
    }
    if message.starts_with("Loaded new rule ") {
        return Some(Said::LoadedOneMore);
    }
    if message.starts_with("Rule file ") && message.ends_with(" not found, stopping rule execution") {
        return Some(Said::LostOne);
    }
    if message.starts_with("Could not load rule ") {
        return Some(Said::NotReloaded(message));
    }
    if [
        "Error running query",
        "Error running count query",
        "Error running terms query",
        "Error querying for last run",
        "Error finding recent pending alerts",
        "Error connecting to Elasticsearch",
        "Error writing alert info to Elasticsearch",
    ]
    .iter()
    .any(|begin| message.starts_with(begin))
    {
        return Some(Said::QueryFailed(message));
    }
    if message.starts_with("Error while running alert ") {
        return Some(Said::AlertFailed(message));
    }
    message.starts_with("Could not reach ElasticSearch at ").then_some(Said::Unreachable(message))
}

fn supervisord(message: &str) -> Option<Said<'_>> {
    // One of several as well (`elastalert_00`, `elastalert:a`), but not a neighbour such as `elastalert-logs`.
    let is_it = |name: &str| {
        let rest = name.strip_prefix("elastalert");
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['_', ':', '\'', ' ']))
    };
    if let Some(rest) = message.strip_prefix("spawned: '") {
        return is_it(rest).then_some(Said::Spawned);
    }
    if let Some((name, how)) = message.strip_prefix("exited: ").and_then(|rest| rest.split_once(" (")) {
        let how = how.strip_suffix(')').unwrap_or(how);
        return is_it(name).then_some(Said::Exited { how, expected: !how.ends_with("not expected") });
    }
    let name = message.strip_prefix("gave up: ")?;
    is_it(name).then_some(Said::GaveUp)
}

/// The names in a list as Python prints it: `['one', "it's"]`.
fn names(list: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut chars = list.chars();
    while let Some(quote) = chars.by_ref().find(|c| matches!(c, '\'' | '"')) {
        let mut name = String::new();
        while let Some(c) = chars.next() {
            match c {
                '\\' => name.extend(chars.next()),
                c if c == quote => break,
                c => name.push(c),
            }
        }
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_word_by_word() {
        for (text, said) in [
            ("INFO:elastalert:12 rules loaded", Some(Said::Loaded(12))),
            ("INFO:elastalert:Starting up", Some(Said::StartingUp)),
            ("INFO:elastalert:Ran Spike from A to B: 0 query hits", Some(Said::Answered)),
            (
                "ERROR:elastalert:Error running query: ConnectionError(N/A)",
                Some(Said::QueryFailed("Error running query: ConnectionError(N/A)")),
            ),
            (
                "ERROR:elastalert:Error while running alert slack: Error posting to slack",
                Some(Said::AlertFailed("Error while running alert slack: Error posting to slack")),
            ),
            (
                "ERROR:elastalert:Could not reach ElasticSearch at \"h:9\".",
                Some(Said::Unreachable("Could not reach ElasticSearch at \"h:9\".")),
            ),
            ("2026-11-24 05:59:08,777 INFO spawned: 'elastalert' with pid 11", Some(Said::Spawned)),
            ("INFO spawned: 'elastalert' with pid 11", Some(Said::Spawned)),
            ("2026-11-24 05:59:08,777 INFO spawned: 'logs' with pid 11", None),
            (
                "WARN exited: elastalert (terminated by SIGKILL; not expected)",
                Some(Said::Exited { how: "terminated by SIGKILL; not expected", expected: false }),
            ),
            (
                "INFO exited: elastalert (exit status 0; expected)",
                Some(Said::Exited { how: "exit status 0; expected", expected: true }),
            ),
            (
                "INFO gave up: elastalert entered FATAL state, too many start retries too quickly",
                Some(Said::GaveUp),
            ),
            // lookalikes
            ("INFO:elastalert:x rules loaded", None),
            ("INFO:other:12 rules loaded", None),
            ("12 rules loaded", None),
            ("INFO:elastalert:Ignoring match for silenced rule 12 rules loaded", None),
            ("gave up: elastalert", None),
            ("", None),
        ] {
            assert_eq!(read(text), said, "{text}");
        }
    }

    #[test]
    fn python_lists_are_read() {
        assert_eq!(read("INFO:elastalert:Disabled rules are: []"), Some(Said::Disabled(vec![])));
        assert_eq!(
            read("INFO:elastalert:Disabled rules are: ['a, b', \"it's\", 'q\\'\\'']"),
            Some(Said::Disabled(vec!["a, b".into(), "it's".into(), "q''".into()]))
        );
    }
}
