"""What rooms and joining cost: runs limen-bench-rooms against the servers in turn; `./dev bench --rooms`."""
import os
import statistics
from collections import namedtuple

import generator
import report
import servers

JANUS = ('janus', 'janus event_loops=2')
LIMEN = ('limen',)
LIMIT_SECONDS = 900
Case = namedtuple('Case', 'title arguments servers')
JOIN = ['--case', 'join', '--publishers', '30', '--subscribers', '500']
MANY = ['--case', 'many', '--publishers', '3']
CASES = {
    'join': Case('30 publishers, 500 subscribers of one feed each, 300 kb/s', [*JOIN, '--bitrate', '300'], JANUS + LIMEN),
    'join-1500': Case('the same with 1500 kb/s', [*JOIN, '--bitrate', '1500'], LIMEN),
    'growth': Case('1 publisher, audio and video, no media', ['--case', 'growth', '--publishers', '1'], JANUS + LIMEN),
    'growth-1000': Case('the same up to the 1000th', ['--case', 'growth', '--publishers', '1', '--subscribers', '1000'], LIMEN),
    'many-100': Case('100 rooms', [*MANY, '--rooms', '100'], JANUS + LIMEN),
    'many-1000': Case('1000 rooms', [*MANY, '--rooms', '1000'], LIMEN),
}
TABLES = {
    'join': ('A join, from the request to its answer (ms)', ('participant_p50_ms', 'participant_p99_ms', 'participant_max_ms', 'subscriber_p50_ms',
                                                            'subscriber_p99_ms', 'subscriber_max_ms', 'packets_per_second')),
    'growth': ('Server CPU of one more subscriber (microseconds), PeerConnection included', ('tenth_us', 'hundredth_us', 'thousandth_us')),
    'many': ('Meetings of three', ('connections', 'setup_seconds', 'setup_cpu_seconds', 'memory_kb_per_room', 'threads', 'cores', 'packets_per_second',
                                   'streams_received')),
}


def measure(build, names, rounds):
    results = {case: {s: [] for s in CASES[case].servers} for case in names}
    start = servers.starters(build)
    for case in names:
        for number in range(1, rounds + 1):
            for name in CASES[case].servers:
                print(f'{case}, round {number}, {name}', flush=True)
                with start[name]() as server:
                    figures = generator.figures(build, 'limen-bench-rooms', server, CASES[case].arguments, LIMIT_SECONDS)
                if figures:
                    results[case][name].append(figures)
    return results


def cell(runs, name):
    """The median; of a p99 or a maximum the worst run would say more of the machine than of the server."""
    values = [r[name] for r in runs if name in r]
    if not values:
        return '-' if runs else 'failed'
    value = statistics.median(values)
    return f'{value:.2f}' if value < 100 else f'{value:.0f}'


def table(results, kind):
    title, columns = TABLES[kind]
    yield f'{title}:'
    yield ''
    yield '| case | server | ' + ' | '.join(c.replace('_', ' ') for c in columns) + ' |'
    yield '|---|---|' + '---|' * len(columns)
    for case, by_server in results.items():
        if case.split('-')[0] != kind:
            continue
        for server, runs in by_server.items():
            yield f'| {CASES[case].title} | {server} | ' + ' | '.join(cell(runs, c) for c in columns) + ' |'
    yield ''


def run(build, names, rounds, arguments):
    """The section of docs/performance.md."""
    load = os.getloadavg()[0]
    names = names or list(CASES)
    for name in names:
        if name not in CASES:
            raise SystemExit(f'no case "{name}"; there are: {" ".join(CASES)}')
    results = measure(build, names, rounds)
    lines = [report.facts(arguments, load), f'Medians of up to {rounds} rounds.', '']
    for kind in TABLES:
        if any(case.split('-')[0] == kind for case in names):
            lines += table(results, kind)
    return '\n'.join(lines).strip()
