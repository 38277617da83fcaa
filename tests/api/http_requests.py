"""REST over HTTP: paths, methods, CORS (spec api-core §7.1)."""
import json
import socket

from tests.api.common import ECHO, expect_error
from tests.api.rest import Rest
from tests.api.ws import Client


def verb(name, **more):
    return {'janus': name, 'transaction': 't', **more}


def test_ids_of_the_path(gateway):
    rest = Rest(gateway.http_port)
    answer = rest.post('/janus', verb('create'))
    assert list(answer) == ['janus', 'transaction', 'data'], answer
    s = answer['data']['id']
    h = rest.post(f'/janus/{s}', verb('attach', plugin=ECHO))['data']['id']
    assert rest.post(f'/janus/{s}/{h}', verb('message', body={}))['janus'] == 'ack'
    assert rest.post(f'/janus/{s}/', verb('keepalive'))['janus'] == 'ack'
    assert rest.post(f'/janus/{s}', verb('message', handle_id=h, body={}))['janus'] == 'ack'
    assert rest.post('/janus', verb('message', session_id=s, handle_id=h, body={}))['janus'] == 'ack'
    assert rest.post('/janus/', verb('keepalive', session_id=s))['janus'] == 'ack'
    assert rest.post(f'/janus/{s}/{h}', verb('hangup', session_id=s, handle_id=h))['janus'] == 'success'
    assert rest.post(f'/janus/{s}/{h}', verb('trickle', candidate={'completed': True}))['janus'] == 'ack'
    assert rest.post(f'/janus/{s}/{h}', verb('detach'))['janus'] == 'success'


def test_conflicting_ids(gateway):
    rest = Rest(gateway.http_port)
    s = rest.create()
    h = rest.attach(s)
    expect_error(rest.post(f'/janus/{s}', verb('keepalive', session_id=s + 1)), 457,
                 'Conflicting session ID (payload and path)', ())
    expect_error(rest.post(f'/janus/{s}/{h}', verb('keepalive', session_id=s, handle_id=h + 1)), 457,
                 'Conflicting handle ID (payload and path)', ())


def test_errors_are_status_200(gateway):
    rest = Rest(gateway.http_port)
    s = rest.create()
    for text, code, reason in (
            ('not', 454, "JSON error: on line 1: '[' or '{' expected near 'not'"),
            ('{"a":1}\nx', 454, "JSON error: on line 2: end of file expected near 'x'"),
            ('{"janus":"ping","transaction":"a"}{"janus":"ping","transaction":"b"}', 454, None),
            ('[]', 455, 'JSON error: not an object'), ('[{"janus":"ping"}]', 455, 'JSON error: not an object')):
        for path in ('/janus', f'/janus/{s}'):
            expect_error(rest.post(path, text), code, reason, ())
    expect_error(rest.post('/janus', {'janus': 'create'}), 456, 'Missing mandatory element (transaction)', ())
    expect_error(rest.post('/janus', verb('attach')), 457, "Unhandled request 'attach' at this path", ('transaction',))
    expect_error(rest.post('/janus/99', verb('keepalive')), 458, 'No such session 99')
    expect_error(rest.post(f'/janus/{s}/5', verb('message')), 459, f'No such handle 5 in session {s}')
    expect_error(rest.post('/janus/99', verb('ping')), 458, 'No such session 99')
    expect_error(rest.post(f'/janus/{s}', verb('ping')), 457, "Unhandled request 'ping' at this path")


def test_any_content_type(gateway):
    """A page that unloads sends destroy as text/plain by sendBeacon."""
    rest = Rest(gateway.http_port)
    for kind in ('text/plain;charset=UTF-8', 'application/json', 'application/x-www-form-urlencoded', 'x'):
        s = rest.create()
        answer = rest.post(f'/janus/{s}', verb('destroy'), headers={'Content-Type': kind})
        assert answer == {'janus': 'success', 'session_id': s, 'transaction': 't'}, answer
        assert rest.get(f'/janus/{s}').status == 404


def test_reply_headers(gateway):
    answer = Rest(gateway.http_port).ask('POST', '/janus', json.dumps(verb('ping')))
    assert answer.headers['content-type'] == 'application/json', answer
    assert answer.headers['access-control-allow-origin'] == '*', answer
    assert answer.headers['access-control-max-age'] == '86400', answer
    assert 'access-control-allow-credentials' not in answer.headers, answer
    assert answer.body == b'{"janus":"pong","transaction":"t"}', answer  # compact


