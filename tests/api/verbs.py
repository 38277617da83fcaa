"""Verbs and the shapes of their replies (spec api-core §1-§4)."""
from tests.api.common import ECHO, OFFER, SESSION_PART, audio_line, connected_message, expect_error, negotiate
from tests.api.ws import Client

INFO_MEMBERS = [
    'janus', 'transaction', 'name', 'version', 'version_string', 'author', 'commit-hash', 'compile-time',
    'log-to-stdout', 'log-to-file', 'log-path', 'data_channels', 'accepting-new-sessions', 'session-timeout',
    'reclaim-session-timeout', 'candidates-timeout', 'server-name', 'local-ip', 'public-ip', 'public-ips', 'ipv6',
    'ipv6-link-local', 'ice-lite', 'ice-tcp', 'ice-nomination', 'ice-consent-freshness', 'ice-keepalive-conncheck',
    'hangup-on-failed', 'full-trickle', 'mdns-enabled', 'min-nack-queue', 'nack-optimizations', 'twcc-period', 'dscp',
    'dtls-mtu', 'stun-server', 'turn-server', 'allow-force-relay', 'static-event-loops', 'loop-indication', 'api_secret',
    'auth_token', 'event_handlers', 'opaqueid_in_api', 'webrtc_encryption', 'dependencies', 'transports', 'events',
    'loggers', 'plugins']
INFO_OPTIONAL = {'log-path', 'public-ip', 'public-ips', 'ipv6-link-local', 'dscp', 'stun-server', 'turn-server',
                 'allow-force-relay', 'loop-indication', 'webrtc_encryption', 'dependencies'}
INFO_TYPES = {
    int: ['version', 'session-timeout', 'reclaim-session-timeout', 'candidates-timeout', 'min-nack-queue', 'twcc-period',
          'dtls-mtu', 'static-event-loops'],
    bool: ['log-to-stdout', 'log-to-file', 'data_channels', 'accepting-new-sessions', 'ipv6', 'ice-lite', 'ice-tcp',
           'ice-consent-freshness', 'ice-keepalive-conncheck', 'hangup-on-failed', 'full-trickle', 'mdns-enabled',
           'nack-optimizations', 'api_secret', 'auth_token', 'event_handlers', 'opaqueid_in_api'],
    str: ['name', 'version_string', 'author', 'commit-hash', 'compile-time', 'server-name', 'local-ip', 'ice-nomination'],
}


def with_handle(gateway):
    c = Client(gateway.ws_port)
    s = c.create()
    return c, s, c.attach(s)


def test_create(gateway):
    c = Client(gateway.ws_port)
    answer = c.call(janus='create')
    assert list(answer) == ['janus', 'transaction', 'data'] and list(answer['data']) == ['id'], answer
    ids = [c.create() for _ in range(20)]
    assert len(set(ids)) == 20 and all(isinstance(i, int) and 0 < i < 2 ** 53 for i in ids), ids


def test_create_with_an_id(gateway):
    c = Client(gateway.ws_port)
    assert c.create(id=4242) == 4242
    answer = c.call(janus='create', id=4242)
    expect_error(answer, 468, 'Session ID already in use')
    assert answer['session_id'] == 4242
    assert c.create(id=0) > 0
    assert c.call(janus='destroy', session_id=4242)['janus'] == 'success'
    assert c.create(id=4242) == 4242


def test_verbs_in_any_case(gateway):
    c = Client(gateway.ws_port)
    s = c.call(janus='CREATE')['data']['id']
    h = c.call(janus='Attach', session_id=s, plugin=ECHO)['data']['id']
    assert c.call(janus='PiNg')['janus'] == 'pong'
    assert c.call(janus='KeepAlive', session_id=s)['janus'] == 'ack'
    assert c.call(janus='MESSAGE', session_id=s, handle_id=h, body={})['janus'] == 'ack'
    assert c.call(janus='DETACH', session_id=s, handle_id=h)['janus'] == 'success'
    assert c.call(janus='Destroy', session_id=s)['janus'] == 'success'


def test_ping(gateway):
    assert Client(gateway.ws_port).raw('{"janus":"ping","transaction":"x","more":[1]}') == {
        'janus': 'pong', 'transaction': 'x'}


def test_transaction_is_echoed_verbatim(gateway):
    c = Client(gateway.ws_port)
    for t in ('', ' ', 'ä€😀', '"\\\n\u0001', 'x' * 10000):
        assert c.call(janus='ping', transaction=t) == {'janus': 'pong', 'transaction': t}


