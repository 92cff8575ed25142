//! `alertdeck logs`: what the container of an environment says, to its end, or on and on over its containers. Lines go
//! to standard output; marks of our own, such as a release taking over, are among them.

use std::str::FromStr;

use tokio::sync::mpsc;

use crate::domain::log::{Level, LogBatch, LogLine, Since, Stream};
use crate::domain::problem::Problem;
use crate::domain::remote::Timestamp;
use crate::engine::{Clock, World};
use crate::shell::cli::Context;
use crate::shell::print::{Exit, Printer, Role};

/// How many lines are shown before what is new, unless somebody says.
const BEFORE: usize = 100;
/// How many batches may wait for being printed.
const QUEUE: usize = 4;

/// What `logs` takes.
#[derive(Debug, clap::Args)]
pub struct LogsArguments {
    /// The environment
    #[arg(value_name = "ENV")]
    pub env: Option<String>,
    /// Go on until it is interrupted
    #[arg(short, long)]
    pub follow: bool,
    /// From then on: a time, or how long ago, such as `10m`
    #[arg(long, value_name = "TIME", conflicts_with = "tail")]
    pub since: Option<Back>,
    /// The newest so many lines; the default is all, and 100 with --follow
    #[arg(long, value_name = "LINES")]
    pub tail: Option<usize>,
    /// The engine's time before each line
    #[arg(short, long)]
    pub timestamps: bool,
}

/// A point in the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    /// That one.
    Time(Timestamp),
    /// So long before now.
    Ago(jiff::SignedDuration),
}

impl FromStr for Back {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(time) = text.parse() {
            return Ok(Self::Time(time));
        }
        match text.parse::<jiff::SignedDuration>() {
            Ok(ago) if !ago.is_negative() => Ok(Self::Ago(ago)),
            _ => {
                Err("it is neither a time like 2026-01-02T03:04:05Z nor a duration like 10m or 2h".to_owned())
            }
        }
    }
}

/// Prints the log.
pub async fn run<W: World>(context: &Context<W>, arguments: LogsArguments) -> Result<Exit, Problem> {
    let name = context.choose(arguments.env.as_deref()).await?.name;
    let overview = context.engine.open(1).await?;
    let since = match (arguments.since, arguments.tail) {
        (Some(Back::Time(time)), _) => Since::Time(time),
        (Some(Back::Ago(ago)), _) => {
            let now = context.engine.world.clock().now();
            now.checked_sub(ago).map_or(Since::Beginning, Since::Time)
        }
        (None, Some(lines)) => Since::Tail(lines),
        (None, None) if arguments.follow => Since::Tail(BEFORE),
        (None, None) => Since::Beginning,
    };
    let (sender, receiver) = mpsc::channel(QUEUE);
    let reading = async {
        if arguments.follow {
            context.engine.follow(&overview, &name, since, sender).await
        } else {
            context.engine.log(&overview, &name, since, sender).await
        }
    };
    let both = async {
        let (read, printed) = tokio::join!(reading, print(context.out, receiver, arguments.timestamps));
        // Whoever stops reading what we print ends the reading, and that comes first.
        printed.and(read)
    };
    tokio::select! {
        ended = both => ended.map(|()| Exit::Ok),
        interrupted = tokio::signal::ctrl_c() => {
            interrupted.map_err(|error| Problem::new("signal", "signals cannot be heard").why(error.to_string()))?;
            Ok(Exit::Interrupted)
        }
    }
}

async fn print(out: Printer, mut batches: mpsc::Receiver<LogBatch>, timestamps: bool) -> Result<(), Problem> {
    while let Some(batch) = batches.recv().await {
        for line in &batch.lines {
            if out.json() {
                out.record("line", line)?;
            } else {
                out.line(shown(out, line, timestamps))?;
            }
        }
    }
    Ok(())
}

fn shown(out: Printer, line: &LogLine, timestamps: bool) -> String {
    let text = match (line.stream, line.level) {
        (Stream::Mark, _) => out.paint(Role::Name, &line.text),
        (_, Level::Error) => out.paint(Role::Bad, &line.text),
        (_, Level::Warning) => out.paint(Role::Warn, &line.text),
        (_, Level::Debug) => out.paint(Role::Dim, &line.text),
        (_, Level::Info) => line.text.clone(),
    };
    match line.at.filter(|_| timestamps) {
        Some(at) => format!("{} {text}", out.paint(Role::Dim, &at.to_string())),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_is_a_time_or_a_duration() {
        let time = "2026-01-02T03:04:05Z";
        assert_eq!(time.parse(), Ok(Back::Time(time.parse().unwrap())));
        assert_eq!("10m".parse(), Ok(Back::Ago(jiff::SignedDuration::from_secs(600))));
        assert_eq!("1h 30m".parse(), Ok(Back::Ago(jiff::SignedDuration::from_secs(5400))));
        for bad in ["", "soon", "-5m", "10"] {
            assert!(bad.parse::<Back>().is_err(), "{bad}");
        }
    }
}
