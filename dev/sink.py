"""Stands in for Slack: takes what is posted, keeps the last hundred, and says how many there were.

usage: sink.py PORT

POST /services/...   what the slack alerter does; answers `ok`
GET /posts           {"count": how many since the start, "posts": the last hundred}

The path of a webhook is its secret: it is neither kept nor printed.
"""

import collections
import http.server
import json
import sys

posts = collections.deque(maxlen=100)
count = 0


class Sink(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body, kind="text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        global count
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 1_000_000))
        try:
            post = json.loads(body)
        except ValueError:
            self.answer(400, b"no JSON")
            return
        count += 1
        posts.append(post)
        attachments = post.get("attachments") or [{}]
        print(f"sink: post {count} to {post.get('channel', '-')}: {attachments[0].get('title', '')}", flush=True)
        self.answer(200, b"ok")

    def do_GET(self):
        if self.path != "/posts":
            self.answer(404, b"no such thing")
            return
        self.answer(200, json.dumps({"count": count, "posts": list(posts)}).encode(), "application/json")

    def log_message(self, *_):
        """Its own lines would show the path."""


http.server.ThreadingHTTPServer(("", int(sys.argv[1])), Sink).serve_forever()
