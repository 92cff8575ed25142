//! Which process in a container is `ElastAlert`. A path that merely contains the word is not: the identity is exact,
//! and it must descend from the container's own first process.

use serde::Serialize;

/// A process of a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Process {
    /// Its number.
    pub pid: i64,
    /// Its parent's number.
    pub ppid: i64,
    /// How long it has lived, in seconds, where the source tells.
    pub elapsed: Option<u64>,
    /// How many threads it has, where the source tells.
    pub threads: Option<u32>,
    /// Its command line, sanitised, secrets masked.
    pub args: String,
}

/// The processes of a container, and where they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ProcessTable {
    /// In the order of the source.
    pub processes: Vec<Process>,
    /// The container's first process, in the numbers of this table.
    pub root: Option<i64>,
}

impl Process {
    /// Whether its command line is that of `ElastAlert` itself: a Python whose script is `…/elastalert` or whose module
    /// is `elastalert` or `elastalert.elastalert`, or a directly executed `…/elastalert`.
    ///
    /// A process that merely has the word in its arguments (`tail -f elastalert.log`, `sh -c "elastalert …"`,
    /// `elastalert-create-index`) is not it. Command lines come as text, so a path with a space in it is not found;
    /// then the answer is no, which is never shown as healthy.
    pub fn is_elastalert(&self) -> bool {
        let words: Vec<&str> = self.args.split_whitespace().collect();
        after_elastalert(&words).is_some()
    }
}

/// The arguments of `ElastAlert`, where a command line is its own: a Python whose script is `…/elastalert` or whose
/// module is `elastalert` or `elastalert.elastalert`, or a directly executed `…/elastalert`.
pub fn after_elastalert<'w, 'a>(words: &'w [&'a str]) -> Option<&'w [&'a str]> {
    let (program, mut rest) = words.split_first()?;
    let program = file_name(program);
    if is_script(program) {
        return Some(rest);
    }
    if !is_python(program) {
        return None;
    }
    while let Some((word, behind)) = rest.split_first() {
        rest = behind;
        match *word {
            "-m" => return rest.split_first().filter(|(name, _)| is_module(name)).map(|(_, rest)| rest),
            // Code, not a script; what follows are its arguments.
            "-c" | "-" => return None,
            // Options with a value of their own.
            "-W" | "-X" | "--check-hash-based-pycs" => rest = rest.get(1..).unwrap_or_default(),
            word if word.starts_with("-m") => {
                return word.strip_prefix("-m").is_some_and(is_module).then_some(rest);
            }
            word if word.starts_with('-') => {}
            script => return is_script(file_name(script)).then_some(rest),
        }
    }
    None
}

impl ProcessTable {
    /// The processes that are `ElastAlert` and descend from the container's first process. One started by `exec` does
    /// not, and neither does one of another container that a sloppy `ps` lists as well.
    pub fn elastalerts(&self) -> impl Iterator<Item = &Process> {
        let root = self.root;
        self.processes.iter().filter(move |process| {
            process.is_elastalert() && root.is_some_and(|root| self.descends(process, root))
        })
    }

    /// The one `ElastAlert` there should be: the oldest in the order of the source. A worker that it forked, which has
    /// the same command line and an `ElastAlert` as its parent, is not another one.
    pub fn elastalert(&self) -> Option<&Process> {
        let pids: Vec<i64> = self.elastalerts().map(|process| process.pid).collect();
        self.elastalerts().find(|process| !pids.contains(&process.ppid))
    }

    /// How many there are that nobody of them forked: more than one alert twice.
    pub fn count(&self) -> usize {
        let pids: Vec<i64> = self.elastalerts().map(|process| process.pid).collect();
        self.elastalerts().filter(|process| !pids.contains(&process.ppid)).count()
    }

