//! The processes of a container from three sources: `top` with the columns we want, `top` as the engine likes it,
//! and `/proc` read by a command in the container. The first two run a `ps` on the engine's host, which may not
//! have one, or one that knows no such columns; a table that cannot be had is a problem, never an empty table.

use std::collections::HashMap;

use crate::domain::process::{Process, ProcessTable};
use crate::domain::text::sanitise;

/// What `ps` is asked for, in the words of procps.
pub(super) const COLUMNS: &str = "-eo pid,ppid,etimes,nlwp,args";

/// How much the command that reads `/proc` may print.
pub(super) const OUTPUT: usize = 1024 * 1024;

/// Marks the command that reads `/proc`, so that it does not list itself.
const MARK: &str = "alertdeck-reads-proc";

/// Prints the uptime, and for each process its `stat` and its arguments. A process that ends meanwhile is left out.
pub(super) fn script() -> Vec<String> {
    // Not `echo`, which reads escapes in what it prints.
    let script = format!(
        ": {MARK}; read -r up rest </proc/uptime; printf 'U %s\\n' \"$up\"; for p in /proc/[0-9]*; do \
         s=$(tr '\\n' ' ' <$p/stat 2>/dev/null) && a=$(tr '\\000\\n' '  ' <$p/cmdline 2>/dev/null) && \
         printf 'S %s\\nA %s\\n' \"$s\" \"$a\"; done"
    );
    vec!["sh".into(), "-c".into(), script]
}

/// Reads the answer of `top`, whatever columns it has; `None` when it cannot be understood.
pub(super) fn from_top(
    titles: &[String],
    rows: &[Vec<String>],
    host_pid: Option<i64>,
) -> Option<ProcessTable> {
    let column = |names: &[&str]| {
        titles.iter().position(|title| names.iter().any(|name| title.trim().eq_ignore_ascii_case(name)))
    };
    let pid = column(&["PID"])?;
    let parent = column(&["PPID"])?;
    let args = column(&["COMMAND", "CMD", "ARGS"])?;
    let elapsed = column(&["ELAPSED"]);
    let threads = column(&["NLWP", "THCNT"]);
    let mut processes = Vec::with_capacity(rows.len());
    for row in rows {
        let cell = |column: usize| row.get(column).map(|text| text.trim());
        processes.push(Process {
            pid: cell(pid)?.parse().ok()?,
            ppid: cell(parent)?.parse().ok()?,
            elapsed: elapsed.and_then(cell).and_then(|text| text.parse().ok()),
            threads: threads.and_then(cell).and_then(|text| text.parse().ok()),
            args: sanitise(cell(args)?.as_bytes()),
        });
    }
    Some(table(processes, host_pid))
}

/// Reads what [`script`] printed; `None` when that is not it.
pub(super) fn from_proc(text: &str) -> Option<ProcessTable> {
    let mut lines = text.lines();
    let uptime: f64 = lines.next()?.strip_prefix("U ")?.trim().parse().ok()?;
    let mut processes = Vec::new();
    while let (Some(stat), Some(args)) = (lines.next(), lines.next()) {
        let (stat, args) = (stat.strip_prefix("S ")?, args.strip_prefix("A ")?.trim());
        let pid: i64 = stat.split_whitespace().next()?.parse().ok()?;
        // The name stands in brackets, and may hold some itself.
        let (front, fields) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let parent: i64 = fields.get(1)?.parse().ok()?;
        let threads = fields.get(17).and_then(|field| field.parse().ok());
        // Kernels count start times in hundredths of a second for user space.
        let started: f64 = fields.get(19)?.parse().ok()?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is cut, and not negative"
        )]
        let elapsed = (uptime - started / 100.0).max(0.0) as u64;
        if args.contains(MARK) {
            continue;
        }
        let args = if args.is_empty() {
            front.split_once('(').map(|(_, name)| format!("[{name}]")).unwrap_or_default()
        } else {
            args.to_owned()
        };
        processes.push(Process {
            pid,
            ppid: parent,
            elapsed: Some(elapsed),
            threads,
            args: sanitise(args.as_bytes()),
        });
    }
    (!processes.is_empty()).then(|| table(without_orphans_of_the_script(processes), None))
}

