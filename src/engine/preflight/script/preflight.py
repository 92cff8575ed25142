"""Tries whether ElastAlert would load a workspace, with its own loader and without a network, and says so as JSON lines.

    python3 preflight.py [--config PATH] [--rule RULE] [--debug] [--values] [--rule-seconds S] [--seconds S] [--memory MB]
        tries the configuration at PATH (default $ELASTALERT_CONFIG, then /opt/config/elastalert.yaml) and its rules.

    python3 preflight.py --bulk [--values] ...
        reads one workspace a line from stdin, {"id": ANY, "files": {PATH: TEXT}, "env": {NAME: VALUE}?, "config": PATH?, "rule": RULE?, "debug": BOOL?},
        lays its files out at their absolute paths, tries it, and takes them away again: only in a container of its own.
        A file whose bytes are no UTF-8 is given as {"base64": "..."}; {"link": "target"} is a symbolic link.

Lines on stdout, each an object with "v": 1 and a "kind":

    image    versions of elastalert, python, yaml, jsonschema
    config   verdict, error?, rules (paths in the loader's order), rules_folder, skip_invalid, needs, warnings, values?
    rule     path, verdict, name, type, enabled?, stage?, error?, skip_invalid_catches?, other?, needs, warnings, yaml?, values?
    summary  counts, `starts` (would ElastAlert start), complete, why?

verdict is `loads`, `refused`, `unsure` (it failed at a connection, which nobody could make here), `hangs`, or `died` (it ended
or killed the interpreter). In bulk each line but the first has the "workspace" it is about. `yaml` is the rule as read, with
its imports; `values` is what the loader made of it, before classes take the place of names. The rules are tried in a child
process; when it hangs or dies, another one goes on with the next rule. Whatever rules print is not printed.
"""

import argparse
import base64
import json
import os
import resource
import select
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
VERSION = 1
LONGEST_LINE = 4 * 1024 * 1024
WORDS = 400


def options():
    parser = argparse.ArgumentParser(description="Try whether ElastAlert would load a workspace.")
    parser.add_argument("--config", default=os.environ.get("ELASTALERT_CONFIG") or "/opt/config/elastalert.yaml")
    parser.add_argument("--rule", help="the one rule that ElastAlert is told to load")
    parser.add_argument("--debug", action="store_true", help="as ElastAlert's own --debug, which makes no alerter")
    parser.add_argument("--values", action="store_true", help="add each rule as the loader has it")
    parser.add_argument("--bulk", action="store_true", help="read workspaces from stdin, one JSON object a line")
    parser.add_argument("--rule-seconds", type=float, default=10.0, help="how long one rule may take")
    parser.add_argument("--seconds", type=float, default=0.0, help="how long all may take; 0 is no bound")
    parser.add_argument("--memory", type=int, default=512, help="how many MB the rules may take; 0 is no bound")
    return parser.parse_args()


def main():
    given = options()
    # Whatever a module prints from here on goes nowhere: only `out` is ours.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    sys.path.insert(0, HERE)
    try:
        image = warm_up()
    except BaseException as exc:
        write(out, {"kind": "image", "error": "%s: %s" % (type(exc).__name__, exc)})
        return 3
    write(out, image)
    till = time.monotonic() + given.seconds if given.seconds > 0 else None
    if given.bulk:
        remember_config()
    pool = Supervisor(given, till)
    jobs = (json.loads(line) for line in sys.stdin if line.strip()) if given.bulk else [{}]
    for job in jobs:
        for line in pool.run(job):
            if given.bulk:
                line["workspace"] = job.get("id")
            write(out, line)
        out.flush()
    pool.stop()
    return 0


def write(out, line):
    line["v"] = VERSION
    try:
        out.write(json.dumps(line) + "\n")
        out.flush() if line.get("kind") != "rule" else None
    except BrokenPipeError:
        os._exit(141)


def warm_up():
    """Imports all that is the same for every try, and takes the network away."""
    import jsonschema
    import yaml
    from elastalert import elastalert, loaders

    import attempt
    import world

    # Its text is the whole schema and the whole rule, put together for every rule that is refused.
    jsonschema.ValidationError.__str__ = lambda self: self.message
    schema = loaders.load_rule_schema()
    loaders.load_rule_schema = lambda: schema
    world.cut_off(CURRENT)
    del attempt, elastalert
    return {
        "kind": "image",
        "elastalert": distribution("elastalert2") or distribution("elastalert"),
        "python": "%d.%d.%d" % sys.version_info[:3],
        "yaml": yaml.__version__,
        "jsonschema": distribution("jsonschema"),
    }


def remember_config():
    """Many workspaces share one configuration: what is the same text, variables filled in, is parsed once."""
    import copy

    from elastalert import config

    parse = config.read_yaml
    known = {}

    def read_yaml(path):
        with open(path) as file:
            text = os.path.expandvars(file.read())
        if text not in known:
            parsed = parse(path)
            known.clear()
            known[text] = parsed
        return copy.deepcopy(known[text])

    config.read_yaml = read_yaml


def distribution(name):
    try:
        from importlib import metadata

        return metadata.version(name)
    except Exception:
        return None


