"""Says in one sentence what an exception of ElastAlert's loader says in a quarter of a megabyte, and a rule as JSON."""

import base64
import datetime
import math
import os
import re

LONGEST = 400
MOST_PROBLEMS = 10
MOST_NODES = 200000


def condensed(text):
    """One line of bounded length; the order of option names, which Python's sets leave open, is made the same."""
    text = re.sub(r" at 0x[0-9a-f]+", "", re.sub(r"\s+", " ", str(text))).strip()
    found = re.match(r"(.*(?:required option\(s\):|must contain) )([\w, ]+)$", text)
    if found:
        text = found.group(1) + ", ".join(sorted(found.group(2).split(", ")))
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def error(exc, rule, schema, last_file):
    """An exception as a value: class, sentence, place, and for a schema error each problem of the branch it is in."""
    told = {"class": type(exc).__name__, "message": condensed(_text(exc))}
    for cause in _chain(exc):
        if type(cause).__module__.startswith("jsonschema"):
            found = problems(rule, schema)
            told["cause"] = "ValidationError"
            if found:
                told["problems"] = found
                told["message"] = _sentence(found)
            break
        place = _place(cause, last_file)
        if place:
            told["cause"] = type(cause).__name__
            told["line"], told["column"] = place
            told["message"] = condensed(_marked(cause))
            told["file"] = last_file
            break
        if isinstance(cause, OSError) and cause.filename is not None:
            told["file"] = str(cause.filename)
    if type(exc).__module__.startswith("jinja2"):
        told["problems"] = [_template(exc, rule, told["message"])]
        told["message"] = told["problems"][0]["message"]
    return told


def _template(exc, rule, message):
    """An error of Jinja's: it counts lines of the template, not of the rule."""
    key = "jinja_template_path" if isinstance(rule, dict) and rule.get("jinja_template_path") else "alert_text"
    line = getattr(exc, "lineno", None)
    where = "in line %s of %s: " % (line, getattr(exc, "filename", None) or "the template") if line else ""
    return {"path": [key], "kind": "template", "message": condensed(where + message)}


def _text(exc):
    if isinstance(exc, SystemExit):
        return "it ends Python with exit status %s" % (0 if exc.code is None else exc.code)
    try:
        return str(exc) or type(exc).__name__
    except Exception:
        return type(exc).__name__


def _chain(exc):
    seen = []
    while exc is not None and exc not in seen and len(seen) < 10:
        seen.append(exc)
        exc = exc.__cause__ or exc.__context__
    return seen


def _place(exc, path):
    """Line and column, from 1, of an error of PyYAML's, or of the bytes that are no text."""
    if type(exc).__name__ == "ReaderError":
        return _counted(path, lambda text: text[: exc.position])
    if isinstance(exc, UnicodeDecodeError):
        before = exc.object[: exc.start]
        return before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1
    mark = getattr(exc, "problem_mark", None) or getattr(exc, "context_mark", None)
    if mark is not None:
        return mark.line + 1, mark.column + 1
    return None


def _counted(path, upto):
    try:
        with open(path) as file:
            before = upto(os.path.expandvars(file.read()))
    except (OSError, ValueError):
        return None
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _marked(exc):
    if getattr(exc, "problem", None) is None:
        return _text(exc)
    parts = [getattr(exc, "context", None), getattr(exc, "problem", None), getattr(exc, "note", None)]
    return ", ".join(part for part in parts if part)


def problems(rule, validator):
    """What the schema has against a rule, told for its own `type` and not for all the others."""
    found = []
    try:
        for each in validator.iter_errors(rule):
            if each.validator == "oneOf" and not each.absolute_path:
                found.extend(_branch(each, rule, validator.schema.get("oneOf", [])))
            else:
                found.append(_problem(each))
            if len(found) >= MOST_PROBLEMS:
                break
    except RecursionError:
        pass
    found.sort(key=lambda each: (each["path"] != ["type"], each["kind"] != "required", str(each["path"]), each["message"]))
    return found[:MOST_PROBLEMS]


