//! Archives that an engine unpacks into a container, and whose files they are to be. The engine itself sets owner and
//! mode, so that an ordinary user can lay out what another user's `ElastAlert` reads and nobody else does.

use std::collections::BTreeSet;
use std::io::Read as _;

use crate::domain::container::ContainerId;
use crate::domain::problem::{Problem, code};
use crate::domain::remote::Timestamp;
use crate::engine::Docker;
use crate::engine::deploy::patience::twice;

/// How much of `/etc/passwd` is read.
const PASSWD: usize = 4 * 1024 * 1024;

/// Who owns the files of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) uid: u64,
    pub(super) gid: u64,
}

/// The numbers of the user that `ElastAlert` runs as. Names are looked up in the image's own list.
pub(super) async fn owner<D: Docker>(docker: &D, id: &ContainerId, user: &str) -> Result<Owner, Problem> {
    let user = user.trim();
    let (name, group) = user.split_once(':').unwrap_or((user, ""));
    if name.is_empty() {
        return Ok(Owner { uid: 0, gid: 0 });
    }
    if let (Ok(uid), Ok(gid)) = (name.parse(), group.parse()) {
        return Ok(Owner { uid, gid });
    }
    let users = read_table(docker, id, "/etc/passwd").await?;
    let row = users.iter().find(|row| {
        row.first().is_some_and(|found| found == name) || row.get(2).is_some_and(|found| found == name)
    });
    let number = |column: usize| row.and_then(|row| row.get(column)?.parse().ok());
    let uid = name.parse().ok().or_else(|| number(2)).ok_or_else(|| {
        Problem::new("deploy.user-unknown", format!("the image knows no user `{name}`"))
            .why("it is not in the image's /etc/passwd, so nobody can own the files")
            .hint("set `target.user` to numbers, such as \"1000:1000\"")
    })?;
    let gid = if group.is_empty() {
        number(3).unwrap_or(0)
    } else if let Ok(gid) = group.parse() {
        gid
    } else {
        let groups = read_table(docker, id, "/etc/group").await?;
        let row = groups.iter().find(|row| row.first().is_some_and(|found| found == group));
        row.and_then(|row| row.get(2)?.parse().ok()).ok_or_else(|| {
            Problem::new("deploy.user-unknown", format!("the image knows no group `{group}`"))
                .hint("set `target.user` to numbers, such as \"1000:1000\"")
        })?
    };
    Ok(Owner { uid, gid })
}

/// The rows of a file of the image such as `/etc/passwd`; none when it is not there.
async fn read_table<D: Docker>(
    docker: &D,
    id: &ContainerId,
    path: &str,
) -> Result<Vec<Vec<String>>, Problem> {
    let archive = match twice(|| docker.download(id, path, PASSWD)).await {
        Err(problem) if problem.code == code::ENGINE_MISSING => return Ok(Vec::new()),
        answer => answer?,
    };
    let mut text = String::new();
    let read = tar::Archive::new(archive.as_slice()).entries().and_then(|mut entries| {
        entries.next().map_or(Ok(0), |entry| entry.and_then(|mut entry| entry.read_to_string(&mut text)))
    });
    read.map_err(|error| {
        Problem::new("deploy.archive", format!("cannot read {path} of the image")).why(error.to_string())
    })?;
    Ok(text.lines().map(|line| line.split(':').map(str::to_owned).collect()).collect())
}

/// The parent of an absolute path, and its last name.
pub(super) fn split(path: &str) -> (&str, &str) {
    let path = path.trim_end_matches('/');
    match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some((parent, name)) => (parent, name),
        None => ("/", path),
    }
}

/// A tar archive in the making: a folder and what is in it.
pub(super) struct Archive {
    /// The folder, relative to where it will be unpacked.
    top: String,
    builder: tar::Builder<Vec<u8>>,
    owner: Owner,
    modified: u64,
    folders: BTreeSet<String>,
    failed: Option<std::io::Error>,
}

impl Archive {
    /// An archive of the folder of that path, relative to where it will be unpacked.
    pub(super) fn new(top: &str, owner: Owner, now: Timestamp) -> Self {
        Self {
            top: top.to_owned(),
            builder: tar::Builder::new(Vec::new()),
            owner,
            modified: u64::try_from(now.as_second()).unwrap_or_default(),
            folders: BTreeSet::new(),
            failed: None,
        }
    }

    fn header(&self, mode: u32) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        header.set_mode(mode);
        header.set_uid(self.owner.uid);
        header.set_gid(self.owner.gid);
        header.set_mtime(self.modified);
        header
    }

    /// A folder in it, or itself where the path is empty.
    pub(super) fn folder(&mut self, path: &str, mode: u32) {
        let mut header = self.header(mode);
        header.set_entry_type(tar::EntryType::Directory);
        header.set_size(0);
        let added = self.builder.append_data(&mut header, format!("{}/{path}", self.top), std::io::empty());
        self.failed = self.failed.take().or(added.err());
    }

    /// The folders above a path, each once.
    pub(super) fn folders_of(&mut self, path: &str) {
        for (end, _) in path.match_indices('/') {
            let folder = path.get(..end).unwrap_or_default().to_owned();
            if self.folders.insert(folder.clone()) {
                self.folder(&folder, 0o700);
            }
        }
    }

    /// A file that only its owner reads.
    pub(super) fn file(&mut self, path: &str, bytes: &[u8]) {
        let mut header = self.header(0o600);
        header.set_size(bytes.len() as u64);
        let added = self.builder.append_data(&mut header, format!("{}/{path}", self.top), bytes);
        self.failed = self.failed.take().or(added.err());
    }

    /// Its bytes.
    pub(super) fn finish(self) -> Result<Vec<u8>, std::io::Error> {
        match self.failed {
            Some(error) => Err(error),
            None => self.builder.into_inner(),
        }
    }
}
