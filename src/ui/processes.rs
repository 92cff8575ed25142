//! The tab Processes: what runs in the container, ElastAlert's own row marked. A path that merely contains the word is
//! not it; the domain decides.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::log::cut;
use crate::domain::process::{Process, ProcessTable};
use crate::domain::remote::{Remote, age};

use super::Screen;
use super::changes::below;
use super::widgets::{count, extent, nothing, on_border, pad, problem, scrolled};

/// Draws the tab.
pub(super) fn draw(screen: &mut Screen<'_>, border: Rect, area: Rect) {
    let model = screen.model;
    let theme = screen.theme;
    let rest = below(area, 3);
    screen.hits.viewports.detail = usize::from(rest.height);
    let Some(environment) = model.environment() else { return };
    let known = model.facts.environment(&environment.name).map(|facts| &facts.processes);
    let outage = known.and_then(Remote::problem);
    let seen = known.and_then(Remote::last);
    let Some(seen) = seen else {
        let lines = match outage {
            Some(why) => problem(theme, why, usize::from(rest.width).saturating_sub(4), theme.failing),
            None => vec![Line::styled("not looked at yet", theme.dim)],
        };
        return nothing(screen, below(area, 1), &lines);
    };
    let (text, style) = match outage {
        Some(why) => {
            let age = age(seen.at, model.now);
            (format!(" {}; as it was seen {age} ago", why.what), theme.failing)
        }
        None => found(screen, &seen.value),
    };
    screen.line(area, 0, &Line::styled(text, style));
    let width = usize::from(rest.width);
    let head = columns(width, "pid", "parent", "age", "threads");
    screen.line(area, 2, &Line::styled(format!("     {head}command"), theme.dim));
    let ours = seen.value.elastalert().map(|process| process.pid);
    let lines: Vec<Line<'static>> = seen
        .value
        .processes
        .iter()
        .map(|process| row(screen, process, ours == Some(process.pid), width, outage.is_some()))
        .collect();
    screen.hits.viewports.detail_rows = lines.len();
    let height = usize::from(rest.height);
    let top = model.scroll.top(lines.len(), height);
    scrolled(screen, rest, top, &lines);
    let right = Line::styled(extent(top, height, lines.len()), theme.dim);
    on_border(screen, border, &Line::default(), &right);
}

/// The columns before the command; the less important ones only where there is room.
fn columns(width: usize, pid: &str, parent: &str, age: &str, threads: &str) -> String {
    if width >= 64 {
        format!("{pid:>7} {parent:>7} {age:>9} {threads:>7}  ")
    } else {
        format!("{pid:>6} {age:>9}  ")
    }
}

/// Whether ElastAlert is among them, in words.
fn found(screen: &Screen<'_>, table: &ProcessTable) -> (String, ratatui::style::Style) {
    let all = count(table.processes.len(), "process").replace("processs", "processes");
    match (table.elastalert(), table.count()) {
        (Some(process), 1) => {
            (format!(" ● ElastAlert runs as process {}, among {all}", process.pid), screen.theme.ok)
        }
        (Some(_), several) => (
            format!(" ✖ ElastAlert runs {several} times: every alert is sent more than once"),
            screen.theme.failing,
        ),
        (None, _) => (format!(" ✖ no ElastAlert process among {all}"), screen.theme.failing),
    }
}

fn row(screen: &Screen<'_>, process: &Process, ours: bool, width: usize, old: bool) -> Line<'static> {
    let theme = screen.theme;
    let style = if old {
        theme.dim
    } else if ours {
        theme.ok
    } else {
        theme.text
    };
    let lived = process.elapsed.map_or_else(|| "?".to_owned(), lived);
    let threads = process.threads.map_or_else(|| "?".to_owned(), |threads| threads.to_string());
    let head = columns(width, &process.pid.to_string(), &process.ppid.to_string(), &lived, &threads);
    let room = width.saturating_sub(5 + head.len());
    Line::from(vec![
        Span::styled(pad(if ours { "  ▶" } else { "" }, 5), style),
        Span::styled(head, if ours { style } else { theme.dim }),
        Span::styled(cut(&process.args, screen.model.left, room).to_owned(), style),
    ])
}

/// How long a process has lived: `3 h 07 min`.
fn lived(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h {:02} m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {:02} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}
