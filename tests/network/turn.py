"""coturn as the STUN and TURN server of a test."""
import contextlib
import os
import socket
import subprocess
import tempfile
import time

USER, PASSWORD = 'limen', 'secret'
PORT = 3478
PATIENCE = 30


def wait_until_it_listens(server, address, log):
    end = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection((address, PORT), PATIENCE).close()
            return
        except ConnectionRefusedError:
            assert server.poll() is None and time.monotonic() < end, log.read()
            time.sleep(0.02)


@contextlib.contextmanager
def turn_server(address):
    """In the namespace of the calling thread."""
    with tempfile.TemporaryDirectory() as folder, open(os.path.join(folder, 'log'), 'w+', encoding='utf-8') as log:
        command = ['turnserver', '-n', '--no-cli', '--no-tls', '--no-dtls', '--lt-cred-mech', '--realm', 'limen', '--user',
                   f'{USER}:{PASSWORD}', '--listening-ip', address, '--relay-ip', address, '--listening-port', str(PORT),
                   '--pidfile', os.path.join(folder, 'pid'), '--userdb', os.path.join(folder, 'users'), '--log-file', 'stdout']
        with subprocess.Popen(command, stdout=log, stderr=log) as server:
            try:
                wait_until_it_listens(server, address, log)
                yield
            finally:
                server.kill()


def settings(address, **more):
    """Of the group nat, for a gateway that uses such a server for both."""
    return {'stun_server': address, 'stun_port': PORT, 'turn_server': address, 'turn_port': PORT, 'turn_user': USER,
            'turn_pwd': PASSWORD, **more}
