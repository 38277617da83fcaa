// Sends camera and microphone to the echotest plugin and shows what comes back.

import { Session } from '../limen.js';
import { $, attempt, button, captureCamera, show, tile } from '../page.js';

const query = new URLSearchParams(window.location.search);
const state = { phase: 'idle', handle: null, remoteVideo: null, layer: {}, reply: null };
window.limenState = state;

let session = null;
let local = null;
let meter = null;
let received = 0;

async function start() {
	$('start').disabled = true;
	try {
		local = await captureCamera();
		session = await Session.connect();
		await call();
	} catch (error) {
		await stop();
		throw error;
	}
}

async function call() {
	const simulcast = $('simulcast').checked;
	const handle = await session.attach('janus.plugin.echotest');
	state.handle = handle;
	tile($('tiles'), 'You', { muted: true }).video.srcObject = local;
	const echo = tile($('tiles'), 'Echo');
	echo.video.srcObject = new MediaStream();
	state.remoteVideo = echo.video;
	handle.on('track', ({ track }) => echo.video.srcObject.addTrack(track));
	handle.on('webrtcup', () => { state.phase = 'up'; show('Connected.'); });
	handle.on('hangup', (reason) => stop(`The gateway hung up: ${reason}`));
	handle.on('event', ({ data }) => noteLayer(data));
	handle.on('channel', () => { $('text').disabled = false; });
	handle.on('data', ({ data }) => { $('reply').textContent = state.reply = data; });
	session.on('closed', () => stop('The connection to the gateway is gone.'));
	show('Connecting …');
	await handle.publish(local, {
		body: { audio: true, video: true },
		direction: 'sendrecv',
		simulcast,
		data: true,
	});
	$('layers').hidden = !simulcast;
	for (const id of ['stop', 'audio', 'video', 'bitrate'])
		$(id).disabled = false;
	meter = setInterval(() => measure(echo.text), 1000);
}

async function stop(reason = 'Stopped.') {
	const ended = session;
	session = null;
	clearInterval(meter);
	local?.getTracks().forEach((track) => track.stop());
	Object.assign(state, { phase: 'idle', handle: null, remoteVideo: null });
	$('tiles').replaceChildren();
	$('start').disabled = false;
	for (const id of ['stop', 'audio', 'video', 'bitrate', 'text'])
		$(id).disabled = true;
	for (const id of ['audio', 'video'])
		$(id).setAttribute('aria-pressed', 'false');
	show(reason);
	await ended?.destroy().catch(() => {});
}

function noteLayer(data) {
	for (const key of ['substream', 'temporal', 'spatial_layer', 'temporal_layer'])
		if (key in data)
			state.layer[key] = data[key];
	if (data.result === 'done')
		show('The echo has ended.');
}

async function toggle(kind) {
	const muted = $(kind).getAttribute('aria-pressed') !== 'true';
	await state.handle.message({ [kind]: !muted });
	$(kind).setAttribute('aria-pressed', String(muted));
}

async function measure(caption) {
	const stats = await state.handle?.pc?.getStats();
	for (const report of stats?.values() ?? []) {
		if (report.type !== 'inbound-rtp' || report.kind !== 'video')
			continue;
		const kbits = Math.max(Math.round((report.bytesReceived - received) * 8 / 1000), 0);
		received = report.bytesReceived;
		const { frameWidth: width = 0, frameHeight: height = 0 } = report;
		caption.textContent = `Echo, ${width} × ${height}, ${kbits} kbit/s`;
	}
}

function choice(id, member) {
	const send = () => state.handle.message({ [member]: Number($(id).value) });
	$(id).addEventListener('change', () => attempt(send).catch((error) => console.error(error)));
}

button('start', start);
button('stop', () => stop());
button('audio', () => toggle('audio'));
button('video', () => toggle('video'));
choice('bitrate', 'bitrate');
choice('substream', 'substream');
choice('temporal', 'temporal');
$('text').addEventListener('change', () => state.handle?.channel?.send($('text').value));
$('simulcast').checked = query.has('simulcast');
