//! One row of a diff as a line: the head of a file, a line of it with its colours, two lines side by side, a value.
//! Signs and words say what was added and removed; colours only repeat it.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::app::log::cut;
use crate::app::rows::{DiffText, Part, Row};
use crate::domain::diff::{DiffLine, FileDiff, FileStatus, LineChange, Piece, ValueSide, ValueStatus};

use super::Screen;
use super::widgets::{count, fit, fit_end, pad};

/// From how many columns on both numbers of a line are shown.
const BOTH_NUMBERS: usize = 60;

/// How wide the path of a value is at least, so that what follows stands in one column.
const PATH: usize = 28;

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
    let dim = |text: String| Line::styled(text, over.unwrap_or(theme.dim));
    let file = |index: usize| text.file(index);
    match row {
        Row::Blank => Line::default(),
        Row::Gap => dim("      ···".to_owned()),
        Row::NoLines(_) => dim("      its bytes differ, and there are no lines to show".to_owned()),
        Row::NoValues(_) => dim("      no value differs, only how it is written (v shows it)".to_owned()),
        Row::Folded(index) => {
            let folded = file(index).map_or(0, |file| file.folded);
            dim(format!("      {} folded (f)", count(folded, "cosmetic change")))
        }
        Row::File(index) => file(index).map_or_else(Line::default, |file| head(screen, file, width, over)),
        Row::Line(..) => text
            .line(row)
            .map_or_else(Line::default, |line| Line::from(unified(screen, line, width, left, over))),
        Row::Pair(..) => {
            let (old, new) = text.pair(row);
            Line::from(side_by_side(screen, old, new, width, left, over))
        }
        Row::Value(_, _, part) => value(screen, text, row, part, width, left, over),
    }
}

/// The ground of a row, for what of it no text covers.
pub(super) fn ground(screen: &Screen<'_>, text: &DiffText, row: Row) -> Option<Style> {
    if !matches!(row, Row::Line(..)) {
        return None;
    }
    match text.line(row)?.change {
        LineChange::Context => None,
        LineChange::Added => Some(screen.theme.added_line),
        LineChange::Removed => Some(screen.theme.removed_line),
    }
}

fn head(screen: &Screen<'_>, file: &FileDiff, width: usize, over: Option<Style>) -> Line<'static> {
    let theme = screen.theme;
    let pick = |style: Style| over.unwrap_or(style);
    let (sign, style) = match file.status {
        FileStatus::Added => ("+", theme.added),
        FileStatus::Removed => ("-", theme.removed),
        FileStatus::Excluded => ("-", theme.unknown),
        FileStatus::Changed | FileStatus::Renamed | FileStatus::Unchanged => ("~", theme.changed),
    };
    let mut tail = format!("  {}", file.status.word());
    if let Some(from) = &file.from {
        tail = format!("{tail} from {from}");
    }
    if file.added + file.removed > 0 {
        tail = format!("{tail}  +{} -{}", file.added, file.removed);
    }
    if let Some(was) = &file.was {
        tail = format!("{tail}  was “{was}”");
    }
    let classes = file.classes.words();
    let least = file.path.width().min(24) + 3;
    if tail.width() + classes.width() + 2 + least <= width {
        tail = format!("{tail}  {classes}");
    }
    let tail = fit(&tail, width.saturating_sub(least));
    let path = fit_end(&file.path, width.saturating_sub(tail.width() + 3));
    Line::from(vec![
        Span::styled(format!(" {sign} "), pick(style)),
        Span::styled(path, pick(theme.accent)),
        Span::styled(tail, pick(theme.dim)),
    ])
}

/// The sign of a line, the style of its ground and of its words, and that of what makes the difference.
fn styles(screen: &Screen<'_>, change: LineChange) -> (&'static str, Style, Style) {
    let theme = screen.theme;
    let on = |style: Style, ground: Style| Style { bg: ground.bg.or(style.bg), ..style };
    match change {
        LineChange::Context => (" ", theme.text, theme.text),
        LineChange::Removed => ("-", on(theme.removed, theme.removed_line), theme.removed_word),
        LineChange::Added => ("+", on(theme.added, theme.added_line), theme.added_word),
    }
}

fn number(number: Option<usize>) -> String {
    number.map_or_else(|| "    ".to_owned(), |number| format!("{number:>4}"))
}

fn unified(
    screen: &Screen<'_>,
    line: &DiffLine,
    width: usize,
    left: usize,
    over: Option<Style>,
) -> Vec<Span<'static>> {
    let (sign, style, _) = styles(screen, line.change);
    let numbers = if width >= BOTH_NUMBERS {
        format!("{} {} ", number(line.old), number(line.new))
    } else {
        format!("{} ", number(line.new.or(line.old)))
    };
    let room = width.saturating_sub(numbers.width() + 2);
    let mut spans = vec![
        Span::styled(numbers, over.unwrap_or(screen.theme.dim)),
        Span::styled(format!("{sign} "), over.unwrap_or(style)),
    ];
    spans.extend(pieces(screen, line, room, left, over));
    spans
}

