//! The list of environments: state, sync, release and age of each. Narrow, each takes two lines; wide, one line with
//! columns.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::app::Target;
use crate::app::model::Focus;
use crate::app::standing::{Standing, standing, sync_words};
use crate::domain::environment::EnvName;
use crate::domain::health::Sync;
use crate::domain::remote::{Remote, age};

use super::Screen;
use super::widgets::{fit, glyph, nothing, on_border, on_row, pad, pane, problem, title};

/// From this inner width on, an environment takes one line.
const WIDE: u16 = 60;

/// How wide the columns are, when there are columns.
const STATE: usize = 13;
const SYNC: usize = 16;
const RELEASE: usize = 8;

/// How many lines an environment takes.
fn lines_each(width: u16) -> usize {
    if width >= WIDE { 1 } else { 2 }
}

/// How high the list wants to be.
pub(super) fn wanted_height(screen: &Screen<'_>, area: Rect) -> u16 {
    let each = lines_each(area.width.saturating_sub(2));
    let head = usize::from(each == 1);
    u16::try_from(screen.model.listed().len() * each + head + 2).unwrap_or(u16::MAX)
}

/// Draws the list.
pub(super) fn draw(screen: &mut Screen<'_>, area: Rect) {
    let model = screen.model;
    let focused = model.focus == Focus::Environments;
    let heading = title(screen, "Environments", "", focused);
    let inner = pane(screen, area, heading, focused);
    let names = model.names();
    if names.is_empty() {
        return empty(screen, inner);
    }
    let each = lines_each(inner.width);
    let head = usize::from(each == 1);
    let height = usize::from(inner.height).saturating_sub(head) / each;
    screen.hits.viewports.environments = height.max(1);
    if each == 1 {
        head_line(screen, inner);
    }
    let window = model.environments.window(names.len(), height);
    if window.len() < names.len() {
        let text = format!(" {}–{} of {} ", window.start + 1, window.end, names.len());
        let right = Line::styled(text, screen.theme.dim);
        on_border(screen, area, &Line::default(), &right);
    }
    for (slot, index) in window.enumerate() {
        let Some(name) = names.get(index) else { continue };
        let row = head + slot * each;
        let room = rows(inner, row, each);
        row_of(screen, room, name, index == model.environments.selected, focused);
        screen.target(room, Target::Row { list: "environments", index });
    }
}

/// The part of an area from a row on.
fn rows(area: Rect, row: usize, count: usize) -> Rect {
    let row = u16::try_from(row).unwrap_or(u16::MAX).min(area.height);
    let count = u16::try_from(count).unwrap_or(u16::MAX).min(area.height - row);
    Rect { y: area.y + row, height: count, ..area }
}

fn empty(screen: &mut Screen<'_>, area: Rect) {
    let theme = screen.theme;
    let lines = match &screen.model.opened {
        Remote::Failed { problem: why, .. } => {
            problem(theme, why, usize::from(area.width).saturating_sub(2), theme.failing)
        }
        Remote::Ready(_) => vec![
            Line::styled("no environments", theme.dim),
            Line::styled("config/environments/ names them", theme.dim),
        ],
        Remote::Unknown | Remote::Loading { .. } => vec![Line::styled("reading the workspace …", theme.dim)],
    };
    nothing(screen, area, &lines);
}

fn head_line(screen: &mut Screen<'_>, area: Rect) {
    let text = format!(
        "   {}{}{}{}{}",
        pad("", name_width(area)),
        pad("state", STATE),
        pad("sync", SYNC),
        pad("release", RELEASE),
        "up"
    );
    screen.line(area, 0, &Line::styled(text, screen.theme.dim));
}

/// How wide the column of names is, when there are columns.
fn name_width(area: Rect) -> usize {
    usize::from(area.width).saturating_sub(3 + STATE + SYNC + RELEASE + 12).clamp(8, 24)
}

