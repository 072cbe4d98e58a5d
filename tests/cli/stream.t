#!/bin/sh
# SPDX-License-Identifier: MIT
# evstream beside a consumer that runs: what it shows of it, and that a group which is read is not moved.
. "$SRCDIR/tests/tap.sh"

# until COMMAND...: whether it succeeds within twenty seconds.
until_true() {
	i=0
	until "$@"; do
		i=$((i + 1))
		[ $i -lt 1000 ] || return 1
		sleep 0.02
	done
}

has_lines() {
	[ "$(wc -l <"$1")" -ge "$2" ]
}

# of MEMBER: of the group's first shard.
of() {
	evstream ls bus | sed -n "s/.*\"group\":\"watch\",\"shard\":0,.*\"$1\":\\([^,}]*\\).*/\\1/p"
}

seq 1 9 | sed 's/.*/{"id":"&","type":"thing-done","timestamp":1,"partitionKey":"k&"}/' >events
evpub --to 'stream:bus#shards=2' events
ok $? 'a stream is made'

: >got
evreplay stream:bus --group watch -f --batch 2 -- sh -c 'cat >>got' &
pid=$!
until_true has_lines got 9
ok $? 'a consumer reads it'
is "$(of owner)" "$pid" 'ls shows its process'

evstream reset bus watch --offset earliest >out 2>err
is "$? $(wc -c <out)" '6 0' 'the group is not moved meanwhile'
grep -q "process $pid" err
ok $? 'the message has the pid'
comment <err
evstream reset bus watch --offset earliest --dry-run >out 2>err
is $? 6 'a dry run says the same'

kill -9 $pid
wait $pid 2>/dev/null
until_true evstream reset bus watch --offset earliest >out 2>err
ok $? 'it is moved once the consumer is gone, however it went'
is "$(of owner)" null 'and ls shows nobody'
is "$(of position)" 0 'it is where it was moved to'
age=$(of age)
[ "$age" -gt 0 ] && [ "$age" -lt 3600000 ]
ok $? 'an event of 1970 has waited since it was appended, not since then'
evreplay stream:bus --group watch --batch 100 -- sh -c 'cat >>again'
is "$(sort again)" "$(sort events)" 'and reads all again'
is "$(of lag)" 0 'to the end'
finish
