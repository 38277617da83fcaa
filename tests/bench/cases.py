"""The cases: what is published, to how many, and which servers get it."""
from collections import namedtuple

ALL = ('janus', 'janus event_loops=2', 'limen')
Case = namedtuple('Case', 'title arguments servers')


def to(count, *arguments):
    return ['--publishers', '1', '--subscribers', str(count), *arguments]


CASES = {
    'frames-200': Case('1 to 200, frame-wise video', to(200, '--video', 'frames'), ALL),
    'even-200': Case('1 to 200, evenly spaced video', to(200, '--video', 'even'), ALL),
    'meeting-16': Case('meeting of 16, audio and frame-wise video', ['--meeting', '--publishers', '16', '--audio'], ALL),
    'audio-200': Case('1 to 200, audio only', to(200, '--video', 'none', '--audio'), ALL),
    'frames-400': Case('1 to 400, frame-wise video', to(400, '--video', 'frames'), ALL),
    'frames-50': Case('1 to 50, frame-wise video', to(50, '--video', 'frames'), ALL),
    'frames-100': Case('1 to 100, frame-wise video', to(100, '--video', 'frames'), ALL),
    'frames-700': Case('1 to 700, frame-wise video', to(700, '--video', 'frames'), ('limen',)),
    'frames-1000': Case('1 to 1000, frame-wise video', to(1000, '--video', 'frames'), ('limen',)),
}
SCALING = {50: 'frames-50', 100: 'frames-100', 200: 'frames-200', 400: 'frames-400', 700: 'frames-700', 1000: 'frames-1000'}
GROUPS = {'scaling': list(SCALING.values())}
HEAVIEST = 'frames-400'


def chosen(names):
    """The names of cases behind words of the command line; none: all."""
    out = []
    for name in names or CASES:
        for case in GROUPS.get(name, [name]):
            if case not in CASES:
                raise SystemExit(f'no case "{case}"; there are: {" ".join([*CASES, *GROUPS])}')
            if case not in out:
                out.append(case)
    return out
