//! The lines and the values of a file that differs. They are made when somebody looks at them first: of a large diff
//! most files are only counted, and that takes much less.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use crate::domain::diff::pair::Pair;
use crate::domain::diff::side::Sides;
use crate::domain::diff::{Class, Hunk, ValueChange, compare, filter};

/// What is to be seen of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// What `ElastAlert` reads differently; `None` for a file that is no YAML.
    pub values: Option<Vec<ValueChange>>,
    /// Groups of lines; none for a file that is not text.
    pub hunks: Vec<Hunk>,
}

static NOTHING: Seen = Seen { values: None, hunks: Vec::new() };

/// What is to be seen of a file, made or to be made.
#[derive(Clone, Default)]
pub struct Details {
    whole: Option<Arc<Whole>>,
    /// Of which classes changes are left; none: of all.
    classes: BTreeSet<Class>,
    fold: bool,
    left: OnceLock<Seen>,
}

struct Whole {
    of: Option<(Arc<Sides>, Pair)>,
    seen: OnceLock<Seen>,
}

impl Whole {
    fn seen(&self) -> &Seen {
        self.seen.get_or_init(|| {
            let made = self.of.as_ref().map(|(sides, pair)| compare::whole(sides, *pair).1);
            made.unwrap_or_default()
        })
    }
}

impl Details {
    /// Details that are there.
    pub fn made(seen: Seen) -> Self {
        Self::of(Whole { of: None, seen: OnceLock::from(seen) })
    }

    /// Details that are made of two sides once somebody asks.
    pub fn later(sides: &Arc<Sides>, pair: Pair) -> Self {
        Self::of(Whole { of: Some((Arc::clone(sides), pair)), seen: OnceLock::new() })
    }

    fn of(whole: Whole) -> Self {
        Self { whole: Some(Arc::new(whole)), ..Self::default() }
    }

    /// What is to be seen. The first one who asks waits until it is made.
    pub fn seen(&self) -> &Seen {
        let Some(whole) = &self.whole else { return &NOTHING };
        if self.is_narrow() {
            self.left.get_or_init(|| filter::narrow(whole.seen().clone(), &self.classes, self.fold))
        } else {
            whole.seen()
        }
    }

    fn is_narrow(&self) -> bool {
        self.fold || !self.classes.is_empty()
    }

    /// What is left of them when only these classes are looked at, and the cosmetic ones folded.
    #[must_use]
    pub fn narrowed(&self, classes: &BTreeSet<Class>, fold: bool) -> Self {
        let whole = if self.is_narrow() { Self::made(self.seen().clone()).whole } else { self.whole.clone() };
        Self { whole, classes: classes.clone(), fold, left: OnceLock::new() }
    }
}

/// Two are the same when the same is to be seen.
impl PartialEq for Details {
    fn eq(&self, other: &Self) -> bool {
        self.seen() == other.seen()
    }
}

impl Eq for Details {}

impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.seen().fmt(f)
    }
}

impl Serialize for Details {
    /// Nothing where there are no details at all.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.whole {
            Some(_) => self.seen().serialize(to),
            None => to.serialize_map(Some(0))?.end(),
        }
    }
}
