#!/usr/bin/env bash
# Browser tests: tests/browser/run.sh BUILD [WORD...]. Starts a gateway of the build folder on ports of its own and prints TAP.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "$1")
shift
conf=$(mktemp -d)
ws=${LIMEN_TEST_WS_PORT:-28188}
http=${LIMEN_TEST_HTTP_PORT:-28088}
cat >"$conf/limen.jcfg" <<TEXT
nat: { ice_enforce_list = "127.0.0.1" }
TEXT
echo "general: { ws_ip = \"127.0.0.1\"; ws_port = $ws; }" >"$conf/limen.transport.websockets.jcfg"
echo "general: { ip = \"127.0.0.1\"; port = $http; }" >"$conf/limen.transport.http.jcfg"
"$build/limen" -C "$conf" -M "$build/modules" -H html >"$build/browser-gateway.log" 2>&1 &
gateway=$!
trap 'kill $gateway 2>/dev/null || true; wait $gateway 2>/dev/null || true; rm -rf "$conf"' EXIT
cd tests/browser
[ -d node_modules/playwright-core ] || npm ci --ignore-scripts --no-audit --no-fund >/dev/null
for _ in $(seq 100); do curl -fs "http://127.0.0.1:$http/janus/info" >/dev/null && break; sleep 0.1; done
export LIMEN_WS=ws://127.0.0.1:$ws LIMEN_HTTP=http://127.0.0.1:$http/janus LIMEN_PAGES=http://127.0.0.1:$http
node run.mjs "$@"
