"""The admin API over HTTP (spec api-admin)."""
import json
import threading
import time
from http.client import HTTPException

from tests.api.common import ECHO, FINGERPRINT, OFFER, UNAUTHORIZED, expect_error
from tests.api.rest import Rest
from tests.api.ws import Client

SECRET = 'only for operators'
ROOM = 'janus.plugin.videoroom'


def config(folder):
    return {'limen': {'general': {'admin_secret': SECRET, 'token_auth': True}}}


class Admin:
    def __init__(self, gateway, secret=SECRET):
        self.rest, self.secret = Rest(gateway.admin_port), secret

    def ask(self, verb, session=0, handle=0, **members):
        path = '/admin' + (f'/{session}' if session else '') + (f'/{handle}' if handle else '')
        message = {'janus': verb, 'transaction': 't', **members}
        if self.secret is not None:
            message.setdefault('admin_secret', self.secret)
        return self.rest.post(path, message)

    def good(self, verb, *ids, **members):
        answer = self.ask(verb, *ids, **members)
        assert answer['janus'] == 'success' and answer['transaction'] == 't', answer
        return answer


def client(gateway, admin):
    """A client with a token that may use every plugin."""
    admin.good('add_token', token='all')
    return Client(gateway.ws_port)


def test_open_without_a_secret(gateway):
    rest, nobody = Rest(gateway.admin_port), Admin(gateway, None)
    assert rest.get_json('/admin/info')['janus'] == 'server_info'
    assert rest.get_json('/admin/ping')['janus'] == 'pong'
    assert nobody.ask('info')['janus'] == 'server_info'
    assert nobody.ask('ping')['janus'] == 'pong'
    for path in ('/admin', '/admin/5', '/admin/5/6'):
        expect_error(json.loads(rest.get(path).body), 454, 'Request payload missing', ())
    assert rest.get('/index.html').status == rest.get('/janus/info').status == 404
    assert Rest(gateway.http_port).get('/admin/info').status == 404


def test_secrets(gateway):
    for wrong in (None, '', 'x', SECRET + ' ', SECRET[:-1], 5, None):
        expect_error(Admin(gateway, wrong).ask('list_sessions'), 403, UNAUTHORIZED, ('transaction',))
    expect_error(Admin(gateway, None).ask('list_sessions', apisecret=SECRET), 403, UNAUTHORIZED, ('transaction',))
    expect_error(Admin(gateway, None).ask('nosuch'), 403, UNAUTHORIZED, ('transaction',))


def test_what_is_not_there(gateway):
    admin = Admin(gateway)
    expect_error(admin.ask('nosuch'), 457, "Unhandled request 'nosuch' at this path", ('transaction',))
    expect_error(admin.ask('handle_info'), 457, ids=None)
    expect_error(admin.ask('list_handles', 12345), 458, 'No such session 12345', ids=None)
    expect_error(admin.ask('nosuch', 12345), 458, ids=None)
    c = client(gateway, admin)
    s = c.create(token='all')
    expect_error(admin.ask('handle_info', s, 77), 459, f'No such handle 77 in session {s}', ids=None)
    expect_error(admin.ask('list_sessions', s), 457, ids=None)
    expect_error(admin.ask('list_sessions', handle_id=4), 458, ids=None)
    expect_error(admin.ask('handle_info', s, handle_id=0), 458, ids=None)


def test_settings(gateway):
    admin = Admin(gateway)
    status = admin.good('get_status')['status']
    assert list(status) == ['token_auth', 'session_timeout', 'reclaim_session_timeout', 'candidates_timeout', 'log_level', 'log_timestamps',
                            'log_colors', 'log_rotate_sig', 'locking_debug', 'refcount_debug', 'min_nack_queue', 'nack-optimizations',
                            'no_media_timer', 'slowlink_threshold'], status
    for verb, member, value, shown in (
            ('set_session_timeout', 'timeout', 77, 'session_timeout'), ('set_log_level', 'level', 5, 'log_level'),
            ('set_locking_debug', 'debug', True, 'locking_debug'), ('set_refcount_debug', 'debug', True, 'refcount_debug'),
            ('set_log_timestamps', 'timestamps', False, 'log_timestamps'), ('set_log_colors', 'colors', True, 'log_colors'),
            ('set_nack_optimizations', 'nack_optimizations', True, 'nack-optimizations'),
            ('set_no_media_timer', 'no_media_timer', 3, 'no_media_timer'), ('set_slowlink_threshold', 'slowlink_threshold', 9, 'slowlink_threshold')):
        before = admin.good('get_status')['status'][shown]
        answer = admin.good(verb, **{member: value})
        assert value in list(answer.values()), answer
        assert admin.good('get_status')['status'][shown] == value, verb
        expect_error(admin.ask(verb), 456, f'Missing mandatory element ({member})', ('transaction',))
        expect_error(admin.ask(verb, **{member: 'x'}), 467, ids=None)
        admin.good(verb, **{member: before})
    assert admin.good('set_min_nack_queue', min_nack_queue=5000)['min_nack_queue'] == 1000
    expect_error(admin.ask('set_log_level', level=8), 467, 'Invalid element type (level should be between 0 and 7)', ('transaction',))
    expect_error(admin.ask('set_log_level', level=-1), 467, ids=None)


