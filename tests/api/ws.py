"""A WebSocket client, just enough for tests (RFC 6455)."""
import base64
import itertools
import json
import os
import socket
import struct


class Client:
    def __init__(self, port, protocol='janus-protocol'):
        self.socket = socket.create_connection(('127.0.0.1', port), 5)
        self.rest = b''
        self.events = []
        self.numbers = itertools.count(1)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n'
                             f'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n').encode())
        while b'\r\n\r\n' not in self.rest:
            self.rest += self.more()
        head, self.rest = self.rest.split(b'\r\n\r\n', 1)
        if b' 101 ' not in head.split(b'\r\n')[0]:
            raise ConnectionError(head.decode())

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

    def send_text(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        mask = os.urandom(4)
        size = len(data)
        head = bytes([0x81]) + (bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + struct.pack('>H', size)
                                if size < 65536 else bytes([0x80 | 127]) + struct.pack('>Q', size))
        repeated = (mask * (size // 4 + 1))[:size]
        masked = (int.from_bytes(data, 'big') ^ int.from_bytes(repeated, 'big')).to_bytes(size, 'big') if size else b''
        self.socket.sendall(head + mask + masked)

    def receive(self, timeout=5):
        self.socket.settimeout(timeout)
        parts = b''
        while True:
            first, second = self.take(2)
            size = second & 0x7f
            if size == 126:
                size = struct.unpack('>H', self.take(2))[0]
            elif size == 127:
                size = struct.unpack('>Q', self.take(8))[0]
            data = self.take(size)
            if first & 0x0f == 8:
                raise ConnectionError('closed by the server')
            if first & 0x0f in (0, 1, 2):
                parts += data
                if first & 0x80:
                    return json.loads(parts)

    def send(self, **message):
        message.setdefault('transaction', f'T{next(self.numbers)}')
        self.send_text(json.dumps(message))
        return message['transaction']

    def call(self, **message):
        """Sends and returns the first answer of its transaction; events are kept."""
        transaction = self.send(**message)
        while True:
            answer = self.receive()
            if answer.get('transaction') == transaction:
                return answer
            self.events.append(answer)

    def event(self, test, timeout=5):
        """The next event that passes the test."""
        for i, e in enumerate(self.events):
            if test(e):
                return self.events.pop(i)
        while True:
            e = self.receive(timeout)
            if test(e):
                return e
            self.events.append(e)

    def create(self):
        return self.call(janus='create')['data']['id']

    def attach(self, session, plugin):
        return self.call(janus='attach', session_id=session, plugin=plugin)['data']['id']

    def close(self):
        self.socket.close()
