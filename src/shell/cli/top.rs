//! `alertdeck top`: the processes in the container of an environment, and which of them is `ElastAlert`. The answer is
//! no when there is none.

use serde_json::json;

use crate::domain::problem::Problem;
use crate::domain::process::Process;
use crate::engine::World;
use crate::shell::cli::Context;
use crate::shell::print::{Exit, Role};
use crate::shell::table::{Cell, Table};

/// What `top` takes.
#[derive(Debug, clap::Args)]
pub struct TopArguments {
    /// The environment
    #[arg(value_name = "ENV")]
    pub env: Option<String>,
}

/// Prints the processes.
pub async fn run<W: World>(context: &Context<W>, arguments: TopArguments) -> Result<Exit, Problem> {
    let out = context.out;
    let name = context.choose(arguments.env.as_deref()).await?.name;
    let overview = context.engine.open(1).await?;
    let (container, processes) = context.engine.processes(&overview, &name).await?;
    let its: Vec<i64> = processes.elastalerts().map(|process| process.pid).collect();
    let mut table = Table::new(["", "PID", "PARENT", "AGE", "THREADS", "COMMAND"]);
    for process in &processes.processes {
        let is_it = its.contains(&process.pid);
        if out.json() {
            let mut record = json!({ "elastalert": is_it });
            if let (Some(all), Ok(serde_json::Value::Object(fields))) =
                (record.as_object_mut(), serde_json::to_value(process))
            {
                all.extend(fields);
            }
            out.record("process", &record)?;
            continue;
        }
        table.row(row(process, is_it));
    }
    let count = processes.count();
    if out.json() {
        let summary = json!({ "environment": name, "container": container.name, "elastalerts": count });
        out.record("top", &summary)?;
    } else {
        table.print(&out)?;
        out.talk(match count {
            0 => format!("there is no ElastAlert in {}", container.name),
            1 => format!("* is the ElastAlert of {}", container.name),
            more => format!(
                "there are {more} ElastAlerts in {}: every alert is sent {more} times",
                container.name
            ),
        });
    }
    Ok(if count == 1 { Exit::Ok } else { Exit::Changes })
}

fn row(process: &Process, is_it: bool) -> Vec<Cell> {
    let or_nothing = |number: Option<String>| number.unwrap_or_else(|| "?".to_owned());
    vec![
        Cell::new(Role::Good, if is_it { "*" } else { "" }),
        process.pid.to_string().into(),
        process.ppid.to_string().into(),
        or_nothing(process.elapsed.map(age)).into(),
        or_nothing(process.threads.map(|count| count.to_string())).into(),
        if is_it { Cell::new(Role::Strong, process.args.clone()) } else { process.args.clone().into() },
    ]
}

/// `42 s`, `3 min`, `5 h`, `2 d`.
fn age(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}
