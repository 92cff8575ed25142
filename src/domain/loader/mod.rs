//! What `ElastAlert` and supervisord tell about themselves in a container's log: how many rules were loaded, which are
//! disabled, whether queries are answered, how it died and why. It is read line by line, so that a failed load of
//! 250 kB costs no more memory than the one sentence that matters in it.

use serde::Serialize;

use crate::domain::log::{LogLine, Stream};
use crate::domain::remote::{Seen, Timestamp};

pub use cause::condense;
pub use said::{Said, read};
pub use telling::telling;

mod cause;
mod said;
mod telling;

/// What the log of one container said since that container was started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loader {
    /// When supervisord started `ElastAlert` the last time.
    pub spawned: Option<Timestamp>,
    /// How many rules it loaded, disabled ones included; corrected by what it loaded and lost since.
    pub loaded: Option<Seen<usize>>,
    /// When it said that it starts to run them: loading has ended.
    pub started: Option<Timestamp>,
    /// The rules that are disabled because they crashed; it says so in each cycle, also when there are none.
    pub disabled: Option<Seen<Vec<String>>>,
    /// Why a rule could not be read again after its file changed.
    pub not_reloaded: Option<Seen<String>>,
    /// When a query was last answered.
    pub answered: Option<Timestamp>,
    /// How a query last failed.
    pub query_failed: Option<Seen<String>>,
    /// How an alert last failed to be sent.
    pub alert_failed: Option<Seen<String>>,
    /// How often supervisord saw it die.
    pub deaths: u32,
    /// How it died the last time.
    pub died: Option<Seen<String>>,
    /// When supervisord gave up starting it.
    pub gave_up: Option<Timestamp>,
    cause: cause::Cause,
    last: Option<String>,
}

/// What is known of a loader, for people and programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Death {
    /// `exit status 1`.
    pub how: String,
    /// The sentence that says why, if any did.
    pub why: Option<String>,
}

impl Loader {
    /// Takes the next line in; `now` stands in for the time of one that has none.
    pub fn take(&mut self, line: &LogLine, now: Timestamp) {
        if line.stream == Stream::Mark {
            return;
        }
        let at = line.at.unwrap_or(now);
        let text = line.text.as_str();
        if !text.trim().is_empty() {
            self.last = Some(short(text));
        }
        let Some(said) = read(text) else {
            self.cause.take(text);
            return;
        };
        self.cause.end();
        match said {
            Said::Spawned => {
                self.spawned = Some(at);
                (self.loaded, self.started, self.disabled, self.not_reloaded) = (None, None, None, None);
                self.cause = cause::Cause::default();
            }
            Said::Loaded(count) => self.loaded = Some(Seen { value: count, at }),
            Said::StartingUp => self.started = Some(at),
            Said::LoadedOneMore => self.count(1),
            Said::LostOne => self.count(-1),
            Said::NotReloaded(what) => self.not_reloaded = Some(Seen { value: short(what), at }),
            Said::Disabled(rules) => self.disabled = Some(Seen { value: rules, at }),
            Said::DisabledOne(rule) => {
                let mut rules = self.disabled.take().map(|seen| seen.value).unwrap_or_default();
                if !rules.iter().any(|known| known == rule) {
                    rules.push(rule.to_owned());
                }
                self.disabled = Some(Seen { value: rules, at });
            }
            Said::Answered => self.answered = Some(at),
            Said::QueryFailed(what) => self.query_failed = Some(Seen { value: short(what), at }),
            Said::AlertFailed(what) => self.alert_failed = Some(Seen { value: short(what), at }),
            Said::Unreachable(what) => self.cause.set(short(what)),
            Said::Exited { how, expected } => {
                self.died = Some(Seen { value: how.to_owned(), at });
                if !expected {
                    self.deaths += 1;
                }
            }
            Said::GaveUp => self.gave_up = Some(at),
        }
    }

    /// Why it died or could not load, in one sentence, if it said so.
    pub fn cause(&self) -> Option<String> {
        self.cause.sentence()
    }

    /// The cause, or else the last line there was: what to show of a container that ended.
    pub fn last_words(&self) -> Option<String> {
        self.cause().or_else(|| self.last.clone())
    }

    /// The last death, and its cause as far as it was said.
    pub fn death(&self) -> Option<Death> {
        let died = self.died.as_ref()?;
        Some(Death { how: died.value.clone(), why: self.cause() })
    }

    /// Whether the end of loading was said.
    pub fn has_loaded(&self) -> bool {
        self.loaded.is_some()
    }

    fn count(&mut self, by: isize) {
        if let Some(loaded) = &mut self.loaded {
            loaded.value = loaded.value.saturating_add_signed(by);
        }
    }
}