def test_info(gateway):
    info = Client(gateway.ws_port).call(janus='info')
    assert info['janus'] == 'server_info'
    present = [m for m in INFO_MEMBERS if m in info]
    assert list(info) == present, list(info)
    assert set(INFO_MEMBERS) - set(present) <= INFO_OPTIONAL, set(INFO_MEMBERS) - set(present)
    for kind, members in INFO_TYPES.items():
        for m in members:
            assert type(info[m]) is kind, (m, info[m])
    for m in ('glib2', 'jansson', 'libnice', 'libsrtp', 'crypto'):
        assert isinstance(info['dependencies'][m], str), info['dependencies']
    for group in ('transports', 'plugins'):
        for name, about in info[group].items():
            assert list(about) == ['name', 'author', 'description', 'version_string', 'version'], (name, about)
            assert type(about['version']) is int
    assert ECHO in info['plugins']
    assert {'janus.transport.http', 'janus.transport.websockets'} <= set(info['transports'])


def test_attach(gateway):
    c = Client(gateway.ws_port)
    s = c.create()
    for name in (ECHO, 'limen.plugin.echotest'):
        answer = c.call(janus='attach', session_id=s, plugin=name, opaque_id='me', loop_index=1000)
        assert list(answer) == ['janus', 'session_id', 'transaction', 'data'], answer
        assert answer['session_id'] == s and 0 < answer['data']['id'] < 2 ** 53


def test_another_sessions_handle(gateway):
    a, sa, ha = with_handle(gateway)
    b, sb, hb = with_handle(gateway)
    for verb in ('message', 'detach', 'hangup', 'trickle', 'keepalive'):
        expect_error(b.call(janus=verb, session_id=sb, handle_id=ha, body={}, candidate=None), 459,
                     f'No such handle {ha} in session {sb}')
    assert a.call(janus='message', session_id=sa, handle_id=ha, body={})['janus'] == 'ack'


def test_keepalive_at_both_levels(gateway):
    c, s, h = with_handle(gateway)
    for more in ({}, {'handle_id': h}):
        answer = c.call(janus='keepalive', session_id=s, **more)
        assert list(answer.items())[:2] == [('janus', 'ack'), ('session_id', s)] and len(answer) == 3, answer


def test_message_and_its_event(gateway):
    c, s, h = with_handle(gateway)
    t = c.send(janus='message', session_id=s, handle_id=h, body={'audio': True})
    answer = c.receive()
    assert list(answer.items()) == [('janus', 'ack'), ('session_id', s), ('transaction', t),
                                    ('hint', "I'm taking my time!")], answer
    event = c.receive()
    data = {'echotest': 'event', 'result': 'ok'}
    assert list(event.items()) == [('janus', 'event'), ('session_id', s), ('transaction', t), ('sender', h),
                                   ('plugindata', {'plugin': ECHO, 'data': data})], event
    assert list(event['plugindata']) == ['plugin', 'data']


def test_synchronous_message(gateway):
    c = Client(gateway.ws_port)
    s = c.create()
    h = c.attach(s, 'janus.plugin.videoroom')
    answer = c.call(janus='message', session_id=s, handle_id=h, body={'request': 'exists', 'room': 99})
    data = {'videoroom': 'success', 'room': 99, 'exists': False}
    assert list(answer) == ['janus', 'session_id', 'transaction', 'sender', 'plugindata'], answer
    assert answer['janus'] == 'success' and answer['sender'] == h
    assert answer['plugindata'] == {'plugin': 'janus.plugin.videoroom', 'data': data}, answer
    assert list(answer['plugindata']['data']) == list(data)


def test_message_errors(gateway):
    c, s, h = with_handle(gateway)
    wrong = 'Invalid element type (body should be an object)'
    expect_error(c.call(janus='message', session_id=s, handle_id=h), 456, 'Missing mandatory element (body)')
    for body in ([], 'x', 5, None):
        expect_error(c.call(janus='message', session_id=s, handle_id=h, body=body), 467, wrong)
    for jsep in ([], 5, 'x', True):
        expect_error(c.call(janus='message', session_id=s, handle_id=h, body={}, jsep=jsep), 455, 'Invalid jsep object')


def test_plugin_errors_are_not_core_errors(gateway):
    c, s, h = with_handle(gateway)
    event = connected_message(c, s, h, body={'audio': 5})
    assert event['janus'] == 'event' and 'error_code' in event['plugindata']['data'], event
    assert 'error' in event['plugindata']['data']


