"""What is sent to both servers, but for what ends janus 1.1.2, at once or later:
an answer in publish, and requests of subscribers that name a feed which is there and are refused for another member.

Each scenario has a session and, but for the configured one, rooms of its own."""
from tests.api.common import SESSION_PART, TRANSPORT, audio_line

SECRET = {'room': 7, 'secret': 's'}
AUDIO = {'type': 'audio', 'mindex': 0, 'mid': '0', 'codec': 'opus', 'fec': True}
VIDEO = {'type': 'video', 'mindex': 1, 'mid': '1', 'codec': 'vp8', 'description': 'camera'}
DATA = {'type': 'data', 'mindex': 2, 'mid': '2'}
VIDEO_LINE = ('m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n'
              'a=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 transport-cc\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n'
              'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n'
              'a=extmap:5 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n'
              'a=rtcp-mux\r\na=sendonly\r\na=mid:1\r\n' + TRANSPORT)
DATA_LINE = 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\na=sctp-port:5000\r\n' + TRANSPORT
SOUND_LINE = audio_line().replace('a=rtcp-mux', 'a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtcp-mux')
OFFER = {'type': 'offer', 'sdp': SESSION_PART + SOUND_LINE + VIDEO_LINE + DATA_LINE}
STRANGE_OFFER = {'type': 'offer', 'sdp': SESSION_PART + audio_line().replace('opus/48000/2', 'PCMU/8000') + VIDEO_LINE.replace('VP8/', 'H264/')}
ALL_OPTIONS = {
    'description': 'All', 'is_private': False, 'secret': 's', 'pin': 'p', 'require_pvtid': True, 'signed_tokens': True, 'allowed': ['a', 'b'],
    'require_e2ee': True, 'publishers': 4, 'bitrate': 1000, 'bitrate_cap': True, 'fir_freq': 5, 'audiocodec': 'opus,pcmu', 'videocodec': 'vp9,h264',
    'vp9_profile': '2', 'h264_profile': '42e01f', 'opus_fec': True, 'opus_dtx': True, 'audiolevel_ext': True, 'audiolevel_event': True,
    'audio_active_packets': 50, 'audio_level_average': 30, 'videoorient_ext': False, 'playoutdelay_ext': False, 'transport_wide_cc_ext': False,
    'record': True, 'rec_dir': '/tmp', 'lock_record': True, 'notify_joining': True, 'threads': 2}
CREATE_FIELDS = (
    'room:id description:string is_private:bool secret:string pin:string require_pvtid:bool signed_tokens:bool allowed:array require_e2ee:bool '
    'publishers:uint bitrate:uint bitrate_cap:bool fir_freq:uint audiocodec:string videocodec:string vp9_profile:string h264_profile:string opus_fec:bool '
    'opus_dtx:bool audiolevel_ext:bool videoorient_ext:bool playoutdelay_ext:bool transport_wide_cc_ext:bool audiolevel_event:bool '
    'audio_active_packets:uint audio_level_average:uint record:bool rec_dir:string lock_record:bool notify_joining:bool dummy_publisher:bool threads:uint '
    'permanent:bool')
ENTRY_FIELDS = ('feed:id mid:string crossrefid:string send:bool substream:uint temporal:uint fallback:uint spatial_layer:uint temporal_layer:uint '
                'min_delay:int max_delay:int')
CONFIGURE_FIELDS = ('bitrate:uint keyframe:bool record:bool filename:string send:bool min_delay:int max_delay:int audio:bool video:bool data:bool '
                    'update:bool restart:bool audiocodec:string videocodec:string display:string audio_level_average:uint audio_active_packets:uint '
                    'streams:array mid:string descriptions:array')


