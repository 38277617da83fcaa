"""A WebSocket client, just enough for tests (RFC 6455)."""
import base64
import itertools
import json
import os
import socket
import struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
PATIENCE = 20
SMALL_KEY = b'\0\0\0\0'


def connect(port, tls=None):
    """port: a number, or the path of a socket file."""
    if isinstance(port, str):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(PATIENCE)
        s.connect(port)
    else:
        s = socket.create_connection(('127.0.0.1', port), PATIENCE)
    return tls.wrap_socket(s, server_hostname='localhost') if tls else s


class Client:
    def __init__(self, port, protocol='janus-protocol', path='/', headers=(), tls=None):
        self.socket = connect(port, tls)
        self.rest = b''
        self.events = []
        self.numbers = itertools.count(1)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f'GET {path} HTTP/1.1', 'Host: localhost', 'Upgrade: websocket', 'Connection: Upgrade',
                 f'Sec-WebSocket-Key: {key}', 'Sec-WebSocket-Version: 13', *headers]
        if protocol is not None:
            lines.append(f'Sec-WebSocket-Protocol: {protocol}')
        self.socket.sendall(('\r\n'.join(lines) + '\r\n\r\n').encode())
        while b'\r\n\r\n' not in self.rest:
            self.rest += self.more()
        head, self.rest = self.rest.split(b'\r\n\r\n', 1)
        self.head = head.decode()
        if ' 101 ' not in self.head.split('\r\n', 1)[0]:
            self.socket.close()
            raise ConnectionError(self.head)

    def more(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError('closed')
        return data

    def take(self, n):
        while len(self.rest) < n:
            self.rest += self.more()
        out, self.rest = self.rest[:n], self.rest[n:]
        return out

    def send_frame(self, opcode, data, last=True):
        size = len(data)
        head = bytes([(0x80 if last else 0) | opcode])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 65536:
            head += bytes([0x80 | 126]) + struct.pack('>H', size)
        else:
            head += bytes([0x80 | 127]) + struct.pack('>Q', size)
        self.socket.sendall(head + SMALL_KEY + data)  # a mask of zeros leaves the bytes as they are

    def send_text(self, text):
        self.send_frame(TEXT, text if isinstance(text, bytes) else text.encode())

    def receive_frame(self):
        """Opcode, payload, whether the message is complete."""
        first, second = self.take(2)
        size = second & 0x7f
        if size == 126:
            size = struct.unpack('>H', self.take(2))[0]
        elif size == 127:
            size = struct.unpack('>Q', self.take(8))[0]
        return first & 0x0f, self.take(size), bool(first & 0x80)

    def receive_bytes(self, timeout=PATIENCE):
        """The next text message, as it was sent."""
        self.socket.settimeout(timeout)
        parts = b''
        while True:
            opcode, data, last = self.receive_frame()
            if opcode == CLOSE:
                raise ConnectionError('closed by the server')
            if opcode in (CONTINUATION, TEXT, BINARY):
                parts += data
                if last:
                    return parts

    def receive(self, timeout=PATIENCE):
        return json.loads(self.receive_bytes(timeout))

    def raw(self, text):
        """Sends a text that need not be JSON; the next message."""
        self.send_text(text)
        return self.receive()

    def send(self, **message):
        message.setdefault('transaction', f'T{next(self.numbers)}')
        self.send_text(json.dumps(message))
        return message['transaction']

    def call(self, **message):
        """Sends and returns the first answer of its transaction; events are kept."""
        transaction = self.send(**message)
        while True:
            answer = self.receive()
            refused = answer['janus'] == 'error' and 'transaction' not in answer
            if refused or answer.get('transaction') == transaction:
                return answer
            self.events.append(answer)

    def event(self, test, timeout=PATIENCE):
        """The next event that passes the test."""
        for i, e in enumerate(self.events):
            if test(e):
                return self.events.pop(i)
        while True:
            e = self.receive(timeout)
            if test(e):
                return e
            self.events.append(e)

    def silent(self, seconds):
        """Nothing comes for so long."""
        try:
            raise AssertionError(self.receive(seconds))
        except TimeoutError:
            return

    def create(self, **more):
        return self.call(janus='create', **more)['data']['id']

    def attach(self, session, plugin='janus.plugin.echotest', **more):
        return self.call(janus='attach', session_id=session, plugin=plugin, **more)['data']['id']

    def close(self):
        self.socket.close()
