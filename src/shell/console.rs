//! Opens the console on a world, real or made up. Here the screens, the terminal and the use cases meet; each knows
//! nothing of the other two.

use std::path::{Path, PathBuf};

use ratatui::Frame;

use crate::app::{self, Effect, Header, Key, Model, Msg};
use crate::domain::problem::Problem;
use crate::engine::files::read_small;
use crate::engine::{Clock, Engine, World};
use crate::shell::log_file;
use crate::shell::print::{Exit, Printer};
use crate::shell::runtime::{App, Runtime};
use crate::shell::settings;
use crate::shell::terminal::{self, Guests, Terminal};
use crate::ui::{self, Hits, Theme};

/// What the console is told before it opens.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name of the theme.
    pub theme: Theme,
    /// Whether the world is a made-up one, which the header says.
    pub demo: bool,
    /// How other programs are started in the terminal.
    pub guests: Guests,
    /// Where our own log goes.
    pub log_file: Option<PathBuf>,
    /// The key at which the demo falls over, so that a test sees the terminal put back.
    pub panic_at: Option<Key>,
}

impl Settings {
    /// What the process environment asks for: the theme, no colours, what our own log says. The log begins here.
    pub fn from_environment(guests: Guests) -> Result<Self, Problem> {
        let name = settings::variable("ALERTDECK_THEME").filter(|name| !name.is_empty());
        let usual = if settings::few_colours() { "mono" } else { "dark" };
        let name = if settings::plain() { "mono" } else { name.as_deref().unwrap_or(usual) };
        let theme = theme(name, guests.root.as_deref())?;
        let true_colour = settings::variable("COLORTERM")
            .is_some_and(|value| matches!(value.as_str(), "truecolor" | "24bit"));
        let theme = if true_colour { theme } else { theme.with_256_colors() };
        let levels = settings::variable("ALERTDECK_LOG");
        let log_file = log_file::begin(log_file::place(), levels.as_deref());
        Ok(Self { theme, demo: false, guests, log_file, panic_at: None })
    }
}

/// The theme of that name: a built-in one, else the workspace's own `themes/NAME.yaml`.
fn theme(name: &str, root: Option<&Path>) -> Result<Theme, Problem> {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let own = root.filter(|_| plain && !Theme::is_built_in(name));
    let file = format!("themes/{name}.yaml");
    let read = own.map(|root| read_small(&root.join(&file))).transpose()?.flatten();
    match read {
        Some(bytes) => Theme::parse(name, &file, &String::from_utf8_lossy(&bytes)),
        None => Theme::built_in(name),
    }
}

/// The screens.
struct Screens {
    model: Model,
    theme: Theme,
    panic_at: Option<Key>,
}

impl App for Screens {
    fn update(&mut self, msg: Msg) -> Vec<Effect> {
        if let Msg::Key(key) = &msg {
            assert!(self.panic_at != Some(*key), "the key that was asked for was pressed");
        }
        app::update(&mut self.model, msg)
    }

    fn view(&self, frame: &mut Frame<'_>) -> Hits {
        ui::view(&self.model, &self.theme, frame)
    }

    fn revision(&self) -> u64 {
        self.model.revision()
    }
}

/// Opens the console on the real world, where other programs can have the terminal for a while.
pub async fn open<W: World>(engine: Engine<W>, out: Printer) -> Result<Exit, Problem> {
    let guests =
        Guests { editor: settings::editor(), root: Some(engine.root.clone()), shell: shell(&engine.root) };
    let settings = Settings::from_environment(guests)?;
    console(engine, settings, out).await
}

/// Our own verb opens the shell: it knows which container is meant, and asks the same engine.
fn shell(root: &Path) -> Vec<String> {
    let program = std::env::current_exe().ok().and_then(|path| path.into_os_string().into_string().ok());
    match (program, root.to_str()) {
        (Some(program), Some(root)) => vec![program, "--workspace".into(), root.into(), "shell".into()],
        _ => Vec::new(),
    }
}

