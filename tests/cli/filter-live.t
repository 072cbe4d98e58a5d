#!/bin/sh
# SPDX-License-Identifier: MIT
# evfilter in a pipe that stays open: what it holds back (nothing), and what signals do.
. "$SRCDIR/tests/tap.sh"

# soon TEST...: waits until it holds, 10 s at most.
soon() {
	i=0
	while ! "$@" && [ $i -lt 1000 ]; do
		sleep 0.01
		i=$((i + 1))
	done
	"$@"
}

event() {
	printf '{"id":"%s","type":"thing-done"}\n' "$1"
}

# start OPTION...: evfilter reads from descriptor 3 of ours and writes to out.
start() {
	rm -f in
	mkfifo in
	: >out
	evfilter "$@" <in >out 2>err &
	pid=$!
	exec 3>in
}

start
event 1 >&3
soon [ -s out ]
ok $? 'a lone event is passed on at once'
event 2 >&3
printf '{"id":"3",' >&3
soon sh -c '[ "$(wc -l <out)" -eq 2 ]'
ok $? 'and so is the next, though a third has begun'
kill -USR1 $pid
soon grep -q 'read 2 ' err
ok $? 'SIGUSR1 shows counts while it waits'
kill -TERM $pid
wait $pid 2>/dev/null
is "$? $(wc -l <out)" '143 2' 'SIGTERM ends it'
exec 3>&-

start --unique --state s.db
event 1 >&3
soon [ -s out ] && soon [ -s s.db-wal ]
ok $? 'it writes its state before it waits'
sleep 0.1
kill -9 $pid
wait $pid 2>/dev/null
is $? 137 'killed while it waits'
exec 3>&-
sleep 0.1
event 1 | evfilter --unique --state s.db -e -c >count
is "$? $(cat count)" '1 0' 'and what it passed before it waited is remembered'

start --unique --state t.db --faults f.ndjson
event 1 >&3
echo rubbish >&3
soon [ -s f.ndjson ]
ok $? 'a fault is written before the next wait'
kill -HUP $pid
wait $pid 2>/dev/null
is $? 129 'SIGHUP ends it'
exec 3>&-
event 1 | evfilter --unique --state t.db -c >count
is "$(cat count)" 0 'with its state kept'

start -n 2
event 1 >&3
event 2 >&3
wait $pid 2>/dev/null
is "$? $(wc -l <out)" '0 2' '-n ends it without waiting for more'
exec 3>&-
finish
