// A videoroom driven step by step from a test, over our own client library: every party has a name,
// and a test calls the functions of `window.room`. What happens is kept with its time: the plugin's
// events, and the sizes of the pictures that are shown.

import { Session } from '/html/limen.js';

const PLUGIN = 'janus.plugin.videoroom';
const parties = new Map();
let session = null;

/** A handle of the videoroom and what it said. */
class Party {
	constructor(handle) {
		this.handle = handle;
		this.events = [];
		this.sizes = [];
		this.sender = null;
		handle.on('event', ({ data, jsep }) => this.heard(data, jsep));
	}

	heard(data, jsep) {
		this.events.push({ at: performance.now(), ...data });
		if (jsep?.type === 'offer' && data.videoroom === 'updated')
			this.handle.answer(jsep);
	}

	/** Sends a request with a description; `extra` are members of `jsep` beside it. */
	async send(body, description, extra) {
		const { type, sdp } = description;
		const members = { handle_id: this.handle.id, body, jsep: { type, sdp, ...extra } };
		const reply = await session.request('message', members);
		return { data: reply.plugindata.data, jsep: reply.jsep };
	}

	/** Notes when the shown picture changes its size. */
	show(track) {
		const video = document.createElement('video');
		Object.assign(video, { autoplay: true, muted: true, srcObject: new MediaStream([track]) });
		document.body.append(video);
		this.video = video;
		const look = (at, { width, height }) => {
			if (this.sizes.at(-1)?.width !== width)
				this.sizes.push({ at, width, height });
			video.requestVideoFrameCallback(look);
		};
		video.requestVideoFrameCallback(look);
	}

	async report(type) {
		const stats = await this.handle.pc.getStats();
		return [...stats.values()].filter((one) => one.type === type)
			.map((one) => ({ ...one, codec: stats.get(one.codecId)?.mimeType }));
	}
}

/** Encrypts or decrypts what a sender or a receiver of the page carries, beyond the gateway. */
function transform(end, operation, key) {
	const worker = new Worker('e2ee.js');
	end.transform = new RTCRtpScriptTransform(worker, { operation, key });
}

async function enter(name) {
	const party = new Party(await session.attach(PLUGIN));
	parties.set(name, party);
	return party;
}

/** A picture of one colour that always moves a little. */
function painted({ width, height, rate, color }) {
	const canvas = Object.assign(document.createElement('canvas'), { width, height });
	const pen = canvas.getContext('2d');
	let step = 0;
	const paint = () => {
		pen.fillStyle = color;
		pen.fillRect(0, 0, width, height);
		pen.fillStyle = 'white';
		pen.fillRect((step += 4) % width, 0, height / 8, height / 8);
	};
	paint();
	setInterval(paint, 1000 / rate);
	return canvas.captureStream(rate);
}

function capture({ width = 640, height = 360, rate = 15, screen, color, audio = false }) {
	if (color)
		return painted({ width, height, rate, color });
	if (screen)
		return navigator.mediaDevices.getDisplayMedia({ video: { width, height, frameRate: rate } });
	const video = { width: { exact: width }, height: { exact: height }, frameRate: rate };
	return navigator.mediaDevices.getUserMedia({ video, audio });
}

function prefer(transceiver, codec) {
	const { codecs } = RTCRtpSender.getCapabilities('video');
	const wanted = ({ mimeType }) => mimeType.toLowerCase() === `video/${codec}`
		|| mimeType === 'video/rtx';
	transceiver.setCodecPreferences(codecs.filter(wanted));
}

/** Redundant audio first (RFC 2198), or without any. */
function preferRed(transceiver, red) {
	const { codecs } = RTCRtpReceiver.getCapabilities('audio');
	const wanted = codecs.filter(({ mimeType }) => mimeType === 'audio/opus'
		|| (red && mimeType === 'audio/red'));
	wanted.sort((a, b) => (b.mimeType === 'audio/red') - (a.mimeType === 'audio/red'));
	transceiver.setCodecPreferences(wanted);
}

/** Simulcast as it was before rid: SSRCs added to the offer, and the legacy flag of Chromium. */
function withSsrcLayers(sdp, count) {
	const [, group, first, repair] = sdp.match(/a=ssrc-group:FID ((\d+) (\d+))\r\n/);
	const about = sdp.split('\r\n').filter((line) => line.startsWith(`a=ssrc:${first} `));
	const added = [];
	const layers = [first];
	for (let i = 1; i < count; i++) {
		const [media, again] = [Number(first) + 2 * i, Number(repair) + 2 * i];
		layers.push(media);
		added.push(`a=ssrc-group:FID ${media} ${again}`);
		for (const ssrc of [media, again])
			added.push(...about.map((line) => line.replace(first, ssrc)));
	}
	const groups = `a=ssrc-group:SIM ${layers.join(' ')}\r\na=ssrc-group:FID ${group}\r\n`;
	return `${sdp.replace(`a=ssrc-group:FID ${group}\r\n`, groups)}${added.join('\r\n')}\r\n`;
}

