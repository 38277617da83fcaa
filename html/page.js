// What the example pages share: finding elements, reporting, and capturing local media.

export const $ = (id) => document.getElementById(id);

export function show(text, isError = false) {
	const status = $('status');
	status.textContent = text;
	status.classList.toggle('error', isError);
}

/** Runs an action and shows its failure instead of losing it. */
export async function attempt(action) {
	try {
		return await action();
	} catch (error) {
		show(error.message, true);
		throw error;
	}
}

export function button(id, action) {
	$(id).addEventListener('click', () => attempt(action).catch((error) => console.error(error)));
}

/** Camera and microphone; browsers give them to https pages and to localhost only. */
export function captureCamera({ width = 1280, height = 720 } = {}) {
	if (!navigator.mediaDevices)
		throw new Error('The browser gives no camera to this page: open it over https or on localhost.');
	return navigator.mediaDevices.getUserMedia({ audio: true, video: { width, height } });
}

/** A tile with a video and a caption. */
export function tile(parent, caption, { muted = false } = {}) {
	const figure = document.createElement('figure');
	const video = document.createElement('video');
	const text = document.createElement('figcaption');
	Object.assign(video, { autoplay: true, playsInline: true, muted });
	text.textContent = caption;
	figure.append(video, text);
	parent.append(figure);
	return { figure, video, text };
}
