//! Filling the volumes of a release. Files are readable by the user that `ElastAlert` runs as and by nobody else, and
//! the engine itself sets owner and mode, so that an ordinary user can deploy to an engine on another machine.

use std::collections::BTreeSet;
use std::io::Read as _;

use crate::domain::container::{ContainerId, Image};
use crate::domain::plan::VolumeMount;
use crate::domain::problem::{Problem, code};
use crate::domain::release::{MARKER, Release};
use crate::domain::remote::Timestamp;
use crate::engine::Docker;

use super::Work;
use super::patience::twice;

/// How much of `/etc/passwd` is read.
const PASSWD: usize = 4 * 1024 * 1024;

/// Who owns the files of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    uid: u64,
    gid: u64,
}

impl<D: Docker> Work<'_, D> {
    /// Fills the new volumes through the lock container.
    pub(super) async fn stage(
        &self,
        lock: &ContainerId,
        image: &Image,
        new_logs: bool,
        now: Timestamp,
    ) -> Result<String, Problem> {
        let owner = self.owner(lock, image).await?;
        let mounts = &self.plan.mounts;
        let marker = Release::of(&self.rendering, self.plan.release).to_bytes();
        let config = self.archive("config/", &mounts.config, owner, Some(&marker), now);
        self.fill(lock, &mounts.config, config).await?;
        let rules = self.archive("rules/", &mounts.rules, owner, None, now);
        self.fill(lock, &mounts.rules, rules).await?;
        if new_logs {
            // A volume that is new belongs to root, and ElastAlert could not write into it.
            let mut logs = Archive::new(&mounts.logs, owner, now);
            logs.folder("", 0o755);
            self.fill(lock, &mounts.logs, logs).await?;
        }
        Ok(format!("{} files, owned by {}:{}", self.rendering.files.len(), owner.uid, owner.gid))
    }

    async fn fill(&self, lock: &ContainerId, path: &str, archive: Archive) -> Result<(), Problem> {
        let bytes = archive.finish().map_err(|error| {
            Problem::new("deploy.archive", format!("cannot pack the files for {path}")).why(error.to_string())
        })?;
        // The engine does not change the folder that it unpacks into, so that it is its parent: only as an entry of
        // the archive does a mounted folder itself get its owner. The same files over themselves are the same files.
        let (parent, _) = split(path);
        twice(|| self.docker.upload(lock, parent, bytes.clone())).await
    }

    /// The files below a folder of the rendering, for the volume that is mounted at `mount`.
    fn archive(
        &self,
        folder: &str,
        mount: &str,
        owner: Owner,
        marker: Option<&[u8]>,
        now: Timestamp,
    ) -> Archive {
        let mut archive = Archive::new(mount, owner, now);
        archive.folder("", 0o700);
        // A mount inside of this one needs a place, and the container cannot make it: it only reads.
        for VolumeMount { target, .. } in &self.plan.container.volumes {
            if let Some(inside) = target.strip_prefix(mount).and_then(|rest| rest.strip_prefix('/')) {
                archive.folders_of(&format!("{inside}/x"));
            }
        }
        for file in &self.rendering.files {
            if let Some(path) = file.path.strip_prefix(folder) {
                archive.folders_of(path);
                archive.file(path, &file.bytes);
            }
        }
        if let Some(marker) = marker {
            archive.file(MARKER, marker);
        }
        archive
    }

    /// The numbers of the user that `ElastAlert` runs as. Names are looked up in the image's own list.
    async fn owner(&self, lock: &ContainerId, image: &Image) -> Result<Owner, Problem> {
        let user = self.plan.container.user.as_deref().unwrap_or(&image.user).trim();
        let (name, group) = user.split_once(':').unwrap_or((user, ""));
        if name.is_empty() {
            return Ok(Owner { uid: 0, gid: 0 });
        }
        if let (Ok(uid), Ok(gid)) = (name.parse(), group.parse()) {
            return Ok(Owner { uid, gid });
        }
        let users = self.read_table(lock, "/etc/passwd").await?;
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
            let groups = self.read_table(lock, "/etc/group").await?;
            let row = groups.iter().find(|row| row.first().is_some_and(|found| found == group));
            row.and_then(|row| row.get(2)?.parse().ok()).ok_or_else(|| {
                Problem::new("deploy.user-unknown", format!("the image knows no group `{group}`"))
                    .hint("set `target.user` to numbers, such as \"1000:1000\"")
            })?
        };
        Ok(Owner { uid, gid })
    }

    /// The rows of a file of the image such as `/etc/passwd`; none when it is not there.
    async fn read_table(&self, lock: &ContainerId, path: &str) -> Result<Vec<Vec<String>>, Problem> {
        let archive = match twice(|| self.docker.download(lock, path, PASSWD)).await {
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
}

/// The parent of an absolute path, and its last name.
fn split(path: &str) -> (&str, &str) {
    let path = path.trim_end_matches('/');
    match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some((parent, name)) => (parent, name),
        None => ("/", path),
    }
}

/// A tar archive in the making: a folder and what is in it.
struct Archive {
    /// The folder's own name.
    top: String,
    builder: tar::Builder<Vec<u8>>,
    owner: Owner,
    modified: u64,
    folders: BTreeSet<String>,
    failed: Option<std::io::Error>,
}

impl Archive {
    fn new(path: &str, owner: Owner, now: Timestamp) -> Self {
        Self {
            top: split(path).1.to_owned(),
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

    fn folder(&mut self, path: &str, mode: u32) {
        let mut header = self.header(mode);
        header.set_entry_type(tar::EntryType::Directory);
        header.set_size(0);
        let added = self.builder.append_data(&mut header, format!("{}/{path}", self.top), std::io::empty());
        self.failed = self.failed.take().or(added.err());
    }

    /// The folders above a path, each once.
    fn folders_of(&mut self, path: &str) {
        for (end, _) in path.match_indices('/') {
            let folder = path.get(..end).unwrap_or_default().to_owned();
            if self.folders.insert(folder.clone()) {
                self.folder(&folder, 0o700);
            }
        }
    }

    fn file(&mut self, path: &str, bytes: &[u8]) {
        let mut header = self.header(0o600);
        header.set_size(bytes.len() as u64);
        let added = self.builder.append_data(&mut header, format!("{}/{path}", self.top), bytes);
        self.failed = self.failed.take().or(added.err());
    }

    fn finish(self) -> Result<Vec<u8>, std::io::Error> {
        match self.failed {
            Some(error) => Err(error),
            None => self.builder.into_inner(),
        }
    }
}
