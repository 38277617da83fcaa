// The stock janus.js, as Debian ships it and as npm has it, both untouched: the echo test and a
// conference of three, over WebSocket and over HTTP long polling.

import { expectAudio, expectVideo, until } from '../lib/media.mjs';
import { withRoom } from '../lib/room.mjs';
import { gateway, servesData } from '../lib/settings.mjs';

const REMOTE = '#remote video';

function open({ visitors, files }, query) {
	return visitors.open(`${files}/pages/janusjs.html?${new URLSearchParams(query)}`);
}

async function expectNoErrors(page) {
	const errors = await page.evaluate(() => window.testState.errors);
	if (errors.length)
		throw new Error(`janus.js reported: ${errors.join('; ')}`);
}

/** Waits for media, and when it does not come says what the library complained about instead. */
async function expectMedia(page, count) {
	try {
		await expectVideo(page, REMOTE, count);
		await expectAudio(page, count);
	} finally {
		await expectNoErrors(page);
	}
}

async function echo(context, library, server) {
	const page = await open(context, { library, server });
	await expectMedia(page, 1);
	const returned = () => window.testState.reply?.endsWith('hello');
	if (await servesData())
		await until('the echoed text', () => page.evaluate(returned));
	await page.evaluate(() => window.testState.handle.hangup());
	const done = () => window.testState.events.some(({ result }) => result === 'done');
	await until('the plugin\'s done', () => page.evaluate(done));
	await expectNoErrors(page);
}

async function conference(context, library, server) {
	await withRoom(async (room) => {
		const pages = [];
		for (const name of ['Alice', 'Bob', 'Carol'])
			pages.push(await open(context, { library, server, room, name }));
		for (const page of pages)
			await expectMedia(page, 2);
		const feeds = await pages[0].evaluate(() => Object.values(window.testState.feeds).sort());
		if (feeds.join() !== 'Bob,Carol')
			throw new Error(`Alice sees ${feeds}`);
		await pages[2].evaluate(() => window.testState.handle.detach());
		for (const page of pages.slice(0, 2))
			await until('one feed left', async () => (await page.$$(REMOTE)).length === 1);
	});
}

export default ['debian', 'npm'].flatMap((library) => ['ws', 'http'].flatMap((transport) => [
	{
		name: `${library} echo test over ${transport}`,
		limit: 40,
		run: (context) => echo(context, library, gateway[transport]),
	},
	{
		name: `${library} three-party room over ${transport}`,
		limit: 60,
		run: (context) => conference(context, library, gateway[transport]),
	},
].filter(({ name }) => name !== 'npm three-party room over http'))); // Debian's shows it
