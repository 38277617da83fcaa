"""The MQTT transport and event handler with a real broker (spec api-core §7.4, events §3.3)."""
import json
import queue
import time

from tests.api import brokers
from tests.api.brokers import MqttClient, paho, wait_for
from tests.api.common import ECHO, expect_error
from tests.api.runner import Gateway
from tests.api.ws import Client

BUFFERED = 20
broker = None


def common(folder):
    return {'enabled': True, 'url': f'tcp://127.0.0.1:{broker.port}', 'username': brokers.USER, 'password': brokers.PASSWORD,
            'max_buffered': BUFFERED, 'disconnect_timeout': 2000}


def config(folder):
    global broker
    broker = brokers.Mosquitto(folder)
    return {
        'limen': {'general': {'admin_secret': 'secret', 'session_timeout': 120}},
        'limen.transport.mqtt': {
            'general': {**common(folder), 'client_id': 'transport'}, 'admin': {'admin_enabled': True},
            'status': {'enabled': True, 'topic': 'gateway/status', 'connect_message': 'here', 'disconnect_message': 'gone', 'retain': True}},
        'limen.eventhandler.mqttevh': {'general': {**common(folder), 'client_id': 'events', 'events': 'all', 'topic': 'ev',
                                                   'will_enabled': True}}}


def connected(gateway, times=1):
    wait_for(lambda: gateway.output().count('connected to tcp') >= 2 * times)


def client(*more, **options):
    return MqttClient(broker, 'from-janus', *more, **options)


def test_a_round_trip(gateway):
    connected(gateway)
    c = client()
    info = c.call('to-janus', janus='info')
    assert 'janus.transport.mqtt' in info['transports'] and 'janus.eventhandler.mqttevh' in info['events'], info
    s = c.call('to-janus', janus='create')['data']['id']
    h = c.call('to-janus', janus='attach', session_id=s, plugin=ECHO)['data']['id']
    c.publish('to-janus', {'janus': 'message', 'session_id': s, 'handle_id': h, 'transaction': 'm', 'body': {'audio': True}})
    kinds = [c.json(lambda v: v.get('transaction') == 'm') for _ in range(2)]
    assert [k['janus'] for k in kinds] == ['ack', 'event'], kinds
    assert kinds[1]['plugindata']['data']['result'] == 'ok', kinds
    assert c.call('to-janus', janus='destroy', session_id=s)['janus'] == 'success'
    c.publish('to-janus', '{"no json')
    expect_error(c.json(), 454, ids=())
    c.publish('to-janus', '5')
    expect_error(c.json(), 454, ids=())
    c.publish('to-janus', '[1]')
    expect_error(c.json(), 456, ids=())
    c.close()


def test_b_operators(gateway):
    c = client('from-janus-admin')
    assert c.call('to-janus-admin', janus='list_sessions')['error']['code'] == 403
    m = 'list_sessions'
    assert c.call('to-janus-admin', janus=m, admin_secret='secret')['janus'] == 'success'
    assert c.call('to-janus', janus=m, admin_secret='secret')['janus'] == 'error'

    def query(**request):
        return c.call('to-janus-admin', janus='query_transport', admin_secret='secret', transport='janus.transport.mqtt',
                      request=request)['response']
    assert query(request='nosuch')['error_code'] == 411
    assert query(request='configure', events='x')['error_code'] == 413
    assert query(request='configure', events=True, json='indented') == {'result': 200}
    c.publish('to-janus', {'janus': 'ping', 'transaction': 'p'})
    assert c.message().payload.startswith(b'{\n   "janus"')
    assert query(request='configure', events=True, json='compact') == {'result': 200}
    c.close()


def test_c_status_is_kept(gateway):
    c = MqttClient(broker, 'gateway/status', 'ev/status')
    got = {m.topic: m for m in (c.message(), c.message())}
    assert got['gateway/status'].payload == b'here' and got['gateway/status'].retain, got
    assert got['ev/status'].payload == b'{"event":"connected","eventhandler":"janus.eventhandler.mqttevh"}', got
    c.close()


