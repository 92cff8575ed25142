//! The tab Health: the ladder, lowest rung first, each with its state in a glyph and a word, its evidence and how old
//! that is. What cannot be seen now is shown as it was, dimmed, under the reason.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::domain::health::{Ladder, Rung, State};
use crate::domain::problem::Problem;
use crate::domain::remote::age;

use super::Screen;
use super::changes::below;
use super::widgets::{extent, glyph, indent, nothing, on_border, pad, problem, scrolled, wrap_words};

/// Draws the tab.
pub(super) fn draw(screen: &mut Screen<'_>, border: Rect, area: Rect) {
    let model = screen.model;
    let rest = below(area, 1);
    screen.hits.viewports.detail = usize::from(rest.height);
    let Some(environment) = model.environment() else { return };
    let facts = model.facts.environment(&environment.name);
    let engine = model.facts.engine_of(&environment.name);
    let outage = engine.and_then(|engine| engine.answer.problem());
    let Some(seen) = facts.and_then(|facts| facts.ladder.last()) else {
        let theme = screen.theme;
        let lines = match outage {
            Some(why) => problem(theme, why, usize::from(rest.width).saturating_sub(4), theme.failing),
            None => vec![Line::styled("not looked at yet", theme.dim)],
        };
        return nothing(screen, rest, &lines);
    };
    let lines = ladder(screen, &seen.value, usize::from(rest.width), usize::from(rest.height), outage);
    screen.hits.viewports.detail_rows = lines.len();
    let height = usize::from(rest.height);
    let top = model.scroll.top(lines.len(), height);
    scrolled(screen, rest, top, &lines);
    let right = Line::styled(extent(top, height, lines.len()), screen.theme.dim);
    on_border(screen, border, &Line::default(), &right);
}

fn ladder(
    screen: &Screen<'_>,
    ladder: &Ladder,
    width: usize,
    height: usize,
    outage: Option<&Problem>,
) -> Vec<Line<'static>> {
    let theme = screen.theme;
    let mut lines = Vec::new();
    if let Some(why) = outage {
        for line in problem(theme, why, width.saturating_sub(2), theme.failing) {
            lines.push(indent(line, 1));
        }
        lines.push(Line::default());
        lines.push(Line::styled(" as it was seen last:", theme.dim));
    }
    let first = ladder.first_trouble().map(|rung| rung.name);
    let blocks: Vec<Vec<Line<'static>>> = ladder
        .rungs
        .iter()
        .map(|rung| rung_lines(screen, rung, width, first == Some(rung.name), outage.is_some()))
        .collect();
    // Where there is room the rungs stand apart, joined like a ladder.
    let apart = blocks.iter().map(|block| block.len() + 1).sum::<usize>() + lines.len() <= height;
    let last = blocks.len();
    for (index, block) in blocks.into_iter().enumerate() {
        lines.extend(block);
        if apart && index + 1 < last {
            lines.push(Line::styled(" │", theme.border));
        }
    }
    lines
}

fn rung_lines(screen: &Screen<'_>, rung: &Rung, width: usize, first: bool, old: bool) -> Vec<Line<'static>> {
    let theme = screen.theme;
    let style = if old { theme.dim } else { theme.state(rung.state) };
    let name = if first && !old {
        theme.accent
    } else if old {
        theme.dim
    } else {
        theme.text
    };
    let text = match (rung.state, old) {
        (_, true) | (State::Ok | State::Unknown, _) => theme.dim,
        (State::Degraded | State::Failing, _) => theme.text,
    };
    let age = rung.at.map_or_else(String::new, |at| age(at, screen.model.now));
    let head = |evidence: Span<'static>| {
        Line::from(vec![
            Span::styled(format!(" {} ", glyph(rung.state)), style),
            Span::styled(pad(rung.name.name(), 11), name),
            Span::styled(pad(rung.state.word(), 10), style),
            evidence,
            Span::styled(format!("{age:>7}"), theme.dim),
        ])
    };
    // Where there is little room the evidence stands below.
    let beside = width >= 64;
    let room = width.saturating_sub(3 + 11 + 10 + 8);
    let below = if beside { 24 } else { 3 };
    let parts = wrap_words(&rung.evidence, if beside { room } else { width.saturating_sub(4) });
    let mut lines = Vec::new();
    if !beside {
        lines.push(head(Span::raw(" ".repeat(room))));
    }
    for (index, part) in parts.into_iter().enumerate() {
        lines.push(if beside && index == 0 {
            head(Span::styled(pad(&part, room), text))
        } else {
            Line::from(vec![
                Span::styled(" │", theme.border),
                Span::styled(format!("{}{part}", " ".repeat(below - 2)), text),
            ])
        });
    }
    lines
}
