"""What a room notices of strangers who flood the media port from ever new addresses: nothing."""
import itertools
import json
import os
import re
import secrets
import socket
import struct
import subprocess
import tempfile
import time

from tests.network.gateway import Echoes, gateway
from tests.network.namespace import Namespace, run
from tests.network.ports import wait_for_media

PORT, SUBSCRIBERS, SECONDS, PATIENCE = 10000, 30, 6, 60
RATE, BURST = 5000, 25          # datagrams a second, and at a time
SENDERS = 200                   # addresses of 127.0.0.0/8
GROWTH_KB = 8192
COOKIE = 0x2112A442


def binding_request(username, integrity):
    """RFC 8489 §5, with USERNAME and a MESSAGE-INTEGRITY that nobody could have computed."""
    name = username.encode()
    body = struct.pack('>HH', 0x0006, len(name)) + name + b'\0' * (-len(name) % 4) + struct.pack('>HH', 0x0008, 20) + integrity
    return struct.pack('>HHI', 1, len(body), COOKIE) + secrets.token_bytes(12) + body


def client_hello():
    """RFC 6347 §4.2: the beginning of a handshake, with a cookie of nobody's."""
    hello = b'\xfe\xfd' + secrets.token_bytes(32) + b'\0\0' + b'\0\x02\xc0\x2b\x01\0' + b'\0\x0e\0\x0a\0\x04\0\x02\0\x17\0\x0e\0\x02\0\0'
    message = b'\x01' + len(hello).to_bytes(3, 'big') + b'\0\0\0\0\0' + len(hello).to_bytes(3, 'big') + hello
    return b'\x16\xfe\xff' + b'\0' * 8 + len(message).to_bytes(2, 'big') + message


def datagrams(ufrag):
    """Of every kind that a stranger can send, for ever. ufrag: of a call that exists."""
    while True:
        yield binding_request('none:such', secrets.token_bytes(20))
        yield binding_request(f'{ufrag}:guess', secrets.token_bytes(20))
        yield client_hello()
        yield b'\x80\x60' + secrets.token_bytes(200)
        yield b'\x80\xc8\x00\x06' + secrets.token_bytes(24)
        yield secrets.token_bytes(60)


def senders():
    for i in range(SENDERS):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((f'127.0.{i % 7 + 1}.{i + 1}', 0))
        yield s


def flood(sockets, ufrag, until):
    """Sends at RATE; returns how many were sent."""
    kinds, turn, sent, due = datagrams(ufrag), itertools.cycle(sockets), 0, time.monotonic()
    while not until():
        for _ in range(BURST):
            next(turn).sendto(next(kinds), ('127.0.0.1', PORT))
        sent += BURST
        due += BURST / RATE
        time.sleep(max(0, due - time.monotonic()))
    return sent


def memory_kb(pid):
    with open(f'/proc/{pid}/smaps_rollup', encoding='ascii') as f:
        return next(int(line.split()[1]) for line in f if line.startswith('Pss:'))


def test_strangers_cost_a_room_nothing(build):
    run('make', '-s', '-C', build, 'tests/bench/limen-bench')
    with Namespace() as host, gateway(build, host, general={'loops': 2}, ice={'port': PORT}, nat={'ice_enforce_list': 'lo'}) as g, \
            tempfile.TemporaryDirectory() as folder:
        ufrag = re.search(r'^a=ice-ufrag:(\S+)', Echoes(g).offer(), re.M)[1]
        figures = os.path.join(folder, 'figures.json')
        command = [os.path.join(build, 'tests/bench/limen-bench'), '--url', f'ws://127.0.0.1:{g.ws_port}/', '--bitrate', '500', '--audio',
                   '--subscribers', str(SUBSCRIBERS), '--warmup', '1', '--seconds', str(SECONDS), '--json', figures]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as load:
            try:
                wait_for_media(load)
                before, sockets = memory_kb(g.process.pid), list(senders())
                sent = flood(sockets, ufrag, lambda: load.poll() is not None)
                after = memory_kb(g.process.pid)
                assert load.wait(PATIENCE) == 0, load.stdout.read()
            finally:
                load.kill()
        with open(figures, encoding='utf-8') as f:
            got = json.load(f)
        assert sent > RATE * SECONDS / 4, sent
        assert got['received'] == got['expected'] > 0, got
        assert after - before < GROWTH_KB, (before, after)
        return f'{sent} strange datagrams'
