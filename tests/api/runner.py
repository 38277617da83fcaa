"""Starts gateways, runs the functions named test_* of modules against them, prints TAP.

Each module has a gateway of its own, so that modules run side by side. A module may define config(folder), which
returns what differs from DEFAULTS: {file: {group: {key: value}}}, and ENVIRONMENT, variables for the gateway.
"""
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEFAULTS = {
    'limen': {'general': {'session_timeout': 60, 'drain_seconds': 0}, 'nat': {'ice_enforce_list': '127.0.0.1'},
              'ice': {'mode': os.environ.get('LIMEN_TEST_ICE', 'shared'), 'port': 0,
                      'segmentation': os.environ.get('LIMEN_TEST_SEGMENTATION', 'true') == 'true'}},
    'limen.transport.websockets': {'general': {'ws_ip': '127.0.0.1', 'ws_port': 0, 'wss_ip': '127.0.0.1', 'wss_port': 0}},
    'limen.transport.http': {'general': {'ip': '127.0.0.1', 'port': 0, 'secure_ip': '127.0.0.1', 'secure_port': 0},
                             'admin': {'admin_port': 0, 'admin_secure_port': 0}},
}
LISTENING = re.compile(r'(http|websockets): listening on [\d.]+:(\d+)(?: \(((?:admin, )?TLS|admin)\))?')
PATIENCE = 30


def merged(config):
    """DEFAULTS with the changes of a module."""
    out = {file: {group: dict(keys) for group, keys in groups.items()} for file, groups in DEFAULTS.items()}
    for file, groups in config.items():
        for group, keys in groups.items():
            out.setdefault(file, {}).setdefault(group, {}).update(keys)
    return out


def config_text(groups):
    def value(v):
        return str(v).lower() if isinstance(v, bool) else str(v) if isinstance(v, int) else f'"{v}"'
    return ''.join(f'{group}: {{\n' + ''.join(f'\t{k} = {value(v)}\n' for k, v in keys.items()) + '}\n'
                   for group, keys in groups.items())


class Gateway:
    """A gateway on loopback, on free ports, with a configuration of its own."""

    def __init__(self, build, config=None, environment=None):
        """config: function of the folder for its files, or None. environment: more variables for the process."""
        self.folder = tempfile.TemporaryDirectory()
        for name, groups in merged(config(self.folder.name) if config else {}).items():
            with open(os.path.join(self.folder.name, name + '.jcfg'), 'w', encoding='utf-8') as f:
                f.write(config_text(groups))
        self.build, self.environment = build, environment or {}
        with open(os.path.join(build, 'limen'), 'rb') as f:
            program = f.read()
        # A sanitizer makes the program slow and large: limits of time and memory are wider then.
        self.slowness = 20 if b'__asan_init' in program or b'__tsan_init' in program else 1
        self.start()

    def start(self):
        """With the files as they are now; what it logs begins anew."""
        binary = os.path.join(self.build, 'limen')
        self.log = open(os.path.join(self.folder.name, 'log'), 'w+', encoding='utf-8', errors='replace')
        began = time.monotonic()
        self.process = subprocess.Popen(
            [binary, '-C', self.folder.name, '-M', os.path.join(self.build, 'modules'), '-H', os.path.join(ROOT, 'html')],
            stdout=self.log, stderr=self.log, env={**os.environ, **self.environment})
        self.find_ports()
        self.start_seconds = time.monotonic() - began

    def find_ports(self):
        end = time.monotonic() + PATIENCE
        while 'plugins, ' not in self.output():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f'the gateway does not listen: {self.output()}')
            time.sleep(0.002)
        ports = {(m[1], m[3]): int(m[2]) for m in LISTENING.finditer(self.output())}
        ports.setdefault(('websockets', None), None)  # a socket file instead
        self.http_port, self.ws_port = ports[('http', None)], ports[('websockets', None)]
        self.https_port, self.wss_port = ports.get(('http', 'TLS')), ports.get(('websockets', 'TLS'))
        self.admin_port, self.admin_ws_port = ports.get(('http', 'admin')), ports.get(('websockets', 'admin'))
        for port in filter(None, ports.values()):
            socket.create_connection(('127.0.0.1', port), PATIENCE).close()

    def output(self):
        with open(self.log.name, encoding='utf-8', errors='replace') as f:
            return f.read()

    def memory_kb(self):
        with open(f'/proc/{self.process.pid}/smaps_rollup', encoding='ascii') as f:
            return next(int(line.split()[1]) for line in f if line.startswith('Pss:'))

    def stop(self):
        """Ends it; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.log.close()
        return code


class Tap:
    """Results as they come, from any thread."""

    def __init__(self):
        self.lock = threading.Lock()
        self.count = self.failed = 0

    def add(self, good, name, why=''):
        with self.lock:
            self.count += 1
            self.failed += not good
            print(f'{"ok" if good else "not ok"} {self.count} - {name}')
            if why:
                print('# ' + why.replace('\n', '\n# '))
            sys.stdout.flush()


def run_module(tap, build, module):
    name = module.__name__.rsplit('.', 1)[-1]
    try:
        gateway = Gateway(build, getattr(module, 'config', None), getattr(module, 'ENVIRONMENT', None))
    except Exception:  # reported like any other failure
        tap.add(False, f'{name}: the gateway starts', traceback.format_exc())
        return
    for test in [n for n in dir(module) if n.startswith('test_')]:
        try:
            tap.add(True, f'{name}: {test}', getattr(module, test)(gateway) or '')
        except Exception:  # a failing test must not end the others
            tap.add(False, f'{name}: {test}', traceback.format_exc())
    code = gateway.stop()
    tap.add(code == 0, f'{name}: the gateway ends cleanly',
            '' if code == 0 else f'exit code {code}\n' + gateway.output()[-6000:])


def run(build, alone, side_by_side):
    """alone: modules that measure, one after another; then the others, all at once."""
    tap = Tap()
    for module in alone:
        run_module(tap, build, module)
    if side_by_side:
        with ThreadPoolExecutor(len(side_by_side)) as pool:
            for module in side_by_side:
                pool.submit(run_module, tap, build, module)
    print(f'1..{tap.count}')
    return 1 if tap.failed else 0
