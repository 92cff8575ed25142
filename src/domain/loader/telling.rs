//! The telling part of what a program said before it ended, for a person to read. One rule that does not load prints two
//! schemas of 1,100 lines and three tracebacks; what tells something are the errors and the place where each began.

use super::cause;
use crate::domain::log::{after_time, is_exception};

/// Begins a traceback.
const TRACEBACK: &str = "Traceback (most recent call last)";

/// How many lines of the innermost frame of a traceback are told.
const FRAME: usize = 3;

/// From how many deep lines on a stretch outside of a traceback is cut, and how many stay at each end.
const DEEP: usize = 12;
const ENDS: usize = 3;

/// The lines without schemas, the rule that was held against them, and all frames of a traceback but the innermost.
/// What is left out is said, and none is of endless length.
pub fn telling<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut telling = Telling::default();
    for line in lines {
        telling.take(line);
    }
    telling.close();
    telling.told.iter().map(|line| cause::shorten(line)).collect()
}

/// Whether a line is by a logger or by supervisord, and so goes on with nothing that stood before it.
pub(super) fn begins_anew(text: &str) -> bool {
    if after_time(text).len() < text.len() || text.starts_with("entry: ") {
        return true;
    }
    let Some((level, rest)) = text.split_once(':') else { return false };
    matches!(level, "DEBUG" | "INFO" | "WARNING" | "ERROR" | "CRITICAL") && rest.contains(':')
}

#[derive(Default)]
struct Telling {
    told: Vec<String>,
    within: Within,
    /// What is not told yet: the frames of a traceback, or a stretch of deep lines.
    held: Vec<String>,
    left_out: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Nowhere,
    Traceback,
    /// A schema, or the rule that was held against it.
    Dump,
}

impl Telling {
    fn take(&mut self, line: &str) {
        let deep = line.starts_with(' ') || line.trim().is_empty();
        match self.within {
            Within::Traceback if deep => return self.held.push(line.to_owned()),
            Within::Traceback if is_exception(line) || begins_anew(line) || line.starts_with(TRACEBACK) => {
                self.close();
            }
            // A message of somebody else that got in between, or the end of a log that was cut.
            Within::Traceback => return self.told.push(line.to_owned()),
            Within::Dump if deep || is_dump(line) => {
                self.left_out += 1;
                return;
            }
            Within::Dump => self.close(),
            Within::Nowhere => {}
        }
        if line.starts_with(TRACEBACK) {
            self.close();
            self.within = Within::Traceback;
            self.told.push(line.to_owned());
        } else if is_dump(line) {
            self.close();
            self.within = Within::Dump;
            self.left_out = 1;
        } else if line.starts_with("    ") {
            self.held.push(line.to_owned());
        } else {
            self.close();
            // What was left out between two errors leaves no gap.
            if !(line.is_empty() && self.told.last().is_none_or(String::is_empty)) {
                self.told.push(line.to_owned());
            }
        }
    }

    /// Tells what was held back.
    fn close(&mut self) {
        let held = std::mem::take(&mut self.held);
        match std::mem::take(&mut self.within) {
            Within::Traceback => {
                let innermost = held.iter().rposition(|line| line.starts_with("  File ")).unwrap_or(0);
                let frames = held.iter().take(innermost).filter(|line| line.starts_with("  File ")).count();
                if frames > 0 {
                    self.told.push(format!("  … {frames} more …"));
                }
                let drawn = |line: &&String| {
                    !line.trim().is_empty() && !line.trim().chars().all(|c| "~^".contains(c))
                };
                self.told.extend(held.iter().skip(innermost).filter(drawn).take(FRAME).cloned());
            }
            Within::Dump => {
                let count = std::mem::take(&mut self.left_out);
                self.told.push(format!("    … {count} lines of schema and rule …"));
            }
            Within::Nowhere if held.len() > DEEP => {
                self.told.extend(held.iter().take(ENDS).cloned());
                self.told.push(format!("    … {} lines …", held.len() - 2 * ENDS));
                self.told.extend(held.iter().skip(held.len() - ENDS).cloned());
            }
            Within::Nowhere => self.told.extend(held),
        }
    }
}

fn is_dump(line: &str) -> bool {
    line.starts_with("Failed validating ") || line.starts_with("On instance")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What 2.31.0 says of a rule without alerters, the schema made as long as it is.
    fn broken() -> String {
        let schema = "                'property': {},\n".repeat(1120);
        let instance = "    {'name': 'Errors',\n     'type': 'frequency'}\n";
        format!(
            "2026-11-24 05:59:08,777 INFO spawned: 'elastalert' with pid 11
Traceback (most recent call last):
  File \"/opt/elastalert/loaders.py\", line 323, in load_options
    self.rule_schema.validate(rule)
    ~~~~~~~~~~~~~~~~~~~~~~~~~^^^^^^
  File \"/opt/jsonschema/validators.py\", line 451, in validate
    raise error
jsonschema.exceptions.ValidationError: 'alert' is a required property

Failed validating 'required' in schema:
    {{'$schema': 'x',
{schema}
On instance:
{instance}
During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File \"/opt/venv/bin/elastalert\", line 8, in <module>
    sys.exit(main())
             ~~~~^^
  File \"/opt/elastalert/loaders.py\", line 200, in load
    raise EAException('Error loading file %s: %s' % (rule_file, e))
elastalert.util.EAException: Error loading file /opt/rules/errors.yaml: Invalid Rule file: /opt/rules/errors.yaml
'alert' is a required property

Failed validating 'required' in schema:
    {{'$schema': 'x',
{schema}
On instance:
{instance}2026-11-24 05:59:09,478 WARN exited: elastalert (exit status 1; not expected)
"
        )
    }

    #[test]
    fn of_a_failed_load_the_errors_are_left() {
        let told = telling(broken().lines());
        assert_eq!(
            told.join("\n"),
            "2026-11-24 05:59:08,777 INFO spawned: 'elastalert' with pid 11
Traceback (most recent call last):
  … 1 more …
  File \"/opt/jsonschema/validators.py\", line 451, in validate
    raise error
jsonschema.exceptions.ValidationError: 'alert' is a required property

    … 1127 lines of schema and rule …
During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  … 1 more …
  File \"/opt/elastalert/loaders.py\", line 200, in load
    raise EAException('Error loading file %s: %s' % (rule_file, e))
elastalert.util.EAException: Error loading file /opt/rules/errors.yaml: Invalid Rule file: /opt/rules/errors.yaml
'alert' is a required property

    … 1126 lines of schema and rule …
2026-11-24 05:59:09,478 WARN exited: elastalert (exit status 1; not expected)"
        );
    }

    #[test]
    fn a_log_that_begins_within_a_schema_and_one_that_ends_in_a_traceback_are_told_as_far_as_they_go() {
        let cut = "     'property': {},\n".repeat(30);
        let text = format!(
            "{cut}INFO:elastalert:Starting up\nTraceback (most recent call last):\n  File \"a\", line 1\n    x()\n"
        );
        let told = telling(text.lines());
        assert_eq!(told.len(), 3 + 1 + 3 + 1 + 3, "{told:?}");
        assert_eq!(told[3], "    … 24 lines …");
        assert_eq!(told[10], "    x()");
    }

    #[test]
    fn what_is_no_traceback_stays_as_it_is() {
        let text = "entry: time zone UTC\n\nINFO:elastalert:10 rules loaded\n  a list\n    deeper\nlast";
        assert_eq!(telling(text.lines()).join("\n"), text);
    }
}
