//! The tab Diff: what is compared with what, how much differs and of which kind, and the rows. What the change under
//! the cursor touches and where its value comes from stands on the border.

use ratatui::layout::Rect;
use ratatui::text::Line;
use unicode_width::UnicodeWidthStr as _;

use crate::app::Target;
use crate::app::model::Focus;
use crate::app::rows::{DiffText, Row, View};
use crate::app::rules::cell;
use crate::domain::diff::{Against, Diff};
use crate::domain::matrix::Cell;
use crate::domain::plan::ChangeCount;
use crate::domain::remote::Remote;

use super::Screen;
use super::detail::cursor;
use super::diff_row;
use super::widgets::{count, extent, fit, nothing, on_border, problem};

/// Draws the tab.
pub(super) fn draw(screen: &mut Screen<'_>, border: Rect, area: Rect) {
    let model = screen.model;
    let width = usize::from(area.width);
    let dim = screen.theme.dim;
    let summary = summary(screen);
    screen.line(area, 0, &Line::styled(fit(&summary, width), dim));
    let look = look(screen);
    screen.line(area, 1, &Line::styled(fit(&look, width), dim));
    let rest = below(area, 2);
    screen.hits.viewports.detail = usize::from(rest.height);
    let theme = screen.theme;
    match (&model.changes.diff, &model.changes.text) {
        (Remote::Failed { problem: why, .. }, _) => {
            let lines = problem(theme, why, usize::from(rest.width).saturating_sub(4), theme.failing);
            nothing(screen, rest, &lines);
        }
        (_, None) => nothing(screen, rest, &[Line::styled("comparing …", theme.dim)]),
        (_, Some(text)) if text.rows.is_empty() => {
            let lines: Vec<Line<'_>> =
                same(screen, text).into_iter().map(|line| Line::styled(line, theme.text)).collect();
            nothing(screen, rest, &lines);
        }
        (_, Some(text)) => rows(screen, border, rest, text),
    }
}

/// The part of an area below so many rows.
pub(super) fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect { y: area.y + rows, height: area.height - rows, ..area }
}

/// What is compared with what, and how much differs.
fn summary(screen: &Screen<'_>) -> String {
    let model = screen.model;
    let Some(environment) = model.environment() else { return String::new() };
    let against = match model.changes.choice.against(&environment.name) {
        Against::Running => "what runs".to_owned(),
        Against::Environment(name) => name.to_string(),
        Against::Release(number) => format!("release {number}"),
        Against::Revision(revision) => revision.as_str().to_owned(),
    };
    let head = format!(" {} against {against} (a)", environment.name);
    match model.changes.text.as_ref() {
        Some(text) if text.only.is_none() => format!("{head}: {}", counted(text.shown.count())),
        Some(_) | None => head,
    }
}

/// How it is looked at, and what the changes touch.
fn look(screen: &Screen<'_>) -> String {
    let changes = &screen.model.changes;
    let Some(text) = changes.text.as_ref() else { return String::new() };
    let view = match text.look.view {
        View::Text => "lines",
        View::Values => "values",
    };
    let mut parts = vec![format!(" {view} (v)")];
    if text.look.fold {
        parts.push("folded (f)".to_owned());
    }
    if !text.look.filter.trim().is_empty() {
        parts.push(format!("only “{}” (/)", text.look.filter.trim()));
    }
    let classes = text.shown.classes().words();
    if !classes.is_empty() {
        parts.push(classes);
    }
    parts.join(" · ")
}

/// `3 changed, 1 added`.
pub(super) fn counted(changes: ChangeCount) -> String {
    let parts: Vec<String> = [
        (changes.changed, "changed"),
        (changes.renamed, "renamed"),
        (changes.added, "added"),
        (changes.removed, "gone"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, word)| format!("{number} {word}"))
    .collect();
    if parts.is_empty() { "no file differs".into() } else { parts.join(", ") }
}

