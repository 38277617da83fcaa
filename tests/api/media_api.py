"""Calls through the JSON API with real ICE, DTLS and SRTP: the load generator as a client with a small load."""
import json
import os
import subprocess
import tempfile


def load(gateway, *arguments):
    """Runs the generator of the gateway's build; returns its figures."""
    build = os.path.dirname(os.path.abspath(gateway.process.args[0]))
    subprocess.run(['make', '-s', '-C', build, 'tests/bench/limen-bench'], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, 'figures')
        done = subprocess.run([os.path.join(build, 'tests/bench/limen-bench'), '--url', f'ws://127.0.0.1:{gateway.ws_port}/', '--json', out, '--seconds', '1',
                               '--warmup', '1', '--bitrate', '300', *arguments], capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        with open(out, encoding='utf-8') as f:
            return json.load(f)


def expect_all(figures):
    assert figures['streams_received'] == figures['streams_expected'], figures
    assert figures['received'] > 0.95 * figures['expected'], figures
    assert figures['bad_authentication'] == figures['damaged'] == figures['duplicates'] == 0, figures


def test_one_publisher_and_many_subscribers_who_all_go_at_once(gateway):
    """The second time the gateway has just lost all the peers of the first, publisher and subscribers together."""
    for _ in range(2):
        expect_all(load(gateway, '--subscribers', '30'))


def test_meeting_with_audio_and_video(gateway):
    expect_all(load(gateway, '--meeting', '--publishers', '4', '--audio'))


def test_evenly_spaced_video_to_receivers_that_take_single_packets(gateway):
    expect_all(load(gateway, '--subscribers', '3', '--video', 'even', '--no-gro'))


def test_profile_is_the_fastest_that_the_client_offers(gateway):
    assert load(gateway, '--subscribers', '1')['srtp_profile'] == 7
    assert load(gateway, '--subscribers', '1', '--srtp', 'SRTP_AES128_CM_SHA1_80')['srtp_profile'] == 1
