//! What `ElastAlert` says, as findings: each with a place in the workspace, what becomes of the start, and what to do.
//! What many rules ask of the same server is one finding.

use std::collections::{BTreeMap, BTreeSet};

use super::{Need, Preflight, PreflightResult, Refusal, Verdict};
use crate::domain::check::Finding;
use crate::domain::check::facts::Facts;
use crate::domain::environment::Mounts;
use crate::domain::position::Lines;
use crate::domain::problem::{Place, Problem};
use crate::domain::render::file::CONFIG;
use crate::domain::render::origin::template_offset;
use crate::domain::render::{RenderedFile, Rendering};
use crate::domain::template::Template;
use crate::domain::workspace::Workspace;
use crate::domain::yaml::{self, Node};

/// How many names stand in one finding.
const NAMES: usize = 5;

/// What a preflight was about.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The workspace, for the places in it.
    pub workspace: &'a Workspace,
    /// What was tried.
    pub rendering: &'a Rendering,
    /// Where its folders were.
    pub mounts: &'a Mounts,
    /// What the check without the image speaks for.
    pub facts: &'a Facts,
}

/// The findings of a preflight, the configuration's first.
pub fn findings(preflight: &Preflight, context: Context<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let version = &preflight.version;
    if !version.is_empty() && *version != context.facts.version {
        found.push(Finding::note(
            Problem::new("preflight.version", format!("the image holds ElastAlert {version}")).why(format!(
                "what is told without the image speaks for {}, and what the image says counts",
                context.facts
            )),
        ));
    }
    if let Some(why) = &preflight.incomplete {
        let what = format!("not every rule was tried: {} were", preflight.rules.len());
        found.push(Finding::error(Problem::new("preflight.incomplete", what).why(why.clone())));
    }
    let rules = preflight.rules.iter().map(|rule| (rule, true));
    for (result, of_rule) in std::iter::once((&preflight.config, false)).chain(rules) {
        found.extend(context.refused(preflight, result, of_rule));
        let warning = |text: &String| {
            let problem = Problem::new("preflight.warning", "ElastAlert warns when it loads this");
            Finding::warning(problem.at(context.place(&result.path, 0, 0)).why(text.clone()))
        };
        found.extend(result.warnings.iter().map(warning));
    }
    found.extend(context.unseen(preflight));
    found.extend(context.needs(preflight));
    let environment = &context.rendering.environment;
    found.into_iter().map(|finding| finding.within(environment)).collect()
}

