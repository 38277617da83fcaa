"""Medians and ratios of the runs as markdown, a plot, and their place in docs/performance.md."""
import os
import platform
import shlex
import statistics
import subprocess

from cases import CASES, SCALING

LOSS_MAX = 30
JANUS, LOOPS, OURS = 'janus', 'janus event_loops=2', 'limen'


def median(runs, name):
    values = [r[name] for r in runs if name in r]
    return statistics.median(values) if values else None


def shown(value, digits=1):
    return '-' if value is None else f'{value:.{digits}f}'


def ratio(theirs, ours):
    """Of the CPU per packet; none where most was lost, for what arrived then pays for what did not."""
    for runs in (theirs, ours):
        if not runs or median(runs, 'loss_percent') > LOSS_MAX:
            return '-'
    return f'{median(theirs, "cpu_us_per_packet") / median(ours, "cpu_us_per_packet"):.1f} : 1'


def cost(runs):
    """CPU of a packet; what was lost cost something, too, and is charged to what arrived."""
    loss = median(runs, 'loss_percent') or 0
    lost = f' ({loss:.0f} % lost)' if loss >= 1 else ''
    return shown(median(runs, 'cpu_us_per_packet'), 2) + lost


def cpu_table(results):
    yield '| case | janus | `event_loops = 2` | limen | janus : limen | `event_loops = 2` : limen |'
    yield '|---|---|---|---|---|---|'
    for case, by_server in results.items():
        runs = [by_server.get(s, []) for s in (JANUS, LOOPS, OURS)]
        peer, loops, ours = runs
        cells = ' | '.join(cost(r) for r in runs)
        yield f'| {CASES[case].title} | {cells} | {ratio(peer, ours)} | {ratio(loops, ours)} |'


def milliseconds(us):
    """The generator says -1 where no packet of the sample arrived."""
    return '-' if us < 0 else shown(us / 1000, 2)


def detail_table(results):
    yield '| case | server | packets/s | loss % | latency p50 ms | p95 | p99 | KB a peer | threads | set-up s | generator CPU | other CPU |'
    yield '|---|---|---|---|---|---|---|---|---|---|---|---|'
    for case, by_server in results.items():
        for server, runs in by_server.items():
            if not runs:
                yield f'| {CASES[case].title} | {server} | failed | | | | | | | | |'
                continue
            ms = [milliseconds(median(runs, f'latency_{p}_us')) for p in ('p50', 'p95', 'p99')]
            own, other = (median(runs, f'{who}_cpu_seconds') / median(runs, 'window_seconds') for who in ('generator', 'other'))
            yield (f'| {CASES[case].title} | {server} | {median(runs, "forwarded_per_second"):.0f} | {shown(median(runs, "loss_percent"), 2)} | '
                   f'{" | ".join(ms)} | {median(runs, "memory_kb_per_peer"):.0f} | {median(runs, "threads"):.0f} | '
                   f'{shown(median(runs, "setup_seconds"))} | {shown(own, 2)} | {shown(other, 2)} |')


def first_line(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip().split('\n')[0] if done.returncode == 0 else 'not known'


def version(package):
    return first_line('dpkg-query', '-W', '-f=${Version}', package)


def cpu_model():
    with open('/proc/cpuinfo', encoding='utf-8') as f:
        for line in f:
            if line.startswith('model name'):
                return line.split(':', 1)[1].strip()
    return platform.machine()


def facts(arguments, load):
    command = shlex.join(['./dev', 'bench', *arguments])
    return (f'Command: `{command}`. Machine: Linux {platform.release()}, {cpu_model()}, {os.cpu_count()} cores; load average before it {load:.1f}. '
            f'janus {version("janus")}, libsrtp2 {version("libsrtp2-1")}, limen of commit {first_line("git", "rev-parse", "--short", "HEAD")}. '
            'Everything over loopback, generator on the same cores.')


def markdown(results, arguments, load):
    rounds = max((len(r) for s in results.values() for r in s.values()), default=0)
    lines = [facts(arguments, load), '', f'Microseconds of server CPU per forwarded packet, medians of up to {rounds} rounds (`-`: not run, failed, or more than {LOSS_MAX} % lost):', '', *cpu_table(results), '',
             'The same runs. Generator and other CPU are cores taken by the generator and by what has nothing to do with the run:', '', *detail_table(results)]
    return '\n'.join(lines)


def write_section(path, name, text):
    """Replaces what stands between <!-- name --> and <!-- end name -->."""
    begin, end = f'<!-- {name} -->', f'<!-- end {name} -->'
    with open(path, encoding='utf-8') as f:
        page = f.read()
    head, rest = page.split(begin, 1)
    tail = rest.split(end, 1)[1]
    with open(path, 'w', encoding='utf-8') as f:
        f.write(f'{head}{begin}\n{text}\n{end}{tail}')


def series(results, server, name, scale):
    for count, case in SCALING.items():
        runs = results.get(case, {}).get(server)
        if runs and median(runs, name) > 0:
            yield f'{count} {median(runs, name) / scale}'


def plot(results, path):
    """Two panels against the number of subscribers, both axes logarithmic."""
    script = [f'set terminal pngcairo size 1100,440 noenhanced; set output "{path}"', 'set multiplot layout 1,2',
              'set logscale xy; set xtics (50,100,200,400,700,1000); set xrange [45:1100]; set grid; set key top left; set xlabel "subscribers"']
    servers = [s for s in (JANUS, LOOPS, OURS) if list(series(results, s, 'cpu_us_per_packet', 1))]
    for i, s in enumerate(servers):
        for name, scale, block in (('cpu_us_per_packet', 1, f'$cpu{i}'), ('latency_p99_us', 1000, f'$late{i}')):
            script += [f'{block} << EOD', *series(results, s, name, scale), 'EOD']
    for title, block in (('CPU microseconds per forwarded packet', 'cpu'), ('latency p99, milliseconds', 'late')):
        script.append(f'set title "{title}"')
        script.append('plot ' + ', '.join(f'${block}{i} with linespoints linewidth 2 title "{s}"' for i, s in enumerate(servers)))
    subprocess.run(['gnuplot'], input='\n'.join(script), text=True, check=True)
