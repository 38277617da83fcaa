// Runs the browser tests against a gateway that is already there and prints TAP. Arguments choose
// tests by part of their name. Every test has its own pages and time limit; whatever a page throws
// fails its test.

import { launch, Visitors } from './lib/browser.mjs';
import { Firefox } from './lib/firefox.mjs';
import { gateway, mounts } from './lib/settings.mjs';
import { serve } from './lib/static.mjs';
import cascade from './suites/cascade.mjs';
import demos from './suites/demos.mjs';
import e2ee from './suites/e2ee.mjs';
import firefoxPages from './suites/firefox.mjs';
import forward from './suites/forward.mjs';
import janusjs from './suites/janusjs.mjs';
import layers from './suites/layers.mjs';
import ownPages from './suites/pages.mjs';
import red from './suites/red.mjs';
import sharing from './suites/sharing.mjs';

const suites = {
	pages: ownPages, 'janus.js': janusjs, demos, forward, cascade, layers, red, e2ee, sharing,
	firefox: firefoxPages,
};

function chosen(words) {
	const all = Object.entries(suites).flatMap(([suite, tests]) => tests
		.map((test) => ({ ...test, name: `${suite}: ${test.name}` })));
	return words.length ? all.filter(({ name }) => words.some((word) => name.includes(word))) : all;
}

function withLimit(seconds, work) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`over its limit of ${seconds} s`)), seconds * 1000);
	});
	return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function runOne({ browser, firefox, files }, test, notes) {
	const visitors = new Visitors(browser, firefox);
	const pages = gateway.pages === 'local' ? `${files}/html` : gateway.pages;
	const note = (text) => notes.push(text);
	const context = { visitors, files, pages, note };
	try {
		await withLimit(test.limit, test.run(context));
		if (visitors.errors.length)
			throw new Error(`a page threw: ${visitors.errors.join('; ')}`);
	} finally {
		await visitors.close();
	}
}

function report(number, name, started, notes, error) {
	const seconds = ((Date.now() - started) / 1000).toFixed(1);
	console.log(`${error ? 'not ok' : 'ok'} ${number} - ${name} # ${seconds} s`);
	const trouble = error ? String(error.message).split('\n').slice(0, 12) : [];
	for (const line of [...notes, ...trouble])
		console.log(`# ${line}`);
	return !error;
}

async function main() {
	const tests = chosen(process.argv.slice(2));
	console.log(`1..${tests.length}`);
	const browser = await launch().catch((error) => error);
	const firefox = new Firefox();
	const files = await serve(mounts);
	let failed = tests.length ? 0 : 1;
	for (const [index, test] of tests.entries()) {
		const started = Date.now();
		const notes = [];
		const result = browser instanceof Error ? Promise.reject(browser)
			: runOne({ browser, firefox, files: files.url }, test, notes);
		const error = await result.then(() => null, (reason) => reason);
		failed += !report(index + 1, test.name, started, notes, error);
	}
	files.close();
	await firefox.close();
	if (!(browser instanceof Error))
		await browser.close();
	return failed;
}

process.exit(await main() ? 1 : 0);
