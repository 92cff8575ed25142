//! Times as they read on the screen, and whether any of those that are shown now reads differently than before. A tick
//! that changes none of them draws nothing.

use std::time::Duration;

use crate::domain::remote::{Timestamp, age};

use super::deploy::{Stage, StepState};
use super::model::{Model, Reading, Tab};
use super::standing::standing;

/// How long something takes or took: `0.4 s`, `12 s`, `2 min 05 s`.
pub fn duration(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{}.{} s", time.as_secs(), time.subsec_millis() / 100),
        seconds @ 10..60 => format!("{seconds} s"),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

/// How long something runs, in whole seconds.
pub fn elapsed(since: Timestamp, now: Timestamp) -> String {
    let seconds = u64::try_from(now.as_second().saturating_sub(since.as_second())).unwrap_or(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        seconds => duration(Duration::from_secs(seconds)),
    }
}

/// How long until something happens: exact when near, coarse when far, so that it need not be drawn each second.
pub fn until(at: Timestamp, now: Timestamp) -> String {
    match at.as_second().saturating_sub(now.as_second()) {
        ..=0 => "now".into(),
        seconds @ 1..=10 => format!("in {seconds} s"),
        seconds @ 11..=60 => format!("in {} s", (seconds + 4) / 5 * 5),
        seconds => format!("in {} min", (seconds + 59) / 60),
    }
}

/// Every text with a time in it that the screen shows now.
pub(super) fn texts(model: &Model) -> Vec<String> {
    let now = model.now;
    let mut texts = Vec::new();
    for environment in model.listed() {
        let standing = standing(model, &environment.name);
        texts.push(standing.word.to_owned());
        texts.extend([standing.since, standing.last_seen].into_iter().flatten().map(|at| age(at, now)));
    }
    for engine in model.facts.unreachable() {
        texts.extend(engine.retry.map(|at| until(at, now)));
        texts.extend(engine.answer.last().map(|seen| age(seen.at, now)));
    }
    if model.tab == Tab::Health
        && let Some(facts) =
            model.environment().and_then(|environment| model.facts.environment(&environment.name))
        && let Some(ladder) = facts.ladder.last()
    {
        texts.extend(ladder.value.rungs.iter().filter_map(|rung| rung.at).map(|at| age(at, now)));
    }
    texts.extend(model.log.behind().filter(|_| model.tab == Tab::Log).map(|at| age(at, now)));
    let all = matches!(model.reading, Some((Reading::Messages, _)));
    let most = if all { usize::MAX } else { 1 };
    texts.extend(model.notices.newest_first().take(most).map(|notice| age(notice.at, now)));
    if let Some(Stage::Running(running)) = model.deploy.as_ref().map(|deploy| &deploy.stage) {
        texts.push(elapsed(running.since, now));
        for step in &running.steps {
            if let StepState::Running { since, .. } = step.state {
                texts.push(elapsed(since, now));
            }
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_say_them() {
        assert_eq!(duration(Duration::from_millis(440)), "0.4 s");
        assert_eq!(duration(Duration::from_secs(125)), "2 min 05 s");
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(elapsed(at(5), at(3)), "0 s");
        assert_eq!(elapsed(at(0), at(61)), "1 min 01 s");
        assert_eq!(until(at(4), at(0)), "in 4 s");
        assert_eq!(until(at(12), at(0)), "in 15 s");
        assert_eq!(until(at(0), at(9)), "now");
        assert_eq!(until(at(61), at(0)), "in 2 min");
    }
}
