// The worker of end-to-end encryption: AES-GCM over all but the first bytes of a VP8 frame, which
// an SFU may look at. A frame that the key does not open is dropped.

const CLEAR = { key: 10, delta: 3 };
const IV = 12;

async function makeKey(text) {
	const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
	return crypto.subtle.importKey('raw', digest, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

function joined(...parts) {
	const all = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
	let at = 0;
	for (const part of parts) {
		all.set(new Uint8Array(part), at);
		at += part.byteLength;
	}
	return all.buffer;
}

const work = {
	async encrypt(frame, key) {
		const head = frame.data.slice(0, CLEAR[frame.type]);
		const iv = crypto.getRandomValues(new Uint8Array(IV));
		const about = { name: 'AES-GCM', iv, additionalData: head };
		const body = await crypto.subtle.encrypt(about, key, frame.data.slice(head.byteLength));
		frame.data = joined(head, body, iv);
	},

	async decrypt(frame, key) {
		const head = frame.data.slice(0, CLEAR[frame.type]);
		const iv = frame.data.slice(-IV);
		const about = { name: 'AES-GCM', iv, additionalData: head };
		const body = await crypto.subtle.decrypt(about, key, frame.data.slice(head.byteLength, -IV));
		frame.data = joined(head, body);
	},
};

self.addEventListener('rtctransform', ({ transformer }) => {
	const { operation, key: text } = transformer.options;
	const made = makeKey(text);
	const change = new TransformStream({
		async transform(frame, controller) {
			try {
				await work[operation](frame, await made);
			} catch {
				return;
			}
			controller.enqueue(frame);
		},
	});
	transformer.readable.pipeThrough(change).pipeTo(transformer.writable);
});
