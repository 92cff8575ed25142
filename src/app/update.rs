//! The one function that changes state: what happened goes in, what should happen comes out. It only routes; what a
//! message means is decided in the file of the screen that it concerns.

use super::key::KeyCode;
use super::model::Model;
use super::{Effect, Key, Msg, Outcome, Work};

/// Takes in what happened and gives back what should happen.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let mut effects = Vec::new();
    model.revision += 1;
    match msg {
        Msg::Started | Msg::WorkspaceChanged => {
            if let Some(ticket) = model.opening.take() {
                effects.push(Effect::Cancel(ticket));
            }
            model.opened.ask();
            let (ticket, effect) = model.start(Work::Open);
            model.opening = Some(ticket);
            effects.push(effect);
        }
        Msg::Done { ticket, outcome: Outcome::Opened(answer) } if model.opening == Some(ticket) => {
            model.opening = None;
            model.opened.answer(answer, model.now);
        }
        Msg::Tick(now) => model.now = now,
        Msg::Fact(fact) => model.facts.apply(*fact),
        Msg::Viewed(viewports) => model.viewports = viewports,
        Msg::Key(Key { code: KeyCode::Char('q'), .. }) => effects.push(Effect::Quit),
        _ => {}
    }
    effects
}
