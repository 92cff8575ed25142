"""Answers what PyYAML makes of texts, for the tests of the crate beside it.

Reads inputs on stdin, each with its length before it (4 bytes, big-endian; the length FFFFFFFF asks for the answers so
far), and writes one line of JSON per input: what `yaml.FullLoader` composed and constructed, or where it stopped. Lists
stand for trees, in the order in which the nodes begin, so that neither side recurses. Characters that JSON readers
refuse (lone surrogates) are written as U+FFFF and four hexadecimal digits.
"""

import datetime
import json
import re
import struct
import sys

import yaml

UNPORTABLE = re.compile("[\ud800-\udfff\uffff]")
FLUSH = 0xFFFFFFFF
MOST_VALUES = 20_000
# What the crate has in `Limits::depth`.
DEEPEST = 493
KINDS = {
    yaml.StreamStartEvent: "stream",
    yaml.StreamEndEvent: "stream-end",
    yaml.DocumentStartEvent: "document",
    yaml.DocumentEndEvent: "document-end",
    yaml.AliasEvent: "alias",
    yaml.ScalarEvent: "scalar",
    yaml.SequenceStartEvent: "sequence",
    yaml.SequenceEndEvent: "sequence-end",
    yaml.MappingStartEvent: "mapping",
    yaml.MappingEndEvent: "mapping-end",
}


class Limit(Exception):
    """Something that PyYAML loads and the crate does not hold, which its README lists among the exceptions."""

    def __init__(self, text, mark=None):
        super().__init__(text)
        self.mark = mark


class Loader(yaml.FullLoader):
    """The loader under test, which also notes the events that the composer takes."""

    def __init__(self, text):
        self.noted = []
        super().__init__(text)

    def get_event(self):
        event = super().get_event()
        self.noted.append(event)
        return event


def python_name(loader, suffix, node):
    """Lets PyYAML look at the name, and ends there whether this Python has it or not."""
    try:
        loader.construct_python_name(suffix, node)
    except yaml.constructor.ConstructorError as error:
        if not re.search("is not imported$|^cannot find ", error.problem):
            raise
    raise Limit("what a Python name means only Python knows", node.start_mark)


Loader.add_multi_constructor("tag:yaml.org,2002:python/name:", python_name)


def portable(text):
    if text is None:
        return None
    return UNPORTABLE.sub(lambda found: "\uffff%04X" % ord(found.group()), text)


def mark(at):
    return None if at is None else [at.index, at.line, at.column]


def span(thing):
    start, end = thing.start_mark, thing.end_mark
    return [start.index, start.line, start.column, end.index, end.line, end.column]


def event(it):
    """[kind, start, end, and what that kind has]"""
    kind = KINDS[type(it)]
    answer = [kind, it.start_mark.index, it.end_mark.index]
    if kind == "alias":
        answer += [it.anchor]
    elif kind == "scalar":
        answer += [it.anchor, portable(it.tag), portable(it.value), it.style, list(it.implicit)]
    elif kind in ("sequence", "mapping"):
        answer += [it.anchor, portable(it.tag), bool(it.flow_style), it.implicit]
    elif kind == "document":
        tags = sorted((key, portable(tag)) for key, tag in (it.tags or {}).items())
        answer += [it.explicit, None if it.version is None else list(it.version), tags]
    elif kind == "document-end":
        answer += [it.explicit]
    return answer


def tree(root):
    """Each node as it begins: [kind, tag, text or number of children, style or flow, span], or the number of a node
    that came before."""
    answer, numbers, todo = [], {}, [root]
    while todo:
        node = todo.pop()
        if id(node) in numbers:
            answer.append(numbers[id(node)])
            continue
        numbers[id(node)] = len(answer)
        if isinstance(node, yaml.ScalarNode):
            answer.append(["scalar", portable(node.tag), portable(node.value), node.style, span(node)])
            continue
        if isinstance(node, yaml.SequenceNode):
            kind, children = "sequence", list(node.value)
        else:
            kind, children = "mapping", [part for pair in node.value for part in pair]
        answer.append([kind, portable(node.tag), len(children), bool(node.flow_style), span(node)])
        todo.extend(reversed(children))
    return answer


def integer(value):
    try:
        return "int:%d" % value
    except ValueError:  # more digits than Python writes
        return "int:%#x" % value