def jsep_errors(call):
    """Each wrong jsep; call sends one."""
    def wrong(member, kind):
        return f'JSEP error: invalid element type ({member} should be a {kind})'
    expect_error(call(type='offer'), 456, 'JSEP error: missing mandatory element (sdp)')
    expect_error(call(sdp=OFFER), 456, 'JSEP error: missing mandatory element (type)')
    expect_error(call(type=5, sdp=OFFER), 467, wrong('type', 'string'))
    expect_error(call(type='offer', sdp=None), 467, wrong('sdp', 'string'))
    expect_error(call(type='offer', sdp=OFFER, trickle=1), 467, wrong('trickle', 'boolean'))
    expect_error(call(type='offer', sdp=OFFER, e2ee='yes'), 467, wrong('e2ee', 'boolean'))
    expect_error(call(type='offer', sdp=OFFER, force_relay=0), 467, wrong('force_relay', 'boolean'))
    expect_error(call(type='offer', sdp=OFFER, rid_order=['h']), 467, wrong('rid_order', 'string'))
    expect_error(call(type='x', sdp=''), 464, "JSEP error: unknown message type 'x'")
    expect_error(call(type='rollback', sdp=OFFER), 464, "JSEP error: unknown message type 'rollback'")
    expect_error(call(type='offer', sdp='hello'), 465, "Invalid SDP (doesn't start with v=)")
    expect_error(call(type='offer', sdp=''), 465)
    expect_error(call(type='offer', sdp='v=0\r\n'), 465, 'Missing mandatory lines (o=, s= or m=)')
    expect_error(call(type='offer', sdp=SESSION_PART), 465, 'Missing mandatory lines (o=, s= or m=)')
    bare = OFFER.split('a=ice-ufrag')[0]
    expect_error(call(type='offer', sdp=bare), 465, 'Error processing SDP')
    for missing in ('ice-ufrag', 'ice-pwd', 'fingerprint'):
        lines = ''.join(line + '\r\n' for line in OFFER.split('\r\n')[:-1] if missing not in line)
        expect_error(call(type='offer', sdp=lines), 465, 'Error processing SDP')
    expect_error(call(type='answer', sdp=OFFER), 469, 'Unexpected ANSWER (did we offer?)')
    expect_error(call(type='ANSWER', sdp=bare), 469, 'Unexpected ANSWER (did we offer?)')


def test_jsep_errors_before_and_after_negotiation(gateway):
    c, s, h = with_handle(gateway)

    def call(**jsep):
        return c.call(janus='message', session_id=s, handle_id=h, body={}, jsep=jsep)

    jsep_errors(call)
    negotiate(c, s, h)
    jsep_errors(call)


def test_renegotiation(gateway):
    c, s, h = with_handle(gateway)
    first = negotiate(c, s, h)
    second = negotiate(c, s, h, OFFER.replace('o=- 1 1', 'o=- 1 2') + audio_line('1', ''))
    assert first.count('m=') == 1 and second.count('m=') == 2, second
    for changed in (OFFER.replace('a=mid:0', 'a=mid:7'), OFFER):
        answer = c.call(janus='message', session_id=s, handle_id=h, body={}, jsep={'type': 'offer', 'sdp': changed})
        expect_error(answer, 469, 'Error processing SDP')
    assert connected_message(c, s, h, body={'audio': True})['plugindata']['data']['result'] == 'ok'


def test_malformed_svc_and_rid_order_are_ignored(gateway):
    c, s, h = with_handle(gateway)
    negotiate(c, s, h, svc='x', rid_order='sideways', trickle=False, e2ee=False)


def test_end_to_end_encryption_is_announced_back(gateway):
    c, s, h = with_handle(gateway)
    event = connected_message(c, s, h, body={}, jsep={'type': 'OFFER', 'sdp': OFFER, 'e2ee': True})
    assert list(event)[-1] == 'jsep' and list(event['jsep']) == ['type', 'sdp', 'e2ee'], event
    assert event['jsep']['type'] == 'answer' and event['jsep']['e2ee'] is True


def trickle_basics(call):
    """Checked in every state."""
    expect_error(call(), 456, 'Missing mandatory element (candidate|candidates)')
    expect_error(call(candidate={}, candidates=[]), 454, "Can't have both candidate and candidates")
    expect_error(call(candidate=None, candidates=5), 454, "Can't have both candidate and candidates")


