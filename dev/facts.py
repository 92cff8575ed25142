"""Prints what alertdeck knows of ElastAlert as JSON: asked of its own modules and classes, and tried on them.

Two tables are written by hand, because no code says them any more or says them in a form that can be read: alerters that
are gone, and what constructors ask for beyond `required_options`. The second is proven here against the constructors
themselves: a line that is not so ends this program.
"""

import ast
import copy
import datetime
import inspect
import json
import logging
import os
import pathlib
import sys
import tempfile
from importlib import metadata

import elastalert.alerts
import elastalert.config
import elastalert.elastalert
import elastalert.enhancements
import elastalert.loaders
import elastalert.ruletypes
import yaml
from elastalert.util import EAException

logging.disable(logging.CRITICAL)
# Nobody answers here, and a rule that asks at its start is not to wait for it.
elastalert.ruletypes.NewTermsRule.get_all_terms = lambda self, args: None

LOADER = elastalert.loaders.RulesLoader
PACKAGE = pathlib.Path(elastalert.__file__).parent
VERSION = metadata.version("elastalert2")

# Names that were alerters once: the first version without them where it is known, and what took their place.
GONE = {
    "hipchat": {"instead": None, "why": "Hipchat was shut down in 2019"},
    "linenotify": {"instead": "line", "why": "LINE Notify was shut down in 2025"},
    "ms_teams": {"since": "2.30.0", "instead": "ms_power_automate", "why": "Microsoft Teams gave up its connectors"},
    "simple": {"since": "2.5.0", "instead": "post2", "why": "it was the simplest form of an HTTP post"},
    "stride": {"instead": None, "why": "Stride was shut down in 2019"},
}

# What a constructor asks for beyond the options that its class and the schema require.
CHECKS = {
    "rule_types": {
        "cardinality": [{"kind": "one-of", "options": ["max_cardinality", "min_cardinality"]}],
        "metric_aggregation": [
            {"kind": "one-of", "options": ["max_threshold", "min_threshold"]},
            {"kind": "when", "option": "metric_agg_type", "is": "percentiles", "needs": ["percentile_range"]},
            {"kind": "divides", "option": "bucket_interval"},
        ],
        "new_term": [{"kind": "one-of", "options": ["fields", "query_key"]}],
        "percentage_match": [
            {"kind": "one-of", "options": ["max_percentage", "min_percentage"]},
            {"kind": "divides", "option": "bucket_interval"},
        ],
        "spike_aggregation": [
            {"kind": "never", "option": "bucket_interval"},
            {"kind": "when", "option": "metric_agg_type", "is": "percentiles", "needs": ["percentile_range"]},
        ],
    },
    "alerters": {
        "gelf": [
            {"kind": "when", "option": "gelf_type", "is": "http", "needs": ["gelf_endpoint"]},
            {"kind": "when", "option": "gelf_type", "is": "tcp", "needs": ["gelf_host", "gelf_port"]},
        ],
    },
}

# Options that name a file which is read when the rule is loaded, relative to the rule.
ACCOUNT_FILES = {"email": ["smtp_auth_file"], "jira": ["jira_account_file"]}

# Rules and alerters that ask the network when they are made.
ASKS = {"rule_types": {"new_term": "search"}, "alerters": {"jira": "jira"}}

# Keys that are ElastAlert's own notes in a rule, not options.
NOTES = {
    "agg_matches", "aggregate_alert_time", "aggregation_query_element", "bucket_interval_period",
    "bucket_interval_timedelta", "compound_aggregation_key", "compound_compare_key", "compound_query_key",
    "current_aggregate_id", "dt_to_ts", "endtime", "has_run_once", "initial_starttime", "jinja_template",
    "minimum_starttime", "next_min_starttime", "next_starttime",
    "original_starttime", "previous_endtime", "processed_hits", "rule_file", "scrolling_cycle", "starttime", "ts_to_dt",
}  # fmt: skip

# Options that are mappings, or hold some, of which the schema says nothing or something else than the code: the keys that
# the code reads, and where the mapping stands. Each is proven against the module that reads it.
NESTED = {
    "hive_connection": {"module": "thehive", "within": "itself", "keys": [
        "hive_apikey", "hive_host", "hive_port", "hive_proxies", "hive_verify"]},
    # The rest is what a connection has.
    "indexer_connection": {"module": "indexer", "within": "itself", "keys": ["indexer_alerts_name"]},
    "rocket_chat_alert_fields": {"module": "rocketchat", "within": "items", "keys": ["short", "title", "value"],
                                 "sent": ["short", "title"]},
}  # fmt: skip