def test_connections_are_kept(gateway):
    rest = Rest(gateway.http_port)
    c = rest.connection()
    s = rest.post('/janus', verb('create'), connection=c)['data']['id']
    at = c.sock
    for _ in range(5):
        assert rest.post(f'/janus/{s}', verb('keepalive'), connection=c)['janus'] == 'ack'
        assert rest.get('/janus/nothing', connection=c).status == 404
        assert rest.ask('OPTIONS', '/janus', connection=c).status == 200
        assert rest.get('/index.html', connection=c).status == 200
    assert c.sock is at


def test_info_and_ping_by_get(gateway):
    rest = Rest(gateway.http_port)
    info = rest.get_json('/janus/info')
    assert info['janus'] == 'server_info' and len(info['transaction']) == 11, info
    assert list(info)[:4] == ['janus', 'transaction', 'name', 'version'], info
    pong = rest.get_json('/janus/ping')
    assert list(pong) == ['janus', 'transaction'] and pong['janus'] == 'pong' and len(pong['transaction']) == 11, pong
    assert pong['transaction'] != rest.get_json('/janus/ping')['transaction']
    for path in ('/janus/info', '/janus/ping'):
        answer = rest.ask('POST', path, json.dumps(verb('info')))
        assert answer.status == 400 and answer.body == b'', answer
    assert rest.post('/janus', verb('info'))['transaction'] == 't'


def test_paths_that_are_none(gateway):
    rest = Rest(gateway.http_port)
    s = rest.create()
    h = rest.attach(s)
    for path in ('/janus', '/janus/', '/janus/0', '/janus/99', '/janus/x', '/janus/-1', f'/janus/{s}x', '/janus/infos',
                 f'/janus/{s}/{h}/5', '/janus/99999999999999999999999', f'/janus/{2 ** 53}', f'/janus/{s}/x/y',
                 '/janus//', '/janus/1/2/3/4/5/6/7/8/9'):
        answer = rest.get(path)
        assert answer.status == 404 and answer.body == b'', (path, answer)
    for path in (f'/janus/{s}/{h}/5', '/janus/x'):
        assert rest.ask('POST', path, json.dumps(verb('ping'))).status == 404, path


def test_a_handle_is_polled_at_its_session(gateway):
    rest = Rest(gateway.http_port)
    s = rest.create()
    answer = rest.get(f'/janus/{s}/{rest.attach(s)}')
    assert answer.status == 302 and answer.headers['location'].endswith(f'/janus/{s}'), answer


def test_unsupported_methods(gateway):
    rest = Rest(gateway.http_port)
    for method in ('PUT', 'DELETE', 'PATCH'):
        answer = rest.ask(method, '/janus', json.dumps(verb('ping')))
        assert answer.status == 200, answer
        expect_error(json.loads(answer.body), 450, f'Unsupported method {method}', ())
        expect_error(json.loads(rest.ask(method, '/janus/1').body), 450, f'Unsupported method {method}', ())


def test_preflight(gateway):
    rest = Rest(gateway.http_port)
    answer = rest.ask('OPTIONS', '/janus/5/6', headers={
        'Origin': 'https://pages.example', 'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'content-type, x-own'})
    assert answer.status == 200 and answer.body == b'', answer
    assert answer.headers['access-control-allow-origin'] == '*', answer
    assert answer.headers['access-control-allow-methods'] == 'POST', answer
    assert answer.headers['access-control-allow-headers'] == 'content-type, x-own', answer
    assert answer.headers['access-control-max-age'] == '86400', answer
    plain = rest.ask('OPTIONS', '/janus')
    assert plain.status == 200 and 'access-control-allow-methods' not in plain.headers, plain


def closed_without_answer(port, request):
    with socket.create_connection(('127.0.0.1', port), 20) as s:
        s.sendall(request)
        return s.recv(100) == b''


def test_post_without_body_is_dropped(gateway):
    assert closed_without_answer(gateway.http_port, b'POST /janus HTTP/1.1\r\nHost: x\r\n\r\n')
    assert closed_without_answer(gateway.http_port, b'POST /janus HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n')


def test_both_transports_see_a_session(gateway):
    """Events go where the session was made; requests may come from anywhere."""
    rest, c = Rest(gateway.http_port), Client(gateway.ws_port)
    s = c.create()
    assert rest.post(f'/janus/{s}', verb('keepalive'))['janus'] == 'ack'
    h = rest.attach(s)
    assert rest.post(f'/janus/{s}/{h}', verb('message', body={}))['janus'] == 'ack'
    assert c.event(lambda e: e['janus'] == 'event')['sender'] == h
    assert rest.post(f'/janus/{s}', verb('destroy'))['janus'] == 'success'
    c.silent(0.3)
