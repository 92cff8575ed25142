//! The tab Log: following, pausing, searching, filtering. Positions are numbers of lines that never change, so that
//! what is dropped at the far end and what arrives at the near one never moves the text under the reader.

use std::collections::VecDeque;

use crate::domain::environment::EnvName;
use crate::domain::log::{Level, LogBatch, LogBuffer, LogLine, Stream};
use crate::domain::problem::Problem;
use crate::domain::remote::Timestamp;

pub use wrap::{cut, wrap};

use super::Ticket;

mod wrap;

/// A row of the log: a line by its number, and which of its rows when it is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The number of the line.
    pub line: u64,
    /// The row of it.
    pub row: usize,
}

/// How the pane is as large as it is: rows and columns for the text alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Rows.
    pub height: usize,
    /// Columns for the text of a line, without its time.
    pub width: usize,
}

/// A line that is so many seconds old when it comes is late.
const LATE: i64 = 5;

/// For so many ticks on end it must be, before it is said.
const LONG: u8 = 3;

/// The tab Log.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own with a key of its own")]
pub struct LogPane {
    /// The newest lines.
    pub lines: LogBuffer,
    /// The first row shown; `None`: the end is followed.
    pub top: Option<Position>,
    /// Lines that came since it was paused.
    pub unseen: usize,
    /// What is searched for.
    pub search: String,
    /// The line that was found last.
    pub hit: Option<u64>,
    /// Only lines that hold this are shown.
    pub filter: String,
    /// Only warnings and errors are shown.
    pub only_trouble: bool,
    /// Long lines are wrapped, not cut.
    pub wrap: bool,
    /// The time of each line is shown.
    pub times: bool,
    /// Columns scrolled to the right, when lines are cut.
    pub left: usize,
    /// How the following ended.
    pub ended: Option<Result<(), Problem>>,
    /// Whose log it is.
    pub environment: Option<EnvName>,
    /// For how many ticks on end lines came that were old already when they came, and how old the newest was.
    late: (u8, Option<Timestamp>),
    /// Whether lines came since the last tick.
    came: bool,
    /// Something happened after which following may succeed again.
    pub(super) retry: bool,
    pub(super) ticket: Option<Ticket>,
    /// The numbers of the lines that the filters leave, while there are filters.
    left_over: VecDeque<u64>,
}

impl Default for LogPane {
    fn default() -> Self {
        Self {
            lines: LogBuffer::default(),
            top: None,
            unseen: 0,
            search: String::new(),
            hit: None,
            filter: String::new(),
            only_trouble: false,
            wrap: true,
            times: true,
            left: 0,
            ended: None,
            environment: None,
            late: (0, None),
            came: false,
            retry: false,
            ticket: None,
            left_over: VecDeque::new(),
        }
    }
}

impl LogPane {
    /// Whether any filter is on.
    pub fn filtered(&self) -> bool {
        self.only_trouble || !self.filter.is_empty()
    }

    /// How many lines the filters leave.
    pub fn shown(&self) -> usize {
        if self.filtered() { self.left_over.len() } else { self.lines.len() }
    }

    fn passes(&self, line: &LogLine) -> bool {
        let trouble = !self.only_trouble || line.level >= Level::Warning || line.stream == Stream::Mark;
        trouble && (self.filter.is_empty() || holds(&line.text, &self.filter))
    }

    /// Forgets all lines, for another environment.
    pub(super) fn begin(&mut self, environment: EnvName, ticket: Ticket) {
        self.lines = LogBuffer::default();
        self.left_over.clear();
        self.top = None;
        self.hit = None;
        self.unseen = 0;
        self.ended = None;
        self.late = (0, None);
        self.came = false;
        self.retry = false;
        self.environment = Some(environment);
        self.ticket = Some(ticket);
    }

    /// Takes in lines.
    pub(super) fn hear(&mut self, batch: LogBatch) {
        let filtered = self.filtered();
        self.came = true;
        for line in batch.lines {
            let passes = self.passes(&line);
            let number = self.lines.end();
            self.lines.push(line);
            if passes && filtered {
                self.left_over.push_back(number);
            }
            if passes && self.top.is_some() {
                self.unseen += 1;
            }
        }
        while self.left_over.front().is_some_and(|number| *number < self.lines.first()) {
            self.left_over.pop_front();
        }
    }

