//! Which changes of a diff are looked at: by what they touch and by the rule they are in, and whether those that
//! ElastAlert does not read are folded away. The result is a diff of its own, counts included.

use std::collections::BTreeSet;
use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};

use crate::domain::diff::class::{Class, ClassCount};
use crate::domain::diff::{Diff, FileDiff, FileStatus, Hunk, LineChange, Seen};
use crate::domain::problem::Problem;

/// What is looked at. By itself it is everything.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only changes of these classes; none: of all.
    pub classes: BTreeSet<Class>,
    /// Only files whose path or rule holds all of these words, in any case.
    pub words: Vec<String>,
    /// Only rules of which one of these fits the name, the path below `rules/` or the file name.
    pub rules: Vec<GlobMatcher>,
    /// Fold away what is cosmetic.
    pub fold: bool,
}

impl Filter {
    /// Reads plain words: a class by its name, anything else is looked for in paths and names of rules.
    pub fn of_words(text: &str) -> Self {
        let mut filter = Self::default();
        for word in text.split_whitespace() {
            match word.parse::<Class>() {
                Ok(class) => {
                    filter.classes.insert(class);
                }
                Err(_) => filter.words.push(word.to_lowercase()),
            }
        }
        filter
    }

    /// Adds a glob for rules, written as exclusions are.
    pub fn rule(&mut self, glob: &str) -> Result<(), Problem> {
        let built = GlobBuilder::new(glob).literal_separator(true).backslash_escape(true).build();
        let glob = built.map_err(|error| {
            Problem::new("rule.glob", format!("`{}` is no glob", glob.escape_debug()))
                .why(error.kind().to_string())
        })?;
        self.rules.push(glob.compile_matcher());
        Ok(())
    }

    /// Whether anything can be left out.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty() && self.words.is_empty() && self.rules.is_empty() && !self.fold
    }

    /// What is left of a diff; of `only` that file alone.
    pub fn apply(&self, diff: &Arc<Diff>, only: Option<&str>) -> Arc<Diff> {
        if self.is_empty() && only.is_none() {
            return Arc::clone(diff);
        }
        let wanted = |file: &&FileDiff| {
            only.is_none_or(|only| file.path == only || file.from.as_deref() == Some(only))
                && self.names(file)
        };
        let files = diff.files.iter().filter(wanted).filter_map(|file| self.file(file)).collect();
        Arc::new(Diff { old: diff.old.clone(), new: diff.new.clone(), files })
    }

    fn names(&self, file: &FileDiff) -> bool {
        let named = |word: &String| {
            let holds = |text: &str| text.to_lowercase().contains(word);
            holds(&file.path)
                || [&file.rule, &file.was, &file.from].into_iter().flatten().any(|text| holds(text))
        };
        self.words.iter().all(named) && (self.rules.is_empty() || self.is_rule(file))
    }

    fn is_rule(&self, file: &FileDiff) -> bool {
        let Some(below) = file.path.strip_prefix("rules/") else { return false };
        let name = below.rsplit('/').next().unwrap_or(below);
        self.rules.iter().any(|glob| {
            let rules = [&file.rule, &file.was].into_iter().flatten();
            glob.is_match(below) || glob.is_match(name) || rules.into_iter().any(|rule| glob.is_match(rule))
        })
    }

    fn wants(&self, class: Class) -> bool {
        self.classes.is_empty() || self.classes.contains(&class)
    }

    /// What is left of a file; nothing when none of its changes is wanted.
    fn file(&self, file: &FileDiff) -> Option<FileDiff> {
        if file.status == FileStatus::Unchanged {
            return self.classes.is_empty().then(|| file.clone());
        }
        let counted = file.classes.0.keys().any(|class| self.wants(*class));
        // A file may be renamed and have no other change.
        let only_renamed = self.classes.is_empty() && file.status == FileStatus::Renamed;
        if !counted && !only_renamed {
            return None;
        }
        let mut left = file.clone();
        let classes = left.classes.0.into_iter().filter(|(class, _)| self.wants(*class)).collect();
        left.classes = ClassCount(classes);
        left.details = file.details.narrowed(&self.classes, self.fold);
        if self.fold {
            left.folded = file.classes.0.get(&Class::Cosmetic).copied().unwrap_or(0);
        }
        Some(left)
    }
}

/// What is left of the lines and values of a file when only these classes are looked at; none are all.
pub(super) fn narrow(mut seen: Seen, classes: &BTreeSet<Class>, fold: bool) -> Seen {
    let wants = |class: Class| classes.is_empty() || classes.contains(&class);
    if let Some(values) = &mut seen.values {
        values.retain(|change| wants(change.class));
    }
    seen.hunks
        .retain(|hunk| classes.is_empty() || hunk.lines.iter().any(|line| line.class.is_some_and(wants)));
    if fold {
        seen.hunks = seen.hunks.into_iter().filter_map(folded).collect();
    }
    seen
}