def test_no_new_sessions(gateway):
    admin = Admin(gateway)
    assert admin.good('accept_new_sessions', accept=False)['accept'] is False
    c = client(gateway, admin)
    expect_error(c.call(janus='create', token='all'), 472, ids=None)
    admin.good('accept_new_sessions', accept=True)
    assert c.create(token='all')


def test_tokens(gateway):
    admin, c = Admin(gateway), Client(gateway.ws_port)
    expect_error(c.call(janus='create', token='t1'), 403, ids=None)
    assert admin.good('add_token', token='t1', plugins=[ECHO, 'nosuch'])['data'] == {'plugins': [ECHO]}
    s = c.create(token='t1')
    assert c.attach(s, token='t1')
    expect_error(c.call(janus='attach', session_id=s, plugin=ROOM, token='t1'), 405, ids=None)
    expect_error(admin.ask('allow_token', token='t1', plugins=[ROOM, 'nosuch']), 467, ids=None)
    expect_error(admin.ask('allow_token', token='t1', plugins=[]), 467, ids=None)
    expect_error(admin.ask('allow_token', token='t2', plugins=[ROOM]), 470, 'Token t2 not found', ('transaction',))
    assert admin.good('allow_token', token='t1', plugins=[ROOM])['data']['plugins'] == [ECHO, ROOM]
    assert c.attach(s, plugin=ROOM, token='t1')
    assert admin.good('disallow_token', token='t1', plugins=[ECHO])['data']['plugins'] == [ROOM]
    assert {'token': 't1', 'allowed_plugins': [ROOM]} in admin.good('list_tokens')['data']['tokens']
    admin.good('remove_token', token='t1')
    expect_error(admin.ask('remove_token', token='t1'), 490, 'Error removing token', ('transaction',))
    expect_error(c.call(janus='keepalive', session_id=s, token='t1'), 403, ids=None)


def test_sessions_and_handles(gateway):
    admin = Admin(gateway)
    c = client(gateway, admin)
    s = c.create(token='all')
    h = c.attach(s, token='all')
    assert s in admin.good('list_sessions')['sessions']
    assert admin.good('list_handles', s)['handles'] == [h]
    assert sum(loop['handles'] for loop in admin.good('loops_info')['loops']) >= 1
    assert admin.good('set_session_timeout', s, timeout=5)['timeout'] == 5
    assert admin.good('handle_info', s, h)['info']['session_timeout'] == 5
    expect_error(admin.ask('set_session_timeout', s, timeout=-2), 467, ids=None)
    admin.good('detach_handle', s, h)
    assert c.event(lambda e: e['janus'] == 'detached')['sender'] == h
    assert admin.good('list_handles', s)['handles'] == []
    assert admin.good('destroy_session', s)['session_id'] == s
    expect_error(c.call(janus='keepalive', session_id=s, token='all'), 458, ids=None)


