//! What is assumed about a workspace that does not say all of it: which file is the configuration, which folders hold
//! rules, and where the container looks for them. Each assumption is a note with a code `assumed.*`, and whatever the
//! workspace says itself goes before it.

use std::collections::BTreeSet;

use crate::domain::check::Finding;
use crate::domain::overlay::{Overlay, Subject};
use crate::domain::position::count;
use crate::domain::problem::{Place, Problem};
use crate::domain::yaml::{self, Node, Value};

/// Paths at which the configuration can be; the first one that is there is it.
const CONFIGS: [&str; 5] = [
    "config/elastalert.yaml",
    "config/elastalert.yml",
    "config/config.yaml",
    "config/config.yml",
    "config/elastalert_config.yaml",
];

/// Names of a configuration that lies beside `rules/`, where there is none in `config/`.
pub const LOOSE: [&str; 4] = ["elastalert.yaml", "elastalert.yml", "config.yaml", "config.yml"];

/// The begin of the code of every assumption.
pub const CODE: &str = "assumed.";

/// The name of the layer that assumptions make.
const LAYER: &str = "assumed";

/// The path of the configuration, `there` says which paths there are.
pub fn config(there: impl Fn(&str) -> bool) -> Option<&'static str> {
    CONFIGS.into_iter().find(|path| there(path))
}

/// Whether a finding is an assumption.
pub fn is_assumption(finding: &Finding) -> bool {
    finding.problem.code.starts_with(CODE)
}

/// How the files of a workspace lie, and what its configuration says about folders.
#[derive(Debug, Default)]
pub struct Layout {
    prefix: &'static str,
    /// The configuration, where it lies beside `rules/`.
    loose: Option<String>,
    /// Folders beside `rules/` that hold rules.
    beside: Vec<String>,
    /// Whether the only folder of rules is not called `rules`.
    renamed: bool,
    folders: Option<Folders>,
    /// Where `rules/` is, when the configuration names one of its folders.
    within: Option<String>,
}

/// What `rules_folder` says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Folders {
    /// As written.
    written: Vec<String>,
    /// Where.
    place: Place,
    /// Whether `scan_subdirectories` keeps the loader out of folders below.
    flat: bool,
}

impl Layout {
    /// How these files lie; paths are relative to the workspace's folder.
    pub fn of(prefix: &'static str, files: &[(String, impl AsRef<[u8]>)]) -> Self {
        let inner = || files.iter().filter_map(|(path, _)| path.strip_prefix(prefix));
        let has = |wanted: &str| inner().any(|path| path == wanted);
        let any = |folder: &str| inner().any(|path| is_below(path, folder));
        let mut layout = Self { prefix, ..Self::default() };
        let mut at = config(has).map(str::to_owned);
        if at.is_none() {
            let text = |name: &str| files.iter().find(|(path, _)| path.strip_prefix(prefix) == Some(name));
            // Other programs have a file of that name too.
            let ours = |name: &&str| text(name).is_some_and(|(_, bytes)| is_elastalerts(bytes.as_ref()));
            layout.loose = LOOSE.into_iter().find(ours).map(str::to_owned);
            at.clone_from(&layout.loose);
        }
        let text = at.and_then(|at| {
            let path = format!("{prefix}{at}");
            let (_, bytes) = files.iter().find(|(found, _)| *found == path)?;
            Some((path, std::str::from_utf8(bytes.as_ref()).ok()?))
        });
        layout.folders = text.and_then(|(path, text)| folders(&path, text));
        let named = layout.folders.iter().flat_map(|folders| beside(&folders.written));
        layout.beside = named.filter(|folder| any(folder)).collect();
        layout.renamed = layout.beside.len() == 1 && !any("rules");
        layout.within = layout.folders.as_ref().and_then(|folders| {
            let [only] = folders.written.as_slice() else { return None };
            let (mount, below) = only.trim_end_matches('/').rsplit_once("/rules/")?;
            any(&format!("rules/{below}")).then(|| format!("{mount}/rules"))
        });
        layout
    }

    /// The path of the template that a file is; `path` is relative to the workspace's folder.
    pub fn template(&self, path: &str) -> Option<String> {
        let inner = path.strip_prefix(self.prefix)?;
        if let Some(folder) = self.beside.iter().find(|folder| is_below(inner, folder)) {
            let rest = inner.get(folder.len() + 1..)?;
            return Some(if self.renamed {
                format!("rules/{rest}")
            } else {
                format!("rules/{folder}/{rest}")
            });
        }
        if self.loose.as_deref() == Some(inner) {
            return Some(format!("config/{inner}"));
        }
        (is_below(inner, "config") || is_below(inner, "rules")).then(|| inner.to_owned())
    }

