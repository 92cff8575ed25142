//! State becomes a frame. Everything here is a pure function of the model and the theme; nothing is waited for, read
//! or changed. What can be clicked and how much room there was comes back beside the frame.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::{Block, Paragraph};

use crate::app::{Model, Target, Viewports};

pub use theme::Theme;

pub mod theme;

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
        let cell = ratatui::layout::Position::new(column, row);
        self.targets.iter().rev().find(|(area, _)| area.contains(cell)).map(|(_, target)| target)
    }
}

/// Draws the console.
pub fn view(model: &Model, theme: &Theme, frame: &mut Frame<'_>) -> Hits {
    let area = frame.area();
    frame.render_widget(Block::new().style(theme.text), area);
    frame.render_widget(Paragraph::new(format!("alertdeck  {}", model.header.workspace)), area);
    Hits::default()
}
