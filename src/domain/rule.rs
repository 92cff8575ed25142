//! A rule as the console needs it: its name, type and alerters, read from one rendered file. What `ElastAlert`
//! itself would say about it is `check`.

use serde::Serialize;

/// One rule, one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// `rules/…`.
    pub path: String,
    /// Its name; the path without its ending when it gives none, as `ElastAlert` does.
    pub name: String,
    /// `frequency`, `spike`, …; empty when it gives none.
    pub kind: String,
    /// The alerters.
    pub alerts: Vec<String>,
    /// Whether `is_enabled` lets it run.
    pub enabled: bool,
}
