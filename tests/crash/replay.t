#!/bin/sh
# SPDX-License-Identifier: MIT
# evreplay and its COMMAND killed at random points: every event reaches COMMAND, in order per shard, none is passed over.
# TEST_KILLS: how often evreplay is killed (200). TEST_SECONDS: how long four writers and three
# groups are at it (3). TEST_LONG=1: also 1 GiB through a stream and back.
. "$SRCDIR/tests/tap.sh"
: "${EVHUB_SEED:=$(date +%s)}"
: "${TEST_KILLS:=200}"
: "${TEST_SECONDS:=3}"
echo "# EVHUB_SEED=$EVHUB_SEED"

# random N MAX: a number from 0 to MAX - 1.
random() {
	awk -v seed=$((EVHUB_SEED + $1)) -v max="$2" 'BEGIN { srand(seed); rand(); printf "%d", rand() * max }'
}

# What COMMAND does: it appends its batch to done.SHARD. It dies now and then: before it wrote, in the middle, after it.
cat >apply <<'X'
set -- $EVHUB_BATCH
cat >batch.$$
case $(awk -v seed=$$ 'BEGIN { srand(seed); rand(); printf "%d", rand() * 30 }') in
1) rm batch.$$; kill -9 $$ ;;
2) head -n 2 batch.$$ >>"done.$2"; rm batch.$$; kill -9 $$ ;;
3) cat batch.$$ >>"done.$2"; rm batch.$$; kill -9 $$ ;;
esac
cat batch.$$ >>"done.$2" || exit 5
rm batch.$$
X

# skips SHARD: what done.SHARD passed over: after any event comes its successor, or one that came before.
skips() {
	awk 'NR == FNR { at[$0] = NR; next }
		!($0 in at) { print "done." shard ": not of the source: " $0; next }
		at[$0] > last + 1 { print "done." shard ": passed over what precedes " $0 }
		at[$0] > last { last = at[$0] }
		END { if (last != length(at)) print "done." shard ": " last " of " length(at) }' \
		shard="$1" "shard.$1" "done.$1"
}

seq 1 9000 | sed 's/.*/{"id":"e&","type":"t","timestamp":&,"partitionKey":"k&"}/' >events
evpub --to 'stream:s#shards=2' events
for shard in 0 1; do evreplay stream:s --shard $shard >shard.$shard; done
is "$(cat shard.0 shard.1 | sort | cksum)" "$(sort events | cksum)" "all events are in the stream"

kills=0
while [ $kills -lt "$TEST_KILLS" ]; do
	evreplay stream:s --group g --batch 7 --retries 0 --faults faults -q -- sh apply 2>>err &
	pid=$!
	sleep "0.0$(random $kills 90 | awk '{ printf "%02d", $0 }')"
	kill -9 $pid 2>/dev/null
	kills=$((kills + 1))
	wait $pid
	[ $? -ne 0 ] || break
done 2>/dev/null
echo "# killed $kills times, $(cat done.0 done.1 | wc -l) events handed on"
tries=0
until evreplay stream:s --group g --batch 50 --retries 100 --faults faults -q -- sh apply 2>>err; do
	tries=$((tries + 1))
	[ $tries -lt 5 ] || break
done
{ skips 0; skips 1; } >wrong
none "evreplay and COMMAND killed: nothing is passed over, and all is there" wrong
is "$(cat faults 2>/dev/null)" "" "and no event became a fault"

# A filter that remembers stands between a sink that is killed and its source.
rm -f done.* err
cat >sink <<'X'
cat >batch.sink
n=$(awk -v seed=$$ 'BEGIN { srand(seed); rand(); printf "%d", rand() * 3 }')
[ "$n" -ne 1 ] || kill -9 $$
cat batch.sink >>done.all
[ "$n" -ne 2 ] || kill -9 $$
X
head -n 600 events >some
for run in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
	evreplay some --state some.pos --batch 40 --retries 1 -q -- sh -c 'evfilter --unique --state unique.db | sh sink' 2>>err && break
	[ $run -ne 15 ] || echo 'it never ended' >>wrong
done
evreplay some --state some.pos --batch 40 --retries 100 -q -- sh -c 'evfilter --unique --state unique.db | sh sink' 2>>err
sort -u done.all >got
sort some | cmp - got >wrong 2>&1
none "a filter with --unique before a killed sink loses nothing" wrong

