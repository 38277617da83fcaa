"""Brokers for tests, started on loopback with folders of their own, and how to talk to them."""
import atexit
import json
import os
import queue
import socket
import subprocess
import sys
import time

sys.path.append('/usr/lib/python3/dist-packages')  # Debian's packages, whichever python runs this
import paho.mqtt.client as paho  # noqa: E402
from paho.mqtt.packettypes import PacketTypes  # noqa: E402
from paho.mqtt.properties import Properties  # noqa: E402
from paho.mqtt.subscribeoptions import SubscribeOptions  # noqa: E402

PATIENCE = 20
USER, PASSWORD = 'limen', 'a password'


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def wait_for(condition, seconds=PATIENCE):
    """The first true value of condition()."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError('it did not happen')


def listens(port):
    try:
        socket.create_connection(('127.0.0.1', port), 1).close()
        return True
    except OSError:
        return False


def make_certificate(folder):
    """For the host name localhost, signed by itself."""
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj',
                    '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', f'{folder}/broker-key.pem',
                    '-out', f'{folder}/broker-cert.pem'], check=True, capture_output=True)


class Mosquitto:
    """One plain and one TLS listener; users need the password. What it keeps survives a restart."""

    def __init__(self, folder):
        self.folder, self.port, self.tls_port, self.process = folder, free_port(), free_port(), None
        make_certificate(folder)
        subprocess.run(['mosquitto_passwd', '-b', '-c', f'{folder}/passwords', USER, PASSWORD], check=True, capture_output=True)
        with open(f'{folder}/mosquitto.conf', 'w', encoding='ascii') as f:
            f.write(f'persistence true\npersistence_location {folder}/\nallow_anonymous false\npassword_file {folder}/passwords\n'
                    f'user root\nmax_queued_messages 0\nautosave_on_changes true\nautosave_interval 1\n'
                    f'listener {self.port} 127.0.0.1\nlistener {self.tls_port} 127.0.0.1\n'
                    f'certfile {folder}/broker-cert.pem\nkeyfile {folder}/broker-key.pem\n')
        self.start()
        atexit.register(self.stop)

    def start(self):
        self.log = open(f'{self.folder}/mosquitto.log', 'ab')
        self.process = subprocess.Popen(['/usr/sbin/mosquitto', '-c', f'{self.folder}/mosquitto.conf'], stdout=self.log, stderr=self.log)
        wait_for(lambda: listens(self.port))

    def stop(self):
        """At once, as by a crash."""
        self.process.kill()
        self.process.wait()
        self.log.close()


class MqttClient:
    """A client of the gateway, or of its events: subscribes, publishes, waits."""

    def __init__(self, broker, *topics, version=paho.MQTTv311):
        self.got, self.ready, self.version = queue.Queue(), queue.Queue(), version
        self.client = paho.Client(client_id=f'test-{os.urandom(4).hex()}', protocol=version)
        self.client.username_pw_set(USER, PASSWORD)
        self.client.on_message = lambda _, __, m: self.got.put(m)
        self.client.on_subscribe = lambda *_: self.ready.put(True)
        self.client.on_connect = lambda *_: self.client.subscribe([(t, self.options()) for t in topics])
        self.client.connect('127.0.0.1', broker.port)
        self.client.loop_start()
        self.ready.get(timeout=PATIENCE)
        self.transactions = 0

    def options(self):
        return SubscribeOptions(qos=1) if self.version == paho.MQTTv5 else 1

    def message(self, wanted=lambda m: True, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while True:
            m = self.got.get(timeout=max(0.01, end - time.monotonic()))
            if wanted(m):
                return m

    def json(self, wanted=lambda v: True, seconds=PATIENCE):
        return json.loads(self.message(lambda m: m.payload and wanted(json.loads(m.payload)), seconds).payload)

    def publish(self, topic, value, **properties):
        text = value if isinstance(value, (str, bytes)) else json.dumps(value)
        extra = None
        if properties:
            extra = Properties(PacketTypes.PUBLISH)
            for name, v in properties.items():
                setattr(extra, name, v)
        self.client.publish(topic, text, qos=1, properties=extra).wait_for_publish(PATIENCE)

    def call(self, topic, **message):
        self.transactions += 1
        transaction = f't{self.transactions}'
        self.publish(topic, {'transaction': transaction, **message})
        return self.json(lambda v: v.get('transaction') == transaction)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()