def test_d_events(gateway):
    c = MqttClient(broker, 'ev/#')
    ws = Client(gateway.ws_port)
    m = c.message(lambda m: m.topic == 'ev/transports')
    event = json.loads(m.payload)
    assert list(event)[-1] == 'eventtype' and event['eventtype'] == 'Transports' and event['type'] == 128, event
    ws.close()
    c.close()


def reconnects_without_loss(gateway, down):
    """down: requests by WebSocket, of which each makes events, while the broker is away."""
    before = gateway.output().count('connected to tcp')
    ended = gateway.output().count('connection ended')
    broker.stop()
    wait_for(lambda: gateway.output().count('connection ended') >= ended + 2)
    down()
    broker.start()
    wait_for(lambda: gateway.output().count('connected to tcp') >= before + 2, 60)


def test_e_sessions_outlive_the_broker(gateway):
    c = client()
    s = c.call('to-janus', janus='create')['data']['id']
    h = c.call('to-janus', janus='attach', session_id=s, plugin=ECHO)['data']['id']
    reconnects_without_loss(gateway, lambda: None)
    c.close()
    c = client()
    c.publish('to-janus', {'janus': 'message', 'session_id': s, 'handle_id': h, 'transaction': 'x', 'body': {'video': True}})
    assert c.json(lambda v: v['janus'] == 'event')['transaction'] == 'x'
    c.close()


def opened(gateway, times):
    for _ in range(times):
        Client(gateway.ws_port).close()


def arrivals(c, seconds=3):
    """Connection events by the connection's number, until it is quiet."""
    ids = []
    try:
        while True:
            event = c.json(lambda v: v.get('eventtype') == 'Transports', seconds)
            if event['event']['transport'] == 'janus.transport.websockets' and event['event']['data']['event'] == 'connected':
                ids.append(int(event['event']['id']))
    except queue.Empty:
        return ids


class KeptEvents:
    """A subscriber whom the broker remembers, over its own end too: what comes while nobody listens waits for it."""

    def __init__(self):
        self.got = queue.Queue()
        self.client = paho.Client(client_id='kept', clean_session=False)
        self.client.username_pw_set(brokers.USER, brokers.PASSWORD)
        self.client.on_message = lambda _, __, m: self.got.put(m)
        self.client.reconnect_delay_set(1, 1)
        done = queue.Queue()
        self.client.on_subscribe = lambda *_: done.put(True)
        self.client.connect('127.0.0.1', broker.port)
        self.client.subscribe('ev/transports', 1)
        self.client.loop_start()
        done.get(timeout=brokers.PATIENCE)

    json, message, close = MqttClient.json, MqttClient.message, MqttClient.close


def test_f_nothing_is_lost_within_the_bound(gateway):
    kept = KeptEvents()
    opened(gateway, 1)
    first = arrivals(kept, 2)
    assert len(first) == 1, first
    time.sleep(1.5)  # the broker saves what it knows each second
    reconnects_without_loss(gateway, lambda: opened(gateway, 8))
    ids = sorted(set(arrivals(kept)))
    assert ids == list(range(first[0] + 1, first[0] + 9)), (first, ids)
    assert 'were lost' not in gateway.output()
    kept.close()


def test_g_loss_beyond_the_bound_is_counted(gateway):
    kept = KeptEvents()
    time.sleep(1.5)
    reconnects_without_loss(gateway, lambda: opened(gateway, 3 * BUFFERED))
    ids = sorted(set(arrivals(kept)))
    assert ids and len(ids) <= BUFFERED, ids
    assert ids == list(range(ids[0], ids[0] + len(ids))), 'the newest are kept, in order'
    assert 'messages to the broker were lost' in gateway.output()
    kept.close()


