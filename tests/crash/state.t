#!/bin/sh
# SPDX-License-Identifier: MIT
# evfilter --unique and --newer killed at any moment: nothing is lost. Under EVHUB_BATCH the batch
# that is sent again passes as a whole; without it, what was not written before the kill is written after it.
. "$SRCDIR/tests/tap.sh"
: "${EVHUB_SEED:=$(date +%s)}"
echo "# EVHUB_SEED=$EVHUB_SEED"

seq 1 20000 | sed 's/.*/{"id":"event-&","timestamp":&,"partitionKey":"k-&"}/' >events
awk '{ print; if (NR % 500 == 0) print }' events >twice
seq 1 20000 | sed 's/.*/{"id":"older-&","timestamp":0,"partitionKey":"k-&"}/' >older

# feed: the events in pieces, so that there are pauses to commit in.
feed() {
	awk '{ print } NR % 250 == 0 { fflush(); system("sleep 0.002") }' twice
}

# Seconds until the kill, from a seed and a number: at most 0.3.
pause() {
	awk -v seed=$((EVHUB_SEED + $1)) 'BEGIN { srand(seed); printf "%.3f", rand() * 0.3 }'
}

# killed N OPTION...: one run with a pipe for its output, killed in the middle; its whole lines are in out.N
killed() {
	n=$1
	shift
	rm -f in out
	mkfifo in out
	feed >in 2>/dev/null &
	cat out >"part.$n" &
	reader=$!
	evfilter --state state.db "$@" <in >out &
	filter=$!
	sleep "$(pause "$n")"
	kill -9 $filter 2>/dev/null
	wait $filter 2>/dev/null
	wait $reader
	# a line that was cut is none
	sed -n '/}$/p' "part.$n" >"out.$n"
}

for how in --unique --newer; do
	rm -f state.db* part.* out.*
	EVHUB_BATCH='source 0 1'
	export EVHUB_BATCH
	for i in 1 2 3 4 5; do
		killed $i $how
	done 2>/dev/null
	evfilter $how --state state.db events >last 2>err
	is "$? $(wc -c <err)" '0 0' "$how: the batch sent again, the state is sound"
	cmp events last >wrong 2>&1
	none "$how: it passes as a whole" wrong
	drop=events
	[ $how = --unique ] || drop=older
	is "$(EVHUB_BATCH='source 0 2' evfilter $how --state state.db -c $drop)" 0 \
		"$how: what was acknowledged is remembered in the next batch"
	unset EVHUB_BATCH
done

rm -f state.db* part.* out.*
for i in 1 2 3 4 5 6; do
	killed $i --unique
done 2>/dev/null
evfilter --unique --state state.db events >out.last
is $? 0 'without a batch: the state is sound'
cat out.* | sort -u >got
sort events | comm -23 - got >lost
none 'without a batch: every event was written by one of the runs' lost
[ "$(cat out.[0-9]* | wc -l)" -gt 0 ] && [ "$(wc -l <out.last)" -lt 20000 ]
ok $? 'and not all of them by the last'
evfilter --unique --state state.db -c events >count
is "$(cat count)" 0 'what was acknowledged is remembered'
finish
