//! What is typed takes effect while it is typed: rules are filtered and the log is searched at each letter. Enter keeps
//! the result, Esc brings back what was there before.

use crate::domain::diff::Against;

use super::Key;
use super::changes::Choice;
use super::model::Model;
use super::prompt::{Prompt, Purpose, Typing};
use super::update::editor;

/// Opens the line for a purpose.
pub(super) fn begin(model: &mut Model, purpose: Purpose) {
    let before = match purpose {
        Purpose::FilterRules => model.rules.filter.clone(),
        Purpose::SearchLog => model.log.search.clone(),
        Purpose::FilterLog => model.log.filter.clone(),
        Purpose::FilterDiff => model.changes.look.filter.clone(),
        Purpose::Against => model
            .environment_name()
            .map_or_else(String::new, |name| model.changes.choice.against(&name).to_string()),
    };
    model.prompt = Some(Typing { purpose, line: Prompt::new(&before), before });
}

/// Hands a key to the line that is typed; `false` when there is none or it is no key for it.
pub(super) fn press(model: &mut Model, key: Key) -> bool {
    if !Prompt::wants(key) {
        return false;
    }
    let Some(line) = editor(model) else { return false };
    line.press(key);
    apply(model);
    true
}

/// Hands a pasted text to the line that is typed. Nothing else takes a paste: it could hold any key.
pub(super) fn paste(model: &mut Model, text: &str) {
    if let Some(line) = editor(model) {
        line.paste(text);
        apply(model);
    }
}

/// Ends the line; what was typed stays. What to compare with takes effect only now; what cannot be meant is said, and
/// the line stays open.
pub(super) fn accept(model: &mut Model) {
    if let Some(typing) = model.prompt.as_ref().filter(|typing| typing.purpose == Purpose::Against) {
        match typing.line.text().trim().parse::<Against>() {
            Ok(against) => model.changes.choice = Choice::Chosen(against),
            Err(problem) => {
                let hint = problem.hint.map_or_else(String::new, |hint| format!("; {hint}"));
                model.hint = Some(format!("{}{hint}", problem.what));
                return;
            }
        }
    }
    model.prompt = None;
}

/// Ends the line; what was there before comes back.
pub(super) fn drop(model: &mut Model) {
    if let Some(typing) = &mut model.prompt {
        typing.line = Prompt::new(&typing.before);
        apply(model);
    }
    model.prompt = None;
}

/// Lets what is typed take effect.
fn apply(model: &mut Model) {
    if let Some(review) = model.deploy.as_mut().and_then(super::deploy::Deploy::review_mut) {
        review.wrong_name = false;
    }
    let Some(typing) = &model.prompt else { return };
    let text = typing.line.text().to_owned();
    match typing.purpose {
        Purpose::FilterRules => {
            let selected = model.rule().map(|rule| rule.path.clone());
            model.rules.filter = text;
            let row = selected.and_then(|path| model.visible_rules().iter().position(|row| row.path == path));
            model.rules.list.selected = row.unwrap_or(0);
        }
        Purpose::SearchLog => {
            let room = model.log_room();
            model.log.search = text;
            model.log.search_again(room);
        }
        Purpose::FilterLog => {
            model.log.filter = text;
            model.log.refilter();
        }
        Purpose::FilterDiff => model.changes.look.filter = text,
        Purpose::Against => {}
    }
}
