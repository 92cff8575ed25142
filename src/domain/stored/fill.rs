//! A stored release made a rendering again. Its holes are filled with the secrets of today, or its files are taken from
//! the container that is kept of it, with the secrets that they had.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::domain::by_hand::ByHand;
use crate::domain::check::Finding;
use crate::domain::environment::{EnvName, Mounts, Target};
use crate::domain::label::{self, role};
use crate::domain::problem::Place;
use crate::domain::release::ReleasedFile;
use crate::domain::render::{Insertion, RenderedFile, Rendering, shape};
use crate::domain::rule::{Rule, is_rule};
use crate::domain::secret::{Secret, placeholder};
use crate::domain::text::sanitise;
use crate::domain::tree::Tree;
use crate::domain::workspace::{Environment, assume};
use crate::domain::yaml;

use super::{Hole, MANIFEST, Manifest, SCHEMA, StoredRelease};

impl Manifest {
    /// Reads a manifest; `None` when it is none, or of a format that this version does not know. Whoever reaches the
    /// engine can have written it, so that what is shown of it is cleaned.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut manifest: Self =
            serde_json::from_slice(bytes).ok().filter(|found: &Self| found.schema == SCHEMA)?;
        let clean = |text: &mut String| *text = sanitise(text.as_bytes());
        let ByHand { partial, set } = &mut manifest.by_hand;
        partial.iter_mut().chain(set).for_each(clean);
        for Rule { name, kind, alerts, .. } in &mut manifest.rules {
            [name, kind].into_iter().chain(alerts).for_each(clean);
        }
        manifest.revision.iter_mut().for_each(|revision| clean(&mut revision.commit));
        manifest.holes.values_mut().flatten().for_each(|hole| clean(&mut hole.key));
        let container = &mut manifest.container;
        container.network.iter_mut().chain(&mut container.cap_add).for_each(clean);
        [&mut container.image, &mut manifest.image_id].into_iter().for_each(clean);
        Some(manifest)
    }

    /// The environment of today, its container set up as that of the release was.
    pub fn environment(&self, today: &Environment) -> Environment {
        let spec = &self.container;
        let place = |role: &str, usual: &str| {
            let of_role = |labels: &label::Labels| labels.get(label::ROLE).is_some_and(|found| found == role);
            let mount = spec.volumes.iter().find(|mount| of_role(&mount.labels));
            mount.map_or_else(|| usual.to_owned(), |mount| mount.target.clone())
        };
        let usual = &today.target.mounts;
        Environment {
            target: Target {
                docker: today.target.docker.clone(),
                image: Some(spec.image.clone()),
                build: None,
                network: spec.network.clone(),
                mounts: Mounts {
                    config: place(role::CONFIG, &usual.config),
                    rules: place(role::RULES, &usual.rules),
                    logs: place(role::LOGS, &usual.logs),
                },
                user: spec.user.clone(),
                entrypoint: spec.entrypoint.clone(),
                command: spec.command.clone(),
                env: spec.env.clone(),
                cap_add: spec.cap_add.clone(),
            },
            // Else they would go before the variables that the container had.
            values: BTreeMap::new(),
            overlays: Vec::new(),
            exclusions: Vec::new(),
            ..today.clone()
        }
    }
}

impl StoredRelease {
    /// Reads a stored release from the files of its archive; `None` when it is none, or of a format that this version
    /// does not know. Whoever reaches the engine can have written it: a file that would leave its folder is none.
    pub fn parse(mut files: BTreeMap<String, Vec<u8>>) -> Option<Self> {
        let manifest = Manifest::parse(&files.remove(MANIFEST)?)?;
        let stays = |path: &String| {
            let mut steps = path.split('/');
            matches!(steps.next(), Some("config" | "rules"))
                && steps.all(|step| !matches!(step, "" | "." | ".."))
        };
        files.keys().all(stays).then_some(Self { manifest, files })
    }

    /// The keys of the secrets that stand in it, sorted.
    pub fn keys(&self) -> Vec<String> {
        let keys: BTreeSet<&String> = self.manifest.holes.values().flatten().map(|hole| &hole.key).collect();
        keys.into_iter().cloned().collect()
    }

    /// The release with these secrets in its holes; where one is not known, its placeholder stands. A value that changes
    /// the YAML around it is an error among the findings.
    pub fn fill(&self, environment: &EnvName, secrets: &BTreeMap<String, Secret>) -> Rendering {
        let none = Vec::new();
        let fill = |(path, bytes): (&String, &Vec<u8>)| {
            filled(path, bytes, self.manifest.holes.get(path).unwrap_or(&none), secrets)
        };
        self.rendering(environment, self.files.iter().map(fill).collect())
    }

