"""Plays a script of requests to a server and notes what comes back, request by request and handle by handle."""
import re

from tests.api.common import SESSION_PART, TRANSPORT
from tests.api.shape import shape
from tests.api.ws import Client

VIDEOROOM = 'janus.plugin.videoroom'
QUIET_SECONDS = 0.25
# Of each type of field what is not of it.
WRONG = {'id': [-1, 'x', 1.5, True, []], 'uint': [-1, '1', 1.5, False, {}], 'int': ['1', 1.5, True], 'bool': [0, 'true', []], 'string': [0, True, {}],
         'array': [0, 'x', {}]}


def answer_to(offer):
    """A subscriber's answer: takes all that is offered, with the first codec of each line."""
    out = SESSION_PART
    for line in re.split(r'^(?=m=)', offer, flags=re.M)[1:]:
        head = line.split('\r\n', 1)[0].split(' ')
        first = head[3]
        mid = re.search(r'^a=mid:(.*?)\r', line, re.M)[1]
        direction = 'recvonly' if 'a=sendonly' in line else 'inactive'
        codec = ''.join(f'a=rtpmap:{m}\r\n' for m in re.findall(rf'^a=rtpmap:({first} .*?)\r', line, re.M))
        out += f'{" ".join(head[:4])}\r\nc=IN IP4 127.0.0.1\r\n{codec}a=mid:{mid}\r\n'
        out += ('a=sctp-port:5000\r\n' if head[0] == 'm=application' else f'a={direction}\r\na=rtcp-mux\r\n') + TRANSPORT.replace('actpass', 'active')
    return {'type': 'answer', 'sdp': out}


class Player:
    """Everybody is a handle of one session, known by a name. steps: [(what was done, what came)]."""

    def __init__(self, port):
        self.client = Client(port)
        self.session = self.client.create()
        self.handles, self.offers, self.steps = {}, {}, []

    def attach(self, *names):
        for name in names:
            self.handles[name] = self.client.attach(self.session, VIDEOROOM)

    def call(self, name, verb='message', **more):
        return self.client.call(janus=verb, session_id=self.session, handle_id=self.handles[name], **more)

    def note(self, step, messages):
        self.offers.update({m['sender']: m['jsep']['sdp'] for m in messages if m.get('jsep', {}).get('type') == 'offer'})
        self.steps.append((step, [shape(m) for m in messages]))

    def ask(self, name, label=None, jsep=None, **body):
        """Sends a request; notes the acknowledgement if there is one, the reply, and what the handle was told before it. Returns the reply."""
        more = {'jsep': jsep} if jsep else {}
        came = [self.call(name, body=body, **more)]
        if came[0]['janus'] in ('ack', 'event'):
            # janus acknowledges in one thread and replies in another: either may be the first.
            reply = self.client.event(lambda e: e.get('transaction') == came[0]['transaction'])
            ack, reply = sorted([came[0], reply], key=lambda m: m['janus'])
            before = [e for e in self.client.events if e.get('sender') == self.handles[name]]
            self.client.events = [e for e in self.client.events if e not in before]
            came = [ack, *before, reply]
        self.note(label or f'{name}: {body}', came)
        return came[-1]

    def core(self, name, verb, **more):
        self.note(f'{name}: {verb}', [self.call(name, verb, **more)])

    def settle(self):
        """Notes, for each handle, what came without having been asked for."""
        try:
            while True:
                self.client.events.append(self.client.receive(QUIET_SECONDS))
        except TimeoutError:
            pass
        after = self.steps[-1][0] if self.steps else 'the beginning'
        for name, handle in self.handles.items():
            told = [e for e in self.client.events if e.get('sender') == handle]
            self.note(f'{name} hears, after {after}', told)
        self.client.events = []

    def answer(self, name, label='start with an answer'):
        """Answers the last offer that the handle has had."""
        self.ask(name, f'{name}: {label}', answer_to(self.offers.pop(self.handles[name])), request='start')

    def sweep(self, name, fields, within=None, fresh=False, **body):
        """The request with each field missing, then of each wrong type. fields: "name:type ...". within: they are of the first entry of that list.

        fresh: each with a new handle of that name."""
        for field, type_ in (f.split(':') for f in fields.split()):
            values = [(f'{field} = {v!r}', v) for v in WRONG[type_]]
            for text, value in [(f'without {field}', None), *values]:
                target = {**body[within][0]} if within else {**body}
                if value is None:
                    if field not in target:
                        continue
                    del target[field]
                else:
                    target[field] = value
                changed = {**body, within: [target, *body[within][1:]]} if within else target
                if fresh:
                    self.attach(name)
                self.ask(name, f'{body["request"]} of {name}, {within or "body"}, {text}', **changed)
                if fresh:
                    self.call(name, 'detach')

    def close(self):
        self.client.call(janus='destroy', session_id=self.session)
        self.client.close()