def floating(value):
    return "nan" if value != value else struct.pack(">d", value).hex()


def children_of(value):
    if isinstance(value, dict):
        return [part for pair in value.items() for part in pair]
    return list(value) if isinstance(value, (list, tuple, set)) else []


def check_held(root):
    """Raises what the crate says of values that are no trees, or whose aliases nest them deeper than anything is."""
    depths, path, todo = {}, set(), [(root, False)]
    while todo:
        value, left = todo.pop()
        if not isinstance(value, (list, tuple, dict, set)) or not left and id(value) in depths:
            continue
        if left:
            path.remove(id(value))
            depths[id(value)] = 1 + max([depths.get(id(child), 0) for child in children_of(value)], default=0)
            continue
        if id(value) in path:
            raise Limit("a value that contains itself")
        path.add(id(value))
        todo.append((value, True))
        todo.extend((child, False) for child in children_of(value))
    if depths.get(id(root), 0) > DEEPEST:
        raise Limit("values nested too deep")


def values(root):
    """Each value as it begins: a string with its type and itself, or [type, number of children]. What an alias repeats
    is written again; what would be written for ever is cut."""
    answer, todo = [], [root]
    while todo:
        value = todo.pop()
        if len(answer) > MOST_VALUES:
            return ["endless"]
        if value is None:
            answer.append("null")
        elif isinstance(value, bool):
            answer.append("bool:true" if value else "bool:false")
        elif isinstance(value, int):
            answer.append(integer(value))
        elif isinstance(value, float):
            answer.append("float:" + floating(value))
        elif isinstance(value, complex):
            answer.append("complex:%s,%s" % (floating(value.real), floating(value.imag)))
        elif isinstance(value, str):
            answer.append("str:" + portable(value))
        elif isinstance(value, bytes):
            answer.append("bytes:" + value.hex())
        elif isinstance(value, datetime.datetime):
            answer.append("datetime:" + value.isoformat("T", "microseconds"))
        elif isinstance(value, datetime.date):
            answer.append("date:" + value.isoformat())
        elif isinstance(value, (list, tuple, dict, set)):
            if isinstance(value, set):
                # A set has no order that means anything: sorted by what is written of its members.
                children = sorted(value, key=lambda child: json.dumps(values(child), separators=(",", ":"))[1:-1])
            else:
                children = children_of(value)
            answer.append([type(value).__name__, len(children)])
            todo.extend(reversed(children))
        else:
            answer.append("python:" + type(value).__name__)
    return answer


def refusal(stage, error):
    answer = {"stage": stage, "class": type(error).__name__}
    if isinstance(error, yaml.MarkedYAMLError):
        answer["context"] = portable(error.context)
        answer["context_mark"] = mark(error.context_mark)
        answer["problem"] = portable(error.problem)
        answer["problem_mark"] = mark(error.problem_mark)
    if isinstance(error, Limit):
        answer["mark"] = mark(error.mark)
    answer["text"] = portable(str(error))
    return answer


def answer_to(data):
    answer = {"error": None, "events": [], "tree": [], "values": []}
    loader, composed = None, True
    try:
        loader = Loader(data)
        node = loader.get_single_node()
    except Exception as error:
        composed = False
        answer["error"] = refusal("compose", error)
    if composed or answer["error"]["class"] in ("ScannerError", "ParserError"):
        answer["events"] = [event(it) for it in loader.noted]
    if not composed:
        return answer
    if node is None:
        answer["values"] = ["null"]
        return answer
    answer["tree"] = tree(node)
    try:
        value = loader.construct_document(node)
        check_held(value)
    except Exception as error:
        answer["error"] = refusal("construct", error)
        return answer
    answer["values"] = values(value)
    return answer


def main():
    source = sys.stdin.buffer
    # Not sys.stdout, which an image may have told to write every piece at once.
    sink = open(1, "w", buffering=1 << 16, encoding="ascii", newline="\n", closefd=False)
    print("Python %d.%d, PyYAML %s" % (*sys.version_info[:2], yaml.__version__), file=sink, flush=True)
    while head := source.read(4):
        (length,) = struct.unpack(">I", head)
        if length == FLUSH:
            sink.flush()
        else:
            answer = json.dumps(answer_to(source.read(length)), separators=(",", ":"))
            print(answer, file=sink)
    sink.flush()


if __name__ == "__main__":
    main()
