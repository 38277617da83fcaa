"""The API over Unix sockets of the three types, and the admin API beside it."""
import json
import os
import socket
import stat
import time

from tests.api.admin import SECRET, Admin
from tests.api.common import Bystander, expect_error
from tests.api.runner import Gateway


def config(folder):
    stale = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    stale.bind(os.path.join(folder, 'api'))  # a gateway that was killed leaves such a file
    stale.close()
    return {'limen': {'general': {'admin_secret': SECRET}}, 'limen.transport.pfunix': {
        'general': {'enabled': True, 'path': os.path.join(folder, 'api'), 'json': 'compact'},
        'admin': {'admin_enabled': True, 'admin_path': os.path.join(folder, 'admin'), 'admin_type': 'SOCK_STREAM'}}}


def dgram_config(folder):
    return {'limen.transport.pfunix': {
        'general': {'enabled': True, 'path': os.path.join(folder, 'api'), 'type': 'SOCK_STREAM'},
        'admin': {'admin_enabled': True, 'admin_path': os.path.join(folder, 'admin'), 'admin_type': 'SOCK_DGRAM'}}}


class Unix:
    def __init__(self, gateway, name, kind, own=None):
        self.socket, self.kind = socket.socket(socket.AF_UNIX, kind), kind
        self.socket.settimeout(20)
        if own:
            self.socket.bind(os.path.join(gateway.folder.name, own))
        self.socket.connect(os.path.join(gateway.folder.name, name))
        self.lines = self.socket.makefile('rb') if kind == socket.SOCK_STREAM else None

    def raw(self, data):
        self.socket.sendall(data + b'\n' if self.lines else data)
        return json.loads(self.lines.readline() if self.lines else self.socket.recv(1 << 20))

    def call(self, **message):
        return self.raw(json.dumps({'transaction': 't', **message}).encode())

    def close(self):
        if self.lines:
            self.lines.close()
        self.socket.close()


def use(client):
    """A session, a request far over 8 KiB, and input that is none."""
    s = client.call(janus='create')['data']['id']
    long = client.call(janus='keepalive', session_id=s, filler='x' * 100000)
    assert long['janus'] == 'ack', long
    for bad in (b'{', b'\xff\xfe"', b'[' * 100000, b'{"a":"\xc3"}', b'x' * 200000):
        expect_error(client.raw(bad), 454, ids=None)
    assert client.call(janus='keepalive', session_id=s)['janus'] == 'ack'
    return s


def wait_gone(client, session):
    end = time.monotonic() + 15
    while client.call(janus='keepalive', session_id=session).get('error', {}).get('code') != 458:
        assert time.monotonic() < end, 'the session outlives its client'
        time.sleep(0.1)


def test_packets(gateway):
    a, b = (Unix(gateway, 'api', socket.SOCK_SEQPACKET) for _ in range(2))
    lost = use(a)
    use(b)
    a.close()
    wait_gone(b, lost)


def test_admin_lines(gateway):
    c = Unix(gateway, 'admin', socket.SOCK_STREAM)
    expect_error(c.call(janus='list_sessions'), 403, ids=None)
    assert c.call(janus='list_sessions', admin_secret=SECRET)['janus'] == 'success'
    expect_error(c.call(janus='create', admin_secret=SECRET), 457, ids=None)
    c.socket.sendall(b'{"janus":"ping","transaction":"1"}\n\n{"janus":"ping","trans')
    c.socket.sendall(b'action":"2"}\n')
    assert [json.loads(c.lines.readline())['transaction'] for _ in range(2)] == ['1', '2']
    expect_error(c.raw(b'"' + b'x' * 10_000_000 + b'"'), 454, ids=None)
    assert c.call(janus='ping')['janus'] == 'pong'


def test_modes(gateway):
    for name, mode in (('api', 0o660), ('admin', 0o600)):
        assert stat.S_IMODE(os.stat(os.path.join(gateway.folder.name, name)).st_mode) == mode


def test_query(gateway):
    admin = Admin(gateway)
    c = Unix(gateway, 'api', socket.SOCK_SEQPACKET)
    c.call(janus='ping')

    def query(**request):
        return admin.good('query_transport', transport='janus.transport.pfunix', request=request)['response']
    assert query(request='connections')['connections'] >= 1
    assert query(request='configure', json='plain', events=True) == {'result': 200}
    c.socket.send(b'{"janus":"ping","transaction":"t"}')
    assert c.socket.recv(1000) == b'{"janus": "pong", "transaction": "t"}'


def test_one_who_does_not_read(gateway):
    with Bystander(gateway):
        c = Unix(gateway, 'api', socket.SOCK_SEQPACKET)
        c.socket.settimeout(0.5)
        try:
            for _ in range(20000):
                c.socket.send(b'{"janus":"ping","transaction":"%s"}' % (b't' * 2000))
        except OSError:
            pass
        c.close()


def test_datagrams_and_lines(gateway):
    other = Gateway(gateway.build, dgram_config)
    try:
        use(Unix(other, 'api', socket.SOCK_STREAM))
        c = Unix(other, 'admin', socket.SOCK_DGRAM, 'mine')
        assert c.call(janus='ping')['janus'] == 'pong'
        expect_error(c.raw(b'{'), 454, ids=None)
        assert c.call(janus='info', filler='x' * 50000)['janus'] == 'server_info'
        nameless = Unix(other, 'admin', socket.SOCK_DGRAM)
        nameless.socket.send(b'{"janus":"ping","transaction":"t"}')  # nobody can be answered
        assert c.call(janus='ping')['janus'] == 'pong'
        c.close()
    finally:
        assert other.stop() == 0
    assert not os.path.exists(os.path.join(other.folder.name, 'api'))
