#!/usr/bin/env python3
"""Tests on networks of their own, in namespaces: run.py BUILD [WORD]; WORD: only the tests whose name has it. Prints TAP."""
import os
import signal
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
from tests.api.runner import Tap  # noqa: E402
from tests.network import calls, candidates, floods, ports, relay  # noqa: E402

MODULES = [candidates, ports, floods, relay, calls]


def end(*_):
    """Unwinds, so that namespaces and programs go."""
    sys.exit(1)


def main(build, word=''):
    tap = Tap()
    signal.signal(signal.SIGTERM, end)
    for module in MODULES:
        for test in [n for n in dir(module) if n.startswith('test_')]:
            name = f'{module.__name__.rsplit(".", 1)[-1]}: {test}'
            if word not in name:
                continue
            began = time.monotonic()
            try:
                why = getattr(module, test)(build) or ''
                tap.add(True, f'{name} # {time.monotonic() - began:.1f} s', why)
            except Exception:  # a failing test must not end the others
                tap.add(False, name, traceback.format_exc())
    print(f'1..{tap.count}')
    return 1 if tap.failed or not tap.count else 0


sys.exit(main(*sys.argv[1:]))
