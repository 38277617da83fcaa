"""An HTTP client for tests: one request, one connection, unless it is told to keep it."""
import http.client
import json
from collections import namedtuple

PATIENCE = 60
Answer = namedtuple('Answer', 'status headers body')


class Rest:
    def __init__(self, port, tls=None, headers=None):
        self.port, self.tls, self.headers = port, tls, headers or {}

    def connection(self):
        if self.tls:
            return http.client.HTTPSConnection('127.0.0.1', self.port, timeout=PATIENCE, context=self.tls)
        return http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)

    def ask(self, method, path, body=None, headers=None, connection=None):
        c = connection or self.connection()
        c.request(method, path, body, {**self.headers, **(headers or {})})
        r = c.getresponse()
        answer = Answer(r.status, {k.lower(): v for k, v in r.getheaders()}, r.read())
        if not connection:
            c.close()
        return answer

    def get(self, path, **more):
        return self.ask('GET', path, **more)

    def get_json(self, path):
        answer = self.get(path)
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def post(self, path, message, **more):
        """message: bytes or text as they are, anything else as JSON."""
        body = message if isinstance(message, (bytes, str)) else json.dumps(message)
        answer = self.ask('POST', path, body, **more)
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def create(self):
        return self.post('/janus', {'janus': 'create', 'transaction': 'c'})['data']['id']

    def attach(self, session, plugin='janus.plugin.echotest'):
        message = {'janus': 'attach', 'plugin': plugin, 'transaction': 'a'}
        return self.post(f'/janus/{session}', message)['data']['id']
