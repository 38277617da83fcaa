"""Signed tokens beside the secret (spec api-core §6)."""
import base64
import hashlib
import hmac
import time

from tests.api.common import ECHO, UNAUTHORIZED, expect_error
from tests.api.rest import Rest
from tests.api.ws import Client

KEY, SECRET = 's3cr3t', 'open sesame'
VECTOR = '1700000000,janus,janus.plugin.echotest:6Pikbkpa+GdYCQ8YiIMJXbiAe/g='
ROOM = 'janus.plugin.videoroom'


def config(folder):
    return {'limen': {'general': {'api_secret': SECRET, 'token_auth': True, 'token_auth_secret': KEY}}}


def signed(message):
    digest = hmac.new(KEY.encode(), message.encode(), hashlib.sha1).digest()
    return f'{message}:{base64.b64encode(digest).decode()}'


def token(*plugins, seconds=60, realm='janus'):
    return signed(','.join([str(int(time.time()) + seconds), realm, *plugins]))


def test_the_vector_is_signed_as_we_sign_but_is_old(gateway):
    assert signed('1700000000,janus,janus.plugin.echotest') == VECTOR
    expect_error(Client(gateway.ws_port).call(janus='create', token=VECTOR), 403, UNAUTHORIZED, ('transaction',))


def test_tokens_that_open_nothing(gateway):
    c = Client(gateway.ws_port)
    good = token(ECHO)
    message, signature = good.split(':')
    for bad in ('', ':', ',', 'x', message, message + ':', ':' + signature, message + ':' + signature[:-2], good + 'A',
                message + 'x:' + signature, message + ':' + signature.lower(), token(ECHO, seconds=-2),
                token(ECHO, realm='janus.plugin.videoroom'), signed(str(int(time.time()) + 60)),
                signed('soon,janus,' + ECHO), signed(f'-{int(time.time())},janus'), 'x' * 100000, 5, None, {}):
        expect_error(c.call(janus='create', token=bad), 403, UNAUTHORIZED, ('transaction',))
    expect_error(c.call(janus='create', token=KEY, apisecret=KEY), 403, UNAUTHORIZED, ('transaction',))


def test_token_names_its_plugins(gateway):
    c = Client(gateway.ws_port)
    good = token(ECHO, 'janus.plugin.other')
    s = c.create(token=good)
    h = c.attach(s, token=good)
    assert c.call(janus='message', session_id=s, handle_id=h, body={}, token=good)['janus'] == 'ack'
    expect_error(c.call(janus='message', session_id=s, handle_id=h, body={}), 403, UNAUTHORIZED)
    refused = f"Provided token can't access plugin '{ROOM}'"
    expect_error(c.call(janus='attach', session_id=s, plugin=ROOM, token=good), 405, refused)
    expect_error(c.call(janus='attach', session_id=s, plugin=ROOM, token=token()), 405, refused)
    expect_error(c.call(janus='attach', session_id=s, plugin='foo', token=good), 460, "No such plugin 'foo'")
    assert c.call(janus='keepalive', session_id=s, token=token())['janus'] == 'ack'


def test_secret_beside_a_token(gateway):
    c = Client(gateway.ws_port)
    s = c.create(apisecret=SECRET)
    c.attach(s, ROOM, apisecret=SECRET)
    c.attach(s, ROOM, apisecret=SECRET, token=token(ROOM))
    refused = f"Provided token can't access plugin '{ROOM}'"
    for bad in (token(ECHO), 'nonsense'):
        expect_error(c.call(janus='attach', session_id=s, plugin=ROOM, apisecret=SECRET, token=bad), 405, refused)


def test_long_poll_asks_too(gateway):
    rest = Rest(gateway.http_port)
    good = token(ECHO)
    s = rest.post('/janus', {'janus': 'create', 'transaction': 'c', 'token': good})['data']['id']
    quoted = good.replace('+', '%2B').replace('/', '%2F').replace('=', '%3D').replace(',', '%2C').replace(':', '%3A')
    for query in ('', '?token=x', '?apisecret=x', '?apisecret='):
        answer = rest.get(f'/janus/{s}{query}')
        assert answer.status == 403 and answer.body == b'', answer
        assert rest.get(f'/janus/99{query}').status == 403
    assert rest.get(f'/janus/99?token={quoted}').status == 404
    assert rest.get('/janus/99?apisecret=open%20sesame').status == 404
    h = rest.post(f'/janus/{s}', {'janus': 'attach', 'transaction': 'a', 'plugin': ECHO, 'token': good})['data']['id']
    rest.post(f'/janus/{s}/{h}', {'janus': 'message', 'transaction': 'm', 'body': {}, 'token': good})
    assert rest.get_json(f'/janus/{s}?rid=1&maxev=1&token={quoted}')['transaction'] == 'm'
