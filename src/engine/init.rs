//! Makes a workspace to begin with, or adds what one lacks. What is there stays as it is, whatever it is: each file is
//! made only where nothing stands, and before the first one is made all of them are looked at.

use serde::Serialize;

use crate::domain::environment::EnvName;
use crate::domain::overview::Overview;
use crate::domain::problem::Problem;
use crate::domain::rule::is_rule;
use crate::domain::skeleton::{self, IMAGE, Present, Wanted};
use crate::domain::token::tokens;
use crate::engine::workspace::work;
use crate::engine::{Engine, Files, World};

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was made.
    Made,
    /// It would be made.
    WouldMake,
    /// It, or what stands for it, is there and stays as it is.
    Left,
}

/// A file, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InitFile {
    /// Its path below the folder.
    pub path: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it was left.
    pub why: Option<String>,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InitReport {
    /// The files, in the order of their making.
    pub files: Vec<InitFile>,
    /// What ended it before the last one.
    pub problem: Option<Problem>,
}

impl<W: World> Engine<W> {
    /// Makes what the folder lacks of a workspace that runs `image`; with `dry_run` it only says what that would be.
    pub async fn init(&self, image: Option<String>, dry_run: bool) -> Result<InitReport, Problem> {
        let engine = self.clone();
        work(move || engine.make(image.as_deref(), dry_run)).await?
    }

    fn make(&self, image: Option<&str>, dry_run: bool) -> Result<InitReport, Problem> {
        let (present, theirs) = self.present()?;
        let image = image.or(theirs.as_deref()).unwrap_or(IMAGE);
        let wanted = skeleton::files(&present, image);
        let files = self.world.files();
        let mut blocked = Vec::new();
        for Wanted { path, text } in &wanted {
            if text.is_ok()
                && let Err(problem) = files.stands(&self.root, path)
                && !blocked.contains(&problem)
            {
                blocked.push(problem);
            }
        }
        if let Some(mut problem) = blocked.pop() {
            problem.why.extend(blocked.into_iter().map(|other| other.what));
            return Err(problem.why("nothing was made"));
        }
        let mut report = InitReport::default();
        for Wanted { path, text } in wanted {
            let (outcome, why) = match text {
                Err(why) => (Outcome::Left, Some(why)),
                Ok(_) if files.stands(&self.root, &path)? => (Outcome::Left, Some("it is there".to_owned())),
                Ok(_) if dry_run => (Outcome::WouldMake, None),
                Ok(text) => match files.create(&self.root, &path, text.as_bytes()) {
                    Ok(true) => (Outcome::Made, None),
                    Ok(false) => (Outcome::Left, Some("somebody made it meanwhile".to_owned())),
                    Err(problem) => {
                        report.problem = Some(problem);
                        break;
                    }
                },
            };
            report.files.push(InitFile { path, outcome, why });
        }
        Ok(report)
    }

    /// What the folder has already, and the image that its workspace names.
    fn present(&self) -> Result<(Present, Option<String>), Problem> {
        let files = self.world.files();
        let mut present = Present::default();
        if !files.is_dir(&self.root) {
            return Ok((present, None));
        }
        let (ignored, _) = files.read_tree(&self.root, &[".gitignore"])?;
        present.ignored = ignored.first().map(|file| String::from_utf8_lossy(&file.bytes).into_owned());
        let Ok(prefix) = self.prefix() else { return Ok((present, None)) };
        prefix.clone_into(&mut present.prefix);
        let workspace = self.read(1)?;
        present.config = workspace
            .config()
            .and_then(|path| workspace.template(path))
            .map(|template| template.source.strip_prefix(prefix).unwrap_or(&template.source).to_owned());
        present.rules = workspace.templates.iter().filter(|template| is_rule(&template.path)).count();
        let texts =
            workspace.templates.iter().filter_map(|template| std::str::from_utf8(&template.bytes).ok());
        present.used = texts.flat_map(tokens).map(|token| token.key.to_owned()).collect();
        present.supervisord = workspace.template("config/supervisord.conf").is_some();
        let (layers, _) = files.read_tree(
            &self.root,
            &[&format!("{prefix}config/environments"), &format!("{prefix}config/substitutions")],
        )?;
        let gives = |path: &str| [".yaml", ".yml", ".conf"].iter().any(|ending| path.ends_with(ending));
        present.layers = layers.iter().filter(|file| gives(&file.path)).count();
        let overview = Overview::of(workspace);
        let default = overview.workspace.environment(&EnvName::default_environment());
        let keys = default.into_iter().flat_map(|default| default.values.keys());
        present.keys = keys.filter(|key| *key != "ENVIRONMENT").cloned().collect();
        Ok((present, default.and_then(|default| default.target.image.clone())))
    }
}
