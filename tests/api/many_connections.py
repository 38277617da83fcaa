"""Limits of connections: from one address, altogether, and when the process may open few files."""
import resource
import socket
import time

from tests.api.admin import SECRET, Admin
from tests.api.common import Bystander
from tests.api.rest import Rest
from tests.api.runner import Gateway
from tests.api.ws import Client


def config(folder):
    return {'limen': {'general': {'admin_secret': SECRET}},
            'limen.transport.http': {'general': {'connections_max': 4000, 'connections_per_address': 1600}},
            'limen.transport.websockets': {'general': {'connections_max': 20}}}


def connect_many(port, count):
    return [socket.create_connection(('127.0.0.1', port), 20) for _ in range(count)]


def open_ones(sockets):
    """Those that the gateway has not closed."""
    def is_open(s):
        s.setblocking(False)
        try:
            return s.recv(1) != b''
        except BlockingIOError:
            return True
        except OSError:
            return False
    return sum(is_open(s) for s in sockets)


def close_all(sockets):
    for s in sockets:
        s.close()


def http_connections(admin):
    request = {'request': 'connections'}
    return admin.good('query_transport', transport='janus.transport.http', request=request)['response']['connections']['http']


def test_idle_connections(gateway):
    with Bystander(gateway):
        idle = connect_many(gateway.http_port, 1500)
        assert Rest(gateway.http_port).get('/janus/ping').status == 200
        more = connect_many(gateway.http_port, 400)
        time.sleep(1)
        assert 1500 <= http_connections(Admin(gateway)) <= 1600
        assert 50 <= open_ones(more) <= 110, open_ones(more)
        assert open_ones(idle) >= 1490
        close_all(idle + more)


def test_room_again(gateway):
    end = time.monotonic() + 10
    admin = Admin(gateway)
    while http_connections(admin) > 5:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert Rest(gateway.http_port).get('/janus/ping').status == 200


def test_limit_of_all(gateway):
    first = Client(gateway.ws_port)
    many = connect_many(gateway.ws_port, 40)
    time.sleep(0.5)
    assert open_ones(many) <= 10, open_ones(many)  # half of connections_max from one address
    assert first.call(janus='ping')['janus'] == 'pong'
    close_all(many)
    first.close()


def test_few_files(gateway):
    """The limits follow from the number of files: a flood leaves room, and the gateway goes on."""
    old = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, old[1]))
    try:
        few = Gateway(gateway.build)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, old)
    try:
        with Bystander(few):
            many = connect_many(few.http_port, 600) + connect_many(few.ws_port, 600)
            time.sleep(1)
            assert open_ones(many) < 256
            close_all(many)
            time.sleep(1)
            assert Rest(few.http_port).get('/janus/ping').status == 200
    finally:
        assert few.stop() == 0
