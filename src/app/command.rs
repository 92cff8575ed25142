//! Every command, once: what it does, its name, where it can be used, its keys, what it risks and when it is
//! available. Keys, footer, help, `docs/keys.md` and the guards all read this table.

use super::guard::Risk;
use super::model::{Focus, Model, Tab};
use super::scope::{self, Scope};
use super::{Key, availability as can};

/// Whether a command can be used now, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// It can.
    Yes,
    /// It cannot, for this reason.
    No(&'static str),
}

/// A command with all that there is to know about it.
#[derive(Clone, Copy)]
pub struct Spec {
    /// Which.
    pub command: Command,
    /// Its stable name: `log.follow`.
    pub name: &'static str,
    /// What it does, in one sentence for people.
    pub doc: &'static str,
    /// A word or two for the footer; empty: not shown there.
    pub short: &'static str,
    /// Where it can be used.
    pub scopes: &'static [Scope],
    /// Its keys, as [`Key`] writes them.
    pub keys: &'static [&'static str],
    /// What it can do to an environment.
    pub risk: Risk,
    /// Whether it can be used now.
    pub when: fn(&Model) -> Availability,
}

/// Declares the commands. There is none without a sentence that says what it does.
macro_rules! commands {
    ($(
        #[doc = $doc:literal]
        $variant:ident = $name:literal $short:literal in [$($scope:ident),+] keys [$($key:literal),+]
        risk $risk:ident when $when:path;
    )+) => {
        /// What a person can ask for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Command {
            $(#[doc = $doc] $variant,)+
        }

        /// The table.
        pub const COMMANDS: &[Spec] = &[
            $(Spec {
                command: Command::$variant,
                name: $name,
                doc: $doc,
                short: $short,
                scopes: &[$(Scope::$scope),+],
                keys: &[$($key),+],
                risk: Risk::$risk,
                when: $when,
            },)+
        ];
    };
}

