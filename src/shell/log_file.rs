//! Our own log. It goes to a file in the place that the platform has for such things and never to the screen, which
//! belongs to the console; a crash says where it is.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use directories::ProjectDirs;
use tracing_subscriber::EnvFilter;

/// A log of that size is put aside when the program starts; one older log is kept.
const LONGEST: u64 = 4 * 1024 * 1024;

/// Modules whose finer levels are never written, whatever was asked for: at `trace` they print bodies, and in them
/// secrets.
const QUIET: [&str; 5] = ["bollard=info", "hyper=info", "hyper_util=info", "ureq=info", "rustls=info"];

/// Where the log belongs on this platform; `None` where there is no home.
pub fn place() -> Option<PathBuf> {
    let folders = ProjectDirs::from("", "", "alertdeck")?;
    let folder = folders.state_dir().unwrap_or_else(|| folders.data_local_dir());
    Some(folder.join("alertdeck.log"))
}

/// Begins to write the log to that file, in the levels that `ALERTDECK_LOG` asks for; gives the path back when it
/// can be written. Without a log the program works as well, so nothing here is an error.
pub fn begin(path: Option<PathBuf>, levels: Option<&str>) -> Option<PathBuf> {
    let path = path?;
    let file = open(&path).ok()?;
    let begun = tracing_subscriber::fmt()
        .with_writer(Mutex::new(file))
        .with_ansi(false)
        .with_env_filter(filter(levels))
        .try_init();
    begun.ok().map(|()| path)
}

fn filter(levels: Option<&str>) -> EnvFilter {
    let asked = levels.and_then(|levels| EnvFilter::try_new(levels).ok());
    QUIET
        .iter()
        .filter_map(|quiet| quiet.parse().ok())
        .fold(asked.unwrap_or_else(|| EnvFilter::new("info")), EnvFilter::add_directive)
}

#[expect(clippy::disallowed_methods, reason = "the log is no file of the workspace")]
fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    if path.metadata().is_ok_and(|found| found.len() > LONGEST) {
        std::fs::rename(path, path.with_extension("log.old"))?;
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests look at real files")]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_long_log_is_put_aside_and_nobody_else_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/alertdeck/alertdeck.log");
        open(&path).unwrap().write_all(&vec![b'x'; usize::try_from(LONGEST).unwrap() + 1]).unwrap();
        open(&path).unwrap().write_all(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(path.with_extension("log.old").exists());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn bodies_are_never_written_whatever_is_asked_for() {
        let filter = filter(Some("trace,bollard=trace")).to_string();
        assert!(filter.contains("bollard=info") && !filter.contains("bollard=trace"), "{filter}");
    }
}
