//! Files that go into volumes through a container that need not run, and come back. Owners and modes are what makes a
//! secret in a file a secret, so they must survive both ways.

use std::io::Read as _;

use alertdeck::domain::container::ContainerId;
use alertdeck::domain::label::Labels;
use alertdeck::domain::problem::code;
use alertdeck::engine::Docker;

use super::{Bench, RUN, SLEEPER};

const LIMIT: usize = 1024 * 1024;

fn entry(archive: &mut tar::Builder<Vec<u8>>, path: &str, bytes: &[u8], mode: u32, owner: u64) {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(mode);
    header.set_uid(owner);
    header.set_gid(owner);
    header.set_mtime(1_700_000_000);
    header.set_entry_type(if path.ends_with('/') {
        tar::EntryType::Directory
    } else {
        tar::EntryType::Regular
    });
    archive.append_data(&mut header, path, bytes).unwrap();
}

/// A folder of somebody's with a file in it, and a file of somebody else's.
fn archive() -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    entry(&mut archive, "team/", b"", 0o750, 1000);
    entry(&mut archive, "team/spike.yaml", "name: Spïke\n".as_bytes(), 0o600, 1000);
    entry(&mut archive, "list.txt", b"a\r\nb", 0o640, 0);
    archive.into_inner().unwrap()
}

type File = (String, Vec<u8>, u32, u64);

/// The files and folders of an archive, sorted by path.
fn files(archive: &[u8]) -> Vec<File> {
    let mut archive = tar::Archive::new(archive);
    let mut found: Vec<File> = archive
        .entries()
        .unwrap()
        .map(|entry| {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().to_string_lossy().trim_end_matches('/').to_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            (path, bytes, entry.header().mode().unwrap() & 0o777, entry.header().uid().unwrap())
        })
        .collect();
    found.sort();
    found
}

async fn filled<D: Docker>(bench: &Bench<D>) -> ContainerId {
    let mut spec = bench.spec("hand", &SLEEPER);
    spec.volumes = vec![bench.mount("rules", "/opt/rules", false)];
    let id = bench.docker.create(&spec).await.unwrap();
    bench.docker.upload(&id, "/opt/rules", archive()).await.unwrap();
    id
}

pub(crate) async fn an_archive_comes_back_with_owners_and_modes<D: Docker>(bench: &Bench<D>) {
    let id = filled(bench).await;
    let back = files(&bench.docker.download(&id, "/opt/rules", LIMIT).await.unwrap());
    // The volume's own folder is the engine's.
    assert_eq!(back[0].0, "rules");
    assert_eq!(
        back[1..],
        [
            ("rules/list.txt".to_owned(), b"a\r\nb".to_vec(), 0o640, 0),
            ("rules/team".to_owned(), Vec::new(), 0o750, 1000),
            ("rules/team/spike.yaml".to_owned(), "name: Spïke\n".as_bytes().to_vec(), 0o600, 1000),
        ]
    );
    let one = files(&bench.docker.download(&id, "/opt/rules/list.txt", LIMIT).await.unwrap());
    assert_eq!(
        one,
        [("list.txt".to_owned(), b"a\r\nb".to_vec(), 0o640, 0)],
        "a file is an archive of itself"
    );
    let missing = bench.docker.download(&id, "/opt/rules/none", LIMIT).await.unwrap_err();
    assert_eq!(missing.code, code::ENGINE_MISSING);
}

pub(crate) async fn an_upload_replaces_and_does_not_delete<D: Docker>(bench: &Bench<D>) {
    let id = filled(bench).await;
    let mut second = tar::Builder::new(Vec::new());
    entry(&mut second, "list.txt", b"new", 0o600, 0);
    bench.docker.upload(&id, "/opt/rules", second.into_inner().unwrap()).await.unwrap();
    let back = files(&bench.docker.download(&id, "/opt/rules", LIMIT).await.unwrap());
    let seen: Vec<_> = back.iter().map(|(path, bytes, ..)| (path.as_str(), bytes.len())).collect();
    assert_eq!(seen, [("rules", 0), ("rules/list.txt", 3), ("rules/team", 0), ("rules/team/spike.yaml", 13)]);
    let nowhere = bench.docker.upload(&id, "/opt/no/such/folder", archive()).await.unwrap_err();
    assert_eq!(nowhere.code, code::ENGINE_MISSING);
}

