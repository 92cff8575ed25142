//! The whole of it: the configuration, then each rule file through the steps of the loader, then names that are
//! taken. Each step that fails says how far the rule came.

use std::collections::HashMap;

use super::depends::{Depends, Given, Varying, Watch};
use super::dict::Dict;
use super::fault::{Fault, Result, Stop};
use super::files::{Files, Found, Shared};
use super::folders::{self, RuleFile};
use super::outcome::{Loaded, Need, Outcome, RuleOutcome, Stage};
use super::read::Parsed;
use super::{Input, alerters, config, import, options, plain, read, rule_types, start};

/// What becomes of the configuration and of each rule.
pub(super) fn load(input: &Input<'_>) -> Loaded {
    let opened = Opened::new(input);
    let loader = Loader::new(input, &opened);
    let varying = Varying::default();
    let mut rules: Vec<RuleOutcome> =
        loader.files().iter().map(|file| loader.one(file, None, &varying).0).collect();
    let names: Vec<Option<&str>> = rules.iter().map(taken).collect();
    for (rule, other) in twice(&names) {
        let other = rules.get(other).map(|rule| rule.path.clone()).unwrap_or_default();
        let Some(rule) = rules.get_mut(rule) else { continue };
        let message = format!("the rule in {other} has the same name");
        let mut fault = Fault::ea("rule.name", message).key("name");
        fault.other = Some(other);
        rule.outcome = Stop::Fault(Box::new(fault)).into_outcome(Stage::Duplicate);
    }
    let Loader { outcome, needs, skip_invalid, .. } = loader;
    Loaded { config: outcome, needs, skip_invalid, rules }
}

/// The configuration once it is read, and the files beside it.
#[derive(Debug)]
pub struct Opened<'a> {
    config: Result<Parsed>,
    shared: Shared<'a>,
}

impl<'a> Opened<'a> {
    /// Reads the configuration.
    pub fn new(input: &'a Input<'a>) -> Self {
        let config = match input.files.get_key_value(input.config) {
            None => Err(config::absent()),
            Some((path, bytes)) => read::read(path, bytes, input.variables, None),
        };
        Self { config, shared: Shared::new(input) }
    }
}

/// `ElastAlert` once it has its configuration and knows its rule files. Each rule is loaded by itself, in any order and
/// by any thread; only that a name may be taken once is between them.
#[derive(Debug)]
pub struct Loader<'a> {
    shared: &'a Shared<'a>,
    conf: Option<Dict<'a>>,
    files: Vec<RuleFile<'a>>,
    values: bool,
    debug: bool,
    /// What becomes of the configuration.
    pub outcome: Outcome,
    /// What it asks of the world.
    pub needs: Vec<Need>,
    /// Whether it goes on when a rule is refused in a way that it catches.
    pub skip_invalid: bool,
}

impl<'a> Loader<'a> {
    /// Comes as far as the rules.
    pub fn new(input: &'a Input<'a>, opened: &'a Opened<'a>) -> Self {
        let mut loader = Self {
            shared: &opened.shared,
            conf: None,
            files: Vec::new(),
            values: input.values,
            debug: input.debug,
            outcome: Outcome::Loads,
            needs: Vec::new(),
            skip_invalid: false,
        };
        let conf =
            opened.config.as_ref().map_err(Clone::clone).and_then(|file| config::load(file, input.variables));
        let conf = match conf {
            Ok(conf) => conf,
            Err(stop) => return loader.refused(stop, Stage::Config),
        };
        let files = Files::new(loader.shared);
        let mut needs = Vec::new();
        let started = config::start(&conf, &files, &mut needs);
        let found = started.as_ref().map_or_else(|stop| matches!(stop, Stop::Unknown(_)), |()| true);
        let found = found.then(|| folders::rules(&conf, &files, input.only, &mut needs));
        drop(files);
        loader.needs = needs;
        if let Err(stop) = started {
            loader.outcome = stop.into_outcome(Stage::Config);
        }
        match found {
            None => return loader,
            Some(Err(stop)) => return loader.refused(stop, Stage::Find),
            Some(Ok(found)) => loader.files = found,
        }
        if loader.outcome.loads()
            && let Some(need) = loader.needs.iter().find(|need| matches!(need, Need::Folder { .. }))
        {
            loader.outcome = Outcome::Unknown(need.clone());
        }
        loader.skip_invalid = conf.is_true("skip_invalid");
        loader.conf = Some(conf);
        loader
    }

    fn refused(self, stop: Stop, stage: Stage) -> Self {
        Self { outcome: stop.into_outcome(stage), ..self }
    }

    /// The rule files, in the order of their paths in the rendering.
    pub(super) fn files(&self) -> &[RuleFile<'a>] {
        &self.files
    }

    /// As which paths of the container it loads a file of the rendering.
    pub fn paths(&self, rendered: &str) -> impl Iterator<Item = &str> {
        let from = self.files.partition_point(|file| file.rendered < rendered);
        let rest = self.files.get(from..).unwrap_or_default().iter();
        rest.take_while(move |file| file.rendered == rendered).map(|file| file.path.as_str())
    }

