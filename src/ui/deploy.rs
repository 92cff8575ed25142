//! The dialog of a deploy: its frame, its text that scrolls, and below that what the person is asked or told. The text
//! of each stage has a file of its own.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::app::deploy::{Deploy, Review, Stage};
use crate::app::guard::Decision;
use crate::app::rows::DiffText;

use super::Screen;
use super::footer::editor;
use super::widgets::{dialog, extent, on_border, problem, title};
use super::{diff_row, plan, progress};

/// Draws the dialog, as high as its text needs.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect) {
    let Some(deploy) = &screen.model.deploy else { return };
    let width = if body.width < 100 { body.width } else { (body.width - 8).min(130) };
    let most = if body.height < 30 { body.height } else { body.height - 4 };
    let asked = match deploy.stage {
        Stage::Review(_) | Stage::Ended(_) => 2,
        Stage::Planning { .. } | Stage::Unplanned { .. } | Stage::Running(_) => 0,
    };
    let page = page(screen, deploy, usize::from(width).saturating_sub(4));
    let rows = page.lines.len() + page.diff.map_or(0, |text| text.rows.len());
    // A diff deserves all the room there is, and a verdict does not jump when the last step is told.
    let least = if page.diff.is_some() { most } else { 16 };
    let height = u16::try_from(rows + 2).unwrap_or(most).saturating_add(asked).clamp(least.min(most), most);
    let heading = title(screen, &format!("Deploy {}", deploy.environment), more(deploy), true);
    let (border, inner) = dialog(screen, body, (width, height), heading);
    let [text, answer] = Layout::vertical([Constraint::Fill(1), Constraint::Length(asked)]).areas(inner);
    let text = Rect { x: text.x + 1, width: text.width.saturating_sub(2), ..text };
    screen.hits.viewports.dialog = usize::from(text.height);
    screen.hits.viewports.dialog_rows = rows;
    let top = deploy.scroll.top(rows, usize::from(text.height));
    show(screen, text, deploy, &page, top);
    let right = Line::styled(extent(top, usize::from(text.height), rows), screen.theme.dim);
    on_border(screen, border, &Line::default(), &right);
    ask(screen, answer, deploy);
}

/// What a stage has to say: lines, and after them a diff of which only the rows on the screen are laid out.
struct Page<'a> {
    lines: Vec<Line<'static>>,
    diff: Option<&'a DiffText>,
}

fn page<'a>(screen: &Screen<'a>, deploy: &'a Deploy, width: usize) -> Page<'a> {
    let theme = screen.theme;
    let (lines, diff) = match &deploy.stage {
        Stage::Planning { .. } => {
            let lines = vec![
                Line::default(),
                Line::styled("Making the plan …", theme.text),
                Line::default(),
                Line::styled("What runs is looked at, and compared with what would be deployed.", theme.dim),
                Line::styled("Nothing is changed. Esc leaves.", theme.dim),
            ];
            (lines, None)
        }
        Stage::Unplanned { problem: why } => {
            let mut lines = vec![Line::styled("There is no plan:", theme.text), Line::default()];
            lines.extend(problem(theme, why, width, theme.failing));
            lines.push(Line::default());
            lines.push(Line::styled("Nothing was changed. r tries again, Esc leaves.", theme.dim));
            (lines, None)
        }
        Stage::Review(review) => (plan::lines(screen, review, width), Some(&review.text)),
        Stage::Running(running) => (progress::running(screen, running, width), None),
        Stage::Ended(ended) => (progress::ended(screen, deploy, ended, width), None),
    };
    Page { lines, diff }
}

fn show(screen: &mut Screen<'_>, area: Rect, deploy: &Deploy, page: &Page<'_>, top: usize) {
    for slot in 0..usize::from(area.height) {
        let index = top + slot;
        if let Some(line) = page.lines.get(index) {
            screen.line(area, slot, line);
        } else if let Some(text) = page.diff
            && let Some(row) = index.checked_sub(page.lines.len()).and_then(|row| text.rows.get(row))
        {
            let line = diff_row::line(screen, text, *row, usize::from(area.width), deploy.left, None);
            screen.line(area, slot, &line);
        }
    }
}

fn more(deploy: &Deploy) -> &'static str {
    match &deploy.stage {
        Stage::Planning { .. } | Stage::Unplanned { .. } => "",
        Stage::Review(_) => "· the plan; nothing is done yet",
        Stage::Running(running) if running.stopping => "· stopping",
        Stage::Running(_) => "· running",
        Stage::Ended(_) => "· ended",
    }
}

/// What the person is asked, or why nothing can be answered.
fn ask(screen: &mut Screen<'_>, area: Rect, deploy: &Deploy) {
    if area.height < 2 {
        return;
    }
    let theme = screen.theme;
    let rule = Line::styled("─".repeat(usize::from(area.width)), theme.border);
    screen.line(area, 0, &rule);
    let line = match &deploy.stage {
        Stage::Review(review) => question(screen, deploy, review),
        Stage::Ended(_) => keys(screen, "", &[("Esc", "closes"), ("r", "makes a new plan")]),
        Stage::Planning { .. } | Stage::Unplanned { .. } | Stage::Running(_) => Line::default(),
    };
    screen.line(area, 1, &line);
}

fn question(screen: &Screen<'_>, deploy: &Deploy, review: &Review) -> Line<'static> {
    let theme = screen.theme;
    let name = &deploy.environment;
    let release = review.plan.release;
    if let Some(stale) = review.stale {
        let again = if deploy.asks_for_name() { "Ctrl-R" } else { "r" };
        let mut line = keys(screen, "", &[(again, "makes a new plan"), ("Esc", "leaves")]);
        line.spans.insert(0, Span::styled(format!(" No longer true: {stale}.  "), theme.failing));
        return line;
    }
    if let Some(reason) = review.refusal() {
        let mut line = keys(screen, "", &[("Esc", "leaves"), ("r", "makes a new plan")]);
        let style = if review.plan.nothing_to_do { theme.ok } else { theme.failing };
        line.spans.insert(0, Span::styled(format!(" Not deployed: {reason}.  "), style));
        return line;
    }
    match review.consent {
        Decision::Run => {
            keys(screen, " Deploy?  ", &[("Enter", &format!("deploys release {release}")), ("Esc", "leaves")])
        }
        Decision::Confirm => {
            keys(screen, &format!(" Deploy release {release} to {name}?  "), &[("y", "yes"), ("Esc", "no")])
        }
        Decision::TypeName => {
            let mut spans = vec![Span::styled(format!(" Type {name} to deploy: "), theme.accent)];
            spans.extend(editor(screen, &review.name));
            if review.wrong_name {
                spans.push(Span::styled("  that is not its name", theme.failing));
            } else {
                spans.extend(keys(screen, "   ", &[("Enter", "deploys"), ("Esc", "leaves")]).spans);
            }
            Line::from(spans)
        }
        Decision::Refuse(reason) => Line::styled(format!(" Not deployed: {reason}."), theme.failing),
    }
}

/// A line of keys and what they do.
fn keys(screen: &Screen<'_>, lead: &str, keys: &[(&str, &str)]) -> Line<'static> {
    let mut spans = vec![Span::styled(lead.to_owned(), screen.theme.text)];
    for (key, does) in keys {
        spans.push(Span::styled(format!(" {key}"), screen.theme.key));
        spans.push(Span::styled(format!(" {does} "), screen.theme.dim));
    }
    Line::from(spans)
}
