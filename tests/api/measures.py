"""What the gateway promises in numbers."""
import statistics
import time

from tests.api.common import ECHO
from tests.api.runner import Gateway
from tests.api.ws import Client

START_MS, SESSION_KB = 200, 20
SESSIONS, BATCH = 2000, 100
STARTS = 5
SPIN_SECONDS = 0.05


def processor_share():
    """The part of a processor that a busy process gets now: 1 on an idle machine."""
    wall, own = time.monotonic(), time.process_time()
    while time.process_time() - own < SPIN_SECONDS:
        pass
    return min(1, SPIN_SECONDS / (time.monotonic() - wall))


def test_start_to_listening(gateway):
    """The median of five; what other programs take of the processors is taken out."""
    build = gateway.process.args[0].rsplit('/', 1)[0]
    times, shares = [], []
    for _ in range(STARTS):
        shares.append(processor_share())
        other = Gateway(build)
        times.append(other.start_seconds * 1000)
        assert other.stop() == 0
    ms, share = statistics.median(times), statistics.median(shares)
    assert ms * share < START_MS * gateway.slowness, (times, shares)
    return f'process start to listening: {ms:.0f} ms with {share:.0%} of a processor'


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
