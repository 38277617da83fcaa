"""The WebSockets transport (spec api-core §7.2)."""
import json
import socket

from tests.api.common import expect_error
from tests.api.ws import BINARY, CONTINUATION, PING, PONG, TEXT, Client


def test_sub_protocol(gateway):
    for protocol in ('janus-protocol', 'x, janus-protocol', 'janus-protocol, other', 'a,janus-protocol,b'):
        c = Client(gateway.ws_port, protocol)
        chosen = [line.split(':')[1].strip() for line in c.head.split('\r\n')
                  if line.lower().startswith('sec-websocket-protocol:')]
        assert chosen == ['janus-protocol'], c.head
        assert c.call(janus='ping')['janus'] == 'pong'


def test_no_sub_protocol(gateway):
    for protocol in (None, 'other', 'Janus-Protocol', 'janus-admin-protocol', 'janus-protocol-x', 'janus', 'http-only'):
        try:
            Client(gateway.ws_port, protocol)
        except (ConnectionError, OSError) as e:
            assert ' 101 ' not in str(e)
            continue
        raise AssertionError(protocol)


def test_any_path(gateway):
    for path in ('/', '/janus', '/some/where?x=1'):
        c = Client(gateway.ws_port, path=path)
        assert 'access-control-allow-origin: *' in c.head.lower(), c.head
        assert c.call(janus='ping')['janus'] == 'pong'


def test_plain_http_is_refused(gateway):
    with socket.create_connection(('127.0.0.1', gateway.ws_port), 20) as s:
        s.sendall(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
        assert b' 403 ' in s.recv(1000).split(b'\r\n')[0]


def test_several_texts_in_one_message(gateway):
    c = Client(gateway.ws_port)
    c.send_text('{"janus":"ping","transaction":"a"} {"janus":"ping","transaction":"b"}\r\n{"janus":"ping","transaction":"c"}')
    assert [c.receive()['transaction'] for _ in range(3)] == ['a', 'b', 'c']
    c.send_text('{"janus":"ping","transaction":"a"}{"janus":"ping","transaction":"b"} \n\t ')
    assert [c.receive()['transaction'] for _ in range(2)] == ['a', 'b']
    c.send_text('{"janus":"ping","transaction":"a"}{"janus":"ping","transaction":"b"')
    expect_error(c.receive(), 454, ids=())
    c.silent(0.3)  # one failure, and nothing is processed


def test_errors_of_json(gateway):
    c = Client(gateway.ws_port)
    for text, reason in (('nope', "<string>(1,4): '[' or '{' expected near 'nope'"), ('', None), ('5', None), ('"x"', None),
                         ('{"a":1,\n"b"}', None), ('{"a":1}x', None), ('{"janus":"ping","transaction":"\ud83d"}', None)):
        answer = c.raw(text.encode('utf-8', 'surrogatepass') or b' ')
        expect_error(answer, 454, ids=())
        start = 'Invalid Janus API request - <string>('
        assert answer['error']['reason'].startswith(start), answer
        assert reason is None or answer['error']['reason'] == 'Invalid Janus API request - ' + reason, answer


def test_fragments(gateway):
    c = Client(gateway.ws_port)
    text = json.dumps({'janus': 'ping', 'transaction': 'ä' * 3000}, ensure_ascii=False).encode()
    for size in (1, 7, 1000):
        parts = [text[i:i + size] for i in range(0, len(text), size)]
        for i, part in enumerate(parts):
            c.send_frame(TEXT if i == 0 else CONTINUATION, part, i + 1 == len(parts))
            if i == len(parts) // 2:
                c.send_frame(PING, b'between')
        opcode, data, _ = c.receive_frame()
        assert (opcode, data) == (PONG, b'between')
        assert c.receive()['transaction'] == 'ä' * 3000


def test_binary_frames(gateway):
    c = Client(gateway.ws_port)
    c.send_frame(BINARY, b'{"janus":"ping","transaction":"b"}')
    opcode, data, last = c.receive_frame()
    assert (opcode, json.loads(data), last) == (TEXT, {'janus': 'pong', 'transaction': 'b'}, True)


def test_ping(gateway):
    c = Client(gateway.ws_port)
    for data in (b'', b'hello', b'x' * 125):
        c.send_frame(PING, data)
        assert c.receive_frame() == (PONG, data, True)


def test_long_answers_come_whole(gateway):
    c = Client(gateway.ws_port)
    t = 'x' * 200000
    assert c.call(janus='ping', transaction=t)['transaction'] == t


def test_many_sessions_on_one_socket(gateway):
    c = Client(gateway.ws_port)
    handles = {}
    for _ in range(20):
        s = c.create()
        handles[c.attach(s)] = s
    sent = {c.send(janus='message', session_id=s, handle_id=h, body={}): (s, h) for h, s in handles.items()}
    acked = set()
    for _ in range(2 * len(sent)):
        e = c.receive()
        assert e['session_id'] == sent[e['transaction']][0], e
        if e['janus'] == 'ack':
            acked.add(e['transaction'])
        else:
            assert e['transaction'] in acked and e['sender'] == sent[e['transaction']][1], e
    assert len(acked) == len(sent)


def test_answers_keep_their_order(gateway):
    c = Client(gateway.ws_port)
    sent = [c.send(janus='ping') for _ in range(500)]
    assert [c.receive()['transaction'] for _ in sent] == sent