/// Why there is nothing to show.
fn same(screen: &Screen<'_>, text: &DiffText) -> Vec<String> {
    let model = screen.model;
    let excluded = model
        .rule()
        .zip(model.environment())
        .is_some_and(|(rule, environment)| cell(rule, &environment.name) == Some(Cell::Excluded));
    let (old, new) = (&text.diff.old, &text.diff.new);
    if !text.look.filter.trim().is_empty() {
        let filter = text.look.filter.trim();
        return vec![format!("no change of “{filter}”"), "Esc shows all again".to_owned()];
    }
    vec![match &text.only {
        Some(_) if excluded => format!("this rule is excluded in {new}"),
        Some(_) => format!("this rule is the same in {new} and {old}"),
        None => format!("{new} and {old} are the same"),
    }]
}

fn rows(screen: &mut Screen<'_>, border: Rect, area: Rect, text: &DiffText) {
    let (height, width) = (usize::from(area.height), usize::from(area.width));
    let window = text.list.window(text.rows.len(), height);
    let top = window.start;
    let mut told = None;
    for (slot, index) in window.enumerate() {
        let Some(row) = text.rows.get(index).copied() else { continue };
        let over = cursor(screen, index == text.list.selected);
        let line = diff_row::line(screen, text, row, width, text.left, over);
        let at = below(area, u16::try_from(slot).unwrap_or(0));
        let at = Rect { height: at.height.min(1), ..at };
        if let Some(style) = over.or_else(|| diff_row::ground(screen, text, row)) {
            screen.buffer.set_style(at, style);
        }
        let used = line.width();
        screen.line(at, 0, &line);
        told = class(screen, text, row, told, (at, used), over);
        screen.target(at, Target::Row { list: "detail", index });
    }
    let (at_change, changes) = text.changes_before();
    let extent = extent(top, height, text.rows.len());
    let right = match (changes, width) {
        (2.., 60..) => {
            format!(" change {at_change} of {changes}{}", if extent.is_empty() { " " } else { &extent })
        }
        _ => extent,
    };
    let right = Line::styled(right, screen.theme.dim);
    let (origin, class) = text.origin_at_cursor();
    let parts: Vec<String> = class.map(|class| class.to_string()).into_iter().chain(origin).collect();
    let left = if parts.is_empty() || screen.model.focus != Focus::Detail {
        Line::default()
    } else {
        let room = usize::from(border.width).saturating_sub(7 + right.width());
        Line::styled(format!(" {} ", fit(&parts.join(" · "), room)), screen.theme.accent)
    };
    on_border(screen, border, &left, &right);
}

/// Says at the right end of a line what its change touches, where that is not what the line above says already.
fn class(
    screen: &mut Screen<'_>,
    text: &DiffText,
    row: Row,
    before: Option<crate::domain::diff::Class>,
    (at, used): (Rect, usize),
    over: Option<ratatui::style::Style>,
) -> Option<crate::domain::diff::Class> {
    let class = text.line(row).and_then(|line| line.class)?;
    let word = format!(" {class} ");
    let width = usize::from(at.width);
    let free = if matches!(row, Row::Pair(..)) {
        // The right half is filled up with blanks; whatever is there is worth more than the word.
        let (_, new) = text.pair(row);
        let long = new.map_or(0, |line| line.pieces.iter().map(|piece| piece.text.width()).sum());
        width / 2 > 8 + long + word.width()
    } else {
        used + word.width() < width
    };
    if before != Some(class) && free {
        let wide = u16::try_from(word.width()).unwrap_or(0);
        let at = Rect { x: at.right() - wide, width: wide, ..at };
        let ground = screen.buffer.cell((at.x, at.y)).map(|cell| cell.bg);
        let mut style = over.unwrap_or(screen.theme.dim);
        if let Some(ground) = ground {
            style = style.bg(ground);
        }
        screen.line(at, 0, &Line::styled(word, style));
    }
    Some(class)
}

/// How much differs, in a few words for a plan.
pub(super) fn weight(diff: &Diff) -> String {
    let (added, removed) =
        diff.files.iter().fold((0, 0), |(added, removed), file| (added + file.added, removed + file.removed));
    let lines = match (added, removed) {
        (0, 0) => String::new(),
        (added, removed) => format!(" ({} added, {removed} removed)", count(added, "line")),
    };
    let classes = diff.classes().words();
    let classes = if classes.is_empty() { classes } else { format!("; {classes}") };
    format!("{}{lines}{classes}", counted(diff.count()))
}
