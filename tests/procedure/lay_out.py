"""What the deploy procedure before alertdeck lays out, written anew from its behaviour for the tests of alertdeck.

    lay_out.py SRC ENVIRONMENT Local|Octopus OUT [sorted|reversed]

Values are looked for key by key in each line, so that a value which itself holds a token is replaced or not as the
order of the keys has it: the last argument is that order. Two places at which the procedure died are passed over: a
blank line among the exclusions, and an environment that has no exclusions.
"""

import fnmatch
import pathlib
import sys

BLANKS = b" \t\n\r\x0b\x0c"


def read_values(path, values):
    for line in path.read_bytes().split(b"\n"):
        if b"=" not in line:
            continue
        key, value = line.strip(BLANKS).split(b"=")  # a second `=` ends the procedure, here as there
        values[key] = value


def main(source, environment, sensitive, out, order="sorted"):
    source, out = pathlib.Path(source), pathlib.Path(out)
    folder = source / "config" / "substitutions"
    values = {b"ENVIRONMENT": environment.encode()}
    read_values(folder / "Default.conf", values)
    if environment != "Default":
        read_values(folder / f"{environment}.conf", values)
    read_values(folder / f"Sensitive.{sensitive}.conf", values)
    keys = sorted(values, reverse=order == "reversed")

    # As `cp config/*` and `cp rules/*` do: files only, and none whose name begins with a dot.
    for name in ("config", "rules"):
        (out / name).mkdir(parents=True)
        for path in sorted((source / name).iterdir()):
            if not path.is_file() or path.name.startswith("."):
                continue
            lines = path.read_bytes().split(b"\n")
            for key in keys:
                lines = [line.replace(b"@@" + key + b"@@", values[key]) for line in lines]
            (out / name / path.name).write_bytes(b"\n".join(lines))

    exclusions = source / "config" / "rule_exclusions" / f"rule_exclusions.{environment}.conf"
    globs = exclusions.read_text().split("\n") if exclusions.is_file() else []
    for glob in filter(None, (glob.strip() for glob in globs)):
        for path in (out / "rules").iterdir():
            if fnmatch.fnmatchcase(path.name, glob):
                path.unlink()


main(*sys.argv[1:])
