"""Event handlers and their receivers: all four at once, what they say of sessions, a call and the core, and what operators change."""
import base64
import gzip
import hashlib
import http.server
import json
import os
import re
import socket
import threading
import time

from tests.api.admin import SECRET, Admin
from tests.api.common import ECHO, OFFER, Bystander, negotiate
from tests.api.media_api import load
from tests.api.runner import Gateway
from tests.api.ws import Client

PATIENCE = 20


def until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


class Hook:
    """An HTTP receiver. status: of its answers; hold: seconds before each; keep: connections stay open; posts: (headers, documents, bytes of the body)."""

    def __init__(self, port=0):
        hook = self
        self.posts, self.status, self.hold, self.keep = [], 200, 0, True

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length']))
                text = gzip.decompress(body) if self.headers.get('Content-Encoding') == 'gzip' else body
                document = json.loads(text)
                hook.posts.append((dict(self.headers), document if isinstance(document, list) else [document], len(body)))
                time.sleep(hook.hold)
                self.send_response(hook.status)
                self.send_header('Content-Length', '0')
                if not hook.keep:
                    self.send_header('Connection', 'close')
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def events(self):
        return [e for _, documents, _ in list(self.posts) for e in documents]

    def wait(self, condition, what=''):
        until(lambda: any(condition(e) for e in self.events()), what or 'an event does not come')
        return next(e for e in self.events() if condition(e))

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Sink:
    """A WebSocket server that takes texts."""

    def __init__(self, port=0):
        self.texts, self.heads, self.sockets = [], [], []
        self.listener = socket.create_server(('127.0.0.1', port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            self.sockets.append(s)
            threading.Thread(target=self.read, args=(s,), daemon=True).start()

    def read(self, s):
        f = s.makefile('rb')
        head = b''
        while not head.endswith(b'\r\n\r\n'):
            line = f.readline()
            if not line:
                return
            head += line
        self.heads.append(head.decode())
        key = re.search(r'Sec-WebSocket-Key: *(\S+)', self.heads[-1], re.I)[1]
        accept = base64.b64encode(hashlib.sha1((key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').encode()).digest()).decode()
        s.sendall(('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                   f'Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: janus-event-handlers\r\n\r\n').encode())
        text = b''
        while len(first := f.read(2)) == 2:
            size = first[1] & 0x7f
            if size > 125:
                size = int.from_bytes(f.read(2 if size == 126 else 8), 'big')
            mask = f.read(4)
            body = f.read(size)
            text += bytes(b ^ mask[i % 4] for i, b in enumerate(body))
            if first[0] & 0x80:
                if first[0] & 0x0f in (0, 1):
                    self.texts.append(json.loads(text))
                text = b''

    def events(self):
        return [e for t in list(self.texts) for e in (t if isinstance(t, list) else [t])]

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for s in self.sockets:
            s.shutdown(socket.SHUT_RDWR)


def gelf_messages(sock):
    """Datagrams till there are none, put together."""
    chunks, out = {}, []
    sock.settimeout(1)
    try:
        while True:
            data = sock.recv(65536)
            assert len(data) <= 500, len(data)
            if data[:2] != b'\x1e\x0f':
                out.append(json.loads(data))
                continue
            at, count = data[10], data[11]
            parts = chunks.setdefault(data[2:10], {})
            parts[at] = data[12:]
            if len(parts) == count:
                out.append(json.loads(b''.join(parts[i] for i in range(count))))
    except TimeoutError:
        return out


HOOK, SINK = Hook(), Sink()
GELF = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
GELF.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
GELF.bind(('127.0.0.1', 0))
FOLDER = []


def webhook(port, **more):
    return {'general': {'enabled': True, 'events': 'all', 'backend': f'http://127.0.0.1:{port}/in', **more}}


def config(folder):
    FOLDER.append(folder)
    return {
        'limen': {'general': {'admin_secret': SECRET}, 'events': {'profile': 'classic'}},
        'limen.eventhandler.sampleevh': webhook(HOOK.port, backend_user='me', backend_pwd='secret', compress=True),
        'limen.eventhandler.wsevh': {'general': {'enabled': True, 'events': 'sessions,Core,nonsense', 'grouping': False,
                                                 'backend': f'ws://127.0.0.1:{SINK.port}/x'}},
        'limen.eventhandler.gelfevh': {'general': {'enabled': True, 'events': 'all', 'backend': '127.0.0.1', 'port': GELF.getsockname()[1]}},
        'limen.logger.jsonlog': {'general': {'enabled': True, 'filename': os.path.join(folder, 'lines.json')}},
    }


def shape(event, type_, *members, subtype=None, body=None):
    """An event's members, in their order, and its body's."""
    wanted = ['emitter', 'type', *(['subtype'] if subtype else []), 'timestamp', *members, 'event']
    assert list(event) == wanted, event
    assert event['type'] == type_ and event.get('subtype') == subtype, event
    assert event['emitter'] == 'MyLimenInstance' and abs(event['timestamp'] / 1e6 - time.time()) < 600, event
    if body is not None:
        assert event['event'] == body and list(event['event']) == list(body), event
    return event['event']


def test_session_handle_and_descriptions(gateway):
    c = Client(gateway.ws_port)
    s = c.create()
    h, bare = c.attach(s, opaque_id='op-1'), c.attach(s)
    answer = negotiate(c, s, h)
    of = lambda type_, handle=h: [e for e in HOOK.events() if e['type'] == type_ and e.get('session_id') == s and e.get('handle_id') == handle]
    c.call(janus='detach', session_id=s, handle_id=bare)
    c.call(janus='destroy', session_id=s)
    until(lambda: len(of(2)) == len(of(2, bare)) == 2 and len(of(1, None)) == 2, 'the ends')
    created, destroyed = of(1, None)
    body = shape(created, 1, 'session_id')
    assert list(body) == ['name', 'transport'] and body['name'] == 'created' and list(body['transport']) == ['transport', 'id'], body
    assert body['transport']['transport'] == 'janus.transport.websockets' and body['transport']['id'].isdecimal(), body
    shape(destroyed, 1, 'session_id', body={'name': 'destroyed'})
    for event, name in zip(of(2), ('attached', 'detached')):
        shape(event, 2, 'session_id', 'handle_id', 'opaque_id', body={'name': name, 'plugin': ECHO, 'opaque_id': 'op-1'})
    for event, name in zip(of(2, bare), ('attached', 'detached')):
        shape(event, 2, 'session_id', 'handle_id', body={'name': name, 'plugin': ECHO})
    remote, local = of(8)
    ids = ('session_id', 'handle_id', 'opaque_id')
    shape(remote, 8, *ids, body={'owner': 'remote', 'jsep': {'type': 'offer', 'sdp': OFFER}})
    shape(local, 8, *ids, body={'owner': 'local', 'jsep': {'type': 'answer', 'sdp': answer}})
    plugin = of(64)[0]
    body = shape(plugin, 64, *ids)
    assert list(body) == ['plugin', 'data'] and body['plugin'] == ECHO, body
    hangup = [e for e in of(16) if e['subtype'] == 6]
    shape(hangup[0], 16, *ids, subtype=6, body={'connection': 'hangup', 'reason': 'Janus API'})


def test_timeout_and_lost_connection(gateway):
    admin = Admin(gateway)
    c, lost = Client(gateway.ws_port), Client(gateway.ws_port)
    s, t = c.create(), lost.create()
    admin.good('set_session_timeout', s, timeout=1)
    lost.socket.close()
    ends = lambda session: [e['event']['name'] for e in HOOK.events() if e['type'] == 1 and e['session_id'] == session]
    until(lambda: len(ends(s)) == 2 and len(ends(t)) == 2, 'the ends')
    assert ends(s) == ['created', 'timeout'] and ends(t) == ['created', 'destroyed'], (ends(s), ends(t))


STATS = ['mid', 'mindex', 'media', 'codec', 'base', 'rtt', 'lost', 'lost-by-remote', 'jitter-local', 'jitter-remote', 'in-link-quality',
         'in-media-link-quality', 'out-link-quality', 'out-media-link-quality', 'packets-received', 'packets-sent', 'bytes-received',
         'bytes-sent', 'bytes-received-lastsec', 'bytes-sent-lastsec', 'nacks-received', 'nacks-sent', 'retransmissions-received']


def test_call(gateway):
    before = len(HOOK.events())
    load(gateway, '--subscribers', '2', '--seconds', '3')
    webrtc = lambda subtype: [e for e in HOOK.events()[before:] if e['type'] == 16 and e['subtype'] == subtype]
    until(lambda: len([e for e in webrtc(6) if e['event']['connection'] == 'hangup']) == 3, 'three hangups')
    ids_of = lambda e: [m for m in ('session_id', 'handle_id', 'opaque_id') if m in e]
    assert len([e for e in webrtc(6) if e['event'] == {'connection': 'webrtcup'}]) == 3
    for e in webrtc(1):
        body = shape(e, 16, *ids_of(e), subtype=1)
        assert list(body) == ['ice', 'stream_id', 'component_id'] and body['ice'] in ('gathering', 'connecting', 'connected', 'ready', 'failed'), e
    assert {e['handle_id'] for e in webrtc(1) if e['event']['ice'] == 'ready'} == {e['handle_id'] for e in webrtc(6)}
    for e in webrtc(2) + webrtc(3):
        name = 'local-candidate' if e['subtype'] == 2 else 'remote-candidate'
        body = shape(e, 16, *ids_of(e), subtype=e['subtype'])
        assert list(body) == [name, 'stream_id', 'component_id'] and ' typ host' in body[name] and not body[name].startswith('cand'), e
    assert webrtc(2) and webrtc(3)
    pairs = webrtc(4)
    assert len(pairs) == 3, pairs
    for e in pairs:
        body = shape(e, 16, *ids_of(e), subtype=4)
        assert list(body) == ['selected-pair', 'candidates', 'stream_id', 'component_id'], e
        assert re.fullmatch(r'[\d.]+:[1-9]\d* \[host,udp\] <-> [\d.]+:[1-9]\d* \[\w+,udp\]', body['selected-pair']), e
        for end in body['candidates'].values():
            assert list(end) == ['address', 'port', 'type', 'transport', 'family'] and end['family'] == 4, e
    for handle in {e['handle_id'] for e in pairs}:
        assert [e['event'] for e in webrtc(5) if e['handle_id'] == handle] == [
            {'dtls': state, 'stream_id': 1, 'component_id': 1, 'retransmissions': 0} for state in ('trying', 'connected')]
    stats = [e for e in HOOK.events()[before:] if e['type'] == 32 and e['subtype'] == 3]
    assert len(stats) >= 3 * 3, len(stats)
    for e in stats:
        body = shape(e, 32, *ids_of(e), subtype=3)
        assert [m for m in body if m != 'remb-bitrate'] == STATS and body['media'] == 'video' and body['base'] == 90000, e
    last = {e['handle_id']: e['event'] for e in stats}
    assert sum(b['packets-received'] > 100 for b in last.values()) == 1 and sum(b['packets-sent'] > 100 for b in last.values()) == 2, last


def test_transports_core_and_external(gateway):
    admin = Admin(gateway)
    admin.good('custom_event', schema='mine', data={'a': [1]})
    shape(HOOK.wait(lambda e: e['type'] == 4), 4, body={'schema': 'mine', 'data': {'a': [1]}})
    requests = [e for e in HOOK.events() if e['type'] == 128 and e['event']['transport'] == 'janus.transport.http']
    body = shape(requests[-1], 128)
    assert list(body) == ['transport', 'id', 'data'] and list(body['data']) == ['event', 'admin_api', 'ip', 'port'], body
    assert body['data']['admin_api'] is True and body['data']['ip'] == '127.0.0.1' and body['data']['port'] > 1023, body
    Client(gateway.ws_port).socket.close()
    sockets = lambda name: [e for e in HOOK.events() if e['type'] == 128 and e['event']['data']['event'] == name]
    until(lambda: sockets('disconnected'), 'disconnected')
    assert sockets('connected')[0]['event']['data'] == {'event': 'connected', 'admin_api': False, 'ip': '127.0.0.1'}
    assert sockets('disconnected')[0]['event']['data'] == {'event': 'disconnected'}
    started = HOOK.wait(lambda e: e['type'] == 256)
    body = shape(started, 256, subtype=1)
    assert body['status'] == 'started' and 'transaction' not in body['info'] and body['info']['janus'] == 'server_info', body
    update = HOOK.wait(lambda e: e['type'] == 256 and e['event']['status'] == 'update')
    body = shape(update, 256, subtype=1)
    assert list(body['info']) == ['sessions', 'handles', 'peerconnections', 'stats-period'] and body['info']['stats-period'] == 1, body


def test_other_receivers(gateway):
    assert all(h['Authorization'] == 'Basic ' + base64.b64encode(b'me:secret').decode() and h['Content-Encoding'] == 'gzip' and
               h['Content-Type'] == 'application/json' for h, _, _ in HOOK.posts)
    assert 'Sec-WebSocket-Protocol: janus-event-handlers' in SINK.heads[0] and SINK.heads[0].startswith('GET /x HTTP/1.1'), SINK.heads
    texts = list(SINK.texts)
    assert all(isinstance(t, dict) for t in texts) and {t['type'] for t in texts} == {1, 256}, texts[:3]
    posted = [e for e in HOOK.events() if e['type'] in (1, 256)]
    assert posted[:len(texts)] == texts[:len(posted)] and len(posted) > 2
    messages = gelf_messages(GELF)
    assert {m['short_message'] for m in messages} >= {'Sessions', 'Handles', 'Jsep', 'WebRTC', 'Media', 'Plugins', 'Transports', 'Core'}
    for m in messages:
        assert list(m) == ['timestamp', 'host', 'version', 'level', 'short_message', 'full_message'] and m['version'] == '1.1', m
    jsep = next(m for m in messages if m['short_message'] == 'Jsep')
    assert jsep['level'] == 8 and jsep['full_message']['owner'] == 'remote' and jsep['full_message']['jsep']['sdp'].startswith('v=0'), jsep
    with open(os.path.join(FOLDER[0], 'lines.json'), encoding='utf-8') as f:
        lines = [json.loads(line) for line in f]
    assert all(list(line) == ['timestamp', 'line'] and line['line'].endswith('\n') for line in lines)
    assert [line['line'] for line in lines if 'plugins, ' in line['line']], lines


def tweak(admin, name, **members):
    return admin.good('query_eventhandler', handler='janus.eventhandler.' + name, request={'request': 'tweak', **members})['response']


def test_tweaks(gateway):
    admin = Admin(gateway)
    assert tweak(admin, 'sampleevh', events='sessions', grouping=False, compress=False) == {'result': 200}
    c = Client(gateway.ws_port)
    time.sleep(0.5)
    before = len(HOOK.posts)
    s = c.create()
    h = c.attach(s)
    c.call(janus='destroy', session_id=s)
    until(lambda: len(HOOK.posts) >= before + 2, 'two posts')
    time.sleep(0.3)
    assert [[e['event']['name'] for e in d] for _, d, _ in HOOK.posts[before:]] == [['created'], ['destroyed']], (h, HOOK.posts[before:])
    assert 'Content-Encoding' not in HOOK.posts[-1][0]
    assert tweak(admin, 'wsevh', events='none', events_cap_on_reconnect=5) == {'result': 200}
    assert tweak(admin, 'gelfevh', backend='127.0.0.1', port=GELF.getsockname()[1], events='none') == {'result': 200}
    for name, code, members in (('sampleevh', 413, {'events': 5}), ('sampleevh', 413, {'backend': 'ftp://x'}), ('gelfevh', 412, {'port': 5}),
                                ('gelfevh', 413, {'backend': 'x', 'port': 70000}), ('wsevh', 413, {'grouping': 'x'})):
        assert tweak(admin, name, **members)['error_code'] == code, (name, members)
    unknown = admin.good('query_eventhandler', handler='janus.eventhandler.wsevh', request={'request': 'dance'})['response']
    assert unknown == {'error_code': 411, 'error': "Unknown request 'dance'"}, unknown
    assert admin.good('query_logger', logger='janus.logger.jsonlog', request={'request': 'info'})['response'] == {'result': 200}


def own_gateway(gateway, files):
    return Gateway(gateway.build, lambda folder: files)


def test_slow_and_absent_receivers(gateway):
    """One receiver is slow and one is not there: nobody waits for them, and the third one gets all in order."""
    slow, away, good = Hook(), socket.create_server(('127.0.0.1', 0)), Sink()
    slow.hold = 1
    port = away.getsockname()[1]
    away.close()
    g = own_gateway(gateway, {
        'limen.eventhandler.sampleevh': webhook(slow.port, grouping=False),
        'limen.eventhandler.gelfevh': {'general': {'enabled': True, 'events': 'all', 'backend': '127.0.0.1', 'port': port, 'protocol': 'tcp'}},
        'limen.eventhandler.wsevh': {'general': {'enabled': True, 'events': 'sessions', 'backend': f'ws://127.0.0.1:{good.port}'}}})
    try:
        with Bystander(g):
            c = Client(g.ws_port)
            mine = [c.create() for _ in range(200)]
            seen = lambda: [e['session_id'] for e in good.events() if e['type'] == 1 and e['event']['name'] == 'created']
            until(lambda: set(mine) <= set(seen()), 'all sessions')
        assert [s for s in seen() if s in set(mine)] == mine
        assert len(slow.posts) < 60
        began = time.monotonic()
        assert g.stop() == 0
        assert time.monotonic() - began < 10 * gateway.slowness
        assert good.events()[-1]['type'] == 1
    finally:
        g.stop()
        slow.close()
        good.close()


def test_retries_and_reconnection(gateway):
    """Posts and frames wait while their receivers are away, and an HTTP error counts as delivered."""
    hook, sink = Hook(), Sink()
    hook.status, hook.keep = 500, False
    g = own_gateway(gateway, {
        'limen.eventhandler.sampleevh': webhook(hook.port, events='sessions', max_retransmissions=8),
        'limen.eventhandler.wsevh': {'general': {'enabled': True, 'events': 'sessions', 'events_cap_on_reconnect': 3, 'backend': f'ws://127.0.0.1:{sink.port}'}}})
    try:
        c = Client(g.ws_port)
        first = c.create()
        until(lambda: hook.events() and sink.events(), 'the first')
        hook.close()
        sink.close()
        until(lambda: 'the connection has gone' in g.output(), 'it notices')
        mine = [c.create() for _ in range(10)]
        time.sleep(0.5)
        hook_again, sink_again = Hook(hook.port), Sink(sink.port)
        until(lambda: len(hook_again.events()) >= 10 and len(sink_again.events()) >= 3, 'they come again')
        assert [e['session_id'] for e in hook_again.events()] == mine, (first, hook_again.events())
        assert [e['session_id'] for e in sink_again.events()] == mine[-3:]
        assert [e['session_id'] for e in hook.events()] == [first]
        hook_again.close()
        sink_again.close()
    finally:
        g.stop()


def test_lean_sends_a_third_at_most(gateway):
    """The same call of three in both profiles."""
    sizes = {}
    for profile in ('classic', 'lean'):
        hook = Hook()
        g = own_gateway(gateway, {'limen': {'events': {'profile': profile}}, 'limen.eventhandler.sampleevh': webhook(hook.port)})
        try:
            load(g, '--meeting', '--publishers', '3', '--audio', '--seconds', '20')
        finally:
            g.stop()
        sizes[profile] = sum(n for _, _, n in hook.posts)
        stats = [e['event'] for e in hook.events() if e['type'] == 32 and e['subtype'] == 3]
        assert all(isinstance(b, list) for b in stats) == (profile == 'lean') and stats, stats[:2]
        assert {e['type'] for e in hook.events()} >= {1, 2, 8, 16, 32, 64, 128, 256}
        assert [e for e in hook.events() if e['type'] == 256 and e['subtype'] == 2][0]['event'] == {'status': 'shutdown', 'signum': 15}
        if profile == 'lean':
            assert all(0 not in (v for k, v in line.items() if k != 'mindex') for b in stats for line in b), stats[-1]
        hook.close()
    assert sizes['lean'] * 3 <= sizes['classic'], sizes
    return str(sizes)
