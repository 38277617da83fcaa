"""What the gateway promises in numbers."""
import statistics

from tests.api.common import ECHO
from tests.api.runner import Gateway
from tests.api.ws import Client

START_MS, SESSION_KB = 200, 20
SESSIONS, BATCH = 2000, 100
STARTS, ROUNDS = 5, 3


def test_start_to_listening(gateway):
    """The median of five starts; another two times five if something else kept the machine busy."""
    build = gateway.process.args[0].rsplit('/', 1)[0]
    medians = []
    while len(medians) < ROUNDS and not (medians and medians[-1] < START_MS * gateway.slowness):
        times = []
        for _ in range(STARTS):
            other = Gateway(build)
            times.append(other.start_seconds)
            assert other.stop() == 0
        medians.append(statistics.median(times) * 1000)
    assert medians[-1] < START_MS * gateway.slowness, medians
    return f'process start to listening: {medians[-1]:.0f} ms'


def make_sessions(c, count):
    """Sessions with one handle each, in batches that the client's queue holds."""
    for _ in range(count // BATCH):
        for _ in range(BATCH):
            c.send(janus='create')
        ids = [c.receive()['data']['id'] for _ in range(BATCH)]
        for s in ids:
            c.send(janus='attach', session_id=s, plugin=ECHO)
        assert all(c.receive()['janus'] == 'success' for _ in range(BATCH))


def test_an_idle_session_is_small(gateway):
    c = Client(gateway.ws_port)
    make_sessions(c, BATCH)
    before = gateway.memory_kb()
    make_sessions(c, SESSIONS)
    kb = (gateway.memory_kb() - before) / SESSIONS
    assert kb < SESSION_KB * gateway.slowness, kb
    return f'an idle session with one handle: {kb:.1f} KB'
