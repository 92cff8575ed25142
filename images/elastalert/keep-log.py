"""Keeps a copy of what a supervised program says, in files of bounded size.

A supervisord event listener: the program's own output goes to the container's output whatever happens here, and the
same bytes come here as PROCESS_LOG events. If the disk is full the copy has a hole and nothing else is hurt.

usage: keep-log.py FOLDER [BYTES [FILES]]
"""

import os
import sys

folder = sys.argv[1]
limit = int(sys.argv[2]) if len(sys.argv) > 2 else 5_000_000
files = int(sys.argv[3]) if len(sys.argv) > 3 else 3


def keep(name, data):
    path = os.path.join(folder, name + ".log")
    if os.path.exists(path) and os.path.getsize(path) + len(data) > limit:
        for n in range(files - 1, 0, -1):
            old = path if n == 1 else f"{path}.{n - 1}"
            if os.path.exists(old):
                os.replace(old, f"{path}.{n}")
    with open(path, "ab") as file:
        file.write(data[-limit:])


def fields(line):
    return dict(part.split(":", 1) for part in line.decode().split())


while True:
    sys.stdout.write("READY\n")
    sys.stdout.flush()
    header = sys.stdin.buffer.readline()
    if not header:
        break
    payload = sys.stdin.buffer.read(int(fields(header)["len"]))
    about, _, said = payload.partition(b"\n")
    try:
        keep(fields(about)["processname"], said)
    except OSError as problem:
        print(f"keep-log: {problem}", file=sys.stderr, flush=True)
    sys.stdout.write("RESULT 2\nOK")
    sys.stdout.flush()
