//! The tab Diff: what the selected environment is compared with, what was asked for, and how the answer is looked at. The
//! rows of the answer are in `rows`.

use std::sync::Arc;

use crate::domain::diff::{Against, Diff, Revision};
use crate::domain::environment::EnvName;
use crate::domain::remote::Remote;

use super::Ticket;
use super::rows::{DiffText, Look};

/// What the selected environment is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// With Default; what Default itself is compared with is what runs.
    #[default]
    Default,
    /// With what a person chose.
    Chosen(Against),
}

impl Choice {
    /// What an environment is compared with under this choice.
    pub fn against(&self, environment: &EnvName) -> Against {
        let default = EnvName::default_environment();
        match self {
            Self::Chosen(against) if *against != Against::Environment(environment.clone()) => against.clone(),
            Self::Default | Self::Chosen(_) if *environment != default => Against::Environment(default),
            Self::Default | Self::Chosen(_) => Against::Running,
        }
    }

    /// The choice after this one: Default, each other environment, what runs, what was committed last.
    #[must_use]
    pub fn next(&self, environment: &EnvName, all: &[EnvName]) -> Self {
        let default = EnvName::default_environment();
        let mut choices = Vec::new();
        if *environment != default {
            choices.push(Self::Default);
        }
        let others = all.iter().filter(|name| *name != environment && **name != default);
        choices.extend(others.cloned().map(Against::Environment).map(Self::Chosen));
        choices.push(Self::Chosen(Against::Running));
        choices.push(Self::Chosen(Against::Revision(Revision::head())));
        let now = self.against(environment);
        let next =
            choices.iter().position(|choice| choice.against(environment) == now).map_or(0, |at| at + 1);
        choices.get(next % choices.len()).cloned().unwrap_or_default()
    }
}

/// What was asked to be compared. A new one is asked for when it no longer is what is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The environment.
    pub environment: EnvName,
    /// With what.
    pub against: Against,
    /// Of which reading of the workspace.
    pub revision: u64,
    /// The container that ran then, when it matters.
    pub container: Option<String>,
}

/// The tab Diff.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// What is compared with.
    pub choice: Choice,
    /// How the answer is looked at.
    pub look: Look,
    /// The answer.
    pub diff: Remote<Arc<Diff>>,
    /// The answer as rows.
    pub text: Option<DiffText>,
    pub(super) asked: Option<Asked>,
    pub(super) ticket: Option<Ticket>,
}

impl Changes {
    /// Makes the rows anew if they are not those of this diff, this file and this look. A comparison made again keeps
    /// the cursor, another look keeps what it stands on.
    pub(super) fn lay_out(&mut self, only: Option<&str>, height: usize) {
        let Some(seen) = self.diff.last() else {
            self.text = None;
            return;
        };
        let diff = &seen.value;
        let before = self.text.as_ref();
        let same_file = |text: &DiffText| text.only.as_deref() == only;
        if before
            .is_some_and(|text| Arc::ptr_eq(&text.diff, diff) && same_file(text) && text.look == self.look)
        {
            return;
        }
        let mut text = DiffText::new(Arc::clone(diff), only.map(str::to_owned), self.look.clone());
        if let Some(before) = before
            .filter(|before| before.diff.old == diff.old && before.diff.new == diff.new && same_file(before))
        {
            text.left = before.left;
            if before.look == self.look {
                text.list = before.list;
            } else if let Some(file) = before.file_at_cursor() {
                text.seek(&file.path, before.line_at_cursor(), height);
            }
            text.list.fit(text.rows.len(), usize::MAX);
        }
        self.text = Some(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> EnvName {
        text.parse().unwrap()
    }

    #[test]
    fn the_choice_goes_round_and_never_compares_an_environment_with_itself() {
        let all = [name("Default"), name("CI"), name("Production")];
        for environment in &all {
            let mut choice = Choice::default();
            let mut seen = Vec::new();
            for _ in 0..5 {
                let against = choice.against(environment);
                assert_ne!(against, Against::Environment(environment.clone()));
                seen.push(against.to_string());
                choice = choice.next(environment, &all);
            }
            assert_eq!(seen.first(), seen.get(4));
            assert!(
                seen.contains(&"running".to_owned()) && seen.contains(&"git:HEAD".to_owned()),
                "{seen:?}"
            );
        }
    }

    #[test]
    fn a_choice_that_is_not_on_the_way_leads_back_to_it() {
        let chosen = Choice::Chosen("release:3".parse().unwrap());
        assert_eq!(chosen.against(&name("CI")), "release:3".parse().unwrap());
        assert_eq!(chosen.next(&name("CI"), &[name("Default"), name("CI")]), Choice::Default);
    }
}
