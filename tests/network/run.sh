#!/usr/bin/env bash
# Tests on networks of their own: tests/network/run.sh BUILD [WORD], as root. Prints TAP. A missing tool
# fails the run: it is never skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() {
	printf '1..1\nnot ok 1 - %s\n' "$1"
	exit 1
}

[ "$(id -u)" -eq 0 ] || fail 'network namespaces need root'
for tool in ip nft ss turnserver node npm "${CHROMIUM:-/usr/bin/chromium}"; do
	command -v "$tool" >/dev/null || fail "$tool is missing (Debian: iproute2 nftables coturn nodejs npm chromium)"
done
tests/browser/packages.sh || fail 'npm ci failed, see tests/browser/npm.log'
exec python3 tests/network/run.py "$(realpath -m "$1")" "${@:2}"