    /// What is assumed about the files. `plain`: no file names an environment.
    pub fn notes(&self, plain: bool, config: Option<&str>) -> Vec<Finding> {
        let mut notes = Vec::new();
        let mut note = |code, what: String, place: Option<Place>, why: &str, hint: &str| {
            let mut problem = Problem::new(code, what).why(why).hint(hint);
            problem.place = place;
            notes.push(Finding::note(problem));
        };
        if plain {
            note(
                "assumed.default",
                "there is one environment, Default".to_owned(),
                Some(Place::file(format!("{}config/environments", self.prefix))),
                "no file of config/environments/ or config/substitutions/ names one",
                "config/environments/<Env>.yaml makes one; `alertdeck init` writes a set to begin with",
            );
        }
        let shown = self.loose.as_deref().or(config.filter(|config| *config != "config/elastalert.yaml"));
        if let Some(shown) = shown {
            note(
                "assumed.config",
                format!("{}{shown} is the configuration of ElastAlert", self.prefix),
                Some(Place::file(format!("{}{shown}", self.prefix))),
                "there is no config/elastalert.yaml",
                "move it there to have it under the usual name",
            );
        }
        if !self.beside.is_empty() {
            let place = self.folders.as_ref().map(|folders| folders.place.clone());
            let laid = if self.renamed { "rules/" } else { "folders of that name below rules/" };
            note(
                "assumed.folders",
                format!("rules are read from {} and laid out in {laid}", self.beside.join(", ")),
                place,
                "`rules_folder` names them, and a container gets one folder of rules",
                "move them below rules/ to have them lie as they are deployed",
            );
        }
        notes
    }

    /// Where a container has its rules, when the workspace does not say so: where the configuration looks for them.
    pub fn mount(&self) -> Option<String> {
        let folders = self.folders.as_ref()?;
        let [only] = folders.written.as_slice() else { return None };
        let path = self.within.as_deref().unwrap_or_else(|| only.trim_end_matches('/'));
        // A volume over one of the system's own folders would hide what is in it.
        let deep = path.starts_with('/') && path.split('/').filter(|part| !part.is_empty()).count() > 1;
        (deep
            && !path.split('/').any(|part| matches!(part, "." | ".."))
            && (self.beside.is_empty() || self.renamed))
            .then(|| path.to_owned())
    }

    /// The note that the rules are mounted there.
    pub fn mounted(&self, mount: &str) -> Option<Finding> {
        let place = self.folders.as_ref()?.place.clone();
        Some(Finding::note(
            Problem::new("assumed.mount", format!("rules are mounted at {mount}"))
                .at(place)
                .why("`rules_folder` names that folder, and nothing else says where they are mounted")
                .hint("`target: { mounts: { rules: … } }` in config/environments/Default.yaml says it"),
        ))
    }

    /// The folder that the configuration is to name, where what it names cannot be what the container has at `mount`.
    pub fn overlay(&self, mount: &str) -> Option<(Overlay, Finding)> {
        let folders = self.folders.as_ref()?;
        let absolute = folders.written.iter().all(|folder| folder.starts_with('/'));
        let apart = !self.beside.is_empty() && !self.renamed;
        let fits = |folder: &String| is_at(folder.trim_end_matches('/'), mount);
        if folders.written.iter().all(fits) || (absolute && !apart && !self.renamed) {
            return None;
        }
        let mut named = BTreeSet::from([mount.to_owned()]);
        if folders.flat && apart {
            named.extend(self.beside.iter().map(|folder| format!("{mount}/{folder}")));
        }
        // What is nowhere in the workspace is the image's own.
        let own = |folder: &&String| {
            folder.starts_with('/') && !fits(folder) && last(folder) != "rules" && !self.is_beside(folder)
        };
        named.extend(folders.written.iter().filter(own).cloned());
        let text = |text: &String| Node::new(Value::text(text));
        let mut values: Vec<Node> = named.iter().map(text).collect();
        let value = match (values.len(), values.pop()) {
            (1, Some(only)) => only,
            (_, last) => {
                values.extend(last);
                Node::new(Value::Sequence(values))
            }
        };
        let note = Problem::new(
            "assumed.rules-folder",
            format!("`rules_folder` becomes {}", named.into_iter().collect::<Vec<_>>().join(", ")),
        )
        .at(folders.place.clone())
        .why(format!("the container has the rules at {mount}, and not where the file says"))
        .hint("write that folder into the file, or `target: { mounts: { rules: … } }` in an environment");
        let overlay = Overlay {
            subject: Subject::Config,
            key: "rules_folder".to_owned(),
            value,
            layer: LAYER.to_owned(),
            place: folders.place.clone(),
        };
        Some((overlay, Finding::note(note)))
    }

