//! The loop of the console: it waits for the person, for answers and for time, lets the screens change, does what they
//! ask for and draws when something changed. It never waits for anything that only it could bring about.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::future::{BoxFuture, OptionFuture};
use futures_util::{FutureExt, StreamExt};
use ratatui::Frame;
use tokio::time::{Instant, sleep_until, timeout};

use crate::app::{Effect, Msg, Outcome, Viewports};
use crate::domain::problem::Problem;
use crate::domain::progress::{StepEvent, Verdict};
use crate::shell::print::Exit;
use crate::shell::terminal::{Frames, Guest, Input, Quiet, Screen, Signal, said};
use crate::ui::Hits;

use tasks::{Lanes, Tasks};
pub use use_cases::UseCases;

mod engine;
mod tasks;
#[cfg(test)]
pub(in crate::shell) mod tests;
mod use_cases;

/// At most one frame in this time.
const FRAME: Duration = Duration::from_millis(33);

/// Answers come before frames; but a frame waits no longer than this for them.
const LATE: Duration = Duration::from_millis(100);

/// How often the screens hear what time it is. A frame is written only when a shown text changes by it.
const TICK: Duration = Duration::from_secs(1);

/// How long the end waits for what still runs.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is shown and how it changes.
pub trait App {
    /// Takes what happened and gives what should happen.
    fn update(&mut self, msg: Msg) -> Vec<Effect>;
    /// Draws.
    fn view(&self, frame: &mut Frame<'_>) -> Hits;
    /// Changes whenever what is shown may have changed.
    fn revision(&self) -> u64;
}

/// How the loop ended.
#[derive(Debug)]
enum End {
    /// The person asked for it.
    Quit,
    /// The operating system asked for it.
    Signal,
    /// The terminal is gone.
    Lost(Problem),
    /// The loop itself panicked. The panic's hook has told it already.
    Crashed(String),
}

/// What woke the loop.
enum Woken {
    Signal(Signal),
    Input(Option<std::io::Result<Input>>),
    Returned(Result<(), Problem>),
    Message(Msg),
    Messages(Vec<Msg>),
    Tick,
    Frame,
}

/// The console while it runs.
pub struct Runtime<A, S: Screen, B: Frames, U> {
    app: A,
    screen: S,
    keys: Option<S::Keys>,
    terminal: ratatui::Terminal<Quiet<B>>,
    tasks: Tasks<U>,
    lanes: Lanes,
    hits: Hits,
    /// What the screens were told of the room that a frame has.
    viewed: Viewports,
    /// Since when what is drawn may be old.
    dirty: Option<Instant>,
    drawn: Option<Instant>,
    guest: Option<BoxFuture<'static, Result<(), Problem>>>,
    /// What the screens have to hear before the next wait.
    pending: Vec<Msg>,
    /// Whether this process is to be stopped, as Ctrl-Z does.
    stop: bool,
    end: Option<End>,
}

impl<A: App, S: Screen, B: Frames, U: UseCases> Runtime<A, S, B, U> {
    /// A console that has not begun. The terminal is not touched.
    pub fn new(app: A, screen: S, output: Quiet<B>, use_cases: U) -> Result<Self, Problem> {
        let terminal = ratatui::Terminal::new(output).map_err(|error| lost(&error))?;
        let (tasks, lanes) = Tasks::new(use_cases);
        Ok(Self {
            app,
            screen,
            keys: None,
            terminal,
            tasks,
            lanes,
            hits: Hits::default(),
            viewed: Viewports::default(),
            dirty: None,
            drawn: None,
            guest: None,
            pending: Vec::new(),
            stop: false,
            end: None,
        })
    }

    /// Runs the console until it ends, and puts the terminal back. `say` gets what there is to say afterwards, when
    /// the terminal is a plain one again.
    pub async fn run(mut self, say: impl FnMut(&str)) -> Result<Exit, Problem> {
        let end = match AssertUnwindSafe(self.cycle()).catch_unwind().await {
            Ok(end) => end,
            Err(panic) => End::Crashed(said(panic.as_ref()).to_owned()),
        };
        self.keys = None;
        self.screen.leave();
        self.finish(end, say).await
    }

