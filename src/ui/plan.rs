//! A plan in words: where, what and instead of what, then what stands in the way, what to know, the steps and the
//! changes. The diff follows it on the same page.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::deploy::Review;
use crate::domain::plan::Plan;
use crate::domain::problem::Problem;
use crate::domain::remote::age;

use super::Screen;
use super::changes::weight;
use super::widgets::{fit, indent, pad, problem, wrap_words};

/// The lines of a plan, without its diff.
pub(super) fn lines(screen: &Screen<'_>, review: &Review, width: usize) -> Vec<Line<'static>> {
    let theme = screen.theme;
    let plan = &review.plan;
    let mut lines = Vec::new();
    let pair = |name: &str, value: String, style: Style| {
        Line::from(vec![
            Span::styled(pad(name, 10), theme.dim),
            Span::styled(fit(&value, width.saturating_sub(10)), style),
        ])
    };
    lines.push(pair("on", plan.endpoint.to_string(), theme.accent));
    lines.push(pair("release", format!("{} of {}", plan.release, plan.environment), theme.text));
    lines.push(pair("image", image(plan), theme.text));
    lines.push(pair("replaces", replaces(screen, plan), theme.text));
    lines.push(pair("rules", format!("{} must be loaded", plan.expected_rules), theme.text));
    lines.push(pair(
        "changes",
        weight(&review.text.diff),
        if plan.changes.any() { theme.changed } else { theme.text },
    ));
    if plan.nothing_to_do {
        lines.push(Line::default());
        lines.push(Line::styled("Nothing to do: what runs is what would be deployed.", theme.ok));
    }
    let mut section = |head: &str, style: Style, problems: &[Problem]| {
        if problems.is_empty() {
            return;
        }
        lines.push(Line::default());
        lines.push(Line::styled(head.to_owned(), style));
        for found in problems {
            for line in problem(theme, found, width.saturating_sub(2), theme.text) {
                lines.push(indent(line, 2));
            }
        }
    };
    section("✖ This keeps it from being deployed", theme.failing, &plan.obstacles);
    section("! Know before you answer", theme.degraded, &plan.warnings);
    lines.push(Line::default());
    lines.push(Line::styled("Steps", theme.accent));
    for step in &plan.steps {
        for (index, what) in wrap_words(&step.what, width.saturating_sub(12)).into_iter().enumerate() {
            let name = if index == 0 { step.step.name() } else { "" };
            lines.push(Line::from(vec![
                Span::styled(format!("  {}", pad(name, 10)), theme.text),
                Span::styled(what, theme.dim),
            ]));
        }
    }
    lines.push(Line::default());
    lines.push(Line::styled("Changes against what runs", theme.accent));
    if review.text.rows.is_empty() {
        lines.push(Line::styled("  no file differs", theme.dim));
    }
    lines
}

fn image(plan: &Plan) -> String {
    match &plan.previous {
        Some(previous) if previous.image != plan.container.image => {
            format!("{}, now {}", plan.container.image, previous.image)
        }
        _ => plan.container.image.clone(),
    }
}

fn replaces(screen: &Screen<'_>, plan: &Plan) -> String {
    match &plan.previous {
        None => "nothing, it is the first".into(),
        Some(previous) => {
            let since = previous
                .started_at
                .filter(|_| previous.state.is_alive())
                .map_or_else(String::new, |at| format!(" since {}", age(at, screen.model.now)));
            format!("{}, {}{since}", previous.name, previous.state)
        }
    }
}
