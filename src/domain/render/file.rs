//! Renders one file: substitution, then overlays, then a look at what came out. A file that is not UTF-8 passes
//! through untouched.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::domain::check::files::UNREADABLE;
use crate::domain::check::{Finding, files, lints, start};
use crate::domain::layer::LayerValue;
use crate::domain::overlay::{self, Edit, Overlay, Subject};
use crate::domain::position::Lines;
use crate::domain::problem::{Place, Problem};
use crate::domain::render::origin::template_offset;
use crate::domain::render::substitute::{Substituted, substitute};
use crate::domain::render::{Insertion, RenderedFile, shape};
use crate::domain::rule::{Rule, is_rule};
use crate::domain::secret::{Secret, placeholder};
use crate::domain::template::Template;
use crate::domain::token::{nearest, stray_marks, tokens};
use crate::domain::workspace::Environment;
use crate::domain::yaml;

/// What becomes of one template.
#[derive(Debug)]
pub struct Done {
    /// The file.
    pub file: Arc<RenderedFile>,
    /// SHA-256 over its path and its bytes, every secret left out.
    pub digest: [u8; 32],
    /// What the rule is called before any overlay; overlays name it by that.
    pub called: Option<String>,
    /// The rule in it.
    pub rule: Option<Rule>,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// Keys of secrets that are used and not filled in.
    pub holes: Vec<String>,
}

/// Where `ElastAlert`'s own configuration usually is, and what checks call it wherever it is.
pub const CONFIG: &str = "config/elastalert.yaml";

/// Renders a template. `config` is the path of the one that is the configuration.
///
/// What is said about a file, its rule included, is read from the rendering with holes, so that no name and no
/// message can quote a secret; a rendering with secrets adds what they break.
pub fn render_file(
    template: &Template,
    config: Option<&str>,
    environment: &Environment,
    secrets: &BTreeMap<String, Secret>,
) -> Done {
    /// What a secret can break, told without quoting anything.
    const BY_SECRETS: [&str; 3] = ["token.shape", "token.altered", "overlay.refused"];
    let filled = render_with(template, config, environment, secrets);
    if !filled.file.insertions.iter().any(|insertion| insertion.secret) || secrets.is_empty() {
        return filled;
    }
    let mut told = render_with(template, config, environment, &BTreeMap::new());
    let unreadable = |finding: &Finding| UNREADABLE.contains(&finding.problem.code);
    let broken_anyway = told.findings.iter().any(unreadable);
    for mut finding in filled.findings {
        if unreadable(&finding) && !broken_anyway {
            finding.problem.hint =
                Some("a secret does this: without its secrets the file can be read".into());
            told.findings.push(finding);
        } else if BY_SECRETS.contains(&finding.problem.code) && !told.findings.contains(&finding) {
            told.findings.push(finding);
        }
    }
    Done { file: filled.file, digest: filled.digest, holes: filled.holes, ..told }
}

fn render_with(
    template: &Template,
    config: Option<&str>,
    environment: &Environment,
    secrets: &BTreeMap<String, Secret>,
) -> Done {
    let path = template.source.clone();
    let is_config = config == Some(template.path.as_str());
    let is_yaml = is_config || is_rule(&template.path);
    let checked_as = if is_config { CONFIG } else { &template.path };
    let Ok(source) = std::str::from_utf8(&template.bytes) else {
        let bytes = Zeroizing::new(template.bytes.to_vec());
        let file = RenderedFile { path: template.path.clone(), bytes, insertions: Vec::new() };
        let problem = Problem::new("yaml.encoding", "the file is not UTF-8").at(Place::file(&path));
        let findings = if is_yaml {
            vec![Finding::error(problem)]
        } else {
            unread_tokens(&path, &template.bytes).into_iter().collect()
        };
        let rule = is_rule(&template.path).then(|| Rule::read(&template.path, None));
        return Done::new(file, rule, findings, Vec::new());
    };
    let lines = Lines::new(source);
    let mut substituted = substitute(&path, source, &environment.values, secrets);
    let mut findings = unresolved(&path, &lines, &substituted, environment);
    findings.extend(stray_marks(source).into_iter().map(|at| {
        Finding::warning(
            Problem::new("token.mark", "`@@` that begins or ends no token")
                .at(lines.place(&path, at))
                .why("it stays as it is")
                .hint("a token is written @@KEY@@, with letters, digits, `_`, `.` and `-` between the marks"),
        )
    }));
    let mut rule = None;
    let mut called = None;
    if is_yaml {
        let mut document = yaml::parse(&substituted.text);
        let root = document.as_ref().ok().map(|document| &document.root);
        findings.extend(shape::check(&substituted.text, root, &substituted.insertions));
        let subject = if is_config {
            Subject::Config
        } else {
            let read = Rule::read(&template.path, root);
            called = Some(read.name.clone());
            let subject = Subject::Rule(read.name.clone());
            rule = Some(read);
            subject
        };
        let overlays: Vec<&Overlay> =
            environment.overlays.iter().filter(|overlay| overlay.subject == subject).collect();
        if !overlays.is_empty()
            && let Ok(before) = &document
        {
            match overlay::edit(&substituted.text, &before.root, &overlays) {
                Ok(edited) => {
                    substituted = overlaid(&path, &lines, substituted, edited.text, &edited.edits, &overlays);
                    rule = rule.map(|_| Rule::read(&template.path, Some(&edited.document.root)));
                    document = Ok(edited.document);
                }
                Err(problem) => findings.push(Finding::error(problem)),
            }
        }
        let place = |offset: usize| lines.place(&path, template_offset(&substituted.insertions, offset));
        // A token that stays is what breaks the YAML around it; it is told already.
        if document.is_ok() || substituted.unresolved.is_empty() {
            let given = |key: &str| start::is_given(environment, key);
            let discreet =
                substituted.insertions.iter().any(|insertion| insertion.secret) && !secrets.is_empty();
            let file = files::File { path: checked_as, shown: &path, discreet };
            let mut found = files::check(&file, &document, &given, &place);
            let root = document.as_ref().ok().map(|document| &document.root);
            found.extend(start::check(checked_as, &substituted.text, root, environment, &place));
            found.extend(lints::check(checked_as, root, &place));
            let shape_told = findings.iter().any(|finding| finding.problem.code == "token.shape");
            found.retain(|finding| !(shape_told && UNREADABLE.contains(&finding.problem.code)));
            findings.append(&mut found);
        }
    }
    let Substituted { mut text, insertions, holes, .. } = substituted;
    let bytes = Zeroizing::new(std::mem::take(&mut *text).into_bytes());
    let file = RenderedFile { path: template.path.clone(), bytes, insertions };
    Done { called, ..Done::new(file, rule, findings, holes) }
}