pub(crate) async fn a_download_is_bounded<D: Docker>(bench: &Bench<D>) {
    let id = filled(bench).await;
    assert_eq!(bench.docker.download(&id, "/opt/rules", 100).await.unwrap_err().code, code::ENGINE_REFUSED);
}

pub(crate) async fn a_mounted_folder_gets_its_owner_through_its_parent<D: Docker>(bench: &Bench<D>) {
    let id = filled(bench).await;
    let mut owned = tar::Builder::new(Vec::new());
    entry(&mut owned, "./", b"", 0o700, 1000);
    bench.docker.upload(&id, "/opt/rules", owned.into_inner().unwrap()).await.unwrap();
    let root = |archive: &[u8]| files(archive).into_iter().find(|(path, ..)| path == "rules");
    let before = bench.docker.download(&id, "/opt/rules", LIMIT).await.unwrap();
    let unchanged = root(&before).is_none_or(|(_, _, _, owner)| owner == 0);
    assert!(unchanged, "the folder that is unpacked into keeps its owner");
    let mut owned = tar::Builder::new(Vec::new());
    entry(&mut owned, "rules/", b"", 0o700, 1000);
    entry(&mut owned, "rules/more.txt", b"m", 0o600, 1000);
    bench.docker.upload(&id, "/opt", owned.into_inner().unwrap()).await.unwrap();
    // It went into the volume and not beside it: another container that has it mounted sees it.
    let mut spec = bench.spec("reader", &SLEEPER);
    spec.volumes = vec![bench.mount("rules", "/data/rules", true)];
    let reader = bench.docker.create(&spec).await.unwrap();
    let after = bench.docker.download(&reader, "/data/rules", LIMIT).await.unwrap();
    assert_eq!(root(&after).unwrap(), ("rules".to_owned(), Vec::new(), 0o700, 1000));
    assert!(files(&after).contains(&("rules/more.txt".to_owned(), b"m".to_vec(), 0o600, 1000)));
}

pub(crate) async fn a_read_only_mount_refuses_an_upload<D: Docker>(bench: &Bench<D>) {
    let hand = filled(bench).await;
    let mut spec = bench.spec("reader", &SLEEPER);
    spec.volumes = vec![bench.mount("rules", "/opt/rules", true)];
    let reader = bench.docker.create(&spec).await.unwrap();
    assert_eq!(
        bench.docker.upload(&reader, "/opt/rules", archive()).await.unwrap_err().code,
        code::ENGINE_REFUSED
    );
    let through_the_hand = files(&bench.docker.download(&hand, "/opt/rules", LIMIT).await.unwrap());
    let through_the_reader = files(&bench.docker.download(&reader, "/opt/rules", LIMIT).await.unwrap());
    assert_eq!(through_the_hand, through_the_reader, "one volume, two containers");
}

pub(crate) async fn a_volume_keeps_files_and_its_first_labels<D: Docker>(bench: &Bench<D>) {
    let id = filled(bench).await;
    bench.docker.remove(&id).await.unwrap();
    let other: Labels =
        [(RUN.to_owned(), bench.run.clone()), ("alertdeck.test-kind".to_owned(), "late".to_owned())].into();
    bench.docker.create_volume(&bench.name("rules"), &other).await.unwrap();
    let mut spec = bench.spec("hand", &SLEEPER);
    spec.volumes = vec![bench.mount("rules", "/opt/rules", false)];
    spec.volumes[0].labels = other;
    let id = bench.docker.create(&spec).await.unwrap();
    assert_eq!(files(&bench.docker.download(&id, "/opt/rules", LIMIT).await.unwrap()).len(), 4);
    let volumes = bench.docker.volumes(&bench.labels()).await.unwrap();
    assert_eq!(volumes.len(), 1);
    assert_eq!(volumes[0].labels, bench.labels(), "the labels of whoever made it");
}

pub(crate) async fn a_used_volume_is_not_removed<D: Docker>(bench: &Bench<D>) {
    let id = filled(bench).await;
    let name = bench.name("rules");
    assert_eq!(
        bench.docker.remove_volume(&name).await.unwrap_err().code,
        code::ENGINE_REFUSED,
        "not even by a stopped one"
    );
    bench.docker.remove(&id).await.unwrap();
    bench.docker.remove_volume(&name).await.unwrap();
    assert_eq!(bench.docker.remove_volume(&name).await.unwrap_err().code, code::ENGINE_MISSING);
}
