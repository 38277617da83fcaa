// Proof that media arrives: decoded frames and received sound that keep growing between two looks.

const POLL_MS = 250;
const FRAMES = 5;

/** Calls `look` until it returns something truthy; `what` names it in the failure. */
export async function until(what, look, limitMs = 15000) {
	let last = null;
	for (const end = Date.now() + limitMs; Date.now() < end;) {
		last = await look();
		if (last)
			return last;
		await new Promise((resolve) => setTimeout(resolve, POLL_MS));
	}
	throw new Error(`not within ${limitMs} ms: ${what}`);
}

/** Frames decoded so far by each video element that `selector` names. */
export function frameCounts(page, selector) {
	const count = (video) => video.getVideoPlaybackQuality().totalVideoFrames;
	return page.evaluate(`[...document.querySelectorAll(${JSON.stringify(selector)})].map(${count})`);
}

/** Totals over what every PeerConnection of the page receives of a kind. One entry a stream. */
function inboundCounts(page, kind) {
	return page.evaluate(async (wanted) => {
		const streams = [];
		for (const peer of window.testPeers) {
			if (peer.connectionState === 'closed')
				continue;
			for (const report of (await peer.getStats()).values())
				if (report.type === 'inbound-rtp' && report.kind === wanted)
					streams.push({
						packets: report.packetsReceived,
						energy: report.totalAudioEnergy ?? 0,
						frames: report.framesDecoded ?? 0,
					});
		}
		return streams;
	}, kind);
}

/** `count` video elements under `selector`, each with frames that keep coming. */
export async function expectVideo(page, selector, count, limitMs = 15000) {
	const first = await until(`${count} playing videos (${selector})`, async () => {
		const frames = await frameCounts(page, selector);
		return frames.length === count && frames.every((n) => n > 0) && frames;
	}, limitMs);
	await until(`frames of ${selector} growing beyond ${first}`, async () => {
		const now = await frameCounts(page, selector);
		return now.length === count && now.every((n, i) => n >= first[i] + FRAMES);
	}, limitMs);
}

/** `count` video streams are decoded, shown or not: headless Firefox counts no shown frames. */
export async function expectDecoded(page, count, limitMs = 15000) {
	const frames = async () => (await inboundCounts(page, 'video')).map((stream) => stream.frames);
	const first = await until(`${count} decoded videos`, async () => {
		const now = await frames();
		return now.length === count && now.every((n) => n > 0) && now;
	}, limitMs);
	await until(`decoded frames growing beyond ${first}`, async () => (await frames())
		.every((n, i) => n >= first[i] + FRAMES), limitMs);
}

/** `count` inbound audio streams, each with packets and energy that keep growing. */
export async function expectAudio(page, count, limitMs = 15000) {
	const loud = ({ packets, energy }) => packets > 0 && energy > 0;
	const first = await until(`${count} audible streams`, async () => {
		const streams = (await inboundCounts(page, 'audio')).filter(loud);
		return streams.length >= count && streams;
	}, limitMs);
	await until('sound that goes on', async () => {
		const now = (await inboundCounts(page, 'audio')).filter(loud);
		const grown = first.filter(({ packets, energy }, i) => now[i]?.packets > packets
			&& now[i].energy > energy);
		return grown.length >= count;
	}, limitMs);
}

/** How each open PeerConnection of the page is protected, and where its media goes. */
export function transports(page) {
	return page.evaluate(async () => {
		const all = [];
		for (const peer of window.testPeers) {
			if (peer.connectionState === 'closed')
				continue;
			const stats = await peer.getStats();
			const { selectedCandidatePairId, dtlsCipher, srtpCipher } = [...stats.values()]
				.find(({ type }) => type === 'transport');
			const { protocol, port } = stats.get(stats.get(selectedCandidatePairId).remoteCandidateId);
			all.push({ dtlsCipher, srtpCipher, protocol, port });
		}
		return all;
	});
}

/** Frames have stopped: no video of `selector` moves for `quietMs`. */
export async function expectStill(page, selector, quietMs = 1500, limitMs = 10000) {
	await until(`${selector} standing still`, async () => {
		const before = await frameCounts(page, selector);
		await new Promise((resolve) => setTimeout(resolve, quietMs));
		const after = await frameCounts(page, selector);
		return before.length > 0 && before.every((n, i) => n === after[i]);
	}, limitMs);
}