SAMPLES = {
    "blacklist": ["a"], "whitelist": ["a"], "compare_key": "f", "ignore_null": True, "query_key": "f", "num_events": 1,
    "timeframe": {"minutes": 5}, "spike_height": 2, "spike_type": "up", "threshold": 1, "cardinality_field": "f",
    "metric_agg_key": "f", "metric_agg_type": "avg", "match_bucket_filter": [{"term": {"a": "b"}}], "fields": ["f"],
    "percentile_range": 95, "gelf_type": "http", "gelf_endpoint": "http://g/", "gelf_host": "g", "gelf_port": 1,
    "max_cardinality": 1, "min_cardinality": 1, "max_threshold": 1, "min_threshold": 1, "max_percentage": 1,
    "min_percentage": 1,
}  # fmt: skip


PLAIN = {"name": "r", "index": "i", "type": "any", "alert": "debug"}


# What the classes say ------------------------------------------------------------------------------------------------


def name_of(each):
    return "%s.%s" % (each.__module__, each.__qualname__)


def rule_types(schema):
    types = {}
    branches = {kind: branch for branch in schema["oneOf"] for kind in branch["properties"]["type"].get("enum", [])}
    for name, each in LOADER.rules_mapping.items():
        required = set(each.required_options) | set(branches[name].get("required", []))
        types[name] = {
            "class": name_of(each),
            # The loader makes it from `compare_key`.
            "required": sorted(required - {"compound_compare_key"}),
            "options": sorted(set(branches[name]["properties"]) - {"type"}),
            "checks": CHECKS["rule_types"].get(name, []),
        }
        if name in ASKS["rule_types"]:
            types[name]["asks"] = ASKS["rule_types"][name]
    return types


def alerters():
    # What the loader has put into every rule by the time it looks for them is never missing.
    given = Bench().gives()
    found = {}
    for name, each in LOADER.alerts_mapping.items():
        found[name] = {
            "class": name_of(each),
            "required": sorted(set(each.required_options) - given),
            "checks": CHECKS["alerters"].get(name, []),
        }
        if name in ASKS["alerters"]:
            found[name]["asks"] = ASKS["alerters"][name]
        if name in ACCOUNT_FILES:
            found[name]["files"] = ACCOUNT_FILES[name]
    return found


def nested(schema):
    """Options that are mappings of known keys, or hold such: where the mapping stands, its keys, and whether the schema
    refuses others. Times are left out; the loader looks at them itself."""
    found = {}
    for name, form in schema["properties"].items():
        for within, shape in shapes(form):
            if shape.get("additionalProperties") is False and "minutes" not in shape["properties"]:
                found[name] = {"within": within, "keys": sorted(shape["properties"]), "closed": True}
    for name, each in NESTED.items():
        text = (PACKAGE / "alerters" / (each["module"] + ".py")).read_text()
        known = set(each["keys"])
        if missing := [key for key in known - set(each.get("sent", [])) | {name} if "'%s'" % key not in text]:
            sys.exit("facts: %s does not read %s" % (each["module"], missing))
        if name == "indexer_connection":
            known |= keys(trees("util.py"), {"conf", "es_conn_conf"}) - {"headers", "http_auth", "send_get_body_as"}
        found[name] = {"within": each["within"], "keys": sorted(known), "closed": False}
    return found


def shapes(form, within="itself"):
    """The mappings with keys of their own that an option is or holds, and where: itself, its items, its values."""
    for branch in form.get("oneOf", []) + form.get("anyOf", []):
        yield from shapes(branch, within)
    if within == "itself":
        yield from shapes(form.get("items", {}), "items")
        for inner in form.get("patternProperties", {}).values():
            yield from shapes(inner, "values")
    if "properties" in form:
        yield within, form


def enhancements():
    module = elastalert.enhancements
    base = module.BaseEnhancement
    return sorted(name for name, each in vars(module).items() if inspect.isclass(each) and issubclass(each, base))


