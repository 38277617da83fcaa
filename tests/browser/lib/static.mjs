// A static file server for the tests: a table of URL prefixes and folders, loopback only.

import { createServer } from 'node:http';
import { createReadStream, statSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';

const TYPES = {
	'.html': 'text/html; charset=utf-8',
	'.js': 'text/javascript; charset=utf-8',
	'.mjs': 'text/javascript; charset=utf-8',
	'.css': 'text/css; charset=utf-8',
	'.png': 'image/png',
	'.json': 'application/json',
};

function locate(mounts, url) {
	const path = normalize(decodeURIComponent(new URL(url, 'http://x').pathname));
	const prefix = Object.keys(mounts).find((name) => path.startsWith(name));
	if (!prefix)
		return null;
	const file = join(mounts[prefix], path.slice(prefix.length));
	try {
		return statSync(file).isDirectory() ? join(file, 'index.html') : file;
	} catch {
		return null;
	}
}

/** Returns {url, close()}; the url ends without a slash. */
export async function serve(mounts) {
	const server = createServer((request, response) => {
		const file = locate(mounts, request.url);
		if (!file) {
			response.writeHead(404).end();
			return;
		}
		response.writeHead(200, { 'Content-Type': TYPES[extname(file)] || 'application/octet-stream' });
		createReadStream(file).on('error', () => response.destroy()).pipe(response);
	});
	await new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen(0, '127.0.0.1', resolve);
	});
	return {
		url: `http://127.0.0.1:${server.address().port}`,
		close() {
			server.closeAllConnections();
			server.close();
		},
	};
}
