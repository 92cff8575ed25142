//! One small workspace, as it lies in a container: files at absolute paths and the variables of the process. It knows
//! how it is handed to the judge, and by which number a changed one is told from the one that was asked about.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

/// Where the configuration lies.
pub(crate) const CONFIG: &str = "/opt/config/elastalert.yaml";
/// Where everything else lies.
pub(crate) const ROOT: &str = "/opt/";
/// The variables that every process has.
pub(crate) const VARIABLES: [(&str, &str); 3] =
    [("HOME", "/root"), ("LANG", "C.UTF-8"), ("PATH", "/usr/bin:/bin")];

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum File {
    Bytes(Vec<u8>),
    Link(String),
}

/// Files by absolute path, and the variables that the case sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Workspace {
    pub(crate) name: String,
    pub(crate) files: BTreeMap<String, File>,
    pub(crate) set: BTreeMap<String, String>,
    /// Whether ElastAlert is started with `--debug`, and with which `--rule`.
    pub(crate) debug: bool,
    pub(crate) only: Option<String>,
}

/// The absolute path of a name in the corpus.
pub(crate) fn absolute(name: &str) -> String {
    match name {
        "config.yaml" => CONFIG.to_owned(),
        _ if name.starts_with('/') => name.to_owned(),
        _ => format!("{ROOT}{name}"),
    }
}

impl Workspace {
    /// All variables of the process.
    pub(crate) fn variables(&self) -> BTreeMap<String, String> {
        let own = self.set.iter().map(|(name, value)| (name.clone(), value.clone()));
        VARIABLES.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).chain(own).collect()
    }

    /// The arguments of ElastAlert beside its configuration.
    fn start(&self) -> impl Iterator<Item = String> {
        let debug = self.debug.then(|| "--debug".to_owned());
        debug.into_iter().chain(self.only.iter().map(|rule| format!("--rule={rule}")))
    }

    /// What can be read at which path, links followed: so a rendering has it.
    pub(crate) fn plain(&self) -> BTreeMap<String, Vec<u8>> {
        let mut all = BTreeMap::new();
        for path in self.files.keys() {
            self.follow(path, path, &mut all);
        }
        all
    }

    /// Puts what is at `from`, or below it, where `path` says.
    fn follow(&self, from: &str, path: &str, all: &mut BTreeMap<String, Vec<u8>>) {
        let Some(from) = self.real(from) else { return };
        if let Some(File::Bytes(bytes)) = self.files.get(&from) {
            all.insert(path.to_owned(), bytes.clone());
            return;
        }
        let below = format!("{from}/");
        for (inner, _) in self.files.range(below.clone()..).take_while(|(inner, _)| inner.starts_with(&below))
        {
            self.follow(inner, &format!("{path}/{}", &inner[below.len()..]), all);
        }
    }

    /// Where a path leads, each link in it followed; nowhere when that takes too long.
    fn real(&self, path: &str) -> Option<String> {
        let mut path = path.to_owned();
        for _ in 0..16 {
            let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
            let link = ends.into_iter().find_map(|end| match self.files.get(&path[..end]) {
                Some(File::Link(target)) => Some((end, target)),
                _ => None,
            });
            let Some((end, target)) = link else { return Some(path) };
            let folder = path[..end].rsplit_once('/').map_or("", |(folder, _)| folder);
            let target = if target.starts_with('/') { target.clone() } else { format!("{folder}/{target}") };
            path = straight(&format!("{target}{}", &path[end..]));
        }
        None
    }

    /// The line that the judge takes.
    pub(crate) fn job(&self) -> String {
        let file = |file: &File| match file {
            File::Link(target) => json!({ "link": target }),
            File::Bytes(bytes) => match str::from_utf8(bytes) {
                Ok(text) => Json::from(text),
                Err(_) => json!({ "base64": base64(bytes) }),
            },
        };
        let files: serde_json::Map<String, Json> =
            self.files.iter().map(|(path, each)| (path.clone(), file(each))).collect();
        let mut job = json!({ "id": self.name, "config": CONFIG, "files": files, "env": self.set });
        if self.debug {
            job["debug"] = Json::from(true);
        }
        if let Some(rule) = &self.only {
            job["rule"] = Json::from(rule.as_str());
        }
        job.to_string()
    }

    /// Changes when anything in it changes: 64 bits of Fowler, Noll and Vo.
    pub(crate) fn print(&self) -> String {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut take = |bytes: &[u8]| {
            for byte in bytes.iter().chain(&[0]) {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        for (path, file) in &self.files {
            take(path.as_bytes());
            match file {
                File::Bytes(bytes) => take(bytes),
                File::Link(target) => take(format!("-> {target}").as_bytes()),
            }
        }
        for (name, value) in &self.set {
            take(name.as_bytes());
            take(value.as_bytes());
        }
        for word in self.start() {
            take(word.as_bytes());
        }
        format!("{hash:016x}")
    }

    /// As somebody would write it into the corpus.
    pub(crate) fn show(&self) -> String {
        let mut text = format!("=== {}\n", self.name);
        for (name, value) in &self.set {
            text.extend(["set ", name, "=", value, "\n"]);
        }
        if self.start().next().is_some() {
            text.extend(["start ", &self.start().collect::<Vec<_>>().join(" "), "\n"]);
        }
        for (path, file) in &self.files {
            let name = if path == CONFIG { "config.yaml" } else { path.strip_prefix(ROOT).unwrap_or(path) };
            match file {
                File::Link(target) => text.extend(["--- ", name, " -> ", target, "\n"]),
                File::Bytes(bytes) => match str::from_utf8(bytes) {
                    Ok(body) if body.ends_with('\n') && !body.contains(['\r', '\t', '\0']) => {
                        text.extend(["--- ", name, "\n", body]);
                    }
                    _ => {
                        let escaped = bytes.escape_ascii().to_string().replace("\\n", "\\n\n");
                        text.extend(["--- ", name, " escaped\n", escaped.trim_end_matches('\n'), "\n"]);
                    }
                },
            }
        }
        text
    }
}

/// A path without `.` and `..`.
pub(crate) fn straight(path: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/').filter(|step| !step.is_empty() && *step != ".") {
        if step == ".." { _ = steps.pop() } else { steps.push(step) }
    }
    format!("/{}", steps.join("/"))
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
