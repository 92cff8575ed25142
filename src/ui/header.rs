//! The first line: which workspace, whether it is a demo, and how the engines stand. Under it, while an engine does
//! not answer, plain words about what cannot be seen.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::app::clock::until;
use crate::app::facts::EngineFacts;
use crate::domain::problem::Problem;
use crate::domain::remote::{Remote, age};

use super::Screen;
use super::widgets::{count, fit, fit_end, wrap_words};

/// Draws the first line.
pub(super) fn draw(screen: &mut Screen<'_>, area: Rect) {
    let (text, style) = engines(screen, usize::from(area.width));
    let model = screen.model;
    let width = usize::from(area.width);
    let demo = if model.header.demo { " DEMO " } else { "" };
    let name = " alertdeck ";
    let taken = name.width() + demo.width() + 1;
    let text = fit(&text, width.saturating_sub(taken + 3));
    let room = width.saturating_sub(taken + text.width() + 3);
    let findings = findings(screen);
    let workspace = fit_end(&model.header.workspace, room.saturating_sub(findings.width()).max(room.min(8)));
    let mut spans = vec![
        Span::styled(name, screen.theme.accent),
        Span::styled(demo, screen.theme.danger),
        Span::styled(format!(" {workspace}"), screen.theme.dim),
    ];
    if workspace.width() + findings.width() <= room {
        spans.push(Span::styled(findings, screen.theme.degraded));
    }
    screen.line(area, 0, &Line::from(spans));
    let wide = u16::try_from(text.width() + 1).unwrap_or(area.width).min(area.width);
    let right = Rect { x: area.right() - wide, width: wide, ..area };
    screen.line(right, 0, &Line::styled(text, style));
}

fn findings(screen: &Screen<'_>) -> String {
    match screen.model.overview().map_or(0, |overview| overview.findings.len()) {
        0 => String::new(),
        found => format!("  {} (c)", count(found, "finding")),
    }
}

/// How the engines stand, in one line. One that answers needs few words.
fn engines(screen: &Screen<'_>, width: usize) -> (String, Style) {
    let model = screen.model;
    let theme = screen.theme;
    let lost: Vec<&EngineFacts> = model.facts.unreachable().collect();
    match (lost.as_slice(), model.facts.engines.as_slice()) {
        ([], []) => ("○ no engine asked yet".into(), theme.dim),
        ([], [engine]) => match &engine.answer {
            Remote::Ready(seen) if width < 100 => (format!("● engine {} ok", seen.value.version), theme.dim),
            Remote::Ready(seen) => {
                (format!("● engine {} {} ok", engine.endpoint, seen.value.version), theme.dim)
            }
            _ => (format!("○ engine {} is asked", engine.endpoint), theme.dim),
        },
        ([], all) => (format!("● {} engines ok", all.len()), theme.dim),
        ([engine], [_]) => {
            (format!("✖ engine {} unreachable{}", engine.endpoint, retry(screen, engine)), theme.failing)
        }
        ([engine, ..], all) => (
            format!("✖ {} of {} engines unreachable{}", lost.len(), all.len(), retry(screen, engine)),
            theme.failing,
        ),
    }
}

fn retry(screen: &Screen<'_>, engine: &EngineFacts) -> String {
    engine.retry.map_or_else(String::new, |at| format!(", next try {}", until(at, screen.model.now)))
}

/// How many lines the banner takes, as far as there is room.
pub(super) fn banner_height(screen: &Screen<'_>, area: Rect) -> u16 {
    let most = match area.height {
        0..20 => 1,
        20..30 => 2,
        _ => 4,
    };
    u16::try_from(outages(screen, usize::from(area.width)).len()).unwrap_or(most).min(most)
}

/// Says which environments cannot be seen, why, and how old what is shown is.
pub(super) fn banner(screen: &mut Screen<'_>, area: Rect) {
    for (row, text) in outages(screen, usize::from(area.width)).into_iter().enumerate() {
        screen.line(area, row, &Line::styled(format!(" {text}"), screen.theme.failing));
    }
}

fn outages(screen: &Screen<'_>, width: usize) -> Vec<String> {
    let lost = screen.model.facts.unreachable();
    lost.flat_map(|engine| wrap_words(&outage(screen, engine), width.saturating_sub(2))).collect()
}

fn outage(screen: &Screen<'_>, engine: &EngineFacts) -> String {
    let names: Vec<&str> =
        engine.environments.iter().map(crate::domain::environment::EnvName::as_str).collect();
    let cause = engine.answer.problem().map_or_else(String::new, cause);
    let seen = match engine.answer.last() {
        Some(seen) => match age(seen.at, screen.model.now).as_str() {
            "now" => "what is shown was seen just now".to_owned(),
            age => format!("what is shown was seen {age} ago"),
        },
        None => "nothing was seen yet".to_owned(),
    };
    format!("Cannot see {}: {cause}; {seen}.", names.join(", "))
}

/// The nearest cause of a problem, or the problem itself.
fn cause(problem: &Problem) -> String {
    problem.why.first().unwrap_or(&problem.what).clone()
}
