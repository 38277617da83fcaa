"""Input that lies or floods: it gets its error, and another client's session notices nothing."""
import json
import socket

from tests.api.common import OFFER, SESSION_PART, TRANSPORT, Bystander, audio_line, expect_error, negotiate
from tests.api.rest import Rest
from tests.api.ws import CONTINUATION, TEXT, Client

MEGABYTE = 1024 * 1024
DEPTH = 100000
MESSAGE_MAX = 262144
BROKEN = [b'{', b'}', b'[', b'{"janus":}', b'{"janus":"ping","transaction":"x"', b'{"janus" "ping"}', b'{\'janus\':\'ping\'}',
          b'{"janus":"ping","transaction":"x",}', b'\0', b'{"janus":"ping\0","transaction":"x"}', b'nul', b'{"a":1e999999}',
          b'{"a":99999999999999999999999}', b'{"janus":"ping","transaction":"\\ud800"}', b'{"janus":"ping","transaction":"\\u0000"}',
          b'\xef\xbb\xbf{"janus":"ping","transaction":"x"}', b'// x', b'GET / HTTP/1.1\r\n\r\n']
NOT_UTF8 = [b'{"janus":"ping","transaction":"\xff"}', b'{"janus":"ping","transaction":"\xc0\xae"}', b'\xfe\xff\x00{',
            b'{"janus":"ping","transaction":"\xed\xa0\x80"}', b'{"\xff":1}', b'{"janus":"ping","transaction":"\xf0\x9f\x98"}',
            b'\x80' * 1000]
TWICE = [b'{"janus":"ping","transaction":"x","janus":"info"}', b'{"janus":"ping","transaction":"x","transaction":"y"}',
         b'{"janus":"ping","transaction":"x","a":{"b":1,"b":2}}']
