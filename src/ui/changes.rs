//! The tab Diff: files, hunks and lines with their numbers, the changed words marked. Signs and not colours say what
//! was added and removed.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::app::Target;
use crate::app::changes::{DiffText, Row};
use crate::app::log::cut;
use crate::app::model::Focus;
use crate::app::rules::cell;
use crate::domain::diff::{Against, Diff, DiffLine, FileStatus, LineChange};
use crate::domain::matrix::Cell;
use crate::domain::plan::ChangeCount;
use crate::domain::remote::Remote;

use super::Screen;
use super::detail::cursor;
use super::widgets::{count, extent, fit, nothing, on_border, problem};

/// Draws the tab.
pub(super) fn draw(screen: &mut Screen<'_>, border: Rect, area: Rect) {
    let model = screen.model;
    let summary = summary(screen);
    screen.line(area, 0, &Line::styled(fit(&summary, usize::from(area.width)), screen.theme.dim));
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
            let line = Line::styled(same(screen, text), theme.text);
            nothing(screen, rest, &[line]);
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
    };
    let head = format!(" {} against {against} (a)", environment.name);
    match model.changes.text.as_ref() {
        Some(text) if text.only.is_none() => format!("{head}: {}", counted(text.diff.count())),
        Some(_) | None => head,
    }
}

/// `3 changed, 1 added`.
pub(super) fn counted(changes: ChangeCount) -> String {
    let parts: Vec<String> =
        [(changes.changed, "changed"), (changes.added, "added"), (changes.removed, "gone")]
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| format!("{number} {word}"))
            .collect();
    if parts.is_empty() { "no file differs".into() } else { parts.join(", ") }
}

/// Why there is nothing to show.
fn same(screen: &Screen<'_>, text: &DiffText) -> String {
    let model = screen.model;
    let excluded = model
        .rule()
        .zip(model.environment())
        .is_some_and(|(rule, environment)| cell(rule, &environment.name) == Some(Cell::Excluded));
    match &text.only {
        Some(_) if excluded => format!("this rule is excluded in {}", text.diff.new),
        Some(_) => format!("this rule is the same in {} and {}", text.diff.new, text.diff.old),
        None => format!("{} and {} are the same", text.diff.new, text.diff.old),
    }
}

fn rows(screen: &mut Screen<'_>, border: Rect, area: Rect, text: &DiffText) {
    let height = usize::from(area.height);
    let window = text.list.window(text.rows.len(), height);
    let top = window.start;
    for (slot, index) in window.enumerate() {
        let Some(row) = text.rows.get(index) else { continue };
        let style = cursor(screen, index == text.list.selected);
        let line = line(screen, text, *row, usize::from(area.width), text.left, style);
        let at = below(area, u16::try_from(slot).unwrap_or(0));
        let at = Rect { height: at.height.min(1), ..at };
        if let Some(style) = style {
            screen.buffer.set_style(at, style);
        }
        screen.line(at, 0, &line);
        screen.target(at, Target::Row { list: "detail", index });
    }
    let right = Line::styled(extent(top, height, text.rows.len()), screen.theme.dim);
    let origin = text.at_cursor().and_then(|(_, line)| line?.origin.clone());
    let left = match origin.filter(|_| screen.model.focus == Focus::Detail) {
        Some(origin) => {
            let room = usize::from(border.width).saturating_sub(7 + right.width());
            Line::styled(format!(" {} ", fit(&origin, room)), screen.theme.accent)
        }
        None => Line::default(),
    };
    on_border(screen, border, &left, &right);
}

/// A row of a diff as a line. A style given replaces all others: that of the row under the cursor.
pub(super) fn line(
    screen: &Screen<'_>,
    text: &DiffText,
    row: Row,
    width: usize,
    left: usize,
    over: Option<Style>,
) -> Line<'static> {
    let theme = screen.theme;
    let pick = |style: Style| over.unwrap_or(style);
    match row {
        Row::Blank => Line::default(),
        Row::Gap => Line::styled("      ···", pick(theme.dim)),
        Row::NoLines => {
            Line::styled("      its bytes differ, and there are no lines to show", pick(theme.dim))
        }
        Row::File(index) => match text.file(index) {
            Some(file) => {
                let (sign, word, style) = match file.status {
                    FileStatus::Added => ("+", "added", theme.added),
                    FileStatus::Removed => ("-", "removed", theme.removed),
                    FileStatus::Excluded => ("-", "excluded", theme.unknown),
                    FileStatus::Changed | FileStatus::Unchanged => ("~", "changed", theme.changed),
                };
                let tail = format!("  {word}  +{} -{}", file.added, file.removed);
                let path = super::widgets::fit_end(&file.path, width.saturating_sub(tail.width() + 3));
                Line::from(vec![
                    Span::styled(format!(" {sign} "), pick(style)),
                    Span::styled(path, pick(theme.accent)),
                    Span::styled(tail, pick(theme.dim)),
                ])
            }
            None => Line::default(),
        },
        Row::Line(..) => match text.line(row) {
            Some(found) => diff_line(screen, found, width, left, over),
            None => Line::default(),
        },
    }
}

fn diff_line(
    screen: &Screen<'_>,
    line: &DiffLine,
    width: usize,
    left: usize,
    over: Option<Style>,
) -> Line<'static> {
    let theme = screen.theme;
    let (sign, style, word) = match line.change {
        LineChange::Context => (" ", theme.text, theme.text),
        LineChange::Removed => ("-", theme.removed, theme.removed_word),
        LineChange::Added => ("+", theme.added, theme.added_word),
    };
    let shown =
        |number: Option<usize>| number.map_or_else(|| "    ".to_owned(), |number| format!("{number:>4}"));
    let numbers = if width >= 60 {
        format!("{} {} ", shown(line.old), shown(line.new))
    } else {
        format!("{} ", shown(line.new.or(line.old)))
    };
    let mut room = width.saturating_sub(numbers.width() + 2);
    let mut spans = vec![
        Span::styled(numbers, over.unwrap_or(theme.dim)),
        Span::styled(format!("{sign} "), over.unwrap_or(style)),
    ];
    let mut skip = left;
    for piece in &line.pieces {
        let seen = cut(&piece.text, skip, room);
        skip = skip.saturating_sub(piece.text.width());
        room = room.saturating_sub(seen.width());
        let style = if piece.changed { word } else { style };
        let style = match over {
            Some(over) if piece.changed => over.add_modifier(ratatui::style::Modifier::UNDERLINED),
            Some(over) => over,
            None => style,
        };
        spans.push(Span::styled(seen.to_owned(), style));
    }
    Line::from(spans)
}

/// How much differs, in a few words for a plan.
pub(super) fn weight(diff: &Diff) -> String {
    let (added, removed) =
        diff.files.iter().fold((0, 0), |(added, removed), file| (added + file.added, removed + file.removed));
    let lines = match (added, removed) {
        (0, 0) => String::new(),
        (added, removed) => format!(" ({} added, {removed} removed)", count(added, "line")),
    };
    format!("{}{lines}", counted(diff.count()))
}
