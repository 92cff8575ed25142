//! What a rendering promises about runs: each enabled rule runs at an interval, its own or that of the configuration.
//! A rule that only runs at certain times promises nothing that could be judged here.

use std::time::Duration;

use super::ExpectedRun;
use crate::domain::render::{RenderedFile, Rendering};
use crate::domain::text::sanitise;
use crate::domain::yaml::{Node, Value, parse};

/// The rules of a rendering that should run, and how often.
pub fn expected_runs(rendering: &Rendering) -> Vec<ExpectedRun> {
    let usual = root(rendering.config()).as_ref().and_then(|root| root.get("run_every")).and_then(interval);
    rendering
        .rules
        .iter()
        .filter(|rule| rule.enabled)
        .map(|rule| {
            let root = root(rendering.file(&rule.path));
            let every = match &root {
                Some(root) if root.get("limit_execution").is_some() => None,
                Some(root) => match root.get("run_every") {
                    Some(own) => interval(own),
                    None => usual,
                },
                None => None,
            };
            ExpectedRun { rule: sanitise(rule.name.as_bytes()), every }
        })
        .collect()
}

fn root(file: Option<&RenderedFile>) -> Option<Node> {
    let text = String::from_utf8(file?.masked()).ok()?;
    Some(parse(&text).ok()?.root)
}

/// A length of time as `ElastAlert` writes it: `{minutes: 1, seconds: 30}`.
fn interval(node: &Node) -> Option<Duration> {
    let mut seconds = 0.0;
    for (unit, number) in node.entries() {
        let number = match &number.value {
            #[expect(clippy::cast_precision_loss, reason = "no interval is that long")]
            Value::Integer(whole) => whole.as_i64()? as f64,
            Value::Float(number) => *number,
            _ => return None,
        };
        seconds += number
            * match unit.text()? {
                "weeks" => 604_800.0,
                "days" => 86_400.0,
                "hours" => 3600.0,
                "minutes" => 60.0,
                "seconds" => 1.0,
                "milliseconds" => 0.001,
                _ => return None,
            };
    }
    Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_add_up() {
        let read = |text: &str| interval(&parse(text).unwrap().root);
        assert_eq!(read("{minutes: 1, seconds: 30}"), Some(Duration::from_secs(90)));
        assert_eq!(read("hours: 0.5"), Some(Duration::from_secs(1800)));
        assert_eq!(read("seconds: 1:30"), Some(Duration::from_secs(90)));
        for none in ["60", "{}", "minutes: many", "fortnights: 1", "seconds: -1", "seconds: 1e300"] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
