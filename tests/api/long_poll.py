"""Long polls (spec api-core §7.1), on a gateway where they wait for 2 s only."""
import json
import time
from concurrent.futures import ThreadPoolExecutor

from tests.api.rest import Rest
from tests.api.ws import Client

WAIT = 2
KEEPALIVE = {'janus': 'keepalive'}


def config(folder):
    return {'limen.transport.http': {'general': {'poll_timeout': WAIT}}}


def with_handle(gateway):
    rest = Rest(gateway.http_port)
    s = rest.create()
    return rest, s, rest.attach(s)


def send_message(rest, s, h, transaction='m'):
    answer = rest.post(f'/janus/{s}/{h}', {'janus': 'message', 'transaction': transaction, 'body': {}})
    assert answer == {'janus': 'ack', 'session_id': s, 'transaction': transaction, 'hint': "I'm taking my time!"}


def queued(rest, s, h, count):
    for i in range(count):
        send_message(rest, s, h, f'm{i}')
    time.sleep(0.3)


def transactions(answer):
    return [e['transaction'] for e in answer]


def test_an_object_or_an_array(gateway):
    """Without maxev or with 1 a bare object, from 2 on an array, whatever is queued."""
    rest, s, h = with_handle(gateway)
    queued(rest, s, h, 9)
    for query, expected in (('', 'm0'), ('?maxev=1', 'm1'), ('?rid=5', 'm2'), ('?maxev=x', 'm3'), ('?maxev=0', 'm4')):
        assert rest.get_json(f'/janus/{s}{query}')['transaction'] == expected, query
    assert transactions(rest.get_json(f'/janus/{s}?rid=1&maxev=3')) == ['m5', 'm6', 'm7']
    assert transactions(rest.get_json(f'/janus/{s}?maxev=2')) == ['m8']


def test_nothing_comes(gateway):
    rest, s, _ = with_handle(gateway)
    for query, expected in (('', KEEPALIVE), ('?maxev=1', KEEPALIVE), ('?maxev=2', [KEEPALIVE])):
        began = time.monotonic()
        assert rest.get_json(f'/janus/{s}{query}') == expected
        assert WAIT - 0.1 < time.monotonic() - began < WAIT + 2 * gateway.slowness


def test_an_event_ends_the_wait(gateway):
    rest, s, h = with_handle(gateway)
    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        poll = pool.submit(rest.get_json, f'/janus/{s}?maxev=10')
        time.sleep(0.3)
        send_message(rest, s, h)
        answer = poll.result()
    assert transactions(answer) == ['m'] and answer[0]['sender'] == h, answer
    assert time.monotonic() - began < WAIT


def test_several_polls_at_once(gateway):
    """One gets the event, the others a keepalive, all at once."""
    rest, s, h = with_handle(gateway)
    with ThreadPoolExecutor(4) as pool:
        polls = [pool.submit(rest.get_json, f'/janus/{s}?rid={i}') for i in range(4)]
        time.sleep(0.5)
        began = time.monotonic()
        send_message(rest, s, h)
        answers = [p.result() for p in polls]
    assert time.monotonic() - began < 1 * gateway.slowness
    assert sorted(a['janus'] for a in answers) == ['event'] + ['keepalive'] * 3, answers


def test_destroyed_while_polling(gateway):
    """The poll ends by its own limit, without another word of the session."""
    rest, s, h = with_handle(gateway)
    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        poll = pool.submit(rest.get_json, f'/janus/{s}')
        time.sleep(0.3)
        answer = rest.post(f'/janus/{s}', {'janus': 'destroy', 'transaction': 'd'})
        assert answer == {'janus': 'success', 'session_id': s, 'transaction': 'd'}, answer
        assert poll.result() == KEEPALIVE
        assert time.monotonic() - began > WAIT - 0.1
    assert rest.get(f'/janus/{s}').status == 404


def test_claimed_while_polling(gateway):
    """The old polls end with a keepalive."""
    rest, s, _ = with_handle(gateway)
    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        poll = pool.submit(rest.get_json, f'/janus/{s}?maxev=5')
        time.sleep(0.3)
        assert Client(gateway.ws_port).call(janus='claim', session_id=s)['janus'] == 'success'
        assert poll.result() == [KEEPALIVE]
        assert time.monotonic() - began < WAIT


def test_a_poll_whose_client_left_loses_nothing(gateway):
    rest, s, h = with_handle(gateway)
    gone = rest.connection()
    gone.request('GET', f'/janus/{s}?maxev=5')
    time.sleep(0.2)
    gone.close()
    time.sleep(0.2)
    send_message(rest, s, h)
    assert transactions(rest.get_json(f'/janus/{s}?maxev=5')) == ['m']


def test_events_keep_their_order(gateway):
    rest, s, h = with_handle(gateway)
    count, got = 60, []
    kept = rest.connection()

    def poll():
        while len(got) < count:
            got.extend(e['transaction'] for e in json.loads(
                rest.get(f'/janus/{s}?maxev=7', connection=kept).body) if e['janus'] == 'event')

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(poll)
        for i in range(count):
            send_message(rest, s, h, str(i))
        done.result()
    assert got == [str(i) for i in range(count)], got
