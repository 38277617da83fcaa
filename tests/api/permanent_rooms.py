"""Rooms of the VideoRoom that outlive a restart, and a configuration file that cannot be written (spec plugin-videoroom §4, §5)."""
import base64
import hashlib
import hmac
import os
import time

from tests.api.ws import Client

ROOM = 'janus.plugin.videoroom'
KEY = 's3cr3t'
NOT_WRITTEN = {'videoroom': 'event', 'error_code': 499, 'error': "The configuration file can't be written, nothing was changed"}
OPTIONS = {
    'description': 'A "room"\\ é', 'is_private': False, 'secret': 's', 'pin': 'p', 'require_pvtid': True, 'signed_tokens': True,
    'require_e2ee': True, 'publishers': 7, 'bitrate': 3000000000, 'bitrate_cap': True, 'fir_freq': 7, 'audiocodec': 'pcmu,opus',
    'videocodec': 'vp9,h264', 'vp9_profile': '2', 'h264_profile': '42e01f', 'opus_fec': False, 'opus_dtx': True,
    'audiolevel_ext': False, 'audiolevel_event': True, 'audio_active_packets': 50, 'audio_level_average': 30,
    'videoorient_ext': False, 'playoutdelay_ext': False, 'transport_wide_cc_ext': False, 'record': True, 'rec_dir': '/r',
    'lock_record': True, 'notify_joining': True, 'threads': 2}


def config(folder):
    return {'limen': {'general': {'token_auth': True, 'token_auth_secret': KEY, 'api_secret': 'a'}},
            'limen.plugin.videoroom': {'general': {'admin_key': 'k'}, 'room-1': {'description': 'One', 'pin': 'p'}, '22': {'publishers': 22}}}


class Room(Client):
    """A client with a handle that asks about rooms."""

    def __init__(self, gateway):
        super().__init__(gateway.ws_port)
        self.session = self.create(apisecret='a')
        self.handle = self.attach(self.session, ROOM, apisecret='a')

    def ask(self, **body):
        answer = self.call(janus='message', session_id=self.session, handle_id=self.handle, apisecret='a', body=body)
        if answer['janus'] == 'ack':
            answer = self.event(lambda e: e.get('transaction') == answer['transaction'])
        return answer['plugindata']['data']

    def rooms(self):
        return self.ask(request='list', admin_key='k')['list']


def restarted(gateway):
    assert gateway.stop() == 0, gateway.output()
    gateway.start()
    return Room(gateway)


def test_rooms_come_back(gateway):
    c = Room(gateway)
    assert {1, 22} <= {r['room'] for r in c.rooms()}
    assert c.ask(request='create', admin_key='k', permanent=True, room=9, **OPTIONS) == {'videoroom': 'created', 'room': 9, 'permanent': True}
    before = [r for r in c.rooms() if r['room'] in (1, 22, 9)]
    c = restarted(gateway)
    assert [r for r in c.rooms() if r['room'] in (1, 22, 9)] == before, (before, c.rooms())
    assert c.ask(request='edit', room=9, secret='s', permanent=True, new_description='B') == {'videoroom': 'edited', 'room': 9, 'permanent': True}
    assert c.ask(request='edit', room=22, new_publishers=23)['permanent'] is False
    assert c.ask(request='destroy', room=1, permanent=True) == {'videoroom': 'destroyed', 'room': 1, 'permanent': True}
    rooms = {r['room']: r for r in restarted(gateway).rooms()}
    assert 1 not in rooms and (rooms[22]['description'], rooms[22]['max_publishers']) == ('22', 22), rooms
    assert (rooms[9]['description'], rooms[9]['max_publishers'], rooms[9]['pin_required']) == ('B', 7, True), rooms
    assert not [f for f in os.listdir(gateway.folder.name) if '.jcfg.' in f], os.listdir(gateway.folder.name)


def test_disk_error_changes_nothing(gateway):
    c = Room(gateway)
    c.ask(request='create', admin_key='k', room=40)
    before, away = c.rooms(), gateway.folder.name + '.away'
    os.rename(gateway.folder.name, away)
    try:
        assert c.ask(request='create', admin_key='k', room=41, permanent=True) == NOT_WRITTEN
        assert c.ask(request='edit', room=40, new_description='x', permanent=True) == NOT_WRITTEN
        assert c.rooms() == before
    finally:
        os.rename(away, gateway.folder.name)
    assert c.ask(request='create', admin_key='k', room=41, permanent=True)['videoroom'] == 'created'


def test_many_at_once_and_a_stop_in_between(gateway):
    """Whatever was answered is there after the restart, and the file is whole."""
    clients = [Room(gateway) for _ in range(4)]
    for i, c in enumerate(clients):
        for n in range(10):
            c.send(janus='message', transaction=f'{n}', session_id=c.session, handle_id=c.handle, apisecret='a',
                   body={'request': 'create', 'admin_key': 'k', 'permanent': True, 'room': 100 + i * 10 + n})
    clients[0].event(lambda e: e.get('transaction') == '0')
    c = restarted(gateway)
    made = {r['room'] for r in c.rooms()}
    assert 100 in made and 22 in made, made


def signed(*descriptors, seconds=60):
    message = ','.join([str(int(time.time()) + seconds), ROOM, *descriptors])
    return f'{message}:{base64.b64encode(hmac.new(KEY.encode(), message.encode(), hashlib.sha1).digest()).decode()}'


def test_signed_tokens_of_rooms(gateway):
    c = Room(gateway)
    c.ask(request='create', admin_key='k', room=50, signed_tokens=True)
    join = {'request': 'join', 'room': 50, 'ptype': 'publisher'}
    for token in ({}, {'token': signed('room=51')}, {'token': signed('room=50', seconds=-5)}, {'token': signed('room=50') + 'x'}):
        assert c.ask(**join, **token) == {'videoroom': 'event', 'error_code': 433, 'error': 'Unauthorized (wrong token)'}, token
    assert c.ask(**join, token=signed('room=50'))['videoroom'] == 'joined'


def test_unknown_request(gateway):
    """At once before joining, as an event after."""
    c = Room(gateway)
    c.ask(request='create', admin_key='k', room=60)
    unknown = {'janus': 'message', 'session_id': c.session, 'handle_id': c.handle, 'apisecret': 'a', 'body': {'request': 'fly'}}
    assert c.call(**unknown)['plugindata']['data']['error_code'] == 423
    c.ask(request='join', room=60, ptype='publisher')
    answer = c.call(**unknown)
    assert answer['janus'] == 'ack', answer
    event = c.event(lambda e: e.get('transaction') == answer['transaction'])
    assert event['plugindata']['data'] == {'videoroom': 'event', 'error_code': 423, 'error': "Unknown request 'fly'"}, event
