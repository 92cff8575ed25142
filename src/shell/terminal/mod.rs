//! The terminal: entering and leaving it, its events, stopping and continuing, and the one routine that puts it back
//! as it was. Whatever ends the program (a command, an error, a panic, a signal) ends in [`restore`].

use std::backtrace::Backtrace;
use std::fmt::Write as _;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::panic::{self, PanicHookInfo};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute, style, terminal};
use futures_util::Stream;
use futures_util::future::BoxFuture;
use ratatui::backend::CrosstermBackend;

use crate::domain::problem::Problem;

pub use guest::{Guest, Guests};
pub use input::{Input, Keys};
pub use quiet::{Frames, Quiet};
pub use raw::Raw;
pub use signal::Signal;
use signal::Signals;

mod guest;
mod input;
mod quiet;
mod raw;
mod signal;

/// Whether the terminal is ours at the moment. The panic hook and the signals need to know it from anywhere.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// How a frame is gathered before it is written at once.
const FRAME_BYTES: usize = 64 * 1024;

/// The terminal that the program was started in.
#[derive(Debug)]
pub struct Terminal {
    signals: Signals,
    guests: Guests,
}

/// What draws on it.
pub type Output = Quiet<CrosstermBackend<BufWriter<Stdout>>>;

impl Terminal {
    /// The terminal of this process; refuses kindly when there is none.
    pub fn new(guests: Guests) -> Result<Self, Problem> {
        if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
            return Err(Problem::new("console.no-terminal", "the console needs a terminal")
                .why("standard input or output is a file or a pipe")
                .hint(
                    "the verbs work without one: `alertdeck status`, `diff ENV`, `deploy ENV`; see `--help`",
                ));
        }
        // Without colours our own theme has none. crossterm would leave them out by resetting every style, which
        // takes the selection's reverse video away too.
        style::force_color_output(true);
        let signals = Signals::new().map_err(|error| {
            Problem::new("console.signals", "cannot listen to signals").why(error.to_string())
        })?;
        Ok(Self { signals, guests })
    }

    /// What draws on it.
    pub fn output(&self) -> Output {
        Quiet::new(CrosstermBackend::new(BufWriter::with_capacity(FRAME_BYTES, io::stdout())))
    }
}

/// The terminal as the loop needs it; tests have one of their own.
pub trait Screen {
    /// What the person does.
    type Keys: Stream<Item = io::Result<Input>> + Unpin;

    /// Takes the terminal, and begins to read what the person does.
    fn enter(&mut self) -> io::Result<Self::Keys>;
    /// Gives the terminal back as it was. The keys must be dropped before, or they would be read from whoever has
    /// the terminal next.
    fn leave(&mut self);
    /// The next signal. Dropping the wait loses none.
    fn signal(&mut self) -> impl Future<Output = Signal>;
    /// Puts a text on the clipboard of whoever sits at the terminal.
    fn copy(&mut self, text: &str) -> io::Result<()>;
    /// Stops this process, as Ctrl-Z does, and returns when it was continued in the foreground.
    fn stop(&mut self) -> impl Future<Output = ()>;
    /// Runs another program in the terminal, which was left before. It ends when that program ends.
    fn lend(&mut self, guest: Guest) -> BoxFuture<'static, Result<(), Problem>>;
}

impl Screen for Terminal {
    type Keys = Keys;

    fn enter(&mut self) -> io::Result<Keys> {
        ENTERED.store(true, Ordering::SeqCst);
        let taken = terminal::enable_raw_mode().and_then(|()| {
            execute!(
                io::stdout(),
                EnterAlternateScreen,
                EnableMouseCapture,
                EnableBracketedPaste,
                cursor::Hide
            )
        });
        match taken {
            Ok(()) => Ok(Keys::new()),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }

    fn leave(&mut self) {
        restore();
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        // Terminals take this from afar as well, over ssh and, where it lets them, through tmux.
        execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text))
    }

    async fn signal(&mut self) -> Signal {
        self.signals.next().await
    }

    async fn stop(&mut self) {
        self.signals.stop().await;
    }

    fn lend(&mut self, guest: Guest) -> BoxFuture<'static, Result<(), Problem>> {
        self.guests.run(guest)
    }
}

/// Puts the terminal back as it was, if it is ours; says whether it was. An unfinished frame is closed first,
/// because a terminal that waits for its end shows nothing.
pub fn restore() -> bool {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return false;
    }
    // Each on its own: what fails must not keep the rest from being put back.
    let mut out = io::stdout().lock();
    let results = [
        execute!(out, EndSynchronizedUpdate),
        execute!(out, DisableBracketedPaste, DisableMouseCapture),
        execute!(out, style::ResetColor, LeaveAlternateScreen, cursor::Show),
        terminal::disable_raw_mode(),
    ];
    for error in results.into_iter().filter_map(Result::err) {
        tracing::warn!(%error, "the terminal could not be put back");
    }
    true
}

/// From now on a panic of this thread, which must be the one that has the terminal, puts the terminal back and says
/// where the log file is. A panic of any other thread is only logged: the loop hears of it and goes on.
pub fn restore_on_panic(log_file: Option<PathBuf>) {
    let owner = thread::current().id();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        tracing::error!(panic = %describe(info), backtrace = %Backtrace::force_capture(), "panic");
        if thread::current().id() == owner {
            restore();
            report(info, log_file.as_ref());
        } else if !ENTERED.load(Ordering::SeqCst) {
            before(info);
        }
    }));
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let mut text = said(info.payload()).to_owned();
    if let Some(place) = info.location()
        && write!(text, " ({place})").is_err()
    {
        text.push_str(" (nowhere)");
    }
    text
}

/// What a panic said.
pub(crate) fn said(payload: &(dyn std::any::Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("something that is no text")
}

fn report(info: &PanicHookInfo<'_>, log_file: Option<&PathBuf>) {
    let mut text = format!("alertdeck crashed: {}\nThis is a mistake in alertdeck.", describe(info));
    let written = match log_file {
        Some(path) => write!(text, " More is in {}", path.display()),
        None => write!(text, " Run it again with a writable state folder to get a log file."),
    };
    // There is nowhere left to say that this failed.
    if written.and_then(|()| writeln!(text)).is_err() || io::stderr().write_all(text.as_bytes()).is_err() {
        tracing::debug!("standard error is closed");
    }
}
