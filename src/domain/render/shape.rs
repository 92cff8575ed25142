//! A value may not change the shape of the YAML around it. The rendering is compared with one in which harmless words
//! stand for the values: only the scalars that hold such a word may differ, and they must hold the whole value.

use std::ops::Range;

use crate::domain::check::Finding;
use crate::domain::layer::LayerValue;
use crate::domain::problem::Problem;
use crate::domain::render::Insertion;
use crate::domain::render::harmless::is_word;
use crate::domain::yaml::{self, Node, Value};

/// A value that could do harm: where it stands in the text, and the word that stands for it.
struct Risk<'a> {
    insertion: &'a Insertion,
    range: Range<usize>,
    word: String,
}

/// What is wrong with the values that were put into a YAML text; `real` is what the text holds, if it can be read. Nothing is said when the text is no YAML even with
/// harmless values: then it is the template that is wrong.
pub fn check(text: &str, real: Option<&Node>, insertions: &[Insertion]) -> Vec<Finding> {
    let mut risks: Vec<Risk<'_>> = Vec::new();
    for insertion in insertions {
        let value = text.get(insertion.range.clone()).unwrap_or_default();
        let hole = insertion.secret && value == crate::domain::secret::placeholder(&insertion.key);
        if !hole && !is_word(value) {
            let word = unused_word(text, risks.len());
            risks.push(Risk { insertion, range: insertion.range.clone(), word });
        }
    }
    if risks.is_empty() {
        return Vec::new();
    }
    let all: Vec<&Risk<'_>> = risks.iter().collect();
    let Ok(model) = yaml::parse(&with_words(text, &all)).map(|model| model.root) else { return Vec::new() };
    if let Some(real) = real.filter(|real| same_node(real, &model, &risks)) {
        let mut findings = Vec::new();
        find_altered(text, real, &model, &risks, &mut findings);
        return findings;
    }
    // Each value alone among harmless words shows which one it is.
    let mut findings = Vec::new();
    for (index, risk) in risks.iter().enumerate() {
        let others: Vec<&Risk<'_>> =
            risks.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, risk)| risk).collect();
        let alone = with_words(text, &others);
        let same = yaml::parse(&alone).is_ok_and(|real| same_node(&real.root, &model, &risks));
        if !same && !findings.iter().any(|(key, _)| *key == risk.insertion.key) {
            findings.push((risk.insertion.key.clone(), finding(risk.insertion)));
        }
    }
    if findings.is_empty()
        && let Some(risk) = risks.first()
    {
        findings.push((risk.insertion.key.clone(), finding(risk.insertion)));
    }
    findings.into_iter().map(|(_, finding)| finding).collect()
}

fn unused_word(text: &str, index: usize) -> String {
    let mut word = format!("alertdeck{index}word");
    while text.contains(&word) {
        word.push('x');
    }
    word
}