    /// Whether rules are read from folders that are not `rules/`.
    pub fn has_folders_beside(&self) -> bool {
        !self.beside.is_empty()
    }

    fn is_beside(&self, written: &str) -> bool {
        candidate(written).is_some_and(|folder| self.beside.contains(&folder))
    }
}

/// The folders beside `rules/` that a configuration may mean, and that have to be looked for.
pub fn wanted(text: &str) -> Vec<String> {
    folders("", text).map(|folders| beside(&folders.written).collect()).unwrap_or_default()
}

fn beside(written: &[String]) -> impl Iterator<Item = String> {
    let mut seen = BTreeSet::new();
    written.iter().filter_map(|folder| candidate(folder)).filter(move |folder| seen.insert(folder.clone()))
}

/// The folder of the workspace that an entry of `rules_folder` may mean: of an absolute path the last name, because
/// what stands before it is the container's.
fn candidate(written: &str) -> Option<String> {
    let parts: Vec<&str> = written.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let parts = if written.starts_with('/') { parts.get(parts.len().checked_sub(1)?..)? } else { &parts[..] };
    let first = parts.first()?;
    let ours = matches!(*first, "rules" | "config" | "src");
    let plain = parts.iter().all(|part| !part.starts_with('.') && !part.contains(['\\', '\0']));
    (!ours && plain).then(|| parts.join("/"))
}

fn last(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

fn is_elastalerts(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"rules_folder"))
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether an absolute path is a folder or lies in it.
fn is_at(path: &str, folder: &str) -> bool {
    path == folder || is_below(path, folder)
}

/// What the key at the left margin of a template holds: the template itself need not be YAML yet, its piece has to be.
fn piece(text: &str, key: &str) -> Option<(usize, Node)> {
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    let is_key = |line: &&str| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':'));
    let at = lines.iter().position(is_key)?;
    let goes_on = |line: &&&str| line.is_empty() || line.starts_with([' ', '\t', '-', '#', ']']);
    let more = lines.iter().skip(at + 1).take_while(goes_on).count();
    let piece = lines.get(at..=at + more)?.join("\n");
    if piece.contains("@@") || piece.contains('$') {
        return None;
    }
    Some((at + 1, yaml::parse(&piece).ok()?.root.get(key)?.clone()))
}