    async fn cycle(&mut self) -> End {
        if let Err(end) = self.enter() {
            return end;
        }
        self.tell_pending();
        // The first frame comes before anything is read or asked.
        if let Err(end) = self.draw() {
            return end;
        }
        self.tasks.look_for_edits(Msg::Started, Duration::ZERO);
        let mut ticked = Instant::now();
        loop {
            if std::mem::take(&mut self.stop) {
                self.suspend().await;
            }
            self.tell_pending();
            if let Some(end) = self.end.take() {
                return end;
            }
            // Under a flood the arms below would never look at tasks that ended, nor would a frame come.
            while let Some(told) = self.tasks.ended_already() {
                self.tell(told);
            }
            let late = self.dirty.is_some_and(|since| since + LATE <= Instant::now());
            if late
                && self.may_draw()
                && let Err(end) = self.draw()
            {
                return end;
            }
            match self.wait(ticked + TICK).await {
                Woken::Tick => {
                    ticked = Instant::now();
                    let now = self.tasks.use_cases().now();
                    self.tell(vec![Msg::Tick(now)]);
                }
                Woken::Frame => {
                    if let Err(end) = self.draw() {
                        return end;
                    }
                }
                woken => self.react(woken),
            }
        }
    }

    /// Waits for the next thing. The order is the policy: the person first, frames before floods.
    async fn wait(&mut self, tick_at: Instant) -> Woken {
        let draw = self.dirty.is_some() && self.may_draw();
        let frame_at = self.frame_at();
        let Self { screen, keys, tasks, lanes, guest, .. } = self;
        let keys: OptionFuture<_> = keys.as_mut().map(StreamExt::next).into();
        let guest: OptionFuture<_> = guest.as_mut().into();
        tokio::select! {
            biased;
            signal = screen.signal() => Woken::Signal(signal),
            Some(input) = keys => Woken::Input(input),
            Some(returned) = guest => Woken::Returned(returned),
            Some(msg) = lanes.replies.recv() => Woken::Message(msg),
            () = sleep_until(tick_at) => Woken::Tick,
            () = sleep_until(frame_at), if draw => Woken::Frame,
            Some(msg) = lanes.logs.recv() => Woken::Message(msg),
            Some(told) = tasks.ended() => Woken::Messages(told),
        }
    }

    fn react(&mut self, woken: Woken) {
        match woken {
            Woken::Signal(signal) => self.obey(signal),
            Woken::Input(Some(Ok(input))) => self.heed(input),
            // A terminal that cannot be read any more is gone; reading on would only spin.
            Woken::Input(Some(Err(error))) => self.end = Some(End::Lost(lost(&error))),
            Woken::Input(None) => self.end = Some(End::Signal),
            Woken::Returned(returned) => {
                self.guest = None;
                if let Err(end) = self.enter() {
                    self.end = Some(end);
                    return;
                }
                if let Err(problem) = returned {
                    self.pending.push(Msg::Trouble(problem));
                }
            }
            Woken::Message(msg) => self.tell(vec![msg]),
            Woken::Messages(told) => self.tell(told),
            Woken::Tick | Woken::Frame => {}
        }
    }

    fn heed(&mut self, input: Input) {
        let msg = match input {
            Input::Key(key) => Msg::Key(key),
            Input::Paste(text) => Msg::Paste(text),
            Input::Wheel(rows) => Msg::Wheel(rows),
            Input::Resized { width, height } => Msg::Resized { width, height },
            Input::Click { column, row } => match self.hits.at(column, row) {
                Some(target) => Msg::Point(target.clone()),
                None => return,
            },
        };
        self.tell(vec![msg]);
    }

