"""Which candidates the answers of a gateway carry, by its addresses and its configuration."""
from tests.api.common import OFFER
from tests.network.gateway import MODES, Echoes, addresses, answered, candidates, gateway
from tests.network.namespace import Namespace

WAN, WAN6 = '198.51.100.1', '2001:db8::1'
LAN, LAN6 = '10.77.0.1', 'fd77::1'
VM = '10.78.0.1'
PUBLIC, PUBLIC6 = '203.0.113.1', '2001:db8:ffff::1'
MDNS = 'candidate:1 1 udp 2113937151 0b6b0a0e-7c3e-4d5a-9f0e-000000000001.local 50000 typ host'
REAL = f'candidate:2 1 udp 2113937151 {WAN} 50000 typ host'
PORT_MIN, PORT_MAX = 20000, 20003


class Host(Namespace):
    """Two networks, and one that is left out by default."""

    def __enter__(self):
        super().__enter__()
        self.interface('wan', f'{WAN}/24', f'{WAN6}/64')
        self.interface('lan', f'{LAN}/24', f'{LAN6}/64')
        self.interface('vmnet1', f'{VM}/24')
        return self


def expect(build, want, more=(), **groups):
    """The addresses of the host candidates, in both modes. more: addresses that the host has beside its others."""
    with Host() as host:
        for address in more:
            host.address('lan', address)
        for mode in MODES:
            found = answered(build, host, mode, **groups)
            assert addresses(found) == set(want), (mode, found)
            assert {c.type for c in found} == {'host'}, (mode, found)


def test_all_addresses_but_loopback_and_link_local_ones(build):
    expect(build, [WAN, WAN6, LAN, LAN6])


def test_loopback_alone_is_used(build):
    for mode in MODES:
        with Namespace() as bare:
            found = answered(build, bare, mode)
            assert addresses(found) == {'127.0.0.1', '::1'}, (mode, found)


def test_loopback_beside_others_when_asked_for(build):
    expect(build, [WAN, WAN6, LAN, LAN6, '127.0.0.1', '::1'], nat={'ice_loopback': True})


def test_without_ipv6(build):
    expect(build, [WAN, LAN], media={'ipv6': False})


def test_ipv6_alone(build):
    for mode in MODES:
        with Namespace() as host:
            host.interface('wan', f'{WAN6}/64')
            found = answered(build, host, mode)
            assert addresses(found) == {WAN6}, (mode, found)


def test_link_local_addresses_when_asked_for(build):
    for mode in MODES:
        with Namespace() as host:
            host.interface('wan')
            host.address('wan', 'fe80::77/64')
            found = answered(build, host, mode, media={'ipv6_linklocal': True})
            assert 'fe80::77' in addresses(found), (mode, found)


def test_only_an_interface(build):
    expect(build, [LAN, LAN6], nat={'ice_enforce_list': 'lan'})


def test_only_an_address_and_the_beginning_of_others(build):
    expect(build, [WAN, LAN6], nat={'ice_enforce_list': f'{WAN}, fd77'})


def test_one_address_that_the_port_is_bound_to(build):
    expect(build, [LAN], nat={'ice_enforce_list': LAN})
    expect(build, [LAN6], nat={'ice_enforce_list': LAN6})


def test_a_whole_address_is_not_the_beginning_of_others(build):
    others = (f'{LAN}2/24', f'{LAN6}2/64')
    expect(build, [LAN], others, nat={'ice_enforce_list': LAN})
    expect(build, [LAN6], others, nat={'ice_enforce_list': LAN6})
    expect(build, [f'{LAN}2', f'{LAN6}2', VM], others, nat={'ice_ignore_list': f'wan, {LAN}, {LAN6}'})


def test_an_ipv6_prefix_is_the_beginning_of_others(build):
    expect(build, [LAN6, f'{LAN6}2'], (f'{LAN6}2/64',), nat={'ice_enforce_list': 'fd77::'})


def test_without_an_interface(build):
    expect(build, [WAN, WAN6, VM], nat={'ice_ignore_list': 'lan'})


def test_without_an_address(build):
    expect(build, [WAN6, LAN, LAN6, VM], nat={'ice_ignore_list': WAN})


def test_public_address_in_place_of_local_ones(build):
    expect(build, [PUBLIC, WAN6, LAN6], nat={'nat_1_1_mapping': PUBLIC})


def test_public_address_beside_local_ones(build):
    expect(build, [PUBLIC, WAN, LAN, WAN6, LAN6], nat={'nat_1_1_mapping': PUBLIC, 'keep_private_host': True})


def test_public_addresses_of_both_families(build):
    expect(build, [PUBLIC, PUBLIC6], nat={'nat_1_1_mapping': f'{PUBLIC}, {PUBLIC6}'})


def test_description_names_a_public_address(build):
    for mapping, family, address in ((PUBLIC, 4, PUBLIC), (PUBLIC6, 6, PUBLIC6), ('', 4, LAN)):
        with Host() as host, gateway(build, host, nat={'nat_1_1_mapping': mapping, 'ice_enforce_list': 'lan'}) as g:
            lines = [line for line in Echoes(g).offer().split('\r\n') if line.startswith('c=')]
            assert lines == [f'c=IN IP{family} {address}'], lines


def test_ports_are_of_the_range(build):
    """A peer that finds none left is told so; one that goes leaves its port to the next."""
    with Host() as host, gateway(build, host, 'agent', media={'rtp_port_range': f'{PORT_MIN}-{PORT_MAX}'},
                                 nat={'ice_enforce_list': LAN}) as g:
        e = Echoes(g)
        ports = [c.port for _ in range(PORT_MIN, PORT_MAX + 1) for c in candidates(e.offer())]
        assert sorted(ports) == list(range(PORT_MIN, PORT_MAX + 1)), ports
        refused = e.ask(e.attach(), jsep={'type': 'offer', 'sdp': OFFER})
        assert 'jsep' not in refused, refused
        hangup = e.client.event(lambda event: event['janus'] == 'hangup')
        assert hangup['reason'] == 'ICE gathering error', hangup
        e.detach(e.handles[0])
        again = candidates(e.offer())
        assert [c.port for c in again] == ports[:1], again


def test_shared_port_is_the_configured_one(build):
    with Host() as host:
        found = answered(build, host, 'shared', ice={'port': 10000})
        assert {c.port for c in found} == {10000}, found
        assert {c.protocol for c in found} == {'udp', 'tcp'}, found


def test_mdns_names_are_tolerated(build):
    """In the offer and trickled; the addresses that come after them count."""
    for mode in MODES:
        with Host() as host, gateway(build, host, mode) as g:
            e = Echoes(g)
            answer = e.offer(f'{OFFER}a={MDNS}\r\n')
            assert addresses(candidates(answer)) == {WAN, WAN6, LAN, LAN6}, answer
            for candidate in (MDNS, REAL):
                assert e.trickle(e.handles[0], candidate)['janus'] == 'ack'
            assert 'jsep' not in e.ask(e.handles[0])
