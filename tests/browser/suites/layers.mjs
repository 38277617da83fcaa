// Layers from Chromium through a videoroom: simulcast and SVC, switched by the subscriber, with the
// width and the rate that are really received.

import { until } from '../lib/media.mjs';
import { decoded, expectFrames, expectWidth, openRoom, told } from '../lib/party.mjs';
import { withRoom } from '../lib/room.mjs';

/* Chromium sends three layers from 960x540 on, two below that. */
const WIDTHS = [240, 480, 960];
const SOURCE = { width: 960, height: 540, rate: 12 };
const BITRATES = [100000, 250000, 600000];
const RIDS = ['h', 'm', 'l'];
const CODECS = 'vp8,vp9,h264,av1';
const SAMPLE_FRAMES = 16;

const simulcast = (extra = {}) => RIDS.map((rid, i) => ({
	rid, scaleResolutionDownBy: 2 ** i, maxBitrate: BITRATES[2 - i], ...extra,
}));

/** Publishes in a room of its own and watches that; `use` gets both, and `top`, the full width. */
async function withFeed(context, { published, ...offer }, use) {
	await withRoom(async (room) => {
		const call = await openRoom(context);
		const { id, streams } = await call('publish', 'sender', { room, source: SOURCE, ...offer });
		await published?.(call);
		await call('watch', 'watcher', { room, streams: [{ feed: id }] });
		await use({ call, note: context.note, room, id, streams });
	}, { bitrate: 0, videocodec: CODECS });
}

/** Asks for a layer and waits for its picture. The events lead there step by step. */
async function move({ call, note }, what, target, width) {
	const { at } = await call('ask', 'watcher', { request: 'configure', [what]: target });
	const shown = await expectWidth(call, 'watcher', width);
	const arrived = async () => (await told(call, 'watcher', what, at)).at(-1) === target;
	await until(`the event ${what} ${target}`, arrived, 3000);
	const steps = await told(call, 'watcher', what, at);
	const distance = (step) => Math.abs(step - target);
	if (!steps.every((step, i) => i === 0 || distance(step) < distance(steps[i - 1])))
		throw new Error(`${what} ${target} went over ${steps}`);
	note(`${what} ${target} (${steps}): first frame after ${Math.round(shown - at)} ms`);
	await expectFrames(call, 'watcher');
}

/** A layer that is relayed already is told before the answer. */
async function expectToldAtOnce({ call }, what, target) {
	const { at, answered } = await call('ask', 'watcher', { request: 'configure', [what]: target });
	const events = (await call('events', 'watcher')).filter((event) => event.at >= at
		&& event.at <= answered && event[what] === target);
	if (events.length !== 1)
		throw new Error(`${what} ${target} told ${events.length} times before the answer`);
}

/** Which part of the pictures that are sent in `layer` (a rid) is decoded. Chromium counts each
 * spatial layer as a frame. */
async function share(call, layer, perPicture) {
	const sent = async () => (await call('sent', 'sender'))
		.find(({ rid }) => rid === layer).framesSent / perPicture;
	const got = async () => (await decoded(call, 'watcher')).framesDecoded;
	const [sentBefore, gotBefore] = [await sent(), await got()];
	const enough = async () => await sent() >= sentBefore + SAMPLE_FRAMES;
	await until(`${SAMPLE_FRAMES} sent frames`, enough);
	return (await got() - gotBefore) / (await sent() - sentBefore);
}

/** The lowest temporal layer has at most `most` of the frames; the highest again nearly all. */
async function thin({ call, note }, what, { highest, most, layer, perPicture = 1 }) {
	for (const [target, fits] of [[0, (part) => part <= most], [highest, (part) => part > 0.8]]) {
		const { at } = await call('ask', 'watcher', { request: 'configure', [what]: target });
		const arrived = async () => (await told(call, 'watcher', what, at)).at(-1) === target;
		await until(`the event ${what} ${target}`, arrived);
		const part = await share(call, layer, perPicture);
		note(`${what} ${target}: ${Math.round(part * 100)} % of the frames`);
		if (!fits(part))
			throw new Error(`${what} ${target} has ${part} of the frames`);
	}
}

async function expectCodec(call, codec) {
	const video = await decoded(call, 'watcher');
	if (video.codec.toLowerCase() !== `video/${codec}`)
		throw new Error(`decodes ${video.codec}`);
}