# What the code reads -------------------------------------------------------------------------------------------------


def trees(*names):
    return [ast.parse((PACKAGE / name).read_text()) for name in names]


def is_named(node, names):
    """`rule`, `self.rule`, and so on."""
    return getattr(node, "id", getattr(node, "attr", None)) in names


def keys(parsed, names):
    """Every key that is looked up in a dict of one of these names: `x["k"]`, `x.get("k")`, `"k" in x`, `setdefault`."""
    found = set()
    for node in (node for tree in parsed for node in ast.walk(tree)):
        key = None
        if isinstance(node, ast.Subscript) and is_named(node.value, names):
            key = node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and is_named(node.func.value, names):
            key = node.args[0] if node.args and node.func.attr in ("get", "setdefault", "pop") else None
        elif isinstance(node, ast.Compare) and is_named(node.comparators[0], names):
            key = node.left if isinstance(node.ops[0], (ast.In, ast.NotIn)) else None
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            found.add(key.value)
    return found


def config_keys():
    parsed = trees("elastalert.py", "config.py", "loaders.py", "util.py", "create_index.py")
    found = keys(parsed, {"conf", "es_conn_conf", "data"}) | set(elastalert.config.env_settings.values())
    # How a connection is described inside, and the loader's own object.
    inside = {"headers", "http_auth", "send_get_body_as"}
    return {key for key in found if key.replace("_", "").isalnum()} - inside - NOTES - {"name", "alert", "type"}


def rule_keys(schema, config):
    modules = ["loaders.py", "elastalert.py", "ruletypes.py", "alerts.py", "util.py", "kibana_discover.py"]
    modules += ["opensearch_discover.py"] + sorted("alerters/" + path.name for path in (PACKAGE / "alerters").glob("*.py"))
    read = keys(trees(*modules), {"rule", "rules", "new_rule", "config_copy"})
    known = set(schema["properties"]) | {key for branch in schema["oneOf"] for key in branch["properties"]}
    attributes = {key for kind in LOADER.rules_mapping.values() for key in kind.required_options}
    attributes |= {key for kind in LOADER.alerts_mapping.values() for key in kind.required_options}
    return sorted((known | read | attributes | {"import"} | config) - NOTES), sorted(known)


def environment():
    """Variables that are read, by name, and the key that each overrides where it is one."""
    found = dict(elastalert.config.env_settings)
    for tree in trees("util.py", "auth.py", "create_index.py", "elastalert.py", "__init__.py"):
        for node in ast.walk(tree):
            reads = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args
            if reads and ast.unparse(node.func) in ("os.environ.get", "os.getenv", "env"):
                if isinstance(node.args[0], ast.Constant):
                    found.setdefault(node.args[0].value, None)
    return found


# What the constructors do --------------------------------------------------------------------------------------------


