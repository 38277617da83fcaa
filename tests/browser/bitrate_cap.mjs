// Where a publisher's bitrate settles under a room's cap when its browser does not take REMB and
// hears of the cap only through the arrival times of transport-wide feedback.
// Usage: node bitrate_cap.mjs [--cap=256000] [--seconds=30]; it fails when 15 s after the beginning
// more than 115 % of the cap is sent, or when without a cap no more than that would be sent anyway.
// LIMEN_WS and LIMEN_HTTP name the gateway.

import { launch, Visitors } from './lib/browser.mjs';
import { withRoom } from './lib/room.mjs';
import { gateway, mounts } from './lib/settings.mjs';
import { serve } from './lib/static.mjs';

const SETTLED_S = 15;

function option(name, otherwise) {
	const given = process.argv.find((word) => word.startsWith(`--${name}=`));
	return given ? Number(given.split('=')[1]) : otherwise;
}

/** In the page: publishes without offering REMB. */
async function publish({ client, server, room }) {
	const { setLocalDescription } = RTCPeerConnection.prototype;
	RTCPeerConnection.prototype.setLocalDescription = async function set(given) {
		const { type, sdp } = given ?? await this.createOffer();
		return setLocalDescription.call(this, { type, sdp: sdp.replace(/a=rtcp-fb:\d+ goog-remb\r\n/g, '') });
	};
	const { Session } = await import(client);
	const video = { width: 1280, height: 720, frameRate: 30 };
	const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video });
	const session = await Session.connect(server);
	const handle = await session.attach('janus.plugin.videoroom');
	await handle.message({ request: 'join', ptype: 'publisher', room });
	await handle.publish(stream, { body: { request: 'publish' } });
	return window.testPeers[0].localDescription.sdp.includes('goog-remb');
}

/** In the page: bytes sent so far, headers and retransmissions included. */
async function sentBytes() {
	let bytes = 0;
	for (const report of (await window.testPeers[0].getStats()).values())
		if (report.type === 'outbound-rtp')
			bytes += report.bytesSent + report.headerBytesSent;
	return bytes;
}

/** Bits per second in each second. */
async function measure(visitors, files, cap, seconds) {
	return withRoom(async (room) => {
		const page = await visitors.open(`${files.url}/pages/blank.html`);
		const client = `${files.url}/html/limen.js`;
		if (await page.evaluate(publish, { client, server: gateway.ws, room }))
			throw new Error('REMB was offered');
		const rates = [];
		let before = { bytes: 0, at: performance.now() };
		for (let i = 0; i < seconds; i++) {
			await new Promise((resolve) => setTimeout(resolve, 1000));
			const now = { bytes: await page.evaluate(sentBytes), at: performance.now() };
			rates.push(8000 * (now.bytes - before.bytes) / (now.at - before.at));
			before = now;
		}
		await page.close();
		return rates;
	}, { bitrate: cap });
}

function settled(name, rates) {
	const late = rates.slice(SETTLED_S);
	const mean = late.reduce((sum, rate) => sum + rate, 0) / late.length;
	console.log(`${name}: ${rates.map((rate) => Math.round(rate / 1000)).join(' ')} kbit/s a second`);
	console.log(`${name}: ${Math.round(mean / 1000)} kbit/s after ${SETTLED_S} s`);
	return mean;
}

async function main() {
	const cap = option('cap', 256000);
	const seconds = option('seconds', 30);
	const browser = await launch();
	const files = await serve(mounts);
	const visitors = new Visitors(browser);
	try {
		const free = settled('no cap', await measure(visitors, files, 0, seconds));
		const capped = settled(`cap ${cap / 1000}`, await measure(visitors, files, cap, seconds));
		return free > 1.15 * cap && capped < 1.15 * cap ? 0 : 1;
	} finally {
		await visitors.close();
		await browser.close();
		files.close();
	}
}

process.exit(await main());
