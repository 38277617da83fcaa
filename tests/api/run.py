#!/usr/bin/env python3
"""API tests against the real binary: run.py BUILD [WORD...]; words: only modules with one of them in their names. Prints TAP."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
from tests.api import (admin, bad_input, certificates, compare, datagrams, decision_order, files, http_requests, http_timeouts,  # noqa: E402
                       lifetime, long_poll, long_poll_default, measures, media_api, mqtt, opaque, permanent_rooms, reclaim, remote_publishers, runner, samples, socket_file, third_party, tokens, verbs,
                       transport_options, websockets)

ALONE = [measures, media_api, compare]
SIDE_BY_SIDE = [admin, long_poll_default, bad_input, lifetime, reclaim, long_poll, verbs, datagrams, decision_order, tokens,
                opaque, permanent_rooms, websockets, http_requests, transport_options, files, certificates, socket_file, samples, third_party,
                remote_publishers, http_timeouts, mqtt]
words = sys.argv[2:] or ['']


def chosen(modules):
    return [m for m in modules if any(word in m.__name__ for word in words)]


sys.exit(runner.run(sys.argv[1], chosen(ALONE), chosen(SIDE_BY_SIDE)))
