// Firefox and Chromium in one room: each decodes sound and pictures of the other.

import { expectAudio, expectDecoded } from '../lib/media.mjs';
import { decoded, expectFrames, expectWidth, openRoom } from '../lib/party.mjs';
import { withRoom } from '../lib/room.mjs';
import { gateway } from '../lib/settings.mjs';

const BROWSERS = { Fox: 'openFirefox', Chrome: 'open' };

async function meet({ visitors }, address) {
	await withRoom(async (room) => {
		const pages = [];
		for (const [name, open] of Object.entries(BROWSERS))
			pages.push(await visitors[open](`${address}?${new URLSearchParams({ room, name,
				server: gateway.ws, library: 'debian' })}`));
		for (const page of pages) {
			await expectDecoded(page, 1, 25000);
			await expectAudio(page, 1);
		}
	});
}

const SOURCE = { width: 960, height: 540, rate: 10, color: '#0040c0' };
const LAYERS = [1, 2, 4].map((scaleResolutionDownBy, i) => ({
	rid: 'hml'[i], scaleResolutionDownBy, maxBitrate: 600000 >> i,
}));

/** Layers of Firefox, and pictures of both browsers in the other. */
async function layers(context) {
	await withRoom(async (room) => {
		const fox = await openRoom(context, 'openFirefox');
		const chrome = await openRoom(context);
		const wish = { room, source: SOURCE, codec: 'vp8', encodings: LAYERS };
		const feeds = [[fox, chrome], [chrome, fox]];
		for (const [from, to] of feeds) {
			const { id, streams } = await from('publish', 'sender', wish);
			if (!streams[0].simulcast)
				throw new Error(`published ${JSON.stringify(streams)}`);
			await to('watch', 'watcher', { room, streams: [{ feed: id }] });
			await expectWidth(to, 'watcher', 960);
			for (const [substream, width] of [[0, 240], [2, 960]]) {
				await to('ask', 'watcher', { request: 'configure', substream });
				await expectWidth(to, 'watcher', width);
				await expectFrames(to, 'watcher');
			}
			const { codec } = await decoded(to, 'watcher');
			if (codec !== 'video/VP8')
				throw new Error(`decodes ${codec}`);
		}
	}, { bitrate: 0 });
}

export default [
	{
		name: 'our room page',
		limit: 90,
		run: (context) => meet(context, `${context.pages}/videoroom/`),
	},
	{
		name: 'the stock janus.js',
		limit: 60,
		run: (context) => meet(context, `${context.files}/pages/janusjs.html`),
	},
	{ name: 'VP8 simulcast both ways', limit: 60, run: layers },
];