    fn descends(&self, process: &Process, root: i64) -> bool {
        let mut pid = process.pid;
        let mut parent = process.ppid;
        // No chain is longer than the table, and a table may lie about loops.
        for _ in 0..=self.processes.len() {
            if pid == root {
                return true;
            }
            let Some(next) = self.processes.iter().find(|process| process.pid == parent) else {
                return false;
            };
            (pid, parent) = (next.pid, next.ppid);
        }
        false
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_script(name: &str) -> bool {
    matches!(name, "elastalert" | "elastalert.py")
}

fn is_module(name: &str) -> bool {
    matches!(name, "elastalert" | "elastalert.elastalert" | "elastalert.__main__")
}

/// `python`, `python3`, `python3.13`, `pypy3`.
fn is_python(name: &str) -> bool {
    ["python", "pypy"].iter().any(|begin| {
        name.strip_prefix(begin)
            .is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: i64, parent: i64, args: &str) -> Process {
        Process { pid, ppid: parent, elapsed: None, threads: None, args: args.into() }
    }

    #[test]
    fn the_identity_is_exact() {
        for args in [
            "/opt/venv/bin/python3 /opt/venv/bin/elastalert --config /opt/config/elastalert.yaml --verbose",
            "python /usr/local/bin/elastalert",
            "python3.13 -m elastalert.elastalert --verbose",
            "/usr/bin/python3 -u -m elastalert --config x",
            "python3 -melastalert.elastalert",
            "python3 -W ignore -X dev /usr/bin/elastalert",
            "python2.7 /opt/elastalert/elastalert.py",
            "/usr/local/bin/elastalert --config x",
            "elastalert",
            "pypy3 /usr/bin/elastalert",
        ] {
            assert!(process(1, 0, args).is_elastalert(), "{args}");
        }
        for args in [
            "",
            "[elastalert]",
            "python3 /usr/local/bin/elastalert-create-index --config x",
            "/usr/local/bin/elastalert-create-index",
            "python3 /usr/bin/elastalert-test-rule rule.yaml",
            "/bin/sh /opt/elastalert/run.sh",
            "/bin/bash /opt/image/entry.sh",
            "sh -c elastalert --config x",
            "bash -c python3 /usr/bin/elastalert",
            "tail -f /opt/logs/elastalert.log",
            "tail -F elastalert",
            "tee /opt/logs/elastalert",
            "/opt/venv/bin/python3 /opt/venv/bin/supervisord --nodaemon --configuration /opt/elastalert/supervisord.conf",
            "python3 /opt/image/keep-log.py /opt/logs/elastalert 5000000",
            "python3 -c import elastalert.elastalert /usr/bin/elastalert",
            "python3 -m elastalert.create_index",
            "python3 -m elastalert.test_rule elastalert",
            "python3 -m pip install elastalert",
            "python3 - /usr/bin/elastalert",
            "python3",
            "python3 -u",
            "vi /usr/bin/elastalert",
            "pythonista /usr/bin/elastalert",
            "/opt/elastalert/bin/other",
            "su elastalert",
            "timeout 5 elastalert",
        ] {
            assert!(!process(1, 0, args).is_elastalert(), "{args}");
        }
    }

    fn stack() -> ProcessTable {
        ProcessTable {
            processes: vec![
                process(812, 790, "/sbin/docker-init -- /bin/bash /opt/image/entry.sh"),
                process(840, 812, "/opt/venv/bin/python3 /opt/venv/bin/supervisord --nodaemon"),
                process(851, 840, "python3 /opt/image/keep-log.py /opt/logs 5000000"),
                process(852, 840, "/opt/venv/bin/python3 /opt/venv/bin/elastalert --verbose"),
            ],
            root: Some(812),
        }
    }

    #[test]
    fn it_descends_from_the_first_process() {
        let mut table = stack();
        assert_eq!(table.elastalert().unwrap().pid, 852);
        // Started by exec: its parent is the engine's, not the container's.
        table.processes.push(process(990, 12, "python3 /opt/venv/bin/elastalert --verbose"));
        assert_eq!((table.count(), table.elastalert().unwrap().pid), (1, 852));
        table.processes.retain(|process| process.pid != 852);
        assert_eq!(table.elastalert(), None, "the other one does not stand in for it");
        table.root = None;
        assert_eq!(stack().processes.len(), 4);
        assert_eq!(table.elastalert(), None, "without a root nothing is known to descend from it");
    }

    #[test]
    fn the_first_process_may_be_it() {
        let table = ProcessTable {
            processes: vec![process(1, 0, "python3 -m elastalert.elastalert")],
            root: Some(1),
        };
        assert_eq!(table.elastalert().unwrap().pid, 1);
    }

    #[test]
    fn two_of_them_are_counted_and_a_forked_worker_is_not_one() {
        let mut table = stack();
        table.processes.push(process(860, 852, "/opt/venv/bin/python3 /opt/venv/bin/elastalert --verbose"));
        assert_eq!((table.count(), table.elastalert().unwrap().pid), (1, 852));
        table.processes.push(process(870, 840, "/opt/venv/bin/python3 /opt/venv/bin/elastalert --verbose"));
        assert_eq!(table.count(), 2);
    }

    #[test]
    fn a_table_that_runs_in_circles_ends() {
        let table =
            ProcessTable { processes: vec![process(5, 6, "elastalert"), process(6, 5, "sh")], root: Some(1) };
        assert_eq!(table.elastalert(), None);
    }
}
