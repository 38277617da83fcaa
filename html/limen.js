// A small client for the gateway's JSON API: one Session per connection, one Handle per plugin
// attachment, one PeerConnection per handle. Promises answer requests; everything the gateway says
// by itself is an event. Speaks WebSocket (sub-protocol janus-protocol) or, given an http(s)
// address, HTTP with long polling.

import { HttpLink, SocketLink } from './limen-links.js';

const KEEPALIVE_MS = 25000;
const REPLY_MS = 20000;

export class LimenError extends Error {
	constructor(reason, code = 0) {
		super(code ? `${reason} (${code})` : reason);
		this.name = 'LimenError';
		this.code = code;
	}
}

/** The gateway's address: `?server=` if given, else the WebSocket port of this page's host. */
export function defaultServer(where = window.location) {
	const asked = new URLSearchParams(where.search).get('server');
	if (asked)
		return asked;
	const host = where.hostname || '127.0.0.1';
	return where.protocol === 'https:' ? `wss://${host}:8989` : `ws://${host}:8188`;
}

/** Emits CustomEvents; the payload is in `event.detail`. */
class Emitter extends EventTarget {
	emit(name, detail) {
		this.dispatchEvent(new CustomEvent(name, { detail }));
	}

	on(name, listener) {
		this.addEventListener(name, (event) => listener(event.detail));
		return this;
	}
}

/** A signalling session. Events: `timeout`, `closed` (detail: reason). */
export class Session extends Emitter {
	constructor(server, { token, apisecret, iceServers } = {}) {
		super();
		this.server = server;
		this.id = null;
		this.handles = new Map();
		this.iceServers = iceServers || [];
		this.credentials = { ...(token && { token }), ...(apisecret && { apisecret }) };
		this.pending = new Map();
		const Link = /^https?:/.test(server) ? HttpLink : SocketLink;
		this.link = new Link(server, {
			credentials: this.credentials,
			onMessage: (message) => this.#dispatch(message),
			onClosed: (reason) => this.#closed(reason),
		});
	}

	/** Opens the link and creates the session. */
	static async connect(server = defaultServer(), options = {}) {
		const session = new Session(server, options);
		await session.link.open();
		const reply = await session.request('create');
		session.id = reply.data.id;
		session.link.listen(session.id);
		const alive = () => session.request('keepalive').catch(() => {});
		session.keepalive = setInterval(alive, KEEPALIVE_MS);
		return session;
	}

	/** What the gateway says about itself; needs no session. */
	static async info(server = defaultServer()) {
		const session = new Session(server);
		await session.link.open();
		try {
			return await session.request('info');
		} finally {
			session.link.close();
		}
	}

	/** Attaches to a plugin and resolves to its Handle. */
	async attach(plugin, { opaqueId } = {}) {
		const extra = opaqueId && { opaque_id: opaqueId };
		const reply = await this.request('attach', { plugin, ...extra });
		const handle = new Handle(this, reply.data.id, plugin);
		this.handles.set(handle.id, handle);
		return handle;
	}

	async destroy() {
		for (const handle of this.handles.values())
			handle.closePeer();
		try {
			await this.request('destroy');
		} finally {
			this.link.close();
		}
	}

	/** Resolves with the final reply: for a `message` that is acked, with the event that follows. */
	request(verb, members = {}) {
		const transaction = crypto.getRandomValues(new Uint32Array(3)).join('-');
		const message = { janus: verb, transaction, ...this.credentials, ...members };
		if (this.id)
			message.session_id = this.id;
		return new Promise((resolve, reject) => {
			const fail = (error) => this.#settle(transaction, 'reject', error);
			const timer = setTimeout(() => fail(new LimenError(`no reply to ${verb}`)), REPLY_MS);
			this.pending.set(transaction, { verb, resolve, reject, timer });
			this.link.send(message).catch(fail);
		});
	}

	#settle(transaction, how, value) {
		const waiting = this.pending.get(transaction);
		if (!waiting)
			return false;
		this.pending.delete(transaction);
		clearTimeout(waiting.timer);
		waiting[how](value);
		return true;
	}

	#dispatch(message) {
		const waiting = this.pending.get(message.transaction);
		if (message.janus === 'error') {
			const error = new LimenError(message.error.reason, message.error.code);
			this.#settle(message.transaction, 'reject', error);
		} else if (waiting && !(message.janus === 'ack' && waiting.verb === 'message')) {
			// The ack of a message says that it was queued; the event with its transaction is the answer.
			this.#settle(message.transaction, 'resolve', message);
		} else if (message.janus === 'timeout') {
			this.emit('timeout');
			this.link.close();
		} else if (message.sender) {
			this.handles.get(message.sender)?.receive(message);
		}
	}

	#closed(reason) {
		clearInterval(this.keepalive);
		for (const transaction of [...this.pending.keys()])
			this.#settle(transaction, 'reject', new LimenError(`connection closed: ${reason}`));
		this.emit('closed', reason);
	}
}

/**
 * One attachment to a plugin. Events: `event` ({data, jsep}), `webrtcup`, `media`, `slowlink`,
 * `hangup` (reason), `detached`, `track` (the RTCTrackEvent), `state` (of the connection),
 * `channel` (an open RTCDataChannel), `data` ({label, data}).
 */
