//! Tables for people: columns as wide as their widest cell, two blanks between them, nothing at the end of a line.
//! Widths are counted in terminal cells, and colours do not count.

use unicode_width::UnicodeWidthStr;

use crate::domain::problem::Problem;
use crate::shell::print::{Printer, Role};

/// A cell and what it means.
#[derive(Clone, Debug)]
pub struct Cell {
    text: String,
    role: Option<Role>,
}

impl Cell {
    /// A cell in a colour.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self { text: text.into(), role: Some(role) }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), role: None }
    }
}

/// Rows of cells under a heading.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table with these headings.
    pub fn new<'a>(heading: impl IntoIterator<Item = &'a str>) -> Self {
        let heading = heading.into_iter().map(|text| Cell::new(Role::Dim, text)).collect();
        Self { rows: vec![heading] }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The lines, with colours where the printer has them.
    pub fn lines(&self, out: &Printer) -> Vec<String> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.text.width()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        self.rows
            .iter()
            .map(|row| {
                let last = row.iter().rposition(|cell| !cell.text.is_empty()).unwrap_or(0);
                let mut line = String::new();
                for (index, (cell, width)) in row.iter().zip(&widths).enumerate().take(last + 1) {
                    match cell.role {
                        Some(role) => line.push_str(&out.paint(role, &cell.text)),
                        None => line.push_str(&cell.text),
                    }
                    if index < last {
                        line.push_str(&" ".repeat(width + 2 - cell.text.width()));
                    }
                }
                line
            })
            .collect()
    }

    /// Prints the table.
    pub fn print(&self, out: &Printer) -> Result<(), Problem> {
        self.lines(out).into_iter().try_for_each(|line| out.line(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::print::Format;

    #[test]
    fn columns_are_aligned_in_cells_and_lines_end_with_text() {
        let mut table = Table::new(["NAME", "N", "WHY"]);
        table.row(vec!["日本".into(), Cell::new(Role::Bad, "1"), "x".into()]);
        table.row(vec!["a".into(), "22".into(), "".into()]);
        let lines = table.lines(&Printer::new(Format::Text, true));
        assert_eq!(lines, ["NAME  N   WHY", "日本  1   x", "a     22"]);
    }
}