def test_handle_info(gateway):
    admin = Admin(gateway)
    c = client(gateway, admin)
    s = c.create(token='all')
    h = c.attach(s, token='all', opaque_id='me')
    short = admin.good('handle_info', s, h, plugin_only=True)['info']
    assert list(short)[-1] == 'plugin_specific' and short['opaque_id'] == 'me' and short['plugin'] == ECHO, short
    assert 'webrtc' not in admin.good('handle_info', s, h)['info']
    answer = c.call(janus='message', session_id=s, handle_id=h, token='all', body={'audio': True}, jsep={'type': 'offer', 'sdp': OFFER})
    c.event(lambda e: e.get('transaction') == answer['transaction'])
    info = admin.good('handle_info', s, h)['info']
    assert info['session_transport'] == 'janus.transport.websockets' and info['sdps']['remote'] == OFFER, info
    assert 'm=audio' in info['sdps']['local'] and info['flags']['negotiated'] is True, info
    medium = info['webrtc']['media']['0']
    assert medium['type'] == 'audio' and medium['codecs'] == {'pt': 111, 'codec': 'opus'}, medium
    assert list(info['webrtc']) == ['ice', 'dtls', 'extensions', 'bwe', 'media'], info
    assert info['webrtc']['ice']['local-candidates'] and info['webrtc']['dtls']['dtls-state'] == 'created', info
    assert info['sdps']['profile'] == 'UDP/TLS/RTP/SAVPF', info
    assert info['webrtc']['dtls']['remote-fingerprint'] == FINGERPRINT and info['webrtc']['dtls']['remote-fingerprint-hash'] == 'sha-256', info
    admin.good('hangup_webrtc', s, h)
    assert c.event(lambda e: e['janus'] == 'hangup')['reason'] == 'Admin API'


def test_plugins_and_modules(gateway):
    admin = Admin(gateway)

    def room(**request):
        return admin.good('message_plugin', plugin=ROOM, request=request)['response']
    assert room(request='create', room=4711)['videoroom'] == 'created'
    assert 4711 in [r['room'] for r in room(request='list')['list']]
    assert room(request='exists', room=4711)['exists'] is True
    assert room(request='join', room=4711, ptype='publisher')['error_code'] == 423
    assert room(request='create', room='x')['error_code'] == 430
    assert room(request='destroy', room=4711)['videoroom'] == 'destroyed'
    expect_error(admin.ask('message_plugin', plugin='janus.plugin.none', request={}), 460, 'Invalid plugin', ('transaction',))
    expect_error(admin.ask('message_plugin', plugin=ECHO, request={}), 490, "Plugin doesn't support Admin API messages", ('transaction',))
    expect_error(admin.ask('query_transport', transport='janus.transport.none', request={}), 460, 'Invalid transport', ('transaction',))
    expect_error(admin.ask('query_eventhandler', handler='none', request={}), 460, 'Invalid event handler', ('transaction',))
    admin.good('custom_event', schema='s', data={})
    admin.good('custom_logline', line='said by an operator\nand \x1b[31mred')
    assert 'said by an operator\\x0aand \\x1b[31mred' in gateway.output()


def test_plugin_requests_that_wait(gateway):
    """Those that a plugin answers later, by a name that is looked up and by a file that is written; then the gateway ends meanwhile."""
    admin = Admin(gateway)

    def room(**request):
        return admin.good('message_plugin', plugin=ROOM, request={'room': 4712, **request})['response']

    def forward():
        return room(request='rtp_forward', publisher_id=5, host='localhost', streams=[{'mid': '0', 'port': 9}])
    assert room(request='create', permanent=True)['permanent'] is True
    assert room(request='add_remote_publisher', id=5, streams=[{'type': 'audio', 'mindex': 0, 'mid': '0', 'codec': 'opus'}])['id'] == 5
    assert forward()['forwarders'][0]['port'] == 9
    assert room(request='rtp_forward', publisher_id=5, host='no.such.name.invalid', streams=[])['error_code'] == 430
    assert room(request='edit', permanent=True, new_description='by an operator')['permanent'] is True

    def without_end():
        rest = Admin(gateway)
        for i in range(10000):
            try:
                rest.good('message_plugin', plugin=ROOM, request={'request': 'edit', 'room': 4712, 'permanent': True})
                rest.good('message_plugin', plugin=ROOM, request={
                    'request': 'rtp_forward', 'room': 4712, 'publisher_id': 5, 'host': f'n{i}.invalid', 'streams': []})
            except (OSError, HTTPException):
                return
    threads = [threading.Thread(target=without_end) for _ in range(4)]
    for t in threads:
        t.start()
    time.sleep(0.2)
    code = gateway.stop()
    for t in threads:
        t.join()
    assert code == 0, gateway.output()[-3000:]
    gateway.start()
    assert Admin(gateway).good('message_plugin', plugin=ROOM, request={'request': 'exists', 'room': 4712})['response']['exists'] is True


def test_what_must_wait(gateway):
    admin = Admin(gateway)
    assert admin.good('resolve_address', address='localhost')['ip'] in ('127.0.0.1', '::1')
    expect_error(admin.ask('resolve_address', address='no.such.name.invalid'), 490, 'Could not resolve address', ('transaction',))
    expect_error(admin.ask('test_stun', address='127.0.0.1', port=70000), 467, ids=None)
