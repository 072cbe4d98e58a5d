#!/bin/sh
# SPDX-License-Identifier: MIT
#
# bench.sh BUILD_DIR [FILE.ndjson[.zst]]: how evhub compares with jq, in one run.
# Each pair alternates RUNS times (5); figures are medians of CPU time, user and
# system. The input (the Windows event log records of ../shared unless told
# otherwise) is repeated until it has SIZE bytes (300 MB), lies in the page cache and is
# read as a file; output goes to /dev/null. In a run before, the lines that came out are
# compared: the same events, whose bytes jq may print in another way.
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
	echo "bench.sh: no $input; name a file of events as the second operand" >&2
	exit 2
fi
for tool in cpu lone; do
	"${CC:-cc}" -O2 -o "$work/$tool" "$source/tests/bench/$tool.c"
done
case $input in
*.zst) zstd -dcq "$input" >"$work/one" ;;
*) cp "$input" "$work/one" ;;
esac
while [ "$(wc -c <"$work/one")" -lt "$size" ]; do
	cat "$work/one" >>"$work/all" && [ "$(wc -c <"$work/all")" -lt "$size" ] || break
done
[ -e "$work/all" ] || mv "$work/one" "$work/all"
bytes=$(wc -c <"$work/all")

# The most frequent type of the input is what is looked for.
type=$(head -n 20000 "$work/all" | jq -r .type | sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }')
echo "input: $bytes bytes, $(wc -l <"$work/all") lines; type $type; $runs alternating runs; $(jq --version)"

# measure NAME COMMAND…: appends "CPU WALL RSS" to the file NAME; the first time notes what comes out, too.
measure()
{
	name=$1
	shift
	[ -e "$work/$name" ] || "$@" | tee "$work/$name.out" | wc -l >"$work/$name.count"
	"$work/cpu" "$@" 3>>"$work/$name" >/dev/null
}

# median NAME FIELD
median()
{
	sort -n -k"$2,$2" "$work/$1" | awk -v f="$2" '{ v[NR] = $f } END { print v[int((NR + 1) / 2)] }'
}

i=0
while [ "$i" -lt "$runs" ]; do
	measure full evfilter -t "$type" "$work/all"
	measure jq jq -c "select(.type==\"$type\")" "$work/all"
	measure trust evfilter --trust -t "$type" "$work/all"
	measure scalar env EVHUB_SCAN=scalar evfilter -t "$type" "$work/all"
	measure where evfilter --where 'timestamp >= 1600000000000' -c "$work/all"
	i=$((i + 1))
done

row()
{
	awk -v n="$2" -v cpu="$(median "$1" 1)" -v wall="$(median "$1" 2)" -v rss="$(median "$1" 3)" \
	    -v jq="$(median jq 1)" -v bytes="$bytes" -v hits="$(cat "$work/$1.count")" 'BEGIN {
		printf "%-44s %8.3f %8.0f %8.1f %8.1f %9d\n", n, cpu, bytes / 1e6 / cpu, jq / cpu, rss / 1024, hits }'
}

printf '%-44s %8s %8s %8s %8s %9s\n' '' 'CPU s' 'MB/s' 'x jq' 'MiB' 'lines'
row jq "jq -c 'select(.type==...)'"
row full 'evfilter -t ...           full validation'
row trust 'evfilter --trust -t ...'
row scalar 'EVHUB_SCAN=scalar evfilter -t ...'
row where "evfilter --where 'timestamp >= ...' -c"
for name in full trust scalar; do
	cmp -s "$work/$name.count" "$work/jq.count" && cmp -s "$work/$name.out" "$work/full.out" ||
		{ echo "bench.sh: $name: other lines than jq" >&2; exit 1; }
done

# the reader of a pipe and the writer to a pipe: three stages, a single event
printf '\nA lone event through an idle pipe of three evfilter: '
head -n 1 "$work/all" | "$work/lone" 50 'evfilter | evfilter | evfilter' |
    awk '{ printf "median %s ms, greatest of 50 %s ms (wanted: below 50)\n", $1, $2 }'

echo 'Start to end of a command, medians of 200 runs (wanted: at most 3 ms; true is what a process costs here):'
for command in true evpub evfilter evlake evreplay; do
	"$work/cpu" -n 200 "$command" --version 3>"$work/start" >/dev/null
	awk -v c="$command" '{ printf "  %-10s %.2f ms CPU, %.2f ms wall, %.1f MiB\n", c, $1 * 1e3, $2 * 1e3, $3 / 1024 }' "$work/start"
done