    fn obey(&mut self, signal: Signal) {
        match signal {
            Signal::Interrupt | Signal::Continue if self.guest.is_some() => {}
            Signal::End | Signal::Interrupt => self.end = Some(End::Signal),
            Signal::Stop => self.stop = true,
            // Somebody stopped us in a way that cannot be seen coming, and others had the terminal.
            Signal::Continue => {
                self.keys = None;
                if let Err(end) = self.enter() {
                    self.end = Some(end);
                }
            }
        }
    }

    async fn suspend(&mut self) {
        if self.guest.is_none() {
            self.keys = None;
            self.screen.leave();
        }
        self.screen.stop().await;
        if self.guest.is_none()
            && let Err(end) = self.enter()
        {
            self.end = Some(end);
        }
    }

    /// Takes the terminal, of which nothing is known.
    fn enter(&mut self) -> Result<(), End> {
        self.keys = Some(self.screen.enter().map_err(|error| End::Lost(lost(&error)))?);
        self.terminal.backend_mut().forget();
        self.terminal.clear().map_err(|error| End::Lost(lost(&error)))?;
        self.dirty.get_or_insert_with(Instant::now);
        self.drawn = None;
        let size = self.terminal.size().map_err(|error| End::Lost(lost(&error)))?;
        let now = self.tasks.use_cases().now();
        self.pending.extend([Msg::Tick(now), Msg::Resized { width: size.width, height: size.height }]);
        Ok(())
    }

    fn tell_pending(&mut self) {
        let told = std::mem::take(&mut self.pending);
        self.tell(told);
    }

    fn tell(&mut self, told: Vec<Msg>) {
        for msg in told {
            if let Msg::Done { outcome: Outcome::Opened(Ok(overview)), .. } = &msg {
                self.tasks.opened(overview);
            }
            if let Msg::Crashed { task, report } = &msg {
                tracing::error!(task, report, "a task panicked");
            }
            let before = self.app.revision();
            let effects = self.app.update(msg);
            if self.app.revision() != before {
                self.dirty.get_or_insert_with(Instant::now);
            }
            self.perform(effects);
        }
    }

