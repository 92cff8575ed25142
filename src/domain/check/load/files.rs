//! The files of the container, as far as they are known: what is mounted, found by the paths that Python asks for.
//! What lies outside of the mounts is the image's, and unknown.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError};

use super::Input;
use super::depends::{Answer, Given};
use super::fault::{Fault, Result, Stop};
use super::outcome::Need;
use super::read::{self, Parsed};

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// A file: its path in the rendering, and its bytes.
    File(&'a str, &'a [u8]),
    /// A folder.
    Folder,
    /// Nothing.
    Missing,
    /// A file stands where a folder should.
    NoFolder,
    /// A name that is too long.
    TooLong,
    /// Not in what is mounted.
    Elsewhere,
}

/// The files of a container, and those that were parsed for several rules.
#[derive(Debug)]
pub(super) struct Shared<'a> {
    mounted: &'a BTreeMap<&'a str, &'a [u8]>,
    variables: &'a BTreeMap<String, String>,
    mounts: &'a [(&'a str, &'a str)],
    directory: &'a str,
    imported: Mutex<HashMap<String, Result<Arc<Parsed>>>>,
}

/// The files as one rule asks for them, and what it was answered.
#[derive(Debug)]
pub(super) struct Files<'a> {
    shared: &'a Shared<'a>,
    /// The text of the rule's own file, if somebody has read it already.
    given: Option<(&'a str, &'a Given)>,
    asked: RefCell<Vec<(String, Answer)>>,
    variables: Cell<bool>,
}

impl<'a> Shared<'a> {
    pub(super) fn new(input: &'a Input<'a>) -> Self {
        Self {
            mounted: &input.files,
            variables: input.variables,
            mounts: &input.mounts,
            directory: input.directory,
            imported: Mutex::default(),
        }
    }

    /// What a rule that asks for a path is answered.
    pub(super) fn answer(&self, path: &str) -> Answer {
        Answer::of(self.find(path))
    }

    /// What is at a path of the container; a relative one is taken from the folder in which `ElastAlert` starts.
    fn find(&self, path: &str) -> Found<'a> {
        if path.is_empty() {
            return Found::Missing;
        }
        let mut steps: Vec<&str> = Vec::new();
        let from = if path.starts_with('/') { "" } else { self.directory };
        let mut parts =
            from.split('/').chain(path.split('/')).filter(|part| !part.is_empty() && *part != ".").peekable();
        while let Some(part) = parts.next() {
            if part.len() > 255 {
                return Found::TooLong;
            }
            if part == ".." {
                steps.pop();
                continue;
            }
            steps.push(part);
            // What the way leads through has to be there.
            if parts.peek().is_some() {
                match self.at(&steps) {
                    Found::Folder | Found::Elsewhere => {}
                    Found::File(..) => return Found::NoFolder,
                    other => return other,
                }
            }
        }
        match self.at(&steps) {
            Found::File(..) if path.ends_with('/') => Found::NoFolder,
            found => found,
        }
    }

    fn at(&self, steps: &[&str]) -> Found<'a> {
        let path = format!("/{}", steps.join("/"));
        if self.mounts.iter().any(|(mount, _)| mount.strip_prefix(path.as_str()).is_some_and(under))
            || path == "/"
        {
            return Found::Folder;
        }
        let within = self.mounts.iter().filter_map(|(mount, files)| {
            let below = path.strip_prefix(mount)?;
            under(below).then_some((mount.len(), below, files))
        });
        let Some((_, below, files)) = within.max_by_key(|(length, ..)| *length) else {
            return Found::Elsewhere;
        };
        let rendered = format!("{files}{below}");
        if let Some((path, bytes)) = self.mounted.get_key_value(rendered.as_str()) {
            return Found::File(path, bytes);
        }
        let folder = format!("{rendered}/");
        if self.from(&folder).next().is_some_and(|(path, _)| path.starts_with(&folder)) {
            return Found::Folder;
        }
        Found::Missing
    }

    /// The files from that path on.
    fn from(&self, path: &str) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.mounted
            .range::<str, _>((Bound::Included(path), Bound::Unbounded))
            .map(|(path, bytes)| (*path, *bytes))
    }

    /// The files in a folder of the container and below, each with what comes after the folder in its path.
    fn below(&self, folder: &str) -> Vec<(&'a str, &'a str)> {
        let folder = format!("/{}", normal(&self.absolute(folder)));
        let mut all = Vec::new();
        for (mount, files) in self.mounts {
            let prefix = format!("{files}/");
            for (path, _) in self.from(&prefix).take_while(|(path, _)| path.starts_with(&prefix)) {
                let Some(inner) = path.strip_prefix(prefix.as_str()) else { continue };
                if let Some(below) = folder.strip_prefix(mount).filter(|below| under(below)) {
                    let below = below.trim_start_matches('/');
                    let inner = if below.is_empty() {
                        Some(inner)
                    } else {
                        inner.strip_prefix(below).and_then(|inner| inner.strip_prefix('/'))
                    };
                    all.extend(inner.map(|inner| (path, inner)));
                }
            }
        }
        all
    }

    fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') { path.to_owned() } else { join(self.directory, path) }
    }
}