fn with_words(text: &str, risks: &[&Risk<'_>]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for risk in risks {
        out.push_str(text.get(at..risk.range.start).unwrap_or_default());
        out.push_str(&risk.word);
        at = risk.range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

fn finding(insertion: &Insertion) -> Finding {
    let problem =
        Problem::new("token.shape", format!("the value of `{}` changes the YAML around it", insertion.key))
            .at(insertion.template.clone())
            .why(given_at(insertion))
            .hint("put the token between quotes in the template, or take the sign out of the value");
    Finding::error(problem)
}

fn given_at(insertion: &Insertion) -> String {
    match insertion.chain.first() {
        Some(LayerValue { place: Some(place), .. }) => format!("the value is given at {place}"),
        Some(LayerValue { layer, .. }) => format!("the value is given by {layer}"),
        None => "the value is built in".to_owned(),
    }
}

/// Whether a rendering is the model but for the scalars that hold a word.
fn same_node(real: &Node, model: &Node, risks: &[Risk<'_>]) -> bool {
    match (&real.value, &model.value) {
        (Value::Mapping(real), Value::Mapping(model)) => {
            real.len() == model.len()
                && real.iter().zip(model).all(|(real, model)| {
                    same_node(&real.0, &model.0, risks) && same_node(&real.1, &model.1, risks)
                })
        }
        (Value::Sequence(real), Value::Sequence(model))
        | (Value::Tuple(real), Value::Tuple(model))
        | (Value::Set(real), Value::Set(model)) => {
            real.len() == model.len()
                && real.iter().zip(model).all(|(real, model)| same_node(real, model, risks))
        }
        (_, Value::Text(word)) if risks.iter().any(|risk| word.as_str().contains(&risk.word)) => {
            real.is_scalar()
        }
        (left, right) => left == right,
    }
}

/// Scalars that hold something else than the value: a part of it became a comment or an escape.
fn find_altered(text: &str, real: &Node, model: &Node, risks: &[Risk<'_>], findings: &mut Vec<Finding>) {
    match (&real.value, &model.value) {
        (Value::Mapping(real), Value::Mapping(model)) => {
            for (real, model) in real.iter().zip(model) {
                find_altered(text, &real.0, &model.0, risks, findings);
                find_altered(text, &real.1, &model.1, risks, findings);
            }
        }
        (Value::Sequence(real), Value::Sequence(model))
        | (Value::Tuple(real), Value::Tuple(model))
        | (Value::Set(real), Value::Set(model)) => {
            for (real, model) in real.iter().zip(model) {
                find_altered(text, real, model, risks, findings);
            }
        }
        (_, Value::Text(word)) => {
            let written = text.get(real.range.clone()).unwrap_or_default();
            let found = match &real.value {
                Value::Text(found) => found.as_str(),
                // An anchor, an alias or a tag is gone.
                _ if real.alias.is_some() || written.starts_with(['&', '!']) => "",
                // Another kind of scalar says what it is by how it is written.
                _ => written,
            };
            let word = word.as_str();
            let mut meant = word.to_owned();
            let mut to_blame = None;
            for risk in risks.iter().filter(|risk| word.contains(&risk.word)) {
                meant = meant.replace(&risk.word, text.get(risk.range.clone()).unwrap_or_default());
                to_blame = Some(risk.insertion);
            }
            if let Some(insertion) = to_blame
                && meant != found
            {
                findings.push(Finding::warning(
                    Problem::new(
                        "token.altered",
                        format!("the value of `{}` is not what YAML reads there", insertion.key),
                    )
                    .at(insertion.template.clone())
                    .why("a part of it is taken as a comment, as an escape or as blanks")
                    .why(given_at(insertion))
                    .hint("put the token between single quotes in the template"),
                ));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::layer::Resolved;
    use crate::domain::problem::Place;
    use crate::domain::render::substitute::substitute;

    fn codes(template: &str, value: &str) -> Vec<String> {
        let chain = vec![LayerValue {
            layer: "CI".into(),
            shown: value.into(),
            place: Some(Place::line("CI.conf", 1)),
        }];
        let values =
            BTreeMap::from([("X".to_owned(), Resolved { value: Some(value.into()), chain: chain.into() })]);
        let done = substitute("config/elastalert.yaml", template, &values, &BTreeMap::new());
        let real = yaml::parse(&done.text).ok();
        check(&done.text, real.as_ref().map(|document| &document.root), &done.insertions)
            .iter()
            .map(|f| f.problem.code.to_owned())
            .collect()
    }

    #[test]
    fn values_that_stay_scalars_pass() {
        for (template, value) in [
            ("a: @@X@@\n", "es.internal"),
            ("a: @@X@@\n", "(your host here)"),
            ("a: \"@@X@@\"\n", "a: b # c"),
            ("a: '@@X@@'\n", "[x]"),
            ("a: '@@X@@'\n", "!x"),
            ("a: @@X@@\n", "-5"),
            ("a: @@X@@\n", ""),
            ("a: http://@@X@@:9200/\n", "häuser"),
            ("@@X@@: 1\n", "a key"),
            ("# @@X@@\na: 1\n", "a: b"),
            ("a: |\n  q = @@X@@\n", "x: [1] # y"),
        ] {
            assert!(codes(template, value).is_empty(), "{template:?} {value:?}");
        }
    }

    #[test]
    fn values_that_change_the_shape_are_errors() {
        for (template, value) in [
            ("a: @@X@@\n", "x: y"),
            ("a: @@X@@\n", "[1, 2]"),
            ("a: @@X@@\nb: 1\n", "{c: 1}"),
            ("a: \"@@X@@\"\n", "x\", b: \"y"),
            ("a: '@@X@@'\n", "it's"),
            ("a: [@@X@@]\n", "1, 2"),
            ("# @@X@@\na: 1\n", "x\nb: 2"),
            ("a: @@X@@\n", "@@Y@@"),
            ("a: @@X@@\nb: 1\n", "x\n---\nc: 1"),
            ("a: @@X@@\n", "!x"),
            ("a: @@X@@\n", "!!python/name:os.system x"),
            ("a: @@X@@\n", "="),
            ("a: &x {b: 1}\n@@X@@: *x\n", "<<"),
            ("a: @@X@@\n", "x\ty: z"),
            ("a: 1\n@@X@@: 2\n", "'a'"),
        ] {
            assert!(
                codes(template, value).iter().any(|code| code == "token.shape"),
                "{template:?} {value:?} {:?}",
                codes(template, value)
            );
        }
    }

    #[test]
    fn a_value_of_which_a_part_is_lost_is_told() {
        assert_eq!(codes("a: @@X@@\n", "x # y"), ["token.altered"]);
        assert_eq!(codes("a: @@X@@\n", "1 # y"), ["token.altered"]);
        assert_eq!(codes("a: @@X@@\n", "&anchor"), ["token.altered"]);
        assert_eq!(codes("a: @@X@@\n", "!!str x"), ["token.altered"]);
        assert_eq!(codes("a: &x y\nb: @@X@@\n", "*x"), ["token.altered"]);
        assert!(codes("a: @@X@@\n", "~").is_empty());
        assert_eq!(codes("a: \"@@X@@\"\n", "C:\\\\temp"), ["token.altered"]);
    }

    #[test]
    fn a_template_that_is_broken_anyway_is_not_the_values_fault() {
        assert!(codes("a: [\nb: @@X@@\n", "x: y").is_empty());
    }
}