    /// Does what the screens ask for. Nothing here waits.
    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Start { ticket, work } => self.tasks.start(ticket, work),
                Effect::Cancel(ticket) => self.tasks.cancel(ticket),
                Effect::Shell(environment) => self.lend(Guest::Shell(environment)),
                Effect::Edit { path, line } => self.lend(Guest::Editor { path, line }),
                Effect::Copy(text) => {
                    if let Err(error) = self.screen.copy(&text) {
                        self.pending.push(Msg::Trouble(
                            Problem::new("terminal.copy", "nothing was copied").why(error.to_string()),
                        ));
                    }
                }
                Effect::Suspend => self.stop = true,
                Effect::Redraw => {
                    self.dirty.get_or_insert_with(Instant::now);
                    if let Err(error) = self.terminal.clear() {
                        self.end = Some(End::Lost(lost(&error)));
                    }
                }
                Effect::Quit => self.end = Some(End::Quit),
            }
        }
    }

    /// Gives the terminal to another program. The loop goes on meanwhile, so that a deploy is not held up by an
    /// editor, but it neither reads keys nor draws.
    fn lend(&mut self, guest: Guest) {
        if self.guest.is_none() {
            self.keys = None;
            self.screen.leave();
            self.guest = Some(self.screen.lend(guest));
        }
    }

    fn may_draw(&self) -> bool {
        self.guest.is_none()
    }

    fn frame_at(&self) -> Instant {
        self.drawn.map_or_else(Instant::now, |drawn| drawn + FRAME)
    }

    fn draw(&mut self) -> Result<(), End> {
        self.dirty = None;
        self.drawn = Some(Instant::now());
        let Self { terminal, app, hits, .. } = self;
        terminal.draw(|frame| *hits = app.view(frame)).map_err(|error| End::Lost(lost(&error)))?;
        // Pages, and what can be scrolled, are as large as the frame has room for.
        if self.hits.viewports != self.viewed {
            self.viewed = self.hits.viewports;
            self.tell(vec![Msg::Viewed(self.viewed)]);
        }
        Ok(())
    }

    /// Stops what runs, and waits for it: a little for what only looked, and as long as it takes for a deploy.
    async fn finish(mut self, end: End, mut say: impl FnMut(&str)) -> Result<Exit, Problem> {
        // A crash of the screens is no reason to stop a deploy that goes well.
        self.tasks.stop_everything(!matches!(end, End::Crashed(_)));
        self.lanes.logs.close();
        let mut exit = match &end {
            End::Quit => Exit::Ok,
            End::Signal => Exit::Interrupted,
            End::Lost(_) | End::Crashed(_) => Exit::Error,
        };
        for environment in self.tasks.deploying() {
            say(&format!("The deploy of {environment} still runs; waiting for its end."));
        }
        while !self.tasks.deploying().is_empty() {
            tokio::select! {
                biased;
                signal = self.screen.signal() => if matches!(signal, Signal::Interrupt | Signal::End) {
                    return Err(self.abandoned());
                },
                Some(msg) = self.lanes.replies.recv() => {
                    if let Some(verdict) = narrate(&msg, &mut say) {
                        exit = verdict;
                    }
                }
                told = self.tasks.ended() => {
                    told.iter().flatten().for_each(|msg| {
                        if let Some(verdict) = narrate(msg, &mut say) {
                            exit = verdict;
                        }
                    });
                }
            }
        }
        while let Ok(msg) = self.lanes.replies.try_recv() {
            if let Some(verdict) = narrate(&msg, &mut say) {
                exit = verdict;
            }
        }
        self.lanes.replies.close();
        let all = async { while self.tasks.ended().await.is_some() {} };
        if timeout(PATIENCE, all).await.is_err() {
            say(&format!("Still running when alertdeck ended: {}.", self.tasks.still_running().join(", ")));
        }
        match end {
            End::Lost(problem) => Err(problem),
            End::Crashed(report) => {
                tracing::error!(report, "the console panicked");
                Ok(exit)
            }
            End::Quit | End::Signal => Ok(exit),
        }
    }

    fn abandoned(&self) -> Problem {
        let names: Vec<String> = self.tasks.deploying().iter().map(ToString::to_string).collect();
        Problem::new("interrupted", format!("the deploy of {} was left half-way", names.join(", ")))
            .why("you asked twice to end")
            .hint(format!(
                "look what runs now: alertdeck status {}",
                names.first().map_or("ENV", String::as_str)
            ))
    }
}

/// Says what a deploy does when there is no screen any more; gives the exit code when it has its verdict.
fn narrate(msg: &Msg, say: &mut impl FnMut(&str)) -> Option<Exit> {
    match msg {
        Msg::Progress { progress, .. } => {
            match &progress.event {
                StepEvent::Started => say(&format!("{} …", progress.step)),
                StepEvent::Note { .. } => {}
                StepEvent::Done { text, .. } => say(&format!("{}: done {text}", progress.step)),
                StepEvent::Failed { problem, .. } => say(&format!("{}: failed: {problem}", progress.step)),
            }
            None
        }
        Msg::Done { outcome: Outcome::Deployed(Ok(report)), .. } => {
            let (word, exit) = match report.verdict {
                Verdict::Healthy => ("healthy", Exit::Ok),
                Verdict::NothingToDo => ("nothing to do", Exit::Ok),
                Verdict::Refused => ("refused, nothing was touched", Exit::Error),
                Verdict::PutBack => ("put back", Exit::PutBack),
                Verdict::Down if report.before.is_none() => ("down: nothing ran before either", Exit::Down),
                Verdict::Down => ("down", Exit::Down),
            };
            say(&format!("{}: {word}", report.environment));
            report.commands.iter().for_each(|command| say(command));
            Some(exit)
        }
        Msg::Done { outcome: Outcome::Deployed(Err(problem)), .. } => {
            say(&problem.to_string());
            Some(Exit::from(problem))
        }
        _ => None,
    }
}

fn lost(error: &impl std::error::Error) -> Problem {
    Problem::new("console.terminal", "the terminal cannot be used").why(error.to_string())
}