    /// The release with the files that its kept container has, secrets as they were; `None` when those are not the
    /// files of this release.
    pub fn as_it_was(&self, environment: &EnvName, tree: &Tree) -> Option<Rendering> {
        let marker = tree.release.as_ref()?;
        let same = marker.release == self.manifest.release.0
            && marker.rendering == self.manifest.rendering
            && tree.files.keys().eq(self.files.keys());
        if !same {
            return None;
        }
        let files = tree.files.iter().map(|(path, bytes)| was(path, bytes, marker.files.get(path)));
        Some(self.rendering(environment, files.collect::<Option<_>>()?))
    }

    fn rendering(&self, environment: &EnvName, files: Vec<RenderedFile>) -> Rendering {
        let config = assume::config(|path| self.files.contains_key(path));
        let holes: BTreeSet<&String> = files.iter().flat_map(open).collect();
        let holes = holes.into_iter().cloned().collect();
        let is_yaml = |file: &&RenderedFile| is_rule(&file.path) || config == Some(file.path.as_str());
        let findings = files.iter().filter(is_yaml).flat_map(|file| self.misshapen(file)).collect();
        Rendering {
            environment: environment.clone(),
            files: files.into_iter().map(Arc::new).collect(),
            rules: self.manifest.rules.iter().cloned().map(Arc::new).collect(),
            excluded: Vec::new(),
            by_hand: self.manifest.by_hand.clone(),
            holes,
            findings,
            hash: self.manifest.rendering.clone(),
        }
    }

    /// What the secrets in a file do to the YAML around them.
    fn misshapen(&self, file: &RenderedFile) -> Vec<Finding> {
        let Ok(text) = std::str::from_utf8(&file.bytes) else { return Vec::new() };
        if file.insertions.is_empty() {
            return Vec::new();
        }
        let document = yaml::parse(text).ok();
        let mut found =
            shape::check(text, document.as_ref().map(|document| &document.root), &file.insertions);
        for Finding { problem, .. } in &mut found {
            problem.why = vec![format!("it is filled into what release {} had", self.manifest.release)];
            problem.hint = None;
        }
        found
    }
}

/// The keys whose placeholders stand in a file.
fn open(file: &RenderedFile) -> impl Iterator<Item = &String> {
    file.insertions.iter().filter_map(|insertion| {
        let stands = file.bytes.get(insertion.range.clone());
        (stands == Some(placeholder(&insertion.key).as_bytes())).then_some(&insertion.key)
    })
}

/// A file with its holes filled.
fn filled(path: &str, bytes: &[u8], holes: &[Hole], secrets: &BTreeMap<String, Secret>) -> RenderedFile {
    let values: Vec<Secret> = holes
        .iter()
        .map(|hole| secrets.get(&hole.key).cloned().unwrap_or_else(|| Secret::new(placeholder(&hole.key))))
        .collect();
    // Grown bytes would leave copies of secrets behind, so room is made once.
    let room = bytes.len() + values.iter().map(|value| value.expose().len()).sum::<usize>();
    let mut text = Zeroizing::new(Vec::with_capacity(room));
    let mut insertions = Vec::with_capacity(holes.len());
    let mut at = 0;
    for (hole, value) in holes.iter().zip(&values) {
        // What was written by somebody else can name any place.
        let upto = hole.at.clamp(at, bytes.len());
        text.extend_from_slice(bytes.get(at..upto).unwrap_or_default());
        at = upto;
        let start = text.len();
        text.extend_from_slice(value.expose().as_bytes());
        insertions.push(secret(path, &hole.key, start..text.len()));
    }
    text.extend_from_slice(bytes.get(at..).unwrap_or_default());
    RenderedFile { path: path.to_owned(), bytes: text, insertions }
}

/// A file as a container has it; `None` when it is another one than the marker tells of.
fn was(path: &str, bytes: &Zeroizing<Vec<u8>>, released: Option<&ReleasedFile>) -> Option<RenderedFile> {
    let mut insertions = Vec::new();
    if let Some(released) = released {
        if released.length != bytes.len() {
            return None;
        }
        for range in &released.secrets {
            bytes.get(range.start..range.end)?;
            insertions.push(secret(path, &range.key, range.start..range.end));
        }
    }
    Some(RenderedFile { path: path.to_owned(), bytes: bytes.clone(), insertions })
}

/// A secret in a file. No template is known, so that its place is the file itself.
fn secret(path: &str, key: &str, range: Range<usize>) -> Insertion {
    Insertion {
        range,
        replaced: 0..0,
        key: key.to_owned(),
        secret: true,
        overlay: false,
        template: Place::file(path),
        chain: Arc::default(),
    }
}
