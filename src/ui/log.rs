//! The tab Log: only the rows on the screen are laid out, whatever the log holds. A letter and not only a colour says
//! how serious a line is.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::app::log::{LogPane, Position, cut, wrap};
use crate::domain::log::{Level, LogLine, Stream};
use crate::domain::remote::{Remote, Timestamp, age};

use super::Screen;
use super::changes::below;
use super::widgets::{fit, nothing, number, on_border, problem};

/// Draws the tab.
pub(super) fn draw(screen: &mut Screen<'_>, border: Rect, area: Rect) {
    let pane = &screen.model.log;
    let summary = fit(&summary(pane, screen.model.now), usize::from(area.width));
    screen.line(area, 0, &Line::styled(summary, screen.theme.dim));
    let mut rest = below(area, 2);
    if let Some(Err(why)) = &pane.ended {
        let text = format!(" the log is no longer followed: {why} (r tries again)");
        let text = fit(&text, usize::from(area.width));
        screen.line(area, 1, &Line::styled(text, screen.theme.failing));
    }
    if rest.height == 0 {
        rest = area;
    }
    rest = Rect { x: rest.x + 1, width: rest.width.saturating_sub(2), ..rest };
    screen.hits.viewports.detail = usize::from(rest.height);
    screen.hits.viewports.detail_width = usize::from(rest.width);
    if pane.shown() == 0 {
        empty(screen, rest);
    } else {
        rows(screen, rest);
    }
    state(screen, border);
}

/// How much there is, and what is left out.
fn summary(pane: &LogPane, now: Timestamp) -> String {
    let lines = number(u64::try_from(pane.lines.len()).unwrap_or(u64::MAX));
    let mut parts = Vec::new();
    if pane.filtered() {
        let shown = number(u64::try_from(pane.shown()).unwrap_or(u64::MAX));
        let mut filters = Vec::new();
        if !pane.filter.is_empty() {
            filters.push(format!("with “{}”", pane.filter));
        }
        if pane.only_trouble {
            filters.push("warnings and errors".to_owned());
        }
        parts.push(format!("{shown} of {lines} lines: {}", filters.join(", ")));
    } else {
        parts.push(format!("{lines} lines"));
    }
    if let Some(at) = pane.behind() {
        parts.push(format!("{} behind", age(at, now)));
    }
    if pane.lines.first() > 0 {
        parts.push(format!("{} older lines dropped", number(pane.lines.first())));
    }
    if !pane.search.is_empty() {
        parts.push(format!("search “{}”", pane.search));
    }
    if !pane.wrap {
        parts.push("long lines are cut (w)".to_owned());
    }
    format!(" {}", parts.join(" · "))
}

/// Whether the end is followed, on the border.
fn state(screen: &mut Screen<'_>, border: Rect) {
    let pane = &screen.model.log;
    let right = match (&pane.ended, pane.top) {
        (Some(_), None) => Line::styled(" ended ", screen.theme.degraded),
        (None, None) => Line::styled(" following ", screen.theme.ok),
        (_, Some(_)) if pane.unseen > 0 => {
            let unseen = number(u64::try_from(pane.unseen).unwrap_or(u64::MAX));
            Line::from(vec![
                Span::styled(format!(" +{unseen} new "), screen.theme.found),
                Span::styled(" paused, End follows ", screen.theme.degraded),
            ])
        }
        (_, Some(_)) => Line::styled(" paused, End follows ", screen.theme.degraded),
    };
    on_border(screen, border, &Line::default(), &right);
}

/// Why there is no line.
fn empty(screen: &mut Screen<'_>, area: Rect) {
    let model = screen.model;
    let theme = screen.theme;
    let pane = &model.log;
    let containers = model
        .environment()
        .and_then(|environment| model.facts.environment(&environment.name))
        .map(|facts| &facts.containers);
    let lines = match (&pane.ended, containers) {
        (Some(Err(why)), _) => problem(theme, why, usize::from(area.width).saturating_sub(4), theme.failing),
        _ if pane.filtered() && !pane.lines.is_empty() => vec![
            Line::styled("no line is left by the filter", theme.dim),
            Line::styled("f changes it, v shows all levels", theme.dim),
        ],
        (_, Some(Remote::Ready(seen))) if seen.value.is_empty() => {
            vec![Line::styled("nothing is deployed here, so nothing logs", theme.dim)]
        }
        (_, Some(Remote::Failed { problem: why, .. })) => {
            problem(theme, why, usize::from(area.width).saturating_sub(4), theme.failing)
        }
        (Some(Ok(())), _) => vec![Line::styled("the container wrote nothing", theme.dim)],
        _ => vec![Line::styled("waiting for the first line …", theme.dim)],
    };
    nothing(screen, area, &lines);
}

fn rows(screen: &mut Screen<'_>, area: Rect) {
    let pane = &screen.model.log;
    let mut room = screen.model.log_room();
    room.height = usize::from(area.height);
    room.width = usize::from(area.width).saturating_sub(if pane.times { 11 } else { 2 }).max(2);
    for (slot, position) in pane.window(room).into_iter().enumerate() {
        if let Some(line) = pane.lines.get(position.line) {
            let drawn = row(screen, pane, line, position, room.width);
            screen.line(area, slot, &drawn);
        }
    }
}

fn row(screen: &Screen<'_>, pane: &LogPane, line: &LogLine, at: Position, width: usize) -> Line<'static> {
    let theme = screen.theme;
    let (letter, style) = match (line.stream, line.level) {
        (Stream::Mark, _) => (" ", theme.level_mark),
        (_, Level::Debug) => ("·", theme.level_debug),
        (_, Level::Info) => (" ", theme.level_info),
        (_, Level::Warning) => ("W", theme.level_warning),
        (_, Level::Error) => ("E", theme.level_error),
    };
    let text = if pane.wrap {
        let range = wrap(&line.text, width).into_iter().nth(at.row).unwrap_or_default();
        line.text.get(range).unwrap_or_default()
    } else {
        cut(&line.text, pane.left, width)
    };
    let mut spans = Vec::new();
    if pane.times {
        let time = line.at.filter(|_| at.row == 0).map_or_else(|| " ".repeat(9), clock);
        spans.push(Span::styled(time, theme.dim));
    }
    let letter = if at.row == 0 { letter } else { " " };
    spans.push(Span::styled(format!("{letter} "), style));
    let hit = pane.hit == Some(at.line);
    spans.extend(found(text, &pane.search, style, if hit { theme.found } else { theme.changed }));
    Line::from(spans)
}

/// The time of day of a line, in UTC as `ElastAlert` and the engine give it.
fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S ").to_string()
}

/// A text with every place marked that holds what is searched for.
fn found(text: &str, search: &str, style: Style, mark: Style) -> Vec<Span<'static>> {
    let plain = || vec![Span::styled(text.to_owned(), style)];
    if search.is_empty() || !text.is_ascii() || !search.is_ascii() {
        return plain();
    }
    let (lower, wanted) = (text.to_ascii_lowercase(), search.to_ascii_lowercase());
    let mut spans = Vec::new();
    let mut at = 0;
    for (start, part) in lower.match_indices(&wanted) {
        spans.push(Span::styled(text.get(at..start).unwrap_or_default().to_owned(), style));
        at = start + part.len();
        spans.push(Span::styled(text.get(start..at).unwrap_or_default().to_owned(), mark));
    }
    if text.width() > 0 {
        spans.push(Span::styled(text.get(at..).unwrap_or_default().to_owned(), style));
    }
    spans
}
