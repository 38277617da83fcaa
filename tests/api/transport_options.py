"""Options of the transports: origins, address lists, other paths, the print of replies."""
import json
import time

from tests.api.rest import Rest
from tests.api.ws import PING, PONG, Client

PAGES = 'https://pages.example'


def config(folder):
    cors = {'allow_origin': PAGES, 'enforce_cors': True}
    return {
        'limen.transport.http': {'general': {'json': 'indented', 'base_path': '/api/v1', 'acl': '127.,10.2.',
                                             'acl_forwarded': True}, 'cors': cors},
        'limen.transport.websockets': {'general': {
            'json': 'plain', 'ws_acl': '127.,10.2.', 'ws_acl_forwarded': True, 'pingpong_trigger': 1,
            'pingpong_timeout': 1}, 'cors': cors}}


def test_allowed_origin(gateway):
    rest = Rest(gateway.http_port)
    for headers in ({'Origin': PAGES}, {'Origin': PAGES + ':8443'}, {'Referer': PAGES + '/some/page'}):
        answer = rest.get('/api/v1/ping', headers=headers)
        assert answer.status == 200, answer
        assert answer.headers['access-control-allow-origin'] == PAGES, answer
        assert answer.headers['access-control-allow-credentials'] == 'true', answer
        assert answer.headers['vary'] == 'Origin', answer


def test_other_origins(gateway):
    rest = Rest(gateway.http_port)
    for headers in ({}, {'Origin': 'https://evil.example'}, {'Origin': 'null'},
                    {'Origin': 'https://evil.example', 'Referer': PAGES}):
        assert rest.get('/api/v1/ping', headers=headers).status == 403, headers
        assert rest.ask('POST', '/api/v1', '{}', headers).status == 403, headers
        assert rest.ask('OPTIONS', '/api/v1', headers=headers).status == 403, headers


def let_in(gateway, headers):
    try:
        return Client(gateway.ws_port, headers=headers).call(janus='ping')['janus'] == 'pong'
    except OSError:
        return False


def test_forwarded_addresses(gateway):
    rest = Rest(gateway.http_port, headers={'Origin': PAGES})
    for address, status in (('10.2.3.4', 200), ('127.0.0.1', 200), ('10.3.0.1', 403), ('10.2.3.4, 8.8.8.8', 403),
                            ('8.8.8.8, 10.2.3.4', 200), ('', 200), ('x', 403)):
        assert rest.get('/api/v1/ping', headers={'X-Forwarded-For': address}).status == status, address
        headers = [f'Origin: {PAGES}', f'X-Forwarded-For: {address}']
        assert let_in(gateway, headers) == (status == 200), address


def test_base_path(gateway):
    rest = Rest(gateway.http_port, headers={'Origin': PAGES})
    s = rest.post('/api/v1', {'janus': 'create', 'transaction': 't'})['data']['id']
    assert rest.post(f'/api/v1/{s}', {'janus': 'keepalive', 'transaction': 't'})['janus'] == 'ack'
    assert rest.get('/janus/ping').status == 404


def test_print_of_replies(gateway):
    text = Rest(gateway.http_port, headers={'Origin': PAGES}).get('/api/v1/ping').body.decode()
    assert text.startswith('{\n   "janus": "pong",\n   "transaction": "'), text
    c = Client(gateway.ws_port, headers=[f'Origin: {PAGES}'])
    c.send_text('{"janus":"ping","transaction":"t"}')
    assert c.receive_bytes() == json.dumps({'janus': 'pong', 'transaction': 't'}).encode()


def test_websockets_ask_for_the_origin(gateway):
    c = Client(gateway.ws_port, headers=[f'Origin: {PAGES}'])
    assert f'access-control-allow-origin: {PAGES}' in c.head.lower(), c.head
    for headers in ([], ['Origin: https://evil.example'], [f'Referer: {PAGES}']):
        assert not let_in(gateway, headers), headers


def test_pings_find_out_who_has_gone(gateway):
    """A client that answers pings stays; one that does not is closed, and its session ends."""
    alive, dead = (Client(gateway.ws_port, headers=[f'Origin: {PAGES}']) for _ in range(2))
    kept, lost = alive.create(), dead.create()
    end = time.monotonic() + 5
    while time.monotonic() < end:
        opcode, data, _ = alive.receive_frame()
        assert opcode == PING, opcode
        alive.send_frame(PONG, data)
    assert alive.call(janus='keepalive', session_id=kept)['janus'] == 'ack'
    assert alive.call(janus='keepalive', session_id=lost)['error']['code'] == 458
