//! Renders one file: substitution, then overlays, then a look at what came out. A file that is not UTF-8 passes
//! through untouched.

use std::cell::OnceCell;
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
use crate::domain::render::{Insertion, RenderedFile, harmless, shape};
use crate::domain::rule::{Rule, is_rule};
use crate::domain::secret::{Secret, placeholder};
use crate::domain::template::Template;
use crate::domain::token::{nearest, stray_marks, tokens};
use crate::domain::workspace::Environment;
use crate::domain::yaml;

/// What becomes of the text of one template.
#[derive(Debug)]
pub struct Text {
    /// The file.
    pub file: Arc<RenderedFile>,
    /// SHA-256 over its path and its bytes, every secret left out where it was put in.
    pub digest: [u8; 32],
    /// Keys of secrets that are used and not filled in.
    pub holes: Vec<String>,
    /// What is wrong with what was put in.
    pub findings: Vec<Finding>,
    /// What the rule is called before any overlay, where an overlay may mean it; overlays name it by that.
    pub(super) called: Option<String>,
    /// Whether tokens stay that no layer gives a value to.
    unresolved: bool,
}

/// What there is to see in the text that a template has become.
#[derive(Debug)]
pub struct Look {
    /// The rule in it.
    pub rule: Option<Arc<Rule>>,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
}

/// What becomes of one template, and what there is to see in it.
#[derive(Clone, Debug)]
pub struct Done {
    /// The text.
    pub text: Arc<Text>,
    /// What is in it.
    pub look: Arc<Look>,
}

/// Where `ElastAlert`'s own configuration usually is, and what checks call it wherever it is.
pub const CONFIG: &str = "config/elastalert.yaml";

/// Renders a template and looks at it. `config` is the path of the one that is the configuration.
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
    let filled = render_text(template, config, environment, secrets);
    if !filled.file.insertions.iter().any(|insertion| insertion.secret) || secrets.is_empty() {
        let (look, _) = look(template, &filled, config, environment, false);
        return Done { text: Arc::new(filled), look: Arc::new(look) };
    }
    let mut text = render_text(template, config, environment, &BTreeMap::new());
    let (mut told, _) = look(template, &text, config, environment, false);
    let (seen, _) = look(template, &filled, config, environment, true);
    let unreadable = |finding: &Finding| UNREADABLE.contains(&finding.problem.code);
    let broken_anyway = told.findings.iter().any(unreadable);
    for mut finding in filled.findings.into_iter().chain(seen.findings) {
        if unreadable(&finding) && !broken_anyway {
            finding.problem.hint =
                Some("a secret does this: without its secrets the file can be read".into());
            told.findings.push(finding);
        } else if BY_SECRETS.contains(&finding.problem.code) && !text.findings.contains(&finding) {
            told.findings.push(finding);
        }
    }
    text = Text { file: filled.file, digest: filled.digest, holes: filled.holes, ..text };
    Done { text: Arc::new(text), look: Arc::new(told) }
}

/// The file that a template becomes, and nothing said of it.
pub fn fill(
    template: &Template,
    config: Option<&str>,
    environment: &Environment,
    secrets: &BTreeMap<String, Secret>,
) -> Arc<RenderedFile> {
    render_text(template, config, environment, secrets).file
}

/// Renders a template. It is read as YAML only where a value may have changed that, or an overlay may mean it.
pub(super) fn render_text(
    template: &Template,
    config: Option<&str>,
    environment: &Environment,
    secrets: &BTreeMap<String, Secret>,
) -> Text {
    let path = template.source.as_str();
    let is_config = config == Some(template.path.as_str());
    let is_yaml = is_config || is_rule(&template.path);
    let Ok(source) = std::str::from_utf8(&template.bytes) else {
        let bytes = Zeroizing::new(template.bytes.to_vec());
        let file = RenderedFile { path: template.path.clone(), bytes, insertions: Vec::new() };
        let problem = Problem::new("yaml.encoding", "the file is not UTF-8").at(Place::file(path));
        let findings = if is_yaml {
            vec![Finding::error(problem)]
        } else {
            unread_tokens(path, &template.bytes).into_iter().collect()
        };
        return Text::new(file, None, findings, Substituted::default());
    };
    let mut substituted = substitute(path, source, &environment.values, secrets);
    let mut findings = unresolved(path, source, &substituted, environment);
    findings.extend(stray_marks(source).into_iter().map(|at| {
        Finding::warning(
            Problem::new("token.mark", "`@@` that begins or ends no token")
                .at(Lines::new(source).place(path, at))
                .why("it stays as it is")
                .hint("a token is written @@KEY@@, with letters, digits, `_`, `.` and `-` between the marks"),
        )
    }));
    let mut called = None;
    let meant = is_yaml && may_be_meant(environment, is_config, &template.path, &substituted.text);
    if is_yaml && (meant || !harmless::all(&substituted.text, &substituted.insertions)) {
        let document = yaml::parse(&substituted.text);
        let root = document.as_ref().ok().map(|document| &document.root);
        findings.extend(shape::check(&substituted.text, root, &substituted.insertions));
        if meant {
            let subject = if is_config {
                Subject::Config
            } else {
                let name = Rule::read(&template.path, root).name;
                called = Some(name.clone());
                Subject::Rule(name)
            };
            let overlays: Vec<&Overlay> =
                environment.overlays.iter().filter(|overlay| overlay.subject == subject).collect();
            if !overlays.is_empty()
                && let Ok(before) = &document
            {
                match overlay::edit(&substituted.text, &before.root, &overlays) {
                    Ok(edited) => {
                        let lines = Lines::new(source);
                        substituted =
                            overlaid(path, &lines, substituted, edited.text, &edited.edits, &overlays);
                    }
                    Err(problem) => findings.push(Finding::error(problem)),
                }
            }
        }
    }
    let bytes = Zeroizing::new(std::mem::take(&mut *substituted.text).into_bytes());
    let insertions = std::mem::take(&mut substituted.insertions);
    let file = RenderedFile { path: template.path.clone(), bytes, insertions };
    Text::new(file, called, findings, substituted)
}

