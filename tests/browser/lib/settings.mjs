// Where the gateway under test answers, and where files that are tested unmodified lie.

import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

export const here = fileURLToPath(new URL('..', import.meta.url));

export const gateway = {
	ws: process.env.LIMEN_WS || 'ws://127.0.0.1:8188',
	http: process.env.LIMEN_HTTP || 'http://127.0.0.1:8088/janus',
	/* "local" serves html/ from here, for a gateway that has no pages of its own. */
	pages: process.env.LIMEN_PAGES || 'http://127.0.0.1:8088',
	/* Whether all media goes through one port: not with an ICE agent a peer. */
	shared: process.env.LIMEN_TEST_ICE !== 'agent',
};

/* Another gateway, for what goes from one to the other. */
export const second = {
	ws: process.env.LIMEN_SECOND_WS,
	http: process.env.LIMEN_SECOND_HTTP,
};

export const chromium = process.env.CHROMIUM || '/usr/bin/chromium';

export const firefox = process.env.FIREFOX || '/usr/bin/firefox-esr';

export const mounts = {
	'/html/': join(here, '../../html'),
	'/pages/': join(here, 'pages'),
	'/npm/': join(here, 'node_modules'),
	'/debian/': '/usr/share/javascript',
	'/demos/': '/usr/share/janus/demos',
};

/** Whether the gateway serves data channels: it says so itself, and only then are they asked for. */
export async function servesData() {
	return (await (await fetch(`${gateway.http}/info`)).json()).data_channels;
}
