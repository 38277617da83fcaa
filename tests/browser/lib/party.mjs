// pages/room.html as the tests use it: a room driven step by step, with what it saw.

import { until } from './media.mjs';
import { gateway } from './settings.mjs';

/** Returns call(name, ...arguments) for the functions of `window.room`, connected to the gateway;
 * `browser` is the way to open a page. */
export async function openRoom({ visitors, files }, browser = 'open') {
	const page = await visitors[browser](`${files}/pages/room.html`);
	await until('the page of the room', () => page.evaluate(() => Boolean(window.room)));
	const call = (name, ...args) => page.evaluate(([f, a]) => window.room[f](...a), [name, args]);
	await call('connect', gateway.ws);
	return call;
}

/** Waits until the picture has this width; resolves with the time in the page. */
export async function expectWidth(call, name, width, limitMs = 15000) {
	const look = async () => (await call('sizes', name)).at(-1);
	const is = async () => {
		const size = await look();
		return size?.width === width && size;
	};
	const state = async () => `${JSON.stringify(await look())}, ${await call('events', name)
		.then((events) => JSON.stringify(events.slice(-4)))}`;
	try {
		return (await until(`a width of ${width}`, is, limitMs)).at;
	} catch (error) {
		throw new Error(`${error.message}: ${await state()}`);
	}
}

/** The video that a party decodes, once it is there. */
export function decoded(call, name) {
	return until(`decoded video of ${name}`, async () => {
		const [video] = await call('received', name);
		return video?.framesDecoded > 0 && video;
	});
}

/** Frames go on being decoded. */
export async function expectFrames(call, name, count = 5) {
	const { framesDecoded } = await decoded(call, name);
	const grown = async () => (await decoded(call, name)).framesDecoded >= framesDecoded + count;
	await until(`${count} more frames for ${name}`, grown);
}

/** What is told of a layer since `at`, in the order of events. */
export async function told(call, name, what, at) {
	const events = await call('events', name);
	return events.filter((event) => event.at >= at && what in event).map((event) => event[what]);
}
