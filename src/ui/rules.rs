//! The list of rules against environments: one sign for each environment, with its legend below. Signs and not
//! colours tell them apart.

use std::ops::Range;

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::Target;
use crate::app::model::Focus;
use crate::app::rules::cell;
use crate::domain::environment::EnvName;
use crate::domain::matrix::{Cell, RuleRow};
use crate::domain::remote::Remote;

use super::Screen;
use super::widgets::{fit, nothing, on_border, on_row, pad, pane, title};

/// How wide the names of rules are at least, where environments are many.
const NAME: usize = 16;

/// Draws the list.
pub(super) fn draw(screen: &mut Screen<'_>, area: Rect) {
    let model = screen.model;
    let focused = model.focus == Focus::Rules;
    let rows = model.visible_rules();
    let all = model.overview().map_or(0, |overview| overview.matrix.len());
    let heading = title(screen, "Rules", &filters(screen, rows.len(), all), focused);
    let inner = pane(screen, area, heading, focused);
    let all_names = model.names();
    if rows.is_empty() {
        return empty(screen, inner, all);
    }
    legend(screen, area);
    let seen = columns(inner.width, all_names.len(), model.environments.selected);
    let names = all_names.get(seen.clone()).unwrap_or_default();
    head_line(screen, inner, &all_names, seen);
    let height = usize::from(inner.height).saturating_sub(1);
    screen.hits.viewports.rules = height.max(1);
    let list = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    for (slot, index) in model.rules.list.window(rows.len(), height).enumerate() {
        let Some(rule) = rows.get(index) else { continue };
        let Ok(row) = u16::try_from(slot) else { break };
        if row >= list.height {
            break;
        }
        let room = Rect { y: list.y + row, height: 1, ..list };
        row_of(screen, room, rule, names, index == model.rules.list.selected);
        screen.target(room, Target::Row { list: "rules", index });
    }
}

/// How many rules are shown, and what keeps the others away.
fn filters(screen: &Screen<'_>, shown: usize, all: usize) -> String {
    let rules = &screen.model.rules;
    let mut parts = Vec::new();
    if !rules.filter.is_empty() {
        parts.push(format!("with “{}”", rules.filter));
    }
    if rules.only_different {
        parts.push("differing".to_owned());
    }
    match (parts.is_empty(), all) {
        (true, 0) => String::new(),
        (true, all) => all.to_string(),
        (false, all) => format!("{shown} of {all} {}", parts.join(", ")),
    }
}

fn empty(screen: &mut Screen<'_>, area: Rect, all: usize) {
    let theme = screen.theme;
    let lines = match (&screen.model.opened, all) {
        (Remote::Unknown | Remote::Loading { last: None }, _) => {
            vec![Line::styled("reading the rules …", theme.dim)]
        }
        (_, 0) => vec![Line::styled("no rules in rules/", theme.dim)],
        _ => vec![
            Line::styled("the filter leaves no rule", theme.dim),
            Line::styled("Esc shows all again", theme.dim),
        ],
    };
    nothing(screen, area, &lines);
}

fn legend(screen: &mut Screen<'_>, area: Rect) {
    let text = match area.width {
        60.. => " = same  ~ differs  * overridden  - excluded  ! invalid ",
        40.. => " =same ~differs *over -out !invalid ",
        _ => "=same ~diff *over -out !bad",
    };
    on_border(screen, area, &Line::styled(text, screen.theme.dim), &Line::default());
}

/// The environments that have a column. A name that can be read is worth more than the last of them; the selected one
/// is always there.
fn columns(width: u16, environments: usize, selected: usize) -> Range<usize> {
    let width = usize::from(width);
    let most = (width.saturating_sub(2 + NAME.max(width / 2)) / 2).max(3).min(environments);
    let start = selected.saturating_sub(most / 2).min(environments - most);
    start..start + most
}

/// How wide the columns of the environments are together.
fn cells_width(names: &[EnvName]) -> usize {
    names.len() * 2 + 1
}

/// The width of the name and of the type, which is shown where there is room.
fn widths(area: Rect, names: &[EnvName]) -> (usize, usize) {
    let room = usize::from(area.width).saturating_sub(1 + cells_width(names));
    if room >= 44 { (room - 16, 16) } else { (room, 0) }
}

/// The letter of each environment: the first one of its name that no earlier environment took.
fn initials(names: &[EnvName]) -> Vec<char> {
    let mut taken = Vec::new();
    for name in names {
        let letters = name.as_str().chars().filter(char::is_ascii_alphanumeric);
        let free = letters.clone().find(|c| !taken.contains(c)).or_else(|| letters.clone().next());
        taken.push(free.unwrap_or('?'));
    }
    taken
}

fn head_line(screen: &mut Screen<'_>, area: Rect, names: &[EnvName], seen: Range<usize>) {
    let (name, kind) = widths(area, names.get(seen.clone()).unwrap_or_default());
    let selected = screen.model.environments.selected;
    let dim = screen.theme.dim;
    let mut titles = format!(" {}{}", pad("rule", name), pad("type", kind));
    if seen.start > 0 {
        titles.pop();
        titles.push('‹');
    }
    let mut spans = vec![Span::styled(titles, dim)];
    for (index, letter) in initials(names).into_iter().enumerate().take(seen.end).skip(seen.start) {
        let style = if index == selected { screen.theme.accent } else { dim };
        spans.push(Span::styled(format!(" {letter}"), style));
    }
    if seen.end < names.len() {
        spans.push(Span::styled("›", dim));
    }
    screen.line(area, 0, &Line::from(spans));
}

fn row_of(screen: &mut Screen<'_>, area: Rect, rule: &RuleRow, names: &[EnvName], selected: bool) {
    let theme = screen.theme;
    let focused = screen.model.focus == Focus::Rules;
    // Without the focus the selected rule is marked only while the detail pane is about it.
    let marked = selected && (focused || screen.model.about_rule);
    if marked {
        screen.buffer.set_style(area, on_row(theme, theme.text, marked, focused));
    }
    let colour = |style: Style| on_row(theme, style, marked, focused);
    let (name, kind) = widths(area, names);
    let mut spans = vec![
        Span::styled(format!(" {}", pad(&fit(&rule.name, name.saturating_sub(1)), name)), colour(theme.text)),
        Span::styled(pad(&fit(&rule.kind, kind.saturating_sub(1)), kind), colour(theme.dim)),
    ];
    for name in names {
        let (text, style) = match cell(rule, name) {
            Some(found) => (found.sign(), cell_style(screen, found)),
            None => (" ", theme.dim),
        };
        spans.push(Span::styled(format!(" {text}"), colour(style)));
    }
    screen.line(area, 0, &Line::from(spans));
}

fn cell_style(screen: &Screen<'_>, cell: Cell) -> Style {
    match cell {
        Cell::Same => screen.theme.dim,
        Cell::Differs | Cell::Overridden => screen.theme.changed,
        Cell::Excluded => screen.theme.unknown,
        Cell::Invalid => screen.theme.failing,
    }
}
