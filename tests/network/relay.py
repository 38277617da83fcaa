"""A gateway behind a NAT, in mode "agent", with a real STUN and TURN server outside."""
import contextlib

from tests.network.call import Call
from tests.network.gateway import Echoes, addresses, answered, candidates, gateway
from tests.network.namespace import Namespace, run
from tests.network.turn import PORT, settings, turn_server

GATEWAY, CLIENT, TURN = '10.77.0.1', '10.77.0.2', '10.77.0.3'
MAPPED = '10.77.0.9'
NAT = f'''table ip nat {{
 chain leaving {{
  type nat hook postrouting priority 100;
  ip daddr {TURN} udp dport {PORT} snat to {MAPPED}
 }}
}}'''


@contextlib.contextmanager
def natted():
    """The gateway's host and another for the client and the server. What goes to the server has the NAT's address."""
    with Namespace() as here, Namespace() as there:
        here.wire('net', there)
        for host, address in ((here, GATEWAY), (here, MAPPED), (there, CLIENT), (there, TURN)):
            host.address('net', f'{address}/24')
        run('ip', 'netns', 'exec', here.name, 'nft', '-f', '-', input=NAT)
        with there.inside(), turn_server(TURN):
            yield here, there


def nat(**more):
    return settings(TURN, ice_enforce_list=GATEWAY, **more)


def test_reflexive_and_relayed_candidates_are_in_the_answer(build):
    with natted() as (here, _):
        for kind in ('udp', 'tcp'):
            found = answered(build, here, 'agent', nat=nat(turn_type=kind))
            assert addresses(found) == {GATEWAY}, (kind, found)
            assert addresses(found, 'srflx') == {MAPPED}, (kind, found)
            assert addresses(found, 'relay') == {TURN}, (kind, found)


def test_a_server_that_refuses_costs_only_its_candidate(build):
    with natted() as (here, _):
        found = answered(build, here, 'agent', nat=nat(turn_pwd='wrong'))
        assert addresses(found) == {GATEWAY} and not addresses(found, 'relay'), found


def test_servers_that_do_not_answer_cost_only_their_candidates(build):
    with natted() as (here, there):
        there.filter(f'udp sport {PORT} drop')
        found = answered(build, here, 'agent', nat=nat())
        assert {c.type for c in found} == {'host'}, found


def test_relayed_candidates_alone_for_clients_that_ask_for_it_where_they_may(build):
    with natted() as (here, _):
        for allowed, want in ((True, {'relay'}), (False, {'host', 'srflx', 'relay'})):
            with gateway(build, here, 'agent', nat=nat(allow_force_relay=allowed)) as g:
                e = Echoes(g)
                found = candidates(e.offer(force_relay=True))
                assert {c.type for c in found} == want, (allowed, found)
                assert {c.type for c in candidates(e.offer())} == {'host', 'srflx', 'relay'}


def test_where_only_the_relay_is_reached_a_call_is_relayed(build):
    with natted() as (here, there), gateway(build, here, 'agent', nat=nat()) as g:
        here.filter(f'meta l4proto udp ip daddr != {TURN} drop\nip daddr {TURN} udp dport != {PORT} drop')
        there.filter(f'meta l4proto udp ip daddr {{ {GATEWAY}, {MAPPED} }} udp sport != {PORT} drop')
        with there.inside(), Call(f'ws://{GATEWAY}:{g.ws_port}') as call:
            now = call.look()
            assert (now['remote']['type'], now['remote']['address']) == ('relay', TURN), now