def other(broker_options, **version):
    def make(folder):
        return {'limen.transport.mqtt': {'general': {**common(folder), 'client_id': 'other', 'subscribe_topic': 'in', 'publish_topic': 'out',
                                                     **broker_options(folder)}, **version}}
    return make


def test_h_replies_of_mqtt_5(gateway):
    extra = {'mqtt_version': '5', 'proxy_transaction_user_properties': 'a, b', 'add_transaction_user_properties': 'k=v'}
    g = Gateway(gateway.build, other(lambda folder: extra))
    try:
        wait_for(lambda: 'connected to tcp' in g.output())
        c = MqttClient(broker, 'out', 'mine', version=paho.MQTTv5)
        c.publish('in', '{"no json')
        c.publish('in', {'janus': 'ping'})
        c.publish('in', {'janus': 'create', 'transaction': 't'}, ResponseTopic='mine', CorrelationData=b'\0\1x',
                  UserProperty=[('a', '1'), ('c', '3'), ('b', '2')])
        m = c.message()
        assert m.topic == 'mine' and m.properties.CorrelationData == b'\0\1x', m.payload
        assert m.properties.UserProperty == [('a', '1'), ('b', '2'), ('k', 'v')], m.properties
        c.publish('in', {'janus': 'ping', 'transaction': 't'})
        m = c.message()
        assert m.topic == 'out' and not hasattr(m.properties, 'CorrelationData'), m.properties
        c.close()
    finally:
        assert g.stop() == 0, g.output()


def test_i_wrong_password(gateway):
    for version in ('3.1.1', '5'):
        g = Gateway(gateway.build, other(lambda folder: {'password': 'wrong', 'mqtt_version': version}))
        try:
            line = wait_for(lambda: next((x for x in g.output().splitlines() if 'no connection at' in x), None))
            assert 'connected to tcp' not in g.output(), line
            assert Client(g.ws_port).call(janus='ping')['janus'] == 'pong'
        finally:
            assert g.stop() == 0, g.output()


def test_j_tls(gateway):
    trusted = f'{broker.folder}/broker-cert.pem'
    for host, ca, good in (('localhost', trusted, True), ('127.0.0.1', trusted, False), ('localhost', None, False)):
        options = {'url': f'tcp://{host}:{broker.tls_port}', 'ssl_enabled': True, 'verify_peer': True, 'verify_hostname': True}
        if ca:
            options['cacertfile'] = ca
        g = Gateway(gateway.build, other(lambda folder: options))
        try:
            wait_for(lambda: ('connected to ssl' if good else 'no connection at ssl') in g.output())
            assert good or 'connected to ssl' not in g.output()
            if good:
                c = MqttClient(broker, 'out')
                assert c.call('in', janus='ping')['janus'] == 'pong'
                c.close()
        finally:
            assert g.stop() == 0, g.output()


def test_k_the_will_and_the_farewell(gateway):
    c = MqttClient(broker, 'other/status')
    status = {'status': {'enabled': True, 'topic': 'other/status', 'connect_message': 'here', 'disconnect_message': 'gone'}}
    for end in (lambda g: g.stop(), lambda g: g.process.kill()):
        g = Gateway(gateway.build, other(lambda folder: {}, **status))
        assert c.message().payload == b'here'
        end(g)
        assert c.message().payload == b'gone'
        g.stop()
    c.close()


def test_l_switched_off(gateway):
    """A transport that is off is not listed; an event handler is (spec events §5)."""
    g = Gateway(gateway.build)
    try:
        info = Client(g.ws_port).call(janus='info')
        assert 'janus.transport.mqtt' not in info['transports'] and 'janus.eventhandler.mqttevh' in info['events'], info
    finally:
        assert g.stop() == 0, g.output()


def test_z_the_broker_ends(gateway):
    """The gateway ends cleanly without a broker too."""
    broker.stop()
