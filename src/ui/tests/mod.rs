//! Screens as pictures with their styles: the symbols, under each row the styles of its cells as letters, and at the
//! end what each letter means. One situation each; the pictures hold no time that varies.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Modifier, Style};

use crate::app::sample::Script;
use crate::app::{Msg, Viewports};
use crate::ui::{Hits, Theme, view};

mod canary;
mod robust;
mod situations;

/// Draws a console, lets it know how much room there was, and draws it again, as the loop does.
pub(super) fn draw(script: &mut Script, theme: &Theme, width: u16, height: u16) -> (Buffer, Hits) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut hits = Hits::default();
    for _ in 0..3 {
        terminal.draw(|frame| hits = view(&script.model, theme, frame)).unwrap();
        let seen: Viewports = hits.viewports;
        if seen == script.model.viewports {
            break;
        }
        script.send(Msg::Viewed(seen));
    }
    (terminal.backend().buffer().clone(), hits)
}

/// The symbols alone.
pub(super) fn symbols(buffer: &Buffer) -> String {
    let mut text = String::new();
    for row in rows(buffer) {
        let symbols: String = row.iter().map(Cell::symbol).collect();
        let _written = writeln!(text, "{}", symbols.trim_end());
    }
    text
}

fn rows(buffer: &Buffer) -> impl Iterator<Item = &[Cell]> {
    buffer.content().chunks(usize::from(buffer.area.width).max(1))
}

/// The symbols with their styles, named by the roles of the theme.
pub(super) fn picture(buffer: &Buffer, theme: &Theme) -> String {
    let mut letters: BTreeMap<String, char> = BTreeMap::new();
    let mut free = ('a'..='z').chain('A'..='Z').chain('0'..='9');
    let mut text = String::new();
    for row in rows(buffer) {
        let symbols: String = row.iter().map(Cell::symbol).collect();
        let styles: String = row
            .iter()
            .map(|cell| match role(cell.style(), theme) {
                None => ' ',
                Some(role) => *letters.entry(role).or_insert_with(|| free.next().unwrap_or('?')),
            })
            .collect();
        let _written = writeln!(text, "{}", symbols.trim_end());
        if !styles.trim_end().is_empty() {
            let _written = writeln!(text, "{}", styles.trim_end());
        }
    }
    let mut legend: Vec<(char, String)> = letters.into_iter().map(|(role, letter)| (letter, role)).collect();
    legend.sort();
    for (letter, role) in legend {
        let _written = writeln!(text, "{letter} = {role}");
    }
    text
}

/// The first role that has this style, and what was added to it; nothing for ordinary text.
fn role(style: Style, theme: &Theme) -> Option<String> {
    let plain = |style: Style| (style.fg, style.bg);
    let roles = theme.roles();
    let exact = roles
        .iter()
        .find(|(_, known)| plain(*known) == plain(style) && known.add_modifier == style.add_modifier);
    if let Some((name, _)) = exact {
        return (*name != "text").then(|| (*name).to_owned());
    }
    // What is written in the colour of one role on the ground of another.
    let part = |of: &dyn Fn(&Style) -> bool| roles.iter().find(|(_, known)| of(known)).map(|(name, _)| *name);
    let ink = part(&|known: &Style| known.fg == style.fg);
    let ground = part(&|known: &Style| known.bg == style.bg && known.bg != theme.text.bg);
    if let (Some(ink), Some(ground)) = (ink, ground) {
        return Some(format!("{ink} on {ground}"));
    }
    let near = roles
        .iter()
        .find(|(_, known)| plain(*known) == plain(style) && style.add_modifier.contains(known.add_modifier));
    let (name, base) = near.map_or(("other", Modifier::empty()), |(name, known)| (name, known.add_modifier));
    Some(format!("{name} + {:?}", style.add_modifier.difference(base)))
}
