"""WebSockets over a socket file."""
import os

from tests.api.common import connected_message
from tests.api.ws import Client


def config(folder):
    return {'limen.transport.websockets': {'general': {'ws_unix': os.path.join(folder, 'ws.sock')}}}


def test_socket_file(gateway):
    c = Client(os.path.join(gateway.folder.name, 'ws.sock'))
    s = c.create()
    h = c.attach(s)
    assert connected_message(c, s, h, body={'audio': True})['sender'] == h
    assert gateway.ws_port is None