class Bench:
    """Loads one rule with the loader that ElastAlert has."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.conf = {"run_every": datetime.timedelta(minutes=1), "buffer_time": datetime.timedelta(minutes=15)}
        self.conf.update(es_host="h", es_port=1, rules_folder=str(self.folder))
        self.loader = elastalert.loaders.FileRulesLoader(self.conf)

    def load(self, options):
        path = self.folder / "rule.yaml"
        path.write_text(yaml.safe_dump(options))
        return self.loader.load_configuration(str(path), copy.copy(self.conf))

    def says(self, options):
        """`None` when it loads, and else what the loader has against it."""
        try:
            self.load(options)
        except EAException as error:
            return str(error)
        return None

    def gives(self):
        """What stands in every rule whether or not its file or the configuration gives it."""
        return set(self.load(PLAIN)) - set(PLAIN) - set(self.conf)


def prove(facts):
    bench = Bench()

    def expect(what, so):
        if not so:
            sys.exit("facts: not so: " + what)

    def tries(kind, name, table, options):
        common = dict(PLAIN)
        common["type" if kind == "rule_types" else "alert"] = name
        common.update(options)
        return bench.says(common)

    for kind in ("rule_types", "alerters"):
        for name, each in facts[kind].items():
            if name == "jira":
                continue
            options = {option: typed(facts["schema"], option) for option in each["required"]}
            enough = dict(options)
            for check in each["checks"]:
                if check["kind"] == "one-of":
                    enough[check["options"][0]] = typed(facts["schema"], check["options"][0])
                elif check["kind"] == "when" and enough.get(check["option"]) == check["is"]:
                    enough.update({need: typed(facts["schema"], need) for need in check["needs"]})
            answer = tries(kind, name, each, enough)
            expect("%s loads with %s: %s" % (name, enough, answer and answer[:300]), answer is None)
            for option in each["required"]:
                without = {key: value for key, value in enough.items() if key != option}
                expect("%s requires %s" % (name, option), tries(kind, name, each, without) is not None)
            for check in each["checks"]:
                prove_check(expect, lambda more, drop=(): tries(kind, name, each, dict(
                    {key: value for key, value in enough.items() if key not in drop}, **more)), name, check, facts)
    for name in facts["gone"]:
        expect("%s is gone" % name, name not in LOADER.alerts_mapping)
        instead = facts["gone"][name]["instead"]
        expect("%s is there" % instead, instead is None or instead in LOADER.alerts_mapping)


def prove_check(expect, tries, name, check, facts):
    kind = check["kind"]
    if kind == "one-of":
        expect("%s %s" % (name, check), tries({}, check["options"]) is not None)
        for option in check["options"]:
            others = [other for other in check["options"] if other != option]
            expect("%s %s" % (name, option), tries({option: typed(facts["schema"], option)}, others) is None)
    elif kind == "when":
        given = {need: typed(facts["schema"], need) for need in check["needs"]}
        given[check["option"]] = check["is"]
        expect("%s %s" % (name, check), tries(given) is None)
        for need in check["needs"]:
            expect("%s needs %s" % (name, need), tries({check["option"]: check["is"]}, check["needs"]) is not None)
    elif kind == "never":
        expect("%s %s" % (name, check), tries({check["option"]: {"minutes": 1}}) is not None)
    elif kind == "divides":
        expect("%s %s" % (name, check), tries({check["option"]: {"minutes": 7}}) is not None)
        expect("%s %s" % (name, check), tries({check["option"]: {"minutes": 5}}) is None)
        run_every = {check["option"]: {"minutes": 5}, "use_run_every_query_size": True}
        expect("%s %s" % (name, check), tries(run_every) is not None)
    else:
        sys.exit("facts: what is %s" % kind)


def typed(schema, option):
    """A value that the schema takes for an option."""
    if option in SAMPLES:
        return SAMPLES[option]
    form = schema["properties"].get(option, {})
    return of_form(form)


def of_form(form):
    if "enum" in form:
        return form["enum"][0]
    for choice in ("oneOf", "anyOf"):
        if choice in form:
            return of_form(form[choice][0])
    kind = form.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "array":
        return [of_form(form.get("items", {}))]
    if kind == "object":
        made = {name: of_form(form.get("properties", {}).get(name, {})) for name in form.get("required", [])}
        if len(made) < form.get("minProperties", 0):
            made["x"] = of_form(next(iter(form.get("patternProperties", {}).values()), {}))
        return made
    return {"integer": 1, "number": 1, "boolean": True}.get(kind, "x")


def main():
    schema = elastalert.loaders.load_rule_schema().schema
    config = config_keys()
    keys_of_rules, in_schema = rule_keys(schema, config)
    required = set(elastalert.config.required_globals)
    facts = {
        "notice": "Made by dev/facts from ElastAlert 2 %s (https://github.com/jertel/elastalert2). `schema` is its "
        "elastalert/schema.yaml, Copyright Yelp and the ElastAlert 2 authors, licensed under the Apache License, "
        "Version 2.0; it is changed from YAML to JSON." % VERSION,
        "version": VERSION,
        "rule_types": rule_types(schema),
        "alerters": alerters(),
        "gone": GONE,
        "enhancements": enhancements(),
        "config": {
            "required": sorted(required | set(elastalert.loaders.FileRulesLoader.required_globals)),
            "keys": sorted(config | required),
        },
        "rule": {"required": sorted(LOADER.required_locals), "keys": keys_of_rules, "notes": sorted(NOTES)},
        "nested": nested(schema),
        "environment": environment(),
        "schema": schema,
    }
    prove(facts)
    json.dump(facts, sys.stdout, indent=1, sort_keys=True, ensure_ascii=True)
    print()
    return in_schema


if __name__ == "__main__":
    main()
