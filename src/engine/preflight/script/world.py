"""What a rule asks of the world when it loads, answered without a network and remembered as a need."""

import errno
import socket
import sys


class Needs:
    """The needs of what is being loaded now, each once; `tell` hears of each when it arises."""

    def __init__(self, tell):
        self.tell = tell
        self.found = []

    def add(self, kind, where, why):
        need = {"kind": kind, "where": str(where)[:200], "why": str(why)[:200]}
        if need not in self.found and len(self.found) < 20:
            self.found.append(need)
            self.tell(need)

    def take(self):
        found, self.found = self.found, []
        return found

    def names_network(self):
        return any(need["kind"] == "network" for need in self.found)


def cut_off(needs):
    """Answers for the search engine and Jira, and refuses every other connection at once."""
    _sockets(needs)
    _search(needs)
    _jira(needs)
    _statsd(needs)


def _sockets(needs):
    def refuse(where):
        needs.add("network", where, "a connection is made when it loads")
        raise OSError(errno.ENETUNREACH, "there is no network while rules are only tried")

    def show(address):
        if isinstance(address, tuple) and len(address) >= 2:
            return "%s:%s" % (address[0], address[1])
        return str(address)

    def guard(plain):
        def connect(self, address):
            if self.family == getattr(socket, "AF_UNIX", None):
                return plain(self, address)
            return refuse(show(address))

        return connect

    def send(plain):
        def sendto(self, data, *rest):
            if self.family == getattr(socket, "AF_UNIX", None) or not rest:
                return plain(self, data, *rest)
            return refuse(show(rest[-1]))

        return sendto

    def resolve(host, port=None, *_, **__):
        return refuse("%s:%s" % (host, port) if port else host)

    socket.socket.connect = guard(socket.socket.connect)
    socket.socket.connect_ex = guard(socket.socket.connect_ex)
    socket.socket.sendto = send(socket.socket.sendto)
    socket.getaddrinfo = resolve
    socket.gethostbyname = resolve
    socket.gethostbyname_ex = resolve


def _search(needs):
    try:
        from elasticsearch import transport
    except ImportError:
        return

    def perform_request(self, method, url, headers=None, params=None, body=None):
        if body is not None:
            # As the real one does: what cannot be written as JSON is an error of the rule, not of the network.
            self.serializer.dumps(body)
        needs.add("search", _hosts(self), _asked(url))
        if method == "HEAD":
            return True
        if url in ("/", ""):
            return {"version": {"number": "8.2.0"}}
        return {
            "hits": {"hits": [], "total": {"value": 0, "relation": "eq"}},
            "aggregations": {"filtered": {"values": {"buckets": []}}},
            "columns": [],
            "values": [],
        }

    transport.Transport.perform_request = perform_request


def _hosts(client):
    common = getattr(client, "kwargs", None) or {}
    hosts = []
    for host in getattr(client, "hosts", None) or []:
        both = dict(common, **host) if isinstance(host, dict) else {"host": host}
        hosts.append("%s:%s" % (both.get("host", "localhost"), both.get("port", 9200)))
    return ", ".join(hosts)


def _asked(url):
    if url.endswith("_search"):
        return "it searches " + url.strip("/").rsplit("/", 1)[0]
    return "it asks for " + url


class _Anything(str):
    """A name that equals every name: whether Jira knows a field only Jira can tell."""

    def __eq__(self, other):
        return isinstance(other, str)

    def __ne__(self, other):
        return not isinstance(other, str)

    __hash__ = str.__hash__

    def replace(self, *_):
        return self

    def lower(self):
        return self


class _Priority:
    def __init__(self, number):
        self.id = str(number)


def _jira(needs):
    class Jira:
        def __init__(self, server=None, *_, **__):
            needs.add("jira", server, "it logs in, and reads priorities and fields")

        def priorities(self):
            return [_Priority(number) for number in range(10)]

        def fields(self):
            any_name = _Anything("field")
            return [{"id": any_name, "name": any_name, "schema": {"type": "string"}}]

    for name in ("elastalert.alerters.jira", "elastalert.alerts"):
        module = sys.modules.get(name)
        if module is not None and hasattr(module, "JIRA"):
            module.JIRA = Jira


def _statsd(needs):
    module = sys.modules.get("elastalert.elastalert")
    statsd = getattr(module, "statsd", None)
    if statsd is None or not hasattr(statsd, "StatsClient"):
        return

    class StatsClient:
        def __init__(self, host="localhost", port=8125, *_, **__):
            needs.add("statsd", "%s:%s" % (host, port), "its name is resolved")

        def __getattr__(self, _):
            return lambda *a, **k: None

    statsd.StatsClient = StatsClient
