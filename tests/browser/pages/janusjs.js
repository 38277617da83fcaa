// Drives a stock janus.js. Query: library=debian|npm, server=ADDRESS; for a room: room=N, name=X.
// `window.testState` tells how far it came; remote video plays under #remote, one element a track.

const query = new URLSearchParams(window.location.search);
const server = query.get('server');
const name = query.get('name');
const room = Number(query.get('room'));
const state = window.testState = { step: 'loading', errors: [], feeds: {}, events: [] };

const fail = (reason) => state.errors.push(String(reason?.message ?? reason));

function script(address) {
	return new Promise((resolve, reject) => {
		const element = document.createElement('script');
		Object.assign(element, { src: address, onload: resolve });
		element.onerror = () => reject(new Error(`cannot load ${address}`));
		document.head.append(element);
	});
}

async function loadLibrary() {
	if (query.get('library') === 'npm') {
		await script('/npm/webrtc-adapter/out/adapter.js');
		window.Janus = (await import('/npm/janus-gateway/npm/dist/janus.es.js')).default;
		return;
	}
	await script('/debian/webrtc-adapter/adapter.min.js');
	await script('/debian/janus-gateway/janus.js');
}

const initialised = () => new Promise((resolve) => {
	const dependencies = Janus.useDefaultDependencies({ adapter: window.adapter });
	Janus.init({ debug: ['warn', 'error'], dependencies, callback: resolve });
});

const connected = () => new Promise((resolve, reject) => {
	const janus = new Janus({ server, iceServers: [], success: () => resolve(janus), error: reject });
});

const attached = (janus, plugin, callbacks) => new Promise((resolve, reject) => {
	janus.attach({ plugin, opaqueId: 'test', success: resolve, error: reject, ...callbacks });
});

/** Shows a track under #remote, and takes it away again. */
function showTrack(track, mid, on) {
	const id = `track-${mid}`;
	document.getElementById(id)?.remove();
	if (!on)
		return;
	const element = document.createElement(track.kind);
	Object.assign(element, { id, autoplay: true });
	document.getElementById('remote').append(element);
	Janus.attachMediaStream(element, new MediaStream([track]));
}

/** Requests with a description; `tracks` are what is captured and received. */
function offer(handle, body, tracks) {
	const success = (jsep) => handle.send({ message: body, jsep, error: fail });
	handle.createOffer({ tracks, success, error: fail });
}

function answer(handle, jsep, body) {
	const success = (reply) => handle.send({ message: body, jsep: reply, error: fail });
	handle.createAnswer({ jsep, tracks: [{ type: 'data' }], success, error: fail });
}

const capture = (recv, data) => [
	{ type: 'audio', capture: true, recv },
	{ type: 'video', capture: true, recv },
	...(data ? [{ type: 'data' }] : []),
];

async function echo(janus) {
	const body = { audio: true, video: true };
	const handle = await attached(janus, 'janus.plugin.echotest', {
		onmessage(message, jsep) {
			state.events.push(message);
			if (message.error)
				fail(message.error);
			if (jsep)
				handle.handleRemoteJsep({ jsep, error: fail });
		},
		onremotetrack: showTrack,
		ondataopen: () => handle.data({ text: 'hello', error: fail }),
		ondata: (data) => { state.reply = data; },
		webrtcState: (on) => { state.step = on ? 'up' : 'down'; },
	});
	state.handle = handle;
	handle.send({ message: body, error: fail });
	offer(handle, body, capture(true, true));
}

/** Receives every feed on one handle: the first request joins, later ones update. */
class Viewer {
	constructor(janus, privateId) {
		this.janus = janus;
		this.privateId = privateId;
		this.handle = null;
		this.waiting = [];
		this.asking = false;
	}

	watch(publishers) {
		for (const { id, display, streams } of publishers) {
			state.feeds[id] = display;
			const wanted = streams.filter(({ type, disabled }) => type !== 'data' && !disabled);
			this.waiting.push(...wanted.map(({ mid }) => ({ feed: id, mid })));
		}
		this.ask().catch(fail);
	}

	drop(feed) {
		delete state.feeds[feed];
		this.handle?.send({ message: { request: 'unsubscribe', streams: [{ feed }] } });
	}

	/** One exchange at a time; what arrives meanwhile is asked for after `started`. */
	async ask() {
		if (this.asking || !this.waiting.length)
			return;
		this.asking = true;
		const streams = this.waiting.splice(0);
		if (this.handle) {
			this.handle.send({ message: { request: 'update', subscribe: streams }, error: fail });
			return;
		}
		this.handle = await attached(this.janus, 'janus.plugin.videoroom', {
			onmessage: (message, jsep) => this.heard(message, jsep),
			onremotetrack: showTrack,
		});
		const join = { request: 'join', room, ptype: 'subscriber', use_msid: true, streams };
		this.handle.send({ message: { ...join, private_id: this.privateId }, error: fail });
	}

	heard(message, jsep) {
		state.events.push(message);
		if (message.error)
			fail(message.error);
		if (jsep)
			answer(this.handle, jsep, { request: 'start', room });
		if (message.started === 'ok' || (message.videoroom === 'updated' && !jsep)) {
			this.asking = false;
			this.ask().catch(fail);
		}
	}
}

async function conference(janus) {
	let viewer = null;
	const handle = await attached(janus, 'janus.plugin.videoroom', {
		onmessage(message, jsep) {
			state.events.push(message);
			if (message.error)
				fail(message.error);
			if (message.videoroom === 'joined') {
				state.id = message.id;
				viewer = new Viewer(janus, message.private_id);
				offer(handle, { request: 'configure', audio: true, video: true }, capture(false, false));
			}
			if (message.publishers)
				viewer.watch(message.publishers);
			for (const gone of [message.unpublished, message.leaving])
				if (gone && gone !== 'ok')
					viewer.drop(gone);
			if (jsep)
				handle.handleRemoteJsep({ jsep, error: fail });
		},
		webrtcState: (on) => { state.step = on ? 'up' : 'down'; },
	});
	state.handle = handle;
	const join = { request: 'join', room, ptype: 'publisher', display: name };
	handle.send({ message: join, error: fail });
}

async function main() {
	await loadLibrary();
	await initialised();
	const janus = state.janus = await connected();
	await (room ? conference(janus) : echo(janus));
}

main().catch(fail);
