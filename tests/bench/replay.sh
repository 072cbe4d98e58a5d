#!/bin/sh
# SPDX-License-Identifier: MIT
#
# replay.sh BUILD_DIR: what evreplay costs between a stream and a consumer: events per second with a start
# per batch and with a worker, at batches of 10, each of which is committed; and how long a lone event takes from
# evpub's stdin, through a durable append, to an idle follower's output. Medians of RUNS (3); wall clock: run it
# on a quiet machine.
set -eu
LC_ALL=C
export LC_ALL
build=$(cd "$1" && pwd)
source=$(cd "$(dirname "$0")/../.." && pwd)
runs=${RUNS:-3}
PATH=$build:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/evbench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
${CC:-cc} -std=gnu11 -O2 -o "$work/lone" "$source/tests/bench/lone.c"
cd "$work"

seq 1 20000 | sed 's/.*/{"id":"e&","type":"order-submitted","timestamp":1700000000000,"partitionKey":"o-&","order":{"total":&}}/' >events
evpub --to stream:bus events

# rate GROUP EVENTS OPTION...: events per second; the group is a new one each time.
rate() {
	group=$1 n=$2
	shift 2
	i=0
	while [ $i -lt "$runs" ]; do
		i=$((i + 1))
		evreplay stream:bus --group "$group-$i" -n "$n" --batch 10 --stats=json "$@" 2>&1 >/dev/null |
			sed 's/.*"wall":\([0-9.]*\).*/\1/'
	done | sort -n | awk -v n="$n" '{ wall[NR] = $1 } END { printf "%d", n / wall[int((NR + 1) / 2)] }'
}

cat >answers.c <<'X'
#include <stdio.h>
#include <stdlib.h>
/* The least worker there is: it answers every barrier. */
int main(void)
{
	char line[65536], path[32];
	unsigned long k = 0;
	FILE *ack;

	snprintf(path, sizeof(path), "/dev/fd/%s", getenv("EVHUB_ACK"));
	ack = fopen(path, "w");
	while (ack != NULL && fgets(line, sizeof(line), stdin) != NULL)
		if (line[0] == '\n') {
			fprintf(ack, "ok %lu\n", ++k);
			fflush(ack);
		}
	return 0;
}
X
${CC:-cc} -O2 -o answers answers.c

start=$(rate cat 2000 -- cat)
filter=$(rate filter 2000 -- evfilter -t none)
worker=$(rate worker 20000 --worker -- ./answers)
ours=$(rate ours 20000 --worker -- sh -c 'exec evfilter -t none >/dev/null')
ahead=$(rate ahead 20000 --worker --inflight 16 -- ./answers)
echo "batches of 10, events/s: a start per batch: cat $start, evfilter $filter"
echo "a worker $worker, evfilter $ours, 16 in flight $ahead"
awk -v a="$worker" -v b="$start" -v c="$ours" -v d="$filter" \
	'BEGIN { printf "a worker is %.1f times as fast as cat started per batch, evfilter %.1f times as itself\n", a / b, c / d }'

line='{"id":"a","type":"t","timestamp":1,"partitionKey":"k"}'
for options in '' '--group lone --commit written' '--group cat -- cat'; do
	echo "$line" | ./lone 200 "evpub --to stream:idle </dev/null
		evreplay stream:idle -q -f --offset latest $options & pid=\$!
		evpub --to stream:idle
		kill \$pid" | awk -v o="$options" '{ printf "a lone event, evreplay -f %s: median %s ms, greatest of 200 %s ms\n", o, $1, $2 }'
done