/** Starts with bandwidth for all layers, where a call would find it out in its first seconds. */
function fast({ type, sdp }) {
	const [, first] = sdp.match(/m=video \d+ \S+ (\d+)/);
	const start = `a=fmtp:${first} x-google-start-bitrate=2000`;
	const known = new RegExp(`a=fmtp:${first} ([^\r]*)\r\n`);
	if (known.test(sdp))
		return { type, sdp: sdp.replace(known, `${start};$1\r\n`) };
	return { type, sdp: sdp.replace(new RegExp(`a=rtpmap:${first} [^]*?\r\n`), `$&${start}\r\n`) };
}

async function join(party, { room, display }) {
	const body = { request: 'join', ptype: 'publisher', room, display };
	const { data } = await party.handle.message(body);
	Object.assign(party, { id: data.id, privateId: data.private_id });
	return data;
}

const room = {
	async connect(server) {
		session = await Session.connect(server);
	},

	/** Publishes; resolves with what the plugin said of it, an error as much as a success. */
	async publish(name, { source = {}, encodings, codec, red, ssrcLayers, jsep, key, ...where }) {
		const party = await enter(name);
		await join(party, where);
		const stream = await capture(source);
		const pc = party.handle.peer();
		for (const track of stream.getTracks()) {
			const extra = track.kind === 'video' && encodings ? { sendEncodings: encodings } : {};
			const transceiver = pc.addTransceiver(track, { direction: 'sendonly', ...extra });
			if (track.kind === 'audio' && red)
				preferRed(transceiver, true);
			if (track.kind !== 'video')
				continue;
			if (codec)
				prefer(transceiver, codec);
			party.sender = transceiver.sender;
			if (key)
				transform(transceiver.sender, 'encrypt', key);
		}
		const offer = await pc.createOffer();
		const sdp = ssrcLayers ? withSsrcLayers(offer.sdp, ssrcLayers) : offer.sdp;
		await pc.setLocalDescription({ type: 'offer', sdp });
		const body = { request: 'configure', audio: true, video: true };
		const reply = await party.send(body, pc.localDescription, jsep);
		if (reply.jsep) {
			const up = new Promise((resolve) => { party.handle.on('webrtcup', resolve); });
			await pc.setRemoteDescription(fast(reply.jsep));
			await up;
		}
		return { id: party.id, ...reply.data };
	},

	/** Subscribes; resolves with `attached`, or with the error. */
	async watch(name, { key, plain, ...wish }) {
		const party = await enter(name);
		const request = { request: 'join', ptype: 'subscriber', ...wish };
		const reply = await session.request('message', { handle_id: party.handle.id, body: request });
		const { plugindata: { data }, jsep } = reply;
		if (!jsep)
			return data;
		party.handle.on('track', ({ track, receiver, transceiver }) => {
			if (track.kind === 'audio' && plain)
				preferRed(transceiver, false);
			if (track.kind === 'audio')
				Object.assign(new Audio(), { srcObject: new MediaStream([track]) }).play();
			if (track.kind !== 'video')
				return;
			if (key)
				transform(receiver, 'decrypt', key);
			party.show(track);
		});
		await party.handle.answer(jsep);
		return { ...data, jsep: { ...jsep, sdp: undefined } };
	},

	/** Any request: when it was made and when answered. */
	async ask(name, body) {
		const at = performance.now();
		await parties.get(name).handle.message(body);
		return { at, answered: performance.now() };
	},

	/** The colour in the middle of the shown picture: red, green, blue. */
	color(name) {
		const { video } = parties.get(name);
		const pen = new OffscreenCanvas(1, 1).getContext('2d');
		pen.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
		return [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)];
	},

	/** Changes the publisher's layers, in the order of its encodings. Tells when. */
	async layers(name, changes) {
		const { sender } = parties.get(name);
		const parameters = sender.getParameters();
		parameters.encodings.forEach((one, i) => Object.assign(one, changes[i]));
		const at = performance.now();
		await sender.setParameters(parameters);
		return at;
	},

	events: (name) => parties.get(name).events,
	sizes: (name) => parties.get(name).sizes,
	received: async (name) => (await parties.get(name).report('inbound-rtp'))
		.filter(({ kind }) => kind === 'video'),
	heard: async (name) => (await parties.get(name).report('inbound-rtp'))
		.filter(({ kind }) => kind === 'audio'),
	sent: async (name) => (await parties.get(name).report('outbound-rtp'))
		.filter(({ kind }) => kind === 'video'),
};

window.room = room;