commands! {
    /// Make the plan of a deploy of the selected environment
    Deploy = "deploy.plan" "deploy" in [Console] keys ["d"] risk Changes when can::deploy;
    /// Show more of what is selected
    Open = "pane.open" "open" in [Environments] keys ["<enter>", "l", "<right>"] risk Reads when can::always;
    /// Show what differs in the rule in the selected environment against Default
    ShowCell = "rules.diff" "diff" in [Rules] keys ["<enter>"] risk Reads when can::always;
    /// Show more of the selected rule
    OpenRule = "rules.open" "open" in [Rules] keys ["l", "<right>"] risk Reads when can::always;
    /// Search: the rules by name, or the lines of the log
    Find = "search.start" "search" in [Environments, Rules, Log] keys ["/"] risk Reads when can::always;
    /// Show only rules that differ or are excluded in the selected environment, or all again
    OnlyDifferent = "rules.different" "only differing" in [Environments, Rules] keys ["o"] risk Reads when can::always;
    /// Go to the next change
    NextChange = "diff.next" "next change" in [Diff] keys ["n"] risk Reads when can::always;
    /// Go to the previous change
    PreviousChange = "diff.previous" "" in [Diff] keys ["N"] risk Reads when can::always;
    /// Compare with the next: Default, another environment, what runs, what was committed last
    Against = "diff.against" "against" in [Console] keys ["a"] risk Reads when can::compare;
    /// Compare with something that is typed: an environment, running, release:N, git:REVISION
    AgainstOther = "diff.against-other" "against …" in [Console] keys ["A"] risk Reads when can::compare;
    /// Go to the next value that a layer put in
    NextValue = "file.next" "next value" in [File] keys ["n"] risk Reads when can::always;
    /// Go to the previous value that a layer put in
    PreviousValue = "file.previous" "" in [File] keys ["N"] risk Reads when can::always;
    /// Show the next file of the environment
    NextFile = "file.open-next" "next file" in [File] keys ["f"] risk Reads when can::always;
    /// Show the previous file of the environment
    PreviousFile = "file.open-previous" "" in [File] keys ["F"] risk Reads when can::always;
    /// Show why the value under the cursor is what it is, step by step down to its layer
    Why = "file.why" "why" in [Diff, File] keys ["w"] risk Reads when can::why;
    /// Show values as ElastAlert reads them, or lines as they are written
    ToggleView = "diff.view" "values or lines" in [Diff] keys ["v"] risk Reads when can::always;
    /// Fold away comments, blanks and order of keys, or show them again
    Fold = "diff.fold" "fold comments" in [Diff] keys ["f"] risk Reads when can::always;
    /// Show only changes of some classes or rules, in plain words: exec notify web
    FilterDiff = "diff.filter" "filter" in [Diff] keys ["/"] risk Reads when can::always;
    /// Copy the change under the cursor, or on the head of a file all of it
    Copy = "diff.copy" "copy" in [Diff] keys ["y"] risk Reads when can::copy;
    /// Open the file where the value under the cursor is written, in the editor
    Edit = "file.edit" "edit" in [Rules, Diff, File, Why] keys ["e"] risk Reads when can::edit;
    /// Go to the next line that was searched for
    NextHit = "log.next" "next hit" in [Log] keys ["n"] risk Reads when can::searched;
    /// Go to the previous line that was searched for
    PreviousHit = "log.previous" "" in [Log] keys ["N"] risk Reads when can::searched;
    /// Show only the lines of the log that hold a text
    FilterLog = "log.filter" "filter" in [Log] keys ["f"] risk Reads when can::always;
    /// Wrap long lines of the log, or cut them
    Wrap = "log.wrap" "wrap" in [Log] keys ["w"] risk Reads when can::always;
    /// Show the time of each line of the log, or hide it
    Times = "log.times" "times" in [Log] keys ["t"] risk Reads when can::always;
    /// Show or hide what the log says below warnings
    OnlyTrouble = "log.trouble" "only trouble" in [Log] keys ["v"] risk Reads when can::always;
    /// Scroll to the left
    ScrollLeft = "scroll.left" "" in [Diff, File, Log, Processes, Plan] keys ["<left>", "h"] risk Reads when can::always;
    /// Scroll to the right
    ScrollRight = "scroll.right" "" in [Diff, File, Log, Processes, Plan] keys ["<right>", "l"] risk Reads when can::always;
    /// Open a shell in the container of the selected environment
    Shell = "environment.shell" "shell" in [Console] keys ["s"] risk Touches when can::shell;
    /// Give the focused pane the whole screen, or give it back
    Zoom = "pane.zoom" "zoom" in [Console] keys ["z"] risk Reads when can::always;
    /// Go to the next pane
    NextPane = "pane.next" "pane" in [Console] keys ["<tab>"] risk Reads when can::always;
    /// Go to the previous pane
    PreviousPane = "pane.previous" "" in [Console] keys ["<backtab>"] risk Reads when can::always;
    /// Show what differs
    ShowDiff = "tab.diff" "" in [Console] keys ["1"] risk Reads when can::always;
    /// Show the rendered file
    ShowFile = "tab.file" "" in [Console] keys ["2"] risk Reads when can::always;
    /// Show the log
    ShowLog = "tab.log" "" in [Console] keys ["3"] risk Reads when can::always;
    /// Show the health, rung by rung
    ShowHealth = "tab.health" "" in [Console] keys ["4"] risk Reads when can::always;
    /// Show the processes in the container
    ShowProcesses = "tab.processes" "" in [Console] keys ["5"] risk Reads when can::always;
    /// Select the next environment
    NextEnvironment = "environment.next" "" in [Console] keys ["]"] risk Reads when can::always;
    /// Select the previous environment
    PreviousEnvironment = "environment.previous" "" in [Console] keys ["["] risk Reads when can::always;
    /// Go up
    Up = "move.up" "" in [Console, Plan, Naming, Deploying, Report, Reading, Findings, Why] keys ["<up>", "k"] risk Reads when can::always;
    /// Go down
    Down = "move.down" "" in [Console, Plan, Naming, Deploying, Report, Reading, Findings, Why] keys ["<down>", "j"] risk Reads when can::always;
    /// Go up by a page
    PageUp = "move.page-up" "" in [Console, Plan, Naming, Deploying, Report, Reading, Findings, Why] keys ["<pageup>", "<ctrl-u>"] risk Reads when can::always;
    /// Go down by a page
    PageDown = "move.page-down" "" in [Console, Plan, Naming, Deploying, Report, Reading, Findings, Why] keys ["<pagedown>", "<ctrl-d>"] risk Reads when can::always;
    /// Go to the first row
    First = "move.first" "" in [Console, Plan, Deploying, Report, Reading, Findings, Why] keys ["<home>", "g"] risk Reads when can::always;
    /// Go to the last row; in the log, follow it again
    Last = "move.last" "" in [Console, Plan, Deploying, Report, Reading, Findings, Why] keys ["<end>", "G"] risk Reads when can::always;
    /// Carry out the plan that is shown
    DeployNow = "deploy.now" "deploy" in [Plan] keys ["<enter>"] risk Changes when can::deploy_open;
    /// Yes, carry out the plan that is shown
    DeployYes = "deploy.yes" "yes, deploy" in [Plan] keys ["y"] risk Changes when can::deploy_confirmed;
    /// Carry out the plan, when the typed name is the environment's
    DeployNamed = "deploy.named" "deploy" in [Naming] keys ["<enter>"] risk Changes when can::deploy_named;
    /// Put back what ran before a deploy that was cut off
    PutBackCutOff = "deploy.put-back" "put back" in [Plan] keys ["b"] risk Changes when can::put_back;
    /// Finish a deploy that was cut off
    FinishCutOff = "deploy.finish" "finish" in [Plan] keys ["f"] risk Changes when can::finish;
    /// Make a new plan
    NewPlan = "deploy.again" "new plan" in [Plan, Report] keys ["r"] risk Reads when can::replan;
    /// Make a new plan in place of one that is no longer true
    NewPlanNamed = "deploy.again-named" "new plan" in [Naming] keys ["<ctrl-r>"] risk Reads when can::replan;
    /// Leave the plan; nothing was changed
    LeavePlan = "deploy.leave" "leave" in [Plan] keys ["<esc>", "q"] risk Reads when can::always;
    /// Leave the plan; nothing was changed
    LeaveNaming = "deploy.leave-named" "leave" in [Naming] keys ["<esc>"] risk Reads when can::always;
    /// Stop the deploy and put back what ran before, after a question
    StopDeploy = "deploy.stop" "stop" in [Deploying] keys ["<esc>"] risk Reads when can::stop;
    /// Close the report
    CloseReport = "deploy.close" "close" in [Report] keys ["<esc>", "q", "<enter>"] risk Reads when can::always;
    /// Yes
    Yes = "question.yes" "yes" in [Question] keys ["y"] risk Reads when can::always;
    /// No
    No = "question.no" "no" in [Question] keys ["n", "<esc>"] risk Reads when can::always;
    /// Take what was typed
    Accept = "typing.accept" "take" in [Typing] keys ["<enter>"] risk Reads when can::always;
    /// Drop what was typed
    Drop = "typing.drop" "drop" in [Typing] keys ["<esc>"] risk Reads when can::always;
    /// Close the steps
    CloseWhy = "why.close" "close" in [Why] keys ["<esc>", "q", "w"] risk Reads when can::always;
    /// Close the text
    CloseText = "text.close" "close" in [Reading, Findings] keys ["<esc>", "q", "?", "<f1>"] risk Reads when can::always;
    /// Show what the check found in the workspace
    Findings = "workspace.findings" "findings" in [Console] keys ["c"] risk Reads when can::findings;
    /// Open the file of the finding under the cursor at its place, in the editor
    EditFinding = "findings.edit" "edit" in [Findings] keys ["<enter>", "e"] risk Reads when can::edit_finding;
    /// Scroll down in the finding under the cursor
    FrameDown = "findings.scroll-down" "more of it" in [Findings] keys ["<right>", "l"] risk Reads when can::scroll_finding;
    /// Scroll up in the finding under the cursor
    FrameUp = "findings.scroll-up" "" in [Findings] keys ["<left>", "h"] risk Reads when can::scroll_finding;
    /// Show all messages
    Messages = "messages.show" "messages" in [Console] keys ["m"] risk Reads when can::messages;
    /// Dismiss the messages
    Dismiss = "messages.dismiss" "" in [Console] keys ["x"] risk Reads when can::messages;
    /// Read the workspace again, and compare again
    Reopen = "workspace.read" "read again" in [Console] keys ["r"] risk Reads when can::always;
    /// Go back: out of the zoom, out of the detail pane, out of a filter
    Back = "pane.back" "" in [Console] keys ["<esc>"] risk Reads when can::always;
    /// Show all keys
    Help = "app.help" "help" in [Console, Plan, Naming, Deploying, Report, Why] keys ["?", "<f1>"] risk Reads when can::always;
    /// Leave alertdeck
    Quit = "app.quit" "quit" in [Console] keys ["q"] risk Reads when can::always;
    /// Leave alertdeck; while a deploy runs, ask whether to stop it
    Interrupt = "app.interrupt" "" in [Always] keys ["<ctrl-c>"] risk Reads when can::always;
    /// Suspend alertdeck; `fg` brings it back
    Suspend = "app.suspend" "" in [Always] keys ["<ctrl-z>"] risk Reads when can::suspend;
    /// Draw the whole screen anew
    Redraw = "app.redraw" "" in [Always] keys ["<ctrl-l>"] risk Reads when can::always;
}

