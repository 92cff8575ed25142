//! What the loop's tests put around it: a person who follows a script, a terminal that only counts, screens that
//! write down what they hear. The use cases do as they are told and stand still on the paused clock.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use ratatui::backend::TestBackend;
use ratatui::layout::{Position, Rect};
use tokio::sync::mpsc;

use super::super::*;
use crate::app::key::{Key, KeyCode};
use crate::app::{Target, Ticket, Work};
use crate::domain::diff::{Against, Diff};
use crate::domain::environment::{EnvName, Guard};
use crate::domain::fact::Fact;
use crate::domain::journal::Way;
use crate::domain::log::{LogBatch, Since};
use crate::domain::overview::Overview;
use crate::domain::plan::{Plan, ReleaseNumber, Step};
use crate::domain::progress::{DeployReport, Progress};
use crate::domain::remote::Timestamp;
use crate::domain::workspace::Workspace;
use crate::engine::Edits;
use tokio_util::sync::CancellationToken;

/// A key of the script.
pub(in crate::shell) fn key(c: char) -> Input {
    Input::Key(Key { code: KeyCode::Char(c), ctrl: false, alt: false })
}

pub(in crate::shell) fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Screens that show one text and write down what they hear. The keys `q`, `o`, `f`, `d`, `x`, `z`, `e`, `!` mean
/// quit, open, follow, deploy, cancel the newest, suspend, edit, panic.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) heard: Arc<Mutex<Vec<Msg>>>,
    pub(super) text: String,
    ticket: u64,
    opens: bool,
    panics: bool,
}

impl App for Notes {
    fn update(&mut self, msg: Msg) -> Vec<Effect> {
        self.heard.lock().unwrap().push(msg.clone());
        let pressed = match &msg {
            Msg::Key(pressed) => pressed,
            Msg::Started if self.opens => {
                return vec![Effect::Start { ticket: Ticket(0), work: Work::Open }];
            }
            _ => return Vec::new(),
        };
        let KeyCode::Char(c) = pressed.code else { return Vec::new() };
        self.text.push(c);
        self.ticket += 1;
        let ticket = Ticket(self.ticket);
        let start = |work| vec![Effect::Start { ticket, work }];
        match c {
            'q' => vec![Effect::Quit],
            'o' => start(Work::Open),
            'f' => start(Work::Follow { environment: environment(), since: Since::Beginning }),
            'd' => start(Work::Deploy { plan: Arc::new(plan()) }),
            'x' => vec![Effect::Cancel(Ticket(self.ticket - 1))],
            'z' => vec![Effect::Suspend],
            'e' => vec![Effect::Edit { path: "rules/a.yaml".into(), line: 3 }],
            '!' => {
                self.panics = true;
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn view(&self, frame: &mut Frame<'_>) -> Hits {
        assert!(!self.panics, "the view fell over");
        frame.render_widget(format!("{} {}", self.ticket, self.text), frame.area());
        let mut hits = Hits::default();
        hits.add(Rect::new(0, 0, 10, 1), Target::Tab(1));
        hits.add(Rect::new(2, 0, 2, 1), Target::Tab(2));
        hits
    }

    fn revision(&self) -> u64 {
        self.heard.lock().unwrap().len() as u64
    }
}

pub(super) fn environment() -> EnvName {
    "CI".parse().unwrap()
}

/// What happened to the terminal, in order: `enter`, `leave`, `stop`, `lend`.
pub(super) type Calls = Arc<Mutex<Vec<&'static str>>>;

/// A terminal without one.
pub(super) struct Script {
    /// What the person does after how long, for each time the terminal is entered.
    keys: VecDeque<Vec<(Duration, Input)>>,
    signals: mpsc::Receiver<Signal>,
    pub(super) calls: Calls,
    /// How long a guest stays.
    guest: Duration,
    /// Whether the keyboard ends when the script does.
    ends: bool,
}

impl Screen for Script {
    type Keys = BoxStream<'static, io::Result<Input>>;

    fn enter(&mut self) -> io::Result<Self::Keys> {
        self.calls.lock().unwrap().push("enter");
        let script = self.keys.pop_front().unwrap_or_default();
        let keys = stream::iter(script).then(|(after, input)| async move {
            tokio::time::sleep(after).await;
            Ok(input)
        });
        Ok(if self.ends { keys.boxed() } else { keys.chain(stream::pending()).boxed() })
    }

    fn leave(&mut self) {
        self.calls.lock().unwrap().push("leave");
    }

    fn copy(&mut self, _: &str) -> std::io::Result<()> {
        self.calls.lock().unwrap().push("copy");
        Ok(())
    }

    async fn signal(&mut self) -> Signal {
        match self.signals.recv().await {
            Some(signal) => signal,
            None => std::future::pending().await,
        }
    }

    async fn stop(&mut self) {
        self.calls.lock().unwrap().push("stop");
    }

    fn lend(&mut self, _guest: Guest) -> BoxFuture<'static, Result<(), Problem>> {
        self.calls.lock().unwrap().push("lend");
        tokio::time::sleep(self.guest).map(|()| Ok(())).boxed()
    }
}

/// Use cases that do as they are told.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) begun: tokio::time::Instant,
    pub(super) opens: Arc<AtomicUsize>,
    pub(super) dropped: Arc<AtomicUsize>,
    /// How long reading the workspace takes.
    pub(super) open_takes: Duration,
    pub(super) open_panics: bool,
    /// How long a deploy takes, and how long putting back.
    pub(super) deploy_takes: Duration,
    pub(super) put_back_takes: Duration,
}

impl Default for Told {
    fn default() -> Self {
        Self {
            begun: tokio::time::Instant::now(),
            opens: Arc::default(),
            dropped: Arc::default(),
            open_takes: millis(10),
            open_panics: false,
            deploy_takes: millis(5_000),
            put_back_takes: millis(20_000),
        }
    }
}

struct CountDrop(Arc<AtomicUsize>);

impl Drop for CountDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Told {
    async fn carry_out(
        &self,
        environment: EnvName,
        progress: mpsc::Sender<Progress>,
        stop: CancellationToken,
    ) -> Result<DeployReport, Problem> {
        let say = |step| progress.send(Progress { step, event: StepEvent::Started });
        say(Step::Stop).await.unwrap();
        let verdict = tokio::select! {
            () = tokio::time::sleep(self.deploy_takes) => Verdict::Healthy,
            () = stop.cancelled() => {
                say(Step::PutBack).await.unwrap();
                tokio::time::sleep(self.put_back_takes).await;
                Verdict::PutBack
            }
        };
        Ok(DeployReport {
            environment,
            release: ReleaseNumber(1),
            verdict,
            before: Some("elastalert-ci-12".into()),
            cause: None,
            log_tail: Vec::new(),
            commands: Vec::new(),
            timings: Vec::new(),
        })
    }
}

impl UseCases for Told {
    fn now(&self) -> Timestamp {
        let seconds = self.begun.elapsed().as_secs();
        Timestamp::from_second(i64::try_from(seconds).unwrap()).unwrap()
    }

