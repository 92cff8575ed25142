//! Edits of the workspace as the operating system tells them, or as repeated looks find them where it does not. Several
//! edits in a short time are one, because an editor that saves a file makes a handful.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use notify::event::{CreateKind, ModifyKind, RemoveKind};
use notify::{Config, ErrorKind, Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::domain::problem::Problem;
use crate::engine::Edits;

/// How long it must have been quiet before an edit is told. An editor that saves makes a handful of events at once.
const QUIET: Duration = Duration::from_millis(20);

/// The same after more events than an editor makes: another branch is checked out, and it goes on.
const QUIET_AFTER_MANY: Duration = Duration::from_millis(200);

/// How many events are many.
const MANY: usize = 40;

/// How long an edit is held back at most, when it is never quiet.
const LONGEST: Duration = Duration::from_secs(2);

/// The number of the error that says that too many files are open.
const EMFILE: i32 = 24;

/// How long after an edit that was found by looking the workspace is read again: a look tells times apart by seconds,
/// so that a second edit in the same second is none to it.
const AGAIN: Duration = Duration::from_millis(1_100);

/// How often files are looked at where the operating system tells nothing.
const LOOK: Duration = Duration::from_secs(1);

type Told = Box<dyn FnMut(notify::Result<Event>) + Send>;

type Watching = Box<dyn Watcher + Send>;

/// Makes a watcher that the operating system tells of edits.
type Native = fn(Told) -> notify::Result<Watching>;

/// What the watcher has seen.
#[derive(Default)]
struct Seen {
    wake: Notify,
    events: AtomicUsize,
    /// Whether a folder came or went: one that was made or replaced is a new one to the operating system.
    folders: AtomicBool,
}

struct Listener<F> {
    root: PathBuf,
    folders: F,
    listened: Vec<PathBuf>,
    seen: Arc<Seen>,
    native: Native,
    watcher: Option<Watching>,
    /// Why the operating system does not tell.
    untold: Option<Problem>,
    /// Whether anybody listens yet.
    begun: bool,
    /// Whether there may be an edit that a look did not tell apart from the one before.
    again: bool,
}

/// Says when something below one of the folders of `root` changed, from its first item on and for ever. Which folders
/// is asked after each edit.
pub fn changes<F>(root: &Path, folders: F) -> impl Stream<Item = Edits> + Send + use<F>
where
    F: Fn() -> Vec<String> + Send + 'static,
{
    changes_by(root, folders, |told| {
        RecommendedWatcher::new(told, Config::default()).map(|watcher| Box::new(watcher) as Watching)
    })
}

fn changes_by<F>(root: &Path, folders: F, native: Native) -> impl Stream<Item = Edits> + Send + use<F>
where
    F: Fn() -> Vec<String> + Send + 'static,
{
    let (root, seen) = (root.to_path_buf(), Arc::default());
    let listener = Listener {
        root,
        folders,
        listened: Vec::new(),
        seen,
        native,
        watcher: None,
        untold: None,
        begun: false,
        again: false,
    };
    let told = stream::unfold(listener, |mut listener| async move {
        if !listener.begun {
            // Folders are looked at by a thread that may wait for the disk.
            let listener = beside(listener, |listener| {
                listener.begun = true;
                listener.listened = listener.named();
                listener.listen();
                listener.again = listener.untold.is_some();
            })
            .await;
            let told = std::iter::once(Edits::Seen).chain(listener.untold.clone().map(Edits::Untold));
            return Some((told.collect::<Vec<_>>(), listener));
        }
        let seen = Arc::clone(&listener.seen);
        if listener.again {
            listener.again = timeout(AGAIN, seen.wake.notified()).await.is_ok();
        } else {
            seen.wake.notified().await;
            listener.again = listener.untold.is_some();
        }
        let settle = async {
            loop {
                let many = seen.events.load(Ordering::Relaxed) > MANY;
                let quiet = if many { QUIET_AFTER_MANY } else { QUIET };
                if timeout(quiet, seen.wake.notified()).await.is_err() {
                    break;
                }
            }
        };
        if timeout(LONGEST, settle).await.is_err() {
            tracing::debug!("the workspace changes without end");
        }
        seen.events.store(0, Ordering::Relaxed);
        // Looking for folders and at them may take its time.
        let before = listener.untold.clone();
        let listener = beside(listener, Listener::follow).await;
        let untold = listener.untold.clone().filter(|_| before != listener.untold);
        let told = std::iter::once(Edits::Made).chain(untold.map(Edits::Untold));
        Some((told.collect::<Vec<_>>(), listener))
    });
    told.flat_map(stream::iter)
}

/// Does something with a listener on a thread that may wait for the disk. A panic there is one here.
async fn beside<F: Send + 'static>(mut listener: F, work: impl FnOnce(&mut F) + Send + 'static) -> F {
    let done = tokio::task::spawn_blocking(move || {
        work(&mut listener);
        listener
    });
    match done.await {
        Ok(listener) => listener,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The program ends.
            Err(_) => std::future::pending().await,
        },
    }
}

