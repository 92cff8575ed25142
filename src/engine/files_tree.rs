//! Reads the folders of a workspace within bounds, and follows no link out of it. A file that is what it was when it was
//! read before is not opened again.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use walkdir::{DirEntry, WalkDir};

use crate::domain::problem::{Place, Problem};
use crate::engine::files::{MOST_BYTES, read, shown};
use crate::engine::{SourceFile, Stamp};

/// The most files that a workspace has.
pub(super) const MOST_FILES: usize = 20_000;

/// The most bytes that they have together.
const MOST_TOTAL: usize = 128 * 1024 * 1024;

/// A file that was written so short a time before it was read may be written again without another time.
const FRESH: Duration = Duration::from_secs(3);

/// The most files and folders that are looked at; links can make many of a few.
const MOST_ENTRIES: usize = 10 * MOST_FILES;

/// All files below the folders; of those that are `known` and were not written since, the bytes that were read then.
pub(super) fn read_tree(
    root: &Path,
    folders: &[&str],
    known: &[SourceFile],
) -> Result<(Vec<SourceFile>, Vec<Problem>), Problem> {
    let home = root.canonicalize().map_err(|error| {
        Problem::new("workspace.unreadable", format!("cannot read `{}`", shown(root))).why(error.to_string())
    })?;
    let mut reading = Reading {
        root,
        home,
        known,
        files: Vec::with_capacity(known.len()),
        problems: Vec::new(),
        full: false,
        seen: 0,
        bytes: 0,
    };
    for folder in folders {
        reading.folder(folder);
    }
    reading.files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok((reading.files, reading.problems))
}

/// A tree while it is read.
struct Reading<'a> {
    root: &'a Path,
    /// The root without links, to tell what lies in it.
    home: PathBuf,
    /// What was read before, sorted by path.
    known: &'a [SourceFile],
    files: Vec<SourceFile>,
    problems: Vec<Problem>,
    full: bool,
    seen: usize,
    bytes: usize,
}

/// Why a link is not followed, if it is not, or else where it leads, as a path within the workspace.
fn follow_link(link: &DirEntry, home: &Path) -> Result<Option<PathBuf>, &'static str> {
    let path = link.path();
    // One that leads nowhere is told by the walk itself.
    let Ok(target) = path.canonicalize() else { return Ok(None) };
    let Ok(inside) = target.strip_prefix(home) else { return Err("the link leads out of the workspace") };
    let above = path.parent().and_then(|folder| folder.canonicalize().ok());
    if above.is_some_and(|above| above.starts_with(&target)) {
        return Err("the link leads back to a folder above it");
    }
    if inside.starts_with(".git") {
        return Err("the link leads into the folder of git");
    }
    // What lies there is read for its values, of which some are secrets, and laid out under no name.
    let reserved = LAYERS.iter().flat_map(|folder| ["", "src/"].map(|prefix| Path::new(prefix).join(folder)));
    let mut reserved = reserved.filter(|folder| inside.starts_with(folder) || folder.starts_with(inside));
    if link.depth() > 0 && reserved.next().is_some() && !is_layer(&path.to_string_lossy()) {
        return Err("the link leads to the files of layers, which are not laid out");
    }
    Ok(Some(inside.to_path_buf()))
}

