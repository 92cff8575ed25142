//! Texts above the console: all keys, all messages; and the question with yes and no. They are
//! made from the same tables and facts as everything else.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::app::Target;
use crate::app::help::sections;
use crate::app::model::Reading;
use crate::domain::remote::age;
use crate::domain::workspace::assume;

use super::widgets::{dialog, extent, number, on_border, pad, problem, scrolled, title, wrap_words};
use super::{Screen, findings};

/// Draws the text that is read.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect) {
    let Some((what, scroll)) = screen.model.reading else { return };
    if what == Reading::Findings {
        return findings::draw(screen, body);
    }
    let width = if body.width < 100 { body.width } else { 96 };
    let inside = usize::from(width).saturating_sub(4);
    let (name, lines) = match what {
        Reading::Help => ("Keys", help(screen, inside)),
        Reading::Messages | Reading::Findings => ("Messages", messages(screen, inside)),
    };
    let wanted = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let most = if body.height < 30 { body.height } else { body.height - 4 };
    let heading = title(screen, name, "· Esc closes", true);
    let (border, inner) = dialog(screen, body, (width, wanted.min(most)), heading);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let height = usize::from(inner.height);
    screen.hits.viewports.dialog = height;
    screen.hits.viewports.dialog_rows = lines.len();
    let top = scroll.top(lines.len(), height);
    scrolled(screen, inner, top, &lines);
    let right = Line::styled(extent(top, height, lines.len()), screen.theme.dim);
    on_border(screen, border, &Line::default(), &right);
}

/// The command table; what cannot be used now is dimmed, with the reason.
fn help(screen: &Screen<'_>, width: usize) -> Vec<Line<'static>> {
    let theme = screen.theme;
    let mut lines = Vec::new();
    for (scope, commands) in sections(screen.model) {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(scope, theme.accent));
        for command in commands {
            let text = match command.reason {
                Some(reason) => format!("{} (not now: {reason})", command.doc),
                None => command.doc.to_owned(),
            };
            let style = if command.reason.is_some() { theme.dim } else { theme.text };
            for (index, part) in wrap_words(&text, width.saturating_sub(18)).into_iter().enumerate() {
                let keys = if index == 0 { command.keys.as_str() } else { "" };
                lines.push(Line::from(vec![
                    Span::styled(format!("  {}", pad(keys, 16)), theme.key),
                    Span::styled(part, style),
                ]));
            }
        }
    }
    lines
}

fn messages(screen: &Screen<'_>, width: usize) -> Vec<Line<'static>> {
    let theme = screen.theme;
    let model = screen.model;
    let mut lines = Vec::new();
    for notice in model.notices.newest_first() {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        let age = match age(notice.at, model.now).as_str() {
            "now" => "now".to_owned(),
            age => format!("{age} ago"),
        };
        let times = if notice.count > 1 { format!(", {} times", notice.count) } else { String::new() };
        lines.push(Line::styled(format!("{age}{times}"), theme.dim));
        let is_assumed = notice.problem.code.starts_with(assume::CODE);
        let style = if is_assumed { theme.accent } else { theme.failing };
        lines.extend(problem(theme, &notice.problem, width, style));
    }
    if model.notices.dropped() > 0 {
        let dropped = number(u64::try_from(model.notices.dropped()).unwrap_or(u64::MAX));
        lines.push(Line::styled(format!("{dropped} older messages were dropped"), theme.dim));
    }
    if lines.is_empty() {
        lines.push(Line::styled("no messages", theme.dim));
    }
    lines
}

/// Draws the question that waits for yes or no.
pub(super) fn question(screen: &mut Screen<'_>, body: Rect) {
    let Some(question) = &screen.model.question else { return };
    let (text, yes, no) = question.words();
    let wide = (text.width().max(yes.width().max(no.width()) + 8) + 6).min(usize::from(body.width));
    let heading = title(screen, "Question", "", true);
    let lines = wrap_words(&text, wide.saturating_sub(4));
    let size = (u16::try_from(wide).unwrap_or(body.width), u16::try_from(lines.len() + 6).unwrap_or(8));
    let (_, inner) = dialog(screen, body, size, heading);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let theme = screen.theme;
    let rows = lines.len();
    for (row, text) in lines.into_iter().enumerate() {
        screen.line(inner, row + 1, &Line::styled(text, theme.text));
    }
    for (row, key, does, name) in
        [(rows + 2, "y  ", yes, "question.yes"), (rows + 3, "Esc", no, "question.no")]
    {
        let line =
            Line::from(vec![Span::styled(format!("{key}  "), theme.key), Span::styled(does, theme.dim)]);
        screen.line(inner, row, &line);
        let Ok(row) = u16::try_from(row) else { continue };
        if row < inner.height {
            screen.target(Rect { y: inner.y + row, height: 1, ..inner }, Target::Command(name));
        }
    }
}
