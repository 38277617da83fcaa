"""How long the HTTP transport waits: for an answer of the gateway, and for a client that keeps its connection."""
import http.client
import json
import os
import tempfile
import time

from tests.api.rest import Rest
from tests.api.runner import Gateway
from tests.api.third_party import build_beside

NEVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'never.c')
ANSWER_S = 2
IDLE_S = 3
GRACE_S = 6  # libwebsockets looks at its timeouts once a second or so; the machine may be busy


def config(_folder):
    return {'limen.transport.http': {'general': {'answer_timeout': ANSWER_S, 'idle_timeout': IDLE_S}}}


def seconds_until_closed(connection):
    """From now until the gateway ends the connection."""
    began = time.monotonic()
    connection.sock.settimeout(60)
    assert connection.sock.recv(1) == b''
    return time.monotonic() - began


def test_idle_connection(gateway):
    """A connection that is kept is closed when nothing is asked on it, and not before."""
    rest = Rest(gateway.http_port)
    c = rest.connection()
    for _ in range(3):
        assert rest.ask('GET', '/janus/ping', connection=c).status == 200
        time.sleep(IDLE_S / 2)
    assert rest.ask('GET', '/janus/ping', connection=c).status == 200
    took = seconds_until_closed(c)
    assert IDLE_S - 1 <= took <= IDLE_S + GRACE_S * gateway.slowness, took


def test_long_poll_is_not_idle(gateway):
    """Who waits for events longer than either limit is served when one comes."""
    rest = Rest(gateway.http_port)
    s = rest.create()
    h = rest.attach(s)
    c = rest.connection()
    c.request('GET', f'/janus/{s}')
    time.sleep(max(IDLE_S, ANSWER_S) + 2)
    message = {'janus': 'message', 'transaction': 'm', 'body': {'audio': True}}
    assert rest.post(f'/janus/{s}/{h}', message)['janus'] == 'ack'
    assert json.loads(c.getresponse().read())['janus'] == 'event'


def ask_never(gateway):
    """What becomes of a request that is not answered, and of what comes after it."""
    rest = Rest(gateway.http_port)
    s = rest.create()
    h = rest.attach(s, 'test.plugin.never')
    c = rest.connection()
    message = {'janus': 'message', 'transaction': 'm', 'body': {'request': 'wait'}}
    c.request('POST', f'/janus/{s}/{h}', json.dumps(message))
    began = time.monotonic()
    try:
        answer = c.getresponse()
        raise AssertionError(f'answered {answer.status}')
    except (http.client.RemoteDisconnected, ConnectionResetError):
        took = time.monotonic() - began
    assert ANSWER_S - 1 <= took <= ANSWER_S + GRACE_S * gateway.slowness, took
    # the answer comes after all, to nobody; the session is as it was
    assert rest.post(f'/janus/{s}', {'janus': 'keepalive', 'transaction': 'k'})['janus'] == 'ack'
    assert rest.post(f'/janus/{s}/{h}', {'janus': 'detach', 'transaction': 'd'})['janus'] == 'success'
    assert rest.post(f'/janus/{s}', {'janus': 'destroy', 'transaction': 'e'})['janus'] == 'success'


def test_answer_that_does_not_come(gateway):
    with tempfile.TemporaryDirectory() as folder:
        build_beside(os.path.dirname(os.path.realpath(gateway.process.args[0])), folder, NEVER)
        other = Gateway(folder, config)
        try:
            ask_never(other)
        finally:
            assert other.stop() == 0, other.output()