    /// Takes in that time passed. Who is late for long, and not only while the past of a log is read, is behind: more
    /// is written than can be read, and what is shown is not what happens now.
    pub(super) fn tick(&mut self, now: Timestamp) {
        let newest =
            self.lines.from(self.lines.end().saturating_sub(1)).next_back().and_then(|(_, line)| line.at);
        let late = newest.filter(|at| self.came && now.as_second() - at.as_second() >= LATE);
        self.came = false;
        self.late = (if late.is_some() { self.late.0.saturating_add(1) } else { 0 }, late);
    }

    /// How new the newest line is, when more is written than can be read.
    pub fn behind(&self) -> Option<Timestamp> {
        self.late.1.filter(|_| self.late.0 >= LONG)
    }

    /// Applies the filters anew; where the reader is stays, as far as it is still there.
    pub(super) fn refilter(&mut self) {
        self.left_over.clear();
        if self.filtered() {
            let left: VecDeque<u64> = (self.lines.first()..self.lines.end())
                .filter(|number| self.lines.get(*number).is_some_and(|line| self.passes(line)))
                .collect();
            self.left_over = left;
        }
        if let Some(top) = self.top {
            self.top = self.at_or_after(top.line).map(|line| Position { line, row: 0 });
        }
    }

    /// The first shown line with this number or a higher one.
    fn at_or_after(&self, number: u64) -> Option<u64> {
        if self.filtered() {
            let index = self.left_over.partition_point(|left| *left < number);
            self.left_over.get(index).copied()
        } else {
            Some(number.max(self.lines.first())).filter(|number| *number < self.lines.end())
        }
    }

    /// The last shown line with a lower number.
    fn before(&self, number: u64) -> Option<u64> {
        if self.filtered() {
            let index = self.left_over.partition_point(|left| *left < number);
            index.checked_sub(1).and_then(|index| self.left_over.get(index)).copied()
        } else {
            number.min(self.lines.end()).checked_sub(1).filter(|number| *number >= self.lines.first())
        }
    }

    /// How many rows a line takes.
    fn rows(&self, number: u64, width: usize) -> usize {
        match self.lines.get(number) {
            Some(line) if self.wrap => wrap(&line.text, width).len(),
            _ => 1,
        }
    }

    /// The row that lies so many rows above.
    fn back(&self, from: Position, rows: usize, width: usize) -> Position {
        let mut at = from;
        let mut left = rows;
        while left > 0 {
            if at.row >= left {
                at.row -= left;
                break;
            }
            left -= at.row + 1;
            match self.before(at.line) {
                Some(line) => at = Position { line, row: self.rows(line, width).saturating_sub(1) },
                None => return Position { line: at.line, row: 0 },
            }
        }
        at
    }

    /// The first row of the last screen.
    fn bottom(&self, room: Room) -> Option<Position> {
        let line = self.before(self.lines.end())?;
        let last = Position { line, row: self.rows(line, room.width).saturating_sub(1) };
        Some(self.back(last, room.height.saturating_sub(1), room.width))
    }

    /// The first row on the screen; `None` when there is no line at all.
    fn start(&self, room: Room) -> Option<Position> {
        let bottom = self.bottom(room)?;
        let Some(top) = self.top else { return Some(bottom) };
        let line = self.at_or_after(top.line).unwrap_or(bottom.line);
        let row =
            if line == top.line { top.row.min(self.rows(line, room.width).saturating_sub(1)) } else { 0 };
        Some(Position { line, row }.min(bottom))
    }

    /// The rows on the screen: only these are ever laid out.
    pub fn window(&self, room: Room) -> Vec<Position> {
        let mut rows = Vec::with_capacity(room.height);
        let Some(mut at) = self.start(room) else { return rows };
        let mut count = self.rows(at.line, room.width);
        while rows.len() < room.height {
            rows.push(at);
            at.row += 1;
            if at.row >= count {
                let Some(line) = self.at_or_after(at.line + 1) else { break };
                at = Position { line, row: 0 };
                count = self.rows(line, room.width);
            }
        }
        rows
    }

