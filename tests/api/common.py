"""What the tests of several modules need."""
import threading
import time

from tests.api.ws import Client

ECHO = 'janus.plugin.echotest'
UNAUTHORIZED = 'Unauthorized request (wrong or missing secret/token)'
FINGERPRINT = ':'.join(['A5'] * 32)
SESSION_PART = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n'
TRANSPORT = ('a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n'
             f'a=fingerprint:sha-256 {FINGERPRINT}\r\na=setup:actpass\r\n')


def audio_line(mid='0', transport=TRANSPORT):
    return ('m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-mux\r\n'
            f'a=sendrecv\r\na=mid:{mid}\r\n{transport}')


OFFER = SESSION_PART + audio_line()


def expect_error(answer, code, text=None, ids=('session_id', 'transaction')):
    """An error reply: its code, its text and its members in their order."""
    assert answer['janus'] == 'error', answer
    assert answer['error']['code'] == code, answer
    assert list(answer['error']) == ['code', 'reason'], answer
    if text is not None:
        assert answer['error']['reason'] == text, answer
    if ids is not None:
        assert list(answer) == ['janus', *ids, 'error'], answer


def connected_message(client, session, handle, **more):
    """Sends a message to an echotest and waits for its acknowledgement; the event that follows."""
    answer = client.call(janus='message', session_id=session, handle_id=handle, **more)
    assert answer['janus'] == 'ack', answer
    return client.event(lambda e: e.get('transaction') == answer['transaction'])


def negotiate(client, session, handle, offer=OFFER, **jsep):
    """Offers; the answer's description."""
    event = connected_message(client, session, handle, body={'audio': True},
                              jsep={'type': 'offer', 'sdp': offer, **jsep})
    assert event['jsep']['type'] == 'answer', event
    return event['jsep']['sdp']


class Bystander:
    """A client that must notice nothing while others misbehave: its echotest answers throughout, and in time."""

    def __init__(self, gateway):
        self.limit = 5 * gateway.slowness
        self.port = gateway.ws_port
        self.over = threading.Event()
        self.rounds, self.slowest, self.error = 0, 0, None
        self.thread = threading.Thread(target=self.run)

    def run(self):
        try:
            c = Client(self.port)
            s = c.create()
            h = c.attach(s)
            while not self.over.is_set() or self.rounds == 0:
                began = time.monotonic()
                event = connected_message(c, s, h, body={'audio': True})
                assert event['plugindata']['data'] == {'echotest': 'event', 'result': 'ok'}, event
                self.slowest = max(self.slowest, time.monotonic() - began)
                self.rounds += 1
                self.over.wait(0.02)
            assert c.call(janus='destroy', session_id=s)['janus'] == 'success'
            c.close()
        except Exception as e:  # told to the test at its end
            self.error = e

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, value, trace):
        self.over.set()
        self.thread.join()
        if kind is None:
            assert self.error is None, repr(self.error)
            assert self.slowest < self.limit, f'the bystander waited {self.slowest:.1f} s'
