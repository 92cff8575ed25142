//! State becomes a frame. Everything here is a pure function of the model and the theme; nothing is waited for, read
//! or changed. What can be clicked and how much room there was comes back beside the frame.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use crate::app::model::Focus;
use crate::app::scope;
use crate::app::{Model, Target, Viewports};

pub use theme::Theme;

pub mod theme;

mod changes;
mod deploy;
mod detail;
mod diff_row;
mod environments;
mod file;
mod findings;
mod footer;
mod header;
mod health;
mod log;
mod plan;
mod processes;
mod progress;
mod reading;
mod rules;
#[cfg(test)]
mod tests;
mod why;
mod widgets;

/// The smallest screen that the console fits on.
const SMALLEST: (u16, u16) = (56, 14);

/// What a frame tells about itself: where things can be clicked, and how much room there was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    targets: Vec<(Rect, Target)>,
    /// Goes back as [`Msg::Viewed`](crate::app::Msg::Viewed) when it changed.
    pub viewports: Viewports,
}

impl Hits {
    /// Makes an area clickable.
    pub fn add(&mut self, area: Rect, target: Target) {
        self.targets.push((area, target));
    }

    /// What lies at a cell; what was drawn last lies on top.
    pub fn at(&self, column: u16, row: u16) -> Option<&Target> {
        let cell = Position::new(column, row);
        self.targets.iter().rev().find(|(area, _)| area.contains(cell)).map(|(_, target)| target)
    }
}

/// What every part of the screen draws with.
pub(crate) struct Screen<'a> {
    model: &'a Model,
    theme: &'a Theme,
    buffer: &'a mut Buffer,
    hits: Hits,
}

impl Screen<'_> {
    /// Makes an area clickable.
    fn target(&mut self, area: Rect, target: Target) {
        self.hits.add(area, target);
    }

    /// Draws a line at a row of an area, as far as there is room.
    fn line(&mut self, area: Rect, row: usize, line: &Line<'_>) {
        let Ok(row) = u16::try_from(row) else { return };
        if row < area.height && area.width > 0 {
            self.buffer.set_line(area.x, area.y + row, line, area.width);
        }
    }
}

/// Draws the console.
pub fn view(model: &Model, theme: &Theme, frame: &mut Frame<'_>) -> Hits {
    let area = frame.area();
    let buffer = frame.buffer_mut();
    buffer.set_style(area, theme.text);
    let mut screen =
        Screen { model, theme, buffer, hits: Hits { viewports: model.viewports, ..Hits::default() } };
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small(&mut screen, area);
    } else {
        console(&mut screen, area);
    }
    screen.hits
}

/// Says so where there is no room for anything else.
fn too_small(screen: &mut Screen<'_>, area: Rect) {
    let (width, height) = SMALLEST;
    let text =
        format!("alertdeck needs {width}×{height} cells; this screen has {}×{}.", area.width, area.height);
    let lines = widgets::wrap_words(&text, usize::from(area.width));
    for (row, text) in lines.into_iter().enumerate() {
        screen.line(area, row, &Line::styled(text, screen.theme.text));
    }
}

fn console(screen: &mut Screen<'_>, area: Rect) {
    let banner = header::banner_height(screen, area);
    let notice = u16::from(screen.model.notices.count() > 0);
    let [top, outage, body, message, bottom] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(banner),
        Constraint::Fill(1),
        Constraint::Length(notice),
        Constraint::Length(1),
    ])
    .areas(area);
    header::draw(screen, top);
    header::banner(screen, outage);
    panes(screen, body);
    footer::notice(screen, message);
    if scope::covered(screen.model) {
        // What lies below a dialog steps back: it is seen and not clicked.
        screen.hits.targets.clear();
        screen.buffer.set_style(body, theme_below(screen.theme));
    }
    footer::draw(screen, bottom);
    if screen.model.deploy.is_some() {
        deploy::draw(screen, body);
    }
    if screen.model.steps.is_some() {
        why::draw(screen, body);
    }
    if screen.model.reading.is_some() {
        reading::draw(screen, body);
    }
    if screen.model.question.is_some() {
        reading::question(screen, body);
    }
}

/// The style of everything below a dialog.
fn theme_below(theme: &Theme) -> Style {
    theme.dim.remove_modifier(Modifier::BOLD | Modifier::REVERSED | Modifier::UNDERLINED)
}

/// The lists on the left, what is selected on the right; a zoomed pane has all of it.
fn panes(screen: &mut Screen<'_>, body: Rect) {
    if screen.model.zoomed {
        match screen.model.focus {
            Focus::Environments => environments::draw(screen, body),
            Focus::Rules => rules::draw(screen, body),
            Focus::Detail => detail::draw(screen, body),
        }
        return;
    }
    let left = match body.width {
        0..80 => 28,
        80..100 => 31,
        100..160 => 40,
        _ => 70,
    };
    let [lists, detail] = Layout::horizontal([Constraint::Length(left), Constraint::Fill(1)]).areas(body);
    let wanted = environments::wanted_height(screen, lists);
    let most = (lists.height / 2).max(4);
    let [upper, lower] =
        Layout::vertical([Constraint::Length(wanted.clamp(4, most)), Constraint::Fill(1)]).areas(lists);
    environments::draw(screen, upper);
    rules::draw(screen, lower);
    detail::draw(screen, detail);
}
