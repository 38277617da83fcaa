// Our own pages: the echo test and a conference of three.

import { expectAudio, expectStill, expectVideo, transports, until } from '../lib/media.mjs';
import { gateway, servesData } from '../lib/settings.mjs';

const address = (context, path, query = {}) =>
	`${context.pages}/${path}?${new URLSearchParams({ server: gateway.ws, ...query })}`;

const ECHO = '#tiles figure:nth-child(2) video';
const OTHERS = '#tiles figure:nth-child(n+2) video';

async function front({ visitors, ...context }) {
	const page = await visitors.open(address(context, ''));
	const told = () => window.limenState?.info?.janus === 'server_info';
	await until('the gateway\'s info', () => page.evaluate(told));
	await page.waitForSelector('text=janus.plugin.videoroom');
}

async function expectText(page) {
	await page.waitForSelector('#text:enabled');
	await page.fill('#text', 'hello');
	await page.press('#text', 'Enter');
	const returned = () => window.limenState.reply?.endsWith('hello');
	await until('the text to come back', () => page.evaluate(returned));
}

async function echo(context, server) {
	const page = await context.visitors.open(address(context, 'echotest/', { server }));
	await page.click('#start');
	await expectVideo(page, ECHO, 1);
	await expectAudio(page, 1);
	if (await servesData())
		await expectText(page);
	await page.click('#video');
	await expectStill(page, ECHO);
	await page.click('#video');
	await expectVideo(page, ECHO, 1);
	await page.click('#stop');
	const idle = () => window.limenState.phase === 'idle';
	await until('the page back at its start', () => page.evaluate(idle));
}

/** Browsers answer few keyframe requests a second, so each layer plays a while before the next. */
async function layers(context) {
	const page = await context.visitors.open(address(context, 'echotest/', { simulcast: 1 }));
	const expectWidth = async (least, most) => {
		const fits = async () => {
			const width = await page.$eval(ECHO, (video) => video.videoWidth).catch(() => 0);
			return width >= least && width <= most;
		};
		await until(`a width of ${least} to ${most}`, fits);
		await expectVideo(page, ECHO, 1);
	};
	await page.click('#start');
	await expectWidth(640, 1280);
	await page.selectOption('#substream', '0');
	await expectWidth(1, 320);
	await page.selectOption('#substream', '2');
	await expectWidth(640, 1280);
}

async function conference(context) {
	const pages = [];
	for (const name of ['Alice', 'Bob', 'Carol'])
		pages.push(await context.visitors.open(address(context, 'videoroom/', { name })));
	for (const page of pages) {
		await expectVideo(page, OTHERS, 2, 25000);
		await expectAudio(page, 2);
	}
	const texts = (all) => all.map((one) => one.textContent);
	const captions = await pages[0].$$eval('#tiles figcaption', texts);
	for (const name of ['Bob', 'Carol'])
		if (!captions.includes(name))
			throw new Error(`no caption ${name} among ${captions}`);
	await pages[1].click('#leave');
	for (const page of [pages[0], pages[2]])
		await expectVideo(page, OTHERS, 1);
	await pages[1].click('#join');
	for (const page of pages)
		await expectVideo(page, OTHERS, 2, 25000);
}

/** Of the profiles that Chromium offers, the gateway must choose the fastest, for both. */
async function fastest(context) {
	const pages = [];
	for (const name of ['Alice', 'Bob'])
		pages.push(await context.visitors.open(address(context, 'videoroom/', { name })));
	const ports = new Set();
	for (const page of pages) {
		await expectVideo(page, OTHERS, 1, 25000);
		const all = await transports(page);
		const good = ({ dtlsCipher, srtpCipher, protocol }) => protocol === 'udp'
			&& dtlsCipher.includes('AES_128_GCM') && srtpCipher.endsWith('AEAD_AES_128_GCM');
		if (all.length !== 2 || !all.every(good))
			throw new Error(`a publisher and a subscriber: ${JSON.stringify(all)}`);
		all.forEach(({ port }) => ports.add(port));
	}
	if (gateway.shared && ports.size !== 1)
		throw new Error(`more than one port: ${[...ports]}`);
}

export default [
	{ name: 'front page shows the gateway', limit: 15, run: front },
	{ name: 'echo page over WebSocket', limit: 45, run: (context) => echo(context, gateway.ws) },
	{ name: 'echo page over HTTP', limit: 45, run: (context) => echo(context, gateway.http) },
	{ name: 'echo page switches simulcast layers', limit: 60, run: layers },
	{ name: 'room page, three parties, one leaves and returns', limit: 75, run: conference },
	{ name: 'room page, AES-128-GCM both ways through one port', limit: 60, run: fastest },
];
