//! What an environment is compared with, and how a person writes it: the name of an environment, `running`,
//! `release:3` or `git:HEAD~1`; `environment:running` for an environment whose name is one of those words.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::domain::environment::EnvName;
use crate::domain::plan::ReleaseNumber;
use crate::domain::problem::Problem;

/// The longest revision that is taken; git itself has no use for longer ones.
const LONGEST: usize = 200;

/// A revision as a person names it: `HEAD~1`, `v1.2`, `origin/main`. It begins with no `-`, so that no program takes
/// it for a flag, and holds nothing that cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Revision(String);

impl Revision {
    /// The commit that is checked out.
    pub fn head() -> Self {
        Self("HEAD".to_owned())
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Revision {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let bad = text.starts_with('-') || text.chars().any(|c| c.is_whitespace() || c.is_control());
        if text.is_empty() || bad || text.chars().count() > LONGEST {
            let shown: String = text.escape_debug().take(60).collect();
            return Err(Problem::new("git.revision", format!("`{shown}` cannot name a git revision"))
                .why("a revision has no blanks and does not begin with `-`")
                .hint("such as git:HEAD~1, git:v1.2 or git:origin/main"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// What the rendering of an environment is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Against {
    /// The rendering of another environment.
    Environment(EnvName),
    /// The files that the running container really has.
    Running,
    /// The files of a release whose container is kept.
    Release(ReleaseNumber),
    /// The same environment, rendered from the workspace as of a git revision.
    Revision(Revision),
}

impl FromStr for Against {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        if text == "running" {
            return Ok(Self::Running);
        }
        let Some((kind, rest)) = text.split_once(':') else {
            return text.parse().map(Self::Environment).map_err(|problem: Problem| {
                problem.hint("write an environment's name, running, release:N or git:REVISION")
            });
        };
        match kind {
            "environment" => rest.parse().map(Self::Environment),
            "release" => match rest.parse() {
                Ok(number) if number > ReleaseNumber(0) => Ok(Self::Release(number)),
                _ => Err(Problem::new(
                    "release.number",
                    format!("`{}` is no number of a release", rest.escape_debug()),
                )
                .hint("such as release:3; the first one is 1")),
            },
            "git" => rest.parse().map(Self::Revision),
            _ => Err(Problem::new(
                "against.unknown",
                format!("`{}` is nothing to compare with", text.escape_debug()),
            )
            .hint("write an environment's name, running, release:N or git:REVISION")),
        }
    }
}

impl fmt::Display for Against {
    /// As it can be read again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) if name.as_str() == "running" => write!(f, "environment:{name}"),
            Self::Environment(name) => write!(f, "{name}"),
            Self::Running => f.write_str("running"),
            Self::Release(number) => write!(f, "release:{number}"),
            Self::Revision(revision) => write!(f, "git:{}", revision.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_written_again() {
        for text in ["Default", "running", "release:3", "git:HEAD~1", "git:a:b", "environment:running"] {
            assert_eq!(text.parse::<Against>().unwrap().to_string(), text);
        }
        assert_eq!("environment:CI".parse::<Against>().unwrap(), "CI".parse().unwrap());
        assert_eq!("git:HEAD".parse(), Ok(Against::Revision(Revision::head())));
    }

    #[test]
    fn an_environment_that_is_called_running_can_be_named() {
        let name: EnvName = "running".parse().unwrap();
        assert_eq!("environment:running".parse(), Ok(Against::Environment(name)));
        assert_eq!("running".parse(), Ok(Against::Running));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_a_hint() {
        for (text, code) in [
            ("", "environment.name"),
            ("a b", "environment.name"),
            ("release:", "release.number"),
            ("release:0", "release.number"),
            ("release:-1", "release.number"),
            ("git:", "git.revision"),
            ("git:--output=x", "git.revision"),
            ("git:a b", "git.revision"),
            ("git:a\x1b[2J", "git.revision"),
            ("svn:3", "against.unknown"),
            ("environment:", "environment.name"),
        ] {
            let problem = text.parse::<Against>().unwrap_err();
            assert_eq!(problem.code, code, "{text:?}");
            assert!(!problem.to_string().contains('\x1b'));
        }
    }
}
