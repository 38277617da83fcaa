// Headless Firefox with a fake camera and microphone, driven over WebDriver BiDi. Its pages have
// what lib/media.mjs uses of Chromium's.

import puppeteer from 'puppeteer-core';
import { firefox } from './settings.mjs';
import { watchPeers } from './browser.mjs';

const PREFERENCES = {
	'media.navigator.streams.fake': true,
	'media.navigator.permission.disabled': true,
	'media.autoplay.default': 0,
	'media.peerconnection.ice.loopback': true,
	'media.peerconnection.ice.obfuscate_host_addresses': false,
	'media.gmp-manager.updateEnabled': false,
};

/** One browser for all tests, started by the first that needs it. */
export class Firefox {
	constructor() {
		this.browser = null;
	}

	/** Opens a page; what it throws goes to `errors`. */
	async open(url, errors) {
		this.browser ??= await puppeteer.launch({
			browser: 'firefox', executablePath: firefox, headless: true, extraPrefsFirefox: PREFERENCES,
		});
		const page = await this.browser.newPage();
		page.on('pageerror', (error) => errors.push(`${new URL(url).pathname}: ${error.message}`));
		if (process.env.BROWSER_LOG)
			page.on('console', (line) => console.error(`# Firefox: ${line.text()}`));
		await page.evaluateOnNewDocument(watchPeers);
		await page.goto(url);
		return page;
	}

	async close() {
		await this.browser?.close();
	}
}
