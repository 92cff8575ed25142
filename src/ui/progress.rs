//! A deploy that runs, step by step, and one that ended, with its verdict large and plain. When nothing runs any more,
//! the commands that bring it back stand right below the verdict.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::clock::{duration, elapsed};
use crate::app::deploy::{Deploy, Ended, Running, StepState, StepView};
use crate::domain::progress::{DeployReport, Verdict};

use super::Screen;
use super::widgets::{fit, indent, pad, problem, wrap_words};

/// The lines of a running deploy.
pub(super) fn running(screen: &Screen<'_>, running: &Running, width: usize) -> Vec<Line<'static>> {
    let theme = screen.theme;
    let plan = &running.plan;
    let time = elapsed(running.since, screen.model.now);
    let mut lines = vec![
        Line::from(vec![
            Span::styled(format!("Release {} to {}", plan.release, plan.environment), theme.accent),
            Span::styled(format!("  on {}  {time}", plan.endpoint), theme.dim),
        ]),
        Line::default(),
    ];
    lines.extend(steps(screen, &running.steps, width));
    lines.push(Line::default());
    let last = if running.stopping {
        let after = if running.leaving { ", then alertdeck ends" } else { "" };
        Line::styled(format!("Stopping: what ran before is put back{after}."), theme.degraded)
    } else {
        Line::from(vec![
            Span::styled("Esc", theme.key),
            Span::styled(" stops it, after a question, and puts back what ran before", theme.dim),
        ])
    };
    lines.push(last);
    lines
}

/// The steps, one line each, with what failed in full.
fn steps(screen: &Screen<'_>, steps: &[StepView], width: usize) -> Vec<Line<'static>> {
    let theme = screen.theme;
    let mut lines = Vec::new();
    for view in steps {
        let (sign, style, right, text) = match &view.state {
            StepState::Waiting => ("·", theme.dim, String::new(), view.what.clone()),
            StepState::Running { since, note } => {
                let text = if note.is_empty() { &view.what } else { note };
                ("▶", theme.accent, elapsed(*since, screen.model.now), text.clone())
            }
            StepState::Done { took, text } => (
                "✔",
                theme.ok,
                duration(*took),
                if text.is_empty() { view.what.clone() } else { text.clone() },
            ),
            StepState::Failed { took, .. } => ("✖", theme.failing, duration(*took), "failed".into()),
        };
        let room = width.saturating_sub(2 + 10 + 1 + 13);
        let waiting = matches!(view.state, StepState::Waiting);
        lines.push(Line::from(vec![
            Span::styled(format!("{sign} "), style),
            Span::styled(pad(view.step.name(), 10), if waiting { theme.dim } else { style }),
            Span::styled(pad(&fit(&text, room), room), if waiting { theme.dim } else { theme.text }),
            Span::styled(format!(" {right:>13}"), theme.dim),
        ]));
        if let StepState::Failed { problem: why, .. } = &view.state {
            for line in problem(theme, why, width.saturating_sub(12), theme.failing) {
                lines.push(indent(line, 12));
            }
        }
    }
    lines
}

/// The lines of a deploy that ended.
pub(super) fn ended(screen: &Screen<'_>, deploy: &Deploy, ended: &Ended, width: usize) -> Vec<Line<'static>> {
    let theme = screen.theme;
    let mut lines = Vec::new();
    match &ended.outcome {
        Ok(report) => report_lines(screen, report, ended, width, &mut lines),
        Err(why) => {
            let begun = ended.steps.iter().any(|view| view.state != StepState::Waiting);
            let (word, style, text) = if begun {
                let text = format!(
                    "The deploy of {} ended without a verdict. Look at its health before anything else.",
                    deploy.environment
                );
                (" ✖ NO VERDICT ", theme.danger, text)
            } else {
                (" ✖ NOT DEPLOYED ", theme.failing, format!("Nothing was begun in {}.", deploy.environment))
            };
            lines.extend(banner(word, style, width));
            lines.extend(wrap_words(&text, width).into_iter().map(|text| Line::styled(text, theme.text)));
            lines.push(Line::default());
            lines.extend(problem(theme, why, width, theme.failing));
        }
    }
    lines.push(Line::default());
    lines.push(Line::styled("Steps", theme.accent));
    lines.extend(steps(screen, &ended.steps, width));
    lines
}

fn report_lines(
    screen: &Screen<'_>,
    report: &DeployReport,
    ended: &Ended,
    width: usize,
    lines: &mut Vec<Line<'static>>,
) {
    let theme = screen.theme;
    let (word, style) = match report.verdict {
        Verdict::Healthy => (" ✔ HEALTHY ", theme.ok),
        Verdict::NothingToDo => (" ✔ NOTHING TO DO ", theme.ok),
        Verdict::Refused => (" ✖ NOT DEPLOYED ", theme.failing),
        Verdict::PutBack => (" ✖ PUT BACK ", theme.failing),
        Verdict::Down => (" ✖ DOWN ", theme.danger),
    };
    lines.extend(banner(word, style, width));
    let text = sentence(report, ended);
    lines.extend(wrap_words(&text, width).into_iter().map(|text| Line::styled(text, theme.text)));
    if !report.commands.is_empty() {
        lines.push(Line::default());
        let (title, style) = match report.verdict {
            Verdict::Down if report.before.is_none() => ("To look at it, type", theme.accent),
            Verdict::Down => ("To bring it back, type", theme.danger),
            _ => ("By hand, type", theme.accent),
        };
        lines.push(Line::styled(title, style));
        lines.extend(report.commands.iter().map(|command| Line::styled(format!("  {command}"), theme.text)));
    }
    if let Some(cause) = &report.cause {
        lines.push(Line::default());
        lines.push(Line::styled("Why", theme.accent));
        lines.extend(problem(theme, cause, width, theme.failing));
    }
    if !report.log_tail.is_empty() {
        lines.push(Line::default());
        lines.push(Line::styled("The last it said", theme.accent));
        for line in &report.log_tail {
            lines.push(Line::styled(format!("  {}", fit(line, width.saturating_sub(2))), theme.dim));
        }
    }
}

/// The verdict between two lines, so that it is seen from afar.
fn banner(word: &str, style: Style, width: usize) -> Vec<Line<'static>> {
    let rule = "━".repeat(width);
    let line = style.remove_modifier(ratatui::style::Modifier::UNDERLINED);
    vec![
        Line::styled(rule.clone(), line),
        Line::styled(pad(word, width), style.add_modifier(ratatui::style::Modifier::BOLD)),
        Line::styled(rule, line),
        Line::default(),
    ]
}

/// What the verdict means, in one sentence.
fn sentence(report: &DeployReport, ended: &Ended) -> String {
    let (environment, release) = (&report.environment, report.release);
    let took = duration(ended.took);
    let before = report.before.as_deref().unwrap_or("what ran before");
    match report.verdict {
        Verdict::Healthy => format!("Release {release} runs in {environment} and is proven. It took {took}."),
        Verdict::NothingToDo => {
            format!("What runs in {environment} is already what would be deployed. Nothing was changed.")
        }
        Verdict::Refused => {
            format!("Nothing that runs in {environment} was touched. It failed before, after {took}.")
        }
        Verdict::PutBack => format!(
            "Release {release} was not healthy. In {environment} {before} runs again and is proven. It took {took}."
        ),
        Verdict::Down if report.before.is_none() => format!(
            "Nothing ran in {environment} before, so there is nothing to put back: release {release} was not healthy. Mend it and deploy again."
        ),
        Verdict::Down => format!(
            "Nothing proven runs in {environment}: release {release} was not healthy, and {before} could not be put back."
        ),
    }
}