/** The best layer ends and begins again; while it is away, asking for it tells nothing. */
async function fallBack({ call, note }) {
	const off = await call('layers', 'sender', [{ active: false }]);
	const lower = await expectWidth(call, 'watcher', WIDTHS[1]);
	note(`best layer off: next one shown after ${Math.round(lower - off)} ms`);
	await call('ask', 'watcher', { request: 'configure', substream: 2 });
	await expectFrames(call, 'watcher', SAMPLE_FRAMES);
	const down = await told(call, 'watcher', 'substream', off);
	if (down.join() !== '1')
		throw new Error(`with the best layer off: substream ${down}`);
	const on = await call('layers', 'sender', [{ active: true }]);
	const back = await expectWidth(call, 'watcher', WIDTHS[2]);
	note(`best layer on: shown after ${Math.round(back - on)} ms`);
	const up = async () => (await told(call, 'watcher', 'substream', on)).join() === '2';
	await until('the event substream 2', up);
}

async function substreams(context, codec, { temporal, fallback, ...offer }) {
	await withFeed(context, { codec, ...offer }, async (feed) => {
		const { call, streams } = feed;
		if (!streams[0].simulcast || streams[0].codec !== codec)
			throw new Error(`published ${JSON.stringify(streams)}`);
		await expectWidth(call, 'watcher', WIDTHS[2]);
		await expectCodec(call, codec);
		for (const target of [0, 1, 2])
			await move(feed, 'substream', target, WIDTHS[target]);
		await expectToldAtOnce(feed, 'substream', 2);
		if (temporal)
			await thin(feed, 'temporal', { layer: 'h', ...temporal });
		if (fallback)
			await fallBack(feed);
	});
}

/** Layers by SSRC have no encodings in the offer: sizes are set when all is negotiated. */
const sizedAfterwards = (call) => call('layers', 'sender', BITRATES.map((maxBitrate, i) => ({
	maxBitrate, scaleResolutionDownBy: 2 ** (2 - i),
})));

async function scalable(context, codec, mode, { source = SOURCE, spatial = 3, temporal }) {
	const offer = {
		codec, source,
		encodings: [{ scalabilityMode: mode, maxBitrate: 900000 }],
		jsep: { svc: [{ mid: '0', svc: mode }] },
	};
	await withFeed(context, offer, async (feed) => {
		const { call, streams } = feed;
		if (!streams[0].svc || streams[0].codec !== codec)
			throw new Error(`published ${JSON.stringify(streams)}`);
		await expectWidth(call, 'watcher', source.width);
		await expectCodec(call, codec);
		for (let target = 0; spatial > 1 && target < spatial; target++)
			await move(feed, 'spatial_layer', target, source.width >> (spatial - 1 - target));
		if (temporal)
			await thin(feed, 'temporal_layer', { ...temporal, perPicture: spatial });
		const [{ scalabilityMode }] = await call('sent', 'sender');
		if (scalabilityMode !== mode)
			throw new Error(`Chromium sends ${scalabilityMode}`);
	});
}

const twoLayers = { width: 480, height: 270, rate: 12 };
const oneLayer = { width: 320, height: 180, rate: 12 };
const inThree = { highest: 2, most: 0.4 };
const inTwo = { highest: 1, most: 0.65 };

const tests = {
	'VP8 simulcast by rid': (context) => substreams(context, 'vp8',
		{ encodings: simulcast(), temporal: inThree, fallback: true }),
	'VP8 simulcast by SSRC': (context) => substreams(context, 'vp8',
		{ ssrcLayers: 3, published: sizedAfterwards }),
	'VP9 simulcast by rid': (context) => substreams(context, 'vp9',
		{ encodings: simulcast({ scalabilityMode: 'L1T2' }), temporal: inTwo }),
	'H.264 simulcast by rid': (context) => substreams(context, 'h264',
		{ encodings: simulcast(), fallback: true }),
	'VP9 L3T3': (context) => scalable(context, 'vp9', 'L3T3', { temporal: inThree }),
	'VP9 L3T3_KEY': (context) => scalable(context, 'vp9', 'L3T3_KEY', {}),
	'VP9 L2T2': (context) => scalable(context, 'vp9', 'L2T2',
		{ source: twoLayers, spatial: 2, temporal: inTwo }),
	'AV1 L3T3': (context) => scalable(context, 'av1', 'L3T3', { temporal: inThree }),
	'AV1 L1T3': (context) => scalable(context, 'av1', 'L1T3',
		{ source: oneLayer, spatial: 1, temporal: inThree }),
};

export default Object.entries(tests).map(([name, run]) => ({ name, limit: 90, run }));