def about_rooms(p):
    p.attach('x')
    p.ask('x', request='list')
    p.ask('x', request='create', room=7, secret='s')
    p.ask('x', request='create', room=7)
    p.ask('x', request='create', room=8, **ALL_OPTIONS)
    p.ask('x', request='create', room=9, is_private=True, permanent=True)
    for wrong in ({'audiocodec': 'opus,x'}, {'videocodec': 'x'}, {'allowed': [1]}, {'videocodec': 'vp8,vp9,h264,av1,h265,vp8'}, {'admin_key': 'x'}):
        p.ask('x', request='create', room=10, **wrong)
        p.ask('x', request='destroy', room=10)
    p.ask('x', request='list')
    p.ask('x', request='list', admin_key='x')
    p.ask('x', request='exists', room=7)
    p.ask('x', request='exists', room=11)
    p.ask('x', request='edit', **SECRET, new_description='New', new_pin='p', new_is_private=False, new_require_pvtid=True, new_bitrate=3,
          new_fir_freq=3, new_publishers=9, new_lock_record=True, new_rec_dir='/tmp')
    p.ask('x', request='edit', **SECRET, new_secret='', new_pin='')
    p.ask('x', request='list')
    for request, more in (('edit', {}), ('destroy', {}), ('allowed', {'action': 'enable'}), ('kick', {'id': 1}), ('enable_recording', {'record': True}),
                          ('moderate', {'id': 1, 'mid': '0', 'mute': True}), ('listforwarders', {}), ('listparticipants', {}),
                          ('stop_rtp_forward', {'publisher_id': 1, 'stream_id': 1})):
        p.ask('x', request=request, room=11, secret='s', **more)
        p.ask('x', request=request, room=7, secret='wrong', **more)
        p.ask('x', request=request, **SECRET, **more)
        if request == 'destroy':
            p.ask('x', request='create', room=7, secret='s')
    p.ask('x', request='EXISTS', room=7)
    for action in ('enable', 'add', 'remove', 'disable', 'x'):
        p.ask('x', request='allowed', **SECRET, action=action, allowed=['a', 'b'] if action != 'remove' else ['a'])
    p.ask('x', request='allowed', **SECRET, action='add')
    p.ask('x', request='allowed', **SECRET, action='add', allowed=[1])
    p.ask('x', request='destroy', room=8, secret='s')
    p.ask('x', request='destroy', room=9, permanent=True)
    for wrong in ({}, {'request': 1}, {'request': 'x'}, {'request': 'list_remotes'}):
        p.ask('x', **wrong)
    p.ask('x', request='destroy', **SECRET)
    p.settle()


def fields_about_rooms(p):
    p.attach('x', 'ann')
    p.ask('x', request='create', **SECRET)
    p.ask('ann', request='join', room=7, ptype='publisher', id=1)
    p.sweep('x', CREATE_FIELDS, request='create', room=7)
    p.sweep('x', 'room:id secret:string new_description:string new_secret:string new_pin:string new_is_private:bool new_require_pvtid:bool new_bitrate:uint '
            'new_fir_freq:uint new_publishers:uint new_lock_record:bool permanent:bool', request='edit', **SECRET)
    p.sweep('x', 'room:id', request='exists', room=7)
    p.sweep('x', 'room:id secret:string action:string allowed:array', request='allowed', **SECRET, action='add', allowed=['x'])
    p.sweep('x', 'room:id secret:string id:id', request='kick', **SECRET, id=2)
    p.sweep('x', 'room:id secret:string id:id mid:string mute:bool', request='moderate', **SECRET, id=1, mid='0', mute=True)
    p.sweep('x', 'room:id secret:string record:bool', request='enable_recording', **SECRET, record=False)
    p.sweep('x', 'room:id', request='listparticipants', room=7)
    p.sweep('x', 'room:id secret:string', request='listforwarders', **SECRET)
    p.sweep('x', 'room:id secret:string publisher_id:id stream_id:uint', request='stop_rtp_forward', **SECRET, publisher_id=1, stream_id=1)
    p.sweep('x', 'room:id secret:string publisher_id:id host:string host_family:string streams:array', request='rtp_forward', **SECRET, publisher_id=1,
            host='127.0.0.1', streams=[{'mid': '0', 'port': 9}])
    p.sweep('x', 'room:id secret:string publisher_id:id remote_id:string host:string port:uint rtcp_port:uint', request='publish_remotely', **SECRET,
            publisher_id=1, remote_id='r', host='127.0.0.1', port=9)
    p.sweep('x', 'room:id secret:string publisher_id:id remote_id:string', request='unpublish_remotely', **SECRET, publisher_id=1, remote_id='r')
    p.sweep('x', 'room:id secret:string publisher_id:id', request='listremotes', **SECRET, publisher_id=1)
    p.settle()
    p.sweep('x', 'room:id secret:string permanent:bool', request='destroy', **SECRET)
    p.ask('x', request='destroy', **SECRET)
    p.settle()


