"""limenctl against a gateway with a call in it."""
import json
import os
import subprocess

from tests.api.admin import Admin
from tests.api.life import call, connections, until
from tests.api.ws import Client

SECRET = 'only for operators'


def config(folder):
    with open(os.path.join(folder, 'secret'), 'w', encoding='utf-8') as f:
        f.write(SECRET + '\n')
    return {'limen': {'general': {'admin_secret': SECRET}}}


def run(gateway, *words, environment=None):
    return subprocess.run([os.path.join(os.path.dirname(gateway.process.args[0]), 'limenctl'), '-s', f'127.0.0.1:{gateway.admin_port}', *words],
                          env={**os.environ, **(environment or {})}, capture_output=True, text=True, timeout=60, check=False)


def good(gateway, *words):
    done = run(gateway, '--secret', SECRET, *words)
    assert done.returncode == 0 and done.stderr == '', done
    return done.stdout


def test_secrets(gateway):
    file = os.path.join(gateway.folder.name, 'secret')
    for words, environment in ((['--secret', SECRET], {}), (['-f', file], {}), ([], {'LIMEN_ADMIN_SECRET': SECRET})):
        assert run(gateway, *words, 'list', environment=environment).returncode == 0
    for words in ([], ['--secret', 'x']):
        done = run(gateway, *words, 'list')
        assert done.returncode == 1 and 'Unauthorized' in done.stderr and '(403)' in done.stderr, done
    assert 'No such file' in run(gateway, '-f', file + 'x', 'list').stderr


def test_wrong_words(gateway):
    for words in ([], ['nosuch'], ['show', '1'], ['kick'], ['list', 'x'], ['kick', 'x'], ['log-level', '-1'], ['log-level', '9'], ['kick', '77']):
        done = run(gateway, '--secret', SECRET, *words)
        assert done.returncode == 1 and done.stderr.startswith('limenctl: '), (words, done)
    done = run(gateway, '-s', '127.0.0.1:1', 'list')
    assert done.returncode == 1 and '127.0.0.1:1' in done.stderr, done


def test_list_and_kick(gateway):
    c = Client(gateway.ws_port)
    s = c.create()
    h, other = c.attach(s), c.attach(s)
    text = good(gateway, 'list')
    assert f'session {s}\n' in text and f'  handle {h}\n' in text and f'  handle {other}\n' in text, text
    assert {'session': s, 'handles': sorted([h, other])} in [
        {**entry, 'handles': sorted(entry['handles'])} for entry in json.loads(good(gateway, '--json', 'list'))]
    assert f'handle {h} janus.plugin.echotest\n  no PeerConnection\n' == good(gateway, '-i', '0.1', 'show', str(s), str(h))
    good(gateway, 'kick', str(s), str(h))
    assert c.event(lambda e: e['janus'] == 'detached')['sender'] == h
    good(gateway, 'kick', str(s))
    assert f'session {s}\n' not in good(gateway, 'list')


def test_a_call_with_its_rates(gateway):
    admin = Admin(gateway, SECRET)
    with call(gateway, 20 * gateway.slowness) as clients:
        until(lambda: connections(admin) == 2, 10 * gateway.slowness)
        ins, outs = [], []
        for entry in json.loads(good(gateway, '--json', 'list')):
            for h in entry['handles']:
                text = good(gateway, 'show', str(entry['session']), str(h))
                shown = json.loads(good(gateway, '--json', 'show', str(entry['session']), str(h)))
                if 'webrtc' not in shown['info']:
                    continue
                assert '  ICE ' in text and '  DTLS connected' in text and ' video ' in text and 'kbit/s' in text, text
                ins.append(sum(rate['in_bps'] for rate in shown['rates'].values()))
                outs.append(sum(rate['out_bps'] for rate in shown['rates'].values()))
        assert len(ins) == 2 and 150000 < max(ins) < 600000 and 150000 < max(outs) < 600000, (ins, outs)
        clients.kill()


def test_settings(gateway):
    assert json.loads(good(gateway, '--json', 'log-level', '5'))['level'] == 5
    assert Admin(gateway, SECRET).good('get_status')['status']['log_level'] == 5
    assert good(gateway, 'log-level', '4') == good(gateway, 'reload') == ''


def test_zz_drain(gateway):
    assert good(gateway, 'drain') == ''
    assert gateway.process.wait(10 * gateway.slowness) == 0
