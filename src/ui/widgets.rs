//! What several parts of the screen share: panes, glyphs, texts that fit. Every glyph is one cell wide on every
//! terminal, and none of them is the only sign of anything.

use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Widget as _};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::domain::health::State;
use crate::domain::problem::Problem;

use super::{Screen, Theme};

/// The glyph of a state.
pub(super) fn glyph(state: State) -> &'static str {
    match state {
        State::Ok => "●",
        State::Degraded => "◐",
        State::Unknown => "○",
        State::Failing => "✖",
    }
}

/// A text of at most so many cells, with `…` where it was cut.
pub(super) fn fit(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut cells = 0;
    let mut fitted = String::new();
    for c in text.chars() {
        cells += c.width().unwrap_or(0);
        if cells + 1 > width {
            break;
        }
        fitted.push(c);
    }
    if width > 0 {
        fitted.push('…');
    }
    fitted
}

/// The end of a text, of at most so many cells, with `…` where it was cut: for paths.
pub(super) fn fit_end(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut cells = 0;
    let kept: Vec<char> = text
        .chars()
        .rev()
        .take_while(|c| {
            cells += c.width().unwrap_or(0);
            cells < width
        })
        .collect();
    let mark = if width > 0 { "…" } else { "" };
    format!("{mark}{}", kept.into_iter().rev().collect::<String>())
}

/// A text of exactly so many cells, cut or filled with spaces.
pub(super) fn pad(text: &str, width: usize) -> String {
    let fitted = fit(text, width);
    let missing = width.saturating_sub(fitted.width());
    format!("{fitted}{}", " ".repeat(missing))
}

/// A text broken between words, or within them where they are longer than a line.
pub(super) fn wrap_words(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut open = String::new();
    for word in text.split_whitespace() {
        let needed = if open.is_empty() { word.width() } else { open.width() + 1 + word.width() };
        if needed <= width {
            if !open.is_empty() {
                open.push(' ');
            }
            open.push_str(word);
            continue;
        }
        if !open.is_empty() {
            lines.push(std::mem::take(&mut open));
        }
        for c in word.chars() {
            if open.width() + c.width().unwrap_or(0) > width && !open.is_empty() {
                lines.push(std::mem::take(&mut open));
            }
            open.push(c);
        }
    }
    if !open.is_empty() || lines.is_empty() {
        lines.push(open);
    }
    lines
}

/// A whole number as people read it: `1,204,331`.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 file`, `2 files`.
pub(super) fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// A problem in full: what, where, why, what to do.
pub(super) fn problem(theme: &Theme, problem: &Problem, width: usize, head: Style) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> =
        wrap_words(&problem.what, width).into_iter().map(|text| Line::styled(text, head)).collect();
    let mut more = |lead: &str, text: &str, style: Style| {
        for (index, text) in wrap_words(text, width.saturating_sub(2)).into_iter().enumerate() {
            let lead = if index == 0 { lead.to_owned() } else { "  ".to_owned() };
            lines.push(Line::styled(format!("{lead}{text}"), style));
        }
    };
    if let Some(place) = &problem.place {
        more("  ", &format!("at {place}"), theme.dim);
    }
    for why in &problem.why {
        more("  ", why, theme.dim);
    }
    if let Some(hint) = &problem.hint {
        more("→ ", hint, theme.text);
    }
    lines
}

