"""The admin API over WebSockets, WebSockets on the HTTP port, and an operator's requests to transports."""
from tests.api.admin import SECRET, Admin
from tests.api.common import connected_message, expect_error
from tests.api.rest import Rest
from tests.api.ws import Client

ADMIN = 'janus-admin-protocol'
WS, HTTP = 'janus.transport.websockets', 'janus.transport.http'


def config(folder):
    return {'limen': {'general': {'admin_secret': SECRET}},
            'limen.transport.websockets': {'admin': {'admin_ws': True, 'admin_ws_port': 0}}}


def refused(*args, **more):
    try:
        Client(*args, **more).close()
    except OSError:
        return True
    return False


def test_admin_websockets(gateway):
    for c in (Client(gateway.admin_ws_port, ADMIN), Client(gateway.admin_port, ADMIN, '/ws'), Client(gateway.admin_ws_port, f'janus-protocol, {ADMIN}')):
        assert c.call(janus='ping')['janus'] == 'pong'
        expect_error(c.call(janus='list_sessions'), 403, ids=None)
        assert c.call(janus='list_sessions', admin_secret=SECRET)['janus'] == 'success'
        expect_error(c.call(janus='create', admin_secret=SECRET), 457, ids=None)
        c.close()


def test_the_other_protocol(gateway):
    for port, wrong, path in ((gateway.ws_port, ADMIN, '/'), (gateway.http_port, ADMIN, '/ws'), (gateway.admin_ws_port, 'janus-protocol', '/'),
                              (gateway.admin_port, 'janus-protocol', '/ws'), (gateway.http_port, None, '/ws'), (gateway.http_port, 'x', '/ws'),
                              (gateway.http_port, 'janus-protocol', '/'), (gateway.http_port, 'janus-protocol', '/wss'),
                              (gateway.http_port, 'janus-protocol', '/ws/../x')):
        assert refused(port, wrong, path), (port, wrong, path)


def test_one_port(gateway):
    c, rest = Client(gateway.http_port, path='/ws'), Rest(gateway.http_port)
    s = c.create()
    h = c.attach(s)
    mine = rest.post('/janus', {'janus': 'create', 'transaction': 't'})['data']['id']
    assert connected_message(c, s, h, body={'audio': True})['sender'] == h
    assert rest.get('/').status == 200
    c.send_text(b'[' * 100000)
    expect_error(c.receive(), 454, ids=None)
    c.close()
    assert rest.post(f'/janus/{mine}', {'janus': 'keepalive', 'transaction': 't'})['janus'] == 'ack'
    fresh = Client(gateway.http_port, path='/ws')
    expect_error(fresh.call(janus='keepalive', session_id=s), 458, ids=None)


def query(gateway, transport, **request):
    return Admin(gateway).good('query_transport', transport=transport, request=request)['response']


def test_queries(gateway):
    c = Client(gateway.ws_port)
    c.call(janus='ping')
    assert query(gateway, WS, request='connections') == {'result': 200, 'connections': 1}
    found = query(gateway, HTTP, request='connections')
    assert list(found) == ['result', 'connections', 'messages'] and list(found['connections']) == ['http', 'admin_http'], found
    assert found['connections']['admin_http'] >= 1 and found['messages'] >= 1, found
    for transport in (WS, HTTP):
        assert query(gateway, transport)['error_code'] == 412
        assert query(gateway, transport, request=5)['error_code'] == 413
        assert query(gateway, transport, request='nosuch')['error_code'] == 411
        assert query(gateway, transport, request='configure', json=1)['error_code'] == 413
        assert query(gateway, transport, request='configure', events='yes')['error_code'] == 413
        assert query(gateway, transport, request='configure', json='odd')['notes']
    assert query(gateway, WS, request='configure', json='plain', logging='err') == {'result': 200}
    c.send_text('{"janus":"ping","transaction":"t"}')
    assert c.receive_bytes() == b'{"janus": "pong", "transaction": "t"}'