export class Handle extends Emitter {
	constructor(session, id, plugin) {
		super();
		this.session = session;
		this.id = id;
		this.plugin = plugin;
		this.pc = null;
		this.channel = null;
		this.negotiation = Promise.resolve();
	}

	/** Sends a plugin request; resolves to {data, jsep}, rejects with the plugin's error_code. */
	async message(body, jsep) {
		const extra = jsep && { jsep: { type: jsep.type, sdp: jsep.sdp } };
		const reply = await this.#request('message', { body, ...extra });
		const data = reply.plugindata?.data ?? {};
		if (data.error_code)
			throw new LimenError(data.error, data.error_code);
		return { data, jsep: reply.jsep };
	}

	trickle(candidate) {
		return this.#request('trickle', { candidate });
	}

	hangup() {
		return this.#request('hangup').finally(() => this.closePeer());
	}

	detach() {
		this.closePeer();
		this.session.handles.delete(this.id);
		return this.#request('detach');
	}

	/**
	 * Offers the stream's tracks and applies the answer. `body` is the request that carries the
	 * offer; `direction` is that of each track (videoroom: sendonly); `simulcast` sends the video in
	 * three layers; `data` opens a data channel.
	 */
	publish(stream, { body = {}, direction = 'sendonly', simulcast = false, data = false } = {}) {
		return this.#inTurn(async () => {
			const pc = this.peer();
			for (const track of stream.getTracks())
				addTrack(pc, track, stream, direction, simulcast);
			if (data && !this.channel)
				this.#watchChannel(pc.createDataChannel('JanusDataChannel'));
			return this.#offer(body);
		});
	}

	/** Sends a fresh offer for what the PeerConnection holds now. */
	renegotiate(body, options) {
		return this.#inTurn(() => this.#offer(body, options));
	}

	/** Answers an offer of the gateway. `body` is the request that carries the answer. */
	answer(jsep, body = { request: 'start' }) {
		return this.#inTurn(async () => {
			const pc = this.peer();
			await pc.setRemoteDescription(jsep);
			await pc.setLocalDescription(await pc.createAnswer());
			return this.message(body, pc.localDescription);
		});
	}

	/** The handle's PeerConnection, made when first needed. */
	peer() {
		if (this.pc)
			return this.pc;
		const { iceServers } = this.session;
		const pc = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' });
		pc.addEventListener('icecandidate', ({ candidate }) => {
			const last = { completed: true };
			this.trickle(candidate?.candidate ? candidate.toJSON() : last).catch(() => {});
		});
		pc.addEventListener('track', (event) => this.emit('track', event));
		pc.addEventListener('datachannel', ({ channel }) => this.#watchChannel(channel));
		pc.addEventListener('connectionstatechange', () => this.emit('state', pc.connectionState));
		this.pc = pc;
		return pc;
	}

	closePeer() {
		this.pc?.close();
		this.pc = null;
		this.channel = null;
	}

	/** Called by the session with whatever names this handle as its sender. */
	receive(message) {
		switch (message.janus) {
		case 'event':
			this.emit('event', { data: message.plugindata?.data ?? {}, jsep: message.jsep });
			break;
		case 'trickle':
			this.#inTurn(() => this.#remoteCandidate(message.candidate)).catch(() => {});
			break;
		case 'hangup':
			this.closePeer();
			this.emit('hangup', message.reason);
			break;
		case 'detached':
			this.session.handles.delete(this.id);
			this.emit('detached');
			break;
		default:
			this.emit(message.janus, message);
		}
	}

	#request(verb, members) {
		return this.session.request(verb, { handle_id: this.id, ...members });
	}

	async #offer(body, options) {
		const pc = this.peer();
		await pc.setLocalDescription(await pc.createOffer(options));
		const reply = await this.message(body, pc.localDescription);
		if (reply.jsep)
			await pc.setRemoteDescription(reply.jsep);
		return reply;
	}

	async #remoteCandidate(candidate) {
		if (this.pc?.remoteDescription)
			await this.pc.addIceCandidate(candidate.completed ? undefined : candidate);
	}

	#watchChannel(channel) {
		this.channel = channel;
		channel.addEventListener('open', () => this.emit('channel', channel));
		const { label } = channel;
		channel.addEventListener('message', ({ data }) => this.emit('data', { label, data }));
	}

	/** Offers and answers of one PeerConnection must not overlap: each waits for the one before. */
	#inTurn(step) {
		const result = this.negotiation.then(step);
		this.negotiation = result.catch(() => {});
		return result;
	}
}

function addTrack(pc, track, stream, direction, simulcast) {
	const layers = [
		{ rid: 'h', maxBitrate: 900000 },
		{ rid: 'm', maxBitrate: 300000, scaleResolutionDownBy: 2 },
		{ rid: 'l', maxBitrate: 100000, scaleResolutionDownBy: 4 },
	];
	const layered = simulcast && track.kind === 'video';
	const extra = layered && { sendEncodings: layers };
	pc.addTransceiver(track, { direction, streams: [stream], ...extra });
}