def participants(p):
    p.attach('ann', 'ben', 'x')
    p.ask('x', request='create', **SECRET, pin='p', notify_joining=True, publishers=1)
    for request in ('publish', 'configure', 'unpublish', 'leave', 'start', 'pause', 'subscribe', 'unsubscribe', 'update', 'switch'):
        p.ask('x', request=request)
    for wrong in ({'pin': 'x'}, {}, {'pin': 'p', 'ptype': 'x'}, {'pin': 'p', 'room': 70}):
        p.ask('ann', **{'request': 'join', 'room': 7, 'ptype': 'publisher', **wrong})
    p.ask('ann', request='join', room=7, ptype='publisher', pin='p', id=1, display='Ann')
    p.ask('ann', request='join', room=7, ptype='publisher', pin='p', id=9)
    p.ask('ben', request='join', room=7, ptype='publisher', pin='p', id=1)
    p.ask('ben', request='JOIN', room=7, ptype='publisher', pin='p', id=2, display='Ben')
    p.settle()
    p.ask('x', request='listparticipants', room=7)
    for request in ('start', 'pause', 'subscribe', 'unsubscribe', 'update', 'switch', 'unpublish', 'x'):
        p.ask('ann', request=request)
    p.ask('ann', request='configure')
    p.ask('ann', request='configure', display='Anna')
    p.ask('ann', request='configure', bitrate=100000, keyframe=True, audio=True, video=False)
    p.ask('ann', request='configure', audiocodec='g722')
    p.settle()
    p.ask('x', request='kick', **SECRET, id=2)
    p.ask('x', request='kick', **SECRET, id=2)
    p.settle()
    p.ask('ben', request='configure')
    p.ask('ben', request='join', room=7, ptype='publisher', pin='p', id=2)
    p.ask('ann', request='leave')
    p.settle()
    p.ask('ann', request='join', room=7, ptype='publisher', pin='p', id=1)
    p.attach('eve')
    p.ask('eve', request='join', room=7, ptype='publisher', pin='p', id=5, display='Eve')
    p.attach('fay')
    p.ask('fay', request='join', room=7, ptype='publisher', pin='p', id=6, display='Fay')
    p.core('eve', 'detach')
    p.settle()
    p.ask('x', request='destroy', **SECRET)
    p.settle()
    p.ask('fay', request='configure')
    p.ask('fay', request='join', room=7, ptype='publisher', pin='p')


def fields_of_participants(p):
    join = {'request': 'join', 'room': 7, 'ptype': 'publisher'}
    p.attach('x', 'ann')
    p.ask('x', request='create', room=7, pin='p')
    p.sweep('ben', 'room:id ptype:string pin:string id:id display:string audio_level_average:uint audio_active_packets:uint', fresh=True, **join,
            pin='p', id=2)
    p.ask('ann', **join, pin='p', id=1)
    p.sweep('ann', CONFIGURE_FIELDS, request='configure')
    p.sweep('ann', 'mid:string send:bool keyframe:bool min_delay:int max_delay:int', 'streams', request='configure', streams=[{'mid': '0'}])
    p.sweep('ann', 'mid:string description:string', 'descriptions', request='configure', descriptions=[{'mid': '0', 'description': 'x'}])
    p.sweep('ann', CONFIGURE_FIELDS, request='publish')
    p.sweep('ben', 'room:id ptype:string pin:string id:id token:string bitrate:uint audio:bool', fresh=True, **{**join, 'request': 'joinandconfigure'},
            pin='p', id=2)
    p.settle()
    p.ask('x', request='destroy', room=7)


