"""Differences between Debian's janus 1.1.2 and limen that are meant, each with its reason."""
import re
from collections import namedtuple

# step and path: patterns. there and here: what janus and limen have in that place, or ANY.
Known = namedtuple('Known', 'why step path there here')
ANY = object()
AT_TIMES = 'at times '  # begins the reason of what is not seen in each run
REFUSED = r'error_code$'
LAYERS = '(substream|temporal|spatial_layer|temporal_layer)'
KNOWN = [Known(why, step, path, there, here) for why, rows in {
    '1.1.2 does not look at the type of this field': [
        (rf'^{step} =', REFUSED, ANY, 430) for step in (
            'join of ben, body, audio_(level_average|active_packets)', '(configure|publish) of ann, body, (send|min_delay|max_delay|audio_level_average|streams|mid)',
            'configure of ann, streams, keyframe', 'add_remote_publisher of x, body, rtcp_port', 'add_remote_publisher of x, streams, (h264|vp9)_profile',
            'join of new, body, use_msid', '(join of new|subscribe of sub), streams, fallback', rf'switch of sub, streams, {LAYERS}',
            rf'configure of sub, body, (mid|send|fallback|{LAYERS}|min_delay|max_delay)')],
    '1.1.2 looks for the room before it looks at the type of its name': [
        (r'^(kick|moderate|enable_recording) of x, body, (without room|room =)', REFUSED, 426, ANY)],
    'newer than 1.1.2': [
        (r'^add_remote_publisher of x, streams, without codec', REFUSED, 429, 436),
        (r'^create of x, body, threads =', REFUSED, 427, 430),
        (r' hears, after ', r'\.data\.display$', 'absent', ANY),
        (r"^(lazy hears, after x: .*'id': 23|lazy: .*'unsubscribe')", r'', ANY, ANY)],
    'what cannot be meant is refused': [
        (r"'videocodec': 'vp8,vp9,h264,av1,h265,vp8'", REFUSED, None, 430), (r"'destroy', 'room': 10", REFUSED, None, 426),
        (r"^(x: .*'allowed'.*'add'|allowed of x, body, without allowed)", REFUSED, None, 429),
        (r"^(x: .*'rtp_forward'.*'host': '127.0.0.1'}$|rtp_forward of x, body, without streams)", REFUSED, None, 429),
        (r"^(sub: .*unsubscribe.*\[{}\]}|unsubscribe of sub, streams, without feed)", REFUSED, None, 429),
        (r"^(sub: {'request': 'switch'}|switch of sub, body, without streams)", REFUSED, 428, 430),
        (r"^sub: .*'switch'.*'sub_mid': '9'", REFUSED, None, 428), (r"^sub: .*'join'.*'streams': \[\]", REFUSED, 429, 437),
        (r'^joins as a subscriber with an offer', REFUSED, None, 423), (r'^kick the dummy', REFUSED, None, 428)],
    '1.1.2 takes a dummy out of the room when it is kicked': [(r'^ann hears, after x: .*destroy', r'^$', ANY, ANY)],
    'list_remotes is the name in the manual: both names are taken': [(r"'list_remotes'", REFUSED, 423, 429)],
    'a kick without effect is a success since then': [(r"^x: .*'kick'.*'id': 2", REFUSED, 428, None)],
    'requests about a room that is gone are refused to subscribers, too': [(r"^sub: {'request': 'configure'}", REFUSED, None, 426)],
    'an unknown request of who has joined is refused by an event': [(r"^\w+: {'request': 'x'", r'^$', ANY, ANY)],
    'data channels are not served yet': [
        (r'publishes$', r'lines\[2\]\.direction', 'sendrecv', 'inactive'), (r'publishes$', r'streams\[2\]\.disabled', 'absent', True)],
    'the line of data channels goes both ways': [(r'.', r'lines\[\d\]\.direction', 'sendonly', 'sendrecv')],
    'refused lines: how they are filled is of no meaning': [(r'has no codec for', r'lines\[\d\]\.codec', None, ANY)],
    'a codec that is not there is absent, not "none"': [(r'has no codec for', r'data\.(audio|video)_codec', 'none', 'absent')],
    '1.1.2 announces new labels of who is not connected': [
        (r'^(ben|cat|dan) hears, after x: .*listparticipants', r'^$', ANY, [])],
    'the room hears of every update of a remote publisher': [
        (r"^(ann|ben) hears, after x: .*update_remote.*('Farther'|'streams': \[\])", r'^$', [], ANY)],
    'a publisher that is sent to another gateway only is listed, without forwarders': [(r"'listforwarders'", r'data\.publishers$', [], ANY)],
    'what forwarders of simulcast send is told': [(r"'(rtp_forward|listforwarders)'", r'forwarders\[\d+\]\.ssrc', 'absent', ANY),
                                                 (r"'rtp_forward'", r'rtp_stream\.video_rtcp', 'absent', ANY)],
    AT_TIMES + 'janus tells what waited before it says started': [(r'start while more waits', r'^$', ANY, ANY)],
    'a delay of playing out ends with the stream it was set for': [(r'^sub', r'streams\[1\]\.playout-delay', ANY, 'absent')],
    'an empty line has no crossrefid': [(r'^sub hears', r'streams\[0\]\.crossrefid', 'c', 'absent')],
    'a dummy tells of the error correction that the room allows': [(r'finds the dummy', r'streams\[0\]\.fec', 'absent', True)],
}.items() for step, path, there, here in rows]


def fits(known, step, path, there, here):
    return (re.search(known.step, step) and re.search(known.path, path) and known.there in (ANY, there) and known.here in (ANY, here))


def reason(step, path, there, here):
    """Why this may differ, or None."""
    return next((k.why for k in KNOWN if fits(k, step, path, there, here)), None)