DEEP = [b'[' * DEPTH, b'[' * DEPTH + b']' * DEPTH, b'{"a":' * (DEPTH // 3) + b'1' + b'}' * (DEPTH // 3),
        b'[{"a":' * (DEPTH // 3), b'{"a":' * DEPTH + b'1' + b'}' * DEPTH, b'[{"a":' * DEPTH,
        b'{"janus":"ping","transaction":"x","deep":' + b'[' * DEPTH + b']' * DEPTH + b'}']
WRONG = [None, True, -1, 0, 1.5, 2 ** 62, '', 'x', [], {}, [[]], {'a': {}}]


def test_bad_json_over_websockets(gateway):
    with Bystander(gateway):
        c = Client(gateway.ws_port)
        for text in BROKEN + NOT_UTF8 + TWICE + DEEP:
            try:
                answer = c.raw(text)
            except ConnectionError:  # a text frame that is no text may end the connection (RFC 6455 §8.1)
                assert text in NOT_UTF8, text
                c = Client(gateway.ws_port)
                continue
            expect_error(answer, 454, ids=())
        assert c.call(janus='ping')['janus'] == 'pong'


def test_bad_json_over_http(gateway):
    rest = Rest(gateway.http_port)
    with Bystander(gateway):
        for text in BROKEN + NOT_UTF8 + TWICE + DEEP:
            if len(text) <= MESSAGE_MAX:  # longer ones: below
                expect_error(rest.post('/janus', text), 454, ids=())
        assert rest.get('/janus/ping').status == 200


def test_oversized_over_websockets(gateway):
    text = b'{"janus":"ping","transaction":"' + b'x' * 10 * MEGABYTE + b'"}'
    with Bystander(gateway):
        c = Client(gateway.ws_port)
        expect_error(c.raw(text), 454, ids=())
        for i in range(10 * 16):
            c.send_frame(TEXT if i == 0 else CONTINUATION, b'x' * (MEGABYTE // 16), i == 10 * 16 - 1)
        expect_error(c.receive(), 454, ids=())
        assert c.call(janus='ping')['janus'] == 'pong'


def test_oversized_over_http(gateway):
    """Refused by its announced length; one that announces nothing or less is not read further."""
    with Bystander(gateway):
        with socket.create_connection(('127.0.0.1', gateway.http_port), 20) as s:
            s.sendall(b'POST /janus HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n' % (10 * MEGABYTE))
            assert b' 413 ' in s.recv(1000).split(b'\r\n')[0]
        for length in (b'-1', b'99999999999999999999', b'x'):
            with socket.create_connection(('127.0.0.1', gateway.http_port), 20) as s:
                s.sendall(b'POST /janus HTTP/1.1\r\nHost: x\r\nContent-Length: ' + length + b'\r\n\r\n')
                status = s.recv(1000).split(b'\r\n')[0]
                assert b' 200 ' not in status, status
        for head in (b'GET /' + b'x' * MEGABYTE, b'GET / HTTP/1.1\r\nX: ' + b'x' * MEGABYTE, b'x' * MEGABYTE):
            with socket.create_connection(('127.0.0.1', gateway.http_port), 20) as s:
                try:
                    s.sendall(head + b'\r\n\r\n')
                    assert b' 200 ' not in s.recv(1000).split(b'\r\n')[0]
                except OSError:
                    pass  # closed while we sent
        assert Rest(gateway.http_port).get('/janus/ping').status == 200


def test_members_of_every_wrong_type(gateway):
    with Bystander(gateway):
        c = Client(gateway.ws_port)
        s = c.create()
        h = c.attach(s)
        count = 0
        for verb in ('info', 'ping', 'create', 'claim', 'keepalive', 'attach', 'hangup', 'message', 'trickle', 'bogus'):
            base = {'janus': verb, 'transaction': 't', 'session_id': s, 'handle_id': h, 'body': {}, 'plugin': 'x',
                    'jsep': {'type': 'offer', 'sdp': 'x', 'trickle': True}, 'candidate': {'sdpMid': '0', 'candidate': ''}}
            for member in [*base, 'id', 'token', 'apisecret', 'opaque_id', 'loop_index', 'candidates']:
                for value in WRONG:
                    request = json.dumps({**base, member: value})
                    answer = c.raw(request)
                    while 'plugindata' in answer:
                        answer = c.receive()
                    assert answer['janus'] in ('error', 'ack', 'success', 'pong', 'server_info'), (request, answer)
                    count += 1
        assert c.call(janus='keepalive', session_id=s, handle_id=h)['janus'] == 'ack'
    return f'{count} requests'


def lying_descriptions():
    head = SESSION_PART
    audio = audio_line()
    yield head + audio * 3000
    yield head + audio * 700
    yield head + audio + ''.join(audio_line(str(i), '') for i in range(1, 1400))
    yield head + audio + 'm=audio 0 UDP/TLS/RTP/SAVPF 0\r\n' * 6000
    yield head + 'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n' * 3000
    yield OFFER + 'a=x:' + 'y' * 200000 + '\r\n'
    yield OFFER + 'a=x\r\n' * 40000
    yield OFFER + 'a=rtpmap:111 x/1\r\n' * 9000
    yield OFFER + 'a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n' * 4000
    yield OFFER + ''.join(f'a=ssrc:{i} cname:x\r\n' for i in range(9000))
    yield OFFER + ''.join(f'a=ssrc-group:FID {i} {i + 1}\r\n' for i in range(9000))
    yield OFFER.replace('m=audio 9', 'm=audio 99999999999')
    yield OFFER.replace('SAVPF 111', 'SAVPF ' + ' '.join(str(i) for i in range(5000)))
    yield OFFER.replace('SAVPF 111', 'SAVPF 4294967407 -1 x')
    yield OFFER.replace('a=mid:0', 'a=mid:' + 'x' * 17)
    yield OFFER.replace('a=mid:0', 'a=mid:')
    yield OFFER.replace('opus/48000/2', 'opus/' + '9' * 30 + '/' + '9' * 30)
    yield OFFER.replace('a=ice-ufrag:abcd', 'a=ice-ufrag:' + 'x' * 100000)
    yield OFFER.replace('a=ice-pwd:', 'a=ice-pwd:' + 'x' * 300)
    yield OFFER.replace('a=setup:actpass', 'a=setup:sideways')
    yield OFFER.replace(TRANSPORT, '')
    yield OFFER.replace('a=fingerprint:sha-256', 'a=fingerprint:sha-257')
    yield OFFER.replace('a=fingerprint:sha-256 A5:', 'a=fingerprint:sha-256 ')
    yield OFFER.replace('a=fingerprint:sha-256 A5:', 'a=fingerprint:sha-256 ZZ:')
    yield OFFER.replace('a=fingerprint:sha-256 A5', 'a=fingerprint:sha-256 ' + 'A5:' * 5000)
    yield OFFER.replace('\r\n', '\n\n\n')
    yield OFFER.replace('=', '')
    yield OFFER.replace('a=fingerprint:sha-256', 'a=fingerprint')
    yield OFFER.replace('SAVPF 111', 'SAVPF')
    yield OFFER[:100] + '\0' + OFFER[100:]
    yield 'v=0\r\n' * 10000
    yield OFFER * 100


def test_descriptions_that_lie(gateway):
    """An error of the core, of the plugin, or an answer; the handle serves an honest offer afterwards."""
    refused = 0
    with Bystander(gateway):
        c = Client(gateway.ws_port)
        s = c.create()
        for sdp in lying_descriptions():
            h = c.attach(s)
            answer = c.call(janus='message', session_id=s, handle_id=h, body={}, jsep={'type': 'offer', 'sdp': sdp})
            if answer['janus'] == 'error':
                unread = 'transaction' not in answer  # too long as JSON, or with a NUL, which JSON parsers refuse
                assert not unread or '\0' in sdp or len(json.dumps(sdp)) > MESSAGE_MAX - 500, sdp[:300]
                expect_error(answer, 454 if unread else 465, ids=() if unread else ('session_id', 'transaction'))
                refused += 1
            else:
                c.event(lambda e: e.get('transaction') == answer['transaction'])
                c.call(janus='hangup', session_id=s, handle_id=h)
            negotiate(c, s, h)
            c.call(janus='detach', session_id=s, handle_id=h)
    return f'{refused} refused'


def test_a_client_that_does_not_read(gateway):
    with Bystander(gateway):
        c = Client(gateway.ws_port)
        c.socket.settimeout(1)
        t = 'x' * 100000
        try:
            for _ in range(2000):
                c.send(janus='ping', transaction=t)
        except OSError:
            pass  # the gateway reads no more, or has closed
        assert gateway.memory_kb() < 400000 * gateway.slowness


def test_connections_that_say_nothing(gateway):
    with Bystander(gateway):
        idle = [socket.create_connection(('127.0.0.1', p), 20) for p in (gateway.http_port, gateway.ws_port) for _ in range(100)]
        assert Rest(gateway.http_port).get('/janus/ping').status == 200
        assert Client(gateway.ws_port).call(janus='ping')['janus'] == 'pong'
        for s in idle:
            s.close()


def test_connections_cut_at_any_place(gateway):
    request = (b'POST /janus HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 34\r\n\r\n'
               b'{"janus":"ping","transaction":"x"}')
    with Bystander(gateway):
        for i in range(1, len(request), 3):
            with socket.create_connection(('127.0.0.1', gateway.http_port), 20) as s:
                s.sendall(request[:i])
        for i in range(40):
            c = Client(gateway.ws_port)
            c.socket.sendall(b'\x81\xfe\x01\x00\0\0\0\0{"janus":"ping","transaction":"x"}'[:i + 1])
            c.close()


def test_early_candidates_do_not_fill_the_memory(gateway):
    """Candidates before the first offer are kept, but not whatever else comes in that place."""
    c = Client(gateway.ws_port)
    session = c.create()
    handle = c.attach(session)
    before = gateway.memory_kb()
    for _ in range(128):
        answer = c.call(janus='trickle', session_id=session, handle_id=handle, candidate={'candidate': 'x' * 200000, 'sdpMid': '0'})
        assert answer['janus'] == 'ack', answer
    grown = gateway.memory_kb() - before
    assert grown < 10 * 1024 * gateway.slowness, f'{grown} KB'
    assert 'm=audio' in negotiate(c, session, handle)
    c.close()
