"""The envelope: shapes of replies, order of errors (spec api-core)."""
import json

from tests.api.ws import Client

ECHO = 'janus.plugin.echotest'


def expect_error(answer, code, text=None):
    assert answer['janus'] == 'error', answer
    assert answer['error']['code'] == code, answer
    if text is not None:
        assert answer['error']['reason'] == text, answer


def test_create_reply_has_no_session_id(gateway):
    c = Client(gateway.ws_port)
    answer = c.call(janus='create')
    assert list(answer) == ['janus', 'transaction', 'data'], answer
    assert 0 < answer['data']['id'] < 2 ** 53


def test_fixed_id_and_its_repetition(gateway):
    c = Client(gateway.ws_port)
    assert c.call(janus='create', id=4242)['data']['id'] == 4242
    answer = c.call(janus='create', id=4242)
    expect_error(answer, 468, 'Session ID already in use')
    assert answer['session_id'] == 4242
    c.call(janus='destroy', session_id=4242)


def test_attach_with_both_names(gateway):
    c = Client(gateway.ws_port)
    s = c.create()
    for name in (ECHO, 'limen.plugin.echotest'):
        answer = c.call(janus='attach', session_id=s, plugin=name)
        assert list(answer) == ['janus', 'session_id', 'transaction', 'data'], answer
    expect_error(c.call(janus='attach', session_id=s, plugin='foo'), 460, "No such plugin 'foo'")
    expect_error(c.call(janus='attach', session_id=s), 456, 'Missing mandatory element (plugin)')
    expect_error(c.call(janus='attach', session_id=s, plugin=5), 467, 'Invalid element type (plugin should be a string)')


def test_envelope_errors(gateway):
    c = Client(gateway.ws_port)

    def raw(text):
        c.send_text(text)
        return c.receive()

    expect_error(raw('{"janus":"create"}'), 456, 'Missing mandatory element (transaction)')
    expect_error(raw('{"janus":"create","transaction":1}'), 467, 'Invalid element type (transaction should be a string)')
    expect_error(raw('{"transaction":"x"}'), 456, 'Missing mandatory element (janus)')
    expect_error(raw('{"janus":"ping","transaction":"x","id":-1}'), 467, 'Invalid element type (id should be a positive integer)')
    assert raw('{"janus":"PING","transaction":"x"}') == {'janus': 'pong', 'transaction': 'x'}
    answer = raw('nope')
    expect_error(answer, 454)
    assert answer['error']['reason'].startswith('Invalid Janus API request - <string>(1,4)'), answer
    expect_error(raw('{"janus":"ping","transaction":"x","janus":"info"}'), 454)
    expect_error(raw('[' * 5000 + ']' * 5000), 454)
    assert 'transaction' not in raw('{"janus":"ping","transaction":null,"session_id":7}')


def test_order_of_errors(gateway):
    c = Client(gateway.ws_port)
    s = c.create()
    h = c.attach(s, ECHO)
    expect_error(c.call(janus='attach'), 457, "Unhandled request 'attach' at this path")
    expect_error(c.call(janus='nonsense'), 457, "Unhandled request 'nonsense' at this path")
    expect_error(c.call(janus='message', handle_id=5), 458, 'Session not found')
    expect_error(c.call(janus='message', session_id=s, handle_id='x'), 459, 'Handle not found')
    expect_error(c.call(janus='keepalive', session_id=99), 458, 'No such session 99')
    expect_error(c.call(janus='message', session_id=s, handle_id=5), 459, f'No such handle 5 in session {s}')
    expect_error(c.call(janus='message', session_id=s), 457, "Unhandled request 'message' at this path")
    expect_error(c.call(janus='attach', session_id=s, handle_id=h), 457, "Unhandled request 'attach' at this path")
    expect_error(c.call(janus='bogus', session_id=s), 453, "Unknown request 'bogus'")
    assert c.call(janus='keepalive', session_id=s)['janus'] == 'ack'
    assert c.call(janus='keepalive', session_id=s, handle_id=h)['janus'] == 'ack'


def test_another_sessions_handle(gateway):
    a, b = Client(gateway.ws_port), Client(gateway.ws_port)
    sa, sb = a.create(), b.create()
    h = a.attach(sa, ECHO)
    expect_error(b.call(janus='message', session_id=sb, handle_id=h, body={}), 459)


