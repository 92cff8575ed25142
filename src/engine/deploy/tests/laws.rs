//! A release that is stored and filled again with the same secrets is what was deployed, byte for byte, whatever its
//! files and secrets are. No secret stands in what is stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use zeroize::Zeroizing;

use crate::domain::plan::Plan;
use crate::domain::problem::Place;
use crate::domain::render::{Insertion, RenderedFile, Rendering};
use crate::domain::secret::Secret;
use crate::domain::stored::StoredRelease;

use super::bench::{Bench, ci, good};

/// A piece of a file: bytes, or the secret of that index.
#[derive(Clone, Debug)]
enum Piece {
    Bytes(Vec<u8>),
    Secret(usize),
    /// The value of that secret where nobody put it.
    Repeat(usize),
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let piece = prop_oneof![
        "[ -~\n]{0,24}".prop_map(|text| Piece::Bytes(text.into_bytes())),
        prop::collection::vec(any::<u8>(), 0..12).prop_map(Piece::Bytes),
        (0..3_usize).prop_map(Piece::Secret),
        (0..3_usize).prop_map(Piece::Repeat),
    ];
    prop::collection::vec(piece, 0..12)
}

fn key(index: usize) -> String {
    format!("KEY_{index}")
}

fn file(path: String, pieces: &[Piece], secrets: &[String]) -> RenderedFile {
    let mut bytes = Zeroizing::new(Vec::new());
    let mut insertions = Vec::new();
    for piece in pieces {
        let start = bytes.len();
        match piece {
            Piece::Bytes(plain) => bytes.extend_from_slice(plain),
            Piece::Secret(index) | Piece::Repeat(index) => {
                bytes.extend_from_slice(secrets[*index].as_bytes());
            }
        }
        if let Piece::Secret(index) = piece {
            insertions.push(Insertion {
                range: start..bytes.len(),
                replaced: 0..0,
                key: key(*index),
                secret: true,
                overlay: false,
                template: Place::file(&path),
                chain: Arc::default(),
            });
        }
    }
    RenderedFile { path, bytes, insertions }
}

fn a_plan() -> Plan {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { Bench::new().plan(&good("one")).await })
}

proptest! {
    #[test]
    fn what_is_stored_and_filled_again_is_what_was_deployed(
        files in prop::collection::vec(pieces(), 1..4),
        secrets in prop::collection::vec("[ -~\n]{0,20}", 3),
    ) {
        let plan = a_plan();
        let laid_out = files.iter().enumerate();
        let files = laid_out.map(|(at, pieces)| {
            // Some are YAML and some are not.
            let ending = if at % 2 == 0 { "yaml" } else { "txt" };
            Arc::new(file(format!("rules/{at}.{ending}"), pieces, &secrets))
        });
        let deployed = Rendering { files: files.collect(), environment: ci(), ..good("x") };
        let stored = StoredRelease::of(&deployed, &plan, "sha256:1");
        let known: BTreeMap<String, Secret> =
            secrets.iter().enumerate().map(|(at, value)| (key(at), Secret::new(value.clone()))).collect();
        let filled = stored.fill(&ci(), &known);
        prop_assert_eq!(filled.files.len(), deployed.files.len());
        for (old, new) in deployed.files.iter().zip(&filled.files) {
            prop_assert_eq!(&old.path, &new.path);
            if !stored.manifest.masked.contains(&old.path) {
                prop_assert_eq!(&*old.bytes, &*new.bytes, "{}", old.path);
            }
        }
        // A value that was put in somewhere stands nowhere, unless it is too short to be told from chance.
        for insertion in deployed.files.iter().flat_map(|file| file.insertions.iter().map(move |found| (file, found))) {
            let value = &insertion.0.bytes[insertion.1.range.clone()];
            for (path, bytes) in &stored.files {
                let stands = value.len() >= 6 && memchr::memmem::find(bytes, value).is_some();
                prop_assert!(!stands, "{} in {path}", String::from_utf8_lossy(value));
            }
        }
    }
}