impl<F: Fn() -> Vec<String>> Listener<F> {
    fn named(&self) -> Vec<PathBuf> {
        (self.folders)().iter().map(|folder| self.root.join(folder)).collect()
    }

    /// Listens to the folders that there are now.
    fn follow(&mut self) {
        let named = self.named();
        let folders = self.seen.folders.swap(false, Ordering::Relaxed);
        // What the operating system refused it may grant now.
        if named != self.listened || folders || self.untold.is_some() {
            self.listened = named;
            self.listen();
        }
    }

    /// Listens anew. Where the operating system refuses, such as when it watches too much already, it looks itself.
    fn listen(&mut self) {
        self.watcher = None;
        self.untold = None;
        let native = (self.native)(self.tell());
        self.watcher = match native.and_then(|watcher| self.add(watcher)) {
            Ok(watcher) => Some(watcher),
            Err(error) => {
                tracing::warn!(%error, "looking for edits every second");
                let config = Config::default().with_poll_interval(LOOK);
                let looking = PollWatcher::new(self.tell(), config)
                    .map(|watcher| Box::new(watcher) as Watching)
                    .and_then(|watcher| self.add(watcher));
                let blind =
                    looking.as_ref().err().inspect(|error| tracing::warn!(%error, "edits are not seen"));
                self.untold = Some(untold(&error, blind));
                looking.ok()
            }
        };
    }

    fn add(&self, mut watcher: Watching) -> notify::Result<Watching> {
        // The root itself only to see its folders come and go: below it may be much that is not ours.
        watcher.watch(&self.root, RecursiveMode::NonRecursive)?;
        for folder in self.listened.iter().filter(|folder| folder.is_dir()) {
            watcher.watch(folder, RecursiveMode::Recursive)?;
        }
        Ok(watcher)
    }

    fn tell(&self) -> Told {
        let (seen, root, folders) = (Arc::clone(&self.seen), self.root.clone(), self.listened.clone());
        Box::new(move |event: notify::Result<Event>| match event {
            // Reading the workspace must not look like a change of it.
            Ok(event) if matches!(event.kind, EventKind::Access(_)) => {}
            Ok(event) => {
                let ours = |path: &PathBuf| {
                    // The folder above one of ours may come or go as well.
                    *path != root
                        && folders.iter().any(|folder| path.starts_with(folder) || folder.starts_with(path))
                };
                if event.need_rescan() || event.paths.iter().any(ours) {
                    if event.need_rescan() || is_of_folders(&event, &folders) {
                        seen.folders.store(true, Ordering::Relaxed);
                    }
                    seen.events.fetch_add(1, Ordering::Relaxed);
                    seen.wake.notify_one();
                }
            }
            Err(error) => {
                tracing::warn!(%error, "an edit may have been missed");
                seen.folders.store(true, Ordering::Relaxed);
                seen.wake.notify_one();
            }
        })
    }
}

