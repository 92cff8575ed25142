//! Selection and scrolling: one type for every list. The window is computed from what is selected, so that a frame is
//! right whatever size the last one had.

/// A selected row and the first row on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The selected row.
    pub selected: usize,
    /// The first row shown, as far as the selected one allows.
    pub top: usize,
}

/// A move in a list or a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// By so many rows; negative is up.
    By(isize),
    /// To the first row.
    First,
    /// To the last row.
    Last,
}

impl List {
    /// Moves in a list of so many rows, of which `height` are shown.
    pub fn go(&mut self, step: Move, count: usize, height: usize) {
        self.selected = match step {
            Move::By(rows) => self.selected.saturating_add_signed(rows),
            Move::First => 0,
            Move::Last => count,
        };
        self.fit(count, height);
    }

    /// Selects a row.
    pub fn select(&mut self, row: usize, count: usize, height: usize) {
        self.selected = row;
        self.fit(count, height);
    }

    /// Brings the selection into the list, and the window to the selection.
    pub fn fit(&mut self, count: usize, height: usize) {
        self.selected = self.selected.min(count.saturating_sub(1));
        self.top = self.window(count, height).start;
    }

    /// The rows to show in so many lines.
    pub fn window(&self, count: usize, height: usize) -> std::ops::Range<usize> {
        let selected = self.selected.min(count.saturating_sub(1));
        let height = height.max(1);
        let lowest = (selected + 1).saturating_sub(height);
        let top = self.top.clamp(lowest, selected.max(lowest)).min(count.saturating_sub(height).max(lowest));
        top..(top + height).min(count)
    }
}

/// The first row shown of a text that has no selection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scroll(pub usize);

impl Scroll {
    /// Moves in a text of so many rows, of which `height` are shown.
    pub fn go(&mut self, step: Move, count: usize, height: usize) {
        self.0 = match step {
            Move::By(rows) => self.top(count, height).saturating_add_signed(rows),
            Move::First => 0,
            Move::Last => count,
        };
        self.0 = self.top(count, height);
    }

    /// The first row to show.
    pub fn top(self, count: usize, height: usize) -> usize {
        self.0.min(count.saturating_sub(height.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_selected_row_is_always_on_the_screen(
            selected in 0usize..50, top in 0usize..50, count in 0usize..40, height in 0usize..30
        ) {
            let list = List { selected, top };
            let window = list.window(count, height);
            prop_assert!(window.end <= count);
            prop_assert!(count == 0 || window.contains(&selected.min(count - 1)));
            let mut fitted = list;
            fitted.fit(count, height);
            prop_assert_eq!(fitted.window(count, height), window);
        }
    }

    #[test]
    fn moves_stop_at_the_ends() {
        let mut list = List::default();
        list.go(Move::By(-3), 5, 2);
        assert_eq!(list, List { selected: 0, top: 0 });
        list.go(Move::Last, 5, 2);
        assert_eq!(list, List { selected: 4, top: 3 });
        list.go(Move::By(9), 0, 2);
        assert_eq!(list, List { selected: 0, top: 0 });
        let mut scroll = Scroll::default();
        scroll.go(Move::Last, 10, 4);
        assert_eq!(scroll, Scroll(6));
        scroll.go(Move::By(-1), 10, 4);
        assert_eq!(scroll, Scroll(5));
    }
}
