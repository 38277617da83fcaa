#!/usr/bin/env python3
"""API tests against the real binary: starts a gateway of the build folder given, on its own ports, and prints TAP."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
from tests.api import core_api, runner  # noqa: E402

sys.exit(runner.run(sys.argv[1], [core_api]))
