"""Calls of a real browser over networks where not every way is open."""
import contextlib

from tests.network.call import Call
from tests.network.gateway import MODES, gateway
from tests.network.namespace import Namespace

GATEWAY, CLIENT = '10.77.0.1', '10.77.0.2'
GATEWAY6 = 'fd77::1'
# Networks of a client beside the one for its signalling: the gateway's address and the client's.
NETWORKS = {'media1': ('10.78.1.1', '10.78.1.2'), 'media2': ('10.78.2.1', '10.78.2.2')}
FASTEST = 'SRTP_AEAD_AES_128_GCM'


@contextlib.contextmanager
def two_hosts():
    """Those of a gateway and of a client, with a cable between them."""
    with Namespace() as here, Namespace() as there:
        here.wire('net', there)
        here.address('net', f'{GATEWAY}/24')
        there.address('net', f'{CLIENT}/24')
        yield here, there


def test_without_udp_a_call_goes_over_tcp(build):
    with two_hosts() as (here, there), gateway(build, here) as g:
        there.filter('meta l4proto udp drop')
        with there.inside(), Call(f'ws://{GATEWAY}:{g.ws_port}') as call:
            now = call.look()
            assert now['local']['protocol'] == now['remote']['protocol'] == 'tcp', now
            assert now['remote']['address'] == GATEWAY, now
            assert now['srtp'] == FASTEST, now


def test_a_client_whose_network_goes_keeps_its_call(build):
    """As when a telephone leaves its Wi-Fi: the client goes on from its other address, without a new offer."""
    with two_hosts() as (here, there):
        there.filter(f'meta l4proto udp ip saddr {CLIENT} drop')
        for name, (ours, theirs) in NETWORKS.items():
            here.wire(name, there)
            here.address(name, f'{ours}/24')
            there.address(name, f'{theirs}/24')
        with gateway(build, here, ice={'tcp': False}, nat={'ice_enforce_list': 'media'}) as g, there.inside(), \
                Call(f'ws://{GATEWAY}:{g.ws_port}') as call:
            before = call.first['local']['address']
            gone, kept = sorted(NETWORKS, key=lambda name: NETWORKS[name][1] != before)
            assert NETWORKS[gone][1] == before, call.first
            there.ip('link', 'set', gone, 'down')
            now = call.look_until(lambda now: now['local']['address'] == NETWORKS[kept][1])
            assert call.look()['phase'] == now['phase'] == 'up'


def test_ipv6_alone(build):
    """Signalling alone takes 127.0.0.1, which is no candidate here."""
    for mode in MODES:
        with Namespace() as host:
            host.interface('net', f'{GATEWAY6}/64')
            with gateway(build, host, mode) as g, Call(f'ws://127.0.0.1:{g.ws_port}') as call:
                now = call.look()
                assert now['local']['address'] == now['remote']['address'] == GATEWAY6, (mode, now)
                assert now['srtp'] == FASTEST, (mode, now)