impl Context<'_> {
    fn refused(&self, preflight: &Preflight, result: &PreflightResult, of_rule: bool) -> Option<Finding> {
        let refusal = result.refusal.as_ref()?;
        let (code, what) = match (result.verdict, of_rule) {
            (Verdict::Loads, _) => return None,
            (Verdict::Unsure, _) => ("preflight.unsure", "only its network can tell whether this loads"),
            (Verdict::Hangs, _) => ("preflight.hangs", "loading this does not come to an end"),
            (Verdict::Died, _) => ("preflight.died", "loading this ends ElastAlert"),
            (Verdict::Refused, false) => ("preflight.config", "ElastAlert refuses its configuration"),
            (Verdict::Refused, true) if result.other.is_some() => {
                ("preflight.duplicate", "ElastAlert refuses a second rule of the same name")
            }
            (Verdict::Refused, true) => ("preflight.refused", "ElastAlert refuses the rule"),
        };
        let mut problem =
            Problem::new(code, what).at(self.blame(result, refusal)).why(refusal.message.clone());
        for flaw in refusal.flaws.iter().skip(1) {
            let path = flaw.path.join(".");
            let sentence = if path.is_empty() { String::new() } else { format!("{path}: ") };
            problem = problem.why(format!("{sentence}{}", flaw.message));
        }
        if !refusal.said.is_empty() {
            problem = problem.why(format!("the last it said was: {}", refusal.said));
        }
        if let Some(other) = &result.other {
            problem = problem.why(format!("the other one is {}", self.shown(other)));
        }
        for need in &result.needs {
            problem = problem.why(format!("it wants to reach {}", need.whom()));
        }
        if of_rule {
            problem = problem.why(match (preflight.skip_invalid, result.skippable) {
                (true, true) => "`skip_invalid` is set, so ElastAlert starts without this rule",
                (true, false) => "`skip_invalid` does not catch this: ElastAlert does not start",
                (false, _) => "ElastAlert does not start with it",
            });
        }
        if let Some(allowed) = refusal.flaws.first().map(|flaw| &flaw.allowed)
            && !allowed.is_empty()
        {
            problem = problem.hint(format!("it takes {}", listed(allowed.iter().map(String::as_str), 20)));
        }
        let severe = result.verdict != Verdict::Unsure;
        Some(if severe { Finding::error(problem) } else { Finding::warning(problem) })
    }

    /// Rules of the rendering that the loader did not look at.
    fn unseen(&self, preflight: &Preflight) -> Option<Finding> {
        if preflight.config.verdict != Verdict::Loads || preflight.incomplete.is_some() {
            return None;
        }
        let seen: BTreeSet<String> =
            preflight.rules.iter().filter_map(|rule| self.inside(&rule.path)).collect();
        let rules = self.rendering.rules.iter().map(|rule| rule.path.as_str());
        let unseen: Vec<&str> = rules.filter(|path| !seen.contains(*path)).collect();
        (!unseen.is_empty()).then(|| {
            let what = match unseen.len() {
                1 => "ElastAlert does not look at 1 rule file".to_owned(),
                count => format!("ElastAlert does not look at {count} rule files"),
            };
            Finding::warning(
                Problem::new("preflight.unseen", what)
                    .at(Place::file(format!("{}{CONFIG}", self.workspace.prefix)))
                    .why(format!("these: {}", listed(unseen, NAMES)))
                    .hint(format!(
                        "do `rules_folder` and `scan_subdirectories` cover {}?",
                        self.mounts.rules
                    )),
            )
        })
    }

    /// What is asked of the world at the start, one finding for each whom it is asked of.
    fn needs(&self, preflight: &Preflight) -> Vec<Finding> {
        let mut asked: BTreeMap<String, Vec<(&PreflightResult, &Need)>> = BTreeMap::new();
        for result in std::iter::once(&preflight.config).chain(&preflight.rules) {
            // Of one that failed it is told already.
            for need in result.needs.iter().filter(|_| result.verdict == Verdict::Loads) {
                let group = asked.entry(need.whom()).or_default();
                if group.last().is_none_or(|(last, _)| last.path != result.path) {
                    group.push((result, need));
                }
            }
        }
        asked
            .into_iter()
            .filter_map(|(whom, group)| {
                let (first, need) = group.first()?;
                let names = group.iter().map(|(result, _)| result.name.as_deref().unwrap_or(&result.path));
                let what = match group.len() {
                    1 => format!("it needs {whom} at start"),
                    count => format!("{count} rules need {whom} at start"),
                };
                let problem = Problem::new("preflight.needs", what)
                    .at(self.place(&first.path, 0, 0))
                    .why(format!("{}: {}", listed(names, NAMES), need.why))
                    .why("it was answered for here; without an answer ElastAlert does not start");
                Some(Finding::note(problem))
            })
            .collect()
    }

    /// The path in the rendering of a file of the container; `None` when it is not from there.
    fn inside(&self, path: &str) -> Option<String> {
        let below = |folder: &str, name: &str| {
            let rest = path.strip_prefix(folder.trim_end_matches('/'))?.strip_prefix('/')?;
            Some(format!("{name}/{rest}"))
        };
        below(&self.mounts.rules, "rules").or_else(|| below(&self.mounts.config, "config"))
    }

    /// A path in the container as the workspace has it.
    fn shown(&self, path: &str) -> String {
        self.inside(path)
            .map_or_else(|| path.to_owned(), |inside| format!("{}{inside}", self.workspace.prefix))
    }

    /// The file of the rendering behind a path of the container, and the template that it is from.
    fn file(&self, path: &str) -> Option<(&RenderedFile, &Template)> {
        let inside = self.inside(path)?;
        let (files, templates) = (&self.rendering.files, &self.workspace.templates);
        let file = files.binary_search_by(|file| file.path.as_str().cmp(&inside)).ok()?;
        let template = templates.binary_search_by(|template| template.path.as_str().cmp(&inside)).ok()?;
        Some((files.get(file)?, templates.get(template)?))
    }

    /// Where in the workspace a line and column of a file of the container come from.
    fn place(&self, path: &str, line: u32, column: u32) -> Place {
        self.place_of(path, |text| (line > 0).then(|| Lines::new(text).offset(line, column)))
    }

    fn place_of(&self, path: &str, offset: impl FnOnce(&str) -> Option<usize>) -> Place {
        let whole = Place::file(self.shown(path));
        let Some((file, template)) = self.file(path) else { return whole };
        let (Ok(text), Ok(source)) = (std::str::from_utf8(&file.bytes), std::str::from_utf8(&template.bytes))
        else {
            return whole;
        };
        match offset(text) {
            Some(at) => Lines::new(source).place(&whole.file, template_offset(&file.insertions, at)),
            None => whole,
        }
    }

    /// The place that is to blame for a refusal.
    fn blame(&self, result: &PreflightResult, refusal: &Refusal) -> Place {
        if let Some(flaw) = refusal.flaws.first() {
            let path: Vec<&str> = flaw.path.iter().map(String::as_str).collect();
            return self.place_of_value(&result.path, &path);
        }
        if refusal.line == 0 {
            let key = match result.stage.as_str() {
                "alerts" => "alert",
                "duplicate" => "name",
                "type" => "type",
                _ => return self.place(&result.path, 0, 0),
            };
            return self.place_of_value(&result.path, &[key]);
        }
        self.place(refusal.file.as_deref().unwrap_or(&result.path), refusal.line, refusal.column)
    }

    /// Where the value at a path in a file comes from, or the whole file.
    fn place_of_value(&self, path: &str, value: &[&str]) -> Place {
        self.place_of(path, |text| at(&yaml::parse(text).ok()?.root, value))
    }
}

