//! A stored release: the files that were deployed, with holes where secrets were, and all that is needed to deploy them
//! again. It lies on the engine, where anyone who reaches the engine reads it, so that no secret stands in it in
//! whatever form.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::domain::by_hand::ByHand;
use crate::domain::journal::{GitState, Record};
use crate::domain::mask::Masker;
use crate::domain::plan::{ContainerSpec, KEPT_RELEASES, Plan, ReleaseNumber};
use crate::domain::progress::Verdict;
use crate::domain::render::{RenderedFile, Rendering};
use crate::domain::rule::Rule;

mod fill;

/// The version of the manifest's format.
pub const SCHEMA: u32 = 1;

/// The name of the manifest in a release's archive.
pub const MANIFEST: &str = "release.json";

/// A repeat of a secret that is shorter than this is taken for chance.
const SHORTEST: usize = 6;

/// A place in a stored file from which a secret was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hole {
    /// The key of the secret.
    pub key: String,
    /// The byte of the stored file that it stood before.
    pub at: usize,
}

/// What is known of a release beside its files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this format.
    pub schema: u32,
    /// Its number.
    pub release: ReleaseNumber,
    /// The environment, by name.
    pub environment: String,
    /// The hash of the rendering with its secrets left out.
    pub rendering: String,
    /// What was asked for beside the workspace.
    #[serde(flatten)]
    pub by_hand: ByHand,
    /// The state of the repository that it was made from, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<GitState>,
    /// Its rules.
    pub rules: Vec<Rule>,
    /// How its container was set up.
    pub container: ContainerSpec,
    /// The id of its image: what the image's name means may have changed since.
    pub image_id: String,
    /// The holes of each file that has any, in order.
    pub holes: BTreeMap<String, Vec<Hole>>,
    /// Files in which a secret stood in another form than its own, so that it was masked and cannot be filled in again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<String>,
}

/// A release as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRelease {
    /// What is known of it.
    pub manifest: Manifest,
    /// Its files by their path `config/…` or `rules/…`, secrets taken out.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl StoredRelease {
    /// What is stored of a rendering, its secrets filled in, that is deployed by a plan.
    pub fn of(rendering: &Rendering, plan: &Plan, image_id: &str) -> Self {
        let known = Masker::filled(rendering);
        let secrets = secrets(rendering);
        let mut files = BTreeMap::new();
        let mut holes = BTreeMap::new();
        let mut masked = Vec::new();
        for file in &rendering.files {
            let (bytes, found) = take_out(file, &secrets);
            let bytes = match String::from_utf8(bytes) {
                Ok(text) => {
                    let clean = known.mask(text.clone());
                    if clean != text {
                        masked.push(file.path.clone());
                    }
                    clean.into_bytes()
                }
                Err(error) => error.into_bytes(),
            };
            if !found.is_empty() {
                holes.insert(file.path.clone(), found);
            }
            files.insert(file.path.clone(), bytes);
        }
        let manifest = Manifest {
            schema: SCHEMA,
            release: plan.release,
            environment: plan.environment.to_string(),
            rendering: rendering.hash.clone(),
            by_hand: rendering.by_hand.clone(),
            revision: plan.revision.clone(),
            rules: rendering.rules.iter().map(|rule| Rule::clone(rule)).collect(),
            container: plan.container.clone(),
            image_id: image_id.to_owned(),
            holes,
            masked,
        };
        Self { manifest, files }
    }
}

/// The releases that need not be stored any more, newest first, by the records of the journal: those older than the last
/// five that were healthy and the last five that were not, unless their container is kept. `made` was just proven.
pub fn outdated(
    records: &[Record],
    made: ReleaseNumber,
    kept: &BTreeSet<ReleaseNumber>,
) -> Vec<ReleaseNumber> {
    let (mut good, mut failed) = (0, 0);
    let mut old = Vec::new();
    for record in records {
        let outcome = record.outcome.as_ref();
        let healthy = outcome.is_some_and(|outcome| outcome.verdict == Verdict::Healthy);
        let count = if healthy || record.release == made { &mut good } else { &mut failed };
        *count += 1;
        if *count > KEPT_RELEASES && !kept.contains(&record.release) {
            old.push(record.release);
        }
    }
    old
}

