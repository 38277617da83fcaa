"""What a gateway with many peers takes of the system: one port number, and no thread a peer."""
import os
import re
import subprocess

from tests.network.gateway import gateway
from tests.network.namespace import Namespace, run

PEERS, LOOPS, OTHER_THREADS = 1000, 3, 5
PORT = 10000
PATIENCE = 120


def listening(pid, kind):
    """The port numbers of a process's sockets, one a socket. kind: what ss calls it."""
    lines = [line for line in run('ss', '-Hanp', kind, 'state', 'unconnected', 'state', 'listening').splitlines()
             if f'pid={pid},' in line]
    return [int(re.search(r':(\d+)\s', line)[1]) for line in lines]


def threads(pid):
    with open(f'/proc/{pid}/status', encoding='ascii') as f:
        return next(int(line.split()[1]) for line in f if line.startswith('Threads:'))


def wait_for_media(load):
    """Until all peers are up and the load generator begins to measure."""
    for line in load.stdout:
        if line.startswith('measuring'):
            return
    raise AssertionError(f'the load did not come up: {load.wait(PATIENCE)}')


def test_many_peers_share_one_port_number_and_few_threads(build):
    run('make', '-s', '-C', build, 'tests/bench/limen-bench')
    with Namespace() as host, gateway(build, host, general={'loops': LOOPS}, ice={'port': PORT}) as g:
        pid = g.process.pid
        command = [os.path.join(build, 'tests/bench/limen-bench'), '--url', f'ws://127.0.0.1:{g.ws_port}/', '--bitrate',
                   '50', '--subscribers', str(PEERS), '--warmup', '0', '--seconds', '1']
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as load:
            try:
                wait_for_media(load)
                udp, tcp, count = listening(pid, '--udp'), listening(pid, '--tcp'), threads(pid)
                assert load.wait(PATIENCE) == 0, load.stdout.read()
            finally:
                load.kill()
        assert udp == [PORT] * LOOPS, udp
        assert set(tcp) == {PORT, g.http_port, g.admin_port, g.ws_port}, tcp
        assert LOOPS < count <= LOOPS + OTHER_THREADS, count
        return f'{count} threads for {LOOPS} loops'