    async fn open(&self, revision: u64) -> Result<Overview, Problem> {
        self.opens.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(self.open_takes).await;
        assert!(!self.open_panics, "a rule without end");
        let workspace = Workspace { revision, ..Workspace::default() };
        Ok(Overview { workspace: Arc::new(workspace), ..Overview::default() })
    }

    fn changes(&self) -> impl Stream<Item = Edits> + Send + 'static {
        stream::iter([Edits::Seen]).chain(stream::pending())
    }

    async fn diff(&self, _: Arc<Overview>, _: EnvName, _: Against) -> Result<Diff, Problem> {
        Err(Problem::new("test.none", "no diff"))
    }

    async fn plan(&self, _: Arc<Overview>, _: EnvName) -> Result<(Plan, Diff), Problem> {
        Err(Problem::new("test.none", "no plan"))
    }

    async fn deploy(
        &self,
        _: Arc<Overview>,
        plan: Arc<Plan>,
        progress: mpsc::Sender<Progress>,
        stop: CancellationToken,
    ) -> Result<DeployReport, Problem> {
        self.carry_out(plan.environment.clone(), progress, stop).await
    }

    async fn resume(
        &self,
        _: Arc<Overview>,
        environment: EnvName,
        _: Way,
        progress: mpsc::Sender<Progress>,
        stop: CancellationToken,
    ) -> Result<DeployReport, Problem> {
        self.carry_out(environment, progress, stop).await
    }

    /// A log that never stops: a batch each millisecond, more than anybody can read.
    async fn follow(
        &self,
        _: Arc<Overview>,
        _: EnvName,
        _: Since,
        lines: mpsc::Sender<LogBatch>,
    ) -> Result<(), Problem> {
        let _count = CountDrop(Arc::clone(&self.dropped));
        loop {
            tokio::time::advance(millis(1)).await;
            lines.send(LogBatch::default()).await.unwrap();
        }
    }

    async fn watch(&self, _: Arc<Overview>, _facts: mpsc::Sender<Fact>) {
        std::future::pending::<()>().await;
    }
}

/// How a run went.
pub(super) struct Run {
    pub(super) result: Result<Exit, Problem>,
    pub(super) heard: Vec<Msg>,
    pub(super) calls: Vec<&'static str>,
    pub(super) said: Vec<String>,
    pub(super) frames: u64,
    /// What the screen showed at the end.
    pub(super) shown: String,
    pub(super) took: Duration,
}

impl Run {
    pub(super) fn count(&self, wanted: impl Fn(&Msg) -> bool) -> usize {
        self.heard.iter().filter(|msg| wanted(msg)).count()
    }
}

