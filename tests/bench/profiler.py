"""Where limen's time goes: perf while media flows, or callgrind where the kernel lets nobody sample."""
import os
import re
import signal
import subprocess
import tempfile

import servers
from cases import CASES


def works(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode == 0 and '<not supported>' not in done.stderr


def event():
    """The event to sample by, None: perf is of no use here. Virtual machines often have the clock only."""
    for name, probe in (('cycles', 'instructions'), ('cpu-clock', 'cpu-clock')):
        if works('perf', 'stat', '-e', probe, 'true'):
            return name
    return None


def generator(build, server, options, extra=()):
    return subprocess.Popen([os.path.join(build, 'tests/bench/limen-bench'), '--url', server.url, '--pid', str(server.process.pid), '--seconds',
                             str(options.seconds), *CASES[options.case].arguments, *extra], stdout=subprocess.PIPE, text=True)


def wait_for(process, word):
    """Reads the generator's lines until one begins with the word; returns that line."""
    for line in process.stdout:
        if line.startswith(word):
            return line.strip()
    raise SystemExit('the load generator failed')


def perf_report(data, sort):
    return subprocess.run(['perf', 'report', '-i', data, '--stdio', '--no-children', '--sort', sort], capture_output=True, text=True, check=True).stdout


def by_perf(build, options, sampled):
    with tempfile.TemporaryDirectory(prefix='limen-profile-') as folder, servers.limen(build) as server:
        data = os.path.join(folder, 'data')
        load = generator(build, server, options)
        wait_for(load, 'measuring')
        subprocess.run(['perf', 'record', '-q', '-e', sampled, '-F', '999', '-o', data, '-p', str(server.process.pid), '--', 'sleep', str(options.seconds)],
                       check=True, stdout=subprocess.DEVNULL)
        figures = wait_for(load, 'forwarded')
        load.wait()
        places, shown = perf_report(data, 'dso'), perf_report(data, 'dso,symbol')
    rows = re.findall(r'^\s+([\d.]+)%\s+(\S+)\s+\[(.)\]\s+(\S+)', shown, re.M)
    lines = [f'`./dev profile {options.case}`: perf, sampled by {sampled}. {figures}', '', '| % | library |', '|---|---|']
    lines += [f'| {share} | {dso} |' for share, dso in re.findall(r'^\s+([\d.]+)%\s+(\S+)', places, re.M)[:10]]
    lines += ['', '| % | function | in |', '|---|---|---|']
    return '\n'.join(lines + [f'| {share} | `{function}` | {"kernel" if place == "k" else dso} |' for share, dso, place, function in rows[:options.top]])


def by_callgrind(build, options):
    """Some fifty times slower, so with a tenth of a small load; instructions of user space only."""
    with tempfile.TemporaryDirectory(prefix='limen-profile-') as folder:
        out = os.path.join(folder, 'out')
        server = servers.limen(build, ['valgrind', '-q', '--tool=callgrind', '--instr-atstart=no', f'--callgrind-out-file={out}'])
        pid = server.process.pid
        try:
            load = generator(build, server, options, ['--subscribers', '10', '--bitrate', '500'])
            wait_for(load, 'measuring')
            subprocess.run(['callgrind_control', '-i', 'on', str(pid)], check=True, stdout=subprocess.DEVNULL)
            figures = wait_for(load, 'forwarded')
            subprocess.run(['callgrind_control', '-i', 'off', str(pid)], check=True, stdout=subprocess.DEVNULL)
            load.wait()
        finally:
            server.stop(signal.SIGTERM)
        shown = subprocess.run(['callgrind_annotate', '--threshold=95', out], capture_output=True, text=True, check=True)
    rows = re.findall(r'^\s*[\d,]+ \(\s*([\d.]+)%\)\s+(.+)$', shown.stdout, re.M)
    lines = [f'`./dev profile {options.case}`: callgrind, instructions in user space, a small load. {figures}', '', '| % | function |', '|---|---|']
    return '\n'.join(lines + [f'| {share} | `{function}` |' for share, function in rows[1:options.top + 1]])  # the first is the sum


def run(build, options):
    sampled = event()
    return by_perf(build, options, sampled) if sampled else by_callgrind(build, options)
