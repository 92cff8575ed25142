//! Where values come from. Below a rendered file stands the chain of the line under the cursor, above the console the
//! steps of a line, to walk along.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use unicode_width::UnicodeWidthStr as _;

use crate::domain::why::lines::Role;

use super::Screen;
use super::changes::below;
use super::widgets::{dialog, extent, on_border, title};

/// The fewest rows that the file itself keeps.
const FEWEST: u16 = 6;

fn style(screen: &Screen<'_>, role: Role) -> Style {
    match role {
        Role::Value => screen.theme.accent,
        Role::Counts => screen.theme.text,
        Role::Dim => screen.theme.dim,
    }
}

/// How many rows the chain of the line under the cursor has below a file in this area; none where there is no room.
/// They are as many for every line, so that the file does not move under the cursor.
pub(super) fn rows(area: Rect) -> u16 {
    let rows = (area.height * 2 / 5).min(area.height.saturating_sub(FEWEST)).min(10);
    if rows < 4 { 0 } else { rows }
}

fn lines(screen: &Screen<'_>, width: u16) -> Vec<Line<'static>> {
    let width = usize::from(width).saturating_sub(2);
    let mut lines = Vec::new();
    for leaf in &screen.model.origin.leaves {
        // The line itself is under the cursor.
        let leaf = leaf.without_rendered();
        for line in leaf.lines(width) {
            lines.push(Line::styled(format!(" {}", line.text), style(screen, line.role)));
        }
    }
    lines
}

/// Draws the chain of the line under the cursor.
pub(super) fn panel(screen: &mut Screen<'_>, area: Rect) {
    if area.height == 0 {
        return;
    }
    let rule = "─".repeat(usize::from(area.width).saturating_sub(7));
    screen.line(area, 0, &Line::styled(format!("─ why {rule}"), screen.theme.border));
    let rest = below(area, 1);
    let lines = lines(screen, area.width);
    let room = usize::from(rest.height);
    if lines.is_empty() {
        screen.line(rest, 0, &Line::styled(" nothing is known of this line", screen.theme.dim));
    }
    for (row, line) in lines.iter().take(room).enumerate() {
        let more = row + 1 == room && lines.len() > room;
        let left = lines.len() - row;
        let text = if more {
            Line::styled(format!(" … {left} more lines: w"), screen.theme.dim)
        } else {
            line.clone()
        };
        screen.line(rest, row, &text);
    }
}

/// Draws the steps of a line.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect) {
    let Some(steps) = &screen.model.steps else { return };
    let width = body.width.min(150);
    let inside = usize::from(width).saturating_sub(4);
    let lines = steps.lines(inside);
    let wanted = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let widest = lines.iter().flatten().map(|(_, line)| line.text.width()).max().unwrap_or(0);
    let width = u16::try_from(widest.max(36) + 4).unwrap_or(width).min(width);
    let file = steps.leaves.first().map_or("", |leaf| leaf.file.as_str());
    let heading = title(screen, "Why", &format!("· {file} in {}", steps.environment), true);
    let selected = steps.selected;
    let (border, inner) = dialog(screen, body, (width, wanted.min(body.height)), heading);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let height = usize::from(inner.height);
    let on = |line: &Option<(usize, _)>| line.as_ref().is_some_and(|(step, _)| *step == selected);
    let last = lines.iter().rposition(on).unwrap_or(0);
    let top = (last + 1).saturating_sub(height);
    screen.hits.viewports.dialog = height;
    for (row, line) in lines.iter().skip(top).take(height).enumerate() {
        let Some((step, line)) = line else { continue };
        let style = if *step == selected { screen.theme.selected } else { style(screen, line.role) };
        let at = Rect { height: 1, ..below(inner, u16::try_from(row).unwrap_or(0)) };
        if *step == selected {
            screen.buffer.set_style(at, style);
        }
        screen.line(at, 0, &Line::styled(line.text.clone(), style));
    }
    let right = Line::styled(extent(top, height, lines.len()), screen.theme.dim);
    on_border(screen, border, &Line::default(), &right);
}
