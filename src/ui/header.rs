//! The first line: which workspace, whether it is a demo, and how the engines stand. Under it, as long as there is
//! something to say, plain words about what cannot be seen and about which environment is in trouble, and why.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::app::Target;
use crate::app::clock::until;
use crate::app::facts::EngineFacts;
use crate::app::standing::{NO_ENGINE, Standing, standing};
use crate::domain::environment::EnvName;
use crate::domain::health::State;
use crate::domain::problem::Problem;
use crate::domain::remote::{Remote, age};

use super::Screen;
use super::widgets::{count, fit, fit_end, glyph, pad, wrap_words};

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
    let (findings, worth) = findings(screen);
    let workspace = fit_end(&model.header.workspace, room.saturating_sub(findings.width()).max(room.min(8)));
    let mut spans = vec![
        Span::styled(name, screen.theme.accent),
        Span::styled(demo, screen.theme.danger),
        Span::styled(format!(" {workspace}"), screen.theme.dim),
    ];
    if workspace.width() + findings.width() <= room {
        spans.push(Span::styled(findings, worth));
    }
    screen.line(area, 0, &Line::from(spans));
    let wide = u16::try_from(text.width() + 1).unwrap_or(area.width).min(area.width);
    let right = Rect { x: area.right() - wide, width: wide, ..area };
    screen.line(right, 0, &Line::styled(text, style));
}

/// How much the check found, counted as in the list of it; errors, which keep an environment from being deployed,
/// before all else.
fn findings(screen: &Screen<'_>) -> (String, Style) {
    let counts = screen.model.counts;
    match (counts.errors, counts.sum()) {
        (0, 0) => (String::new(), screen.theme.dim),
        (0, found) => (format!("  {} (c)", count(found, "finding")), screen.theme.degraded),
        (errors, _) => (format!("  {} (c)", count(errors, "error")), screen.theme.failing),
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
        // The line below names it where there is no room here; when it is asked again is said nowhere else.
        ([engine], [_]) if width < 100 => {
            (format!("✖ engine unreachable{}", retry(screen, engine)), theme.failing)
        }
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

/// How many lines the banner may take.
fn most(height: u16) -> usize {
    match height {
        0..20 => 1,
        20..30 => 2,
        _ => 4,
    }
}

/// How many lines the banner takes, as far as there is room.
pub(super) fn banner_height(screen: &Screen<'_>, area: Rect) -> u16 {
    let lines = banner_lines(screen, usize::from(area.width), most(area.height));
    u16::try_from(lines.len()).unwrap_or(0)
}

/// Says which environments cannot be seen, why, and how old what is shown is; then which ones are in trouble, and why.
pub(super) fn banner(screen: &mut Screen<'_>, area: Rect) {
    let lines = banner_lines(screen, usize::from(area.width), usize::from(area.height));
    for (row, (line, index)) in lines.into_iter().enumerate() {
        screen.line(area, row, &line);
        let Some((index, row)) = index.zip(u16::try_from(row).ok()) else { continue };
        let at = Rect { y: area.y + row, height: 1, ..area };
        screen.target(at, Target::Row { list: "environments", index });
    }
}

/// The lines of the banner, and the environment that one is about.
fn banner_lines(screen: &Screen<'_>, width: usize, most: usize) -> Vec<(Line<'static>, Option<usize>)> {
    let theme = screen.theme;
    let troubled = troubled(screen);
    let mut lines: Vec<_> = outages(screen, width)
        .into_iter()
        .take(most.saturating_sub(usize::from(!troubled.is_empty() && most > 1)))
        .map(|text| (Line::styled(format!(" {text}"), theme.failing), None))
        .collect();
    let room = most.saturating_sub(lines.len());
    let told = if troubled.len() > room { room.saturating_sub(1) } else { room };
    let names =
        troubled.iter().take(told).map(|(_, name, _)| name.as_str().width()).max().unwrap_or(0).min(24);
    for (index, name, standing) in troubled.iter().take(told) {
        let why = standing.trouble.as_deref().unwrap_or(standing.word);
        let line = Line::from(vec![
            Span::styled(
                format!(" {} {}  ", glyph(standing.state), pad(name.as_str(), names)),
                theme.state(standing.state),
            ),
            Span::styled(fit(why, width.saturating_sub(names + 6)), theme.text),
        ]);
        lines.push((line, Some(*index)));
    }
    let rest = troubled.get(told..).unwrap_or_default();
    if let Some((_, _, worst)) = rest.first().filter(|_| lines.len() < most) {
        let names: Vec<&str> = rest.iter().map(|(_, name, _)| name.as_str()).collect();
        let more = if told > 0 { "more " } else { "" };
        let text = format!(" {} {} {more}in trouble: {}", glyph(worst.state), rest.len(), names.join(", "));
        lines.push((Line::styled(fit(&text, width.saturating_sub(1)), theme.state(worst.state)), None));
    }
    lines
}

/// The environments that do not work as they should and can be seen: the worst first, of those the last of the
/// pipeline, which is the one that people live in.
fn troubled(screen: &Screen<'_>) -> Vec<(usize, EnvName, Standing)> {
    let model = screen.model;
    let bad = |standing: &Standing| matches!(standing.state, State::Failing | State::Degraded);
    let mut all: Vec<_> = model
        .listed()
        .iter()
        .enumerate()
        .map(|(index, environment)| (index, environment.name.clone(), standing(model, &environment.name)))
        .filter(|(_, _, standing)| {
            bad(standing) && standing.last_seen.is_none() && standing.word != NO_ENGINE
        })
        .collect();
    all.sort_by_key(|(index, _, standing)| std::cmp::Reverse((standing.state, *index)));
    all
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