/// Why the operating system does not tell of edits, what is done instead, and the way out. `blind`: nothing is.
fn untold(error: &notify::Error, blind: Option<&notify::Error>) -> Problem {
    let problem = match blind {
        None => Problem::new("edits.polled", "files are looked at every second for edits"),
        Some(_) => Problem::new("edits.unseen", "edits of the workspace are not seen"),
    };
    // ENOSPC for a watch too many, EMFILE for a listener too many; inotify(7), inotify_add_watch(2), inotify_init(2).
    let limit = match &error.kind {
        ErrorKind::MaxFilesWatch => Some(("fs.inotify.max_user_watches", 524_288)),
        ErrorKind::Io(error) if error.raw_os_error() == Some(EMFILE) => {
            Some(("fs.inotify.max_user_instances", 512))
        }
        _ => None,
    };
    let problem = match limit {
        Some((name, enough)) => problem
            .why(format!("the system's limit {name} is reached, so that it tells of no more edits"))
            .hint(format!("raise it: sudo sysctl {name}={enough}; r reads the workspace again at any time")),
        None => problem
            .why(format!("the system does not tell of them: {error}"))
            .hint("r reads the workspace again at any time"),
    };
    match blind {
        Some(error) => problem.why(format!("nor can they be looked for: {error}")),
        None => problem,
    }
}

