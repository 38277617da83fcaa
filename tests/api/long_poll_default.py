"""The one test that waits for a long poll's default limit."""
import time
from concurrent.futures import ThreadPoolExecutor

from tests.api.rest import Rest


def test_keepalive_after_30_seconds(gateway):
    rest = Rest(gateway.http_port)

    def poll(query):
        s = rest.create()
        began = time.monotonic()
        answer = rest.get(f'/janus/{s}{query}')
        return answer.status, answer.body, time.monotonic() - began

    with ThreadPoolExecutor(2) as pool:
        for (status, body, took), expected in zip(pool.map(poll, ['?rid=1&maxev=10', '']), (
                b'[{"janus":"keepalive"}]', b'{"janus":"keepalive"}')):
            assert (status, body) == (200, expected) and 29.5 < took < 33, (body, took)
