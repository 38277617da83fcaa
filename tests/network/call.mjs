// A call of Chromium to the echotest through our page, for a test that plays with the network
// beneath it: node call.mjs SERVER. Prints a line of JSON about the call once its video plays, and
// another for each line read, when frames have gone on; ends with the input.

import { createInterface } from 'node:readline';
import { launch, Visitors } from '../browser/lib/browser.mjs';
import { expectVideo } from '../browser/lib/media.mjs';
import { mounts } from '../browser/lib/settings.mjs';
import { serve } from '../browser/lib/static.mjs';

const ECHO = '#tiles figure:nth-child(2) video';
const PATIENCE_MS = 60000;

/** In the page: the pair in use, how the media is protected, and what the page thinks. */
async function look() {
	const stats = await window.limenState.handle.pc.getStats();
	const transport = [...stats.values()].find(({ type }) => type === 'transport');
	const pair = stats.get(transport.selectedCandidatePairId);
	const end = ({ protocol, address, port, candidateType }) =>
		({ protocol, address, port, type: candidateType });
	return {
		local: end(stats.get(pair.localCandidateId)),
		remote: end(stats.get(pair.remoteCandidateId)),
		dtls: transport.dtlsCipher,
		srtp: transport.srtpCipher,
		phase: window.limenState.phase,
	};
}

async function tell(page) {
	await expectVideo(page, ECHO, 1, PATIENCE_MS);
	console.log(JSON.stringify(await page.evaluate(look)));
}

async function main(server) {
	const files = await serve(mounts);
	const browser = await launch();
	const visitors = new Visitors(browser);
	try {
		const query = new URLSearchParams({ server });
		const page = await visitors.open(`${files.url}/html/echotest/?${query}`);
		await page.click('#start');
		await tell(page);
		for await (const line of createInterface({ input: process.stdin }))
			if (line)
				await tell(page);
		if (visitors.errors.length)
			throw new Error(`the page threw: ${visitors.errors.join('; ')}`);
	} finally {
		await visitors.close();
		await browser.close();
		files.close();
	}
}

await main(process.argv[2]);
