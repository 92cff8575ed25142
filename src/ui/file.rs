//! The tab File: a rendered file with every value that a layer put in marked, and the origin of the one under the
//! cursor beside it. Secrets are placeholders before they come here.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::app::Target;
use crate::app::file::{FileLine, FileText};
use crate::app::log::cut;
use crate::app::model::Focus;
use crate::domain::environment::EnvName;

use super::Screen;
use super::changes::below;
use super::detail::cursor;
use super::why;
use super::widgets::{count, extent, fit, nothing, on_border};

/// Draws the tab.
pub(super) fn draw(screen: &mut Screen<'_>, border: Rect, area: Rect) {
    let rest = below(area, 2);
    screen.hits.viewports.detail = usize::from(rest.height);
    let Some(file) = &screen.model.file else { return missing(screen, rest) };
    let marks: usize = file.lines.iter().map(|line| line.marks.len()).sum();
    let summary = format!(" {}, {} from layers", file.path, count(marks, "value"));
    screen.line(area, 0, &Line::styled(fit(&summary, usize::from(area.width)), screen.theme.dim));
    if file.lines.is_empty() {
        let text = Line::styled("this file is empty", screen.theme.dim);
        return nothing(screen, rest, &[text]);
    }
    rows(screen, border, rest, file);
}

/// Says why there is no such file here.
fn missing(screen: &mut Screen<'_>, area: Rect) {
    let model = screen.model;
    let path = model.subject().unwrap_or_else(|| "config/elastalert.yaml".to_owned());
    let excluded = |name: &EnvName| {
        let rendering = model.overview()?.rendering(name)?;
        rendering.excluded.iter().find(|(other, _)| *other == path).map(|(_, place)| place.to_string())
    };
    let place = model.environment().and_then(|environment| excluded(&environment.name));
    let theme = screen.theme;
    let lines = match place {
        Some(place) => vec![
            Line::styled(format!("{path} is excluded here"), theme.text),
            Line::styled(format!("by {place}"), theme.dim),
        ],
        None => vec![Line::styled(format!("{path} is not in this rendering"), theme.dim)],
    };
    nothing(screen, area, &lines);
}

fn rows(screen: &mut Screen<'_>, border: Rect, area: Rect, file: &FileText) {
    let focused = screen.model.focus == Focus::Detail;
    let panel = if focused { why::rows(area) } else { 0 };
    let [area, below_it] = Layout::vertical([Constraint::Fill(1), Constraint::Length(panel)]).areas(area);
    screen.hits.viewports.detail = usize::from(area.height);
    let height = usize::from(area.height);
    let width = usize::from(area.width);
    let window = file.list.window(file.lines.len(), height);
    let top = window.start;
    let last = file.lines.last().map_or(0, |line| line.number);
    let digits = last.to_string().len().max(3);
    for (slot, index) in window.enumerate() {
        let Some(line) = file.lines.get(index) else { continue };
        let at = below(area, u16::try_from(slot).unwrap_or(0));
        let at = Rect { height: at.height.min(1), ..at };
        let over = cursor(screen, index == file.list.selected);
        if let Some(style) = over {
            screen.buffer.set_style(at, style);
        }
        let mut spans =
            vec![Span::styled(format!(" {:>digits$}  ", line.number), over.unwrap_or(screen.theme.dim))];
        spans.extend(text(screen, line, width.saturating_sub(digits + 3), file.left, over));
        screen.line(at, 0, &Line::from(spans));
        screen.target(at, Target::Row { list: "detail", index });
    }
    why::panel(screen, below_it);
    let right = Line::styled(extent(top, height, file.lines.len()), screen.theme.dim);
    let left = match file.mark().filter(|_| focused && panel == 0) {
        Some(mark) => {
            let room = usize::from(border.width).saturating_sub(7 + right.width());
            Line::styled(format!(" {} ", fit(&mark.origin, room)), screen.theme.accent)
        }
        None => Line::default(),
    };
    on_border(screen, border, &left, &right);
}

/// The text of a line; what a layer put in is marked.
fn text(
    screen: &Screen<'_>,
    line: &FileLine,
    width: usize,
    left: usize,
    over: Option<Style>,
) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    let (mut at, mut skip, mut room) = (0, left, width);
    let mut push = |text: &str, style: Style| {
        let seen = cut(text, skip, room);
        skip = skip.saturating_sub(text.width());
        room = room.saturating_sub(seen.width());
        spans.push(Span::styled(seen.to_owned(), style));
    };
    let plain = over.unwrap_or(screen.theme.text);
    let marked = over.map_or(screen.theme.changed, |over| over.add_modifier(Modifier::UNDERLINED));
    let marks = line.marks.iter().map(|mark| (mark.range.clone(), marked));
    let end = line.text.len()..line.text.len();
    for (range, style) in marks.chain([(end, plain)]) {
        // What no layer put in has the colours of YAML.
        for (part, token) in &line.tokens {
            let (from, to) = (part.start.max(at), part.end.min(range.start));
            if from < to {
                push(line.text.get(at..from).unwrap_or_default(), plain);
                push(line.text.get(from..to).unwrap_or_default(), over.unwrap_or(screen.theme.token(*token)));
                at = to;
            }
        }
        push(line.text.get(at..range.start).unwrap_or_default(), plain);
        push(line.text.get(range.clone()).unwrap_or_default(), style);
        at = at.max(range.end);
    }
    spans
}
