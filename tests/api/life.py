"""The gateway's life: draining, reloading, its log file, the service manager, checking the configuration. Gateways of its own."""
import contextlib
import os
import signal
import socket
import subprocess
import time

from tests.api.admin import Admin
from tests.api.common import UNAUTHORIZED, expect_error
from tests.api.runner import Gateway
from tests.api.ws import Client

SECRET, JWT_KEY = 'only for operators', 'a secret of thirty-two characters'
GENERAL = {'admin_secret': SECRET, 'drain_seconds': 30}


@contextlib.contextmanager
def another(gateway, environment=None, **general):
    """A gateway that may be gone at the end already, but must have ended well."""
    other = Gateway(os.path.dirname(gateway.process.args[0]), lambda folder: {'limen': {'general': {**GENERAL, **general}}}, environment)
    try:
        yield other, Admin(other, SECRET)
    finally:
        other.process.send_signal(signal.SIGINT)
        assert other.stop() == 0, other.output()


def rewrite(other, change):
    path = os.path.join(other.folder.name, 'limen.jcfg')
    with open(path, encoding='utf-8') as f:
        text = change(f.read())
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)


def until(true, seconds=10):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, 'too late'
        time.sleep(0.02)


def ends_within(other, seconds):
    assert other.process.wait(seconds * other.slowness) == 0, other.output()


def test_without_connections_it_leaves_at_once(gateway):
    with another(gateway) as (other, _):
        c = Client(other.ws_port)
        c.attach(c.create())
        other.process.send_signal(signal.SIGTERM)
        ends_within(other, 2)
    with another(gateway) as (other, admin):
        admin.good('drain')
        ends_within(other, 2)


@contextlib.contextmanager
def call(other, seconds):
    """A publisher and a subscriber whose media flows."""
    build = os.path.dirname(os.path.abspath(other.process.args[0]))
    subprocess.run(['make', '-s', '-C', build, 'tests/bench/limen-bench'], check=True, stdout=subprocess.DEVNULL)
    with subprocess.Popen([os.path.join(build, 'tests/bench/limen-bench'), '--url', f'ws://127.0.0.1:{other.ws_port}/', '--subscribers', '1',
                           '--seconds', str(seconds), '--warmup', '0', '--bitrate', '300'], stdout=subprocess.DEVNULL) as process:
        yield process
        process.kill()


def connections(admin):
    infos = [admin.good('handle_info', s, h)['info'] for s in admin.good('list_sessions')['sessions']
             for h in admin.good('list_handles', s)['handles']]
    return sum('webrtc' in info and info['webrtc']['dtls']['dtls-state'] == 'connected' for info in infos)


def test_connections_are_waited_for(gateway):
    with another(gateway) as (other, admin), call(other, 3 * gateway.slowness) as clients:
        until(lambda: connections(admin) == 2, 10 * gateway.slowness)
        other.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        expect_error(Client(other.ws_port).call(janus='create'), 472, ids=None)
        assert connections(admin) == 2 and clients.poll() is None
        assert clients.wait(60) == 0
        ends_within(other, 3)


def test_not_for_ever_and_not_when_told_again(gateway):
    for drain_seconds, again in ((1, False), (30, True)):
        with another(gateway, drain_seconds=drain_seconds) as (other, admin), call(other, 20 * gateway.slowness) as clients:
            until(lambda: connections(admin) == 2, 10 * gateway.slowness)  # pylint: disable=cell-var-from-loop
            began = time.monotonic()
            admin.good('drain')
            admin.good('drain')
            if again:
                time.sleep(0.3)
                other.process.send_signal(signal.SIGTERM)
            ends_within(other, 4)
            assert again or time.monotonic() - began > 0.9
            clients.kill()


def test_reload(gateway):
    with another(gateway, api_secret='old', jwt_secret=JWT_KEY, session_timeout=77) as (other, admin):
        c = Client(other.ws_port)
        answer = admin.good('reload')
        assert answer['changed'] == answer['restart'] == [], answer
        admin.good('set_no_media_timer', no_media_timer=9)
        rewrite(other, lambda text: text.replace('"old"', '"new"').replace('77', '78').replace(JWT_KEY, JWT_KEY[::-1])
                .replace('general: {', 'general: {\n\tdebug_level = "debug"\n\tloops = 3\n'))
        answer = admin.good('reload')
        assert answer['changed'] == ['general.debug_level', 'general.api_secret', 'general.jwt_secret', 'general.session_timeout'], answer
        assert answer['restart'] == ['general.loops'], answer
        assert admin.good('reload')['restart'] == ['general.loops'] and admin.good('reload')['changed'] == []
        expect_error(c.call(janus='create', apisecret='old'), 403, UNAUTHORIZED, ('transaction',))
        assert c.create(apisecret='new')
        status = admin.good('get_status')['status']
        assert (status['session_timeout'], status['log_level'], status['no_media_timer']) == (78, 5, 9), status


def test_a_faulty_file_changes_nothing(gateway):
    with another(gateway, api_secret='old') as (other, admin):
        rewrite(other, lambda text: text.replace('"old"', '"new"').replace('general: {', 'general: {\n\tnosuch = 1\n\tloops = "x"\n'))
        reason = admin.ask('reload')['error']['reason']
        assert len(reason.split('\n')) == 2 and 'limen.jcfg:2: general.nosuch: unknown key' in reason, reason
        other.process.send_signal(signal.SIGHUP)
        until(lambda: 'general.loops: expected' in other.output())
        assert Client(other.ws_port).create(apisecret='old')