def publishing(p):
    p.attach('ann', 'ben', 'cat', 'x')
    p.ask('x', request='create', **SECRET, publishers=9, notify_joining=True)
    p.ask('ann', request='join', room=7, ptype='publisher', id=1, display='Ann')
    p.ask('ann', 'publishes', OFFER, request='publish', descriptions=[{'mid': '1', 'description': 'cam'}], bitrate=200000)
    p.ask('ben', 'joins and publishes', OFFER, request='joinandconfigure', room=7, ptype='publisher', id=2, display='Ben', audio=True, video=True)
    p.attach('dan')
    p.ask('dan', 'joins and publishes what the room has no codec for', STRANGE_OFFER, request='joinandconfigure', room=7, ptype='publisher', id=4)
    p.settle()
    p.ask('cat', request='join', room=7, ptype='publisher', id=3)
    p.ask('cat', 'publishes with a codec that the room has not', OFFER, request='publish', audiocodec='pcmu')
    p.settle()
    p.ask('ann', request='configure', streams=[{'mid': '1', 'send': False, 'keyframe': True}])
    p.ask('ann', request='configure', streams=[{'mid': '9', 'send': False}])
    p.ask('ann', request='configure', descriptions=[{'mid': '0', 'description': 'voice'}])
    p.ask('x', request='listparticipants', room=7)
    p.settle()
    p.ask('ann', request='leave')
    p.settle()
    p.ask('x', request='destroy', **SECRET)
    p.settle()


def add(p, publisher, **more):
    p.ask('x', request='add_remote_publisher', **SECRET, id=publisher, **{'streams': [AUDIO, VIDEO], **more})
    p.settle()


def remote_publishers(p):
    p.attach('ann', 'x')
    p.ask('x', request='create', **SECRET, publishers=9, notify_joining=True)
    p.ask('ann', request='join', room=7, ptype='publisher', id=1, display='Ann')
    add(p, 21, display='Far')
    add(p, 21)
    add(p, 22, streams=[])
    add(p, 22, streams=[VIDEO, AUDIO, DATA])
    add(p, 23, streams=[{**AUDIO, 'codec': 'pcmu'}, {**VIDEO, 'disabled': True}])
    add(p, 24)
    p.settle()
    p.ask('x', request='listparticipants', room=7)
    p.attach('ben')
    p.ask('ben', request='join', room=7, ptype='publisher', id=2)
    p.settle()
    for more in ({'streams': [DATA]}, {'streams': [{**VIDEO, 'disabled': True}]}, {'streams': [{**AUDIO, 'description': 'x'}]}, {'display': 'Farther', 'streams': [AUDIO]},
                 {'streams': []}, {'id': 29, 'streams': [AUDIO]}):
        p.ask('x', **{'request': 'update_remote_publisher', **SECRET, 'id': 21, **more})
        p.settle()
    p.ask('x', request='publish_remotely', **SECRET, publisher_id=21, remote_id='r', host='127.0.0.1', port=9)
    p.ask('x', request='publish_remotely', **SECRET, publisher_id=1, remote_id='r', host='127.0.0.1', port=9)
    p.ask('x', request='publish_remotely', **SECRET, publisher_id=1, remote_id='r', host='127.0.0.1', port=9)
    p.ask('x', request='listremotes', **SECRET, publisher_id=1)
    p.ask('x', request='listforwarders', **SECRET)
    p.ask('x', request='unpublish_remotely', **SECRET, publisher_id=1, remote_id='r')
    p.ask('x', request='unpublish_remotely', **SECRET, publisher_id=1, remote_id='r')
    p.ask('x', request='moderate', **SECRET, id=22, mid='0', mute=True)
    p.ask('x', request='moderate', **SECRET, id=22, mid='9', mute=True)
    p.ask('x', request='enable_recording', **SECRET, record=False)
    p.settle()
    p.ask('x', request='remove_remote_publisher', **SECRET, id=21)
    p.ask('x', request='remove_remote_publisher', **SECRET, id=21)
    p.ask('x', request='remove_remote_publisher', **SECRET, id=1)
    p.settle()
    p.sweep('x', 'room:id secret:string id:id display:string mcast:string iface:string port:uint rtcp_port:uint streams:array', request='add_remote_publisher',
            **SECRET, id=23, streams=[AUDIO])
    p.sweep('x', 'type:string mindex:uint mid:string codec:string description:string disabled:bool stereo:bool fec:bool dtx:bool h264_profile:string '
            'vp9_profile:string simulcast:bool svc:bool', 'streams', request='add_remote_publisher', **SECRET, id=23, streams=[AUDIO])
    p.sweep('x', 'room:id secret:string id:id display:string streams:array', request='update_remote_publisher', **SECRET, id=22, streams=[AUDIO])
    p.sweep('x', 'room:id secret:string id:id', request='remove_remote_publisher', **SECRET, id=29)
    p.settle()
    p.ask('x', request='destroy', **SECRET)
    p.settle()


