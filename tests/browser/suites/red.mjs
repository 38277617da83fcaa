// Redundant audio (RFC 2198): passed on to who takes it, plain Opus for others.

import { until } from '../lib/media.mjs';
import { openRoom } from '../lib/party.mjs';
import { withRoom } from '../lib/room.mjs';

const SOURCE = { width: 320, height: 180, rate: 5, audio: true };

/** Sound is decoded, and not made up; resolves with the bytes of a packet. */
function hear(call, name) {
	return until(`${name} hearing`, async () => {
		const [audio] = await call('heard', name);
		return audio?.totalAudioEnergy > 0 && audio.packetsReceived > 100
			&& audio.totalSamplesReceived > 2 * audio.concealedSamples
			&& audio.bytesReceived / audio.packetsReceived;
	});
}

async function redundancy(context) {
	await withRoom(async (room) => {
		const call = await openRoom(context);
		const watcher = await openRoom(context);
		const { id } = await call('publish', 'ann', { room, source: SOURCE, red: true });
		await watcher('watch', 'redundant', { room, streams: [{ feed: id }] });
		await watcher('watch', 'plain', { room, streams: [{ feed: id }], plain: true });
		const redundant = await hear(watcher, 'redundant');
		const plain = await hear(watcher, 'plain');
		if (redundant < 1.5 * plain)
			throw new Error(`${redundant} bytes a packet with redundancy, ${plain} without`);
	});
}

export default [{ name: 'for who takes it, plain Opus for others', limit: 60, run: redundancy }];