    /// Goes up, which pauses.
    pub(super) fn up(&mut self, rows: usize, room: Room) {
        if let Some(start) = self.start(room) {
            let at = self.back(start, rows, room.width);
            if Some(at) != self.bottom(room) || self.top.is_some() {
                self.top = Some(at);
            }
        }
    }

    /// Goes down; at the end it follows again.
    pub(super) fn down(&mut self, rows: usize, room: Room) {
        let (Some(start), Some(bottom)) = (self.start(room), self.bottom(room)) else { return };
        let mut at = start;
        for _ in 0..rows {
            if at >= bottom {
                break;
            }
            at.row += 1;
            if at.row >= self.rows(at.line, room.width) {
                match self.at_or_after(at.line + 1) {
                    Some(line) => at = Position { line, row: 0 },
                    None => break,
                }
            }
        }
        if at >= bottom {
            self.follow();
        } else if self.top.is_some() {
            self.top = Some(at);
        }
    }

    /// Goes to the oldest line.
    pub(super) fn oldest(&mut self) {
        self.top = self.at_or_after(self.lines.first()).map(|line| Position { line, row: 0 });
    }

    /// Follows the end.
    pub(super) fn follow(&mut self) {
        self.top = None;
        self.unseen = 0;
    }

    /// Goes to the next line that holds what is searched for; `false` when there is none.
    pub(super) fn find(&mut self, forward: bool, room: Room) -> bool {
        let here = self.hit.or_else(|| self.window(room).last().map(|row| row.line + 1));
        let mut at = here;
        loop {
            at = match (at, forward) {
                (Some(number), true) => self.at_or_after(number + 1),
                (Some(number), false) => self.before(number),
                (None, _) => None,
            };
            let Some(number) = at else { return false };
            if self.lines.get(number).is_some_and(|line| holds(&line.text, &self.search)) {
                self.hit = Some(number);
                self.top = Some(self.back(Position { line: number, row: 0 }, room.height / 2, room.width));
                return true;
            }
        }
    }

    /// Searches anew, as the search is typed: upwards from the last row on the screen, else downwards.
    pub(super) fn search_again(&mut self, room: Room) {
        self.hit = None;
        if !self.search.is_empty() && !self.find(false, room) {
            self.find(true, room);
        }
    }
}

