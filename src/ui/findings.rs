//! What the check found, above the console: counts by environment, the findings as a list, and the selected one as
//! the command line prints it. Both are made from the same groups and frames as there.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::domain::check::frame::{Frames, marked};
use crate::domain::check::group::{Counts, Group};
use crate::domain::check::{Severity, facts};
use crate::domain::overview::Overview;

use super::widgets::{dialog, extent, fit, fit_end, nothing, on_border, on_row, pad, title};
use super::{Screen, Theme};

/// Columns of a severity in the list.
const WORD: usize = 10;

/// Draws the list and the frame of what is selected.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect) {
    let heading = title(screen, "What the check found", "· Enter edits · Esc closes", true);
    let (border, inner) = dialog(screen, body, (body.width, body.height), heading);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let model = screen.model;
    let groups = model.finding_groups();
    let Some(overview) = model.overview().filter(|_| !groups.is_empty()) else {
        let text = format!("nothing to complain about ({})", facts::elastalert());
        let theme = screen.theme;
        screen.hits.viewports.dialog = usize::from(inner.height);
        screen.hits.viewports.dialog_rows = 0;
        return nothing(screen, inner, &[Line::styled(text, theme.dim)]);
    };
    let head = counts(screen.theme, overview, &groups, usize::from(inner.width));
    let rows = usize::from(inner.height).saturating_sub(head.len() + 2);
    // Half for the list, unless it needs less; the frame has the rest.
    let height = groups.len().min((rows / 2).max(3)).min(rows);
    for (row, line) in head.iter().enumerate() {
        screen.line(inner, row, line);
    }
    let from = head.len() + 1;
    screen.hits.viewports.dialog = height;
    screen.hits.viewports.dialog_rows = groups.len();
    let window = model.findings.window(groups.len(), height);
    let selected = model.findings.selected.min(groups.len().saturating_sub(1));
    let top = window.start;
    for (row, index) in window.enumerate() {
        if let Some(group) = groups.get(index) {
            let line = listed(screen.theme, overview, group, usize::from(inner.width), index == selected);
            screen.line(inner, from + row, &line);
        }
    }
    let theme = screen.theme;
    screen.line(inner, from + height, &Line::styled("─".repeat(usize::from(inner.width)), theme.border));
    if let Some(group) = groups.get(selected) {
        let begin = from + height + 1;
        let room = usize::from(inner.height).saturating_sub(begin);
        let lines = framed(theme, overview, group, usize::from(inner.width));
        let top = model.frame.top(lines.len(), room);
        for (row, line) in lines.iter().skip(top).take(room).enumerate() {
            screen.line(inner, begin + row, line);
        }
        screen.hits.viewports.frame = room;
        screen.hits.viewports.frame_rows = lines.len();
        told(screen, inner, from + height, (top, room, lines.len()));
    }
    let right = Line::styled(extent(top, height, groups.len()), theme.dim);
    on_border(screen, border, &Line::default(), &right);
}

/// How many there are, in all and in each environment, and which version that speaks for.
fn counts(theme: &Theme, overview: &Overview, groups: &[Group<'_>], width: usize) -> Vec<Line<'static>> {
    let words = |counts: Counts| counts.words().unwrap_or_else(|| "nothing".to_owned());
    let all = format!("{} ({})", words(Counts::all(groups)), facts::elastalert());
    let mut lines = vec![Line::styled(fit(&all, width), theme.text)];
    let mut open = String::new();
    for environment in &overview.workspace.environments {
        let part = format!("{} {}", environment.name, words(Counts::within(groups, &environment.name)));
        if !open.is_empty() && open.chars().count() + 3 + part.chars().count() > width {
            lines.push(Line::styled(std::mem::take(&mut open), theme.dim));
        }
        if !open.is_empty() {
            open.push_str(" · ");
        }
        open.push_str(&part);
    }
    // Of very many environments the first ones are named.
    lines.truncate(3);
    lines.push(Line::styled(fit(&open, width), theme.dim));
    lines
}

fn look(theme: &Theme, severity: Severity) -> (&'static str, Style) {
    match severity {
        Severity::Error => ("✖ error", theme.failing),
        Severity::Warning => ("! warning", theme.degraded),
        Severity::Note => ("· note", theme.dim),
    }
}

/// A row of the list: how bad, what, and where.
fn listed(
    theme: &Theme,
    overview: &Overview,
    group: &Group<'_>,
    width: usize,
    selected: bool,
) -> Line<'static> {
    let (word, style) = look(theme, group.finding.severity);
    let problem = &group.finding.problem;
    let more = match group.others.len() {
        0 => String::new(),
        more => format!(" +{more}"),
    };
    let scope = group.scope().map(|scope| format!(" {scope}")).unwrap_or_default();
    let place = problem.place.as_ref().map(|place| marked(&overview.workspace, place).to_string());
    let place = place.unwrap_or_default();
    let where_ = width.saturating_sub(WORD) * 2 / 5;
    let what = width.saturating_sub(WORD + where_ + 1);
    let place = format!("{}{more}", fit_end(&place, where_.saturating_sub(more.len())));
    let on = |style| on_row(theme, style, selected, true);
    Line::from(vec![
        Span::styled(pad(word, WORD), on(style)),
        Span::styled(pad(&format!("{}{scope}", problem.what), what), on(theme.text)),
        Span::styled(format!(" {}", pad(&place, where_)), on(theme.dim)),
    ])
}

/// Says on the rule above the finding how much of it is seen, and which key shows more.
fn told(screen: &mut Screen<'_>, area: Rect, row: usize, (top, room, rows): (usize, usize, usize)) {
    let seen = extent(top, room, rows);
    let Ok(row) = u16::try_from(row) else { return };
    if seen.is_empty() || row >= area.height {
        return;
    }
    let text = format!("{}lines, ← → scroll ", seen.trim_end().to_owned() + " ");
    let wide = u16::try_from(text.width()).unwrap_or(area.width).min(area.width);
    let at = Rect { x: area.right() - wide, y: area.y + row, width: wide, height: 1 };
    screen.line(at, 0, &Line::styled(text, screen.theme.dim));
}

/// The finding as the command line prints it.
fn framed(theme: &Theme, overview: &Overview, group: &Group<'_>, width: usize) -> Vec<Line<'static>> {
    let (_, bad) = look(theme, group.finding.severity);
    let text = Frames::new(overview).frame(group, false, width);
    let style = |index: usize, line: &str| {
        let rest = line.trim_start();
        let mark = line.split_once('|').map_or("", |(_, marks)| marks.trim());
        if index == 0 || mark.starts_with('^') {
            bad
        } else if rest.starts_with("= help") {
            theme.accent
        } else if rest.starts_with("-->") || rest.starts_with(":::") || mark.starts_with('-') {
            theme.dim
        } else {
            theme.text
        }
    };
    let mut lines: Vec<Line<'static>> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let style = style(index, line);
        for part in broken(line, width) {
            lines.push(Line::styled(part, style));
        }
    }
    lines
}

/// A line cut into pieces that fit; what goes on is moved in.
fn broken(line: &str, width: usize) -> Vec<String> {
    if line.chars().count() <= width || width < 20 {
        return vec![line.to_owned()];
    }
    let lead = " ".repeat(10);
    let mut parts: Vec<String> = Vec::new();
    let mut open = String::new();
    for word in line.split_inclusive(' ') {
        if open.chars().count() + word.trim_end().chars().count() > width && open.trim() != "" {
            parts.push(open.trim_end().to_owned());
            open.clone_from(&lead);
        }
        open.push_str(word);
    }
    parts.push(open);
    parts
}
