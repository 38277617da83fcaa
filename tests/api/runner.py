"""Starts a gateway, runs the functions named test_* of modules, prints TAP."""
import os
import signal
import socket
import subprocess
import tempfile
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Gateway:
    """A gateway on loopback with a configuration of its own. config: file name -> text."""

    def __init__(self, build, config=None):
        self.ws_port, self.http_port = free_port(), free_port()
        self.folder = tempfile.TemporaryDirectory()
        files = {
            'limen.jcfg': 'general: { session_timeout = 60 }\nnat: { ice_enforce_list = "127.0.0.1" }\n',
            'limen.transport.websockets.jcfg': f'general: {{ ws_ip = "127.0.0.1"\n ws_port = {self.ws_port} }}\n',
            'limen.transport.http.jcfg': f'general: {{ ip = "127.0.0.1"\n port = {self.http_port} }}\n',
        }
        files.update(config or {})
        for name, text in files.items():
            with open(os.path.join(self.folder.name, name), 'w', encoding='utf-8') as f:
                f.write(text)
        self.log = open(os.path.join(self.folder.name, 'log'), 'w+', encoding='utf-8')
        began = time.monotonic()
        self.process = subprocess.Popen([os.path.join(build, 'limen'), '-C', self.folder.name, '-M', os.path.join(build, 'modules'), '-H',
                                         os.path.join(ROOT, 'html')], stdout=self.log, stderr=self.log)
        self.wait_for(self.ws_port)
        self.start_seconds = time.monotonic() - began

    def wait_for(self, port):
        for _ in range(1000):
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(('127.0.0.1', port), 1).close()
                return
            except OSError:
                time.sleep(0.01)
        raise RuntimeError(f'the gateway does not listen: {self.output()}')

    def output(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read()

    def memory_kb(self):
        with open(f'/proc/{self.process.pid}/smaps_rollup', encoding='ascii') as f:
            return next(int(line.split()[1]) for line in f if line.startswith('Pss:'))

    def stop(self):
        """Ends it; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        return code


def run(build, modules):
    gateway = Gateway(build)
    failed = number = 0
    for module in modules:
        for name in [n for n in dir(module) if n.startswith('test_')]:
            number += 1
            try:
                getattr(module, name)(gateway)
                print(f'ok {number} - {name}', flush=True)
            except Exception:  # a failing test must not end the others
                failed += 1
                print(f'not ok {number} - {name}', flush=True)
                print('# ' + traceback.format_exc().replace('\n', '\n# '), flush=True)
    code = gateway.stop()
    number += 1
    if code == 0:
        print(f'ok {number} - the gateway ends cleanly')
    else:
        failed += 1
        print(f'not ok {number} - the gateway ended with {code}\n# ' + gateway.output()[-4000:].replace('\n', '\n# '))
    print(f'1..{number}')
    return 1 if failed else 0