/// Whether a folder came, went or was moved.
fn is_of_folders(event: &Event, folders: &[PathBuf]) -> bool {
    match event.kind {
        EventKind::Create(CreateKind::File) | EventKind::Remove(RemoveKind::File) => false,
        EventKind::Create(_) | EventKind::Remove(_) => true,
        // An editor that saves moves its file into place; of what is gone nobody can say what it was.
        EventKind::Modify(ModifyKind::Name(_)) => event
            .paths
            .iter()
            .any(|path| path.is_dir() || folders.iter().any(|folder| folder.starts_with(path))),
        _ => false,
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests edit real files")]
mod tests {
    use std::fs;

    use super::*;

    /// Far more than an edit takes; waited for only when it is not seen.
    const PATIENCE: Duration = Duration::from_secs(10);

    fn usual() -> Vec<String> {
        ["config", "rules"].map(str::to_owned).to_vec()
    }

    /// The edits of a folder, from the time on at which they are seen.
    async fn edits<F>(root: &Path, folders: F) -> std::pin::Pin<Box<dyn Stream<Item = Edits> + Send>>
    where
        F: Fn() -> Vec<String> + Send + 'static,
    {
        let mut edits = Box::pin(changes(root, folders));
        assert_eq!(edits.next().await, Some(Edits::Seen));
        edits
    }

    async fn seen(changes: &mut (impl Stream<Item = Edits> + Unpin)) -> bool {
        timeout(PATIENCE, changes.next()).await.is_ok_and(|item| item == Some(Edits::Made))
    }

    fn polled(problem: &Problem) -> bool {
        problem.code == "edits.polled"
            && problem.why[0].contains("fs.inotify.max_user_watches")
            && problem.hint.as_ref().unwrap().contains("sudo sysctl fs.inotify.max_user_watches=")
    }

    #[tokio::test]
    async fn where_the_system_watches_no_more_files_are_looked_at_and_it_is_said() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("rules/a.yaml");
        fs::create_dir(root.path().join("rules")).unwrap();
        fs::write(&file, "a").unwrap();
        let full: Native = |_| Err(notify::Error::new(ErrorKind::MaxFilesWatch));
        let mut changes = Box::pin(changes_by(root.path(), usual, full));
        assert_eq!(changes.next().await, Some(Edits::Seen));
        assert!(matches!(changes.next().await, Some(Edits::Untold(problem)) if polled(&problem)));
        for text in ["longer", "longer still"] {
            fs::write(&file, text).unwrap();
            until(&mut changes, &file, text).await;
        }
    }

    #[test]
    fn each_limit_is_named_with_its_way_out() {
        let watches = untold(&notify::Error::new(ErrorKind::MaxFilesWatch), None);
        assert!(polled(&watches));
        let io = std::io::Error::from_raw_os_error(EMFILE);
        let both = untold(&notify::Error::io(io), Some(&notify::Error::generic("no such folder")));
        assert_eq!(both.code, "edits.unseen");
        assert!(both.hint.unwrap().contains("max_user_instances"));
        assert!(both.why[1].contains("no such folder"));
        assert!(untold(&notify::Error::generic("odd"), None).why[0].ends_with("odd"));
    }

    #[tokio::test]
    async fn an_edit_is_told_once_and_a_reading_never() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("rules")).unwrap();
        fs::write(root.path().join("rules/a.yaml"), "a").unwrap();
        let mut changes = edits(root.path(), usual).await;
        assert_eq!(fs::read(root.path().join("rules/a.yaml")).unwrap(), b"a");
        fs::write(root.path().join("other"), "not ours").unwrap();
        assert!(timeout(QUIET * 15, changes.next()).await.is_err(), "nothing of ours changed");
        for text in ["b", "bc", "bcd"] {
            fs::write(root.path().join("rules/a.yaml"), text).unwrap();
        }
        assert!(seen(&mut changes).await);
        assert!(timeout(QUIET * 15, changes.next()).await.is_err(), "three writes are one edit");
    }

    #[tokio::test]
    async fn a_folder_that_comes_later_is_listened_to_as_well() {
        let root = tempfile::tempdir().unwrap();
        let mut changes = edits(root.path(), usual).await;
        fs::create_dir_all(root.path().join("rules/web")).unwrap();
        assert!(seen(&mut changes).await);
        fs::write(root.path().join("rules/web/a.yaml"), "a").unwrap();
        assert!(seen(&mut changes).await, "below a new folder");
        fs::rename(root.path().join("rules"), root.path().join("old")).unwrap();
        assert!(seen(&mut changes).await, "a folder that is moved away");
    }

    /// What a way of saving leaves when it is through, seen by whoever reads after each telling.
    async fn until(changes: &mut (impl Stream<Item = Edits> + Unpin), path: &Path, text: &str) -> usize {
        for told in 1.. {
            assert!(seen(changes).await, "told {told} times");
            if fs::read_to_string(path).is_ok_and(|found| found == text) {
                return told;
            }
        }
        0
    }

    #[tokio::test]
    async fn whatever_way_an_editor_saves_in_the_last_text_is_told() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("rules/web")).unwrap();
        let file = root.path().join("rules/web/a.yaml");
        let (new, old) = (root.path().join("rules/web/.a.yaml.swp"), root.path().join("rules/web/a.yaml~"));
        fs::write(&file, "first").unwrap();
        let mut changes = edits(root.path(), usual).await;
        // In place: cut off and written again.
        fs::write(&file, "half").unwrap();
        fs::write(&file, "in place").unwrap();
        until(&mut changes, &file, "in place").await;
        // A new file over the old one.
        fs::write(&new, "renamed").unwrap();
        fs::rename(&new, &file).unwrap();
        until(&mut changes, &file, "renamed").await;
        // The old one put aside, a new one in its place, twice over.
        for text in ["backed up", "backed up again"] {
            fs::rename(&file, &old).unwrap();
            fs::write(&file, text).unwrap();
            fs::remove_file(&old).unwrap();
            until(&mut changes, &file, text).await;
        }
        // It is still the file that is listened to.
        fs::write(&file, "last").unwrap();
        until(&mut changes, &file, "last").await;
    }

    #[tokio::test]
    async fn thousands_of_files_at_once_are_a_few_edits_at_most() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("rules")).unwrap();
        let mut changes = edits(root.path(), usual).await;
        let folder = root.path().join("rules");
        let last = folder.join("r2999.yaml");
        let writing = tokio::task::spawn_blocking(move || {
            for number in 0..3_000 {
                fs::write(folder.join(format!("r{number}.yaml")), "text").unwrap();
            }
        });
        let told = until(&mut changes, &last, "text").await;
        writing.await.unwrap();
        assert!(told <= 10, "told {told} times");
    }

    #[tokio::test]
    async fn a_folder_that_is_removed_and_made_again_is_listened_to() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("rules/web/a.yaml");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let mut changes = edits(root.path(), usual).await;
        for text in ["one", "two"] {
            fs::remove_dir_all(root.path().join("rules")).unwrap();
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, text).unwrap();
            until(&mut changes, &file, text).await;
            fs::write(&file, "more").unwrap();
            until(&mut changes, &file, "more").await;
        }
    }

    #[tokio::test]
    async fn a_folder_that_the_workspace_names_later_is_listened_to() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["config", "team"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        let names = root.path().join("config/names");
        let read = names.clone();
        let folders = move || {
            let more = fs::read_to_string(&read).unwrap_or_default();
            std::iter::once("config".to_owned()).chain(more.lines().map(str::to_owned)).collect()
        };
        let mut changes = edits(root.path(), folders).await;
        fs::write(&names, "team\n").unwrap();
        until(&mut changes, &names, "team\n").await;
        let file = root.path().join("team/a.yaml");
        fs::write(&file, "a").unwrap();
        until(&mut changes, &file, "a").await;
    }
}
