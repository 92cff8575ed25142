//! Filling the volumes of a release. Files are readable by the user that `ElastAlert` runs as and by nobody else, and
//! the engine itself sets owner and mode, so that an ordinary user can deploy to an engine on another machine.

use crate::domain::container::{ContainerId, Image};
use crate::domain::plan::VolumeMount;
use crate::domain::problem::Problem;
use crate::domain::release::{MARKER, Release};
use crate::domain::remote::Timestamp;
use crate::engine::Docker;
use crate::engine::archive::{Archive, Owner, owner, split};

use super::Work;
use super::patience::twice;

impl<D: Docker> Work<'_, D> {
    /// Fills the new volumes through the lock container.
    pub(super) async fn stage(
        &self,
        lock: &ContainerId,
        image: &Image,
        new_logs: bool,
        now: Timestamp,
    ) -> Result<String, Problem> {
        let user = self.plan.container.user.as_deref().unwrap_or(&image.user);
        let owner = owner(&self.docker, lock, user).await?;
        let mounts = &self.plan.mounts;
        let marker = Release::of(&self.rendering, self.plan.release).to_bytes();
        let config = self.archive("config/", &mounts.config, owner, Some(&marker), now);
        self.fill(lock, &mounts.config, config).await?;
        let rules = self.archive("rules/", &mounts.rules, owner, None, now);
        self.fill(lock, &mounts.rules, rules).await?;
        if new_logs {
            // A volume that is new belongs to root, and ElastAlert could not write into it.
            let mut logs = Archive::new(split(&mounts.logs).1, owner, now);
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
        let mut archive = Archive::new(split(mount).1, owner, now);
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
}