/// The secrets that are filled in, each with its key.
fn secrets(rendering: &Rendering) -> Vec<(&str, &[u8])> {
    let mut found: Vec<(&str, &[u8])> = Vec::new();
    for file in &rendering.files {
        for insertion in file.insertions.iter().filter(|insertion| insertion.secret) {
            let value = file.bytes.get(insertion.range.clone()).unwrap_or_default();
            if value.len() >= SHORTEST {
                found.push((&insertion.key, value));
            }
        }
    }
    // The longest first: a secret may stand in another one.
    found.sort_by(|(one, left), (other, right)| right.len().cmp(&left.len()).then(one.cmp(other)));
    found.dedup();
    found
}

/// A file without its secrets, and where they were: where they were put, and wherever else their value stands.
fn take_out(file: &RenderedFile, secrets: &[(&str, &[u8])]) -> (Vec<u8>, Vec<Hole>) {
    let mut taken: Vec<(Range<usize>, &str)> = file
        .insertions
        .iter()
        .filter(|insertion| insertion.secret)
        .map(|insertion| (insertion.range.clone(), insertion.key.as_str()))
        .collect();
    for (key, value) in secrets {
        let found: Vec<usize> = memchr::memmem::find_iter(&file.bytes, value).collect();
        for start in found {
            let range = start..start + value.len();
            if !taken.iter().any(|(other, _)| other.start < range.end && range.start < other.end) {
                taken.push((range, key));
            }
        }
    }
    taken.sort_by_key(|(range, _)| range.start);
    let mut bytes = Vec::with_capacity(file.bytes.len());
    let mut holes = Vec::with_capacity(taken.len());
    let mut at = 0;
    for (range, key) in taken {
        bytes.extend_from_slice(file.bytes.get(at..range.start).unwrap_or_default());
        holes.push(Hole { key: key.to_owned(), at: bytes.len() });
        at = range.end;
    }
    bytes.extend_from_slice(file.bytes.get(at..).unwrap_or_default());
    (bytes, holes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::problem::Place;
    use crate::domain::render::Insertion;

    fn file(text: &str, secret: &str) -> RenderedFile {
        let start = text.find(secret).unwrap();
        RenderedFile {
            path: "config/elastalert.yaml".into(),
            bytes: zeroize::Zeroizing::new(text.as_bytes().to_vec()),
            insertions: vec![Insertion {
                range: start..start + secret.len(),
                replaced: 0..0,
                key: "HOOK".into(),
                secret: true,
                overlay: false,
                template: Place::line("config/elastalert.yaml", 1),
                chain: std::sync::Arc::default(),
            }],
        }
    }

    #[test]
    fn a_secret_is_taken_out_wherever_it_stands() {
        let text = "a: https://x/s3cret-7\nb: 'also https://x/s3cret-7'\nc: 1\n";
        let file = file(text, "https://x/s3cret-7");
        let secrets: Vec<(&str, &[u8])> = vec![("HOOK", b"https://x/s3cret-7")];
        let (bytes, holes) = take_out(&file, &secrets);
        assert_eq!(String::from_utf8(bytes).unwrap(), "a: \nb: 'also '\nc: 1\n");
        assert_eq!(holes.iter().map(|hole| hole.at).collect::<Vec<_>>(), [3, 13]);
    }

    #[test]
    fn a_short_secret_is_taken_out_only_where_it_was_put() {
        let (bytes, holes) = take_out(&file("p: ab\nlabel: abc\n", "ab"), &[]);
        assert_eq!((String::from_utf8(bytes).unwrap().as_str(), holes.len()), ("p: \nlabel: abc\n", 1));
    }
}
