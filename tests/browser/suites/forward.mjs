// A browser publishes in a room, and ffmpeg and GStreamer receive it as RTP: the commands are those
// of docs/forwarding.md.

import { until } from '../lib/media.mjs';
import { bind, output, Receiver } from '../lib/receiver.mjs';
import { withRoom } from '../lib/room.mjs';
import { gateway } from '../lib/settings.mjs';

const PICTURE_BYTES = 2000; // the fake camera's picture does not compress below that
const SECRET = 'test';
const SETTLE_MS = 3000; // the keyframe that each new forwarder causes has come

/** Sizes of the video that the page's encoder makes now. */
function sentSize(page) {
	return page.evaluate(async () => {
		for (const peer of window.testPeers)
			for (const report of (await peer.getStats()).values())
				if (report.type === 'outbound-rtp' && report.kind === 'video' && report.frameWidth)
					return `${report.frameWidth}x${report.frameHeight}`;
		return null;
	});
}

/** Runs `use` with a page that publishes in a room, and a receiver. */
async function published({ visitors, files }, options, use) {
	await withRoom(async (room, ask) => {
		const query = { library: 'npm', server: gateway.ws, room, name: 'Alice' };
		const page = await visitors.open(
			`${files}/pages/janusjs.html?${new URLSearchParams(query)}`);
		await until('Alice sending', () => sentSize(page));
		const { participants } = await ask({ request: 'listparticipants', room });
		const receiver = await Receiver.create();
		const forward = async (name, changes = {}) => {
			const body = { ...JSON.parse(receiver.example(name)), room, secret: SECRET, ...changes };
			const reply = await ask({ ...body, publisher_id: participants[0].id });
			if (reply.forwarders?.length !== body.streams.length)
				throw new Error(`rtp_forward: ${JSON.stringify(reply)}`);
			return reply.forwarders;
		};
		try {
			await use({ page, receiver, forward });
		} finally {
			await receiver.close();
		}
	}, options);
}

/** A PNG file of the size that the browser sends, and not of one colour. */
function expectPicture(file, sizes) {
	if (file.toString('latin1', 1, 4) !== 'PNG')
		throw new Error('no PNG file came out');
	const size = `${file.readUInt32BE(16)}x${file.readUInt32BE(20)}`;
	if (!sizes.includes(size) || file.length < PICTURE_BYTES)
		throw new Error(`a picture of ${size} and ${file.length} bytes, sent were ${sizes}`);
}

async function picture(context, { command, description, request = 'request.json', codec }) {
	const options = codec ? { videocodec: codec } : {};
	await published(context, options, async ({ page, receiver, forward }) => {
		if (description)
			receiver.write(description);
		await receiver.start(command, 'video');
		const before = await sentSize(page);
		await forward(request);
		await receiver.end();
		expectPicture(receiver.file('picture.png'), [before, await sentSize(page)]);
	});
}

/** Both streams in one file; sound and picture are in it, as long as was asked for. */
async function record(context) {
	await published(context, {}, async ({ receiver, forward }) => {
		receiver.write('both.sdp');
		await receiver.start('ffmpeg-record', 'video');
		await forward('request.json');
		await receiver.end();
		const text = await output('ffprobe', ['-v', 'error', '-count_packets', '-show_streams',
			'-of', 'json', 'both.mkv'], receiver.folder);
		const found = JSON.parse(text).streams
			.map((stream) => ({ codec: stream.codec_name, packets: Number(stream.nb_read_packets) }));
		const enough = { opus: 150, vp8: 30 };
		for (const [codec, least] of Object.entries(enough))
			if (!(found.find((stream) => stream.codec === codec)?.packets >= least))
				throw new Error(`recorded: ${JSON.stringify(found)}`);
	});
}

/** The fake microphone beeps once a second. */
async function sound(context) {
	await published(context, {}, async ({ receiver, forward }) => {
		await receiver.start('gstreamer-sound', 'audio');
		await forward('request.json');
		await receiver.end();
		const wav = receiver.file('sound.wav');
		const samples = wav.subarray(wav.indexOf('data') + 8);
		let loud = 0;
		for (let at = 0; at + 1 < samples.length; at += 2)
			loud += Math.abs(samples.readInt16LE(at)) > 1000;
		if (samples.length < 48000 * 2 * 2 || loud < 1000)
			throw new Error(`${samples.length} bytes of sound, ${loud} loud samples`);
	});
}

/** A receiver asks for a keyframe over RTCP, and the browser makes one. */
async function keyframe(context) {
	await published(context, {}, async ({ page, receiver, forward }) => {
		const rtcp = await bind(0);
		const opened = [];
		rtcp.on('message', (bytes, from) => opened.push({ bytes, from }));
		const made = () => page.evaluate(async () => {
			let count = 0;
			for (const peer of window.testPeers)
				for (const report of (await peer.getStats()).values())
					count += report.keyFramesEncoded ?? 0;
			return count;
		});
		const stream = { mid: '1', port: receiver.ports.video, rtcp_port: rtcp.address().port };
		try {
			// a name makes the gateway ask the resolver before it answers
			const changes = { host: 'localhost', host_family: 'ipv4', streams: [stream] };
			await forward('request.json', changes);
			await until('the way back opened', () => opened.length === 2);
			const { bytes, from } = opened[0];
			if (bytes.length !== 12 || bytes[0] >> 6 !== 2)
				throw new Error(`the way back was opened by ${bytes.toString('hex')}`);
			await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
			const before = await made();
			rtcp.send(Buffer.from('81ce0002000000010000000a', 'hex'), from.port, from.address);
			await until('a keyframe', async () => await made() > before);
		} finally {
			rtcp.close();
		}
	});
}

export default [
	{
		name: 'ffmpeg takes a picture of VP8',
		limit: 90,
		run: (context) => picture(context, { command: 'ffmpeg-picture', description: 'video.sdp' }),
	},
	{
		name: 'ffmpeg takes a picture of H.264',
		limit: 90,
		run: (context) => picture(context,
			{ command: 'ffmpeg-h264', description: 'h264.sdp', codec: 'h264' }),
	},
	{
		name: 'ffmpeg takes a picture of SRTP',
		limit: 90,
		run: (context) => picture(context,
			{ command: 'ffmpeg-srtp', description: 'srtp.sdp', request: 'srtp.json' }),
	},
	{ name: 'ffmpeg records sound and picture', limit: 90, run: record },
	{
		name: 'GStreamer takes a picture of VP8',
		limit: 90,
		run: (context) => picture(context, { command: 'gstreamer-picture' }),
	},
	{ name: 'GStreamer hears Opus', limit: 90, run: sound },
	{ name: 'a receiver asks for a keyframe over RTCP', limit: 90, run: keyframe },
];
