//! The real loop on a paused clock. Each test plays a person and a world and looks at what was drawn, what the screens
//! heard and what happened to the terminal.

use std::sync::atomic::Ordering;
use std::time::Duration;

use stage::{Play, Told, key, millis};

use super::*;
use crate::app::{Target, Ticket};

pub(in crate::shell) mod stage;

#[tokio::test(start_paused = true)]
async fn ten_idle_seconds_draw_no_frame() {
    let run = Play::keys([(10_000, 'q')]).run().await;
    assert_eq!(run.frames, 1, "only the first one");
    assert!(run.count(|msg| matches!(msg, Msg::Tick(_))) >= 10, "the screens know what time it is");
}

#[tokio::test(start_paused = true)]
async fn the_first_frame_does_not_wait_for_the_workspace() {
    let told = Told { open_takes: millis(60_000), ..Told::default() };
    let run = Play { told, opens: true, ..Play::keys([(0, 'a'), (50, 'q')]) }.run().await;
    assert!(run.took < millis(100), "{:?}", run.took);
    assert_eq!(run.frames, 2, "an empty one, and one with the key");
    assert!(run.shown.contains('a'));
}

#[tokio::test(start_paused = true)]
async fn a_key_is_drawn_at_once_and_a_burst_of_keys_is_not_drawn_one_by_one() {
    let burst = (0..1000).map(|_| (1, 'a')).chain([(100, 'q')]);
    let run = Play::keys(burst).run().await;
    assert!((25..=40).contains(&run.frames), "{} frames in 1.1 s", run.frames);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_screams_keeps_neither_keys_nor_frames_nor_answers_waiting() {
    let play = Play { opens: true, ..Play::keys([(20, 'f'), (1_000, 'a'), (1_000, 'o'), (1_000, 'q')]) };
    let opens = play.told.opens.clone();
    let dropped = play.told.dropped.clone();
    let run = play.run().await;
    assert!(run.took < millis(3_200), "the keys were heard in time: {:?}", run.took);
    assert!(run.count(|msg| matches!(msg, Msg::Log { .. })) > 1_000);
    assert!(run.count(|msg| matches!(msg, Msg::Tick(_))) >= 3);
    assert_eq!(opens.load(Ordering::SeqCst), 2, "work begins and ends under the flood");
    assert!(run.frames <= 5, "batches that change no text are not written: {}", run.frames);
    assert_eq!(dropped.load(Ordering::SeqCst), 1, "quitting ends the following");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_work_is_dropped_and_never_answers() {
    let play = Play { opens: true, ..Play::keys([(20, 'f'), (20, 'x'), (20, 'q')]) };
    let dropped = play.told.dropped.clone();
    let run = play.run().await;
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    assert_eq!(run.count(|msg| matches!(msg, Msg::Done { outcome: Outcome::Followed(_), .. })), 0);
}

#[tokio::test(start_paused = true)]
async fn of_many_requests_only_the_newest_waits() {
    let told = Told { open_takes: millis(500), ..Told::default() };
    let play = Play { told, ..Play::keys([(0, 'o'), (1, 'o'), (1, 'o'), (1, 'o'), (2_000, 'q')]) };
    let opens = play.told.opens.clone();
    let run = play.run().await;
    let done: Vec<Ticket> = run
        .heard
        .iter()
        .filter_map(|msg| match msg {
            Msg::Done { ticket, .. } => Some(*ticket),
            _ => None,
        })
        .collect();
    assert_eq!(done, [Ticket(4)]);
    assert!(opens.load(Ordering::SeqCst) <= 4);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_panics_is_told_and_its_ticket_gets_an_error() {
    let told = Told { open_panics: true, ..Told::default() };
    let run = Play { told, opens: true, ..Play::keys([(100, 'a'), (100, 'q')]) }.run().await;
    let crashed =
        |msg: &Msg| matches!(msg, Msg::Crashed { report, .. } if report.contains("a rule without end"));
    assert_eq!(run.count(crashed), 1);
    let failed = |msg: &Msg| {
        matches!(msg, Msg::Done { ticket: Ticket(0), outcome: Outcome::Opened(Err(problem)) }
            if problem.code == "alertdeck.crashed")
    };
    assert_eq!(run.count(failed), 1);
    assert!(run.shown.contains('a'), "the console goes on");
    assert_eq!(run.result.unwrap(), Exit::Ok);
}

#[tokio::test(start_paused = true)]
async fn quitting_puts_a_running_deploy_back_and_waits_for_it() {
    let run = Play { opens: true, ..Play::keys([(50, 'd'), (1_000, 'q')]) }.run().await;
    assert_eq!(run.result.unwrap(), Exit::PutBack);
    assert!(run.took > millis(20_000), "putting back takes as long as it takes");
    assert!(run.said.iter().any(|line| line.contains("deploy of CI still runs")), "{:?}", run.said);
    assert!(run.said.contains(&"put back …".to_owned()), "{:?}", run.said);
    assert_eq!(run.calls.last(), Some(&"leave"), "it is said on a plain terminal");
}

#[tokio::test(start_paused = true)]
async fn who_asks_twice_leaves_a_deploy_half_way_and_is_told_so() {
    let signals = vec![(millis(1_000), Signal::End), (millis(1_000), Signal::Interrupt)];
    let run = Play { opens: true, signals, ..Play::keys([(50, 'd')]) }.run().await;
    let problem = run.result.unwrap_err();
    assert_eq!(problem.code, "interrupted");
    assert!(problem.what.contains("CI") && problem.hint.unwrap().contains("alertdeck status CI"));
}

#[tokio::test(start_paused = true)]
async fn a_crash_of_the_screens_restores_the_terminal_and_lets_a_deploy_end_well() {
    let run = Play { opens: true, ..Play::keys([(50, 'd'), (50, '!')]) }.run().await;
    assert_eq!(run.calls, ["enter", "leave"]);
    assert!(run.said.contains(&"CI: healthy".to_owned()), "{:?}", run.said);
}

#[tokio::test(start_paused = true)]
async fn a_crash_without_a_deploy_is_an_error() {
    let run = Play::keys([(50, '!')]).run().await;
    assert_eq!(run.result.unwrap(), Exit::Error);
    assert_eq!(run.calls, ["enter", "leave"]);
}

#[tokio::test(start_paused = true)]
async fn stopping_gives_the_terminal_back_and_takes_it_again() {
    let mut play = Play::keys([(10, 'z')]);
    play.keys.push(vec![(millis(100), key('b')), (millis(100), key('q'))]);
    let run = play.run().await;
    assert_eq!(run.calls, ["enter", "leave", "stop", "enter", "leave"]);
    assert!(run.shown.contains("zb"), "all of it is drawn anew: {}", run.shown);
    assert_eq!(run.count(|msg| matches!(msg, Msg::Resized { .. })), 2, "the size may be another one");
}

#[tokio::test(start_paused = true)]
async fn a_guest_has_the_terminal_alone_and_work_goes_on_meanwhile() {
    let mut play = Play {
        guest: Duration::from_secs(60),
        opens: true,
        signals: vec![(millis(1_000), Signal::Interrupt)],
        ..Play::keys([(50, 'd'), (50, 'e'), (50, 'c')])
    };
    play.keys.push(vec![(millis(100), key('q'))]);
    let run = play.run().await;
    assert_eq!(run.calls, ["enter", "leave", "lend", "enter", "leave"], "Ctrl-C was meant for the guest");
    let deployed = |msg: &Msg| matches!(msg, Msg::Done { outcome: Outcome::Deployed(Ok(_)), .. });
    assert_eq!(run.count(deployed), 1, "an editor does not hold up a deploy");
    assert!(!run.shown.contains('c'), "keys for the guest are not ours");
    assert!(run.frames <= 4, "nothing is drawn over the guest: {}", run.frames);
}

#[tokio::test(start_paused = true)]
async fn being_continued_after_an_unseen_stop_takes_the_terminal_again() {
    let signals = vec![(millis(1_000), Signal::Continue)];
    let mut play = Play { signals, ..Play::keys([]) };
    play.keys.push(vec![(millis(10), key('q'))]);
    let run = play.run().await;
    assert_eq!(run.calls, ["enter", "enter", "leave"]);
    assert_eq!(run.frames, 2);
}

#[tokio::test(start_paused = true)]
async fn a_signal_or_a_lost_keyboard_ends_the_console() {
    let signals = vec![(millis(100), Signal::End)];
    let run = Play { signals, ..Play::keys([]) }.run().await;
    assert_eq!(run.result.unwrap(), Exit::Interrupted);
    let run = Play { ends: true, ..Play::keys([]) }.run().await;
    assert_eq!(run.result.unwrap(), Exit::Interrupted);
    assert!(run.took < millis(100));
}

#[tokio::test(start_paused = true)]
async fn a_click_reaches_what_is_on_top_and_a_click_on_nothing_reaches_nobody() {
    let click = |column, row| (millis(10), Input::Click { column, row });
    let keys = vec![vec![click(0, 0), click(3, 0), click(0, 1), (millis(10), key('q'))]];
    let run = Play { keys, ..Play::default() }.run().await;
    let points: Vec<&Msg> = run.heard.iter().filter(|msg| matches!(msg, Msg::Point(_))).collect();
    assert_eq!(points, [&Msg::Point(Target::Tab(1)), &Msg::Point(Target::Tab(2))]);
}
