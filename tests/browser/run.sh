#!/usr/bin/env bash
# Browser tests: tests/browser/run.sh BUILD [WORD...]. Starts a gateway of the build folder on ports
# of its own and prints TAP. With LIMEN_WS, LIMEN_HTTP and LIMEN_PAGES preset (lib/settings.mjs) it
# uses the gateway that runs there instead. A missing tool fails the run: it is never skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath -m "$1")
shift

fail() {
	printf '1..1\nnot ok 1 - %s\n' "$1"
	exit 1
}

for tool in node npm curl ffmpeg gst-launch-1.0; do
	command -v "$tool" >/dev/null || fail "$tool is missing"
done
for file in "${CHROMIUM:-/usr/bin/chromium}" /usr/share/javascript/janus-gateway/janus.js \
	/usr/share/janus/demos/echotest.html; do
	[ -e "$file" ] || fail "$file is missing (Debian: chromium libjs-janus-gateway janus-demos)"
done
tests/browser/packages.sh || fail 'npm ci failed, see npm.log'
cd tests/browser
[ -z "${LIMEN_WS:-}" ] || exec node run.mjs "$@"
cd ../..

conf=$(mktemp -d)
ws=${LIMEN_TEST_WS_PORT:-28188}
http=${LIMEN_TEST_HTTP_PORT:-28088}
cat >"$conf/limen.jcfg" <<TEXT
nat: { ice_enforce_list = "127.0.0.1" }
ice: { mode = "${LIMEN_TEST_ICE:-shared}"; port = 0; }
TEXT
echo "general: { ws_ip = \"127.0.0.1\"; ws_port = $ws; }" >"$conf/limen.transport.websockets.jcfg"
echo "general: { ip = \"127.0.0.1\"; port = $http; }" >"$conf/limen.transport.http.jcfg"
"$build/limen" -C "$conf" -M "$build/modules" -H html >"$build/browser-gateway.log" 2>&1 &
gateway=$!
trap 'kill $gateway 2>/dev/null || true; wait $gateway 2>/dev/null || true; rm -rf "$conf"' EXIT
cd tests/browser
for _ in $(seq 100); do
	curl -fs "http://127.0.0.1:$http/janus/info" >/dev/null && break
	sleep 0.1
done
export LIMEN_WS=ws://127.0.0.1:$ws LIMEN_HTTP=http://127.0.0.1:$http/janus
export LIMEN_PAGES=http://127.0.0.1:$http
node run.mjs "$@"
