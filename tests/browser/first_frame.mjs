// How long a person waits: from `attach` to the first decoded frame, for the gateway under test and
// for Debian's janus in the same run, in turns, so that both see the same machine.
// Usage: node first_frame.mjs [--runs=10] [--max-ratio=R]; with a bound it fails when a median of
// the gateway is more than R times the reference's. LIMEN_WS names the gateway, REFERENCE_WS a
// reference that runs already.

import { launch, Visitors } from './lib/browser.mjs';
import { startReference } from './lib/reference.mjs';
import { gateway, mounts } from './lib/settings.mjs';
import { serve } from './lib/static.mjs';

const ROOM = 1234;
const RUN_MS = 15000;
/** Between runs: both gateways let a publisher be asked for about one keyframe a second, and what is
 * measured is one viewer who comes, not a crowd. */
const PAUSE_MS = 1200;

function option(name, otherwise) {
	const given = process.argv.find((word) => word.startsWith(`--${name}=`));
	return given ? Number(given.split('=')[1]) : otherwise;
}

/** In the page: makes `measure.echo` and `measure.room`, each a promise of milliseconds. */
async function prepare({ client, server, room }) {
	const { Session } = await import(client);
	const wish = { audio: true, video: { width: 640, height: 360 } };
	const stream = await navigator.mediaDevices.getUserMedia(wish);
	const session = await Session.connect(server);
	const firstFrame = (handle) => new Promise((resolve) => handle.on('track', ({ track }) => {
		if (track.kind !== 'video')
			return;
		const video = document.createElement('video');
		Object.assign(video, { muted: true, autoplay: true, srcObject: new MediaStream([track]) });
		document.body.append(video);
		video.requestVideoFrameCallback(() => {
			resolve(performance.now());
			video.remove();
		});
	}));
	const timed = async (plugin, work) => {
		const start = performance.now();
		const handle = await session.attach(plugin);
		const frame = firstFrame(handle);
		await work(handle);
		const end = await frame;
		await handle.detach();
		return end - start;
	};
	const publisher = await session.attach('janus.plugin.videoroom');
	const { data } = await publisher.message({ request: 'join', ptype: 'publisher', room });
	await publisher.publish(stream, { body: { request: 'publish' } });
	window.measure = {
		echo: () => timed('janus.plugin.echotest', (handle) => handle
			.publish(stream, { body: { audio: true, video: true }, direction: 'sendrecv' })),
		room: () => timed('janus.plugin.videoroom', async (handle) => {
			const join = { request: 'join', ptype: 'subscriber', room, streams: [{ feed: data.id }] };
			await handle.answer((await handle.message(join)).jsep);
		}),
	};
}

/** Milliseconds of `runs` measurements of each kind, gateways in turn: {server: {kind: [ms]}}. */
export async function measureFirstFrame(servers, runs) {
	const browser = await launch();
	const files = await serve(mounts);
	const visitors = new Visitors(browser);
	const results = {};
	try {
		const pages = {};
		for (const [name, server] of Object.entries(servers)) {
			pages[name] = await visitors.open(`${files.url}/pages/blank.html`);
			const client = `${files.url}/html/limen.js`;
			await pages[name].evaluate(prepare, { client, server, room: ROOM });
			results[name] = { echo: [], room: [] };
		}
		for (let run = 0; run < runs; run++) {
			for (const kind of ['echo', 'room'])
				for (const [name, page] of Object.entries(pages))
					results[name][kind].push(await once(page, kind));
			await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
		}
	} finally {
		await visitors.close();
		await browser.close();
		files.close();
	}
	return results;
}

function once(page, kind) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`${kind}: no frame in ${RUN_MS} ms`)), RUN_MS);
	});
	const frame = page.evaluate((name) => window.measure[name](), kind);
	return Promise.race([frame, late]).finally(() => clearTimeout(timer));
}

function quantile(values, share) {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)];
}

/** Prints one line of the table and returns its ratio. */
function line(kind, limen, janus) {
	const cells = [limen, janus].flatMap((all) => [quantile(all, 0.5), quantile(all, 0.9)]);
	const ratio = cells[0] / cells[2];
	const [a, b, c, d] = cells.map((ms) => ms.toFixed(0));
	const left = `${kind.padEnd(27)} ${a.padStart(9)} ${b.padStart(6)}`;
	console.log(`${left} ${c.padStart(11)} ${d.padStart(6)} ${ratio.toFixed(2).padStart(14)}`);
	return ratio;
}

async function main() {
	const reference = process.env.REFERENCE_WS ? null : await startReference();
	const servers = { limen: gateway.ws, janus: reference?.ws ?? process.env.REFERENCE_WS };
	let worst = 0;
	try {
		const results = await measureFirstFrame(servers, option('runs', 10));
		console.log('attach to first frame, ms   limen p50    p90   janus p50    p90   ratio of p50');
		for (const kind of ['echo', 'room']) {
			const ratio = line(kind, results.limen[kind], results.janus[kind]);
			worst = Math.max(worst, ratio);
		}
	} finally {
		await reference?.stop();
	}
	return worst <= option('max-ratio', Infinity) ? 0 : 1;
}

process.exit(await main());
