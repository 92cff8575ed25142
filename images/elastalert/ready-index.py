"""Makes the indices that ElastAlert writes to, those that are missing, with ElastAlert's own mappings.

ElastAlert's own tool is not used: it reads the configuration without the environment's values in it, deletes the
status index when the main one is missing, and fails where the search engine does not answer. This one asks for at most
READY_INDEX_SECONDS (20) and then says so and lets ElastAlert start all the same.
"""

import contextlib
import io
import logging
import os
import signal
import sys
import time

from elastalert.create_index import is_atleasteight, read_es_index_mappings
from elastalert.util import elasticsearch_client, get_version_from_cluster_info
from elastalert.yaml import read_yaml

# The suffix of each index, and the name of its mapping.
INDICES = {
    "": "elastalert",
    "_status": "elastalert_status",
    "_silence": "silence",
    "_error": "elastalert_error",
    "_past": "past_elastalert",
}


# The variables that win over the configuration, as ElastAlert has it; its own list would bring in every alerter.
VARIABLES = ["es_host", "es_hosts", "es_port", "es_username", "es_password", "es_bearer", "es_api_key", "es_url_prefix"]


class OutOfTime(BaseException):
    """The bound, reached while a request was under way. No `Exception`: the client makes an answer of those."""


def say(text):
    print("entry: " + text, file=sys.stderr, flush=True)


def settings(path):
    conf = read_yaml(path)
    for key in VARIABLES:
        if os.environ.get(key.upper()):
            conf[key] = os.environ[key.upper()]
    if os.environ.get("ES_USE_SSL"):
        conf["use_ssl"] = os.environ["ES_USE_SSL"].lower() in ("1", "true", "yes", "y", "t", "on", "ok")
    conf.setdefault("es_host", os.environ.get("ELASTICSEARCH_HOST"))
    conf.setdefault("es_port", os.environ.get("ELASTICSEARCH_PORT", 9200))
    conf["es_conn_timeout"] = 5
    return conf


def make_missing(client, index):
    """The names of the indices that were made."""
    names = {index + suffix: mapping for suffix, mapping in INDICES.items()}
    missing = [name for name in names if not client.indices.exists(index=name)]
    if not missing:
        return []
    version = get_version_from_cluster_info(client)
    with contextlib.redirect_stdout(io.StringIO()):
        mappings = read_es_index_mappings(8 if is_atleasteight(version) else 7)
    for name in missing:
        # 400: somebody else made it in between.
        client.indices.create(index=name, body={"mappings": mappings[names[name]]}, ignore=400)
    return missing


def main():
    logging.disable(logging.CRITICAL)
    limit = int(os.environ.get("READY_INDEX_SECONDS", "20"))
    try:
        conf = settings(sys.argv[1])
        index, where = conf["writeback_index"], f"{conf['es_host']}:{conf['es_port']}"
        client = elasticsearch_client(conf)
    except Exception as problem:
        # ElastAlert is about to say the same, in full.
        say(f"the indices were not looked at: {type(problem).__name__}: {problem}")
        return

    def out_of_time(*_):
        raise OutOfTime

    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(limit)
    reason, said = "no answer in time", False
    try:
        while True:
            try:
                made = make_missing(client, index)
                say(f"made {', '.join(made)} at {where}" if made else f"index {index} is there, at {where}")
                return
            except Exception as problem:
                reason = f"{type(problem).__name__}: {str(problem)[:200]}"
                if not said:
                    say(f"search at {where} does not answer yet, trying for {limit} s: {reason}")
                    said = True
            time.sleep(1)
    except OutOfTime:
        say(f"search at {where} did not answer in {limit} s ({reason}); starting without having looked at the indices")


main()