fn row_of(screen: &mut Screen<'_>, area: Rect, name: &EnvName, selected: bool, focused: bool) {
    let theme = screen.theme;
    if selected {
        screen.buffer.set_style(area, on_row(theme, theme.text, selected, focused));
    }
    let standing = standing(screen.model, name);
    let colour = |style: Style| on_row(theme, style, selected, focused);
    let plain = colour(theme.text);
    let state = colour(theme.state(standing.state));
    let dim = colour(theme.dim);
    // What cannot be seen now is shown as it was, and does not look like news.
    let plain = if standing.last_seen.is_some() { colour(theme.dim) } else { plain };
    let release = standing.release.map_or_else(String::new, |release| format!("r{release}"));
    if area.height == 1 && area.width >= WIDE {
        let line = Line::from(vec![
            Span::styled(format!(" {} ", glyph(standing.state)), state),
            Span::styled(column(name.as_str(), name_width(area)), plain),
            Span::styled(pad(standing.word, STATE), state),
            Span::styled(pad(&sync_within(&standing, SYNC - 1), SYNC), colour(sync_style(screen, &standing))),
            Span::styled(pad(&release, RELEASE), dim),
            Span::styled(up(screen, &standing), dim),
        ]);
        return screen.line(area, 0, &line);
    }
    let width = usize::from(area.width);
    let word = standing.word;
    let room = width.saturating_sub(4 + word.width());
    let first = Line::from(vec![
        Span::styled(format!(" {} ", glyph(standing.state)), state),
        Span::styled(column(name.as_str(), room), plain),
        Span::styled(word, state),
    ]);
    screen.line(area, 0, &first);
    let rest: String = [release, up(screen, &standing)]
        .iter()
        .filter(|part| !part.is_empty())
        .fold(String::new(), |all, part| all + " · " + part);
    let room = width.saturating_sub(3);
    let sync = match standing.sync {
        Some(Sync::Differs { files }) if standing.partial.is_none() => format!("{files} differ"),
        _ => sync_within(&standing, room.saturating_sub(rest.width())),
    };
    let second = fit(&(sync + &rest), room);
    screen.line(area, 1, &Line::styled(format!("   {second}"), dim));
}

/// The sync in as many words as there is room for. That only a part of the rules runs is always among them.
fn sync_within(standing: &Standing, room: usize) -> String {
    let whole = sync_words(standing.sync);
    if standing.partial.is_none() {
        return fit(&whole, room);
    }
    let short = match standing.sync {
        Some(Sync::Differs { files: 1 }) => "1 differs".to_owned(),
        Some(Sync::Differs { files }) => format!("{files} differ"),
        _ => whole.clone(),
    };
    [format!("partial, {whole}"), format!("partial, {short}"), format!("part, {short}")]
        .into_iter()
        .find(|words| words.width() <= room)
        .unwrap_or_else(|| "partial".to_owned())
}

/// A text in a column that keeps a space before the next one.
fn column(text: &str, width: usize) -> String {
    pad(&fit(text, width.saturating_sub(1)), width)
}

fn sync_style(screen: &Screen<'_>, standing: &Standing) -> Style {
    match standing.sync {
        _ if standing.last_seen.is_some() => screen.theme.dim,
        Some(Sync::Differs { .. }) => screen.theme.changed,
        Some(Sync::InSync) => screen.theme.text,
        Some(Sync::Absent | Sync::Unknown) | None => screen.theme.dim,
    }
}

/// How long it runs, or when it was seen last.
fn up(screen: &Screen<'_>, standing: &Standing) -> String {
    let now = screen.model.now;
    match (standing.last_seen, standing.since) {
        (Some(at), _) => match age(at, now).as_str() {
            "now" => "just now".to_owned(),
            age => format!("{age} ago"),
        },
        (None, Some(at)) => match age(at, now).as_str() {
            "now" => "up just now".to_owned(),
            age => format!("up {age}"),
        },
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::health::State;

    fn standing(sync: Option<Sync>, partial: bool) -> Standing {
        Standing {
            state: State::Ok,
            word: "ok",
            sync,
            release: None,
            partial: partial.then(|| "web-*".to_owned()),
            since: None,
            last_seen: None,
            trouble: None,
        }
    }

    #[test]
    fn that_a_part_runs_is_said_in_words_that_fit() {
        let words = |sync, room| sync_within(&standing(Some(sync), true), room);
        let differs = |files| Sync::Differs { files };
        assert_eq!(words(differs(12), 30), "partial, 12 files differ");
        assert_eq!(words(differs(12), 20), "partial, 12 differ");
        assert_eq!(words(differs(12), SYNC - 1), "part, 12 differ");
        assert_eq!(words(differs(1), SYNC - 1), "part, 1 differs");
        assert_eq!(words(differs(1234), SYNC - 1), "partial");
        assert_eq!(words(Sync::InSync, SYNC - 1), "part, in sync");
        assert_eq!(words(Sync::Unknown, SYNC - 1), "partial");
        assert_eq!(sync_within(&standing(Some(differs(12)), false), SYNC - 1), "12 files differ");
    }
}
