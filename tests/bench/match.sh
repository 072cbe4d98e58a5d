#!/bin/sh
# SPDX-License-Identifier: MIT
#
# match.sh BUILD_DIR: events per second of CPU for the shared sets of event patterns, with full
# validation and with --trust, and jq's for the set `exact`. A set runs for a second of CPU; the
# events are synthetic city lots, in memory.
set -eu
LC_ALL=C
export LC_ALL
build=$(cd "$1" && pwd)
source=$(cd "$(dirname "$0")/../.." && pwd)
shared=${EVHUB_SHARED:-$source/../shared}
rules=$shared/conformance/bench-rules
work=$(mktemp -d "${TMPDIR:-/tmp}/evbench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

if [ ! -d "$rules" ]; then
	echo "match.sh: no $rules" >&2
	exit 2
fi
zstd -dcq "$shared/data/citylots-20k.ndjson.zst" >"$work/lots"
${CC:-cc} -std=gnu11 -O2 -D_GNU_SOURCE -I"$source/lib" -o "$work/match" "$source/tests/bench/match.c" \
	"$build/libevhub.a" -lpcre2-8 -lcrypto -lxxhash
${CC:-cc} -O2 -o "$work/cpu" "$source/tests/bench/cpu.c"
echo 'full validation:'
"$work/match" "$work/lots" "$rules"/*.ndjson
echo '--trust:'
"$work/match" --trust "$work/lots" "$rules"/*.ndjson
if command -v jq >/dev/null; then
	echo "jq -c 'select(.properties.MAPBLKLOT == \"1430022\")' on the 20,000 events, seconds of CPU, of the clock, KiB:"
	"$work/cpu" jq -c 'select(.properties.MAPBLKLOT == "1430022")' "$work/lots" 3>&1 >/dev/null
fi
