"""A gateway in a namespace, and what its answers say."""
import contextlib
import re

from tests.api.common import OFFER, connected_message, negotiate
from tests.api.runner import Gateway
from tests.api.ws import Client

MODES = ('shared', 'agent')
LOG_TAIL = 3000
# Other values than those of tests/api: the addresses are what is tested here.
OPEN = {'limen': {'nat': {'ice_enforce_list': ''}},
        'limen.transport.websockets': {'general': {'ws_ip': '0.0.0.0'}}}
CANDIDATE = re.compile(r'^a=candidate:\S+ 1 (\w+) \d+ (\S+) (\d+) typ (\w+)', re.M | re.I)


def config(mode, **groups):
    """Of limen.jcfg: config('agent', nat={'stun_server': ...})."""
    merged = {file: {group: dict(keys) for group, keys in content.items()} for file, content in OPEN.items()}
    for group, keys in {**groups, 'ice': {'mode': mode, **groups.get('ice', {})}}.items():
        merged['limen'].setdefault(group, {}).update(keys)
    return merged


@contextlib.contextmanager
def gateway(build, namespace, mode='shared', **groups):
    """A gateway, and the calling thread in its namespace. It must end cleanly."""
    with namespace.inside():
        g = Gateway(build, lambda folder: config(mode, **groups))
        try:
            yield g
        except Exception as e:
            e.add_note(g.output()[-LOG_TAIL:])
            raise
        finally:
            code = g.stop()
        assert code == 0, f'exit code {code}\n{g.output()[-LOG_TAIL:]}'


class Candidate:
    def __init__(self, found):
        self.protocol, self.address, self.port, self.type = found[0].lower(), found[1], int(found[2]), found[3]

    def __repr__(self):
        return f'{self.type} {self.protocol} {self.address} {self.port}'


def candidates(sdp):
    return [Candidate(found) for found in CANDIDATE.findall(sdp)]


class Echoes:
    """A client that makes calls to the echotest."""

    def __init__(self, g):
        self.client = Client(g.ws_port)
        self.session = self.client.create()
        self.handles = []

    def attach(self):
        self.handles.append(self.client.attach(self.session))
        return self.handles[-1]

    def offer(self, sdp=OFFER, **jsep):
        """From a handle of its own; the answer."""
        return negotiate(self.client, self.session, self.attach(), sdp, **jsep)

    def ask(self, handle, **more):
        return connected_message(self.client, self.session, handle, body={'audio': True}, **more)

    def trickle(self, handle, candidate):
        return self.client.call(janus='trickle', session_id=self.session, handle_id=handle,
                                candidate={'candidate': candidate, 'sdpMid': '0', 'sdpMLineIndex': 0})

    def detach(self, handle):
        assert self.client.call(janus='detach', session_id=self.session, handle_id=handle)['janus'] == 'success'


def answered(build, namespace, mode, **groups):
    """The candidates in an answer of a gateway so configured."""
    with gateway(build, namespace, mode, **groups) as g:
        return candidates(Echoes(g).offer())


def addresses(found, kind='host'):
    return {c.address for c in found if c.type == kind}
