//! Which process in a container is `ElastAlert`. A path that merely contains the word is not: the identity is exact,
//! and it must descend from the container's own first process.

use serde::Serialize;

/// A process of a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Process {
    /// Its number.
    pub pid: i64,
    /// Its parent's number.
    pub ppid: i64,
    /// How long it has lived, in seconds, where the source tells.
    pub elapsed: Option<u64>,
    /// How many threads it has, where the source tells.
    pub threads: Option<u32>,
    /// Its command line, sanitised, secrets masked.
    pub args: String,
}

/// The processes of a container, and where they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ProcessTable {
    /// In the order of the source.
    pub processes: Vec<Process>,
    /// The container's first process, in the numbers of this table.
    pub root: Option<i64>,
}