/// Whether a text holds another one, in any case.
pub fn holds(text: &str, wanted: &str) -> bool {
    if wanted.is_ascii() && text.is_ascii() {
        let wanted = wanted.as_bytes();
        return wanted.is_empty()
            || text.as_bytes().windows(wanted.len()).any(|window| window.eq_ignore_ascii_case(wanted));
    }
    text.to_lowercase().contains(&wanted.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROOM: Room = Room { height: 4, width: 10 };

    fn line(text: &str) -> LogLine {
        LogLine { at: None, stream: Stream::Stderr, level: Level::Info, text: text.into() }
    }

    fn pane(texts: &[&str]) -> LogPane {
        let mut pane = LogPane::default();
        pane.hear(LogBatch { lines: texts.iter().map(|text| line(text)).collect() });
        pane
    }

    fn seen(pane: &LogPane) -> Vec<(u64, usize)> {
        pane.window(ROOM).into_iter().map(|row| (row.line, row.row)).collect()
    }

    #[test]
    fn the_end_is_followed_until_somebody_scrolls_up() {
        let mut pane = pane(&["a", "b", "c", "d", "e", "f"]);
        assert_eq!(seen(&pane), [(2, 0), (3, 0), (4, 0), (5, 0)]);
        pane.up(1, ROOM);
        assert_eq!(seen(&pane)[0], (1, 0));
        pane.hear(LogBatch { lines: vec![line("g"), line("h")] });
        assert_eq!((seen(&pane)[0], pane.unseen), ((1, 0), 2), "nothing moves under the reader");
        pane.down(9, ROOM);
        assert_eq!((seen(&pane)[0], pane.unseen, pane.top), ((4, 0), 0, None));
    }

    #[test]
    fn a_wrapped_line_scrolls_by_rows() {
        let mut pane = pane(&["short", &"x".repeat(35), "end"]);
        assert_eq!(seen(&pane), [(1, 1), (1, 2), (1, 3), (2, 0)]);
        pane.up(1, ROOM);
        assert_eq!(seen(&pane), [(1, 0), (1, 1), (1, 2), (1, 3)]);
        pane.up(9, ROOM);
        assert_eq!(seen(&pane)[0], (0, 0));
        pane.wrap = false;
        assert_eq!(seen(&pane), [(0, 0), (1, 0), (2, 0)]);
    }

    #[test]
    fn a_filter_keeps_the_place_and_a_search_finds_upwards_first() {
        let mut pane = pane(&["one", "ERR two", "three", "err four", "five", "six"]);
        pane.filter = "err".into();
        pane.refilter();
        assert_eq!(seen(&pane), [(1, 0), (3, 0)]);
        pane.hear(LogBatch { lines: vec![line("x"), line("Err y")] });
        assert_eq!(pane.shown(), 3);
        pane.filter.clear();
        pane.refilter();
        pane.search = "err".into();
        pane.search_again(ROOM);
        assert_eq!(pane.hit, Some(7));
        assert!(pane.find(false, ROOM) && pane.find(false, ROOM));
        assert_eq!(pane.hit, Some(1));
        assert!(!pane.find(false, ROOM), "the oldest hit is the last one upwards");
        assert!(pane.find(true, ROOM));
        assert_eq!(pane.hit, Some(3));
    }

    #[test]
    fn a_log_that_cannot_be_read_as_fast_as_it_is_written_says_how_far_behind_it_is() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let old = |second| LogBatch { lines: vec![LogLine { at: Some(at(second)), ..line("x") }] };
        let mut pane = LogPane::default();
        pane.hear(old(100));
        for second in 200..210 {
            pane.tick(at(second));
        }
        assert_eq!(pane.behind(), None, "a past that is read, and then silence");
        for second in 300..310 {
            pane.hear(old(second - 9));
            pane.tick(at(second));
        }
        assert_eq!(pane.behind(), Some(at(300)));
        pane.hear(old(310));
        pane.tick(at(310));
        assert_eq!(pane.behind(), None, "it caught up");
    }

    #[test]
    fn what_is_dropped_does_not_move_what_is_read() {
        let mut pane = LogPane { lines: LogBuffer::new(10, 1 << 20), ..LogPane::default() };
        pane.hear(LogBatch { lines: (0..10).map(|n| line(&n.to_string())).collect() });
        pane.up(2, ROOM);
        let before = seen(&pane)[0];
        pane.hear(LogBatch { lines: (0..3).map(|n| line(&n.to_string())).collect() });
        assert_eq!(seen(&pane)[0], before);
        pane.hear(LogBatch { lines: (0..30).map(|n| line(&n.to_string())).collect() });
        assert_eq!(seen(&pane)[0].0, pane.lines.first(), "what is gone shows the oldest that is left");
    }

    proptest! {
        #[test]
        fn moves_never_leave_the_log(
            lengths in proptest::collection::vec(0usize..40, 0..20),
            moves in proptest::collection::vec((any::<bool>(), 0usize..12), 0..20),
            wrap: bool, only: bool,
        ) {
            let mut pane = LogPane { wrap, ..LogPane::default() };
            pane.hear(LogBatch { lines: lengths.iter().map(|n| line(&"é".repeat(*n))).collect() });
            pane.only_trouble = only;
            pane.refilter();
            for (up, rows) in moves {
                if up { pane.up(rows, ROOM) } else { pane.down(rows, ROOM) }
                let window = pane.window(ROOM);
                prop_assert!(window.len() <= ROOM.height);
                prop_assert!(window.is_sorted());
                prop_assert_eq!(window.is_empty(), pane.shown() == 0);
            }
        }
    }
}
