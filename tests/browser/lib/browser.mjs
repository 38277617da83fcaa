// Headless Chromium with a fake camera and microphone, and pages whose PeerConnections the tests
// can look into.

import { chromium as engine } from 'playwright-core';
import { chromium } from './settings.mjs';

const FLAGS = [
	'--no-sandbox',
	'--use-fake-ui-for-media-stream',
	'--use-fake-device-for-media-stream',
	'--autoplay-policy=no-user-gesture-required',
	'--allow-loopback-in-peer-connection',
	'--disable-features=WebRtcHideLocalIpsWithMdns',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

const ACTION_MS = 10000;
const LOCAL = ['127.0.0.1', 'localhost'];

/** Runs before any script of the page: keeps a list of the PeerConnections that it makes. */
export function watchPeers() {
	const peers = window.testPeers = [];
	const Native = window.RTCPeerConnection;
	window.RTCPeerConnection = class extends Native {
		constructor(...args) {
			super(...args);
			peers.push(this);
		}
	};
}

export function launch() {
	return engine.launch({ executablePath: chromium, headless: true, args: FLAGS, timeout: 30000 });
}

/**
 * Opens pages in contexts of their own. `errors` collects what the pages throw, which fails a test
 * at its end. Only loopback addresses are let through: a page that asks the Internet for a script
 * must be told no, not wait.
 */
export class Visitors {
	constructor(browser, firefox) {
		this.browser = browser;
		this.firefox = firefox;
		this.contexts = [];
		this.errors = [];
	}

	async open(url, prepare) {
		const context = await this.browser.newContext();
		this.contexts.push(context);
		context.setDefaultTimeout(ACTION_MS);
		await context.addInitScript(watchPeers);
		const abroad = ({ hostname }) => !LOCAL.includes(hostname);
		await context.route(abroad, (route) => route.abort());
		await prepare?.(context);
		const page = await context.newPage();
		page.on('pageerror', (error) => this.errors.push(`${new URL(url).pathname}: ${error.message}`));
		if (process.env.BROWSER_LOG)
			page.on('console', (line) => console.error(`# ${line.text()}`));
		await page.goto(url);
		return page;
	}

	/** The same in Firefox. */
	async openFirefox(url) {
		const page = await this.firefox.open(url, this.errors);
		this.contexts.push(page);
		return page;
	}

	async close() {
		for (const context of this.contexts)
			await context.close();
	}
}
