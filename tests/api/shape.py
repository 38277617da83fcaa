"""What of two messages has to be equal: members, types, nesting and each value that the script determines."""
import json
import re

# Members whose values are a server's own affair: only their types are compared.
OWN = {'session_id', 'sender', 'private_id', 'reason', 'error', 'sdp', 'stream_id', 'port', 'rtcp_port', 'local_rtcp_port', 'talking', 'video_rtcp'}

# Lists without an order.
UNORDERED = {'list', 'participants', 'publishers', 'forwarders'}
DRAWN = 10 ** 6  # a script has no number as large as those that servers draw


def kind(value):
    return {bool: 'boolean', int: 'integer', float: 'real', str: 'string', type(None): 'null'}.get(type(value), type(value).__name__)


def sdp_shape(text):
    """Kind, mid, direction and codec of each m-line; how else media is described is each server's choice."""
    session, *media = re.split(r'^(?=m=)', text, flags=re.M)
    lines = []
    for line in media:
        def first(pattern, section=line):
            found = re.search(pattern, section, re.M)
            return found and found[1]
        lines.append({'kind': line[2:].split(' ', 1)[0], 'mid': first(r'^a=mid:(\S+)'), 'codec': first(r'^a=rtpmap:(.*?)\r'),
                      'direction': first(r'^a=(sendrecv|sendonly|recvonly|inactive)')})
    return {'session name': re.search(r'^s=(.*?)\r?$', session, re.M)[1], 'lines': lines}


def place(entry):
    return json.dumps({k: v for k, v in entry.items() if k != 'ssrc'}, sort_keys=True)


def shape(value, member=None):
    if isinstance(value, dict):
        if 'sdp' in value:
            value = {**value, 'description': sdp_shape(value['sdp'])}
        return {k: shape(v, k) for k, v in value.items()}
    if isinstance(value, list):
        shapes = [shape(v, member) for v in value]
        return sorted(shapes, key=place) if member in UNORDERED else shapes
    drawn = isinstance(value, int) and value >= DRAWN
    if drawn or member in OWN:
        return f'<{kind(value)}>'
    return re.sub(r'\d{7,}', '<drawn>', value) if isinstance(value, str) else value


def refusal(value):
    return value.get('plugindata', {}).get('data', {}).get('error_code')


def differences(a, b, path=''):
    """What differs, each as (path, there, here). Of a reply whose error differs no more than that."""
    if isinstance(a, dict) and isinstance(b, dict):
        if refusal(a) != refusal(b):
            yield f'{path}.error_code', refusal(a), refusal(b)
            return
        for key in sorted({*a, *b}):
            here = f'{path}.{key}' if path else key
            if key in a and key in b:
                yield from differences(a[key], b[key], here)
            else:
                yield here, a.get(key, 'absent'), b.get(key, 'absent')
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            yield from differences(x, y, f'{path}[{i}]')
    elif kind(a) != kind(b) or a != b:
        yield path, a, b
