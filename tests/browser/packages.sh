#!/usr/bin/env bash
# Installs the npm packages of the tests with browsers, unless they are there.
set -euo pipefail
cd "$(dirname "$0")"
cmp -s package-lock.json node_modules/.limen-lock && exit
npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1
cp package-lock.json node_modules/.limen-lock
