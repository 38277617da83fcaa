"""Publishers without a handle in a real gateway: remote ones, fed by UDP as another gateway would, and dummies."""
import errno
import socket
import struct
import threading

from tests.api.ws import Client

VIDEOROOM = 'janus.plugin.videoroom'
AUDIO = {'type': 'audio', 'mindex': 0, 'mid': '0', 'codec': 'opus', 'audiolevel_ext_id': 1}
VIDEO = {'type': 'video', 'mindex': 1, 'mid': '1', 'codec': 'vp8'}
PLI = struct.pack('!BBHLL', 0x81, 206, 2, 1000, 1010)


def config(folder):
    return {'limen.plugin.videoroom': {
        'general': {'rtp_port_range': '20000-29999'},
        'room-1': {'publishers': 1000, 'audiolevel_event': True, 'audio_active_packets': 5},
        'room-2': {'dummy_publisher': True, 'videocodec': 'vp8,h264'}}}


def rtp(ssrc, seq, level=0):
    """A packet with an audio level under extension id 1."""
    return struct.pack('!BBHLLHHBBH', 0x90, 96, seq & 0xffff, seq * 960, ssrc, 0xbede, 1, 0x10, 0x80 | level, 0) + b'payload'


class Room:
    """Somebody in a room, who makes the requests, too."""

    def __init__(self, gateway, room=1):
        self.client, self.room = Client(gateway.ws_port), room
        self.session = self.client.create()
        self.handle = self.client.attach(self.session, VIDEOROOM)
        self.joined = self.message(request='join', ptype='publisher')

    def call(self, **body):
        return self.client.call(janus='message', session_id=self.session, handle_id=self.handle, body={'room': self.room, **body})

    def message(self, **body):
        answer = self.call(**body)
        assert answer['janus'] == 'ack', answer
        return self.data(lambda e: e.get('transaction') == answer['transaction'])

    def ask(self, request, **body):
        answer = self.call(request=request, **body)
        assert answer['janus'] == 'success', answer
        return answer['plugindata']['data']

    def data(self, test):
        return self.client.event(lambda e: 'plugindata' in e and test(e))['plugindata']['data']

    def hears(self, name):
        """The next event with this member, or of this kind."""
        return self.data(lambda e: name in e['plugindata']['data'] or e['plugindata']['data']['videoroom'] == name)

    def add(self, **more):
        answer = self.ask('add_remote_publisher', **{'streams': [AUDIO, VIDEO], **more})
        assert answer['videoroom'] == 'success', answer
        return answer

    def remove(self, publisher):
        assert self.ask('remove_remote_publisher', id=publisher) == {'videoroom': 'success'}

    def close(self):
        self.client.call(janus='destroy', session_id=self.session)
        self.client.close()


def is_free(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.bind(('0.0.0.0', port))
        except OSError as e:
            assert e.errno == errno.EADDRINUSE, e
            return False
        return True


def until(what, look, gateway):
    for _ in range(100 * gateway.slowness):
        if look():
            return
        threading.Event().wait(0.02)
    raise AssertionError(f'{what} does not happen')


def test_ports_are_taken_and_given_back(gateway):
    room = Room(gateway)
    added = room.add()
    ports = added['port'], added['rtcp_port']
    assert 20000 <= ports[0] <= 29998 and ports[0] % 2 == 0 and ports[1] == ports[0] + 1, added
    assert not is_free(ports[0]) and not is_free(ports[1])
    room.remove(added['id'])
    until('the ports being free again', lambda: is_free(ports[0]) and is_free(ports[1]), gateway)
    room.close()


def test_packets_are_listened_to(gateway):
    """Sound comes in, and the room hears who talks; nobody has subscribed."""
    room = Room(gateway)
    added = room.add()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for seq in range(5):
            s.sendto(rtp(1000, seq), ('127.0.0.1', added['port']))
        talking = room.hears('talking')
        assert (talking['id'], talking['mid'], talking['audio-level-dBov-avg']) == (added['id'], '0', 0.0), talking
        for seq in range(5, 10):
            s.sendto(rtp(1000, seq, 127), ('127.0.0.1', added['port']))
        assert room.hears('stopped-talking')['audio-level-dBov-avg'] == 127.0
    room.remove(added['id'])
    room.close()


def test_keyframes_are_asked_for_where_the_source_is(gateway):
    room = Room(gateway)
    added = room.add()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(10)
        s.sendto(bytes([0x80]) + bytes(11), ('127.0.0.1', added['rtcp_port']))
        for mute in True, False:
            assert room.ask('moderate', id=added['id'], mid='1', mute=mute) == {'videoroom': 'success'}
        assert s.recv(100) == PLI
    room.remove(added['id'])
    room.close()


def test_media_while_publishers_come_and_go(gateway):
    """Packets, requests for keyframes and rubbish keep coming for ports whose publishers come, change and go."""
    room, over, ports = Room(gateway), threading.Event(), []

    def send():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            seq = 0
            while not over.is_set():
                seq += 1
                for port, rtcp_port in ports[-4:]:
                    for packet in rtp(1000, seq), rtp(1010, seq), rtp(1020, seq), b'\x80', b'\x80\x00' + bytes(10) + b'text', bytes(1400):
                        s.sendto(packet, ('127.0.0.1', port))
                    s.sendto(bytes([0x80]) + bytes(11), ('127.0.0.1', rtcp_port))
                over.wait(0.001)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        here = []
        for n in range(60):
            added = room.add(id=5000 + n)
            here.append(added['id'])
            ports.append((added['port'], added['rtcp_port']))
            for change in {**VIDEO, 'disabled': True}, VIDEO, {'type': 'data', 'mindex': 2, 'mid': '2'}:
                assert room.ask('update_remote_publisher', id=added['id'], streams=[change]) == {'videoroom': 'success'}
            for mute in True, False:
                room.ask('moderate', id=added['id'], mid='1', mute=mute)
            if len(here) > 3:
                room.remove(here.pop(0))
        for publisher in here:
            room.remove(publisher)
    finally:
        over.set()
        sender.join()
    assert [p for p in room.ask('listparticipants')['participants'] if p.get('remote')] == []
    room.close()


def test_dummy_of_a_room_of_the_configuration(gateway):
    room = Room(gateway, 2)
    dummy, = room.joined['publishers']
    assert dummy['dummy'] is True and [s['codec'] for s in dummy['streams']] == ['opus', 'vp8', 'h264'], dummy
    room.close()


def test_zz_what_is_there_when_the_gateway_ends(gateway):
    """The last one: the gateway is stopped with remote publishers in a room, some of them with packets on their way."""
    room = Room(gateway)
    for _ in range(5):
        added = room.add()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(rtp(1000, 1), ('127.0.0.1', added['port']))
