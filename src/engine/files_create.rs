//! Makes files where nothing is. Each folder is opened from the one above it without following links, so that nothing
//! can be put elsewhere, also when somebody changes the folders meanwhile; what is there is never written over.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, fchmod, mkdirat, open, openat, statat, unlinkat};
use rustix::io::Errno;

use crate::domain::problem::{Place, Problem};

const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);

/// Whether anything is at that path below the root; a problem when a folder on the way is none.
pub(super) fn stands(root: &Path, path: &str) -> Result<bool, Problem> {
    let Some((mut folder, parts, name)) = begin(root, path, None)? else { return Ok(false) };
    for (part, shown) in parts {
        folder = match openat(&folder, part, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(inside) => inside,
            Err(Errno::NOENT) => return Ok(false),
            Err(error) => return Err(no_folder(&folder, part, &shown, error)),
        };
    }
    match statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Ok(true),
        Err(Errno::NOENT) => Ok(false),
        Err(error) => Err(failed(path, &error.into())),
    }
}

/// Makes a file and the folders above it; `false` when something is there already.
pub(super) fn create(root: &Path, path: &str, bytes: &[u8]) -> Result<bool, Problem> {
    make(root, path, bytes, false)
}

/// Makes a file that only its owner can read, in folders of that kind; `false` when something is there already.
pub(super) fn create_private(root: &Path, path: &str, bytes: &[u8]) -> Result<bool, Problem> {
    make(root, path, bytes, true)
}

fn make(root: &Path, path: &str, bytes: &[u8], private: bool) -> Result<bool, Problem> {
    let (of_folders, of_files) = if private { (0o700, 0o600) } else { (0o777, 0o666) };
    let Some((mut folder, parts, name)) = begin(root, path, Some(of_folders))? else { return Ok(false) };
    for (part, shown) in parts {
        match mkdirat(&folder, part, Mode::from_raw_mode(of_folders)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(failed(&shown, &error.into())),
        }
        folder = openat(&folder, part, FOLDER | OFlags::NOFOLLOW, Mode::empty())
            .map_err(|error| no_folder(&folder, part, &shown, error))?;
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = match openat(&folder, name, flags, Mode::from_raw_mode(of_files)) {
        Ok(file) => file,
        Err(Errno::EXIST) => return Ok(false),
        Err(error) => return Err(failed(path, &error.into())),
    };
    if private {
        // Whatever the umask took away.
        fchmod(&file, Mode::from_raw_mode(of_files)).map_err(|error| failed(path, &error.into()))?;
    }
    let mut file = File::from(file);
    if let Err(error) = file.write_all(bytes).and_then(|()| file.flush()) {
        // Half a file is worse than none, and this one is our own.
        if let Err(kept) = unlinkat(&folder, name, AtFlags::empty()) {
            tracing::debug!(%kept, path, "half a file is left");
        }
        return Err(failed(path, &error));
    }
    Ok(true)
}

type Parts<'a> = (OwnedFd, Vec<(&'a str, String)>, &'a str);

/// The root, opened, with the folders below it that lead to the file, and the file's name. `None`: there is no root.
fn begin<'a>(root: &Path, path: &'a str, make: Option<u32>) -> Result<Option<Parts<'a>>, Problem> {
    let shown = super::files::shown(root);
    if let Some(mode) = make {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(root)
            .map_err(|error| failed(&shown, &error))?;
    }
    let root = match open(root, FOLDER, Mode::empty()) {
        Ok(root) => root,
        Err(Errno::NOENT) if make.is_none() => return Ok(None),
        Err(Errno::NOTDIR) => {
            return Err(
                Problem::new("init.folder", format!("`{shown}` is no folder")).hint("name another one")
            );
        }
        Err(error) => return Err(failed(&shown, &error.into())),
    };
    let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut at = 0;
    let parts = above
        .split('/')
        .filter(|part| !part.is_empty())
        .map(|part| {
            at += part.len() + 1;
            (part, path.get(..at - 1).unwrap_or(path).to_owned())
        })
        .collect();
    Ok(Some((root, parts, name)))
}

fn no_folder(above: &OwnedFd, name: &str, shown: &str, error: Errno) -> Problem {
    if !matches!(error, Errno::NOTDIR | Errno::LOOP) {
        return failed(shown, &error.into());
    }
    let kind =
        statat(above, name, AtFlags::SYMLINK_NOFOLLOW).map(|found| FileType::from_raw_mode(found.st_mode));
    let what = if kind == Ok(FileType::Symlink) { "a link" } else { "a file" };
    Problem::new("init.folder", format!("{shown} is {what}, and a folder is needed there"))
        .at(Place::file(shown))
        .why("nothing is put where a link leads, and nothing that is there is taken away")
        .hint("move it away, or make that folder by hand")
}

fn failed(path: &str, error: &io::Error) -> Problem {
    Problem::new("init.failed", format!("cannot make {path}")).at(Place::file(path)).why(error.to_string())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests make and read real files")]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_file_is_made_once_and_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("new/one");
        assert!(!stands(&root, "a/b.yaml").unwrap());
        assert!(create(&root, "a/b.yaml", b"first").unwrap());
        assert!(stands(&root, "a/b.yaml").unwrap());
        assert!(!create(&root, "a/b.yaml", b"second").unwrap());
        assert_eq!(fs::read(root.join("a/b.yaml")).unwrap(), b"first");
    }

    #[test]
    fn of_many_who_make_the_same_file_one_does_and_its_text_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let texts: Vec<String> = (0..8).map(|n| n.to_string().repeat(5_000)).collect();
        let made: Vec<bool> = std::thread::scope(|scope| {
            let racers: Vec<_> = texts
                .iter()
                .map(|text| scope.spawn(|| create(folder.path(), "x/y/z.yaml", text.as_bytes()).unwrap()))
                .collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).collect()
        });
        assert_eq!(made.iter().filter(|made| **made).count(), 1);
        let winner = made.iter().position(|made| *made).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("x/y/z.yaml")).unwrap(), texts[winner]);
    }

    #[test]
    fn nothing_is_put_where_a_link_leads_or_a_file_stands() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = folder.path();
        symlink(outside.path(), root.join("config")).unwrap();
        fs::write(root.join("rules"), "a file").unwrap();
        symlink(outside.path().join("nowhere"), root.join(".gitignore")).unwrap();
        for (path, what) in [("config/a.yaml", "config is a link"), ("rules/a.yaml", "rules is a file")] {
            for problem in [create(root, path, b"x").unwrap_err(), stands(root, path).unwrap_err()] {
                assert_eq!(problem.code, "init.folder");
                assert!(problem.what.starts_with(what), "{problem}");
            }
        }
        assert!(stands(root, ".gitignore").unwrap(), "a link that leads nowhere is there as well");
        assert!(!create(root, ".gitignore", b"x").unwrap());
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
        let problem = create(&root.join("rules"), "a.yaml", b"x").unwrap_err();
        assert!(problem.code.starts_with("init."), "{problem}");
    }

    #[test]
    fn a_folder_that_cannot_be_written_to_is_told() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
        // Root may write everywhere.
        if fs::write(folder.path().join("probe"), "").is_err() {
            let problem = create(folder.path(), "config/a.yaml", b"x").unwrap_err();
            assert_eq!((problem.code, problem.what.as_str()), ("init.failed", "cannot make config"));
        }
    }
}