impl Spec {
    /// Its keys.
    pub fn bound(&self) -> impl Iterator<Item = Key> + '_ {
        self.keys.iter().filter_map(|key| key.parse().ok())
    }

    /// Its first key, as a person reads it.
    pub fn label(&self) -> String {
        self.bound().next().map(Key::label).unwrap_or_default()
    }

    /// Whether it can be used now.
    pub fn availability(&self, model: &Model) -> Availability {
        (self.when)(model)
    }
}

impl Command {
    /// What the table says about it.
    pub fn spec(self) -> Option<&'static Spec> {
        COMMANDS.iter().find(|spec| spec.command == self)
    }

    /// The command of that name.
    pub fn named(name: &str) -> Option<Self> {
        COMMANDS.iter().find(|spec| spec.name == name).map(|spec| spec.command)
    }
}

/// The commands that can be reached now, the innermost scope first, in the order of the table.
pub fn reachable(model: &Model) -> impl Iterator<Item = &'static Spec> {
    scope::active(model)
        .iter()
        .flat_map(|scope| COMMANDS.iter().filter(move |spec| spec.scopes.contains(scope)))
}

/// The command that a key means now.
pub fn lookup(model: &Model, key: Key) -> Option<&'static Spec> {
    reachable(model).find(|spec| spec.bound().any(|bound| bound == key))
}

