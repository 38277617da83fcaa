// A user with two publishers: a camera and a shared screen, each on a handle of its own.

import { until } from '../lib/media.mjs';
import { decoded, expectFrames, expectWidth, openRoom } from '../lib/party.mjs';
import { withRoom } from '../lib/room.mjs';

const CAMERA = { width: 320, height: 180, rate: 10, audio: true };
const SCREEN = { width: 640, height: 360, rate: 5, screen: true };

async function sharing(context) {
	await withRoom(async (room) => {
		const call = await openRoom(context);
		const watcher = await openRoom(context);
		const camera = await call('publish', 'camera', { room, source: CAMERA, display: 'Ann' });
		const wish = { room, source: SCREEN, display: 'Ann\'s screen' };
		const screen = await call('publish', 'screen', wish);
		const announced = async () => (await call('events', 'camera')).flatMap(
			({ publishers = [] }) => publishers.map(({ id, display }) => `${id} ${display}`));
		await until('the screen being announced', async () => (await announced())
			.includes(`${screen.id} Ann's screen`));

		for (const [name, feed] of [['face', camera.id], ['slides', screen.id]]) {
			const { videoroom, id } = await watcher('watch', name, { room, feed });
			if (videoroom !== 'attached' || id !== feed)
				throw new Error(`asked for ${feed}: ${videoroom} ${id}`);
		}
		await expectWidth(watcher, 'face', CAMERA.width);
		const { frameWidth } = await decoded(watcher, 'slides');
		const [{ frameWidth: sent }] = await call('sent', 'screen');
		if (!sent || frameWidth !== sent)
			throw new Error(`the screen is ${sent} wide and seen ${frameWidth} wide`);
		await expectFrames(watcher, 'slides');

		await call('ask', 'screen', { request: 'unpublish' });
		const gone = async () => (await call('events', 'camera'))
			.some(({ unpublished }) => unpublished === screen.id);
		await until('the end of the screen', gone);
		await expectFrames(watcher, 'face');
	});
}

export default [{ name: 'camera and screen of one user, by legacy feed', limit: 60, run: sharing }];