/// A text cut to what a line of a screen can hold.
fn short(text: &str) -> String {
    cause::shorten(text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::Assembler;

    fn loader(log: &str) -> Loader {
        let mut loader = Loader::default();
        let mut assembler = Assembler::default();
        let mut lines = assembler.push(true, log.as_bytes());
        lines.extend(assembler.finish());
        for line in &lines {
            loader.take(line, Timestamp::UNIX_EPOCH);
        }
        loader
    }

    /// The log of a healthy start, as seen with 2.31.0.
    const HEALTHY: &str = "\
2026-11-24T05:59:07.765938252Z 2026-11-24 05:59:07,765 INFO supervisord started with pid 7
2026-11-24T05:59:08.776074992Z 2026-11-24 05:59:08,775 INFO spawned: 'logs' with pid 10
2026-11-24T05:59:08.777743579Z 2026-11-24 05:59:08,777 INFO spawned: 'elastalert' with pid 11
2026-11-24T05:59:09.375675012Z INFO:elastalert:10 rules loaded
2026-11-24T05:59:09.377503367Z INFO:elastalert:Starting up
2026-11-24T05:59:09.379935658Z INFO:elastalert:Disabled rules are: []
2026-11-24T05:59:10.380597781Z 2026-11-24 05:59:10,380 INFO success: logs entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)
2026-11-24T05:59:10.484508696Z INFO:elastalert:Queried rule Spike from 2026-11-24 05:49 UTC to 2026-11-24 05:59 UTC: 0 / 0 hits
";

    /// A rule without alerters, the schema cut short.
    const BROKEN: &str = "\
2026-11-24T05:59:08.777455642Z 2026-11-24 05:59:08,777 INFO spawned: 'elastalert' with pid 12
2026-11-24T05:59:09.391955003Z Traceback (most recent call last):
2026-11-24T05:59:09.392455977Z   File \"/opt/venv/lib/python3.13/site-packages/elastalert/loaders.py\", line 323, in load_options
2026-11-24T05:59:09.392921408Z jsonschema.exceptions.ValidationError: 'alert' is a required property
2026-11-24T05:59:09.392927487Z 
2026-11-24T05:59:09.392930010Z Failed validating 'required' in schema:
2026-11-24T05:59:09.392932364Z     {'$schema': 'http://json-schema.org/draft-07/schema#',
2026-11-24T05:59:09.396557636Z On instance:
2026-11-24T05:59:09.396559269Z     {'name': 'Broken',
2026-11-24T05:59:09.396567140Z During handling of the above exception, another exception occurred:
2026-11-24T05:59:09.396568903Z 
2026-11-24T05:59:09.396570415Z Traceback (most recent call last):
2026-11-24T05:59:09.396582000Z     raise EAException(\"Invalid Rule file: %s\\n%s\" % (filename, e))
2026-11-24T05:59:09.398996187Z elastalert.util.EAException: Error loading file /opt/rules/broken.yaml: Invalid Rule file: /opt/rules/broken.yaml
2026-11-24T05:59:09.398998220Z 'alert' is a required property
2026-11-24T05:59:09.398999782Z 
2026-11-24T05:59:09.399001254Z Failed validating 'required' in schema:
2026-11-24T05:59:09.399002827Z     {'$schema': 'http://json-schema.org/draft-07/schema#',
2026-11-24T05:59:09.478733933Z 2026-11-24 05:59:09,478 WARN exited: elastalert (exit status 1; not expected)
";

    #[test]
    fn a_healthy_start_is_read() {
        let loader = loader(HEALTHY);
        assert_eq!(loader.loaded.as_ref().unwrap().value, 10);
        assert_eq!(loader.loaded.as_ref().unwrap().at.to_string(), "2026-11-24T05:59:09.375675012Z");
        assert!(loader.started.is_some() && loader.answered.is_some());
        assert_eq!(loader.disabled.as_ref().unwrap().value, Vec::<String>::new());
        assert_eq!((loader.deaths, loader.cause()), (0, None));
    }

    #[test]
    fn one_sentence_is_left_of_a_failed_load() {
        let loader = loader(BROKEN);
        assert_eq!(loader.deaths, 1);
        let death = loader.death().unwrap();
        assert_eq!(death.how, "exit status 1; not expected");
        assert_eq!(death.why.unwrap(), "/opt/rules/broken.yaml: 'alert' is a required property");
        assert_eq!(loader.loaded, None);
    }

    #[test]
    fn a_new_start_forgets_the_old_one() {
        let loader = loader(&format!("{BROKEN}{HEALTHY}"));
        assert_eq!(loader.loaded.as_ref().unwrap().value, 10);
        assert_eq!(loader.cause(), None);
        assert_eq!(loader.deaths, 1, "but not that it died");
    }

    #[test]
    fn giving_up_is_noticed_and_another_program_is_not_it() {
        let other = loader(
            "2020-01-01 00:00:00,000 WARN exited: logs (exit status 1; not expected)\n2020-01-01 00:00:00,000 INFO gave up: logs entered FATAL state\n",
        );
        assert_eq!((other.deaths, other.gave_up), (0, None));
        let it = loader(
            "2026-11-24T05:59:20Z INFO gave up: elastalert entered FATAL state, too many start retries too quickly\n",
        );
        assert!(it.gave_up.is_some());
    }

    #[test]
    fn reloading_corrects_the_count() {
        let loader = loader(&format!(
            "{HEALTHY}INFO:elastalert:Loaded new rule /opt/rules/a.yaml\nINFO:elastalert:Loaded new rule /opt/rules/b.yaml\nINFO:elastalert:Rule file /opt/rules/c.yaml not found, stopping rule execution\nERROR:elastalert:Could not load rule /opt/rules/d.yaml: bad\n"
        ));
        assert_eq!(loader.loaded.unwrap().value, 11);
        assert!(loader.not_reloaded.unwrap().value.contains("d.yaml"));
    }

    #[test]
    fn a_rule_that_crashes_is_disabled() {
        let loader = loader(&format!(
            "{HEALTHY}ERROR:elastalert:Uncaught exception running rule Spike: boom\nINFO:elastalert:Rule Spike disabled\n"
        ));
        assert_eq!(loader.disabled.unwrap().value, ["Spike"]);
    }

    #[test]
    fn a_container_that_ended_early_has_last_words() {
        let loader = loader("2026-11-24T05:58:14Z entry: /opt/config/supervisord.conf is not there\n\n");
        assert_eq!(loader.last_words().unwrap(), "entry: /opt/config/supervisord.conf is not there");
        assert_eq!(loader.cause(), None);
    }
}
