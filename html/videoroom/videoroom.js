// A conference: one handle publishes, one handle receives everybody else (see subscription.js).

import { Session } from '../limen.js';
import { $, attempt, button, captureCamera, show, tile } from '../page.js';
import { Subscription } from './subscription.js';

const PLUGIN = 'janus.plugin.videoroom';
const query = new URLSearchParams(window.location.search);
const state = {
	phase: 'outside',
	id: null,
	room: null,
	publisher: null,
	subscription: null,
	feeds: {},
	own: new Set(),
};
window.limenState = state;

let session = null;
let local = null;
let screen = null;

async function join() {
	$('join').disabled = true;
	try {
		state.room = Number($('room').value);
		local = await captureCamera({ width: 640, height: 360 });
		tile($('tiles'), `${$('name').value} (you)`, { muted: true }).video.srcObject = local;
		session = await Session.connect();
		session.on('closed', () => leave('The connection to the gateway is gone.'));
		state.publisher = await enter($('name').value, followRoom);
		await publish(state.publisher, local, $('simulcast').checked);
		state.phase = 'inside';
		$('entrance').hidden = true;
		$('inside').hidden = false;
		show(`In room ${state.room}.`);
	} catch (error) {
		await leave();
		throw error;
	} finally {
		$('join').disabled = false;
	}
}

/** Joins the room on a new handle; `joined` is called with the handle and the gateway's reply. */
async function enter(display, joined) {
	const handle = await session.attach(PLUGIN);
	const early = [];
	const hold = ({ detail }) => early.push(detail);
	handle.addEventListener('event', hold);
	const request = { request: 'join', ptype: 'publisher', room: state.room, display };
	const { data } = await handle.message(request);
	handle.removeEventListener('event', hold);
	state.own.add(data.id);
	await joined?.(handle, data, early);
	return handle;
}

/** The camera's handle also hears who comes and goes. */
async function followRoom(handle, data, early) {
	state.id = data.id;
	const receiver = await session.attach(PLUGIN);
	state.subscription = new Subscription(receiver, {
		room: state.room,
		privateId: data.private_id,
		onChange: (feeds) => showFeeds(feeds),
		onError: (error) => show(error.message, true),
	});
	handle.on('event', (event) => noteRoom(event.data));
	handle.on('hangup', (reason) => leave(`The gateway hung up: ${reason}`));
	for (const event of [{ data }, ...early])
		noteRoom(event.data);
}

function noteRoom(data) {
	for (const publisher of data.publishers ?? [])
		if (!publisher.dummy && !state.own.has(publisher.id))
			state.subscription.publishes(publisher);
	for (const gone of [data.unpublished, data.leaving, data.kicked])
		if (gone !== undefined && gone !== 'ok')
			state.subscription.leaves(gone);
	if (data.videoroom === 'destroyed' || (data.leaving === 'ok' && data.reason === 'kicked'))
		leave(data.reason === 'kicked' ? 'You were removed from the room.' : 'The room was closed.');
}

async function publish(handle, stream, simulcast) {
	const label = (track, index) => ({ mid: String(index), description: track.label });
	const body = { request: 'publish', descriptions: stream.getTracks().map(label) };
	await handle.publish(stream, { body, simulcast });
}

function showFeeds(feeds) {
	for (const [id, feed] of Object.entries(state.feeds)) {
		if (feeds.has(feed.id))
			continue;
		feed.figure.remove();
		delete state.feeds[id];
	}
	for (const { id, display, tracks } of feeds.values()) {
		const feed = state.feeds[id] ??= { id, ...tile($('tiles'), ''), stream: new MediaStream() };
		feed.text.textContent = display || `Guest ${id}`;
		for (const track of feed.stream.getTracks())
			if (!tracks.includes(track))
				feed.stream.removeTrack(track);
		for (const track of tracks)
			feed.stream.addTrack(track);
		if (feed.video.srcObject !== feed.stream)
			feed.video.srcObject = feed.stream;
	}
}

async function leave(reason = 'You left the room.') {
	const ended = session;
	session = null;
	state.subscription?.close();
	for (const stream of [local, screen?.stream])
		stream?.getTracks().forEach((track) => track.stop());
	screen = null;
	Object.assign(state, { phase: 'outside', publisher: null, subscription: null, feeds: {} });
	state.own.clear();
	$('tiles').replaceChildren();
	$('entrance').hidden = false;
	$('inside').hidden = true;
	for (const id of ['audio', 'video', 'screen'])
		$(id).setAttribute('aria-pressed', 'false');
	show(reason);
	await ended?.destroy().catch(() => {});
}

function toggle(kind) {
	const muted = $(kind).getAttribute('aria-pressed') !== 'true';
	for (const track of local.getTracks())
		if (track.kind === kind)
			track.enabled = !muted;
	$(kind).setAttribute('aria-pressed', String(muted));
}

/** The screen is a second participant of the same session. */
async function toggleScreen() {
	if (screen) {
		const ended = screen;
		screen = null;
		ended.stream.getTracks().forEach((track) => track.stop());
		$('screen').setAttribute('aria-pressed', 'false');
		await ended.handle.detach();
		return;
	}
	const stream = await navigator.mediaDevices.getDisplayMedia({ video: true });
	const handle = await enter(`${$('name').value} (screen)`);
	screen = { stream, handle };
	stream.getVideoTracks()[0].addEventListener('ended', () => screen && attempt(toggleScreen));
	$('screen').setAttribute('aria-pressed', 'true');
	await publish(handle, stream, false);
}

$('room').value = query.get('room') || '1234';
$('name').value = query.get('name') || '';
$('simulcast').checked = query.has('simulcast');
$('entrance').addEventListener('submit', (event) => {
	event.preventDefault();
	attempt(join).catch((error) => console.error(error));
});
button('leave', () => leave());
button('audio', () => toggle('audio'));
button('video', () => toggle('video'));
button('screen', toggleScreen);
if (query.has('name'))
	$('entrance').requestSubmit();
