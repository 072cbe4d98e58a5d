#!/bin/sh
# SPDX-License-Identifier: MIT
#
# lake.sh BUILD_DIR [FILE.ndjson[.zst]]: what a lake costs, in one run with zstd as the floor and jq as the peer.
# The input (the Windows event log records of ../shared unless told otherwise) is repeated with distinct ids until it
# has SIZE bytes (300 MB). Figures are medians of RUNS (5) runs of CPU time, user and system, on warm caches; MB is
# 10^6 raw bytes. Every run of put makes a lake of its own, with all its syncs.
set -eu
LC_ALL=C
export LC_ALL
build=$(cd "$1" && pwd)
source=$(cd "$(dirname "$0")/../.." && pwd)
input=${2:-${EVHUB_SHARED:-$source/../shared}/data/otrf-windows.ndjson.zst}
runs=${RUNS:-5}
size=${SIZE:-300000000}
PATH=$build:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/evbench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

if [ ! -r "$input" ]; then
	echo "lake.sh: no $input; name a file of events as the second operand" >&2
	exit 2
fi
for tool in cpu distinct; do
	"${CC:-cc}" -O2 -o "$work/$tool" "$source/tests/bench/$tool.c"
done
case $input in
*.zst) zstd -dcq "$input" >"$work/one" ;;
*) cp "$input" "$work/one" ;;
esac
"$work/distinct" $((size / $(wc -c <"$work/one") + 1)) <"$work/one" >"$work/all"
bytes=$(wc -c <"$work/all")
lines=$(wc -l <"$work/all")
echo "input: $bytes bytes, $lines lines with distinct ids; $runs runs"

# measure NAME COMMAND...: appends "CPU WALL RSS" to the file NAME
measure()
{
	name=$1
	shift
	"$work/cpu" "$@" 3>>"$work/$name" >/dev/null
}

median()
{
	sort -n -k"$2,$2" "$work/$1" | awk -v f="$2" '{ v[NR] = $f } END { print v[int((NR + 1) / 2)] }'
}

i=0
while [ "$i" -lt "$runs" ]; do
	rm -rf "$work/lake"
	measure put evlake put -q "$work/lake" "$work/all"
	measure zstd-2 zstd -q -2 -T1 -c "$work/all"
	measure put-again evlake put -q "$work/lake" "$work/all"
	measure query evlake query "$work/lake"
	measure query-time evlake query --order time "$work/lake"
	measure zstdcat sh -c 'zstd -dcq "$0"/data/*/*' "$work/lake"
	measure verify evlake verify -q "$work/lake"
	measure count-by-hour evlake count --by hour "$work/lake"
	measure get evlake get "$work/lake" "$(tail -n 1 "$work/all" | sed 's/.*"id":"\([^"]*\)".*/\1/')"
	i=$((i + 1))
done
[ "$(evlake query "$work/lake" | sort | sha256sum)" = "$(sort "$work/all" | sha256sum)" ] ||
	{ echo "lake.sh: what came back is not what was put" >&2; exit 1; }
if command -v jq >/dev/null; then
	measure jq-count jq -n 'reduce inputs.type as $t ({}; .[$t] += 1)' "$work/all"
	measure count-by-type evlake count --by type "$work/lake"
fi
echo "lake: $(cat "$work"/lake/data/*/* | wc -c) bytes in $(ls "$work"/lake/data/*/* | wc -l) segments, catalog $(wc -c <"$work/lake/catalog.db")"
printf '%-14s %10s %10s %10s\n' what 'CPU s' 'MB/s CPU' 'RSS KiB'
for name in put put-again query query-time verify zstd-2 zstdcat count-by-hour count-by-type jq-count get; do
	[ ! -e "$work/$name" ] || printf '%-14s %10s %10.0f %10s\n' "$name" "$(median "$name" 1)" \
		"$(echo "$bytes $(median "$name" 1)" | awk '{ print ($2 > 0 ? $1 / $2 / 1e6 : 0) }')" "$(median "$name" 3)"
done
