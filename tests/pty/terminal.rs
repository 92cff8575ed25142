//! A terminal with the real binary in it. What the binary writes is kept as the screen that a person would see; every
//! wait is for something to appear and has a deadline.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use vt100::{MouseProtocolMode, Parser, Screen};

/// Far more than anything takes, on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long one wait for output lasts before the condition is looked at again.
const GLANCE: Duration = Duration::from_millis(20);

/// The binary in a terminal.
pub(crate) struct Console {
    parser: Parser,
    output: Receiver<Vec<u8>>,
    input: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    /// Kept open, so that the settings of the terminal can be looked at when the binary has ended.
    _slave: Box<dyn SlavePty + Send>,
    child: Box<dyn Child + Send + Sync>,
    before: String,
    state: TempDir,
    begun: Instant,
    raw: Vec<u8>,
}

/// How the binary ended.
pub(crate) struct Ended {
    /// Its exit code.
    pub(crate) code: u32,
    /// What the terminal showed then.
    pub(crate) shown: String,
}

impl Console {
    /// Starts the binary with these arguments and these variables, and nothing of the caller's environment.
    pub(crate) fn start(
        binary: impl AsRef<OsStr>,
        size: (u16, u16),
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let (columns, rows) = size;
        let pair = native_pty_system().openpty(pty_size(columns, rows)).expect("a pty");
        let state = tempfile::tempdir().expect("a folder for the log");
        let mut command = CommandBuilder::new(binary);
        command.args(arguments);
        command.env_clear();
        command.cwd(env!("CARGO_MANIFEST_DIR"));
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("PATH", "/usr/bin:/bin");
        command.env("HOME", state.path());
        command.env("XDG_STATE_HOME", state.path());
        for (name, value) in variables {
            command.env(name, value);
        }
        let before = settings(pair.master.as_ref());
        let begun = Instant::now();
        let child = pair.slave.spawn_command(command).expect("the binary starts");
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut bytes = [0; 16 * 1024];
            while let Ok(count) = reader.read(&mut bytes) {
                if count == 0 || sender.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            parser: Parser::new(rows, columns, 0),
            output,
            input: pair.master.take_writer().expect("a writer"),
            master: pair.master,
            _slave: pair.slave,
            child,
            before,
            state,
            begun,
            raw: Vec::new(),
        }
    }

    /// How long the binary has been there.
    pub(crate) fn age(&self) -> Duration {
        self.begun.elapsed()
    }

    /// What a person sees.
    pub(crate) fn screen(&self) -> &Screen {
        self.parser.screen()
    }

    /// Presses keys: characters, or the sequences of special keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.input
            .write_all(keys.as_bytes())
            .and_then(|()| self.input.flush())
            .expect("the terminal takes keys");
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.parser.screen_mut().set_size(rows, columns);
        self.master.resize(pty_size(columns, rows)).expect("the terminal takes a size");
    }

    /// Sends a signal to the binary.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the binary is there");
    }

    fn pid(&self) -> Pid {
        let id = self.child.process_id().expect("the binary runs");
        Pid::from_raw(i32::try_from(id).expect("a process id")).expect("a process id")
    }

    /// Waits until that text is shown.
    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait(&format!("`{text}`"), |console| console.screen().contents().contains(text));
    }

    /// Waits until something is so; what it is called is said when it never is.
    pub(crate) fn wait(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self) {
            assert!(Instant::now() < deadline, "waited for {what} and saw\n{}", self.screen().contents());
            self.take(GLANCE);
        }
    }

    /// Takes in what the binary writes within that time; whether it wrote anything.
    pub(crate) fn take(&mut self, time: Duration) -> bool {
        match self.output.recv_timeout(time) {
            Ok(bytes) => {
                self.parser.process(&bytes);
                self.raw.extend_from_slice(&bytes);
                true
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => false,
        }
    }

    /// All that the binary wrote since the beginning, or since [`Self::forget`].
    pub(crate) fn written(&self) -> String {
        String::from_utf8_lossy(&self.raw).into_owned()
    }

    /// Forgets what the binary wrote so far; the screen stays.
    pub(crate) fn forget(&mut self) {
        self.raw.clear();
    }

    /// Waits until the operating system says that the binary is stopped.
    pub(crate) fn wait_stopped(&mut self) {
        let stat = format!("/proc/{}/stat", self.pid().as_raw_nonzero());
        self.wait("the binary to be stopped", |_| {
            std::fs::read_to_string(&stat).is_ok_and(|stat| {
                stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('T'))
            })
        });
    }

    /// Whether the terminal is as it was before the binary came.
    pub(crate) fn is_restored(&self) -> bool {
        let screen = self.screen();
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && screen.mouse_protocol_mode() == MouseProtocolMode::None
            && settings(self.master.as_ref()) == self.before
    }

    /// Whether the binary has the terminal.
    pub(crate) fn is_taken(&self) -> bool {
        let screen = self.screen();
        screen.alternate_screen()
            && screen.mouse_protocol_mode() != MouseProtocolMode::None
            && settings(self.master.as_ref()) != self.before
    }

    /// Waits until the binary has ended.
    pub(crate) fn end(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            self.take(GLANCE);
            if let Some(status) = self.child.try_wait().expect("the binary can be waited for") {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end:\n{}", self.screen().contents());
        };
        while self.take(GLANCE) {}
        assert!(self.is_restored(), "the terminal is not as it was:\n{}", self.screen().contents());
        Ended { code: status.exit_code(), shown: self.screen().contents() }
    }

    /// The file that our own log goes to.
    pub(crate) fn log_file(&self) -> std::path::PathBuf {
        self.state.path().join("alertdeck/alertdeck.log")
    }
}

impl Drop for Console {
    /// A test that fails leaves nothing running.
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            drop(self.child.kill());
        }
    }
}

fn pty_size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

/// The settings of the terminal: raw or not, echo or not, and all else.
fn settings(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}