/// The tab that a command shows.
pub(super) fn tab_of(command: Command) -> Option<Tab> {
    match command {
        Command::ShowDiff => Some(Tab::Diff),
        Command::ShowFile => Some(Tab::File),
        Command::ShowLog => Some(Tab::Log),
        Command::ShowHealth => Some(Tab::Health),
        Command::ShowProcesses => Some(Tab::Processes),
        _ => None,
    }
}

/// The pane after the focused one.
pub(super) fn pane_after(focus: Focus, forward: bool) -> Focus {
    match (focus, forward) {
        (Focus::Environments, true) | (Focus::Detail, false) => Focus::Rules,
        (Focus::Rules, true) | (Focus::Environments, false) => Focus::Detail,
        (Focus::Detail, true) | (Focus::Rules, false) => Focus::Environments,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    #[test]
    fn no_key_means_two_things_at_a_time() {
        for context in scope::CONTEXTS {
            let mut bound: HashMap<Key, &str> = HashMap::new();
            for spec in COMMANDS.iter().filter(|spec| spec.scopes.iter().any(|scope| context.contains(scope)))
            {
                for key in spec.keys {
                    let key: Key = key.parse().unwrap_or_else(|problem| panic!("{}: {problem}", spec.name));
                    if let Some(other) = bound.insert(key, spec.name) {
                        panic!("{key} means both {other} and {} in {context:?}", spec.name);
                    }
                }
            }
        }
    }

    #[test]
    fn names_are_unique_and_every_command_says_what_it_does() {
        let mut names = HashSet::new();
        for spec in COMMANDS {
            assert!(names.insert(spec.name), "{} twice", spec.name);
            assert!(spec.doc.trim().len() > 1 && !spec.doc.trim().ends_with('.'), "{}", spec.name);
            assert_eq!(Command::named(spec.name), Some(spec.command));
        }
    }

    #[test]
    fn every_scope_has_a_way_out_or_lies_in_the_console() {
        for context in scope::CONTEXTS {
            let leave: Key = "<esc>".parse().unwrap();
            let found = COMMANDS.iter().any(|spec| {
                spec.scopes.iter().any(|scope| context.contains(scope))
                    && spec.bound().any(|key| key == leave)
            });
            assert!(found, "{context:?} cannot be left with Esc");
        }
    }
}
