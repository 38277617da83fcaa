// A videoroom of its own for one test, made and removed over HTTP.

import { gateway } from './settings.mjs';

let count = 0;

async function post(path, body) {
	const message = { transaction: `room-${++count}`, ...body };
	const reply = await fetch(path, { method: 'POST', body: JSON.stringify(message) });
	const answer = await reply.json();
	if (answer.janus === 'error')
		throw new Error(answer.error.reason);
	return answer;
}

/**
 * Runs `use(room, ask)` with a room made for it; `ask(body)` is a request about that room, which
 * must not be refused.
 */
export async function withRoom(use, options = {}, http = gateway.http) {
	const session = `${http}/${(await post(http, { janus: 'create' })).data.id}`;
	const plugin = { janus: 'attach', plugin: 'janus.plugin.videoroom' };
	const handle = `${session}/${(await post(session, plugin)).data.id}`;
	const ask = async (body) => (await post(handle, { janus: 'message', body })).plugindata.data;
	const wish = { publishers: 6, bitrate: 512000, secret: 'test', ...options };
	const made = await ask({ request: 'create', ...wish });
	if (made.videoroom !== 'created')
		throw new Error(`no room: ${JSON.stringify(made)}`);
	// Without a request for 60 s the session would be dropped, and the room could not be removed.
	const alive = setInterval(() => post(session, { janus: 'keepalive' }).catch(() => {}), 20000);
	try {
		return await use(made.room, async (body) => {
			const answer = await ask({ room: made.room, secret: 'test', ...body });
			if (answer.error)
				throw new Error(`${body.request}: ${answer.error}`);
			return answer;
		});
	} finally {
		clearInterval(alive);
		await ask({ request: 'destroy', room: made.room, secret: 'test' }).catch(() => {});
		await post(session, { janus: 'destroy' }).catch(() => {});
	}
}
