"""JSON Web Tokens beside the secret: HS256 and ES256 in one gateway, videoroom's signed rooms."""
import base64
import hashlib
import hmac
import json
import os
import subprocess
import time

from tests.api.common import ECHO, UNAUTHORIZED, expect_error
from tests.api.rest import Rest
from tests.api.ws import Client

KEY, API_SECRET = 'a secret of thirty-two characters', 'open sesame'
ROOM = 'janus.plugin.videoroom'
files = {}


def config(folder):
    files['private'], files['public'] = os.path.join(folder, 'jwt.key'), os.path.join(folder, 'jwt.pem')
    subprocess.run(['openssl', 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', files['private']], check=True)
    subprocess.run(['openssl', 'ec', '-in', files['private'], '-pubout', '-out', files['public']], check=True, stderr=subprocess.DEVNULL)
    return {'limen': {'general': {'api_secret': API_SECRET, 'jwt_secret': KEY, 'jwt_public_key': files['public'], 'jwt_audience': 'limen'}},
            'limen.plugin.videoroom': {'room-1': {'signed_tokens': True}, 'room-2': {'signed_tokens': True}, 'room-3': {}}}


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def text(alg, claims):
    claims = {'exp': int(time.time()) + 60, 'aud': 'limen', **claims}
    return '.'.join(encode(json.dumps(part).encode()) for part in ({'alg': alg, 'typ': 'JWT'}, claims))


def hs256(key=KEY, alg='HS256', **claims):
    message = text(alg, claims)
    return message + '.' + encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest())


def es256(**claims):
    """openssl writes the two numbers as ASN.1; a token has them side by side."""
    message = text('ES256', claims)
    der = subprocess.run(['openssl', 'dgst', '-sha256', '-sign', files['private']], input=message.encode(), capture_output=True, check=True).stdout
    numbers, rest = b'', der[2:]
    for _ in range(2):
        numbers += rest[2:2 + rest[1]].lstrip(b'\0').rjust(32, b'\0')
        rest = rest[2 + rest[1]:]
    return message + '.' + encode(numbers)


def test_they_open_the_api(gateway):
    c = Client(gateway.ws_port)
    expect_error(c.call(janus='create'), 403, UNAUTHORIZED, ('transaction',))
    for good in (hs256(), es256(), hs256(nbf=int(time.time()) - 5), es256(aud=['other', 'limen'])):
        s = c.create(token=good)
        h = c.attach(s, token=good)
        assert c.call(janus='message', session_id=s, handle_id=h, body={}, token=good)['janus'] == 'ack'
        expect_error(c.call(janus='message', session_id=s, handle_id=h, body={}), 403, UNAUTHORIZED)
    assert Rest(gateway.http_port).get_json('/janus/info')['auth_token'] is True


def test_forged_ones_do_not(gateway):
    c, now = Client(gateway.ws_port), int(time.time())
    with open(files['public'], encoding='ascii') as f:
        public = f.read()
    good = hs256()
    for bad in (hs256(key='another secret of thirty-two chars'), hs256(key=public), hs256(key=public.strip()), hs256(alg='ES256'),
                hs256(alg='none'), text('none', {}) + '.', text('HS256', {}) + '.', es256(exp=now - 60), hs256(exp=now - 60), hs256(exp='soon'),
                hs256(nbf=now + 60), hs256(aud='other'), hs256(aud=None), good[:-4], good + 'A', good.rsplit('.', 1)[0], hs256(x='y' * 9000),
                'x' * 100000, 5, None, {}):
        expect_error(c.call(janus='create', token=bad), 403, UNAUTHORIZED, ('transaction',))


def test_they_name_plugins(gateway):
    c = Client(gateway.ws_port)
    good = es256(plugins=[ECHO])
    s = c.create(token=good)
    c.attach(s, token=good)
    refused = f"Provided token can't access plugin '{ROOM}'"
    for token in (good, hs256(plugins=[])):
        expect_error(c.call(janus='attach', session_id=s, plugin=ROOM, token=token), 405, refused)
    c.attach(s, ROOM, token=hs256(plugins=[ECHO, ROOM]))
    c.attach(s, ROOM, token=hs256())


def join(c, s, room, token):
    h = c.attach(s, ROOM, apisecret=API_SECRET)
    body = {'request': 'join', 'ptype': 'publisher', 'room': room, **({'token': token} if token else {})}
    assert c.call(janus='message', session_id=s, handle_id=h, body=body, apisecret=API_SECRET)['janus'] == 'ack'
    return c.event(lambda e: e.get('sender') == h)['plugindata']['data']


def test_they_name_rooms(gateway):
    c = Client(gateway.ws_port)
    s = c.create(apisecret=API_SECRET)
    for token in (hs256(rooms=[1]), es256(rooms=['5', '1'], plugins=[ROOM])):
        assert join(c, s, 1, token)['videoroom'] == 'joined'
        assert join(c, s, 2, token)['error_code'] == 433
    for bad in (None, hs256(), hs256(rooms=[]), hs256(rooms=[1], plugins=[ECHO]), hs256(rooms=[1], exp=5), hs256(rooms=1)):
        assert join(c, s, 1, bad)['error_code'] == 433
        assert join(c, s, 3, bad)['videoroom'] == 'joined'


def test_long_poll_asks_too(gateway):
    rest, good = Rest(gateway.http_port), hs256()
    assert rest.get(f'/janus/99?token={good}').status == 404
    assert rest.get(f'/janus/99?token={good[:-3]}').status == 403
