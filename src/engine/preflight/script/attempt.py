"""One try at loading a workspace with ElastAlert's own loader, step by step as ElastAlert does it when it starts."""

import logging
import os
import sys

import telling
import world


class Attempt:
    """Loads one configuration and its rules. `tell` takes each result as a dict."""

    def __init__(self, given, values, tell):
        """`given` are the arguments of ElastAlert, `--config` and its value first."""
        self.given = given
        self.config = config = given[1]
        self.values = values
        self.tell = tell
        self.warnings = []
        self.needs = world.Needs(lambda need: tell({"kind": "need", "need": need}))
        self.client = None
        self.loader = None
        self.stage = "config"
        self.last_file = config
        self.shots = {}

    # The configuration -------------------------------------------------------------------------------------------

    def load_config(self):
        """Everything that ElastAlert does before and after it loads rules, without the rules."""
        from elastalert import elastalert

        real = elastalert.load_conf
        loaded = []

        def load_conf(*args, **kwargs):
            conf = real(*args, **kwargs)
            loaded.append(conf)
            loader = conf["rules_loader"]
            loader.load = lambda *_, **__: []
            loader.get_hashes = lambda *_, **__: {}
            return conf

        elastalert.load_conf = load_conf
        told = {"kind": "config", "path": self.config}
        try:
            self.client = elastalert.ElastAlerter(self.given)
            self.loader = self.client.conf["rules_loader"]
            for name in ("load", "get_hashes"):
                self.loader.__dict__.pop(name, None)
            self._listen()
            self._watch()
            told["rules_folder"] = telling.plain(self.client.conf.get("rules_folder"))
            self.stage = "find"
            told["rules"] = [str(name) for name in self.loader.get_names(self.client.conf, self.client.args.rule)]
            told["verdict"] = "loads"
            told["skip_invalid"] = bool(self.client.conf.get("skip_invalid"))
        except BaseException as exc:
            told["verdict"] = self._verdict(exc)
            told["error"] = telling.error(exc, None, None, self.config)
            told["stage"] = self.stage
            self.loader = None
        finally:
            elastalert.load_conf = real
        told["needs"] = self.needs.take()
        told["warnings"] = self._said()
        if self.values and self.client is not None and loaded:
            told["values"] = _shot(loaded[0])
        return told

    def _verdict(self, exc):
        if isinstance(exc, (SystemExit, KeyboardInterrupt)):
            return "died"
        return "unsure" if self.needs.names_network() else "refused"

    def _listen(self):
        attempt = self

        class Listener(logging.Handler):
            def emit(self, record):
                if record.levelno >= logging.WARNING and len(attempt.warnings) < 10:
                    attempt.warnings.append(telling.condensed(record.getMessage()))

        logger = logging.getLogger("elastalert")
        logger.handlers = [each for each in logger.handlers if type(each).__name__ != "Listener"]
        logger.addHandler(Listener())

    def _said(self):
        said, self.warnings = self.warnings, []
        return said

    def _watch(self):
        """Notes, for each step of the loader's, that it was reached, and the rule as it was after it."""
        loader = self.loader

        def wrap(name, stage, after=None):
            plain = getattr(loader, name, None)
            if plain is None:
                return

            def step(*args, **kwargs):
                self.stage = stage
                result = plain(*args, **kwargs)
                if after is not None:
                    after(args, result)
                return result

            setattr(loader, name, step)

        def read(filename, *args, **kwargs):
            self.last_file = filename
            return get_yaml(filename, *args, **kwargs)

        def raw(_, rule):
            self.shots["rule"] = rule
            if self.values:
                self.shots["yaml"] = _shot(rule)

        def options(args, _):
            if self.values and args:
                self.shots["values"] = _shot(args[0])

        get_yaml = loader.get_yaml
        loader.get_yaml = read
        wrap("load_yaml", "read", raw)
        wrap("load_options", "options", options)
        wrap("load_modules", "type")
        wrap("load_alerts", "alerts")

    # The rules ---------------------------------------------------------------------------------------------------

    def load_rule(self, path, names):
        """One rule file, through the same steps as in the loader's own loop, and then as a rule is made ready to run.
        `names` are those that are taken: name to path."""
        from elastalert.util import EAException

        told = {"kind": "rule", "path": path}
        self.stage = "read"
        self.last_file = path
        self.shots = {}
        caught = None
        try:
            rule = self.loader.load_configuration(path, self.client.conf, self.client.args)
            self.stage = "duplicate"
            name = rule["name"]
            told["name"] = name if isinstance(name, str) else str(name)
            if name in names:
                told["other"] = names[name]
                raise EAException("Duplicate rule named %s" % name)
            names[name] = path
            told["enabled"] = not ("is_enabled" in rule and not rule["is_enabled"])
            self.stage = "start"
            if told["enabled"]:
                self.client.init_rule(rule)
                self.client.scheduler.remove_all_jobs()
            told["verdict"] = "loads"
            self._doubts(rule)
        except BaseException as exc:
            caught = exc
            told["verdict"] = self._verdict(exc)
            told["stage"] = self.stage
            schema = getattr(self.loader, "rule_schema", None)
            told["error"] = telling.error(exc, self.shots.get("rule"), schema, self.last_file)
            told["skip_invalid_catches"] = isinstance(exc, EAException) and self.stage != "start"
        told.setdefault("name", _name(self.shots.get("rule")))
        told["type"] = _type(self.shots.get("rule"))
        told["needs"] = self.needs.take()
        told["warnings"] = self._said()
        if self.values:
            told.update({key: shot for key, shot in self.shots.items() if key != "rule"})
        return told, caught

    def _doubts(self, rule):
        """What the stand-in for the search engine takes and no real one does."""
        from elastalert import ruletypes

        if not isinstance(rule.get("type"), getattr(ruletypes, "NewTermsRule", ())):
            return
        filters = rule.get("filter")
        for item in filters if isinstance(filters, list) else []:
            if isinstance(item, dict) and "query" in item:
                self.warnings.append(
                    "new_term sends its filters as they are, and a search engine refuses one that begins with 'query:'"
                )
                break


