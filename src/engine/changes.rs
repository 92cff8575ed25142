//! Edits of the workspace as the operating system tells them, or as repeated looks find them where it does not. Several
//! edits in a short time are one, because an editor that saves a file makes a handful.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, stream};
use notify::{Config, Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;
use tokio::time::timeout;

/// How long it must have been quiet before an edit is told.
const QUIET: Duration = Duration::from_millis(150);

/// How long an edit is held back at most, when it is never quiet.
const LONGEST: Duration = Duration::from_secs(1);

/// How often files are looked at where the operating system tells nothing.
const LOOK: Duration = Duration::from_secs(1);

type Told = Box<dyn FnMut(notify::Result<Event>) + Send>;

struct Listener {
    root: PathBuf,
    folders: Vec<PathBuf>,
    told: Arc<Notify>,
    watcher: Option<Box<dyn Watcher + Send>>,
}

/// Says that something below one of the folders of `root` changed, from now on and for ever.
pub fn changes(root: &Path, folders: &[&str]) -> impl Stream<Item = ()> + Send + use<> {
    let told = Arc::new(Notify::new());
    let folders = folders.iter().map(|folder| root.join(folder)).collect();
    let mut listener = Listener { root: root.to_path_buf(), folders, told, watcher: None };
    listener.listen();
    stream::unfold(listener, |mut listener| async move {
        listener.told.notified().await;
        let settle = async { while timeout(QUIET, listener.told.notified()).await.is_ok() {} };
        if timeout(LONGEST, settle).await.is_err() {
            tracing::debug!("the workspace changes without end");
        }
        // A folder that was made or replaced is a new one to the operating system.
        listener.listen();
        Some(((), listener))
    })
}

impl Listener {
    /// Listens anew. Where the operating system refuses, such as when it watches too much already, it looks itself.
    fn listen(&mut self) {
        self.watcher = None;
        let native = RecommendedWatcher::new(self.tell(), Config::default())
            .map(|watcher| Box::new(watcher) as Box<dyn Watcher + Send>);
        self.watcher = match native.and_then(|watcher| self.add(watcher)) {
            Ok(watcher) => Some(watcher),
            Err(error) => {
                tracing::warn!(%error, "looking for edits every second");
                let config = Config::default().with_poll_interval(LOOK);
                PollWatcher::new(self.tell(), config)
                    .map(|watcher| Box::new(watcher) as Box<dyn Watcher + Send>)
                    .and_then(|watcher| self.add(watcher))
                    .map_err(|error| tracing::warn!(%error, "edits are not seen"))
                    .ok()
            }
        };
    }

    fn add(&self, mut watcher: Box<dyn Watcher + Send>) -> notify::Result<Box<dyn Watcher + Send>> {
        // The root itself only to see its folders come and go: below it may be much that is not ours.
        watcher.watch(&self.root, RecursiveMode::NonRecursive)?;
        for folder in self.folders.iter().filter(|folder| folder.is_dir()) {
            watcher.watch(folder, RecursiveMode::Recursive)?;
        }
        Ok(watcher)
    }

    fn tell(&self) -> Told {
        let (told, root, folders) = (Arc::clone(&self.told), self.root.clone(), self.folders.clone());
        Box::new(move |event: notify::Result<Event>| {
            let ours =
                |path: &PathBuf| *path != root && folders.iter().any(|folder| path.starts_with(folder));
            match event {
                // Reading the workspace must not look like a change of it.
                Ok(event) if matches!(event.kind, EventKind::Access(_)) => {}
                Ok(event) => {
                    if event.need_rescan() || event.paths.iter().any(ours) {
                        told.notify_one();
                    }
                }
                Err(error) => tracing::warn!(%error, "an edit may have been missed"),
            }
        })
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests edit real files")]
mod tests {
    use std::fs;

    use futures_util::StreamExt;

    use super::*;

    /// Far more than an edit takes; waited for only when it is not seen.
    const PATIENCE: Duration = Duration::from_secs(10);

    async fn seen(changes: &mut (impl Stream<Item = ()> + Unpin)) -> bool {
        timeout(PATIENCE, changes.next()).await.is_ok_and(|item| item.is_some())
    }

    #[tokio::test]
    async fn an_edit_is_told_once_and_a_reading_never() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("rules")).unwrap();
        fs::write(root.path().join("rules/a.yaml"), "a").unwrap();
        let mut changes = Box::pin(changes(root.path(), &["config", "rules"]));
        assert_eq!(fs::read(root.path().join("rules/a.yaml")).unwrap(), b"a");
        fs::write(root.path().join("other"), "not ours").unwrap();
        assert!(timeout(QUIET * 3, changes.next()).await.is_err(), "nothing of ours changed");
        for text in ["b", "bc", "bcd"] {
            fs::write(root.path().join("rules/a.yaml"), text).unwrap();
        }
        assert!(seen(&mut changes).await);
        assert!(timeout(QUIET * 3, changes.next()).await.is_err(), "three writes are one edit");
    }

    #[tokio::test]
    async fn a_folder_that_comes_later_is_listened_to_as_well() {
        let root = tempfile::tempdir().unwrap();
        let mut changes = Box::pin(changes(root.path(), &["config", "rules"]));
        fs::create_dir_all(root.path().join("rules/web")).unwrap();
        assert!(seen(&mut changes).await);
        fs::write(root.path().join("rules/web/a.yaml"), "a").unwrap();
        assert!(seen(&mut changes).await, "below a new folder");
        fs::rename(root.path().join("rules"), root.path().join("old")).unwrap();
        assert!(seen(&mut changes).await, "a folder that is moved away");
    }
}
