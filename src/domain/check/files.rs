//! What one rendered YAML file says about itself: whether it can be read, whether it is one document, and whether it
//! gives what `ElastAlert` cannot do without. Places are those of the template.

use crate::domain::check::{Finding, facts};
use crate::domain::problem::{Place, Problem};
use crate::domain::render::file::CONFIG;
use crate::domain::yaml::{Document, Duplicate, Kind, Refused, Value};

/// Codes of what keeps a file from being read at all.
pub const UNREADABLE: [&str; 4] = ["yaml.syntax", "yaml.documents", "yaml.value", "yaml.limit"];

/// A file that is checked.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its path in the rendering.
    pub path: &'a str,
    /// Its path in the workspace.
    pub shown: &'a str,
    /// Whether it holds secrets, so that nothing of it may be repeated.
    pub discreet: bool,
}

/// Checks one file. `place` finds the place in the template for a byte of the rendered text. `given` says which keys of
/// the configuration the container's environment gives.
pub fn check(
    file: &File<'_>,
    document: &Result<Document, Refused>,
    given: &impl Fn(&str) -> bool,
    place: &impl Fn(usize) -> Place,
) -> Vec<Finding> {
    let is_config = file.path == CONFIG;
    let what = if is_config { "the configuration" } else { "the rule" };
    let document = match document {
        Ok(document) => document,
        Err(error) => return vec![Finding::error(refused(file, error, place))],
    };
    let root = &document.root;
    if root.value == Value::Null {
        return vec![Finding::error(
            Problem::new("yaml.empty", "the file holds nothing")
                .at(Place::file(file.shown))
                .why("ElastAlert ends when it loads an empty file"),
        )];
    }
    if !matches!(root.value, Value::Mapping(_)) {
        return vec![Finding::error(
            Problem::new("yaml.mapping", format!("{what} is a mapping, not {}", root.kind()))
                .at(place(root.start())),
        )];
    }
    let mut findings: Vec<Finding> =
        document.duplicates.iter().map(|found| duplicate(found, place)).collect();
    let facts = facts::elastalert();
    let keys = if is_config { &facts.config.required } else { &facts.rule.required };
    // A rule without a name is called as its file is.
    let required = keys.iter().filter(|key| is_config || *key != "name");
    // What a rule imports can give what is missing.
    if is_config || root.get("import").is_none() {
        for key in required.filter(|key| root.get(key).is_none() && !(is_config && given(key))) {
            let code = if is_config { "config.required" } else { "rule.required" };
            let problem = Problem::new(code, format!("{what} gives no `{key}`"))
                .at(Place::file(file.shown))
                .why("ElastAlert does not start without it");
            findings.push(Finding::error(problem));
        }
    }
    findings
}

/// What keeps a file from being read, and what `ElastAlert` does about it.
fn refused(file: &File<'_>, error: &Refused, place: &impl Fn(usize) -> Place) -> Problem {
    let (code, what) = match error.kind() {
        Kind::Syntax => ("yaml.syntax", "the file is no YAML"),
        Kind::Documents => ("yaml.documents", "the file holds more than one document"),
        Kind::Value => ("yaml.value", "the file is YAML that Python cannot load"),
        Kind::Limit => ("yaml.limit", "the file is more than can be checked"),
    };
    let at = error.at().map_or_else(|| Place::file(file.shown), place);
    let line = at.line;
    let mut problem = Problem::new(code, what).at(at);
    if error.kind() == Kind::Documents {
        let one = if file.path == CONFIG { "keep one of them" } else { "one rule, one file" };
        problem = problem.hint(one);
    } else {
        problem = problem.why(if file.discreet { error.discreet().to_owned() } else { error.words() });
        if let Some((context, begun)) = error.context().filter(|_| !file.discreet) {
            let begun = begun.map(|at| place(at).line).filter(|begun| *begun != line);
            problem = problem.why(match begun {
                Some(begun) => format!("{context} that begins in line {begun}"),
                None => context.to_owned(),
            });
        }
    }
    if error.kind() == Kind::Limit {
        return problem;
    }
    let class = error.class();
    problem.why(match (file.path == CONFIG, error.is_caught()) {
        (true, _) => format!("ElastAlert ends with this {class}"),
        (false, true) => format!("ElastAlert ends with this {class}, unless `skip_invalid` is on"),
        (false, false) => format!("ElastAlert ends with this {class}, whatever `skip_invalid` says"),
    })
}

/// A key that a mapping gives twice; the last one counts, and the other is read by people only.
fn duplicate(found: &Duplicate, place: &impl Fn(usize) -> Place) -> Finding {
    Finding::warning(
        Problem::new("yaml.duplicate", format!("`{}` is given twice", found.key.escape_debug()))
            .at(place(found.again.start))
            .why(format!(
                "it is already given in line {}; the last one counts",
                place(found.first.start).line
            )),
    )
}
