#!/bin/sh
# Runs the browser tests against a gateway that is already there, and prints TAP. Addresses come
# from LIMEN_WS, LIMEN_HTTP and LIMEN_PAGES (lib/settings.mjs). Arguments choose tests by part of a
# name. A missing tool fails the run: it is never skipped.
cd "$(dirname "$0")" || exit 1

fail() {
	printf '1..1\nnot ok 1 - %s\n' "$1"
	exit 1
}

command -v node >/dev/null || fail 'node is missing (Debian package nodejs)'
for file in "${CHROMIUM:-/usr/bin/chromium}" /usr/share/javascript/janus-gateway/janus.js \
	/usr/share/janus/demos/echotest.html; do
	[ -e "$file" ] || fail "$file is missing (Debian: chromium libjs-janus-gateway janus-demos)"
done
if ! cmp -s package-lock.json node_modules/.limen-lock; then
	command -v npm >/dev/null || fail 'npm is missing (Debian package npm)'
	npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1 || fail 'npm ci failed, see npm.log'
	cp package-lock.json node_modules/.limen-lock
	rm -f npm.log
fi
exec node run.mjs "$@"
