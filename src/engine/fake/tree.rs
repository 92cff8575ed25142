//! Files of a volume or of a container's own layer, with owner and mode, and how they become archives and come out
//! of them. Paths are relative to the root of the tree, with `/`; the root itself is the empty path.

use std::collections::BTreeMap;
use std::io::Read;

/// A file or a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The content; `None` for a folder.
    pub bytes: Option<Vec<u8>>,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u64,
    /// Group.
    pub gid: u64,
}

/// A tree of files.
pub type Tree = BTreeMap<String, Node>;

fn plain(path: &str) -> String {
    path.split('/').filter(|part| !part.is_empty() && *part != ".").collect::<Vec<_>>().join("/")
}

/// Joins two paths of a tree.
pub(super) fn join(folder: &str, path: &str) -> String {
    plain(&format!("{folder}/{path}"))
}

/// Whether there is a folder of that path; the root always is one.
pub(super) fn has_folder(tree: &Tree, path: &str) -> bool {
    let path = plain(path);
    let below = format!("{path}/");
    path.is_empty()
        || tree.get(&path).is_some_and(|node| node.bytes.is_none())
        || tree.keys().any(|name| name.starts_with(&below))
}

/// What an archive holds, by its path. The folder that it is unpacked into is left as it is, whatever the archive says
/// about it, as the engine does.
pub(super) fn unpack(archive: &[u8]) -> Result<Vec<(String, Node)>, std::io::Error> {
    let mut archive = tar::Archive::new(archive);
    let mut unpacked = Vec::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = plain(&String::from_utf8_lossy(&entry.path_bytes()));
        let header = entry.header().clone();
        let bytes = if header.entry_type().is_dir() {
            None
        } else {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            Some(bytes)
        };
        if !path.is_empty() {
            let node = Node { bytes, mode: header.mode()? & 0o7777, uid: header.uid()?, gid: header.gid()? };
            unpacked.push((path, node));
        }
    }
    Ok(unpacked)
}

/// Packs a path of the tree as the engine does: below the path's last name.
pub(super) fn pack(tree: &Tree, path: &str, last: &str) -> Result<Option<Vec<u8>>, std::io::Error> {
    let path = plain(path);
    let below = if path.is_empty() { String::new() } else { format!("{path}/") };
    let mut builder = tar::Builder::new(Vec::new());
    let mut any = false;
    if path.is_empty() && !last.is_empty() {
        // A mount is a folder of the engine's own, also when nothing is in it.
        any = true;
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Directory);
        // It is root's until an archive says otherwise.
        let root = tree.get("");
        header.set_mode(root.map_or(0o755, |node| node.mode));
        header.set_uid(root.map_or(0, |node| node.uid));
        header.set_gid(root.map_or(0, |node| node.gid));
        header.set_size(0);
        builder.append_data(&mut header, format!("{last}/"), &b""[..])?;
    }
    for (name, node) in
        tree.iter().filter(|(name, _)| !name.is_empty() && (**name == path || name.starts_with(&below)))
    {
        any = true;
        let rest = name.strip_prefix(&path).unwrap_or_default().trim_start_matches('/');
        let shown = join(last, rest);
        let mut header = tar::Header::new_gnu();
        header.set_mode(node.mode);
        header.set_uid(node.uid);
        header.set_gid(node.gid);
        let bytes = node.bytes.as_deref().unwrap_or_default();
        header.set_size(bytes.len() as u64);
        if node.bytes.is_none() {
            header.set_entry_type(tar::EntryType::Directory);
            builder.append_data(&mut header, format!("{shown}/"), bytes)?;
        } else {
            builder.append_data(&mut header, shown, bytes)?;
        }
    }
    if any { builder.into_inner().map(Some) } else { Ok(None) }
}