/// Opens the console and returns when it has ended.
pub async fn console<W: World>(engine: Engine<W>, settings: Settings, out: Printer) -> Result<Exit, Problem> {
    let terminal = Terminal::new(settings.guests)?;
    terminal::restore_on_panic(settings.log_file);
    let header = Header {
        workspace: engine.root.display().to_string(),
        demo: settings.demo,
        theme: settings.theme.name.clone(),
    };
    let screens = Screens {
        model: Model::new(header, engine.world.clock().now()),
        theme: settings.theme,
        panic_at: settings.panic_at,
    };
    let output = terminal.output();
    // The loop holds all of the console; on the heap it does not weigh on whoever waits for it.
    Box::pin(Runtime::new(screens, terminal, output, engine)?.run(|text| out.talk(text))).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::KeyCode;

    use crate::engine::fake::{FakeWorld, Hanging, demo};
    use crate::shell::runtime::tests::stage::{key, millis, play};
    use crate::shell::terminal::Input;

    const CTRL_C: Input = Input::Key(Key { code: KeyCode::Char('c'), ctrl: true, alt: false });
    const ENTER: Input = Input::Key(Key { code: KeyCode::Enter, ctrl: false, alt: false });

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test lays out real files")]
    fn a_theme_is_built_in_or_the_workspaces_own() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            std::fs::create_dir_all(folder.path().join("themes")).unwrap();
            std::fs::write(folder.path().join(format!("themes/{name}.yaml")), text).unwrap();
        };
        let (_, mono) = ui::theme::BUILT_IN.iter().find(|(name, _)| *name == "mono").unwrap();
        write("ours", mono);
        write("dark", "nonsense");
        write("torn", "text: {");
        assert_eq!(theme("ours", Some(folder.path())).unwrap().name, "ours");
        assert_eq!(theme("dark", Some(folder.path())).unwrap(), Theme::built_in("dark").unwrap());
        let torn = theme("torn", Some(folder.path())).unwrap_err();
        assert_eq!((torn.code, torn.place.unwrap().file.as_str()), ("theme.invalid", "themes/torn.yaml"));
        for unknown in ["none", "../themes/ours", ""] {
            assert_eq!(theme(unknown, Some(folder.path())).unwrap_err().code, "theme.unknown", "{unknown}");
        }
        assert_eq!(theme("ours", None).unwrap_err().code, "theme.unknown", "the demo has no workspace");
    }

    async fn demo() -> Engine<FakeWorld> {
        let (world, root) = demo::world("2026-03-14T03:12:00Z".parse().unwrap()).await.unwrap();
        Engine::new(world, root, Vec::new())
    }

    /// The whole console on the demo's world, on a paused clock: seconds there are milliseconds here.
    async fn console(keys: Vec<(u64, Input)>) -> (usize, String) {
        console_on(demo().await, keys).await
    }

    async fn console_on(engine: Engine<FakeWorld>, keys: Vec<(u64, Input)>) -> (usize, String) {
        let header = Header { workspace: "/demo".into(), demo: true, theme: "mono".into() };
        let model = Model::new(header, engine.world.clock().now());
        let screens = Screens { model, theme: Theme::built_in("mono").unwrap(), panic_at: None };
        let keys = keys.into_iter().map(|(after, input)| (millis(after), input)).collect();
        let (result, frames, shown) = Box::pin(play(screens, engine, keys, (120, 36))).await;
        assert_eq!(result.unwrap(), Exit::Ok);
        (frames, shown)
    }

    #[tokio::test(start_paused = true)]
    async fn the_console_shows_the_demo_and_draws_seldom() {
        let (frames, shown) = console(vec![(20_000, key('4')), (20_000, key('q'))]).await;
        assert!(shown.contains("9 rules loaded, 9 expected"), "{shown}");
        assert!(shown.contains("failing") && shown.contains("DEMO"), "{shown}");
        assert!(frames < 40, "{frames} frames in 40 s, in which only ages change");
    }

    #[tokio::test(start_paused = true)]
    async fn the_screens_know_how_much_room_there_is() {
        let (_, help) =
            console(vec![(5_000, key('?')), (500, key('G')), (500, key('q')), (500, key('q'))]).await;
        assert!(!help.contains("Keys"), "closed again");
        let (_, help) = console(vec![(5_000, key('?')), (500, key('G')), (500, CTRL_C)]).await;
        assert!(help.contains("Drop what was typed"), "the end of it is reached: {help}");
        let (_, rules) =
            console(vec![(5_000, key('/')), (50, ENTER), (50, key('j')), (500, key('j')), (500, key('q'))])
                .await;
        assert!(
            rules.contains("Rules 10") && rules.contains("Application errors"),
            "the list stays where it is: {rules}"
        );
    }

    /// Lets time pass although a thread is kept busy, which keeps a paused clock from going on by itself; then lets the
    /// disk answer.
    async fn hang_for(millis_: u64, disk: Hanging) {
        for _ in 0..millis_ / 5 {
            tokio::time::advance(millis(5)).await;
        }
        drop(disk);
        std::future::pending::<()>().await;
    }

    #[tokio::test(start_paused = true)]
    async fn keys_are_drawn_while_the_disk_hangs() {
        let engine = demo().await;
        let disk = engine.world.files().hang();
        let keys = vec![(1_000, key('2')), (1_000, key('?')), (1_000, CTRL_C)];
        let (frames, shown) = tokio::select! {
            run = console_on(engine, keys) => run,
            () = hang_for(60_000, disk) => unreachable!("it ended long before the disk answered"),
        };
        assert!(frames >= 2 && shown.contains("Keys · Esc closes"), "{frames} frames: {shown}");
        assert!(!shown.contains("Production"), "nothing was read: {shown}");
    }

    #[tokio::test(start_paused = true)]
    async fn of_many_readings_that_were_asked_for_one_runs_and_the_newest_comes() {
        let engine = demo().await;
        let world = engine.world.clone();
        let before = world.files().reads();
        let disk = world.files().hang();
        let again = (0..20).map(|_| (100, key('r')));
        let keys = again.chain([(60_000, key('q'))]).collect();
        let (_, shown) = tokio::select! {
            run = console_on(engine, keys) => run,
            () = hang_for(10_000, disk) => unreachable!(),
        };
        assert!(shown.contains("Production"), "{shown}");
        // Each reading looks at the folders twice: for where the rules are, and for all of it. The listener for edits
        // looks once, the reading that hung ends, and the last one comes.
        let reads = world.files().reads() - before;
        assert!(reads <= 5, "{reads} looks at the folders");
    }

    #[tokio::test(start_paused = true)]
    async fn a_deploy_in_the_console_comes_to_its_verdict() {
        let keys = vec![(5_000, key('d')), (5_000, ENTER), (30_000, ENTER), (3_000, key('q'))];
        let (_, shown) = console(keys).await;
        assert!(shown.contains("in sync") && shown.contains("r13"), "{shown}");
    }
}
