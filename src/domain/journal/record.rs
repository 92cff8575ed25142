//! From entries to records: what became of each release that was tried, newest first. A record without an outcome is a
//! deploy that goes on or was cut off.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::container::ContainerId;
use crate::domain::plan::{ReleaseNumber, Step};
use crate::domain::remote::Timestamp;

use super::{Entry, Event, Old, Outcome, Undertaking};

/// What became of one release that was tried.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// Its number.
    pub release: ReleaseNumber,
    /// When it began.
    pub began: Timestamp,
    /// What was set out to do.
    pub undertaking: Undertaking,
    /// The steps that began, in order; the last one is done only if it came to an end.
    pub steps: Vec<(Step, Timestamp)>,
    /// The new container, once it was created.
    pub new: Option<ContainerId>,
    /// What ran before, once it was about to be touched.
    pub old: Option<Old>,
    /// When the newest entry was written.
    pub last: Timestamp,
    /// The numbers that what it made carries: its own, and those of whoever went on with it.
    pub nonces: Vec<String>,
    /// How many entries it has.
    pub entries: u32,
    /// How it ended; `None`: it goes on, or was cut off.
    pub outcome: Option<Outcome>,
}

impl Record {
    /// The step that it is in, or was cut off in.
    pub fn step(&self) -> Option<Step> {
        self.steps.last().map(|(step, _)| *step)
    }

    /// Whether the new container may have been started.
    pub fn started(&self) -> bool {
        self.steps.iter().any(|(step, _)| matches!(step, Step::Start | Step::Gate | Step::Keep))
    }

    /// Whether what lived may have been touched.
    pub fn touched(&self) -> bool {
        self.steps.iter().any(|(step, _)| *step >= Step::Stop)
    }
}

/// Folds entries, each with its release and its place among that release's entries, into records, newest first. What
/// has no beginning is no record.
pub fn fold(entries: impl IntoIterator<Item = (ReleaseNumber, u32, Entry)>) -> Vec<Record> {
    let mut sorted: BTreeMap<(ReleaseNumber, u32), Entry> = BTreeMap::new();
    for (release, place, entry) in entries {
        sorted.insert((release, place), entry);
    }
    let mut records: Vec<Record> = Vec::new();
    for ((release, place), Entry { at, event, .. }) in sorted {
        let known = records.last_mut().filter(|record| record.release == release);
        match (known, event) {
            (None, Event::Begun(undertaking)) => records.push(Record {
                release,
                began: at,
                nonces: vec![undertaking.nonce.clone()],
                entries: 1,
                undertaking: *undertaking,
                steps: Vec::new(),
                new: None,
                old: None,
                last: at,
                outcome: None,
            }),
            (Some(record), Event::Alive) => record.last = record.last.max(at),
            (Some(record), Event::Resumed(resumption)) => {
                record.last = at;
                record.entries = place + 1;
                record.nonces.push(resumption.nonce);
            }
            (Some(record), Event::Step(begun)) => {
                record.last = at;
                record.entries = place + 1;
                record.steps.push((begun.step, at));
                record.new = begun.new.or(record.new.take());
                record.old = begun.old.or(record.old.take());
            }
            (Some(record), Event::Ended(outcome)) => {
                record.last = at;
                record.entries = place + 1;
                record.outcome = Some(*outcome);
            }
            // Begun twice, or not at all.
            (Some(_), Event::Begun(_)) | (None, _) => {}
        }
    }
    records.reverse();
    records
}
