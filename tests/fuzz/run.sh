#!/usr/bin/env bash
# ./dev fuzz NAME [SECONDS] [LIBFUZZER-OPTION...]: fuzzes one target, beginning with its corpus. What it finds new
# stays in build/fuzz/found/NAME; an input that crashes is left in build/fuzz/NAME-crash-*. Without NAME: the list.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/fuzz

if [ $# -eq 0 ]; then
	for source in tests/fuzz/fuzz_*.c; do basename "${source#tests/fuzz/fuzz_}" .c; done
	exit 0
fi
name=$1
seconds=${2:-60}
shift $(($# < 2 ? $# : 2))
if [ ! -e "tests/fuzz/fuzz_$name.c" ]; then
	echo "no fuzz target $name; there are: $("$0" | tr '\n' ' ')" >&2
	exit 2
fi
make -s -j"$(nproc)" -f tests/fuzz/fuzz.mk OUT=$out "$out/fuzz_$name"
mkdir -p "$out/found/$name"
exec "$out/fuzz_$name" -max_total_time="$seconds" -timeout=10 -artifact_prefix="$out/$name-" "$@" \
	"$out/found/$name" "tests/fuzz/corpus/$name"
