//! The list of rules: which rows a filter leaves, and which of them is selected. A reading of the workspace that moves
//! rows keeps the selected rule selected.

use crate::domain::environment::EnvName;
use crate::domain::matrix::{Cell, RuleRow};

use super::list::List;

/// Where the list of rules stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// The selection among the rows that are left.
    pub list: List,
    /// Only rules whose name or path holds this, in any case.
    pub filter: String,
    /// Only rules that are not the same in the selected environment.
    pub only_different: bool,
}

impl Rules {
    /// The rows that are left.
    pub fn visible<'a>(&self, rows: &'a [RuleRow], environment: Option<&EnvName>) -> Vec<&'a RuleRow> {
        let wanted = self.filter.to_lowercase();
        rows.iter()
            .filter(|row| wanted.is_empty() || row.searched.contains(&wanted))
            .filter(|row| {
                !self.only_different
                    || environment.is_none_or(|name| cell(row, name).is_some_and(|cell| cell != Cell::Same))
            })
            .collect()
    }
}

/// What a rule is in an environment.
pub fn cell(row: &RuleRow, environment: &EnvName) -> Option<Cell> {
    row.cells.iter().find(|(name, _)| name == environment).map(|(_, cell)| *cell)
}