# A work queue whose consumers are killed.
rm -f done.* err
i=0
while [ $i -lt 30 ]; do
	evreplay stream:s --group q -j 2 --queue --batch 20 --visibility 300ms -q -- sh apply 2>>err &
	pid=$!
	sleep "0.0$(random $i 90 | awk '{ printf "%02d", $0 }')"
	kill -9 $pid 2>/dev/null
	wait $pid
	i=$((i + 1))
done 2>/dev/null
echo "# killed 30 times, $(cat done.0 done.1 | wc -l) events handed on"
i=0
until evreplay stream:s --group q --queue --batch 200 -q -- sh apply 2>>err && [ "$(sort -u done.0 done.1 | wc -l)" -ge 9000 ]; do
	i=$((i + 1))
	[ $i -lt 300 ] || break
	sleep 0.1
done
sort -u done.0 done.1 >got
sort events | cmp - got >wrong 2>&1
none "consumers of a queue killed: every event is done" wrong

# A writer died in the middle of a line; the next one mends it while a group follows.
rm -f done.*
cp -r s torn
evreplay stream:torn --group t -f -q -- sh -c 'cat >>done.torn' &
pid=$!
for i in 1 2 3 4 5 6 7 8 9; do
	for segment in torn/p000?/*.ndjson; do printf '{"id":"torn-%s",' $i >>"$segment"; done
	seq $((i * 10000)) $((i * 10000 + 9)) | sed 's/.*/{"id":"e&","type":"t","timestamp":&,"partitionKey":"k&"}/' >more
	evpub --to stream:torn more 2>>err
	cat more >>appended
done
i=0
while [ "$(wc -l <done.torn)" -lt 9090 ] && [ $i -lt 2000 ]; do
	i=$((i + 1))
	sleep 0.01
done
kill $pid
wait $pid 2>/dev/null
is "$(sort done.torn | cksum)" "$(cat events appended | sort | cksum)" "torn tails under a follower: every whole event once, no torn one"

# Four writers and three groups at once.
rm -f done.*
now=$(date +%s)
for w in 1 2 3 4; do
	(
		n=0
		while [ $(($(date +%s) - now)) -lt "$TEST_SECONDS" ]; do
			seq $((n + 1)) $((n + 50)) | sed "s/.*/{\"id\":\"w$w-&\",\"type\":\"t\",\"timestamp\":&,\"partitionKey\":\"w$w\"}/" >"in.$w"
			evpub --to 'stream:many#shards=3' "in.$w" || echo "evpub: $?" >>wrong.many
			n=$((n + 50))
		done
		echo $n >"wrote.$w"
	) &
	writers="$writers $!"
done
while [ ! -e many/stream.json ]; do sleep 0.01; done
for g in a b c; do
	evreplay stream:many --group $g -f --batch 64 -q -- sh -c "cat >>done.$g" &
	readers="$readers $!"
done
wait $writers
total=$(cat wrote.* | awk '{ n += $1 } END { print n }')
echo "# $total events"
i=0
while [ $i -lt 6000 ] && [ "$(cat done.a | wc -l) $(cat done.b | wc -l) $(cat done.c | wc -l)" != "$total $total $total" ]; do
	i=$((i + 1))
	sleep 0.01
done
kill $readers
wait $readers 2>/dev/null
touch wrong.many
for g in a b c; do
	sed 's/.*"id":"\(w.\)-\([0-9]*\)".*/\1 \2/' "done.$g" | awk -v g="$g" '$2 != ++n[$1] { print g ": " $0 " is not number " n[$1]; exit }' >>wrong.many
	[ "$(wc -l <"done.$g")" -eq "$total" ] || echo "$g: $(wc -l <"done.$g") of $total" >>wrong.many
done
none "four writers and three groups: each group gets all, in order per key, once" wrong.many

if [ -n "$TEST_LONG" ]; then
	rm -rf done.* many s torn
	awk 'BEGIN { for (i = 0; i < 1048576; i++) printf "{\"id\":\"%08d\",\"type\":\"t\",\"timestamp\":%d,\"fill\":\"%0959d\"}\n", i, i, i }' >big
	evpub --to stream:gib big
	evreplay stream:gib | cmp - big >wrong 2>&1
	none "1 GiB comes back byte by byte" wrong
else
	skip "TEST_LONG is not set" "1 GiB comes back byte by byte"
fi
finish
