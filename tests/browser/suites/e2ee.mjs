// End-to-end encryption through a videoroom: the gateway forwards what it cannot read.

import { until } from '../lib/media.mjs';
import { expectFrames, openRoom } from '../lib/party.mjs';
import { withRoom } from '../lib/room.mjs';

const KEY = 'correct horse battery staple';
const GREEN = { width: 320, height: 180, rate: 10, color: '#00a000' };
const PACKETS = 20;

const isGreen = ([red, green, blue]) => red < 60 && green > 100 && blue < 60;

const received = async (call, name) => (await call('received', name))[0]?.packetsReceived ?? 0;

async function expectRefusal(reply, code) {
	const { error_code: got } = await reply;
	if (got !== code)
		throw new Error(`error ${got}, not ${code}`);
}

/** Packets come, yet no picture of the sender is seen. */
async function expectNothing(call, name) {
	const before = await until(`packets for ${name}`, () => received(call, name));
	const more = async () => await received(call, name) >= before + PACKETS;
	await until(`more packets for ${name}`, more);
	const [{ framesDecoded }] = await call('received', name);
	if (framesDecoded > 0 && isGreen(await call('color', name)))
		throw new Error(`${name} sees the picture without the key`);
}

async function encrypted(context) {
	await withRoom(async (room) => {
		const sender = await openRoom(context);
		const watcher = await openRoom(context);
		const wish = { room, source: GREEN, codec: 'vp8' };
		await expectRefusal(sender('publish', 'careless', wish), 433);
		const careful = { ...wish, key: KEY, jsep: { e2ee: true } };
		const { id } = await sender('publish', 'careful', careful);
		const streams = [{ feed: id }];
		const { jsep } = await watcher('watch', 'friend', { room, streams, key: KEY });
		if (jsep?.e2ee !== true)
			throw new Error('the offer does not tell of encryption');
		await expectFrames(watcher, 'friend');
		await until('the picture of the friend', async () => isGreen(await watcher('color', 'friend')));
		const spies = { spy: undefined, guesser: 'a wrong key' };
		for (const [name, key] of Object.entries(spies))
			await watcher('watch', name, { room, streams, key });
		for (const name of Object.keys(spies))
			await expectNothing(watcher, name);
		await expectFrames(watcher, 'friend');
	}, { require_e2ee: true });
}

async function mixed(context) {
	await withRoom(async (room) => {
		const call = await openRoom(context);
		const wish = { room, source: GREEN };
		const clear = await call('publish', 'clear', wish);
		const secret = await call('publish', 'secret', { ...wish, key: KEY, jsep: { e2ee: true } });
		const streams = [clear, secret].map(({ id }) => ({ feed: id }));
		await expectRefusal(call('watch', 'both', { room, streams }), 438);
	});
}

export default [
	{ name: 'video is seen with the key only', limit: 60, run: encrypted },
	{ name: 'clear and encrypted feeds do not mix', limit: 30, run: mixed },
];
