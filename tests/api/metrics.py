"""Metrics and health at the admin listener: their text, what they count, and that Prometheus and its tools take them."""
import json
import os
import re
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

from tests.api.common import ECHO, negotiate
from tests.api.ws import Client

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MONITORING = os.path.join(ROOT, 'deploy/monitoring')
ROOM = 'janus.plugin.videoroom'
NAMES = ['sfu_active_participants', 'active_meetings', 'active_participants', 'sfu_bytes_sent', 'sfu_bytes_received', 'sfu_bytes_sent_total',
         'sfu_bytes_received_total', 'process_cpu_seconds_total']
PATIENCE = 20


def fetch(port, path, accept='*/*'):
    request = urllib.request.Request(f'http://127.0.0.1:{port}{path}', headers={'Accept': accept})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.headers['Content-Type'], answer.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.headers['Content-Type'], e.read().decode()


def scrape(gateway):
    """{name with labels: value}"""
    status, _, text = fetch(gateway.admin_port, '/metrics')
    assert status == 200, text
    return {line.rpartition(' ')[0]: float(line.rpartition(' ')[2]) for line in text.splitlines() if not line.startswith('#')}


def join(gateway, room):
    c = Client(gateway.ws_port)
    s = c.create()
    h = c.attach(s, ROOM)
    c.call(janus='message', session_id=s, handle_id=h, body={'request': 'create', 'room': room})
    c.call(janus='message', session_id=s, handle_id=h, body={'request': 'join', 'ptype': 'publisher', 'room': room})
    c.event(lambda e: e.get('plugindata', {}).get('data', {}).get('videoroom') == 'joined')
    return c, s, h


def test_health(gateway):
    assert fetch(gateway.admin_port, '/healthz')[::2] == (200, 'alive\n')
    assert fetch(gateway.admin_port, '/readyz')[::2] == (200, 'ready\n')
    for path in ('/metrics', '/healthz', '/readyz'):
        assert fetch(gateway.http_port, path)[0] == 404, path


def test_openmetrics(gateway):
    status, kind, text = fetch(gateway.admin_port, '/metrics')
    assert status == 200 and kind == 'application/openmetrics-text; version=1.0.0; charset=utf-8', kind
    assert text.endswith('\n# EOF\n') and text.count('# EOF') == 1
    families = re.findall(r'^# TYPE (\S+) ', text, re.M)
    assert len(set(families)) == len(families)
    for line in text.splitlines():
        assert line.startswith('#') or re.fullmatch(r'[a-z_]+(\{([a-z_]+="[^"]*",?)+\})? [-+0-9.e]+', line), line
    missing = [n for n in NAMES if n not in scrape(gateway)]
    assert not missing, missing