/// A line moved to the right, its style kept.
pub(super) fn indent(line: Line<'static>, cells: usize) -> Line<'static> {
    let style = line.style;
    let mut spans = vec![Span::raw(" ".repeat(cells))];
    spans.extend(line.spans.into_iter().map(|span| Span { style: style.patch(span.style), ..span }));
    Line::from(spans)
}

/// The style of a text on a row of a list. The selected row of the focused list has one style; without the focus only
/// its ground is another one, so that states keep their colours.
pub(super) fn on_row(theme: &Theme, style: Style, selected: bool, focused: bool) -> Style {
    match (selected, focused) {
        (true, true) => theme.selected,
        (true, false) => Style { fg: style.fg, ..style.patch(theme.selected_blurred) },
        (false, _) => style,
    }
}

/// Draws the border of a pane and gives back what is inside.
pub(super) fn pane(screen: &mut Screen<'_>, area: Rect, title: Line<'_>, focused: bool) -> Rect {
    let (border, style) = if focused {
        (BorderType::Rounded, screen.theme.border_focused)
    } else {
        (BorderType::Rounded, screen.theme.border)
    };
    let block =
        Block::bordered().border_type(border).border_style(style).style(screen.theme.text).title(title);
    let inner = block.inner(area);
    block.render(area, screen.buffer);
    inner
}

/// The title of a pane.
pub(super) fn title(screen: &Screen<'_>, text: &str, more: &str, focused: bool) -> Line<'static> {
    let style = if focused { screen.theme.accent } else { screen.theme.text };
    let mut spans = vec![Span::styled(format!(" {text} "), style)];
    if !more.is_empty() {
        spans.push(Span::styled(format!("{more} "), screen.theme.dim));
    }
    Line::from(spans)
}

/// Writes on the lower border of a pane, on the left and on the right. The right one goes first where room is short.
pub(super) fn on_border(screen: &mut Screen<'_>, area: Rect, left: &Line<'_>, right: &Line<'_>) {
    if area.height < 2 || area.width < 6 {
        return;
    }
    let row = Rect { x: area.x + 2, y: area.bottom() - 1, width: area.width - 4, height: 1 };
    let wanted = u16::try_from(right.width()).unwrap_or(u16::MAX);
    if wanted <= row.width {
        let right_row = Rect { x: row.right() - wanted, width: wanted, ..row };
        screen.line(right_row, 0, right);
        let room = (row.width - wanted).saturating_sub(u16::from(wanted > 0));
        screen.line(Rect { width: room, ..row }, 0, left);
    } else {
        screen.line(row, 0, left);
    }
}

/// Says in the middle of a pane why there is nothing else in it.
pub(super) fn nothing(screen: &mut Screen<'_>, area: Rect, lines: &[Line<'_>]) {
    let from = usize::from(area.height).saturating_sub(lines.len()) / 3;
    for (index, line) in lines.iter().enumerate() {
        let centred = line.clone().alignment(Alignment::Center);
        let room = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        let width = u16::try_from(centred.width()).unwrap_or(u16::MAX).min(room.width);
        let at = Rect { x: room.x + (room.width - width) / 2, width, ..room };
        screen.line(at, from + index, &centred);
    }
}

/// A free area in the middle for a dialog, at most so large, with a border.
pub(super) fn dialog(screen: &mut Screen<'_>, body: Rect, size: (u16, u16), title: Line<'_>) -> (Rect, Rect) {
    let [column] = Layout::horizontal([Constraint::Length(size.0.min(body.width))])
        .flex(ratatui::layout::Flex::Center)
        .areas(body);
    let [area] = Layout::vertical([Constraint::Length(size.1.min(body.height))])
        .flex(ratatui::layout::Flex::Center)
        .areas(column);
    Clear.render(area, screen.buffer);
    let inner = pane(screen, area, title, true);
    (area, inner)
}

/// Shows so many lines of a text that scrolls, and notes how much room there was.
pub(super) fn scrolled(screen: &mut Screen<'_>, area: Rect, top: usize, lines: &[Line<'_>]) {
    for (row, line) in lines.iter().skip(top).take(usize::from(area.height)).enumerate() {
        screen.line(area, row, line);
    }
}

/// How far a text is scrolled: `12–40 of 200`; empty when all of it is seen.
pub(super) fn extent(top: usize, height: usize, rows: usize) -> String {
    if rows <= height {
        String::new()
    } else {
        format!(" {}–{} of {rows} ", top + 1, (top + height).min(rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_fit(text in "[a-zé日 ]{0,40}", width in 0usize..30) {
            prop_assert!(fit(&text, width).width() <= width);
            prop_assert!(fit_end(&text, width).width() <= width);
            prop_assert_eq!(pad(&text, width).width(), width);
            for line in wrap_words(&text, width.max(2)) {
                prop_assert!(line.width() <= width.max(2));
            }
        }
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(number(7), "7");
        assert_eq!(number(1_204_331), "1,204,331");
        assert_eq!(count(1, "file"), "1 file");
    }
}
