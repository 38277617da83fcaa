// The front page: shows what the gateway says about itself.

import { Session, defaultServer } from './limen.js';
import { $, show } from './page.js';

const FACTS = ['name', 'version_string', 'server-name', 'local-ip', 'ice-lite', 'session-timeout',
	'data_channels'];

function row(name, value) {
	const line = $('info').insertRow();
	const head = document.createElement('th');
	head.textContent = name;
	line.append(head);
	line.insertCell().textContent = value;
}

function names(group) {
	return Object.keys(group || {}).join(', ') || 'none';
}

async function main() {
	const server = defaultServer();
	window.limenState = { server, info: null };
	try {
		const info = await Session.info(server);
		for (const key of FACTS)
			if (key in info)
				row(key, String(info[key]));
		for (const key of ['plugins', 'transports', 'events'])
			row(key, names(info[key]));
		window.limenState.info = info;
		show(`Answering at ${server}`);
	} catch (error) {
		show(`No answer from ${server}: ${error.message}`, true);
	}
}

main();