def test_promtool(gateway):
    status, kind, text = fetch(gateway.admin_port, '/metrics', 'text/plain')
    assert status == 200 and kind.startswith('text/plain; version=0.0.4'), kind
    done = subprocess.run(['promtool', 'check', 'metrics'], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_counts(gateway):
    before = scrape(gateway)
    c, s, h = join(gateway, 777)
    echo = c.attach(s, ECHO)
    negotiate(c, s, echo)
    now = scrape(gateway)
    for name in ('sfu_active_participants', 'active_participants', 'active_meetings'):
        assert now[name] == before[name] + 1, (name, now[name])
    assert now['meeting_participants{meeting_id="777"}'] == 1
    assert now[f'limen_handles{{plugin="{ECHO}"}}'] == before[f'limen_handles{{plugin="{ECHO}"}}'] + 1
    assert now['limen_peers{state="connecting"}'] == before['limen_peers{state="connecting"}'] + 1
    assert now['limen_sessions'] == before['limen_sessions'] + 1
    count = 'limen_api_request_seconds_count{verb="%s",result="%s"}'
    assert now[count % ('attach', 'success')] == before[count % ('attach', 'success')] + 2
    assert c.call(janus='nosuch', session_id=s)['janus'] == 'error'
    assert scrape(gateway)[count % ('other', 'error')] == before[count % ('other', 'error')] + 1
    c.call(janus='message', session_id=s, handle_id=h, body={'request': 'leave'})
    c.event(lambda e: e.get('plugindata', {}).get('data', {}).get('leaving') == 'ok')
    now = scrape(gateway)
    assert now['sfu_active_participants'] == before['sfu_active_participants']
    assert now['active_meetings'] == before['active_meetings']
    c.close()


def test_many_meetings(gateway):
    clients = [join(gateway, 2000 + n) for n in range(55)]
    now = scrape(gateway)
    rooms = [n for n in now if n.startswith('meeting_participants{')]
    assert len(rooms) == 51, len(rooms)
    assert now['meeting_participants{meeting_id="(other)"}'] == 5
    assert now['active_meetings'] == 55, now['active_meetings']
    for c, _, _ in clients:
        c.close()


def test_documented(gateway):
    """docs/metrics.md lists what there is, and nothing else, in the same words."""
    with open(os.path.join(ROOT, 'docs/metrics.md'), encoding='utf-8') as f:
        documented = re.findall(r'^\| `(\w+)` \| (\w+) \| (.*?) \|$', f.read(), re.M)
    _, _, text = fetch(gateway.admin_port, '/metrics', 'text/plain')
    served = [(name, kind, text.split(f'# HELP {name} ')[1].split('\n')[0])
              for name, kind in re.findall(r'^# TYPE (\S+) (\S+)$', text, re.M)]
    assert sorted(documented) == sorted(served), set(documented) ^ set(served)


def test_alerts(_):
    done = subprocess.run(['promtool', 'test', 'rules', 'alerts_test.yml'], cwd=MONITORING, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def query(port, expression):
    with urllib.request.urlopen(f'http://127.0.0.1:{port}/api/v1/query?' + urllib.parse.urlencode({'query': expression}), timeout=PATIENCE) as answer:
        data = json.load(answer)
    assert data['status'] == 'success', data
    return data['data']['result']


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def wait_for(found):
    end = time.monotonic() + PATIENCE
    while True:
        try:
            if found():
                return
        except OSError:
            pass  # it does not listen yet
        assert time.monotonic() < end, 'prometheus has not scraped'
        time.sleep(0.1)


def ask_prometheus(gateway, port):
    wait_for(lambda: query(port, 'count_over_time(up{job="limen"}[1m]) > 2'))
    assert query(port, 'up{job="limen"}')[0]['value'][1] == '1', query(port, 'up')
    for name in NAMES:
        assert len(query(port, name)) == 1, name
    assert query(port, 'sfu_active_participants')[0]['value'][1] == str(int(scrape(gateway)['sfu_active_participants']))
    with open(os.path.join(MONITORING, 'dashboard.json'), encoding='utf-8') as f:
        expressions = [t['expr'] for p in json.load(f)['panels'] for t in p['targets']]
    # A meeting has these two only while its media flows.
    quality = ('webrtc_packet_loss_percent', 'call_quality_mos_score')
    empty = [e for e in expressions if not query(port, e) and e not in quality]
    assert len(expressions) > 10 and not empty, empty


def test_prometheus(gateway):
    """The real one scrapes; each query of the dashboard has an answer."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, 'p.yml'), 'w', encoding='utf-8') as f:
            json.dump({'global': {'scrape_interval': '300ms', 'scrape_timeout': '300ms'}, 'scrape_configs': [
                {'job_name': 'limen', 'static_configs': [{'targets': [f'127.0.0.1:{gateway.admin_port}']}]}]}, f)
        server = subprocess.Popen(['prometheus', f'--config.file={folder}/p.yml', f'--storage.tsdb.path={folder}/data',
                                   f'--web.listen-address=127.0.0.1:{port}'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            ask_prometheus(gateway, port)
        finally:
            server.terminate()
            server.wait(PATIENCE)
