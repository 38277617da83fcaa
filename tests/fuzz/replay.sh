#!/usr/bin/env bash
# tests/fuzz/replay.sh BUILD: runs every file of every corpus once through its target and prints one TAP line a
# target. The programs are kept in BUILD/fuzz.
set -uo pipefail
cd "$(dirname "$0")/../.."
out=$1/fuzz
number=0

make -s -k -j"$(nproc)" -f tests/fuzz/fuzz.mk OUT="$out"

# replay NAME: a target without a corpus has not been tested, which is a failure too.
replay() {
	local files=(tests/fuzz/corpus/"$1"/*)
	[ -e "${files[0]}" ] || { echo "# no corpus of $1"; return 1; }
	"$out/fuzz_$1" -timeout=10 -artifact_prefix="$out/" "${files[@]}" >"$out/replay-$1.log" 2>&1 && return
	sed 's/^/# /' "$out/replay-$1.log"
	return 1
}

for source in tests/fuzz/fuzz_*.c; do
	name=$(basename "${source#tests/fuzz/fuzz_}" .c)
	number=$((number + 1))
	if replay "$name"; then echo "ok $number $name"; else echo "not ok $number $name"; fi
done
echo "1..$number"