impl<'a> Files<'a> {
    pub(super) fn new(shared: &'a Shared<'a>) -> Self {
        Self { shared, given: None, asked: RefCell::default(), variables: Cell::new(false) }
    }

    /// The same, where the text of one file of the rendering has been read already.
    pub(super) fn given(shared: &'a Shared<'a>, given: Option<(&'a str, &'a Given)>) -> Self {
        Self { given, ..Self::new(shared) }
    }

    /// What was asked for and answered, in order, and whether variables of the environment had a say.
    pub(super) fn into_asked(self) -> (Vec<(String, Answer)>, bool) {
        (self.asked.into_inner(), self.variables.get())
    }

    /// What is at a path of the container; a relative one is taken from the folder in which `ElastAlert` starts.
    pub(super) fn find(&self, path: &str) -> Found<'a> {
        let found = self.shared.find(path);
        let mut asked = self.asked.borrow_mut();
        if !asked.iter().any(|(known, _)| known == path) {
            asked.push((path.to_owned(), Answer::of(found)));
        }
        found
    }

    /// The files in a folder of the container and below. Rules do not ask for it.
    pub(super) fn below(&self, folder: &str) -> Vec<(&'a str, &'a str)> {
        self.shared.below(folder)
    }

    /// A variable of the environment.
    pub(super) fn variable(&self, name: &str) -> Option<&'a String> {
        self.variables.set(true);
        self.shared.variables.get(name)
    }

    /// Opens a file for reading, or ends as Python's `open` does.
    pub(super) fn open(&self, path: &str, what: &str) -> Result<(&'a str, &'a [u8])> {
        let fault = |class, message: String| Fault::new("rule.file", class, message).stop();
        match self.find(path) {
            Found::File(path, bytes) => Ok((path, bytes)),
            Found::Folder => fault("IsADirectoryError", format!("{what} is a folder")),
            Found::Missing => fault("FileNotFoundError", format!("{what} does not exist")),
            Found::NoFolder => fault("NotADirectoryError", format!("{what} leads through a file")),
            Found::TooLong => fault("OSError", format!("{what} has a name that is too long")),
            Found::Elsewhere => Err(Stop::Unknown(Need::File { path: path.to_owned() })),
        }
    }

    /// Reads a YAML file that others may read too.
    pub(super) fn parse_shared(&self, path: &str, what: &str) -> Result<Arc<Parsed>> {
        let (rendered, bytes) = self.open(path, what)?;
        self.notice(bytes);
        let known = || self.shared.imported.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known().get(rendered) {
            return known.clone();
        }
        let parsed = read::read(rendered, bytes, self.shared.variables, None).map(Arc::new);
        known().insert(rendered.to_owned(), parsed.clone());
        parsed
    }

    /// Reads a YAML file that is read once.
    pub(super) fn parse(&self, path: &str, what: &str) -> Result<Parsed> {
        let (rendered, bytes) = self.open(path, what)?;
        self.notice(bytes);
        let given = self.given.filter(|(path, _)| *path == rendered).map(|(_, given)| given);
        read::read(rendered, bytes, self.shared.variables, given)
    }

    /// Variables may be put into a text where it has the sign for it.
    fn notice(&self, bytes: &[u8]) {
        if bytes.contains(&b'$') {
            self.variables.set(true);
        }
    }
}