class Current:
    """The needs of whichever attempt runs now."""

    needs = None

    def add(self, *need):
        if self.needs is not None:
            self.needs.add(*need)


CURRENT = Current()


# The child that tries ------------------------------------------------------------------------------------------------


class Child:
    """Takes jobs from one pipe and answers on another, a JSON object a line."""

    def __init__(self, given, jobs, answers):
        import attempt

        self.given = given
        self.jobs = jobs
        self.answers = answers
        self.pid = os.getpid()
        self.attempt = attempt
        self.clean = attempt.Clean()

    def say(self, line):
        if os.getpid() != self.pid:
            # A rule's module has forked; there is one who answers, and it is the other.
            os._exit(0)
        text = json.dumps(line)
        if len(text) > LONGEST_LINE:
            for key in ("values", "yaml"):
                if key in line:
                    line[key] = {"$toomuch": True}
            text = json.dumps(line)
        data = text.encode("ascii") + b"\n"
        while data:
            data = data[os.write(self.answers, data) :]

    def serve(self):
        for line in os.fdopen(self.jobs, encoding="utf-8"):
            job = json.loads(line)
            os.environ.update(job.get("env") or {})
            self.one(job)
            self.clean.again()
            self.say({"kind": "end"})

    def one(self, job):
        given = ["--config", job.get("config") or self.given.config]
        rule = job.get("rule") or self.given.rule
        given += ["--rule", rule] if rule else []
        given += ["--debug"] if job.get("debug") or self.given.debug else []
        trial = self.attempt.Attempt(given, self.given.values, self.say)
        CURRENT.needs = trial.needs
        begun = job.get("from")
        config = trial.load_config()
        if begun is None:
            self.say(config)
        if config["verdict"] != "loads":
            return
        names = dict(job.get("names") or {})
        paths = job.get("rules") or config["rules"]
        for index in range(begun or 0, len(paths)):
            self.say({"kind": "at", "index": index})
            told, caught = trial.load_rule(paths[index], names)
            self.say(told)
            if isinstance(caught, MemoryError):
                os._exit(0)


class Laid:
    """The files of one workspace on the disk, and how they go again."""

    def __init__(self):
        self.paths = []
        self.folders = []

    def lay(self, files):
        for path, text in files.items():
            if not os.path.isabs(path):
                raise ValueError("%s is no absolute path" % path)
            self.folder(os.path.dirname(path))
            self.paths.append(path)
            if isinstance(text, dict) and "link" in text:
                os.symlink(text["link"], path)
                continue
            data = base64.b64decode(text["base64"]) if isinstance(text, dict) else text.encode("utf-8", "surrogatepass")
            with open(path, "wb") as file:
                file.write(data)

    def folder(self, path):
        if not os.path.isdir(path):
            self.folder(os.path.dirname(path))
            os.mkdir(path)
            self.folders.append(path)

    def remove(self):
        for path in self.paths:
            try:
                os.unlink(path)
            except OSError:
                pass
        for path in reversed(self.folders):
            try:
                os.rmdir(path)
            except OSError:
                pass


# The parent that watches ---------------------------------------------------------------------------------------------


