"""How sessions end by time (spec api-core §5). The watchdog looks every 2 s."""
import time

from tests.api.common import expect_error, negotiate
from tests.api.rest import Rest
from tests.api.ws import Client

LIMIT, LOOK, SLACK = 2, 2, 1.5


def config(folder):
    return {'limen': {'general': {'session_timeout': LIMIT}},
            'limen.transport.http': {'general': {'poll_timeout': 10}}}


def test_idle_session_times_out(gateway):
    c = Client(gateway.ws_port)
    s = c.create()
    h = c.attach(s)
    negotiate(c, s, h)
    began = time.monotonic()
    event = c.event(lambda e: e['janus'] == 'timeout', 10)
    took = time.monotonic() - began
    assert event == {'janus': 'timeout', 'session_id': s}, event
    assert LIMIT - 0.2 < took < LIMIT + LOOK + SLACK * gateway.slowness, took
    expect_error(c.call(janus='keepalive', session_id=s), 458, f'No such session {s}')
    assert all(e['janus'] == 'detached' for e in c.events), c.events


def outlives(gateway, act):
    c = Client(gateway.ws_port)
    s = c.create()
    h = c.attach(s)
    end = time.monotonic() + LIMIT + LOOK + 1.5
    while time.monotonic() < end:
        act(c, s, h)
        time.sleep(LIMIT / 4)
    assert c.call(janus='keepalive', session_id=s)['janus'] == 'ack'
    assert c.events == [], c.events


def test_any_request_that_finds_the_session_keeps_it(gateway):
    outlives(gateway, lambda c, s, h: c.call(janus='keepalive', session_id=s))
    outlives(gateway, lambda c, s, h: expect_error(c.call(janus='bogus', session_id=s, handle_id=5), 459))


def test_a_second_session_on_the_socket_is_not_kept(gateway):
    c = Client(gateway.ws_port)
    kept, idle = c.create(), c.create()
    for _ in range(12):
        c.call(janus='keepalive', session_id=kept)
        time.sleep(0.5)
    assert [e for e in c.events if e['janus'] == 'timeout'] == [{'janus': 'timeout', 'session_id': idle}], c.events
    assert c.call(janus='keepalive', session_id=kept)['janus'] == 'ack'


def test_a_waiting_poll_hears_of_the_timeout(gateway):
    rest = Rest(gateway.http_port)
    s = rest.create()
    assert rest.get_json(f'/janus/{s}?maxev=5') == [{'janus': 'timeout', 'session_id': s}]
    assert rest.get(f'/janus/{s}').status == 404
