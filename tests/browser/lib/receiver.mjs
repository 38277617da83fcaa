// Programs that receive RTP: the commands of docs/forwarding.md, run in a folder of their own with
// ports of their own.

import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { here } from './settings.mjs';
import { until } from './media.mjs';

const PAGE = join(here, '../../docs/forwarding.md');
const WRITTEN = { audio: 5004, video: 5006 };

/** The example of this name on the page. */
function example(name) {
	const text = readFileSync(PAGE, 'utf8');
	const start = text.indexOf(`<!-- example: ${name} -->\n\`\`\``);
	if (start < 0)
		throw new Error(`docs/forwarding.md has no example ${name}`);
	const [, body] = text.slice(start).match(/```\w*\n([^]*?)\n```/);
	return `${body}\n`;
}

/** A UDP socket on loopback; port 0: any free one. */
export function bind(port) {
	const socket = createSocket('udp4');
	return new Promise((resolve, reject) => {
		socket.once('error', reject);
		socket.bind(port, '127.0.0.1', () => resolve(socket));
	});
}

/** An even port that is free, and so is the next one, where ffmpeg receives RTCP. */
async function freePort() {
	for (let tries = 0; tries < 50; tries++) {
		const first = await bind(0);
		const { port } = first.address();
		const second = port % 2 === 0 && await bind(port + 1).catch(() => null);
		await new Promise((resolve) => first.close(resolve));
		if (!second)
			continue;
		await new Promise((resolve) => second.close(resolve));
		return port;
	}
	throw new Error('no two ports in a row are free');
}

/** Is somebody bound to this UDP port? */
function isBound(port) {
	const hex = port.toString(16).toUpperCase().padStart(4, '0');
	const line = new RegExp(`^ *\\d+: [0-9A-F]+:${hex} `, 'm');
	return ['/proc/net/udp', '/proc/net/udp6'].some((file) => line.test(readFileSync(file, 'utf8')));
}

export class Receiver {
	static async create() {
		const receiver = new Receiver();
		receiver.folder = mkdtempSync(join(tmpdir(), 'limen-forward-'));
		receiver.ports = { audio: await freePort(), video: await freePort() };
		return receiver;
	}

	/** An example with our ports instead of those written there. */
	example(name) {
		return Object.entries(WRITTEN).reduce((text, [kind, port]) =>
			text.replaceAll(port, this.ports[kind]), example(name));
	}

	file(name) {
		return readFileSync(join(this.folder, name));
	}

	write(name) {
		writeFileSync(join(this.folder, name), this.example(name));
	}

	/** Starts a command of the page; resolves when it listens for this kind of media. */
	async start(name, kind) {
		this.child = spawn('sh', ['-c', `exec ${this.example(name)}`],
			{ cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
		this.output = '';
		for (const stream of [this.child.stdout, this.child.stderr])
			stream.on('data', (text) => { this.output += text; });
		this.ended = new Promise((resolve) => this.child.on('close', resolve));
		await until(`${name} listening`, () => {
			if (this.child.exitCode !== null)
				throw new Error(`${name}: ${this.output.slice(-600)}`);
			return isBound(this.ports[kind]);
		});
	}

	/** Until the command has ended by itself, well. */
	async end(limitMs = 25000) {
		const timer = setTimeout(() => this.child.kill('SIGKILL'), limitMs);
		const code = await this.ended;
		clearTimeout(timer);
		if (code !== 0)
			throw new Error(`the receiver ended with ${code}: ${this.output.slice(-600)}`);
	}

	async close() {
		if (this.child && this.child.exitCode === null)
			this.child.kill('SIGKILL');
		await this.ended;
		rmSync(this.folder, { recursive: true, force: true });
	}
}

/** Runs a program to its end and returns what it printed. */
export function output(program, args, cwd) {
	const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'ignore'] });
	let text = '';
	child.stdout.on('data', (part) => { text += part; });
	return new Promise((resolve, reject) => {
		child.on('error', reject);
		child.on('close', (code) => (code === 0 ? resolve(text)
			: reject(new Error(`${program} ended with ${code}`))));
	});
}
