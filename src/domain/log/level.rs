//! How serious a line is. `ElastAlert` writes `LEVEL:logger:message`, supervisord `2026-01-02 03:04:05,678 INFO exited:
//! …`, and Python prints tracebacks that say no level at all; a line that says nothing is information.

use super::Level;

/// The level of a line, as its writer says.
pub fn level(text: &str) -> Level {
    let said = after_time(text);
    if let Some(level) = word_before(said, ':').and_then(named) {
        return level;
    }
    if let Some(level) = word_before(said, ' ').and_then(named) {
        // supervisord finds a death worth no more than INFO.
        return if said.contains(" gave up: ") {
            Level::Error
        } else if said.contains(" exited: ") && said.contains("not expected") {
            level.max(Level::Warning)
        } else {
            level
        };
    }
    if said.starts_with("Traceback (most recent call last)") || is_exception(said) {
        return Level::Error;
    }
    Level::Info
}

/// The text after a time that its writer put in front, such as supervisord's.
pub(crate) fn after_time(text: &str) -> &str {
    let digits =
        |part: &str| part.len() > 1 && part.chars().all(|c| c.is_ascii_digit() || "-:,.".contains(c));
    let Some((date, rest)) = text.split_once(' ') else { return text };
    let Some((time, rest)) = rest.split_once(' ') else { return text };
    if digits(date) && date.contains('-') && digits(time) && time.contains(':') { rest } else { text }
}

fn word_before(text: &str, end: char) -> Option<&str> {
    text.split_once(end).map(|(word, _)| word)
}

fn named(word: &str) -> Option<Level> {
    Some(match word {
        "DEBUG" | "DEBG" | "TRACE" | "TRAC" | "BLAT" => Level::Debug,
        "INFO" => Level::Info,
        "WARNING" | "WARN" => Level::Warning,
        "ERROR" | "ERRO" | "CRITICAL" | "CRIT" | "FATAL" => Level::Error,
        _ => return None,
    })
}

/// Whether a line is the last of a traceback: `package.SomeError: what`, or the name alone.
pub(crate) fn is_exception(text: &str) -> bool {
    let name = text.split(':').next().unwrap_or(text);
    let last = name.rsplit('.').next().unwrap_or(name);
    name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
        && ["Error", "Exception", "Exit", "Interrupt"].iter().any(|ending| last.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_as_they_are_written() {
        for (text, expected) in [
            ("INFO:elastalert:10 rules loaded", Level::Info),
            ("WARNING:apscheduler.executors.default:Run time of job", Level::Warning),
            ("ERROR:elastalert:Error running query: x", Level::Error),
            ("CRITICAL:root:x", Level::Error),
            ("DEBUG:urllib3:x", Level::Debug),
            ("2026-11-24 05:59:07,765 INFO supervisord started with pid 7", Level::Info),
            ("2026-11-24 05:59:09,478 WARN exited: elastalert (exit status 1; not expected)", Level::Warning),
            ("2020-01-01 00:00:00,000 INFO exited: elastalert (exit status 1; not expected)", Level::Warning),
            ("INFO exited: elastalert (exit status 0; expected)", Level::Info),
            ("2020-01-01 00:00:00,000 INFO gave up: elastalert entered FATAL state", Level::Error),
            ("CRIT Supervisor is running as root.", Level::Error),
            ("Traceback (most recent call last):", Level::Error),
            ("elastalert.util.EAException: Error loading file x", Level::Error),
            ("SystemExit: 1", Level::Error),
            ("an ERROR in the middle", Level::Info),
            ("", Level::Info),
            ("information", Level::Info),
            ("INFORMATION:x:y", Level::Info),
        ] {
            assert_eq!(level(text), expected, "{text}");
        }
    }
}
