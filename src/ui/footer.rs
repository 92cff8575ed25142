//! The last line: what the keys do here, or the line that is typed, or why the last key did nothing. Above it the
//! newest message. All of it comes from the command table.

use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::app::command::{Availability, Spec, reachable};
use crate::app::prompt::Prompt;
use crate::app::scope::{self, Scope};
use crate::app::{Key, Target};
use crate::domain::remote::age;
use crate::domain::workspace::assume;

use super::Screen;
use super::widgets::fit;

/// Draws the last line.
pub(super) fn draw(screen: &mut Screen<'_>, area: Rect) {
    if let Some(hint) = &screen.model.hint {
        let line = Line::styled(
            format!(" {}", fit(hint, usize::from(area.width).saturating_sub(2))),
            screen.theme.degraded,
        );
        screen.line(area, 0, &line);
    } else if screen.model.prompt.is_some() {
        typed(screen, area);
    } else {
        keys(screen, area);
    }
}

/// The line that is typed, with its cursor.
fn typed(screen: &mut Screen<'_>, area: Rect) {
    let Some(typing) = &screen.model.prompt else { return };
    let mut spans = vec![Span::styled(format!(" {}: ", typing.purpose.title()), screen.theme.accent)];
    spans.extend(editor(screen, &typing.line));
    spans.push(Span::styled("   Enter keeps it, Esc drops it", screen.theme.dim));
    screen.line(area, 0, &Line::from(spans));
}

/// What stands in an editor, the cell of the cursor reversed.
pub(super) fn editor(screen: &Screen<'_>, line: &Prompt) -> Vec<Span<'static>> {
    let style = screen.theme.text.add_modifier(Modifier::UNDERLINED);
    let (text, cursor) = (line.text(), line.cursor());
    let before: String = text.chars().take(cursor).collect();
    let at = text.chars().nth(cursor).unwrap_or(' ');
    let after: String = text.chars().skip(cursor + 1).collect();
    vec![
        Span::styled(before, style),
        Span::styled(at.to_string(), style.add_modifier(Modifier::REVERSED)),
        Span::styled(after, style),
    ]
}

/// The keys of the innermost scope first, as many as there is room for; help and quit always.
fn keys(screen: &mut Screen<'_>, area: Rect) {
    let model = screen.model;
    let all: Vec<_> = reachable(model).filter(|spec| !spec.short.is_empty()).collect();
    let is_last = |name: &str| matches!(name, "app.help" | "app.quit");
    let (last, first): (Vec<_>, Vec<_>) = all.into_iter().partition(|spec| is_last(spec.name));
    // While a line is typed, letters are text: the keys that still mean something are named.
    let typing = matches!(scope::active(model).first(), Some(Scope::Naming | Scope::Typing));
    let label = |spec: &Spec| {
        let key = spec.bound().find(|key| !typing || !Prompt::wants(*key));
        key.map_or_else(String::new, Key::label)
    };
    let width = |spec: &&Spec| label(spec).width() + spec.short.width() + 3;
    let reserved: usize = last.iter().map(width).sum();
    let mut room = usize::from(area.width).saturating_sub(reserved + 1);
    let mut shown = Vec::new();
    for spec in first {
        if matches!(spec.availability(model), Availability::No(_)) {
            continue;
        }
        if width(&spec) > room {
            break;
        }
        room -= width(&spec);
        shown.push(spec);
    }
    shown.extend(last);
    let mut x = area.x + 1;
    for spec in shown {
        let (label, short) = (label(spec), spec.short);
        let wide = u16::try_from(label.width() + 1 + short.width()).unwrap_or(0);
        if x + wide > area.right() {
            break;
        }
        let at = Rect { x, width: wide, ..area };
        let line = Line::from(vec![
            Span::styled(label, screen.theme.key),
            Span::styled(format!(" {short}"), screen.theme.dim),
        ]);
        screen.line(at, 0, &line);
        screen.target(at, Target::Command(spec.name));
        x += wide + 2;
    }
}

/// The newest message, its age, and how many more there are.
pub(super) fn notice(screen: &mut Screen<'_>, area: Rect) {
    let Some(notice) = screen.model.notices.newest_first().next() else { return };
    let age = match age(notice.at, screen.model.now).as_str() {
        "now" => "now".to_owned(),
        age => format!("{age} ago"),
    };
    let more = match screen.model.notices.count() {
        0 | 1 => " · m: read, x: dismiss".to_owned(),
        count => format!(" · {} more · m: read, x: dismiss", count - 1),
    };
    let times = if notice.count > 1 { format!(" ({} times)", notice.count) } else { String::new() };
    let tail = format!("{times} · {age}{more} ");
    let room = usize::from(area.width).saturating_sub(tail.width() + 3);
    // What is assumed is no failure, and where it stands is of use only beside the rest of it.
    let (text, style) = if notice.problem.code.starts_with(assume::CODE) {
        (format!(" · assumed: {}", notice.problem.what), screen.theme.accent)
    } else {
        (format!(" ✖ {}", notice.problem), screen.theme.failing)
    };
    let line =
        Line::from(vec![Span::styled(fit(&text, room + 3), style), Span::styled(tail, screen.theme.dim)]);
    screen.line(area, 0, &line);
    screen.target(area, Target::Command("messages.show"));
}