def forwarding(p):
    entries = [{'mid': '0', 'port': 9}, {'mid': '1', 'port': 9, 'rtcp_port': 9, 'pt': 100, 'ssrc': 5}, {'mid': '9', 'port': 9}]
    forward = {'request': 'rtp_forward', **SECRET, 'publisher_id': 21, 'host': '127.0.0.1'}
    p.attach('x')
    p.ask('x', request='create', **SECRET)
    add(p, 21, display='Far', streams=[AUDIO, VIDEO, DATA])
    made = p.ask('x', **forward, streams=entries)
    p.ask('x', **forward, streams=[{'mid': '1', 'port': 9, 'simulcast': True}])
    p.ask('x', **forward, streams=[{'mid': '1', 'port': 9, 'port_2': 11, 'port_3': 13, 'ssrc': 1, 'ssrc_2': 2, 'ssrc_3': 3, 'pt': 96, 'pt_2': 97, 'pt_3': 98}])
    p.ask('x', **forward, streams=[{'mid': '2', 'port': 9}])
    p.ask('x', **forward, streams=[{'mid': '0', 'port': 9, 'host': '127.0.0.2'}], srtp_suite=80, srtp_crypto='WbTBosdVUZqEb6Htqhn+m3z7wUh4RJVR8nE15GbN')
    p.ask('x', **forward, streams=[{'mid': '0', 'port': 9}], srtp_suite=7, srtp_crypto='x')
    p.ask('x', **forward, audio_port=9, video_port=11, video_rtcp_port=13, video_port_2=15, data_port=17)
    p.ask('x', **{**forward, 'host': '256.0.0.1'}, streams=entries)
    p.ask('x', **{**forward, 'publisher_id': 29}, streams=entries)
    p.ask('x', **forward)
    p.ask('x', **forward, streams=[])
    p.ask('x', **{**forward, 'request': 'listforwarders'})
    p.ask('x', 'stop the first forwarder', request='stop_rtp_forward', **SECRET, publisher_id=21, stream_id=made['plugindata']['data']['forwarders'][0]['stream_id'])
    for publisher, stream in ((21, 1), (29, 1)):
        p.ask('x', request='stop_rtp_forward', **SECRET, publisher_id=publisher, stream_id=stream)
    p.sweep('x', 'mid:string port:uint host:string host_family:string rtcp_port:uint ssrc:uint pt:uint simulcast:bool port_2:uint ssrc_2:uint pt_2:uint '
            'port_3:uint ssrc_3:uint pt_3:uint', 'streams', **forward, streams=[{'mid': '0', 'port': 9}])
    p.sweep('x', 'audio_port:uint audio_pt:uint audio_ssrc:uint video_port:uint video_pt:uint video_ssrc:uint video_rtcp_port:uint data_port:uint srtp_suite:uint '
            'srtp_crypto:string simulcast:bool', **forward)
    p.settle()
    p.ask('x', request='destroy', **SECRET)


