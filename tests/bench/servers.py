"""Servers under load, each started anew in a temporary folder with a configuration made for it."""
import os
import resource
import signal
import socket
import subprocess
import tempfile
import time

WEBSOCKETS = 'general: {\n\tws = true\n\tws_port = PORT\n\tws_ip = "127.0.0.1"\n}\n'
START_SECONDS, STOP_SECONDS = 20, 20


class Server:
    """A server that is up when made; `with` ends it. In commands and files FOLDER and PORT are filled in."""

    def __init__(self, name, command, files, wrapper=()):
        self.name = name
        self.port = free_port()
        self.url = f'ws://127.0.0.1:{self.port}/'
        self.folder = tempfile.TemporaryDirectory(prefix='limen-bench-')
        for file, text in files.items():
            with open(os.path.join(self.folder.name, file), 'w', encoding='utf-8') as f:
                f.write(text.replace('FOLDER', self.folder.name).replace('PORT', str(self.port)))
        self.log = os.path.join(self.folder.name, 'output')
        command = [*wrapper, *(part.replace('FOLDER', self.folder.name) for part in command)]
        with open(self.log, 'wb') as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=raise_file_limit)
        try:
            self.wait()
        except BaseException:
            self.process.kill()
            raise

    def wait(self):
        """Waits until it listens."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket() as s:
                if s.connect_ex(('127.0.0.1', self.port)) == 0:
                    return
            time.sleep(0.1)
        with open(self.log, encoding='utf-8', errors='replace') as f:
            raise RuntimeError(f'{self.name} does not start:\n{f.read()[-2000:]}')

    def end(self, sig=signal.SIGTERM):
        """Ends the process; its output is still there."""
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            print(f'{self.name} had to be killed: it did not end within {STOP_SECONDS} s', flush=True)

    def stop(self, sig=signal.SIGTERM):
        self.end(sig)
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def raise_file_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def janus(name, loops, more=None):
    """Debian's package with its defaults, but for what a run on loopback needs: it leaves that interface out unless told otherwise.

    more: {name of another file: its text}.

    Transports without a listener are kept from loading: its HTTP one, when it gives up, at times takes the process with it.
    """
    general = f'\tevent_loops = {loops}\n' if loops else ''
    files = {
        'janus.jcfg': f'general: {{\n\tlog_to_stdout = false\n\tlog_to_file = "FOLDER/log"\n{general}}}\nnat: {{\n\tice_enforce_list = "lo"\n}}\n'
                      'transports: {\n\tdisable = "libjanus_http.so,libjanus_nanomsg.so,libjanus_mqtt.so,libjanus_rabbitmq.so,libjanus_pfunix.so"\n}\n',
        'janus.transport.websockets.jcfg': WEBSOCKETS + 'admin: {\n\tadmin_ws = false\n}\n',
        **(more or {}),
    }
    return Server(name, ['janus', '-F', 'FOLDER'], files)


def limen(build, wrapper=(), binary='limen', general='', ice='shared'):
    """general: that group of its configuration. ice: the mode."""
    files = {
        'limen.jcfg': general + 'nat: {\n\tice_loopback = true\n\tice_enforce_list = "127."\n}\nice: {\n\tport = 0\n\tmode = "' + ice + '"\n}\n',
        'limen.transport.websockets.jcfg': WEBSOCKETS,
        'limen.transport.http.jcfg': 'general: {\n\thttp = false\n}\nadmin: {\n\tadmin_http = false\n}\n',
    }
    return Server('limen', [os.path.join(build, binary), '-M', os.path.join(build, 'modules'), '-C', 'FOLDER'], files, wrapper)


def starters(build):
    """What takes turns, by name."""
    return {
        'janus': lambda: janus('janus', 0),
        'janus event_loops=2': lambda: janus('janus event_loops=2', 2),
        'limen': lambda: limen(build),
    }