GOOD = {'candidate': 'candidate:1 1 udp 2015363327 127.0.0.1 9 typ host', 'sdpMid': '0', 'sdpMLineIndex': 0}
HARMLESS = [
    GOOD, {**GOOD, 'sdpMid': '7'}, {**GOOD, 'sdpMLineIndex': 5}, {'candidate': 'x', 'sdpMLineIndex': 3},
    {'candidate': '', 'sdpMid': '0'}, {'candidate': 'end-of-candidates', 'sdpMid': '0'},
    {'candidate': 'nonsense', 'sdpMid': '0'}, {'candidate': '1 1 udp 1 127.0.0.1 9 typ host', 'sdpMid': '0'},
    {'candidate': 'candidate:1 2 udp 1 127.0.0.1 9 typ host', 'sdpMid': '0'},
    {'candidate': 'candidate:1 1 tcp 1 127.0.0.1 9 typ host tcptype active', 'sdpMid': '0'},
    {'candidate': 'candidate:1 1 udp 1 6d2e.local 9 typ host', 'sdpMid': '0'},
    {'candidate': 'candidate:1 1 udp 99999999999 127.0.0.1 99999 typ host', 'sdpMid': '0'},
    {'candidate': 'x' * 5000, 'sdpMid': '0'},
]
FAULTY = [
    ({}, 456, 'missing mandatory element (sdpMid or sdpMLineIndex)'),
    ({'candidate': GOOD['candidate']}, 456, 'missing mandatory element (sdpMid or sdpMLineIndex)'),
    ({'sdpMid': '0'}, 456, 'missing mandatory element (candidate)'),
    ({'sdpMLineIndex': 0}, 456, 'missing mandatory element (candidate)'),
    ({**GOOD, 'sdpMid': 0}, 467, 'invalid element type (sdpMid should be a string)'),
    ({**GOOD, 'sdpMLineIndex': -1}, 467, 'invalid element type (sdpMLineIndex should be a positive integer)'),
    ({**GOOD, 'sdpMLineIndex': '0'}, 467, 'invalid element type (sdpMLineIndex should be a positive integer)'),
    ({**GOOD, 'candidate': 5}, 467, 'invalid element type (candidate should be a string)'),
]
ENDS = [None, 5, 'end', [], False, {'completed': True}]


def test_trickle(gateway):
    c, s, h = with_handle(gateway)

    def call(**more):
        return c.call(janus='trickle', session_id=s, handle_id=h, **more)

    def acked(**more):
        answer = call(**more)
        assert list(answer) == ['janus', 'session_id', 'transaction'] and answer['janus'] == 'ack', answer

    # Before negotiation everything is kept unseen.
    trickle_basics(call)
    for one in HARMLESS + [faulty for faulty, _, _ in FAULTY] + ENDS:
        acked(candidate=one)
    for many in (5, None, [], [GOOD, 5, {}, {'completed': True}]):
        acked(candidates=many)
    negotiate(c, s, h)
    trickle_basics(call)
    for one in HARMLESS:
        acked(candidate=one)
    for one, code, text in FAULTY:
        expect_error(call(candidate=one), code, f'Trickle error: {text}')
    for many in (5, {}, 'x', None):
        expect_error(call(candidates=many), 467, 'candidates is not an array')
    acked(candidates=[])
    acked(candidates=[*HARMLESS, *[faulty for faulty, _, _ in FAULTY], 5, {'completed': True}])
    for one in ENDS:
        acked(candidate=one)


def test_trickle_after_a_complete_description(gateway):
    c, s, h = with_handle(gateway)
    negotiate(c, s, h, trickle=False)
    assert c.call(janus='trickle', session_id=s, handle_id=h, candidate=GOOD)['janus'] == 'ack'


def test_hangup(gateway):
    c, s, h = with_handle(gateway)
    answer = c.call(janus='hangup', session_id=s, handle_id=h)
    assert list(answer) == ['janus', 'session_id', 'transaction'] and answer['janus'] == 'success', answer
    c.silent(0.3)  # there was no connection, so there is no event
    negotiate(c, s, h)
    t = c.send(janus='hangup', session_id=s, handle_id=h)
    assert c.receive() == {'janus': 'success', 'session_id': s, 'transaction': t}
    done = c.receive()
    assert done['plugindata']['data'] == {'echotest': 'event', 'result': 'done'}, done
    assert 'transaction' not in done and done['sender'] == h
    end = c.receive()
    assert list(end.items()) == [('janus', 'hangup'), ('session_id', s), ('sender', h), ('reason', 'Janus API')], end
    expect_error(c.call(janus='message', session_id=s, handle_id=h, body={}, jsep={'type': 'answer', 'sdp': OFFER}), 469)