/// A hunk without its cosmetic changes: lines that are gone are left out, new ones stand there as if they always had.
fn folded(hunk: Hunk) -> Option<Hunk> {
    let cosmetic = |class: Option<Class>| class == Some(Class::Cosmetic);
    let matters = hunk.lines.iter().any(|line| line.class.is_some() && !cosmetic(line.class));
    let lines = hunk.lines.into_iter().filter_map(|mut line| {
        if cosmetic(line.class) {
            if line.change == LineChange::Removed {
                return None;
            }
            line.change = LineChange::Context;
            line.pieces.iter_mut().for_each(|piece| piece.changed = false);
            line.class = None;
        }
        Some(line)
    });
    matters.then(|| Hunk { lines: lines.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diff::compare::diff;
    use crate::domain::diff::side::{Side, SideFile};

    fn sample() -> Arc<Diff> {
        let side = |files: &[(&str, &str)]| {
            let mut side = Side::nothing("x");
            side.files =
                files.iter().map(|(path, text)| SideFile::told(path, text.as_bytes(), Vec::new())).collect();
            side
        };
        let filler = "x: 1\n".replace('x', "i") + "j: 1\nk: 1\nl: 1\nm: 1\nn: 1\no: 1\np: 1\n";
        let rule = |port: u32, comment: &str, limit: u32| {
            format!("name: Web a\nes_port: {port}\n{filler}# {comment}\n{filler}num_events: {limit}\n# {comment}\n")
                .replacen(&format!("# {comment}\n{filler}"), &format!("# {comment}\nq: 1\nr: 1\ns: 1\nt: 1\nu: 1\nv: 1\nw: 1\n"), 1)
        };
        let old =
            side(&[("config/elastalert.yaml", "es_host: a\n"), ("rules/web/a.yaml", &rule(1, "one", 5))]);
        let new =
            side(&[("config/elastalert.yaml", "es_host: b\n"), ("rules/web/a.yaml", &rule(2, "two", 6))]);
        Arc::new(diff(&old, &new))
    }

    fn paths(diff: &Diff) -> Vec<&str> {
        diff.files.iter().map(|file| file.path.as_str()).collect()
    }

    #[test]
    fn nothing_asked_for_is_the_diff_itself() {
        let diff = sample();
        assert!(Arc::ptr_eq(&Filter::default().apply(&diff, None), &diff));
        assert_eq!(diff.classes().words(), "ENDPOINT 2, THRESHOLD 1, COSMETIC 1");
    }

    #[test]
    fn classes_leave_their_hunks_values_and_counts() {
        let diff = sample();
        let left = Filter::of_words("threshold").apply(&diff, None);
        assert_eq!(paths(&left), ["rules/web/a.yaml"]);
        assert_eq!(left.classes().words(), "THRESHOLD 1");
        assert_eq!((left.files[0].hunks().len(), left.files[0].values().unwrap().len()), (1, 1));
        assert!(Filter::of_words("Secret").apply(&diff, None).files.is_empty());
        assert_eq!(Filter::of_words("endpoint threshold").apply(&diff, None).classes().0.len(), 2);
    }

    #[test]
    fn words_and_globs_choose_rules() {
        let diff = sample();
        assert_eq!(paths(&Filter::of_words("WEB endpoint").apply(&diff, None)), ["rules/web/a.yaml"]);
        assert!(Filter::of_words("web nowhere").apply(&diff, None).files.is_empty());
        for (glob, count) in [("web/*", 1), ("a.yaml", 1), ("Web *", 1), ("*.yml", 0), ("elastalert*", 0)] {
            let mut filter = Filter::default();
            filter.rule(glob).unwrap();
            assert_eq!(filter.apply(&diff, None).files.len(), count, "{glob}");
        }
        assert_eq!(Filter::default().rule("[").unwrap_err().code, "rule.glob");
        assert_eq!(paths(&Filter::default().apply(&diff, Some("rules/web/a.yaml"))), ["rules/web/a.yaml"]);
    }

    #[test]
    fn what_is_folded_is_counted_and_not_shown() {
        let diff = sample();
        let filter = Filter { fold: true, ..Filter::default() };
        let left = filter.apply(&diff, None);
        let rule = &left.files[1];
        assert_eq!(rule.folded, 1);
        let lines: Vec<&crate::domain::diff::DiffLine> =
            rule.hunks().iter().flat_map(|hunk| &hunk.lines).collect();
        let changed = lines.iter().filter(|line| line.change != LineChange::Context).count();
        assert_eq!(changed, 4, "two values, on both sides");
        assert!(lines.iter().all(|line| line.class != Some(Class::Cosmetic)));
    }
}