/// A console and what will happen to it.
pub(super) struct Play {
    pub(super) keys: Vec<Vec<(Duration, Input)>>,
    pub(super) signals: Vec<(Duration, Signal)>,
    pub(super) told: Told,
    pub(super) guest: Duration,
    pub(super) ends: bool,
    /// Whether the screens open the workspace when they start.
    pub(super) opens: bool,
}

impl Default for Play {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            signals: Vec::new(),
            told: Told::default(),
            guest: millis(0),
            ends: false,
            opens: false,
        }
    }
}

impl Play {
    /// A person who does that.
    pub(super) fn keys(keys: impl IntoIterator<Item = (u64, char)>) -> Self {
        let keys = keys.into_iter().map(|(after, c)| (millis(after), key(c))).collect();
        Self { keys: vec![keys], ..Self::default() }
    }

    pub(super) async fn run(self) -> Run {
        let (sender, signals) = mpsc::channel(1);
        let calls = Calls::default();
        let screen = Script {
            keys: self.keys.into(),
            signals,
            calls: Arc::clone(&calls),
            guest: self.guest,
            ends: self.ends,
        };
        let app = Notes { opens: self.opens, ..Notes::default() };
        let heard = Arc::clone(&app.heard);
        let frames = Arc::new(AtomicUsize::new(0));
        let shown = Arc::new(Mutex::new(String::new()));
        let backend = Watched {
            inner: TestBackend::new(40, 2),
            frames: Arc::clone(&frames),
            shown: Arc::clone(&shown),
        };
        let begun = tokio::time::Instant::now();
        let mut said = Vec::new();
        let runtime = Runtime::new(app, screen, Quiet::new(backend), self.told).unwrap();
        let play: Pin<Box<dyn Future<Output = _>>> = Box::pin(runtime.run(|text| said.push(text.to_owned())));
        let send = async {
            for (after, signal) in self.signals {
                tokio::time::sleep(after).await;
                if sender.send(signal).await.is_err() {
                    break;
                }
            }
            std::future::pending::<()>().await;
        };
        let result = tokio::select! { result = play => result, () = send => unreachable!() };
        Run {
            result,
            heard: heard.lock().unwrap().clone(),
            calls: calls.lock().unwrap().clone(),
            said,
            frames: frames.load(Ordering::SeqCst) as u64,
            shown: shown.lock().unwrap().clone(),
            took: begun.elapsed(),
        }
    }
}

/// Plays one person on any screens and any world; gives how it ended, how many frames there were and what the last one
/// showed.
pub(in crate::shell) async fn play(
    app: impl App,
    use_cases: impl UseCases,
    keys: Vec<(Duration, Input)>,
    (columns, rows): (u16, u16),
) -> (Result<Exit, Problem>, usize, String) {
    let (_sender, signals) = mpsc::channel(1);
    let screen = Script {
        keys: VecDeque::from([keys]),
        signals,
        calls: Calls::default(),
        guest: Duration::ZERO,
        ends: false,
    };
    let (frames, shown) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(String::new())));
    let backend = Watched {
        inner: TestBackend::new(columns, rows),
        frames: Arc::clone(&frames),
        shown: Arc::clone(&shown),
    };
    let result = Runtime::new(app, screen, Quiet::new(backend), use_cases).unwrap().run(|_| {}).await;
    let shown = shown.lock().unwrap().clone();
    (result, frames.load(Ordering::SeqCst), shown)
}

/// A test backend that tells what it shows after the loop has taken it away.
struct Watched {
    inner: TestBackend,
    frames: Arc<AtomicUsize>,
    shown: Arc<Mutex<String>>,
}

impl Frames for Watched {
    fn begin(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }

    fn end(&mut self) -> Result<(), Self::Error> {
        self.frames.fetch_add(1, Ordering::SeqCst);
        *self.shown.lock().unwrap() = self.inner.to_string();
        Ok(())
    }
}

impl ratatui::backend::Backend for Watched {
    type Error = <TestBackend as ratatui::backend::Backend>::Error;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Self::Error>
    where
        I: Iterator<Item = (u16, u16, &'a ratatui::buffer::Cell)>,
    {
        self.inner.draw(content)
    }

    fn hide_cursor(&mut self) -> Result<(), Self::Error> {
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), Self::Error> {
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> Result<Position, Self::Error> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Self::Error> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> Result<(), Self::Error> {
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ratatui::backend::ClearType) -> Result<(), Self::Error> {
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> Result<ratatui::layout::Size, Self::Error> {
        self.inner.size()
    }

    fn window_size(&mut self) -> Result<ratatui::backend::WindowSize, Self::Error> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        self.inner.flush()
    }
}

/// A plan of which the loop reads only the environment.
pub(super) fn plan() -> Plan {
    Plan { steps: Vec::new(), ..crate::app::sample::plan(environment().as_str(), Guard::Open) }
}
