"""Settings that show in replies: opaque_id in events, limits of sessions and handles, full trickle."""
from tests.api.common import OFFER, expect_error
from tests.api.ws import Client


def config(folder):
    return {'limen': {
        'general': {'opaqueid_in_api': True, 'sessions_max': 6, 'handles_max': 4, 'server_name': 'Somewhere',
                    'hide_dependencies': True},
        'nat': {'full_trickle': True, 'nat_1_1_mapping': '192.0.2.7,192.0.2.8'}}}


def test_opaque_id_in_events(gateway):
    c = Client(gateway.ws_port)
    s = c.create()
    h, bare = c.attach(s, opaque_id='op-1'), c.attach(s)
    c.call(janus='message', session_id=s, handle_id=h, body={})
    event = c.event(lambda e: e['janus'] == 'event')
    assert list(event) == ['janus', 'session_id', 'transaction', 'sender', 'opaque_id', 'plugindata'], event
    assert event['opaque_id'] == 'op-1'
    c.call(janus='message', session_id=s, handle_id=bare, body={})
    assert 'opaque_id' not in c.event(lambda e: e['janus'] == 'event')
    c.call(janus='detach', session_id=s, handle_id=h)
    assert list(c.event(lambda e: e['janus'] == 'detached')) == ['janus', 'session_id', 'sender', 'opaque_id']
    c.call(janus='destroy', session_id=s)


def test_full_trickle(gateway):
    c = Client(gateway.ws_port)
    s = c.create()
    h = c.attach(s)
    c.call(janus='message', session_id=s, handle_id=h, body={}, jsep={'type': 'offer', 'sdp': OFFER})
    answer = c.event(lambda e: e['janus'] == 'event')['jsep']['sdp']
    assert 'a=candidate' not in answer and 'a=end-of-candidates' not in answer, answer
    first = c.event(lambda e: e['janus'] == 'trickle')
    assert list(first) == ['janus', 'session_id', 'sender', 'candidate'], first
    assert list(first['candidate']) == ['sdpMid', 'sdpMLineIndex', 'candidate'], first
    assert first['candidate']['sdpMid'] == '0' and first['candidate']['sdpMLineIndex'] == 0
    assert first['candidate']['candidate'].startswith('candidate:'), first
    last = c.event(lambda e: e['janus'] == 'trickle' and 'completed' in e['candidate'])
    assert last['candidate'] == {'completed': True}, last
    c.call(janus='destroy', session_id=s)


def test_limits(gateway):
    c = Client(gateway.ws_port)
    sessions = [c.create() for _ in range(6)]
    expect_error(c.call(janus='create'), 472, ids=('transaction',))
    for _ in range(4):
        c.attach(sessions[0])
    expect_error(c.call(janus='attach', session_id=sessions[0], plugin='janus.plugin.echotest'), 461)
    c.attach(sessions[1])
    for s in sessions:
        c.call(janus='destroy', session_id=s)
    c.create()


def test_info_shows_the_settings(gateway):
    info = Client(gateway.ws_port).call(janus='info')
    assert info['server-name'] == 'Somewhere' and info['opaqueid_in_api'] is True and info['full-trickle'] is True
    assert 'dependencies' not in info
    assert info['public-ip'] == '192.0.2.7' and info['public-ips'] == ['192.0.2.7', '192.0.2.8'], info
