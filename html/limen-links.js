// The two ways to the gateway. A link opens, sends JSON objects, hands in those it receives, and
// closes once.

const POLL_EVENTS = 10;
const POLL_FAILURES = 3;

export class SocketLink {
	constructor(server, { onMessage, onClosed }) {
		this.server = server;
		this.onMessage = onMessage;
		this.onClosed = onClosed;
	}

	open() {
		return new Promise((resolve, reject) => {
			this.socket = new WebSocket(this.server, 'janus-protocol');
			this.socket.onopen = () => resolve();
			this.socket.onmessage = ({ data }) => this.onMessage(JSON.parse(data));
			this.socket.onclose = ({ code, reason }) => {
				reject(new Error(`cannot reach ${this.server}`));
				this.onClosed(reason || `code ${code}`);
			};
		});
	}

	listen() {}

	async send(message) {
		if (this.socket.readyState !== WebSocket.OPEN)
			throw new Error('not connected');
		this.socket.send(JSON.stringify(message));
	}

	close() {
		this.socket.close();
	}
}

export class HttpLink {
	constructor(server, { credentials, onMessage, onClosed }) {
		this.server = server.replace(/\/$/, '');
		this.credentials = credentials;
		this.onMessage = onMessage;
		this.onClosed = onClosed;
		this.order = Promise.resolve();
		this.abort = new AbortController();
	}

	async open() {}

	/** Starts the long poll that brings this session's events. */
	listen(sessionId) {
		this.#poll(sessionId).catch((error) => this.close(error.message));
	}

	/** Requests leave one at a time: parallel POSTs could overtake each other. */
	send(message) {
		const done = this.order.then(() => this.#post(message));
		this.order = done.catch(() => {});
		return done;
	}

	close(reason = 'closed by the client') {
		if (this.abort.signal.aborted)
			return;
		this.abort.abort();
		this.onClosed(reason);
	}

	async #post(message) {
		const path = [this.server, message.session_id, message.handle_id].filter(Boolean).join('/');
		const { signal } = this.abort;
		const reply = await fetch(path, { method: 'POST', body: JSON.stringify(message), signal });
		if (!reply.ok)
			throw new Error(`HTTP ${reply.status}`);
		this.onMessage(await reply.json());
	}

	async #poll(sessionId) {
		for (let failures = 0; failures <= POLL_FAILURES;) {
			try {
				await this.#pollOnce(sessionId);
				failures = 0;
			} catch {
				if (this.abort.signal.aborted)
					return;
				failures++;
				await new Promise((resolve) => setTimeout(resolve, 500 * failures));
			}
		}
		throw new Error('lost connection');
	}

	async #pollOnce(sessionId) {
		const { signal } = this.abort;
		signal.throwIfAborted();
		const choice = { rid: Date.now(), maxev: POLL_EVENTS, ...this.credentials };
		const query = new URLSearchParams(choice);
		const reply = await fetch(`${this.server}/${sessionId}?${query}`, { signal });
		if (!reply.ok)
			throw new Error(`HTTP ${reply.status}`);
		for (const message of [await reply.json()].flat())
			this.onMessage(message);
	}
}