fn folders(path: &str, text: &str) -> Option<Folders> {
    let (line, node) = piece(text, "rules_folder")?;
    let written: Vec<String> = match &node.value {
        Value::Sequence(items) => {
            items.iter().map(|item| item.text().map(str::to_owned)).collect::<Option<_>>()?
        }
        _ => vec![node.text()?.to_owned()],
    };
    let flat = piece(text, "scan_subdirectories").is_some_and(|(_, node)| node.value == Value::Bool(false));
    (!written.is_empty()).then(|| Folders { written, place: Place::line(path, count(line)), flat })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(files: &[(&str, &str)]) -> Layout {
        let files: Vec<(String, Vec<u8>)> =
            files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
        Layout::of("", &files)
    }

    fn with(rules_folder: &str, more: &[&str]) -> Layout {
        let text = format!("es_port: @@P@@\nrules_folder: {rules_folder}\n");
        let mut files = vec![("config/elastalert.yaml", text.as_str())];
        files.extend(more.iter().map(|path| (*path, "x")));
        layout(&files)
    }

    fn overlaid(layout: &Layout, mount: &str) -> Option<String> {
        layout.overlay(mount).map(|(overlay, _)| crate::domain::overlay::flow(&overlay.value))
    }

    #[test]
    fn what_the_configuration_names_is_where_the_rules_are_mounted() {
        let mount = |folder: &str| with(folder, &["rules/a.yaml"]).mount();
        assert_eq!(mount("/opt/elastalert/rules/").as_deref(), Some("/opt/elastalert/rules"));
        for none in
            ["rules", "/", "/opt", "/opt/../etc/x", "[/opt/a, /opt/b]", "\"@@R@@\"", "$HOME/rules", "3"]
        {
            assert_eq!(mount(none), None, "{none}");
        }
        assert_eq!(mount("\n  - /opt/one/rules\n").as_deref(), Some("/opt/one/rules"));
        let deep = |folder: &str| with(folder, &["rules/a.yaml", "rules/deep/b.yaml"]).mount();
        assert_eq!(deep("/opt/rules/deep/").as_deref(), Some("/opt/rules"), "it names a folder of rules/");
        assert_eq!(deep("/opt/one/rules/deep").as_deref(), Some("/opt/one/rules"));
        assert_eq!(deep("/opt/rules/other").as_deref(), Some("/opt/rules/other"));
    }

    #[test]
    fn a_folder_that_the_container_has_not_is_replaced_by_the_one_that_it_has() {
        let of = |folder: &str, more: &[&str]| overlaid(&with(folder, more), "/opt/rules");
        assert_eq!(of("rules", &["rules/a.yaml"]).as_deref(), Some("\"/opt/rules\""));
        assert_eq!(of("[/opt/rules/web, /opt/rules/app]", &["rules/web/a.yaml"]), None);
        assert_eq!(of("/opt/rules", &["rules/a.yaml"]), None);
        assert_eq!(
            of("[/opt/rules, /opt/team]", &["rules/a.yaml", "team/b.yaml"]).as_deref(),
            Some("\"/opt/rules\"")
        );
        assert_eq!(
            of("[rules, team, /usr/share/more]", &["rules/a.yaml", "team/b.yaml"]).as_deref(),
            Some("[\"/opt/rules\", \"/usr/share/more\"]")
        );
        assert_eq!(of("example", &["example/a.yaml"]).as_deref(), Some("\"/opt/rules\""));
        assert_eq!(
            of("[rules, team]\nscan_subdirectories: false", &["rules/a.yaml", "team/b.yaml"]).as_deref(),
            Some("[\"/opt/rules\", \"/opt/rules/team\"]")
        );
    }

    #[test]
    fn folders_beside_rules_are_laid_out_below_it() {
        let two = with("[rules, ./teams/b/]", &["rules/a.yaml", "teams/b/x/c.yaml", "teams/d.yaml"]);
        assert_eq!(two.template("teams/b/x/c.yaml").as_deref(), Some("rules/teams/b/x/c.yaml"));
        assert_eq!(two.template("teams/d.yaml"), None);
        assert_eq!(two.template("rules/a.yaml").as_deref(), Some("rules/a.yaml"));
        let one = with("example_rules", &["example_rules/a.yaml"]);
        assert_eq!(one.template("example_rules/a.yaml").as_deref(), Some("rules/a.yaml"));
        for outside in ["../rules", ".git", "/", "config/x", "rules/web"] {
            assert!(wanted(&format!("rules_folder: {outside}\n")).is_empty(), "{outside}");
        }
    }

    #[test]
    fn a_configuration_beside_rules_counts_only_where_there_is_no_other() {
        let loose = layout(&[("config.yaml", "rules_folder: rules\n"), ("rules/a.yaml", "x")]);
        assert_eq!(loose.template("config.yaml").as_deref(), Some("config/config.yaml"));
        let beside = layout(&[("config.yaml", "rules_folder: rules\n"), ("config/environments/CI.yaml", "")]);
        assert_eq!(beside.template("config.yaml").as_deref(), Some("config/config.yaml"));
        let other = layout(&[("config.yaml", "theme: x\n"), ("rules/a.yaml", "x")]);
        assert_eq!(other.template("config.yaml"), None);
        let both = layout(&[("config.yaml", ""), ("config/elastalert.yaml", ""), ("rules/a.yaml", "x")]);
        assert_eq!(both.template("config.yaml"), None);
        assert!(both.notes(false, Some("config/elastalert.yaml")).is_empty());
    }

    #[test]
    fn every_assumption_has_its_code() {
        let layout = with("[rules, team]", &["rules/a.yaml", "team/b.yaml"]);
        let notes = layout.notes(true, Some("config/config.yaml"));
        let codes: Vec<&str> = notes.iter().map(|note| note.problem.code).collect();
        assert_eq!(codes, ["assumed.default", "assumed.config", "assumed.folders"]);
        assert!(notes.iter().all(is_assumption));
    }
}
