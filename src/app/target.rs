//! What can be clicked on. A drawn frame says where each target is; a click comes back as the target.

/// Something that can be clicked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The row of a list, by its index.
    Row {
        /// Which list.
        list: &'static str,
        /// Which row of it.
        index: usize,
    },
    /// The tab of the detail pane of that index.
    Tab(usize),
    /// A command by its name, such as in the footer.
    Command(&'static str),
}
