#!/usr/bin/env bash
# The second compiler: every C file of the tree through clang, with warnings as errors; one TAP line.
set -uo pipefail
cd "$(dirname "$0")/../.."
flags=(-std=gnu11 -D_GNU_SOURCE -fsyntax-only -Wall -Wextra -Werror -fno-strict-aliasing -Iinclude -I.
	-DHAVE_IPSEC_MB -DLIMEN_MODULEDIR='""' -DLIMEN_HTMLDIR='""' -DLIMEN_CONFDIR='""')
read -ra packages < <(pkg-config --cflags glib-2.0 jansson nice libsrtp2 openssl libconfig libwebsockets)
if git ls-files '*.c' | xargs -P "$(nproc)" -n 8 clang "${flags[@]}" "${packages[@]}"; then
	echo 'ok 1 - clang has no warnings'
else
	echo 'not ok 1 - clang has warnings'
	exit 1
fi
