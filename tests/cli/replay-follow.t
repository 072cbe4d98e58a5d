#!/bin/sh
# SPDX-License-Identifier: MIT
# evreplay -f: what comes is handed on at once, one owner of a position at a time.
. "$SRCDIR/tests/tap.sh"

# until COMMAND...: whether it holds within twenty seconds.
until_true() {
	i=0
	while ! "$@" 2>/dev/null; do
		i=$((i + 1))
		[ $i -lt 2000 ] || return 1
		sleep 0.01
	done
}
lines() {
	[ "$(cat "$1" 2>/dev/null | wc -l)" -ge "$2" ]
}
event() {
	printf '{"id":"%s","type":"t","timestamp":1,"partitionKey":"k"}\n' "$1"
}
position() {
	evstream ls s --json | grep "\"group\":\"$1\"" | grep -q "\"position\":$2,"
}
stop() {
	kill "$2" "$1"
	wait "$1" 2>/dev/null
}

event a >f
evreplay -f f >out &
pid=$!
until_true lines out 1
ok $? "a file: what is there"
printf '{"id":"b","type":"t"' >>f
event c >whole
until_true lines out 1
printf ',"timestamp":1}\n' >>f
until_true lines out 2
is "$(tail -n 1 out)" '{"id":"b","type":"t","timestamp":1}' "a line goes when it is whole"
cat whole >>f
until_true lines out 3
ok $? "and what is appended later"
stop $pid -TERM
is $? 143 "SIGTERM ends it"
evreplay -f f >out 2>err &
pid=$!
until_true lines out 3
event z >f
wait $pid
is "$?:$(cat err)" "5:evreplay: f was cut to $(wc -c <f) bytes while it was followed" "a file that is cut ends it"
cat whole whole >>f

event a | evpub --to stream:s -
evreplay stream:s --group g -f -- sh -c 'cat >>out.g' &
pid=$!
until_true position g 1
ok $? "a stream: what is there is done and committed"
event b | evpub --to stream:s -
until_true position g 2
ok $? "a lone event too"
is "$(wc -l <out.g)" 2 "each once"
evreplay stream:s --group g -f -- sh -c 'cat >>out.h' 2>err &
next=$!
until_true lines err 1
is "$(cat err)" "evreplay: waiting for process $pid, which has shard 0 of group g" "a successor waits and names the owner"
event c | evpub --to stream:s -
until_true position g 3
[ ! -e out.h ]
ok $? "and does nothing meanwhile"
stop $pid -KILL
event d | evpub --to stream:s -
until_true position g 4
is "$(cat out.h)" "$(event d)" "it goes on when the owner was killed"
stop $next -TERM
is $? 143 "SIGTERM ends it"

evreplay stream:s --group slow --offset 3 -f -- sh -c 'echo $$ >command; exec sleep 1000' &
pid=$!
until_true lines command 1
stop $pid -KILL
evreplay stream:s --group slow -- sh -c 'cat >out.slow' 2>err &
next=$!
until_true lines err 1
[ ! -e out.slow ]
ok $? "a successor waits for a COMMAND that outlived its evreplay"
kill "$(cat command)"
wait $next
is "$?:$(cat out.slow)" "0:$(event d)" "and gets its batch when that is gone"

evreplay stream:s --group w -f --offset latest --batch 3 --window 1h -- sh -c 'wc -l >>out.w' &
pid=$!
until_true position w 4
for id in e f g; do event $id | evpub --to stream:s -; done
until_true position w 7
is "$(cat out.w)" 3 "a window waits for a batch to fill up"
stop $pid -TERM
evreplay stream:s --group w -f --batch 3 --window 100ms -- sh -c 'wc -l >>out.w' &
pid=$!
event h | evpub --to stream:s -
until_true position w 8
is "$(tail -n 1 out.w)" 1 "but not for ever"
stop $pid -TERM
is $? 143 "SIGTERM ends it"

evreplay stream:s --group wk --offset latest -f --worker -- sh -c 'k=0
while IFS= read -r line; do
	[ -z "$line" ] || { echo "$line" >>out.wk; continue; }
	k=$((k + 1))
	echo "ok $k" >/dev/fd/$EVHUB_ACK
done' &
pid=$!
until_true position wk 8
event i | evpub --to stream:s -
until_true position wk 9
ok $? "a worker's answer to a lone event is heard"
stop $pid -TERM
is $?:"$(cat out.wk)" "143:$(event i)" "and it ends with its runner"

evlake put -q lake f
evreplay lake:lake -f --state lake.pos -- sh -c 'cat >>out.l' &
pid=$!
until_true lines out.l 3
printf '{"id":"late","type":"t","timestamp":0}\n' | evlake put -q lake -
until_true lines out.l 4
is "$(tail -n 1 out.l)" '{"id":"late","type":"t","timestamp":0}' "a lake: what became live later, however early it is"
stop $pid -TERM

evpub --to 'stream:j#shards=3' f
evreplay stream:j --group g -f -j 3 -- sh -c 'cat >>out.j' &
pid=$!
until_true lines out.j 1
stop $pid -KILL
event k | evpub --to stream:j -
timeout 20 evreplay stream:j --group g -- sh -c 'cat >>out.k' 2>err
is "$?:$(cat out.k)" "0:$(event k)" "the jobs of one that was killed end and leave their shards"
finish
