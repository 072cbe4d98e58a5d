#!/bin/sh
# SPDX-License-Identifier: MIT
#
# stream.sh BUILD_DIR: what a durable append to a stream costs, in one run with Redis (appendonly,
# appendfsync always), which is started on the loopback interface and ended again; without
# redis-server that part is skipped. A local file against a broker: Redis' client crosses a socket, the
# stream's is in the process; evpub reads a file, validates every event and has the stream's own batches.
# Events of 1,170 bytes, synthetic. Medians of RUNS (3) alternating runs, wall clock: run it on a quiet
# machine. Needs 3 GB below TMPDIR.
set -eu
LC_ALL=C
export LC_ALL
build=$(cd "$1" && pwd)
source=$(cd "$(dirname "$0")/../.." && pwd)
runs=${RUNS:-3}
port=${PORT:-26379}
PATH=$build:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/evbench.XXXXXX")
redis=
clean()
{
	[ -z "$redis" ] || kill "$redis" 2>/dev/null || :
	[ -z "$redis" ] || wait "$redis" 2>/dev/null || :
	rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM

${CC:-cc} -std=gnu11 -O2 -D_GNU_SOURCE -I"$source/lib" -o "$work/stream" "$source/tests/bench/stream.c" \
	"$build/libevhub.a" -ljansson -lcrypto -lxxhash -lm
bench=$work/stream

if command -v redis-server >/dev/null; then
	mkdir "$work/redis"
	redis-server --port "$port" --bind 127.0.0.1 --dir "$work/redis" --appendonly yes \
		--appendfsync always --save '' --auto-aof-rewrite-percentage 0 >"$work/redis.log" 2>&1 &
	redis=$!
	i=0
	until "$bench" redis "$port" 1 1 >/dev/null 2>&1; do
		i=$((i + 1))
		[ $i -lt 100 ] || { echo 'stream.sh: redis-server does not answer:' >&2; cat "$work/redis.log" >&2; exit 1; }
		sleep 0.1
	done
else
	echo 'stream.sh: no redis-server: the comparison is skipped'
fi

# note NAME COMMAND...: its figure
note()
{
	name=$1
	shift
	"$@" >>"$work/figures.$name"
}

# The events of a batch of 100 as often as there are lines to publish.
"$bench" append "$work/seed" sync=none 1000 200000 >/dev/null
cat "$work"/seed/p0000/*.ndjson >"$work/events"

pub()
{
	rm -rf "$work/pub"
	start=$(date +%s.%N)
	evpub -q --to "stream:$work/pub#sync=batch" "$work/events"
	echo "$start $(date +%s.%N)" | awk '{ printf "%.0f\n", 200000 / ($2 - $1) }'
}

i=0
while [ "$i" -lt "$runs" ]; do
	for batch in 1 100 1000; do
		rm -rf "$work/s"
		note "append-$batch" "$bench" append "$work/s" sync=batch "$batch" $((batch == 1 ? 5000 : 200000))
		[ -z "$redis" ] || note "redis-$batch" "$bench" redis "$port" "$batch" $((batch == 1 ? 5000 : 50000))
	done
	note read "$bench" read "$work/s"
	note pub pub
	for size in 1048576 104857600 1073741824 10737418240; do
		rm -rf "$work/sparse"
		note "cost-$size" "$bench" cost "$work/sparse" "$size"
	done
	i=$((i + 1))
done

median()
{
	sort -n "$work/figures.$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

printf '%-52s %12s %10s\n' '' 'events/s' 'x Redis'
for batch in 1 100 1000; do
	ours=$(median "append-$batch")
	theirs=$([ -z "$redis" ] || median "redis-$batch")
	printf '%-52s %12s %10s\n' "append, batches of $batch, fdatasync each" "$ours" \
		"$([ -z "$redis" ] || echo "$ours $theirs" | awk '{ printf "%.1f", $1 / $2 }')"
	[ -z "$redis" ] || printf '%-52s %12s\n' "Redis, appendfsync always, pipelines of $batch" "$theirs"
done
printf '%-52s %12s %10s\n' 'evpub --to stream:, sync=batch, whole process' "$(median pub)" \
	"$([ -z "$redis" ] || echo "$(median pub) $(median redis-100)" | awk '{ printf "%.1f", $1 / $2 }')"
printf '\nread from the page cache: %s MB/s\n' "$(median read)"
echo 'an append of one event to a segment of this size, opening every 200th time (us):'
for size in 1048576 104857600 1073741824 10737418240; do
	printf '  %12s bytes: %s\n' "$size" "$(median "cost-$size")"
done
