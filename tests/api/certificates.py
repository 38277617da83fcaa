"""The TLS variants of the transports, with a certificate made on the spot."""
import os
import ssl
import subprocess

from tests.api.common import connected_message
from tests.api.rest import Rest
from tests.api.ws import Client

# libwebsockets makes a TLS context for outgoing connections too, one a listener, and loses it when it ends.
ENVIRONMENT = {'ASAN_OPTIONS': 'detect_leaks=0'}


def config(folder):
    cert, key, locked = (os.path.join(folder, name) for name in ('cert.pem', 'key.pem', 'locked.pem'))
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days',
                    '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key,
                    '-out', cert], check=True, capture_output=True)
    subprocess.run(['openssl', 'ec', '-in', key, '-aes128', '-passout', 'pass:hush', '-out', locked], check=True,
                   capture_output=True)
    return {'limen.transport.http': {'general': {'https': True}, 'certificates': {'cert_pem': cert, 'cert_key': key}},
            'limen.transport.websockets': {'general': {'wss': True}, 'certificates': {
                'cert_pem': cert, 'cert_key': locked, 'cert_pwd': 'hush'}}}


def trusting(gateway):
    return ssl.create_default_context(cafile=os.path.join(gateway.folder.name, 'cert.pem'))


def test_https(gateway):
    rest = Rest(gateway.https_port, trusting(gateway))
    s = rest.create()
    h = rest.attach(s)
    kept = rest.connection()
    for i in range(3):
        message = {'janus': 'message', 'transaction': f'm{i}', 'body': {}}
        assert rest.post(f'/janus/{s}/{h}', message, connection=kept)['janus'] == 'ack'
        assert rest.get_json(f'/janus/{s}?maxev=1')['transaction'] == f'm{i}'
    assert rest.get('/').status == 200


def test_wss(gateway):
    c = Client(gateway.wss_port, tls=trusting(gateway))
    s = c.create()
    h = c.attach(s)
    assert connected_message(c, s, h, body={})['sender'] == h
    assert c.call(janus='message', session_id=s, handle_id=h, body={'filename': 'x' * 100000})['janus'] == 'ack'


def test_plain_ports_stay(gateway):
    assert Client(gateway.ws_port).call(janus='ping')['janus'] == 'pong'
    assert Rest(gateway.http_port).get('/janus/ping').status == 200


def test_plain_text_on_the_tls_ports(gateway):
    for port in (gateway.https_port, gateway.wss_port):
        try:
            Client(port)
        except (ConnectionError, OSError):
            continue
        raise AssertionError('answered')
    test_https(gateway)
    test_wss(gateway)