impl Reading<'_> {
    fn folder(&mut self, folder: &str) {
        let start = self.root.join(folder);
        if !start.exists() {
            return;
        }
        let mut links = Vec::new();
        let (home, root) = (self.home.clone(), self.root.to_path_buf());
        let walk = WalkDir::new(&start).follow_links(true).sort_by_file_name().into_iter();
        let walk = walk.filter_entry(|entry| {
            if !entry.path_is_symlink() {
                return true;
            }
            let followed = follow_link(entry, &home);
            match &followed {
                Ok(Some(target)) => links.push(linked(target, &root, entry.path())),
                Ok(None) => {}
                Err(what) => links.push(problem("workspace.link", what, &root, entry.path())),
            }
            followed.is_ok()
        });
        for entry in walk {
            match entry {
                Ok(entry) => self.entry(&entry),
                Err(error) => {
                    let path = error.path().unwrap_or(&start).to_path_buf();
                    let looped = error.loop_ancestor().is_some();
                    let (code, what) = match (looped, path.is_symlink()) {
                        (true, _) => ("workspace.link", "the link leads back to a folder above it"),
                        (false, true) => ("workspace.link", "the link leads nowhere"),
                        (false, false) => ("workspace.file", "cannot be read"),
                    };
                    let mut problem = problem(code, what, self.root, &path);
                    if let Some(error) = error.io_error() {
                        problem = problem.why(error.to_string());
                    }
                    self.problems.push(problem);
                }
            }
            self.seen += 1;
            if self.full || self.seen > MOST_ENTRIES {
                break;
            }
        }
        self.problems.append(&mut links);
    }

    fn entry(&mut self, entry: &DirEntry) {
        let path = entry.path();
        let kind = entry.file_type();
        if kind.is_dir() {
            return;
        }
        if !kind.is_file() {
            self.problems.push(problem(
                "workspace.file",
                "it is neither a file nor a folder",
                self.root,
                path,
            ));
            return;
        }
        let Some(name) = below(self.root, path).filter(|name| !name.chars().any(char::is_control)) else {
            self.problems.push(
                problem("workspace.file", "the name of the file cannot be used", self.root, path)
                    .why("it is not UTF-8 or holds control characters"),
            );
            return;
        };
        if self.files.len() >= MOST_FILES {
            self.end(format!("there are more than {MOST_FILES} files"), name);
            return;
        }
        match self.file(entry, name.as_str()) {
            Ok(file) => {
                self.bytes += file.bytes.len();
                if self.bytes > MOST_TOTAL {
                    self.end(format!("its files hold more than {} MiB", MOST_TOTAL / 1024 / 1024), name);
                    return;
                }
                self.files.push(file);
            }
            Err(error) => {
                self.problems.push(
                    problem("workspace.file", "the file cannot be read", self.root, path)
                        .why(error.to_string()),
                );
            }
        }
    }

    /// Reads no further.
    fn end(&mut self, what: String, name: String) {
        self.full = true;
        self.problems.push(
            Problem::new("workspace.large", what)
                .at(Place::file(name))
                .why("files from this one on are not read"),
        );
    }

    /// A file, from the disk or, if it is what it was, from before.
    fn file(&self, entry: &DirEntry, name: &str) -> io::Result<SourceFile> {
        let stamp = stamp(&entry.metadata()?, FRESH);
        if let Ok(at) = self.known.binary_search_by(|known| known.path.as_str().cmp(name))
            && let Some(known) = self.known.get(at).filter(|known| stamp.is_some() && known.stamp == stamp)
        {
            return Ok(known.clone());
        }
        let bytes = read(entry.path(), MOST_BYTES)?.into();
        // Layers hold values that are secrets, or may be; no copy of them is kept.
        let stamp = stamp.filter(|_| !is_layer(name));
        Ok(SourceFile { path: name.to_owned(), bytes, stamp })
    }
}

/// Folders of layers.
const LAYERS: [&str; 2] = ["config/environments/", "config/substitutions/"];

/// Whether a file lies in a folder of layers.
pub(super) fn is_layer(path: &str) -> bool {
    LAYERS.iter().any(|folder| path.contains(folder))
}

/// The stamp of a file. One that is quite new has none: times are coarse, and it may be written again within one.
fn stamp(found: &fs::Metadata, fresh: Duration) -> Option<Stamp> {
    // When it was written can be set by anybody; when it was changed last can not.
    let since = Duration::new(found.ctime().try_into().ok()?, found.ctime_nsec().try_into().ok()?);
    let age = (UNIX_EPOCH + since).elapsed().ok()?;
    let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
    (age > fresh).then(|| {
        Stamp([
            i128::from(found.dev()),
            i128::from(found.ino()),
            i128::from(found.len()),
            nanoseconds(found.mtime(), found.mtime_nsec()),
            nanoseconds(found.ctime(), found.ctime_nsec()),
        ])
    })
}

/// The path below the root, with `/`; `None` when it is not UTF-8.
fn below(root: &Path, path: &Path) -> Option<String> {
    let path = path.strip_prefix(root).unwrap_or(path);
    let parts: Option<Vec<&str>> = path.components().map(|part| part.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/"))
}

fn problem(code: &'static str, what: &str, root: &Path, path: &Path) -> Problem {
    let name = path.strip_prefix(root).unwrap_or(path);
    Problem::new(code, what).at(Place::file(shown(name)))
}

/// Says of a link that it is followed.
fn linked(target: &Path, root: &Path, path: &Path) -> Problem {
    let what = format!("the link to `{}` is followed", shown(target));
    problem("workspace.linked", &what, root, path)
        .why("what it leads to is laid out in its place, as plain files")
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests write real files")]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_the_stamp_it_had_is_not_read_again_and_any_other_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules/a.yaml");
        fs::create_dir(path.parent().unwrap()).unwrap();
        fs::write(&path, "new").unwrap();
        let entry = || WalkDir::new(&path).into_iter().next().unwrap().unwrap();
        let known =
            |stamp| [SourceFile { path: "rules/a.yaml".into(), bytes: b"old".to_vec().into(), stamp }];
        let read = |known: &[SourceFile]| read_tree(folder.path(), &["rules"], known).unwrap().0;
        let now = stamp(&entry().metadata().unwrap(), Duration::ZERO);
        assert!(now.is_some());
        // It was written just now, and may be again without another time.
        assert_eq!(read(&known(now)).first().unwrap().bytes.as_ref(), b"new");
        assert_eq!(read(&known(None)).first().unwrap().bytes.as_ref(), b"new");
        assert_eq!(stamp(&entry().metadata().unwrap(), FRESH), None);
        fs::write(&path, "other").unwrap();
        assert_ne!(stamp(&entry().metadata().unwrap(), Duration::ZERO), now);
    }
}
