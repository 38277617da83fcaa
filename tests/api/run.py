#!/usr/bin/env python3
"""API tests against the real binary: run.py BUILD [WORD...]; words: only modules with one of them in their names. Prints TAP."""
import importlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
from tests.api import runner  # noqa: E402

ALONE = ['measures', 'media_api', 'event_handlers', 'compare', 'mqtt']
SIDE_BY_SIDE = [
    'admin',
    'metrics',
    'long_poll_default',
    'bad_input',
    'lifetime',
    'reclaim',
    'long_poll',
    'verbs',
    'datagrams',
    'decision_order',
    'jwt',
    'life',
    'limenctl',
    'tokens',
    'opaque',
    'permanent_rooms',
    'websockets',
    'http_requests',
    'http_timeouts',
    'transport_options',
    'files',
    'certificates',
    'socket_file',
    'samples',
    'third_party',
    'remote_publishers',
    'pfunix',
    'one_port',
    'many_connections',
]
words = sys.argv[2:] or ['']


def chosen(names):
    return [importlib.import_module(f'tests.api.{n}') for n in names if any(word in f'tests.api.{n}' for word in words)]


sys.exit(runner.run(sys.argv[1], chosen(ALONE), chosen(SIDE_BY_SIDE)))
