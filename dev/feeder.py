"""Writes the sample logs that the sample rules look for: what happened in the last half hour, then what happens now.

usage: feeder.py URL

One set of indices for each environment: LOGS-web-DATE, -app-, -auth- and -heartbeat-. Some trouble comes and goes, so
that every rule has its turn; in CI within a minute or two. The same second always brings the same documents.
"""

import json
import random
import sys
import time
import urllib.request

URL = sys.argv[1].rstrip("/")
HISTORY = 30 * 60
EVERY = 2

# How much of everything there is, and for how long a worker keeps beating and keeps silent.
ENVIRONMENTS = {
    "ci": {"volume": 1, "beats": 120},
    "staging": {"volume": 1, "beats": 300},
    "production": {"volume": 3, "beats": 300},
}
PAGES = ["/", "/cart", "/search?q=lamp", "/orders/1207", "/login", "/static/app.js"]
USERS = ["alice", "bruno", "chandra", "dora", "root"]


def web(rng, status=None, ip=None):
    service = rng.choice(["shop", "shop", "search", "account"])
    slow = 1000 if service == "search" else 120
    return {
        "service": service,
        "method": rng.choice(["GET", "GET", "GET", "POST"]),
        "path": rng.choice(PAGES),
        "status": status or rng.choice([200] * 50 + [301] * 4 + [404] * 5 + [500]),
        "duration_ms": round(max(1.0, rng.gauss(slow, slow / 5)), 1),
        "client_ip": ip or f"192.0.2.{rng.randint(1, 200)}",
        "host": f"web-{rng.randint(1, 3)}",
    }


def app(service, level, message, host="app-1"):
    return {"service": service, "level": level, "message": message, "host": host}


def login(user, ip, role="user"):
    return {"event": "login", "user": user, "role": role, "client_ip": ip, "outcome": "success"}


def happened(name, second):
    """What was logged in that environment in that second, each with the kind of index it goes to."""
    rng = random.Random(f"{name} {second}")
    volume, beats = ENVIRONMENTS[name]["volume"], ENVIRONMENTS[name]["beats"]
    for _ in range(volume):
        yield "web", web(rng)
    if second % 120 in range(40, 60):  # a bad quarter of a minute
        for _ in range(3 * volume):
            yield "web", web(rng, status=rng.choice([500, 502, 503]))
    if second % 30 == 0:
        yield "web", web(rng, ip="203.0.113.66")
    if second % 5 == 0:
        yield "app", app("shop", "INFO", f"order {second % 100000} accepted")
    if second % 90 in range(10, 25):
        for _ in range(2):
            yield "app", app("checkout", "ERROR", "payment gateway timed out after 3000 ms", host="app-2")
    if second % 75 == 0:
        yield "app", app("reports", "FATAL", "java.lang.OutOfMemoryError: Java heap space", host="app-3")
    if second % 600 == 0:
        yield "app", app("backup", "INFO", "backup finished", host="db-1")
    if second % 5 == 0:
        user = rng.choice(USERS)
        yield "auth", login(user, f"192.0.2.{USERS.index(user) + 1}", "admin" if user == "root" else "user")
    if second % 8 == 0:
        yield "auth", login("mallory", f"198.51.100.{rng.randint(1, 200)}")
    if second % 60 == 0:
        yield "auth", login(f"temporary-{second // 60 % 10000}", "192.0.2.77", "admin")
    if second % 10 == 0:
        yield "heartbeat", {"host": "worker-1", "queue": rng.randint(0, 9)}
        if second // beats % 2 == 0:
            yield "heartbeat", {"host": "worker-2", "queue": rng.randint(0, 9)}


def documents(first, last):
    for second in range(first, last + 1):
        moment = time.gmtime(second)
        for name in ENVIRONMENTS:
            for kind, fields in happened(name, second):
                index = f"{name}-{kind}-{time.strftime('%Y.%m.%d', moment)}"
                fields["@timestamp"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)
                yield json.dumps({"create": {"_index": index}}) + "\n" + json.dumps(fields) + "\n"


def send(method, path, body, kind="application/json"):
    request = urllib.request.Request(URL + path, body.encode(), {"Content-Type": kind}, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def feed(first, last):
    """Writes what happened from the one second to the other; returns how many documents that were."""
    lines = list(documents(first, last))
    for start in range(0, len(lines), 5000):
        answer = send("POST", "/_bulk", "".join(lines[start : start + 5000]), "application/x-ndjson")
        if answer["errors"]:
            problem = next(i["create"]["error"] for i in answer["items"] if "error" in i["create"])
            print(f"feeder: refused: {problem}", flush=True)
    return len(lines)


def template():
    """One shard and no copies: it is one node, and the logs of a few hours."""
    patterns = [f"{name}-{kind}-*" for name in ENVIRONMENTS for kind in ("web", "app", "auth", "heartbeat")]
    settings = {"index": {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "1s"}}
    body = {"index_patterns": patterns, "template": {"settings": settings}}
    send("PUT", "/_index_template/alertdeck-dev-logs", json.dumps(body))


def main():
    done, said = None, 0.0
    while True:
        try:
            now = int(time.time())
            if done is None:
                template()
                count = feed(now - HISTORY, now)
                print(f"feeder: {count} documents of the last {HISTORY // 60} minutes are written", flush=True)
            elif now > done:
                feed(max(done + 1, now - HISTORY), now)
            done = now
        except OSError as problem:
            if time.time() - said > 30:
                print(f"feeder: {URL} does not take documents, trying again: {problem}", flush=True)
                said = time.time()
        time.sleep(EVERY)


main()
