//! The whole of it: the configuration, then each rule file through the steps of the loader, then names that are
//! taken. Each step that fails says how far the rule came.

use std::collections::BTreeMap;

use super::dict::Dict;
use super::fault::{Fault, Result, Stop};
use super::files::{Files, Found};
use super::folders::{self, RuleFile};
use super::outcome::{Loaded, Need, Outcome, RuleOutcome, Stage};
use super::{Input, alerters, config, import, options, plain, read, rule_types, start};

/// What becomes of the configuration and of each rule.
pub(super) fn load(input: &Input<'_>) -> Loaded {
    let files = Files::new(input);
    let parsed = match input.files.get_key_value(input.config) {
        None => return refused(config::absent(), Stage::Config, Vec::new()),
        Some((path, bytes)) => match read::read(path, bytes, input.variables) {
            Ok(parsed) => parsed,
            Err(stop) => return refused(stop, Stage::Config, Vec::new()),
        },
    };
    let conf = match config::load(&parsed, input.variables) {
        Ok(conf) => conf,
        Err(stop) => return refused(stop, Stage::Config, Vec::new()),
    };
    let mut needs = Vec::new();
    let mut outcome = Outcome::Loads;
    if let Err(stop) = config::start(&conf, &files, &mut needs) {
        outcome = stop.into_outcome(Stage::Config);
    }
    if outcome.refusal().is_some() {
        return Loaded { config: outcome, needs, skip_invalid: false, rules: Vec::new() };
    }
    let found = match folders::rules(&conf, &files, &mut needs) {
        Ok(found) => found,
        Err(stop) => return refused(stop, Stage::Find, needs),
    };
    if outcome.loads()
        && let Some(need) = needs.iter().find(|need| matches!(need, Need::Folder { .. }))
    {
        outcome = Outcome::Unknown(need.clone());
    }
    let mut rules: Vec<RuleOutcome> =
        found.iter().map(|file| one(file, &conf, &files, input.values)).collect();
    duplicates(&mut rules);
    Loaded { config: outcome, needs, skip_invalid: conf.is_true("skip_invalid"), rules }
}

fn refused(stop: Stop, stage: Stage, needs: Vec<Need>) -> Loaded {
    Loaded { config: stop.into_outcome(stage), needs, skip_invalid: false, rules: Vec::new() }
}

/// One rule, with what was learnt of it before it failed.
fn one(file: &RuleFile<'_>, conf: &Dict<'_>, files: &Files<'_>, values: bool) -> RuleOutcome {
    let mut told = RuleOutcome {
        path: file.rendered.to_owned(),
        name: None,
        enabled: None,
        outcome: Outcome::Loads,
        needs: Vec::new(),
        values: None,
    };
    let mut stage = Stage::Read;
    if let Err(stop) = steps(file, conf, files, values, &mut told, &mut stage) {
        told.outcome = stop.into_outcome(stage);
        told.enabled = None;
    }
    told
}

fn steps(
    file: &RuleFile<'_>,
    conf: &Dict<'_>,
    files: &Files<'_>,
    values: bool,
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
    *stage = Stage::Alerts;
    alerters::load(&mut rule, "alert", files, &mut told.needs)?;
    *stage = Stage::Start;
    let enabled = rule.get("is_enabled").is_none_or(super::value::Value::is_true);
    told.enabled = Some(enabled);
    if enabled {
        start::check(&rule, conf)?;
    }
    Ok(())
}

/// A name may be taken once. Which of two files the loader blames depends on the order of the disk, so the other one is
/// told too.
fn duplicates(rules: &mut [RuleOutcome]) {
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    for rule in rules {
        // One that fails at its very start had its name taken before.
        let named = match &rule.outcome {
            Outcome::Loads => true,
            Outcome::Refused(refusal) => refusal.stage == Stage::Start,
            Outcome::Unknown(_) => false,
        };
        let Some(name) = rule.name.clone().filter(|_| named) else { continue };
        match first.get(&name) {
            None => _ = first.insert(name, rule.path.clone()),
            Some(other) => {
                let message = format!("the rule in {other} has the same name");
                let mut fault = Fault::ea("rule.name", message).key("name");
                fault.other = Some(other.clone());
                rule.outcome = Stop::Fault(Box::new(fault)).into_outcome(Stage::Duplicate);
            }
        }
    }
}