/// The text of a line from a column on, as far as there is room.
fn pieces(
    screen: &Screen<'_>,
    line: &DiffLine,
    width: usize,
    left: usize,
    over: Option<Style>,
) -> Vec<Span<'static>> {
    let (_, style, word) = styles(screen, line.change);
    let of = |piece: &Piece| match over {
        Some(over) if piece.changed => over.add_modifier(Modifier::UNDERLINED),
        Some(over) => over,
        None if piece.changed => word,
        None => {
            let token = screen.theme.token(piece.token);
            let plain = piece.token == crate::domain::diff::Token::Plain;
            let fg = if plain { style.fg } else { token.fg.or(style.fg) };
            let kind = if plain { Modifier::empty() } else { token.add_modifier };
            Style { fg, ..style.add_modifier(kind) }
        }
    };
    let (mut skip, mut room) = (left, width);
    line.pieces
        .iter()
        .map(|piece| {
            let seen = cut(&piece.text, skip, room);
            skip = skip.saturating_sub(piece.text.width());
            room = room.saturating_sub(seen.width());
            Span::styled(seen.to_owned(), of(piece))
        })
        .collect()
}

fn side_by_side(
    screen: &Screen<'_>,
    old: Option<&DiffLine>,
    new: Option<&DiffLine>,
    width: usize,
    left: usize,
    over: Option<Style>,
) -> Vec<Span<'static>> {
    let theme = screen.theme;
    let half = width.saturating_sub(1) / 2;
    let mut spans = Vec::new();
    for (index, line) in [old, new].into_iter().enumerate() {
        if index == 1 {
            spans.push(Span::styled("│", over.unwrap_or(theme.border)));
        }
        let Some(line) = line else {
            spans.push(Span::styled(" ".repeat(half), over.unwrap_or(theme.text)));
            continue;
        };
        // A line on both sides has two numbers, and is the same line.
        let own = if index == 0 { line.old } else { line.new };
        let (sign, style, _) = styles(screen, line.change);
        let mut parts = vec![
            Span::styled(format!("{} ", number(own)), over.unwrap_or(theme.dim)),
            Span::styled(format!("{sign} "), over.unwrap_or(style)),
        ];
        parts.extend(pieces(screen, line, half.saturating_sub(7), left, over));
        let used: usize = parts.iter().map(|span| span.content.width()).sum();
        parts.push(Span::styled(" ".repeat(half.saturating_sub(used)), over.unwrap_or(style)));
        spans.extend(parts);
    }
    spans
}

fn value(
    screen: &Screen<'_>,
    text: &DiffText,
    row: Row,
    part: Part,
    width: usize,
    left: usize,
    over: Option<Style>,
) -> Line<'static> {
    let theme = screen.theme;
    let pick = |style: Style| over.unwrap_or(style);
    let Some(change) = text.value(row) else { return Line::default() };
    let (sign, style, word) = match change.status {
        ValueStatus::Added => ("+", theme.added, "added"),
        ValueStatus::Removed => ("-", theme.removed, "removed"),
        ValueStatus::Changed => ("~", theme.changed, ""),
        ValueStatus::Reordered => ("~", theme.changed, "another order"),
        ValueStatus::NotCompared => ("?", theme.unknown, "not compared"),
    };
    let side = |sign: &str, side: &Option<ValueSide>, style: Style| {
        let Some(side) = side else { return Line::default() };
        let room = width.saturating_sub(7);
        let seen = cut(&side.value, left, room).to_owned();
        let mut spans =
            vec![Span::styled(format!("     {sign} "), pick(style)), Span::styled(seen.clone(), pick(style))];
        let origin = format!("  ← {}", side.origin);
        let rest = room.saturating_sub(seen.width());
        if rest >= 24 && left == 0 {
            spans.push(Span::styled(fit(&origin, rest), pick(theme.dim)));
        }
        Line::from(spans)
    };
    match part {
        Part::Path => {
            let tail = format!("{}{}{word}", change.class, if word.is_empty() { "" } else { "  " });
            let room = width.saturating_sub(tail.width() + 5);
            let path = fit_end(&change.path, room);
            let path = pad(&path, path.width().max(PATH.min(room)));
            Line::from(vec![
                Span::styled(format!("   {sign} "), pick(style)),
                Span::styled(path, pick(theme.yaml_key)),
                Span::styled(tail, pick(theme.dim)),
            ])
        }
        Part::Old => side("-", &change.old, theme.removed),
        Part::New => side("+", &change.new, theme.added),
    }
}
