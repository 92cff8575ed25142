//! Which files are rules: those in the folders that the configuration names. The order is theirs by path, for the
//! loader's own is left to the disk.

use super::dict::Dict;
use super::fault::{Fault, Result, Stop};
use super::files::{Files, Found, join};
use super::outcome::Need;
use super::python;
use super::value::{Value, View};

/// A rule file: its path as the loader says it, and in the rendering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RuleFile<'a> {
    pub(super) path: String,
    pub(super) rendered: &'a str,
}

/// The rule files in the order of their paths; the loader takes them in whatever order the disk has them.
pub(super) fn rules<'a>(
    conf: &Dict<'_>,
    files: &Files<'a>,
    only: Option<&str>,
    needs: &mut Vec<Need>,
) -> Result<Vec<RuleFile<'a>>> {
    if let Some(path) = only {
        match files.find(path) {
            // A path of a file is taken as it is, wherever it lies and whatever it is called.
            Found::File(rendered, _) => return Ok(vec![RuleFile { path: path.to_owned(), rendered }]),
            Found::Elsewhere => return Err(Stop::Unknown(Need::File { path: path.to_owned() })),
            _ => {}
        }
    }
    let key = "rules_folder";
    let Some(value) = conf.get(key) else { return Ok(Vec::new()) };
    let folders =
        if value.is_list() { python::iterate(value).unwrap_or_default() } else { vec![value.clone()] };
    let deep = conf.is_true("scan_subdirectories");
    let mut all = Vec::new();
    for folder in folders {
        if let View::Int(number) = folder.view()
            && number.as_i64().is_none_or(|number| i32::try_from(number).is_err())
        {
            let message = format!("`{key}` is a number, and too large for one of an open file");
            return Fault::new("config.value", "OverflowError", message).at(conf.at(key)).key(key).stop();
        }
        if let Some(number) = number(&folder) {
            // A number is taken for an open file of the process, which is no folder.
            if !deep {
                continue;
            }
            if !(0..=2).contains(&number) {
                return Err(Stop::Unknown(Need::Other { what: format!("`{key}` that is a number") }));
            }
        }
        let Some(folder) = folder.text() else {
            let message = format!("`{key}` is {} and must be a path", folder.kind());
            return Fault::new("config.value", "TypeError", message).at(conf.at(key)).key(key).stop();
        };
        match files.find(folder) {
            Found::Folder => {}
            Found::File(..) => continue,
            Found::Elsewhere => {
                needs.push(Need::Folder { path: folder.to_owned() });
                continue;
            }
            _ if deep => {
                let message = format!("`{key}` names a folder that does not exist");
                return Fault::ea("config.folder", message).at(conf.at(key)).key(key).stop();
            }
            _ => continue,
        }
        for (rendered, inner) in files.below(folder) {
            let (above, name) = inner.rsplit_once('/').unwrap_or(("", inner));
            let hidden = above.split('/').any(|part| part.starts_with(".."));
            // Without folders below, the name of a single rule is not looked at.
            let reached =
                if deep { !hidden && only.is_none_or(|only| only == name) } else { above.is_empty() };
            if reached && is_rule(name) {
                all.push(RuleFile { path: join(folder, inner), rendered });
            }
        }
    }
    all.sort_by(|one, other| one.rendered.cmp(other.rendered));
    Ok(all)
}

fn number(value: &Value<'_>) -> Option<i64> {
    match value.view() {
        View::Bool(value) => Some(i64::from(value)),
        View::Int(value) => value.as_i64(),
        _ => None,
    }
}

fn is_rule(name: &str) -> bool {
    [".yaml", ".yml"].iter().any(|end| name.ends_with(end))
}
