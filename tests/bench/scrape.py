#!/usr/bin/env python3
"""What a scrape costs: fills a room with peers of little media and times /metrics: scrape.py BUILD [SUBSCRIBERS].

Prints the median and the slowest of the scrapes in milliseconds, the size of the text, and the tasks that kept a loop too long.
"""
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
from tests.api.metrics import fetch  # noqa: E402
from tests.api.runner import Gateway  # noqa: E402

SCRAPES = 40


def main(build, subscribers='1000'):
    gateway = Gateway(build)
    load = subprocess.Popen([os.path.join(build, 'tests/bench/limen-bench'), '--url', f'ws://127.0.0.1:{gateway.ws_port}', '--pid',
                             str(gateway.process.pid), '--publishers', '1', '--subscribers', subscribers, '--bitrate', '30', '--seconds', '12'])
    times, up = [], 0
    while load.poll() is None and len(times) < SCRAPES:
        began = time.monotonic()
        text = fetch(gateway.admin_port, '/metrics')[2]
        took = (time.monotonic() - began) * 1000
        up = float(text.split('limen_peers{state="up"} ')[1].split('\n')[0])
        if up > int(subscribers) and 'sfu_send_bitrate_bps 0\n' not in text:
            times.append(took)
        time.sleep(0.2)
    print(f'{up:.0f} peers up, {len(times)} scrapes: median {statistics.median(times):.1f} ms, slowest {max(times):.1f} ms, {len(text)} bytes')
    print('\n'.join(line for line in text.splitlines() if line.startswith(('webrtc_packet_loss', 'call_quality', 'sfu_send_bitrate'))))
    load.wait()
    print('\n'.join(line for line in gateway.output().splitlines() if 'kept the loop' in line))
    return gateway.stop()


sys.exit(main(*sys.argv[1:]))
