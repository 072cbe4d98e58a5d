#!/bin/sh
# SPDX-License-Identifier: MIT
# evlake put while its input goes on: seals when time is over, signals, two puts side by side, a full pipe.
. "$SRCDIR/tests/tap.sh"

event() {
	echo "{\"id\":\"$1\",\"type\":\"t\",\"timestamp\":$1}"
}

# waits up to 5 s until a command succeeds
until_true() {
	i=0
	until "$@"; do
		i=$((i + 1))
		[ $i -lt 250 ] || return 1
		sleep 0.02
	done
}

mkfifo in
evlake put lake --acks 3 --seal-every 100ms <in 3>acks 2>err &
pid=$!
exec 4>in
event 1 >&4
until_true grep -qs '"acked":1}' acks
ok $? 'an event is acknowledged when its time is over, though no other comes'
is "$(evlake count lake)" 1 'and others see it'
event 2 >&4
until_true grep -q '"acked":2}' acks
ok $? 'so is the next'
event 3 >&4
kill -TERM $pid
wait $pid
is $? 143 'SIGTERM ends it'
exec 4>&-
is "$(tail -n 1 acks)" "{\"acked\":$(evlake count lake)}" 'what it had read is kept and acknowledged first'

evlake put lake2 --acks 3 <in 3>acks 2>err &
pid=$!
exec 4>in
event 1 >&4
sleep 0.2
[ ! -s acks ]
ok $? 'without a seal nothing is acknowledged'
kill -USR1 $pid
until_true grep -qs 1 err
ok $? "SIGUSR1 shows the counts ($(head -n 1 err))"
exec 4>&-
wait $pid
is "$?:$(cat acks)" '0:{"acked":1}' 'the end of the input seals'

# two that make the lake at once: the slower one waits until it is made, not until the other ends
if command -v flock >/dev/null; then
	mkdir made
	exec 9>made/LOCK
	flock -s 9
	event 5 | evlake put -q made 9>&- &
	pid=$!
	(cd lake2 && tar cf - --exclude=LOCK --exclude=lake.json .) | (cd made && tar xf -)
	cp lake2/lake.json made/lake.json.new && mv made/lake.json.new made/lake.json
	wait $pid
	is "$?:$(evlake count made)" 0:2 'a lake that somebody else made and still holds is put into'
	exec 9>&-
else
	skip 'no flock' 'a lake that somebody else made and still holds is put into'
fi

# while one put waits, another one goes on
evlake put -q lake <in 2>err &
pid=$!
exec 4>in
event 7 >&4
event 8 | evlake put -q lake
ok $? 'a put beside one that waits'
event 7 | evlake put -q lake
exec 4>&-
wait $pid
ok $? 'and the one that waited'
is "$(evlake query lake --since @7 --until @9 | wc -l)" 0 'seconds are not milliseconds'
is "$(evlake query lake | grep -c '"id":"7"')" 1 'what both had is there once'
evlake verify -q lake
ok $? 'the lake is sound'

# the reader of the acknowledgements is gone
mkfifo gone
exec 5<>gone 6>gone 5<&-
(event 9 | evlake put -q lake --acks 6) 2>err
is "$? $(evlake query lake | grep -c '"id":"9"')" '141 1' 'a reader of acknowledgements that is gone: the event is kept'
finish