def _branch(whole, rule, branches):
    kind = rule.get("type") if isinstance(rule, dict) else None
    if not isinstance(kind, str):
        if "type" not in rule:
            return []
        return [{"path": ["type"], "kind": "type", "message": "%r is not of type 'string'" % (kind,)}]
    names = []
    for index, branch in enumerate(branches):
        wanted = branch.get("properties", {}).get("type", {})
        names.extend(wanted.get("enum", []))
        mine = kind in wanted.get("enum", []) or ("pattern" in wanted and re.search(wanted["pattern"], kind))
        if mine:
            return [_problem(each) for each in whole.context or [] if each.schema_path and each.schema_path[0] == index]
    return [
        {
            "path": ["type"],
            "kind": "enum",
            "message": "%r is not one of the rule types, and no path of a Python class" % condensed(kind),
            "allowed": sorted(names),
        }
    ]


def _problem(each):
    deepest = each
    while deepest.context:
        deepest = max(deepest.context, key=lambda inner: (len(inner.absolute_path), inner.validator != "type"))
    told = {
        "path": [step if isinstance(step, (str, int)) else str(step) for step in deepest.absolute_path],
        "kind": str(deepest.validator),
        "message": condensed(deepest.message),
    }
    if deepest.validator in ("enum", "type"):
        allowed = deepest.validator_value
        told["allowed"] = list(allowed) if isinstance(allowed, list) else [allowed]
    if deepest.validator == "additionalProperties" and isinstance(deepest.schema, dict):
        told["allowed"] = sorted(deepest.schema.get("properties", {}))
    if deepest.validator == "required" and isinstance(deepest.instance, dict):
        told["missing"] = [name for name in deepest.validator_value if name not in deepest.instance]
    return told


def _sentence(found):
    first = found[0]
    text = ".".join(str(step) for step in first["path"])
    text = (text + ": " if text else "") + first["message"]
    if len(found) > 1:
        text += " (and %d more)" % (len(found) - 1)
    return condensed(text)


class TooMuch(Exception):
    """A value has more nodes than anybody would read: an alias bomb, or a value that holds itself."""


def plain(value):
    """A value as JSON. What JSON has no form for is an object with one key that begins with `$`: `$timedelta` (seconds),
    `$datetime`, `$date`, `$time` (ISO), `$bytes` (base64), `$set` (sorted), `$tuple`, `$float` (nan, inf, -inf),
    `$map` (pairs, where a key is no string or begins with `$`), `$name` (a class or function), `$object` (its class)."""
    return _plain(value, [MOST_NODES], 0)


def _plain(value, left, depth):
    left[0] -= 1
    if left[0] < 0 or depth > 100:
        raise TooMuch()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": str(value)}
    if isinstance(value, datetime.timedelta):
        return {"$timedelta": value.total_seconds()}
    if isinstance(value, datetime.datetime):
        return {"$datetime": value.isoformat()}
    if isinstance(value, datetime.date):
        return {"$date": value.isoformat()}
    if isinstance(value, datetime.time):
        return {"$time": value.isoformat()}
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": base64.b64encode(bytes(value)).decode("ascii")}
    if isinstance(value, list):
        return [_plain(each, left, depth + 1) for each in value]
    if isinstance(value, tuple):
        return {"$tuple": [_plain(each, left, depth + 1) for each in value]}
    if isinstance(value, (set, frozenset)):
        return {"$set": sorted((_plain(each, left, depth + 1) for each in value), key=repr)}
    if isinstance(value, dict):
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: _plain(each, left, depth + 1) for key, each in value.items()}
        return {"$map": [[_plain(key, left, depth + 1), _plain(each, left, depth + 1)] for key, each in value.items()]}
    if isinstance(value, type) or callable(value):
        return {"$name": "%s.%s" % (getattr(value, "__module__", "?"), getattr(value, "__qualname__", "?"))}
    return {"$object": "%s.%s" % (type(value).__module__, type(value).__qualname__)}
