// The demo pages of Debian's janus-demos, untouched but for what settings.js is there to set,
// used as a person would.

import { readFile } from 'node:fs/promises';
import { expectAudio, expectStill, expectVideo, until } from '../lib/media.mjs';
import { withRoom } from '../lib/room.mjs';
import { gateway, servesData } from '../lib/settings.mjs';

const SETTINGS = '/usr/share/janus/demos/settings.js';

/* Debian's README asks for iceServers; its pages also read two that settings.js only mentions. */
const DEBIAN_NEEDS = 'iceServers = []; var token = undefined, apisecret = undefined;';

/** Runs before any script of the page: a camera whose layers a small machine can encode in time. All
 * pages of the browser that use the camera must ask for the same. */
function modestCamera() {
	const devices = navigator.mediaDevices;
	const capture = devices.getUserMedia.bind(devices);
	const video = { width: { exact: 960 }, height: { exact: 540 }, frameRate: 10 };
	devices.getUserMedia = (wish) => capture({ ...wish, ...(wish.video && { video }) });
}

/** Opens a demo that talks to `server` and starts it, once janus.js is ready for that. */
async function open({ visitors, files }, demo, server, query = {}) {
	const address = `${files}/demos/${demo}.html?${new URLSearchParams(query)}`;
	const settings = await readFile(SETTINGS, 'utf8');
	const body = `${settings}\nserver = ${JSON.stringify(server)};\n${DEBIAN_NEEDS}`;
	const page = await visitors.open(address, async (context) => {
		if ('simulcast' in query)
			await context.addInitScript(modestCamera);
		await context.route('**/settings.js',
			(route) => route.fulfill({ contentType: 'text/javascript', body }));
	});
	const bound = () => {
		const start = document.getElementById('start');
		return Boolean(window.jQuery?._data(start, 'events')?.click);
	};
	await until('the start button to work', () => page.evaluate(bound));
	await page.click('#start');
	return page;
}

/** The demos report trouble in a dialog. */
async function expectNoDialog(page) {
	const dialog = await page.$('.bootbox-body');
	if (dialog)
		throw new Error(`the page says: ${await dialog.textContent()}`);
}

async function expectMedia(page, selector, count) {
	try {
		await expectVideo(page, selector, count);
		await expectAudio(page, count);
	} finally {
		await expectNoDialog(page);
	}
}

async function expectText(page) {
	await page.fill('#datasend', 'hello');
	await page.press('#datasend', 'Enter');
	const returned = () => document.getElementById('datarecv').value.endsWith('hello');
	await until('the echoed text', () => page.evaluate(returned));
}

async function echo(context, server) {
	const page = await open(context, 'echotest', server);
	await expectMedia(page, '#videoright video', 1);
	if (await servesData())
		await expectText(page);
	await page.click('#togglevideo');
	await expectStill(page, '#videoright video');
	await page.click('#togglevideo');
	await expectVideo(page, '#videoright video', 1);
}

async function enter(page, name) {
	await page.fill('#username', name);
	await page.click('#register');
}

async function conference(context, demo, server) {
	await withRoom(async (room) => {
		const pages = [];
		for (const name of ['Alice', 'Bob', 'Carol']) {
			const page = await open(context, demo, server, { room });
			await enter(page, name);
			pages.push(page);
		}
		for (const page of pages)
			await expectMedia(page, '[id^="videoremote"] video', 2);
		const texts = (all) => all.map((one) => one.textContent);
		const shown = await pages[0].$$eval('[id^="remote"]:not(:empty)', texts);
		for (const name of ['Bob', 'Carol'])
			if (!shown.includes(name))
				throw new Error(`no ${name} among ${shown}`);
	});
}

/** Clicks the buttons of a layer that a demo shows, and waits until the button turns green. */
async function choose(page, name, width) {
	await page.click(`button[id="${name}"]`);
	await page.waitForSelector(`button[id="${name}"].btn-success`);
	const shown = () => page.$eval('#videoremote1 video', (video) => video.videoWidth);
	await until(`a width of ${width} after ${name}`, async () => await shown() === width)
		.catch(async (error) => { throw new Error(`${error.message}, but ${await shown()}`); });
}

/** Bob sends layers, Alice chooses among them. */
async function chooseLayers(context, demo) {
	await withRoom(async (room) => {
		const alice = await open(context, demo, gateway.ws, { room, simulcast: false });
		await enter(alice, 'Alice');
		const bob = await open(context, demo, gateway.ws, { room, simulcast: true });
		await enter(bob, 'Bob');
		await expectMedia(alice, '#videoremote1 video', 1);
		for (const [name, width] of [['sl1-0', 240], ['sl1-1', 480], ['sl1-2', 960]])
			await choose(alice, name, width);
		await expectVideo(alice, '#videoremote1 video', 1);
		await expectNoDialog(alice);
	}, { bitrate: 0 });
}

/** The dialog that says the session began names its room. */
async function share(context) {
	const owner = await open(context, 'screensharingtest', gateway.ws);
	await owner.fill('#desc', 'A test');
	await owner.click('#create');
	const dialog = await owner.waitForSelector('.bootbox-body:has-text("just started")');
	const [room] = (await dialog.textContent()).match(/\d+/);
	const guest = await open(context, 'screensharingtest', gateway.ws);
	await guest.fill('#roomid', room);
	await guest.click('#join');
	// janus.js tells of a track twice, and this page then adds a second element that stays empty and
	// plays the first again.
	await expectVideo(guest, '#screencapture video:first-of-type', 1);
	await expectAudio(guest, 1);
	await expectNoDialog(guest);
	const { errors } = context.visitors;
	errors.splice(0, errors.length, ...errors.filter((error) => !error.includes('play()')));
}

export default [
	{ name: 'echotest', limit: 40, run: (context) => echo(context, gateway.http) },
	...['videoroomtest', 'mvideoroomtest'].map((demo) => ({
		name: `${demo}, three parties`,
		limit: 60,
		run: (context) => conference(context, demo, gateway.ws),
	})),
	...['videoroomtest', 'mvideoroomtest'].map((demo) => ({
		name: `${demo}, simulcast and its buttons`,
		limit: 75,
		run: (context) => chooseLayers(context, demo),
	})),
	{ name: 'screensharingtest, an owner and a guest', limit: 45, run: share },
];