impl Done {
    fn new(file: RenderedFile, rule: Option<Rule>, findings: Vec<Finding>, holes: Vec<String>) -> Self {
        let mut hash = Sha256::new();
        let mut add = |part: &[u8]| {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        };
        add(file.path.as_bytes());
        if file.insertions.iter().any(|insertion| insertion.secret) {
            add(&file.masked());
        } else {
            add(&file.bytes);
        }
        Self { digest: hash.finalize().into(), file: Arc::new(file), called: None, rule, findings, holes }
    }
}

/// Tokens of a file that passes through untouched, because it is not UTF-8: they would reach the container.
fn unread_tokens(path: &str, bytes: &[u8]) -> Option<Finding> {
    let text = String::from_utf8_lossy(bytes);
    let token = tokens(&text).next()?;
    Some(Finding::warning(
        Problem::new("token.encoding", format!("`{}` is not replaced", token.key))
            .at(Place::file(path))
            .why("the file is not UTF-8 and passes through as it is")
            .hint("save it as UTF-8"),
    ))
}

fn unresolved(path: &str, lines: &Lines<'_>, done: &Substituted, environment: &Environment) -> Vec<Finding> {
    done.unresolved
        .iter()
        .map(|token| {
            let known = environment.values.keys().map(String::as_str);
            let mut problem = Problem::new("token.unknown", format!("no value for `{}`", token.key))
                .at(lines.place(path, token.range.start))
                .why("no layer gives it one");
            problem.hint = Some(match nearest(&token.key, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    format!("give it one in config/environments/Default.yaml: tokens: {{ {}: … }}", token.key)
                }
            });
            Finding::error(problem)
        })
        .collect()
}

/// Makes the edits of overlays in substituted text and moves what was put in before.
fn overlaid(
    path: &str,
    lines: &Lines<'_>,
    mut done: Substituted,
    text: Zeroizing<String>,
    edits: &[Edit],
    overlays: &[&Overlay],
) -> Substituted {
    let before = std::mem::take(&mut done.insertions);
    let mut insertions: Vec<Insertion> = Vec::new();
    let mut moved = before.iter().peekable();
    let mut removed = 0;
    let mut added = 0;
    let shift = |insertion: &Insertion, added: usize, removed: usize| {
        let mut insertion = insertion.clone();
        insertion.range = insertion.range.start + added - removed..insertion.range.end + added - removed;
        insertion
    };
    for edit in edits {
        while let Some(insertion) = moved.next_if(|insertion| insertion.range.end <= edit.range.start) {
            insertions.push(shift(insertion, added, removed));
        }
        let mut hidden = false;
        while let Some(insertion) = moved.next_if(|insertion| insertion.range.start < edit.range.end) {
            hidden |= insertion.secret;
        }
        let replaced = template_offset(&before, edit.range.start)..template_end(&before, edit.range.end);
        let start = edit.range.start + added - removed;
        let template = lines.place(path, replaced.start);
        insertions.push(Insertion {
            range: start + edit.value.start..start + edit.value.end,
            template: template.clone(),
            replaced,
            key: edit.path.clone(),
            secret: false,
            overlay: true,
            chain: chain(edit, overlays, done.text.get(edit.range.clone()).filter(|_| !hidden), template),
        });
        added += edit.text.len();
        removed += edit.range.len();
    }
    insertions.extend(moved.map(|insertion| shift(insertion, added, removed)));
    done.text = text;
    done.insertions = insertions;
    done
}

/// Where the bytes before `offset` end in the template.
fn template_end(insertions: &[Insertion], offset: usize) -> usize {
    match insertions.iter().rev().find(|insertion| insertion.range.start < offset) {
        Some(insertion) if offset <= insertion.range.end => insertion.replaced.end,
        _ => template_offset(insertions, offset),
    }
}

fn chain(edit: &Edit, overlays: &[&Overlay], old: Option<&str>, template: Place) -> Vec<LayerValue> {
    let Some(winner) = overlays.get(edit.overlay) else { return Vec::new() };
    let mut chain: Vec<LayerValue> = overlays
        .iter()
        .take(edit.overlay + 1)
        .rev()
        .filter(|overlay| overlay.key == winner.key)
        .map(|overlay| LayerValue {
            layer: overlay.layer.clone(),
            shown: overlay::flow(&overlay.value),
            place: Some(overlay.place.clone()),
        })
        .collect();
    let shown = match old {
        Some(old) => old.split_whitespace().collect::<Vec<_>>().join(" "),
        None => placeholder(&winner.key),
    };
    if !edit.range.is_empty() {
        chain.push(LayerValue { layer: "template".to_owned(), shown, place: Some(template) });
    }
    chain
}