def test_message_and_event(gateway):
    c = Client(gateway.ws_port)
    s = c.create()
    h = c.attach(s, ECHO)
    t = c.send(janus='message', session_id=s, handle_id=h, body={'audio': True})
    answer = c.receive()
    assert answer == {'janus': 'ack', 'session_id': s, 'transaction': t, 'hint': "I'm taking my time!"}, answer
    event = c.receive()
    assert event == {'janus': 'event', 'session_id': s, 'transaction': t, 'sender': h,
                     'plugindata': {'plugin': ECHO, 'data': {'echotest': 'event', 'result': 'ok'}}}, event
    expect_error(c.call(janus='message', session_id=s, handle_id=h), 456, 'Missing mandatory element (body)')
    expect_error(c.call(janus='message', session_id=s, handle_id=h, body=[]), 467)
    expect_error(c.call(janus='message', session_id=s, handle_id=h, body={}, jsep=5), 455, 'Invalid jsep object')


def test_jsep_errors(gateway):
    c = Client(gateway.ws_port)
    s = c.create()
    h = c.attach(s, ECHO)

    def jsep(**j):
        return c.call(janus='message', session_id=s, handle_id=h, body={}, jsep=j)

    expect_error(jsep(type='offer'), 456, 'JSEP error: missing mandatory element (sdp)')
    expect_error(jsep(type='x', sdp=''), 464, "JSEP error: unknown message type 'x'")
    expect_error(jsep(type='offer', sdp='v=0', trickle=1), 467, 'JSEP error: invalid element type (trickle should be a boolean)')
    expect_error(jsep(type='offer', sdp='hello'), 465, "Invalid SDP (doesn't start with v=)")
    expect_error(jsep(type='offer', sdp='v=0\r\n'), 465, 'Missing mandatory lines (o=, s= or m=)')
    base = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n'
    expect_error(jsep(type='answer', sdp=base), 469, 'Unexpected ANSWER (did we offer?)')
    expect_error(jsep(type='offer', sdp=base), 465, 'Error processing SDP')
    lines = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n' + 'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n' * 3000
    expect_error(jsep(type='offer', sdp=lines), 465)


def test_trickle_forms(gateway):
    c = Client(gateway.ws_port)
    s = c.create()
    h = c.attach(s, ECHO)

    def trickle(**more):
        return c.call(janus='trickle', session_id=s, handle_id=h, **more)

    expect_error(trickle(), 456, 'Missing mandatory element (candidate|candidates)')
    expect_error(trickle(candidate={}, candidates=[]), 454, "Can't have both candidate and candidates")
    assert trickle(candidate=None)['janus'] == 'ack'
    assert trickle(candidates=5)['janus'] == 'ack'
    assert trickle(candidate={'completed': True})['janus'] == 'ack'


def test_hangup_and_detach(gateway):
    c = Client(gateway.ws_port)
    s = c.create()
    h = c.attach(s, ECHO)
    assert c.call(janus='hangup', session_id=s, handle_id=h)['janus'] == 'success'
    assert c.call(janus='detach', session_id=s, handle_id=h)['janus'] == 'success'
    c.event(lambda e: e['janus'] == 'detached' and e['sender'] == h)
    expect_error(c.call(janus='message', session_id=s, handle_id=h, body={}), 459)


def test_destroy_is_the_last_word(gateway):
    c = Client(gateway.ws_port)
    s = c.create()
    c.attach(s, ECHO)
    assert c.call(janus='destroy', session_id=s)['janus'] == 'success'
    expect_error(c.call(janus='keepalive', session_id=s), 458)
    assert c.events == [], c.events


def test_info(gateway):
    c = Client(gateway.ws_port)
    info = c.call(janus='info')
    assert info['janus'] == 'server_info' and ECHO in info['plugins'] and 'janus.transport.websockets' in info['transports'], info
    members = list(info)
    assert members[:4] == ['janus', 'transaction', 'name', 'version'], members


def test_several_documents_in_one_message(gateway):
    c = Client(gateway.ws_port)
    c.send_text('{"janus":"ping","transaction":"a"} {"janus":"ping","transaction":"b"}')
    assert [c.receive()['transaction'], c.receive()['transaction']] == ['a', 'b']


def test_idle_sessions_are_small(gateway):
    c = Client(gateway.ws_port)
    for _ in range(50):
        c.attach(c.create(), ECHO)
    before = gateway.memory_kb()
    count = 500
    for _ in range(count):
        c.attach(c.create(), ECHO)
    per_session = (gateway.memory_kb() - before) / count
    print(f'# an idle session with one handle: {per_session:.1f} KB')
    assert per_session < 20 or 'SANITIZED' in json.dumps(gateway.output()), per_session


def test_start_is_quick(gateway):
    print(f'# process start to listening: {gateway.start_seconds * 1000:.0f} ms')
    assert gateway.start_seconds < 2, gateway.start_seconds