/// Where the value at a path begins, or the nearest one above it that can be told.
fn at(root: &Node, path: &[&str]) -> Option<usize> {
    let (first, rest) = path.split_first()?;
    if let Some((key, value)) = root.entry(first) {
        return at(value, rest).or(Some(key.start()));
    }
    let item = root.items().get(first.parse::<usize>().ok()?)?;
    at(item, rest).or(Some(item.start()))
}

/// Names in one line, the first few of them.
fn listed<'a>(names: impl IntoIterator<Item = &'a str>, most: usize) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let shown: Vec<&str> = names.iter().copied().take(most).collect();
    match names.len().saturating_sub(most) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::check::Severity;
    use crate::domain::check::facts;
    use crate::domain::mask::Masker;
    use crate::domain::preflight::read;
    use crate::domain::render::render;
    use crate::domain::template::Bytes;
    use crate::domain::workspace::build::{Sources, build};

    const IMAGE: &str = r#"{"v":1,"kind":"image","elastalert":"2.31.0"}"#;
    const END: &str = r#"{"v":1,"kind":"summary","starts":false,"complete":true}"#;

    /// A workspace in `src/` with three rules, the first of which has a token before the places that are asked for.
    fn workspace() -> Workspace {
        let files = [
            ("src/config/elastalert.yaml", "es_host: h\nrules_folder: /opt/rules\n"),
            ("src/config/environments/Default.yaml", "tokens: { LONG: \"a much longer value\" }\n"),
            ("src/rules/a.yaml", "name: @@LONG@@ b\ntimeframe: {minuts: 3}\nalert: @@LONG@@\n"),
            ("src/rules/b.yaml", "name: b\ntype: any\n"),
            ("src/rules/c.yaml", "name: c\ntype: any\n"),
        ];
        let file = |(path, text): &(&str, &str)| ((*path).to_owned(), Bytes::from(text.as_bytes().to_vec()));
        build(Sources {
            root: "/w".into(),
            prefix: "src/",
            revision: 1,
            files: files.iter().map(file).collect(),
            problems: Vec::new(),
            set: &[],
            octopus: false,
        })
    }

    fn told(lines: &[&str]) -> Vec<Finding> {
        let workspace = workspace();
        let environment = &workspace.environments[0];
        let rendering = render(&workspace, environment, &BTreeMap::new());
        let preflight = read(lines.join("\n").as_bytes(), &Masker::default()).unwrap();
        let context = Context {
            workspace: &workspace,
            rendering: &rendering,
            mounts: &environment.target.mounts,
            facts: facts::elastalert(),
        };
        findings(&preflight, context)
    }

    fn config(more: &str) -> String {
        format!(r#"{{"v":1,"kind":"config","path":"/opt/config/elastalert.yaml","verdict":"loads"{more}}}"#)
    }

    fn rule(name: &str, verdict: &str, more: &str) -> String {
        format!(
            r#"{{"v":1,"kind":"rule","path":"/opt/rules/{name}.yaml","name":"{name}","verdict":"{verdict}"{more}}}"#
        )
    }

    fn loads(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| rule(name, "loads", "")).collect()
    }

    fn run(config: &str, rules: &[String]) -> Vec<Finding> {
        let lines = [IMAGE, config].into_iter().chain(rules.iter().map(String::as_str)).chain([END]);
        told(&lines.collect::<Vec<_>>())
    }

    fn codes(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.problem.code).collect()
    }

    #[test]
    fn nothing_is_found_where_everything_loads() {
        assert_eq!(run(&config(""), &loads(&["a", "b", "c"])), []);
    }

    #[test]
    fn a_refusal_stands_where_the_template_has_the_value() {
        let flawed = rule(
            "a",
            "refused",
            r#","stage":"options","error":{"class":"EAException","message":"no","problems":[{"path":["timeframe"],"message":"x","allowed":["days"]},{"path":[],"message":"y"}]}"#,
        );
        let found = run(&config(""), &[vec![flawed], loads(&["b", "c"])].concat());
        let problem = &found[0].problem;
        assert_eq!(problem.place.as_ref().unwrap().to_string(), "src/rules/a.yaml:2:1");
        assert_eq!(problem.why, ["no", "y", "ElastAlert does not start with it"]);
        assert_eq!(problem.hint.as_deref(), Some("it takes days"));

        let by_line = rule(
            "a",
            "refused",
            r#","stage":"read","error":{"class":"E","message":"no","line":1,"column":27}"#,
        );
        let found = run(&config(""), &[vec![by_line], loads(&["b", "c"])].concat());
        // Behind a token that was shorter in the template.
        assert_eq!(found[0].problem.place.as_ref().unwrap().to_string(), "src/rules/a.yaml:1:16");

        let by_stage = rule("a", "refused", r#","stage":"alerts","error":{"class":"E","message":"no"}"#);
        let found = run(&config(""), &[vec![by_stage], loads(&["b", "c"])].concat());
        assert_eq!(found[0].problem.place.as_ref().unwrap().to_string(), "src/rules/a.yaml:3:1");
    }

    #[test]
    fn it_is_told_whether_skip_invalid_lets_it_start() {
        let why = |skip: bool, caught: bool| {
            let more = format!(r#","skip_invalid_catches":{caught},"error":{{"class":"E","message":"no"}}"#);
            let rules = [vec![rule("a", "refused", &more)], loads(&["b", "c"])].concat();
            let found = run(&config(&format!(r#","skip_invalid":{skip}"#)), &rules);
            found[0].problem.why.last().unwrap().clone()
        };
        assert!(why(true, true).contains("starts without this rule"));
        assert!(why(true, false).contains("does not start"));
        assert!(why(false, true).contains("does not start"));
    }

    #[test]
    fn each_kind_of_end_has_its_own_code() {
        for (verdict, code, severity) in [
            ("hangs", "preflight.hangs", Severity::Error),
            ("died", "preflight.died", Severity::Error),
            ("unsure", "preflight.unsure", Severity::Warning),
            ("refused", "preflight.refused", Severity::Error),
            ("something new", "preflight.refused", Severity::Error),
        ] {
            let rules =
                [vec![rule("a", verdict, r#","error":{"class":"E","message":"no"}"#)], loads(&["b", "c"])];
            let found = run(&config(""), &rules.concat());
            assert_eq!((codes(&found), found[0].severity), (vec![code], severity), "{verdict}");
        }
        let twin = rule(
            "b",
            "refused",
            r#","stage":"duplicate","other":"/opt/rules/a.yaml","error":{"class":"E","message":"no"}"#,
        );
        let found = run(&config(""), &[loads(&["a", "c"]), vec![twin]].concat());
        assert_eq!(codes(&found), ["preflight.duplicate"]);
        assert!(found[0].problem.to_string().contains("the other one is src/rules/a.yaml"));
        let refused =
            config(r#","stage":"config","error":{"class":"E","message":"no"}"#).replace("loads", "refused");
        assert_eq!(
            codes(&run(&refused, &[])),
            ["preflight.config"],
            "rules that were not tried are not told"
        );
    }

    #[test]
    fn what_many_rules_need_is_one_note() {
        let need = r#","needs":[{"kind":"search","where":"h:9200","why":"it searches logs"},{"kind":"search","where":"h:9200","why":"it searches more"}]"#;
        let rules: Vec<String> = ["a", "b", "c"].iter().map(|name| rule(name, "loads", need)).collect();
        let found = run(&config(""), &rules);
        assert_eq!(codes(&found), ["preflight.needs"]);
        assert_eq!(found[0].problem.what, "3 rules need the search engine at h:9200 at start");
        assert_eq!(found[0].problem.why[0], "a, b, c: it searches logs");
    }

    #[test]
    fn rules_that_elastalert_does_not_look_at_and_another_version_are_told() {
        let found = run(&config(""), &loads(&["a"]));
        assert_eq!(codes(&found), ["preflight.unseen"]);
        assert!(found[0].problem.to_string().contains("rules/b.yaml, rules/c.yaml"));
        let other = IMAGE.replace("2.31.0", "2.19.0");
        let all = loads(&["a", "b", "c"]);
        let lines = [other.as_str(), &config(""), &all[0], &all[1], &all[2], END].map(str::to_owned);
        let found = told(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(codes(&found), ["preflight.version"]);
    }
}
