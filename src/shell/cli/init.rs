//! `init`: makes a workspace to begin with, or adds what one lacks. It says of each file whether it was made or left, and
//! never writes over one.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::domain::problem::Problem;
use crate::domain::text::sanitise;
use crate::engine::init::Outcome;
use crate::engine::{Engine, World};
use crate::shell::print::{Exit, Printer, Role};
use crate::shell::table::{Cell, Table};

/// What `init` takes.
#[derive(Clone, Debug, Args)]
pub struct InitArguments {
    /// The folder, which need not be there
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The image that runs ElastAlert [default: that of the workspace, else alertdeck/elastalert:2.31.0]
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,
    /// Only say what would be made
    #[arg(long)]
    pub dry_run: bool,
}

/// Makes the files and says which.
pub async fn run<W: World>(
    engine: Engine<W>,
    out: Printer,
    arguments: InitArguments,
) -> Result<Exit, Problem> {
    out.begin()?;
    let image = arguments.image.filter(|image| !image.is_empty());
    if image
        .as_ref()
        .is_some_and(|image| image.contains(|c: char| c.is_whitespace() || c.is_control() || c == '"'))
    {
        return Err(Problem::new("init.image", "that cannot name an image")
            .hint("a name is like alertdeck/elastalert:2.31.0"));
    }
    let report = engine.init(image, arguments.dry_run).await?;
    let mut table = Table::new(["", "FILE", ""]);
    for file in &report.files {
        if out.json() {
            out.record("file", file)?;
            continue;
        }
        let (role, word) = match file.outcome {
            Outcome::Made => (Role::Good, "made"),
            Outcome::WouldMake => (Role::Good, "would make"),
            Outcome::Left => (Role::Dim, "left"),
        };
        let why = file.why.as_deref().unwrap_or_default();
        table.row(vec![
            Cell::new(role, word),
            sanitise(file.path.as_bytes()).into(),
            Cell::new(Role::Dim, sanitise(why.as_bytes())),
        ]);
    }
    let of = |outcome| report.files.iter().filter(|file| file.outcome == outcome).count();
    if out.json() {
        out.record(
            "summary",
            &json!({ "made": of(Outcome::Made), "would-make": of(Outcome::WouldMake), "left": of(Outcome::Left) }),
        )?;
    } else if !report.files.is_empty() {
        table.print(&out)?;
    }
    if let Some(problem) = report.problem {
        return Err(problem);
    }
    if !out.json() && of(Outcome::Made) > 0 {
        let folder = quoted(&sanitise(arguments.folder.to_string_lossy().as_bytes()));
        out.talk(format!(
            "next: fill in config/environments/Default.yaml, and alertdeck check --workspace {folder}"
        ));
    }
    Ok(Exit::Ok)
}

/// A path as a shell reads it as one word, and a program as no option.
fn quoted(path: &str) -> String {
    let path = if path.starts_with('-') { format!("./{path}") } else { path.to_owned() };
    let plain =
        |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | ',' | ':' | '@' | '%');
    if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_to_copy_is_one_that_a_shell_reads() {
        for (path, word) in [
            ("alerts/a.b", "alerts/a.b"),
            ("my rules", "'my rules'"),
            ("it's", r"'it'\''s'"),
            ("-x", "./-x"),
            ("$(x)", "'$(x)'"),
            ("wörk", "wörk"),
        ] {
            assert_eq!(quoted(path), word);
        }
    }
}
