#!/usr/bin/env python3
"""The soak: run.py BUILD [MINUTES] [--seed N]. See `./dev soak --help`."""
import argparse
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'bench'))
import servers  # noqa: E402

SESSIONS = 200
TIMEOUT_SECONDS = 4
GENERAL = 'general: {{\n\tdebug_level = "warn"\n\tsession_timeout = {}\n\tsessions_max = {}\n}}\n'
# A sanitizer's report is more than a warning; and what the gateway warns of must have a reason in what is done here.
REPORT = re.compile(r'ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|^\S+ \S+ (WARN|ERROR)|GLib.*(CRITICAL|WARNING)', re.M)
ENVIRONMENT = {
    # What was freed is kept for a while, but not so much that it would hide a leak.
    'ASAN_OPTIONS': 'quarantine_size_mb=4:detect_leaks=1',
    'TSAN_OPTIONS': 'history_size=4',
    'G_DEBUG': 'fatal-criticals',
    # What is freed goes back to the system, as far as that is possible.
    'MALLOC_ARENA_MAX': '1',
    'MALLOC_TRIM_THRESHOLD_': '65536',
    'MALLOC_TOP_PAD_': '0',
}


def slowness(binary):
    """A sanitizer makes the gateway slow and large: limits of time and memory are wider then."""
    with open(binary, 'rb') as f:
        program = f.read()
    return 4 if b'__asan_init' in program or b'__tsan_init' in program else 1


def soak(build, options):
    os.environ.update(ENVIRONMENT)
    factor = slowness(os.path.join(build, 'limen'))
    server = servers.limen(build, general=GENERAL.format(TIMEOUT_SECONDS * factor, SESSIONS), ice='agent' if options.agent else 'shared')
    command = [os.path.join(options.clients, 'tests/soak/limen-soak'), '--url', server.url, '--pid', str(server.process.pid), '--seed', str(options.seed),
               '--seconds', str(int(options.minutes * 60)), '--slowness', str(factor), '--rate', str(options.rate // (2 if factor > 1 else 1)),
               '--sessions', str(SESSIONS), '--timeout', str(TIMEOUT_SECONDS * factor)]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        server.end()
        with open(server.log, encoding='utf-8', errors='replace') as f:
            log = f.read()
        code = server.process.returncode
    finally:
        server.stop()
    print(done.stdout, end='')
    found = REPORT.search(log)
    if found or code:
        start = max(0, found.start() - 200) if found else -6000
        print(log[start:][:20000])
        print(f'the gateway ended with {code}' if code else 'the gateway\'s log has a complaint')
    return done.returncode == 0 and not found and code == 0


def main():
    parser = argparse.ArgumentParser(prog='./dev soak', description='Clients that act at random from a seed, against a gateway whose answers, events and '
                                     'media are compared with what must follow; --asan and --tsan take the gateway of that build.')
    parser.add_argument('minutes', nargs='?', type=float, default=2)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--rate', type=int, default=60, help='actions a second')
    parser.add_argument('--agent', action='store_true', help='a full ICE agent per peer instead of the shared port')
    parser.add_argument('--clients', help=argparse.SUPPRESS)
    build = os.path.abspath(sys.argv[1])
    options = parser.parse_args(sys.argv[2:])
    options.clients = os.path.abspath(options.clients or build)
    fine = soak(build, options)
    print('soak: passed' if fine else f'soak: FAILED, seed {options.seed}')
    sys.exit(0 if fine else 1)


main()
