"""Starts the preflight inside the image, for the tests that compare alertdeck's own reading with it.

The first line of stdin holds the files of the preflight; the rest is for it. The variables are few and known, and folders
are walked in the order of their names, so that of two rules with one name it is always the same that is refused.
"""

import json
import os
import runpy
import sys


def head():
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(0, 1)
        if not piece:
            sys.exit("no files came")
        line += piece
    return json.loads(line)


def main():
    given = head()
    folder = "/tmp/preflight"
    os.mkdir(folder)
    for name, text in given["files"].items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    os.environ.clear()
    os.environ.update(given["variables"])

    walk = os.walk

    def in_order(*args, **kwargs):
        for root, folders, files in walk(*args, **kwargs):
            folders.sort()
            files.sort()
            yield root, folders, files

    os.walk = in_order
    sys.argv = ["preflight.py", "--bulk", "--values", "--rule-seconds", "5"]
    sys.path.insert(0, folder)
    os.chdir("/opt")
    runpy.run_path(os.path.join(folder, "preflight.py"), run_name="__main__")


main()