fn under(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

/// The steps of a path without those that lead nowhere.
fn normal(path: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            steps.pop();
        } else {
            steps.push(part);
        }
    }
    steps.join("/")
}

/// `os.path.join`
pub(super) fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') || folder.is_empty() {
        return path.to_owned();
    }
    if folder.ends_with('/') { format!("{folder}{path}") } else { format!("{folder}/{path}") }
}

/// `os.path.dirname`
pub(super) fn folder(path: &str) -> &str {
    let Some(at) = path.rfind('/') else { return "" };
    let head = path.get(..=at).unwrap_or_default();
    let bare = head.trim_end_matches('/');
    if bare.is_empty() { head } else { bare }
}

/// `os.path.splitext(path)[0]`
pub(super) fn stem(path: &str) -> &str {
    let start = path.rfind('/').map_or(0, |at| at + 1);
    let name = path.get(start..).unwrap_or_default();
    let bare = name.trim_start_matches('.');
    match bare.rfind('.') {
        Some(at) => path.get(..start + (name.len() - bare.len()) + at).unwrap_or(path),
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_where_the_container_has_them() {
        let files: BTreeMap<String, Vec<u8>> =
            ["config/elastalert.yaml", "rules/a.yaml", "rules/team/b.yaml"]
                .map(|path| (path.to_owned(), vec![]))
                .into();
        let variables = BTreeMap::new();
        let input = Input::new(&files, &variables);
        let all = Shared::new(&input);
        for path in [
            "/opt/rules/a.yaml",
            "rules/a.yaml",
            "/opt//rules/./team/../a.yaml",
            "/opt/config/../rules/a.yaml",
        ] {
            assert_eq!(all.find(path), Found::File("rules/a.yaml", &[]), "{path}");
        }
        for path in ["/opt", "/opt/rules", "/opt/rules/team/", "/", "/opt/rules/.."] {
            assert_eq!(all.find(path), Found::Folder, "{path}");
        }
        for path in ["", "/opt/rules/c.yaml", "/opt/rules/none/../a.yaml", "/opt/config/rules"] {
            assert_eq!(all.find(path), Found::Missing, "{path}");
        }
        assert_eq!(all.find("/opt/rules/a.yaml/"), Found::NoFolder);
        assert_eq!(all.find("/opt/rules/a.yaml/x"), Found::NoFolder);
        assert_eq!(all.find("/etc/passwd"), Found::Elsewhere);
        assert_eq!(all.find(&"x".repeat(256)), Found::TooLong);
        assert_eq!(all.below("/opt/rules/team"), [("rules/team/b.yaml", "b.yaml")]);
        assert_eq!(all.below("rules").len(), 2);
    }

    #[test]
    fn paths_are_taken_apart_as_python_does() {
        for (path, is) in [
            ("/opt/rules/a.b.yaml", "/opt/rules/a.b"),
            ("/x/.yaml", "/x/.yaml"),
            ("/x/..y.yml", "/x/..y"),
            ("a", "a"),
            ("/a.b/c", "/a.b/c"),
        ] {
            assert_eq!(stem(path), is);
        }
        for (path, is) in [("/opt/a", "/opt"), ("/a", "/"), ("a", ""), ("/a//b", "/a")] {
            assert_eq!(folder(path), is);
        }
        assert_eq!(
            [join("/a", "b"), join("/a/", "b"), join("/a", "/b"), join("", "b")],
            ["/a/b", "/a/b", "/b", "b"]
        );
    }
}
