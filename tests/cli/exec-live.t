#!/bin/sh
# SPDX-License-Identifier: MIT
# A command that gets events while the input stays open, and what signals do to it.
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
	printf '{"id":"%s","type":"thing-done","timestamp":1}\n' "$1"
}

# start COMMAND: evpub reads from descriptor 3 of ours and gives what it reads to COMMAND.
start() {
	rm -f in out err
	mkfifo in
	: >out
	evpub --to "exec:$1" <in 2>err &
	pid=$!
	exec 3>in
}

start "sh -c 'echo up >&2; while read -r line; do echo \"\$line\" >>out; done; sleep 0.1; echo end >>out'"
event 1 >&3
soon [ -s out ]
ok $? 'a lone event is passed on at once'
event 2 >&3
soon grep -q '"id":"2"' out
ok $? 'and so is the next'
exec 3>&-
wait $pid
is "$? $(tail -n 1 out) $(cat err)" '0 end up' 'the end of the input ends it; it is waited for, and what it says passes'

start "sh -c 'cat >>out; echo end >>out'"
event 1 >&3
soon [ -s out ]
kill -TERM $pid
wait $pid 2>/dev/null
is "$? $(tail -n 1 out)" '143 end' 'SIGTERM: it may finish what it was given'
exec 3>&-

start "sh -c 'cat >>out; trap \"\" TERM; echo end >>out; sleep 100'"
event 1 >&3
soon [ -s out ]
kill -TERM $pid
soon grep -q end out
kill -TERM $pid
wait $pid 2>/dev/null
is $? 143 'a second signal ends both'
exec 3>&-
finish