def test_sighup_says_what_waits(gateway):
    with another(gateway) as (other, admin):
        rewrite(other, lambda text: text.replace('general: {', 'general: {\n\tserver_name = "other"\n\tadmin_secret = "fresh"').replace(
            f'\tadmin_secret = "{SECRET}"\n', ''))
        other.process.send_signal(signal.SIGHUP)
        until(lambda: 'the configuration was read again' in other.output())
        assert 'general.server_name changes at the next start' in other.output() and 'general.admin_secret has changed' in other.output()
        expect_error(admin.ask('get_status'), 403, UNAUTHORIZED, ('transaction',))
        Admin(other, 'fresh').good('get_status')


def text_of(path):
    with open(path, encoding='utf-8') as f:
        return f.read()


def test_log_file_is_opened_again(gateway):
    path = os.path.join(gateway.folder.name, 'rotated.log')
    with another(gateway, log_to_file=path, debug_level='debug') as (other, _):
        for n, number in enumerate((signal.SIGUSR1, signal.SIGHUP)):
            os.rename(path, f'{path}.{n}')
            other.process.send_signal(number)
            until(lambda: os.path.exists(path))
            c = Client(other.ws_port)
            c.call(janus='destroy', session_id=c.create())
            until(lambda: 'destroyed' in text_of(path))


def test_service_manager(gateway):
    name = '\0limen-test-' + str(os.getpid())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(name)
        manager.settimeout(10)
        with another(gateway, {'NOTIFY_SOCKET': '@' + name[1:], 'WATCHDOG_USEC': '300000'}) as (other, _):
            assert manager.recv(100) == b'READY=1'
            for _ in range(3):
                assert manager.recv(100) == b'WATCHDOG=1'
            other.process.send_signal(signal.SIGHUP)
            heard = [manager.recv(100) for _ in range(6)]
            begin = next(i for i, text in enumerate(heard) if text.startswith(b'RELOADING=1\nMONOTONIC_USEC='))
            assert b'READY=1' in heard[begin:], heard
            other.process.send_signal(signal.SIGTERM)
            until(lambda: manager.recv(100) == b'STOPPING=1')


def check(gateway, text, file='limen.jcfg'):
    with open(os.path.join(gateway.folder.name, 'check', file), 'w', encoding='utf-8') as f:
        f.write(text)
    args = gateway.process.args
    return subprocess.run([args[0], '-C', os.path.join(gateway.folder.name, 'check'), *args[3:], '--check-config'],
                          capture_output=True, text=True, timeout=60, check=False)


def test_check_config(gateway):
    os.mkdir(os.path.join(gateway.folder.name, 'check'))
    done = check(gateway, 'general: {\n\tloops = 1\n}\n')
    assert (done.returncode, done.stdout, done.stderr) == (0, '', ''), done
    check(gateway, 'general: {\n\tport = "x"\n}\n', 'limen.transport.http.jcfg')
    done = check(gateway, 'general: {\n\tloops = -1\n}\nnosuch: {\n}\n')
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    for line, wanted in zip(lines, ('limen.jcfg:2: general.loops: ', 'limen.jcfg:4: nosuch: ', 'limen.transport.http.jcfg:2: general.port: '), strict=True):
        assert wanted in line, lines
    done = check(gateway, 'general: {\n\tjwt_secret = "short"\n}\nmedia: {\n\n\trtp_port_range = "9-3"\n}\n')
    lines = done.stderr.splitlines()
    for line, wanted in zip(lines, ('limen.jcfg:2: general.jwt_secret: ', 'limen.jcfg:6: media.rtp_port_range: ', 'http.jcfg:2: '), strict=True):
        assert wanted in line, lines


def doctor(gateway, name, text):
    folder = os.path.join(gateway.folder.name, name)
    os.mkdir(folder)
    with open(os.path.join(folder, 'limen.jcfg'), 'w', encoding='utf-8') as f:
        f.write(text)
    args = gateway.process.args
    done = subprocess.run([args[0], '-C', folder, *args[3:], 'doctor'], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout.splitlines()


def one(lines, begin):
    return next((line for line in lines if line.startswith(begin)), None)


def test_doctor(gateway):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        taken.bind(('0.0.0.0', 0))
        mute.bind(('127.0.0.1', 0))
        port = taken.getsockname()[1]
        code, lines = doctor(gateway, 'ill', f'ice: {{\n\tport = {port}\n}}\nnat: {{\n\tstun_server = "127.0.0.1"\n'
                             f'\tstun_port = {mute.getsockname()[1]}\n\tice_enforce_list = "203.0.113.77"\n}}\n')
    assert code == 1
    for begin in ('ok      configuration: no faults', 'ok      clock: ', f'fault   port: UDP {port} cannot be used: ', f'ok      port: TCP {port}',
                  'fault   addresses: none', 'fault   STUN: 127.0.0.1:', 'ok      certificate: good for 36'):
        assert one(lines, begin), (begin, lines)
    code, lines = doctor(gateway, 'private', 'ice: {\n\tport = 0\n}\nnat: {\n\tice_enforce_list = "127.0.0.1"\n}\n')
    assert code == 0 and 'nat_1_1_mapping' in one(lines, 'warning addresses: only private ones (127.0.0.1)'), lines
    code, lines = doctor(gateway, 'faulty', 'general: {\n\tloops = "x"\n}\n')
    assert code == 1 and 'limen.jcfg:2: general.loops: ' in one(lines, 'fault   configuration: '), lines
