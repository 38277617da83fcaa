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

for tool in node npm curl ip ffmpeg gst-launch-1.0; do
	command -v "$tool" >/dev/null || fail "$tool is missing"
done
for file in "${CHROMIUM:-/usr/bin/chromium}" "${FIREFOX:-/usr/bin/firefox-esr}" \
	/usr/share/javascript/janus-gateway/janus.js \
	/usr/share/janus/demos/echotest.html; do
	[ -e "$file" ] || fail "$file is missing (Debian: chromium firefox-esr libjs-janus-gateway janus-demos)"
done
tests/browser/packages.sh || fail 'npm ci failed, see npm.log'
cd tests/browser
[ -z "${LIMEN_WS:-}" ] || exec node run.mjs "$@"
cd ../..

# Firefox has no candidate on loopback. What it sends to the machine's own address does not leave it.
own=$(ip -4 -oneline address show scope global | awk '{ sub("/.*", "", $4); print $4; exit }')
[ -n "$own" ] || fail 'Firefox needs an IPv4 address besides loopback'
conf=$(mktemp -d)
gateways=()
trap 'kill "${gateways[@]}" 2>/dev/null || true; wait "${gateways[@]}" 2>/dev/null || true; rm -rf "$conf"' EXIT

# start_gateway NAME WS-PORT HTTP-PORT: waits until it answers.
start_gateway() {
	mkdir "$conf/$1"
	cat >"$conf/$1/limen.jcfg" <<TEXT
nat: { ice_enforce_list = "127.0.0.1,$own" }
ice: { mode = "${LIMEN_TEST_ICE:-shared}"; port = 0; }
TEXT
	echo "general: { ws_ip = \"127.0.0.1\"; ws_port = $2; }" >"$conf/$1/limen.transport.websockets.jcfg"
	cat >"$conf/$1/limen.transport.http.jcfg" <<TEXT
general: { ip = "127.0.0.1"; port = $3; }
admin: { admin_port = 0; }
TEXT
	"$build/limen" -C "$conf/$1" -M "$build/modules" -H html >"$build/browser-$1.log" 2>&1 &
	gateways+=($!)
	for _ in $(seq 100); do
		kill -0 $! 2>/dev/null || fail "the gateway did not start: $(tail -n 1 "$build/browser-$1.log")"
		curl -fs "http://127.0.0.1:$3/janus/info" >/dev/null && return
		sleep 0.1
	done
	fail 'the gateway does not answer'
}

ws=${LIMEN_TEST_WS_PORT:-28188}
http=${LIMEN_TEST_HTTP_PORT:-28088}
start_gateway gateway "$ws" "$http"
start_gateway second $((ws + 1)) $((http + 1))
export LIMEN_WS=ws://127.0.0.1:$ws LIMEN_HTTP=http://127.0.0.1:$http/janus
export LIMEN_SECOND_WS=ws://127.0.0.1:$((ws + 1)) LIMEN_SECOND_HTTP=http://127.0.0.1:$((http + 1))/janus
export LIMEN_PAGES=http://127.0.0.1:$http
cd tests/browser
node run.mjs "$@"
