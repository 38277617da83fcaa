// Two gateways: Alice publishes on the first, Bob watches her on the second, as a controller that
// talks to both has them arrange it.

import { expectAudio, expectStill, expectVideo, until } from '../lib/media.mjs';
import { withRoom } from '../lib/room.mjs';
import { gateway, second } from '../lib/settings.mjs';

const REMOTE = '#remote video';
const ALICE = 777; // on the second gateway

function open({ visitors, files }, query) {
	const all = new URLSearchParams({ library: 'npm', ...query });
	return visitors.open(`${files}/pages/janusjs.html?${all}`);
}

/** How a publisher was described to herself when she was up: what the other gateway is told. */
function published(page) {
	return until('somebody publishing', () => page.evaluate(() => {
		const { step, id, events } = window.testState;
		const streams = events.find(({ configured }) => configured)?.streams;
		return step === 'up' && streams && { id, streams };
	}));
}

async function watchAcross(context, first, other, security) {
	const alice = await open(context, { server: gateway.ws, room: first.room, name: 'Alice' });
	const { id, streams } = await published(alice);
	const bob = await open(context, { server: second.ws, room: other.room, name: 'Bob' });
	await published(bob);
	const { port, rtcp_port } = await other.ask({
		request: 'add_remote_publisher', id: ALICE, display: 'Alice', streams, ...security,
	});
	const link = { publisher_id: id, remote_id: 'to-second' };
	await first.ask({
		request: 'publish_remotely', ...link, host: '127.0.0.1', port, rtcp_port, ...security,
	});
	await expectVideo(bob, REMOTE, 1);
	await expectAudio(bob, 1);
	const feeds = await bob.evaluate(() => Object.entries(window.testState.feeds).join());
	if (feeds !== `${ALICE},Alice`)
		throw new Error(`Bob sees ${feeds}`);
	await first.ask({ request: 'unpublish_remotely', ...link });
	await expectStill(bob, REMOTE);
	await other.ask({ request: 'remove_remote_publisher', id: ALICE });
	await until('nobody left to see', async () => (await bob.$$(REMOTE)).length === 0);
}

function across(context, security) {
	return withRoom((firstRoom, askFirst) => withRoom((otherRoom, askOther) => {
		const first = { room: firstRoom, ask: askFirst };
		return watchAcross(context, first, { room: otherRoom, ask: askOther }, security);
	}, {}, second.http));
}

const SRTP = { srtp_suite: 80, srtp_crypto: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd' };

const tests = [
	{ name: 'watched from another gateway', limit: 120, run: (context) => across(context, {}) },
	{ name: 'the same over SRTP', limit: 120, run: (context) => across(context, SRTP) },
];

/* Where somebody named a gateway and not a second one, nothing can go from one to the other. */
export default second.http ? tests : [];