def _name(rule):
    name = rule.get("name") if isinstance(rule, dict) else None
    return name if isinstance(name, str) else None


def _type(rule):
    kind = rule.get("type") if isinstance(rule, dict) else None
    if isinstance(kind, str):
        return kind
    for name, each in getattr(_loaders(), "rules_mapping", {}).items():
        if type(kind) is each:
            return name
    return "%s.%s" % (type(kind).__module__, type(kind).__qualname__) if kind is not None else None


def _loaders():
    from elastalert import loaders

    return loaders.RulesLoader


def _shot(value):
    """A rule as JSON; `include`, whose order the loader leaves open, is sorted."""
    try:
        shot = telling.plain(value)
    except (telling.TooMuch, RecursionError):
        return {"$toomuch": True}
    if isinstance(shot, dict) and isinstance(shot.get("include"), list):
        shot["include"] = sorted(shot["include"], key=repr)
    return shot


class Clean:
    """Undoes what one workspace leaves behind in the interpreter, so that the next is loaded as if it were the first."""

    def __init__(self):
        self.modules = set(sys.modules)
        self.path = list(sys.path)
        self.environ = dict(os.environ)
        self.folder = os.getcwd()
        self.filters = dict(_loaders().jinja_environment.filters) if hasattr(_loaders(), "jinja_environment") else None

    def again(self):
        for name in set(sys.modules) - self.modules:
            package = name.split(".")[0]
            if package not in self.modules:
                del sys.modules[name]
        sys.path[:] = self.path
        if dict(os.environ) != self.environ:
            os.environ.clear()
            os.environ.update(self.environ)
        os.chdir(self.folder)
        loaders = _loaders()
        if self.filters is not None:
            loaders.jinja_environment.filters.clear()
            loaders.jinja_environment.filters.update(self.filters)
            loaders.jinja_environment.cache.clear()
            del loaders.jinja_filters[:]
