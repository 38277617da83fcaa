"""The same script of requests to Debian's janus and to limen: replies and events of the same shape, in the same order for each handle.

What differs and is meant to stands in compare_known.py; any other difference fails, and so does an entry that nothing needs any more.
"""
from concurrent.futures import ThreadPoolExecutor

from tests.api import compare_known, compare_script, runner
from tests.api.player import Player
from tests.api.shape import differences
from tests.bench import servers

ROOMS = {'room-1': {'description': 'Configured', 'secret': 'test', 'pin': 'pin', 'publishers': 2, 'bitrate': 128000, 'fir_freq': 10, 'notify_joining': True}}


def config(folder):
    return {'limen.plugin.videoroom': ROOMS}


def played(scenario, port):
    player = Player(port)
    scenario(player)
    player.close()
    return player.steps


def comparable(messages):
    """Without the second one of two unpublished in janus. And without hangup: no connection comes up here, and janus tells the end of such a one at
    any time or not at all."""
    told = [m for m in messages if m['janus'] != 'hangup']
    return [m for i, m in enumerate(told) if i == 0 or m != told[i - 1] or 'unpublished' not in m['plugindata']['data']]


def found(there, here):
    """Differences of two recordings: (step, path, janus, limen)."""
    assert [step for step, _ in there] == [step for step, _ in here]
    for (step, a), (_, b) in zip(there, here):
        for difference in differences(comparable(a), comparable(b)):
            yield (step, *difference)


def test_same_shape(gateway):
    unexplained, used, steps = [], set(), 0
    with servers.janus('janus', 0, {'janus.plugin.videoroom.jcfg': runner.config_text(ROOMS)}) as janus, ThreadPoolExecutor(2) as pool:
        for scenario in compare_script.SCENARIOS:
            there, here = [future.result() for future in [pool.submit(played, scenario, port) for port in (janus.port, gateway.ws_port)]]
            steps += len(there)
            for difference in found(there, here):
                reason = compare_known.reason(*difference)
                used.add(reason)
                if not reason:
                    unexplained.append(f'{scenario.__name__}: {difference[0]}\n    {difference[1]}: janus {difference[2]!r}, limen {difference[3]!r}')
    assert not unexplained, f'{len(unexplained)} differences\n' + '\n'.join(unexplained)
    stale = {known.why for known in compare_known.KNOWN if not known.why.startswith(compare_known.AT_TIMES)} - used
    assert not stale, f'no longer needed: {stale}'
    return f'{steps} steps compared'