def subscribing(p):
    join = {'request': 'join', 'room': 7, 'ptype': 'subscriber'}
    p.attach('x', 'sub', 'old', 'msid', 'lazy')
    p.ask('x', request='create', **SECRET, publishers=9)
    for publisher in (21, 22, 23):
        add(p, publisher, display=f'Far {publisher}')
    add(p, 24, streams=[AUDIO, {**VIDEO, 'simulcast': True}, DATA])
    for wrong in ({'feed': 29}, {}, {'streams': []}, {'streams': [{'feed': 29}]}, {'streams': [{'mid': '0'}]},
                  {'room': 70, 'streams': [{'feed': 21}]}):
        p.ask('sub', **{**join, **wrong})
    p.attach('offerer')
    p.ask('offerer', 'joins as a subscriber with an offer', OFFER, **join, streams=[{'feed': 21}])
    p.ask('sub', **join, streams=[{'feed': 21, 'mid': '0', 'crossrefid': 'c'}, {'feed': 21, 'mid': '1'}])
    p.ask('sub', **join, streams=[{'feed': 21}])
    for request in ('publish', 'joinandconfigure', 'unpublish', 'x'):
        p.ask('sub', **{**join, 'request': request})
    p.answer('sub')
    p.settle()
    for more in ({}, {'mid': '1', 'send': False}, {'mid': '1', 'send': True}, {'mid': '1', 'substream': 0}, {'mid': '1', 'temporal': 1}, {'mid': '9'}, {'substream': 3},
                 {'streams': [{'mid': '0', 'send': False}, {'mid': '1', 'min_delay': 1, 'max_delay': 5}]}, {'streams': [{'mid': '0'}, {'send': True}]}, {'audio': False},
                 {'audio': True, 'video': True}, {'mid': '1', 'spatial_layer': 1, 'temporal_layer': 1}):
        p.ask('sub', request='configure', **more)
    p.ask('sub', request='pause')
    p.ask('sub', request='start')
    p.settle()
    subscriber_changes(p)
    for name, more in (('old', {'feed': 22}), ('msid', {'streams': [{'feed': 24}], 'use_msid': True}), ('lazy', {'streams': [{'feed': 23}], 'autoupdate': False})):
        p.ask(name, **join, **more)
        p.answer(name)
    p.settle()
    p.ask('x', request='listparticipants', room=7)
    for publisher in (23, 22):
        p.ask('x', request='remove_remote_publisher', **SECRET, id=publisher)
        p.settle()
    p.ask('lazy', request='unsubscribe', streams=[{'sub_mid': '9'}])
    p.ask('msid', request='leave')
    p.settle()
    p.ask('msid', **join, streams=[{'feed': 21}])
    p.core('old', 'detach')
    p.settle()
    p.ask('x', request='destroy', **SECRET)
    p.settle()
    p.ask('sub', request='configure')


def subscriber_changes(p):
    p.ask('sub', request='subscribe', streams=[{'feed': 22, 'mid': '1'}])
    p.ask('sub', request='subscribe', streams=[{'feed': 23, 'mid': '1'}])
    p.answer('sub', 'start while more waits')
    p.settle()
    p.answer('sub')
    for wrong in ([], [{'feed': 29}]):
        p.ask('sub', request='subscribe', streams=wrong)
    for wrong in ([], [{'feed': 29}], [{'sub_mid': '9'}], [{'feed': 22, 'mid': '9'}], [{}]):
        p.ask('sub', request='unsubscribe', streams=wrong)
        p.ask('sub', request='update', unsubscribe=wrong)
    p.ask('sub', request='update')
    p.settle()
    p.ask('sub', request='unsubscribe', streams=[{'sub_mid': '1'}, {'feed': 23}])
    p.answer('sub')
    p.ask('sub', request='subscribe', streams=[{'feed': 23, 'mid': '1'}])
    p.answer('sub')
    p.ask('sub', request='update', subscribe=[{'feed': 24}], unsubscribe=[{'feed': 23, 'mid': '1'}])
    p.answer('sub')
    p.settle()
    for wrong in ([], [{}], [{'feed': 29, 'mid': '0', 'sub_mid': '0'}], [{'feed': 22, 'mid': '9', 'sub_mid': '0'}], [{'feed': 22, 'mid': '0', 'sub_mid': '9'}],
                  [{'feed': 22, 'mid': '1', 'sub_mid': '0'}]):
        p.ask('sub', request='switch', streams=wrong)
    p.ask('sub', request='switch')
    p.ask('sub', request='switch', feed=22)
    p.ask('sub', request='switch', streams=[{'feed': 22, 'mid': '0', 'sub_mid': '0'}])
    p.settle()
    p.ask('sub', request='configure', restart=True)
    p.answer('sub')
    p.settle()


