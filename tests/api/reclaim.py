"""Sessions whose connection dropped and that may be claimed (spec api-core §5)."""
import time

from tests.api.common import connected_message, expect_error
from tests.api.rest import Rest
from tests.api.ws import Client

LIMIT = 2


def config(folder):
    return {'limen': {'general': {'reclaim_session_timeout': LIMIT, 'session_timeout': 0}},
            'limen.transport.http': {'general': {'poll_timeout': 2}}}


def dropped(gateway):
    c = Client(gateway.ws_port)
    s = c.create()
    h = c.attach(s)
    c.close()
    return s, h


def test_claimed_in_time(gateway):
    s, h = dropped(gateway)
    c = Client(gateway.ws_port)
    assert c.call(janus='claim', session_id=s)['janus'] == 'success'
    time.sleep(LIMIT + 2.5)
    assert connected_message(c, s, h, body={'audio': True})['plugindata']['data']['result'] == 'ok'


def test_not_claimed(gateway):
    s, _ = dropped(gateway)
    time.sleep(LIMIT + 2.5 + gateway.slowness / 10)
    c = Client(gateway.ws_port)
    expect_error(c.call(janus='claim', session_id=s), 458, f'No such session {s}')


def test_session_timeout_zero_means_never(gateway):
    c = Client(gateway.ws_port)
    s = c.create()
    c.silent(4.5)
    assert c.call(janus='keepalive', session_id=s)['janus'] == 'ack'


def test_claim_from_one_transport_to_another(gateway):
    rest, c = Rest(gateway.http_port), Client(gateway.ws_port)
    s = rest.create()
    h = rest.attach(s)
    assert c.call(janus='claim', session_id=s)['janus'] == 'success'
    assert rest.get(f'/janus/{s}').status == 404
    assert connected_message(c, s, h, body={})['sender'] == h
    answer = rest.post(f'/janus/{s}', {'janus': 'claim', 'transaction': 't'})
    assert answer == {'janus': 'success', 'session_id': s, 'transaction': 't'}, answer
    assert c.call(janus='message', session_id=s, handle_id=h, body={})['janus'] == 'ack'
    assert rest.get_json(f'/janus/{s}?maxev=1')['janus'] == 'event'
    c.close()
    time.sleep(0.2)
    assert rest.post(f'/janus/{s}', {'janus': 'keepalive', 'transaction': 't'})['janus'] == 'ack'