/// Looks at a text: what rule it is, and what is wrong with it. Gives what YAML makes of it as well. `discreet` says that
/// secrets are filled in.
pub(super) fn look(
    template: &Template,
    text: &Text,
    config: Option<&str>,
    environment: &Environment,
    discreet: bool,
) -> (Look, Option<yaml::Loaded>) {
    let shown = template.source.as_str();
    let is_config = config == Some(template.path.as_str());
    let holds_rule = !is_config && is_rule(&template.path);
    let read = |root| Some(Arc::new(Rule::read(&template.path, root)));
    let (true, Ok(source), Ok(rendered)) = (
        is_config || holds_rule,
        std::str::from_utf8(&template.bytes),
        std::str::from_utf8(&text.file.bytes),
    ) else {
        // What is no YAML may be the configuration as well; it is no rule for that.
        let rule = if is_rule(&template.path) { read(None) } else { None };
        return (Look { rule, findings: Vec::new() }, None);
    };
    let (document, loaded) = yaml::parse_for_both(rendered);
    let root = document.as_ref().ok().map(|document| &document.root);
    let rule = if holds_rule { read(root) } else { None };
    let mut findings = Vec::new();
    // A token that stays is what breaks the YAML around it; it is told already.
    if document.is_ok() || !text.unresolved {
        let lines = OnceCell::new();
        let place = |offset: usize| {
            let lines = lines.get_or_init(|| Lines::new(source));
            lines.place(shown, template_offset(&text.file.insertions, offset))
        };
        let given = |key: &str| start::is_given(environment, key);
        let path = if is_config { CONFIG } else { &template.path };
        let discreet = discreet && text.file.insertions.iter().any(|insertion| insertion.secret);
        findings = files::check(&files::File { path, shown, discreet }, &document, &given, &place);
        findings.extend(start::check(path, rendered, root, environment, &place));
        findings.extend(lints::check(path, root, &place));
        let shape_told = text.findings.iter().any(|finding| finding.problem.code == "token.shape");
        findings.retain(|finding| !(shape_told && UNREADABLE.contains(&finding.problem.code)));
    }
    (Look { rule, findings }, Some(loaded))
}

impl Text {
    fn new(
        file: RenderedFile,
        called: Option<String>,
        findings: Vec<Finding>,
        substituted: Substituted,
    ) -> Self {
        let unresolved = !substituted.unresolved.is_empty();
        Self {
            digest: digest(&file),
            file: Arc::new(file),
            holes: substituted.holes,
            findings,
            called,
            unresolved,
        }
    }
}

/// SHA-256 over path and bytes, where the key stands for each secret that was put in. All else counts, also what reads
/// as a secret does.
fn digest(file: &RenderedFile) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    };
    add(file.path.as_bytes());
    let mut at = 0;
    for insertion in file.insertions.iter().filter(|insertion| insertion.secret) {
        add(file.bytes.get(at..insertion.range.start).unwrap_or_default());
        add(insertion.key.as_bytes());
        at = insertion.range.end;
    }
    add(file.bytes.get(at..).unwrap_or_default());
    hash.finalize().into()
}

/// Whether an overlay may mean this file. A rule is called as its text says or as its file: a name of which a word stands
/// in neither, however it is broken into lines, is not its.
fn may_be_meant(environment: &Environment, is_config: bool, path: &str, text: &str) -> bool {
    // What is written with escapes or made by a tag can be any name.
    let told = memchr::memchr2(b'\\', b'!', text.as_bytes()).is_none();
    environment.overlays.iter().any(|overlay| match &overlay.subject {
        Subject::Config => is_config,
        Subject::Rule(name) => {
            let is_there = |word: &str| text.contains(word) || path.contains(word);
            let misses = |word: &str| !is_there(word);
            let is_not = told && name.split(|c: char| !c.is_ascii_alphanumeric()).any(misses);
            !is_config && !is_not
        }
    })
}

/// Whether it makes no difference to a text that was not read for its name which of two environments it stands in.
pub(super) fn is_meant_by_none(environment: &Environment, text: &Text) -> bool {
    let rendered = std::str::from_utf8(&text.file.bytes).unwrap_or_default();
    !may_be_meant(environment, false, &text.file.path, rendered)
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

fn unresolved(path: &str, source: &str, done: &Substituted, environment: &Environment) -> Vec<Finding> {
    done.unresolved
        .iter()
        .map(|token| {
            let known = environment.values.keys().map(String::as_str);
            let mut problem = Problem::new("token.unknown", format!("no value for `{}`", token.key))
                .at(Lines::new(source).place(path, token.range.start))
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

fn chain(edit: &Edit, overlays: &[&Overlay], old: Option<&str>, template: Place) -> Arc<Vec<LayerValue>> {
    let Some(winner) = overlays.get(edit.overlay) else { return Arc::default() };
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
    Arc::new(chain)
}