def fields_of_subscribers(p):
    join = {'request': 'join', 'room': 7, 'ptype': 'subscriber'}
    p.attach('x', 'sub')
    p.ask('x', request='create', **SECRET)
    add(p, 21)
    p.sweep('new', 'room:id ptype:string private_id:uint use_msid:bool autoupdate:bool streams:array', fresh=True, **join, streams=[{'feed': 21}])
    p.sweep('new', ENTRY_FIELDS, 'streams', fresh=True, **join, streams=[{'feed': 21, 'mid': '0'}])
    p.sweep('new', 'feed:id audio:bool video:bool data:bool offer_audio:bool offer_video:bool offer_data:bool', fresh=True, **join, feed=21)
    p.ask('sub', **join, streams=[{'feed': 21}])
    p.answer('sub')
    layers = 'mid:string send:bool substream:uint temporal:uint fallback:uint spatial_layer:uint temporal_layer:uint min_delay:int max_delay:int'
    p.sweep('sub', layers + ' audio:bool video:bool data:bool restart:bool streams:array', request='configure', mid='0')
    p.sweep('sub', layers, 'streams', request='configure', streams=[{'mid': '0'}])
    p.sweep('sub', ENTRY_FIELDS, 'streams', request='subscribe', streams=[{'feed': 29, 'mid': '0'}])
    p.sweep('sub', 'feed:id mid:string sub_mid:string', 'streams', request='unsubscribe', streams=[{'feed': 29}])
    p.sweep('sub', 'feed:id mid:string sub_mid:string substream:uint temporal:uint spatial_layer:uint temporal_layer:uint', 'streams', request='switch',
            streams=[{'feed': 29, 'mid': '0', 'sub_mid': '0'}])
    for request in ('subscribe', 'unsubscribe', 'switch'):
        p.sweep('sub', 'streams:array', request=request, streams=[{'feed': 29, 'mid': '0', 'sub_mid': '0'}])
    p.sweep('sub', 'subscribe:array unsubscribe:array', request='update', subscribe=[{'feed': 29}], unsubscribe=[{'feed': 29}])
    p.settle()
    p.ask('x', request='destroy', **SECRET)


def dummies(p):
    p.attach('x', 'ann', 'sub')
    p.ask('x', request='create', **SECRET, dummy_publisher=True, videocodec='vp8,h264')
    joined = p.ask('ann', 'ann joins and finds the dummy', request='join', room=7, ptype='publisher', id=1)
    dummy = joined['plugindata']['data']['publishers'][0]['id']
    p.ask('x', request='listparticipants', room=7)
    p.ask('x', request='list')
    p.ask('sub', 'watch the dummy', request='join', room=7, ptype='subscriber', streams=[{'feed': dummy}])
    p.answer('sub')
    p.settle()
    add(p, 21)
    p.ask('sub', 'switch to a feed', request='switch', streams=[{'feed': 21, 'mid': '1', 'sub_mid': '1'}])
    p.settle()
    p.ask('x', 'kick the dummy', request='kick', **SECRET, id=dummy)
    p.ask('x', request='destroy', **SECRET)
    p.settle()


def configured_room(p):
    p.attach('x', 'ann')
    p.ask('x', request='list')
    for more in ({}, {'pin': 'x'}, {'pin': 'pin', 'id': 1, 'display': 'Ann'}):
        p.ask('ann', request='join', room=1, ptype='publisher', **more)
    p.ask('x', request='kick', room=1, id=1, secret='test')
    p.settle()


SCENARIOS = [about_rooms, fields_about_rooms, participants, fields_of_participants, publishing, remote_publishers, forwarding, subscribing,
             fields_of_subscribers, dummies, configured_room]
