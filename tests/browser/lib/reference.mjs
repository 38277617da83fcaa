// Starts Debian's janus on loopback ports of its own, to compare with and to prove the tests
// themselves. Run as a program it stays until it is interrupted: `node lib/reference.mjs`.

import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MODULES = '/usr/lib/x86_64-linux-gnu/janus';
const START_MS = 10000;

const UNUSED = {
	plugins: ['voicemail', 'recordplay', 'sip', 'lua', 'duktape', 'streaming'],
	transports: ['pfunix', 'mqtt', 'nanomsg', 'rabbitmq'],
};

const library = (name) => `libjanus_${name}.so`;

const core = (folder) => `general: {
	configs_folder = "${folder}"
	plugins_folder = "${MODULES}/plugins"
	transports_folder = "${MODULES}/transports"
	events_folder = "${MODULES}/events"
	loggers_folder = "${MODULES}/loggers"
	debug_level = 3
}
media: { rtp_port_range = "40000-42000" }
nat: { ice_enforce_list = "lo,127.0.0.1" }
plugins: { disable = "${UNUSED.plugins.map(library)}" }
transports: { disable = "${UNUSED.transports.map(library)}" }
`;

const room = `room-1234: {
	description = "Demo Room"
	publishers = 6
	bitrate = 512000
	fir_freq = 10
}
`;

async function answers(url, child) {
	for (const end = Date.now() + START_MS; Date.now() < end && child.exitCode === null;) {
		try {
			if ((await fetch(url)).ok)
				return;
		} catch {
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}
	throw new Error('janus did not start');
}

/** Returns {ws, http, stop()}. */
export async function startReference({ wsPort = 18188, httpPort = 18088 } = {}) {
	const folder = mkdtempSync(join(tmpdir(), 'reference-janus-'));
	const write = (name, text) => writeFileSync(join(folder, name), text);
	write('janus.jcfg', core(folder));
	write('janus.transport.http.jcfg',
		`general: {\n base_path = "/janus"\n http = true\n ip = "127.0.0.1"\n port = ${httpPort}\n}\n`);
	write('janus.transport.websockets.jcfg',
		`general: {\n ws = true\n ws_ip = "127.0.0.1"\n ws_port = ${wsPort}\n}\n`);
	write('janus.plugin.videoroom.jcfg', room);
	const log = process.env.REFERENCE_LOG ? 'inherit' : 'ignore';
	const child = spawn('janus', ['-F', folder, '-o'], { stdio: ['ignore', log, log] });
	const http = `http://127.0.0.1:${httpPort}/janus`;
	const gone = new Promise((resolve) => child.on('exit', resolve));
	const stop = async () => {
		child.kill('SIGTERM');
		const hard = setTimeout(() => child.kill('SIGKILL'), 3000);
		await gone;
		clearTimeout(hard);
		rmSync(folder, { recursive: true, force: true });
	};
	try {
		await answers(`${http}/info`, child);
	} catch (error) {
		await stop();
		throw error;
	}
	return { ws: `ws://127.0.0.1:${wsPort}`, http, pid: child.pid, stop };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const { ws, http, pid, stop } = await startReference();
	console.log(`LIMEN_WS=${ws} LIMEN_HTTP=${http} pid=${pid}`);
	for (const signal of ['SIGINT', 'SIGTERM'])
		process.once(signal, stop);
}