def test_offers_and_hangups_in_a_row(gateway):
    """A connection that is still being torn down does not stand in the way of the next."""
    c, s, h = with_handle(gateway)
    for _ in range(10):
        c.send(janus='message', session_id=s, handle_id=h, body={}, jsep={'type': 'offer', 'sdp': OFFER})
        c.send(janus='hangup', session_id=s, handle_id=h)
    last = c.send(janus='message', session_id=s, handle_id=h, body={}, jsep={'type': 'offer', 'sdp': OFFER})
    event = c.event(lambda e: e['janus'] == 'event' and e.get('transaction') == last)
    assert event['jsep']['type'] == 'answer', event
    kinds = [e['janus'] for e in c.events]
    assert kinds.count('hangup') == 10 and kinds.count('success') == 10 and 'error' not in kinds, kinds
    assert c.call(janus='keepalive', session_id=s)['janus'] == 'ack'
    c.silent(0.3)


def test_detach(gateway):
    c, s, h = with_handle(gateway)
    negotiate(c, s, h)
    answer = c.call(janus='detach', session_id=s, handle_id=h)
    assert list(answer) == ['janus', 'session_id', 'transaction'] and answer['janus'] == 'success', answer
    event = c.event(lambda e: e['janus'] == 'detached')
    assert list(event.items()) == [('janus', 'detached'), ('session_id', s), ('sender', h)], event
    for verb in ('message', 'detach', 'hangup', 'trickle', 'keepalive'):
        expect_error(c.call(janus=verb, session_id=s, handle_id=h, body={}), 459, f'No such handle {h} in session {s}')
    assert c.events == [], c.events  # no hangup
    assert c.call(janus='keepalive', session_id=s)['janus'] == 'ack'


def test_detaches_in_a_row(gateway):
    """A handle is gone the moment its loop has run the detach, whoever still held it."""
    c = Client(gateway.ws_port)
    s = c.create()
    for _ in range(10):
        handles = [c.attach(s) for _ in range(100)]
        sent = {c.send(janus='detach', session_id=s, handle_id=h) for h in handles}
        while sent:
            e = c.receive()
            assert e['janus'] in ('success', 'detached'), e
            sent.discard(e.get('transaction'))
    assert c.call(janus='keepalive', session_id=s)['janus'] == 'ack'


def test_requests_behind_a_detach(gateway):
    c, s, h = with_handle(gateway)
    sent = [c.send(janus='detach', session_id=s, handle_id=h)]
    sent += [c.send(janus='message', session_id=s, handle_id=h, body={}) for _ in range(20)]
    got = {}
    while len(got) < len(sent):
        e = c.receive()
        if e.get('transaction') in sent:
            assert e['transaction'] not in got, e  # one answer each
            got[e['transaction']] = e
    assert got.pop(sent[0])['janus'] == 'success'
    for e in got.values():
        expect_error(e, 459, f'No such handle {h} in session {s}')


def test_destroy_is_the_last_word(gateway):
    c, s, h = with_handle(gateway)
    negotiate(c, s, h)
    for _ in range(5):
        c.attach(s)
    answer = c.call(janus='destroy', session_id=s)
    assert list(answer) == ['janus', 'session_id', 'transaction'] and answer['janus'] == 'success', answer
    c.silent(0.5)
    assert c.events == [], c.events
    expect_error(c.call(janus='keepalive', session_id=s), 458, f'No such session {s}')
    expect_error(c.call(janus='destroy', session_id=s), 458, f'No such session {s}')


def test_claim(gateway):
    """The new connection gets every further event, the old one none; both may send requests."""
    old, s, h = with_handle(gateway)
    new = Client(gateway.ws_port)
    t = new.send(janus='claim', session_id=s)
    assert new.receive() == {'janus': 'success', 'session_id': s, 'transaction': t}
    answer = old.call(janus='message', session_id=s, handle_id=h, body={})
    assert answer['janus'] == 'ack'
    assert new.event(lambda e: e['janus'] == 'event')['transaction'] == answer['transaction']
    old.close()
    assert new.call(janus='keepalive', session_id=s)['janus'] == 'ack'
    assert new.call(janus='claim', session_id=s)['janus'] == 'success'
    assert connected_message(new, s, h, body={})['sender'] == h
    expect_error(new.call(janus='claim', session_id=99), 458, 'No such session 99')


def test_sessions_die_with_their_connection(gateway):
    a, s, h = with_handle(gateway)
    negotiate(a, s, h)
    others = [a.create() for _ in range(3)]
    a.close()
    b = Client(gateway.ws_port)
    kept = b.create()
    for gone in (s, *others):
        for _ in range(100):
            answer = b.call(janus='keepalive', session_id=gone)
            if answer['janus'] == 'error':
                break
        expect_error(answer, 458, f'No such session {gone}')
    assert b.call(janus='keepalive', session_id=kept)['janus'] == 'ack'
