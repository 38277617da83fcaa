"""Datagrams of every length class to the ports of a handle that was offered a connection but has none."""
import re
import socket
import struct

from tests.api.common import Bystander, connected_message, negotiate
from tests.api.ws import Client

LENGTHS = [*range(0, 66), 127, 128, 129, 255, 256, 257, 511, 512, 1023, 1024, 1199, 1200, 1201, 1471, 1472, 1473, 1499, 1500,
           1501, 2047, 2048, 4095, 4096, 8191, 8192, 9000, 16383, 16384, 32767, 32768, 65506, 65507]
FIRST_BYTES = [0, 1, 3, 4, 19, 20, 22, 23, 63, 64, 79, 80, 127, 128, 129, 144, 191, 192, 255]
COOKIE = 0x2112a442


def filled(head, length):
    return (head + bytes((i * 37) & 0xff for i in range(max(0, length - len(head)))))[:length]


def of_length(length):
    """One of each kind: by first byte, and with headers that lie about what follows."""
    for first in FIRST_BYTES if length < 70 else (0, 22, 128):
        yield filled(bytes([first]), length)
    for said in (0, length, 0xfffc):
        yield filled(struct.pack('!HHI', 0x0001, said & 0xffff, COOKIE) + b't' * 12, length)  # STUN
    for attribute in (0x0006, 0x0008, 0x0020, 0x8028):
        yield filled(struct.pack('!HHI', 0x0001, (length - 20) & 0xffff, COOKIE) + b't' * 12 +
                     struct.pack('!HH', attribute, 0xffff), length)
    yield filled(struct.pack('!BHHIHB', 22, 0xfefd, 0, 0, 0, 0), length)  # DTLS
    yield filled(struct.pack('!BBHII', 0x9f, 111, 1, 1, 1), length)  # RTP: CSRCs and an extension
    yield filled(struct.pack('!BBHI', 0x81, 200, 0xffff, 1), length)  # RTCP


def candidates(sdp):
    return {(m[1], int(m[2])) for m in re.finditer(r'a=candidate:\S+ 1 UDP \d+ (\S+) (\d+) typ host', sdp, re.I)}


def test_datagrams_do_no_harm(gateway):
    c = Client(gateway.ws_port)
    s = c.create()
    h = c.attach(s)
    ports = candidates(negotiate(c, s, h))
    assert ports and all(ip == '127.0.0.1' for ip, _ in ports), ports
    count = 0
    with Bystander(gateway), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for length in LENGTHS:
            for datagram in of_length(length):
                assert len(datagram) == length
                for at in ports:
                    udp.sendto(datagram, at)
                    count += 1
            assert connected_message(c, s, h, body={'audio': True})['plugindata']['data']['result'] == 'ok'
    assert c.events == [], c.events
    assert c.call(janus='hangup', session_id=s, handle_id=h)['janus'] == 'success'
    assert c.event(lambda e: e['janus'] == 'hangup')['reason'] == 'Janus API'
    return f'{count} datagrams, {len(LENGTHS)} lengths'