class Supervisor:
    """Keeps one child at work, and starts another where one hangs or dies."""

    def __init__(self, given, till):
        self.given = given
        self.till = till
        self.child = None

    def start(self):
        job_read, job_write = os.pipe()
        answer_read, answer_write = os.pipe()
        said_read, said_write = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.setsid()
                for fd in (job_write, answer_read, said_read):
                    os.close(fd)
                quiet = os.open(os.devnull, os.O_RDONLY)
                os.dup2(quiet, 0)
                os.dup2(said_write, 1)
                os.dup2(said_write, 2)
                bound(self.given.memory)
                Child(self.given, job_read, answer_write).serve()
            except BaseException as exc:
                os.write(2, ("%s: %s" % (type(exc).__name__, exc)).encode("utf-8", "replace"))
                os._exit(70)
            os._exit(0)
        for fd in (job_read, answer_write, said_write):
            os.close(fd)
        self.child = {"pid": pid, "job": job_write, "answer": answer_read, "said": said_read, "words": b"", "rest": b""}

    def stop(self):
        """Ends the child and all that it started; how it had ended by itself is the answer."""
        if self.child is None:
            return None
        try:
            os.killpg(self.child["pid"], signal.SIGKILL)
        except OSError:
            pass
        _, status = os.waitpid(self.child["pid"], 0)
        for name in ("job", "answer", "said"):
            os.close(self.child[name])
        self.child = None
        return status

    def run(self, job):
        """All lines about one job."""
        laid = Laid()
        try:
            laid.lay(job.pop("files", None) or {})
            yield from self.try_all(job)
        except (OSError, ValueError) as exc:
            told = {"class": type(exc).__name__, "message": "its files cannot be laid out: %s" % exc}
            yield {"kind": "config", "verdict": "unsure", "error": told, "needs": [], "warnings": []}
        finally:
            laid.remove()

    def try_all(self, job):
        job = dict(job)
        counts = {"loads": 0, "refused": 0, "unsure": 0, "hangs": 0, "died": 0}
        summary = {"kind": "summary", "config": "loads", "rules": 0, "complete": True}
        stops = False
        while True:
            lost = None
            for line in self.attend(job):
                if line["kind"] == "config":
                    summary["config"] = line["verdict"]
                    summary["skip_invalid"] = line.get("skip_invalid", False)
                    job["rules"] = line.get("rules", [])
                    job["from"] = 0
                    job["names"] = {}
                    yield line
                elif line["kind"] == "rule":
                    job["from"] += 1
                    if line["verdict"] == "loads" and line.get("name") is not None:
                        job["names"].setdefault(line["name"], line["path"])
                    counts[line["verdict"]] += 1
                    skipped = summary.get("skip_invalid") and line.get("skip_invalid_catches")
                    stops = stops or (line["verdict"] != "loads" and not skipped)
                    yield line
                elif line["kind"] == "lost":
                    lost = line
            if lost is None:
                break
            verdict, told = lost["verdict"], {"class": lost["class"], "message": lost["message"]}
            if lost["said"]:
                told["said"] = lost["said"]
            if verdict == "late":
                summary["complete"] = False
                summary["why"] = told["message"]
                stops = True
                if "from" not in job:
                    summary["config"] = "unsure"
                break
            if "from" not in job:
                summary["config"] = verdict
                yield {"kind": "config", "path": job.get("config") or self.given.config, "verdict": verdict, "error": told, "needs": lost["needs"]}
                break
            if job["from"] >= len(job["rules"]):
                break
            path = job["rules"][job["from"]]
            if lost["begun"]:
                counts[verdict] += 1
                stops = True
                yield {"kind": "rule", "path": path, "verdict": verdict, "error": told, "skip_invalid_catches": False, "needs": lost["needs"], "warnings": []}
                job["from"] += 1
            elif lost["again"]:
                summary["complete"] = False
                summary["why"] = "the configuration could not be read again: " + told["message"]
                break
            if job["from"] >= len(job["rules"]):
                break
        summary.update(counts)
        summary["rules"] = sum(counts.values())
        summary["starts"] = summary["config"] == "loads" and not stops
        yield summary

    def attend(self, job):
        """The answers of a child to one job, the last of them `lost` when it did not come to its end."""
        again = "from" in job
        if self.child is None:
            self.start()
        data = (json.dumps(job) + "\n").encode("ascii")
        needs, begun, wait = [], False, self.given.rule_seconds + (0 if again else 5)
        mark = time.monotonic()
        self.child["words"] = b""
        while True:
            now = time.monotonic()
            if self.till is not None and now >= self.till:
                self.stop()
                yield lost("late", "Deadline", "all together took longer than %g s" % self.given.seconds, b"", needs, begun, again)
                return
            left = mark + wait - now
            if left <= 0:
                words = self.child["words"]
                self.stop()
                yield lost("hangs", "Deadline", "it took longer than %g s" % self.given.rule_seconds, words, needs, begun, again)
                return
            if self.till is not None:
                left = min(left, self.till - now)
            reads = [fd for fd in (self.child["answer"], self.child["said"]) if fd is not None]
            readable, writable, _ = select.select(reads, [self.child["job"]] if data else [], [], left)
            if self.child["said"] in readable:
                self.child["words"] = (self.child["words"] + os.read(self.child["said"], 65536))[-WORDS:]
            if writable:
                try:
                    data = data[os.write(self.child["job"], data[:4096]) :]
                except BrokenPipeError:
                    data = b""
            if self.child["answer"] not in readable:
                continue
            piece = os.read(self.child["answer"], 1 << 20)
            if not piece or len(self.child["rest"]) > 2 * LONGEST_LINE:
                words = self.child["words"]
                how = ended(self.stop())
                yield lost("died", how[0], how[1], words, needs, begun, again)
                return
            *lines, self.child["rest"] = (self.child["rest"] + piece).split(b"\n")
            for text in lines:
                line = json.loads(text)
                mark, wait = time.monotonic(), self.given.rule_seconds
                if line["kind"] == "at":
                    # It has come as far as the rules: from now on its end is a rule's doing.
                    again = False
                    begun, needs, self.child["words"] = True, [], b""
                elif line["kind"] == "need":
                    needs.append(line["need"])
                elif line["kind"] == "end":
                    return
                else:
                    begun, needs = False, []
                    yield line


def lost(verdict, kind, message, words, needs, begun, again):
    said = " ".join(words.decode("utf-8", "replace").split())
    return {"kind": "lost", "verdict": verdict, "class": kind, "message": message, "said": said, "needs": needs, "begun": begun, "again": again}


def ended(status):
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGKILL:
            return "Killed", "the process was killed, perhaps because it took too much memory"
        return "Signal", "the process died of signal %d" % number
    return "Exit", "it ended the process with exit status %d" % os.WEXITSTATUS(status)


def bound(megabytes):
    """Less memory than the container has, so that a rule meets its own limit; and if not, the parent is not the victim."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if megabytes > 0:
        resource.setrlimit(resource.RLIMIT_DATA, (megabytes << 20, megabytes << 20))
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass


if __name__ == "__main__":
    sys.exit(main())
