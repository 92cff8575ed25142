//! How careful a command must be: what it risks, against how much care the environment asks for. One function decides,
//! and every place that changes something asks it.

use crate::domain::environment::Guard;

/// What a command can do to an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Risk {
    /// It looks.
    Reads,
    /// It hands the person a tool that can change things, such as a shell.
    Touches,
    /// It changes what runs.
    Changes,
}

impl Risk {
    /// Its word, as help and documentation show it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Touches => "touches",
            Self::Changes => "changes",
        }
    }
}

/// What must happen before a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing.
    Run,
    /// The person says yes.
    Confirm,
    /// The person types the name of the environment.
    TypeName,
    /// It does not run; this is why.
    Refuse(&'static str),
}

/// Decides.
pub fn decide(risk: Risk, guard: Guard) -> Decision {
    match (risk, guard) {
        (Risk::Reads, _) | (Risk::Touches, Guard::Open | Guard::Confirm) | (Risk::Changes, Guard::Open) => {
            Decision::Run
        }
        (Risk::Touches, Guard::TypeName) | (Risk::Changes, Guard::Confirm) => Decision::Confirm,
        (Risk::Changes, Guard::TypeName) => Decision::TypeName,
        (Risk::Touches | Risk::Changes, Guard::ReadOnly) => {
            Decision::Refuse("this environment is read-only (its guard)")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_risk_meets_every_guard() {
        let refused = decide(Risk::Changes, Guard::ReadOnly);
        assert!(matches!(refused, Decision::Refuse(reason) if reason.contains("read-only")));
        for (risk, open, confirm, type_name, read_only) in [
            (Risk::Reads, Decision::Run, Decision::Run, Decision::Run, Decision::Run),
            (Risk::Touches, Decision::Run, Decision::Run, Decision::Confirm, refused),
            (Risk::Changes, Decision::Run, Decision::Confirm, Decision::TypeName, refused),
        ] {
            assert_eq!(decide(risk, Guard::Open), open);
            assert_eq!(decide(risk, Guard::Confirm), confirm);
            assert_eq!(decide(risk, Guard::TypeName), type_name);
            assert_eq!(decide(risk, Guard::ReadOnly), read_only);
        }
    }
}
