//! A disk in memory, with the variables and commands that give secrets. It refuses what the real one refuses: to
//! write over a file, and to give a secret that is not there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::domain::diff::Revision;
use crate::domain::journal::GitState;
use crate::domain::problem::{Problem, code};
use crate::domain::secret::Secret;
use crate::engine::{Files, RevisionFiles, SourceFile, Spoken};

#[derive(Debug, Default)]
struct Disk {
    files: BTreeMap<PathBuf, Vec<u8>>,
    variables: BTreeMap<String, String>,
    commands: BTreeMap<Vec<String>, String>,
    commands_run: usize,
    revisions: BTreeMap<String, Vec<SourceFile>>,
    git_state: Option<GitState>,
}

/// A disk in memory.
#[derive(Debug, Default)]
pub struct FakeFiles {
    disk: Mutex<Disk>,
    hang: Arc<Hang>,
}

impl FakeFiles {
    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a file there, or replaces it.
    pub fn put(&self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) {
        self.disk().files.insert(path.into(), bytes.into());
    }

    /// Takes a file away.
    pub fn take(&self, path: impl AsRef<Path>) -> Option<Vec<u8>> {
        self.disk().files.remove(path.as_ref())
    }

    /// A file's bytes.
    pub fn get(&self, path: impl AsRef<Path>) -> Option<Vec<u8>> {
        self.disk().files.get(path.as_ref()).cloned()
    }

    /// Commits all files below a folder, under the name of a revision.
    pub fn commit(&self, root: impl AsRef<Path>, revision: &str) {
        let files = self.read_tree(root.as_ref(), &[""]).map(|(files, _)| files).unwrap_or_default();
        self.disk().revisions.insert(revision.to_owned(), files);
    }

    /// Says in what state the repository is.
    pub fn set_git_state(&self, state: Option<GitState>) {
        self.disk().git_state = state;
    }

    /// Sets a variable of the process environment.
    pub fn set_variable(&self, name: &str, value: &str) {
        self.disk().variables.insert(name.to_owned(), value.to_owned());
    }

    /// Says what a command prints.
    pub fn set_command(&self, command: &[&str], prints: &str) {
        let command = command.iter().map(|&word| word.to_owned()).collect();
        self.disk().commands.insert(command, prints.to_owned());
    }

    /// From now on no command gives anything.
    pub fn forget_commands(&self) {
        self.disk().commands.clear();
    }

    /// From now on the disk hangs.
    pub fn hang(&self) -> Hanging {
        *self.hang.held.lock().unwrap_or_else(PoisonError::into_inner) = true;
        Hanging(Arc::clone(&self.hang))
    }

    /// How often folders were read.
    pub fn reads(&self) -> usize {
        self.hang.reads.load(Ordering::SeqCst)
    }

    /// How many commands were asked for a secret.
    pub fn commands_run(&self) -> usize {
        self.disk().commands_run
    }
}

/// Keeps whoever reads a folder waiting, as a disk that hangs, until it is dropped.
#[derive(Debug)]
pub struct Hanging(Arc<Hang>);

impl Drop for Hanging {
    fn drop(&mut self) {
        *self.0.held.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.goes_on.notify_all();
    }
}

#[derive(Debug, Default)]
struct Hang {
    held: Mutex<bool>,
    goes_on: Condvar,
    reads: AtomicUsize,
}

impl Hang {
    /// Counts a reading, and waits as long as the disk hangs.
    fn read(&self) {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.goes_on.wait_while(held, |held| *held));
    }
}

impl Files for FakeFiles {
    fn read_tree(&self, root: &Path, folders: &[&str]) -> Result<(Vec<SourceFile>, Vec<Problem>), Problem> {
        self.hang.read();
        let disk = self.disk();
        let mut found: Vec<SourceFile> = disk
            .files
            .iter()
            .filter_map(|(path, bytes)| {
                let below = path.strip_prefix(root).ok()?;
                let wanted = folders.iter().any(|folder| below.starts_with(folder));
                wanted.then(|| SourceFile {
                    path: below.to_string_lossy().replace('\\', "/"),
                    bytes: bytes.clone().into(),
                    stamp: None,
                })
            })
            .collect();
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok((found, Vec::new()))
    }

    async fn revision(
        &self,
        _root: &Path,
        revision: &Revision,
        folders: &[&str],
    ) -> Result<RevisionFiles, Problem> {
        let disk = self.disk();
        let Some(files) = disk.revisions.get(revision.as_str()) else {
            return Err(Problem::new("git.revision", format!("there is no revision {}", revision.as_str())));
        };
        let wanted =
            |file: &&SourceFile| folders.iter().any(|folder| Path::new(&file.path).starts_with(folder));
        let files = files.iter().filter(wanted).cloned().collect();
        Ok(RevisionFiles { commit: "fa4e000".to_owned(), files, problems: Vec::new() })
    }

    async fn git_state(&self, _root: &Path) -> Option<GitState> {
        self.disk().git_state.clone()
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.disk().files.keys().any(|file| file != path && file.starts_with(path))
    }

    fn write_private(&self, root: &Path, path: &str, bytes: &[u8]) -> Result<(), Problem> {
        let mut disk = self.disk();
        let path = &root.join(path);
        if disk.files.contains_key(path) {
            return Err(Problem::new("files.exists", format!("`{}` is there already", path.display())));
        }
        disk.files.insert(path.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn stands(&self, root: &Path, path: &str) -> Result<bool, Problem> {
        let path = root.join(path);
        Ok(self.disk().files.keys().any(|file| file.starts_with(&path)))
    }

    fn create(&self, root: &Path, path: &str, bytes: &[u8]) -> Result<bool, Problem> {
        if self.stands(root, path)? {
            return Ok(false);
        }
        self.put(root.join(path), bytes);
        Ok(true)
    }

    fn secret_file(&self, path: &Path) -> Result<Secret, Problem> {
        let disk = self.disk();
        let bytes = disk.files.get(path).ok_or_else(|| {
            Problem::new(code::SECRET_MISSING, format!("no secret in `{}`", path.display()))
                .why("the file is not there")
        })?;
        let text = String::from_utf8_lossy(bytes);
        Ok(Secret::new(text.strip_suffix('\n').unwrap_or(&text).to_owned()))
    }

    fn secret_variable(&self, name: &str) -> Result<Secret, Problem> {
        self.disk().variables.get(name).map(|value| Secret::new(value.clone())).ok_or_else(|| {
            Problem::new(code::SECRET_MISSING, format!("no secret in the variable `{name}`"))
                .why("it is not set")
        })
    }

    async fn secret_command(&self, command: &[String], _root: &Path) -> Result<Spoken, Problem> {
        self.disk().commands_run += 1;
        let printed = self.disk().commands.get(command).cloned();
        printed
            .map(|text| Spoken {
                secret: Secret::new(text.lines().next().unwrap_or_default().to_owned()),
                more: text.lines().nth(1).is_some(),
            })
            .ok_or_else(|| Problem::new(code::SECRET_MISSING, "the command gave no secret"))
    }
}