/// The children of the script itself, `cat` and `tr`, have a parent that is not in the table.
fn without_orphans_of_the_script(processes: Vec<Process>) -> Vec<Process> {
    let known: HashMap<i64, i64> = processes.iter().map(|process| (process.pid, process.ppid)).collect();
    processes.into_iter().filter(|process| process.ppid == 0 || known.contains_key(&process.ppid)).collect()
}

/// A table with its root: the container's first process by the host's numbers, or 1 where the numbers are the
/// container's own, as with Podman and `/proc`.
fn table(processes: Vec<Process>, host_pid: Option<i64>) -> ProcessTable {
    let has = |pid: i64| processes.iter().any(|process| process.pid == pid);
    let root = host_pid.filter(|pid| has(*pid)).or_else(|| Some(1).filter(|pid| has(*pid)));
    ProcessTable { processes, root }
}

#[cfg(test)]
#[expect(clippy::disallowed_types, reason = "a test runs the command that is meant for containers")]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn columns_are_found_by_their_titles() {
        let titles = row(&["PID", "PPID", "ELAPSED", "NLWP", "COMMAND"]);
        let rows = [row(&["812", "790", "61", "4", "/usr/bin/python3 /usr/bin/elastalert --verbose"])];
        let table = from_top(&titles, &rows, Some(812)).unwrap();
        assert_eq!(table.root, Some(812));
        assert_eq!(table.processes[0].elapsed, Some(61));
        assert_eq!(table.processes[0].threads, Some(4));
        let titles = row(&["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]);
        let rows = [row(&["root", "812", "790", "0", "05:00", "?", "00:00:00", "sleep 60"])];
        let table = from_top(&titles, &rows, None).unwrap();
        assert_eq!(table.processes[0].args, "sleep 60");
        assert_eq!((table.processes[0].elapsed, table.root), (None, None));
    }

    #[test]
    fn a_table_without_the_needed_columns_is_no_table() {
        // busybox, and a ps that suppresses its header
        assert_eq!(from_top(&row(&["PID", "USER", "COMMAND"]), &[row(&["1", "root", "sh"])], None), None);
        assert_eq!(from_top(&[], &[], None), None);
        assert_eq!(from_top(&row(&["PID", "PPID", "CMD"]), &[row(&["1root", "0", "sh"])], None), None);
    }

    #[test]
    fn the_command_reads_proc_here_as_well() {
        if cfg!(target_os = "linux") {
            let [program, option, script] = script().try_into().unwrap();
            let output = std::process::Command::new(program).args([option, script]).output().unwrap();
            let table = from_proc(&String::from_utf8_lossy(&output.stdout)).unwrap();
            let us = i64::from(std::process::id());
            assert!(table.processes.iter().any(|process| process.pid == us && process.threads >= Some(1)));
        }
    }

    #[test]
    fn proc_is_read_with_odd_names() {
        let text = "U 1000.50 \nS 1 (init (x) y) S 0 1 1 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 90000 1 1\nA \nS 7 (python3) S 1 1 1 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 5 0 99050 1 1\nA python3 /usr/bin/elastalert \nS 20 (sh) S 0 1 1 0 -1 0 1 1 1 1 1 1 1 1 20 0 1 0 99050 1 1\nA sh -c : alertdeck-reads-proc; x\nS 21 (tr) S 20 1 1 0 -1 0 1 1 1 1 1 1 1 1 20 0 1 0 99050 1 1\nA tr\n";
        let table = from_proc(text).unwrap();
        let seen: Vec<_> =
            table.processes.iter().map(|p| (p.pid, p.ppid, p.threads, p.args.as_str())).collect();
        assert_eq!(seen, [(1, 0, Some(1), "[init (x) y]"), (7, 1, Some(5), "python3 /usr/bin/elastalert")]);
        assert_eq!(table.processes[1].elapsed, Some(10));
        assert_eq!(table.root, Some(1));
        assert_eq!(from_proc("sh: not found\n"), None);
        assert_eq!(from_proc(""), None);
    }
}