    /// Loads the rule that it has at a path of the container. `given` is the text of its file, if that was read already.
    pub fn rule(
        &self,
        path: &str,
        rendered: &str,
        given: Option<&Given>,
        varying: &Varying,
    ) -> (RuleOutcome, Depends) {
        self.one(&RuleFile { path: path.to_owned(), rendered }, given, varying)
    }

    /// Whether it would be answered the same as the one that was asked before. Where `same_paths` says that there are
    /// files at the same paths, only what they hold is looked at.
    pub fn answers(&self, own: &str, depends: &Depends, same_paths: bool) -> bool {
        let asked = depends.asked.iter();
        let mut open = asked.filter(|(path, answer)| {
            !same_paths || path != own && matches!(answer, super::depends::Answer::File(..))
        });
        open.all(|(path, answer)| self.shared.answer(path) == *answer)
    }

    /// The keys in which the configurations of loaders differ.
    pub fn varying(loaders: &[Self]) -> Varying {
        let configs: Vec<&Dict<'_>> = loaders.iter().filter_map(|loader| loader.conf.as_ref()).collect();
        Varying::of(&configs)
    }

    /// One rule, with what was learnt of it before it failed.
    fn one(&self, file: &RuleFile<'_>, given: Option<&Given>, varying: &Varying) -> (RuleOutcome, Depends) {
        let mut told = RuleOutcome {
            path: file.rendered.to_owned(),
            name: None,
            enabled: None,
            outcome: Outcome::Loads,
            needs: Vec::new(),
            values: None,
        };
        let Some(conf) = &self.conf else { return (told, Depends::default()) };
        let mut stage = Stage::Read;
        let files = Files::given(self.shared, given.map(|given| (file.rendered, given)));
        let watch = Watch::new(varying);
        let conf = conf.watched(&watch);
        if let Err(stop) = steps(file, &conf, &files, (self.values, self.debug), &mut told, &mut stage) {
            told.outcome = stop.into_outcome(stage);
            told.enabled = None;
        }
        let (asked, variables) = files.into_asked();
        // A place in the configuration is another one in another configuration.
        let blamed = told.outcome.refusal().and_then(|refusal| refusal.at.as_ref());
        let config = watch.is_met() || blamed.is_some_and(|at| at.file != file.rendered);
        (told, Depends { asked, variables, config })
    }
}

fn steps(
    file: &RuleFile<'_>,
    conf: &Dict<'_>,
    files: &Files<'_>,
    (values, debug): (bool, bool),
    told: &mut RuleOutcome,
    stage: &mut Stage,
) -> Result<()> {
    // A folder may be named in a way that leads elsewhere; what was found is what is read.
    let path = match files.find(&file.path) {
        Found::File(..) => file.path.as_str(),
        _ => return Ok(()),
    };
    let chain = import::gather(files, path)?;
    if chain.is_set {
        *stage = Stage::Options;
        let mut fault = Fault::ea("yaml.mapping", "the file holds a set and not a mapping");
        fault.cause = Some("ValidationError");
        return fault.stop();
    }
    let mut rule = import::merge(&chain, path);
    let name = |rule: &Dict<'_>| rule.get("name").and_then(|name| name.text().map(str::to_owned));
    told.name = name(&rule);
    *stage = Stage::Options;
    let loaded = options::load(&mut rule, conf, path, files);
    told.name = name(&rule);
    loaded?;
    if values {
        told.values = Some(plain::rule(&rule));
    }
    *stage = Stage::Type;
    rule_types::load(&mut rule, files, &mut told.needs)?;
    if !debug {
        *stage = Stage::Alerts;
        alerters::load(&mut rule, "alert", files, &mut told.needs)?;
    }
    *stage = Stage::Start;
    let enabled = rule.get("is_enabled").is_none_or(super::value::Value::is_true);
    told.enabled = Some(enabled);
    if enabled {
        start::check(&rule, conf)?;
    }
    Ok(())
}

/// The name that a rule takes, so that no other can have it.
pub fn taken(rule: &RuleOutcome) -> Option<&str> {
    // One that fails at its very start had its name taken before.
    let named = match &rule.outcome {
        Outcome::Loads => true,
        Outcome::Refused(refusal) => refusal.stage == Stage::Start,
        Outcome::Unknown(_) => false,
    };
    rule.name.as_deref().filter(|_| named)
}

/// A name may be taken once: those that take one again, and who has it. Which of two files the loader blames depends on
/// the order of the disk.
pub fn twice(names: &[Option<&str>]) -> Vec<(usize, usize)> {
    let mut first: HashMap<&str, usize> = HashMap::with_capacity(names.len());
    let mut again = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let Some(name) = name else { continue };
        match first.get(name) {
            Some(other) => again.push((at, *other)),
            None => _ = first.insert(name, at),
        }
    }
    again
}
