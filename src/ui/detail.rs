//! The detail pane: its tabs, one line that says whom it is about and how that one stands, and the chosen tab below.
//! Each tab has a file of its own.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::app::Target;
use crate::app::model::{Focus, Tab};
use crate::app::standing::standing;
use crate::domain::health::State;

use super::Screen;
use super::widgets::{fit, glyph, nothing, pane};
use super::{changes, file, health, log, processes};

/// Draws the pane.
pub(super) fn draw(screen: &mut Screen<'_>, area: Rect) {
    let focused = screen.model.focus == Focus::Detail;
    let inner = pane(screen, area, Line::default(), focused);
    tabs(screen, area, focused);
    if screen.model.environment().is_none() {
        let text = Line::styled("select an environment", screen.theme.dim);
        return nothing(screen, inner, &[text]);
    }
    let [about, content] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(inner);
    subject(screen, about);
    screen.hits.viewports.detail = usize::from(content.height);
    screen.hits.viewports.detail_width = usize::from(content.width);
    match screen.model.tab {
        Tab::Diff => changes::draw(screen, area, content),
        Tab::File => file::draw(screen, area, content),
        Tab::Log => log::draw(screen, area, content),
        Tab::Health => health::draw(screen, area, content),
        Tab::Processes => processes::draw(screen, area, content),
    }
}

/// The tabs on the upper border; the chosen one stands out without colours, too.
fn tabs(screen: &mut Screen<'_>, area: Rect, focused: bool) {
    let mut x = area.x + 1;
    for (index, tab) in Tab::ALL.iter().enumerate() {
        let chosen = *tab == screen.model.tab;
        let text = format!(" {} {} ", index + 1, tab.title());
        let style = match (chosen, focused) {
            (true, true) => screen.theme.selected,
            (true, false) => screen.theme.selected_blurred,
            (false, _) => screen.theme.dim,
        };
        let wide = u16::try_from(text.width()).unwrap_or(0);
        if x + wide >= area.right() {
            break;
        }
        let at = Rect { x, width: wide, height: 1, ..area };
        screen.line(at, 0, &Line::styled(text, style));
        screen.target(at, Target::Tab(index));
        x += wide;
    }
}

/// Whom the pane is about, and what is wrong there.
fn subject(screen: &mut Screen<'_>, area: Rect) {
    let model = screen.model;
    let Some(environment) = model.environment() else { return };
    let standing = standing(model, &environment.name);
    let theme = screen.theme;
    let mut spans = vec![
        Span::styled(format!(" {} ", glyph(standing.state)), theme.state(standing.state)),
        Span::styled(environment.name.to_string(), theme.accent),
    ];
    let rule =
        if model.about_rule && matches!(model.tab, Tab::Diff | Tab::File) { model.rule() } else { None };
    if let Some(rule) = rule {
        spans.push(Span::styled(format!("  {}", rule.name), theme.text));
    } else {
        spans.push(Span::styled(format!("  {}", standing.word), theme.state(standing.state)));
        let worth = matches!(standing.state, State::Degraded | State::Failing | State::Unknown);
        if let Some(trouble) = standing.trouble.filter(|_| worth) {
            spans.push(Span::styled(format!("  {trouble}"), theme.dim));
        }
    }
    let guard = format!("{} ", environment.guard);
    let used: usize = spans.iter().map(|span| span.content.width()).sum();
    let width = usize::from(area.width);
    if used + guard.width() + 8 <= width {
        let right = format!("guard: {guard}");
        let wide = u16::try_from(right.width()).unwrap_or(0).min(area.width);
        let at = Rect { x: area.right() - wide, width: wide, ..area };
        if used + right.width() < width {
            screen.line(at, 0, &Line::styled(right, theme.dim));
        }
    }
    cut_last(&mut spans, width);
    screen.line(area, 0, &Line::from(spans));
}

/// Shortens the last part of a line until all of it fits.
fn cut_last(spans: &mut [Span<'_>], width: usize) {
    let used: usize = spans.iter().map(|span| span.content.width()).sum();
    if let Some(last) = spans.last_mut() {
        let own = last.content.width();
        last.content = fit(&last.content, own.saturating_sub(used.saturating_sub(width))).into();
    }
}

/// The style of the row under the cursor: the selection's while the pane has the keys.
pub(super) fn cursor(screen: &Screen<'_>, row: bool) -> Option<Style> {
    (row && screen.model.focus == Focus::Detail).then_some(screen.theme.selected)
}
