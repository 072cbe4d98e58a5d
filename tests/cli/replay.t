#!/bin/sh
# SPDX-License-Identifier: MIT
# evreplay that waits: what it holds back, and how it ends.
. "$SRCDIR/tests/tap.sh"

# lines FILE N: whether FILE gets N lines within ten seconds.
lines() {
	i=0
	while [ "$(cat "$1" 2>/dev/null | wc -l)" -lt "$2" ]; do
		i=$((i + 1))
		[ $i -lt 1000 ] || return 1
		sleep 0.01
	done
}

printf '{"id":"%s","timestamp":%s}\n' a 0 b 0 late -5000 c 3600000 >hour.ndjson

evreplay --speed 1 hour.ndjson >out 2>err &
pid=$!
lines out 3
ok $? "what is due leaves before the wait for the next event"
kill -USR1 $pid
lines err 1
is "$?:$(sed 's/ (.*), written/, written/; s/;.*//' err)" "0:evreplay: read 4, written 3, faults 0, waits 1" \
	"SIGUSR1 shows the counts in the middle of the wait"
kill -TERM $pid
wait $pid 2>/dev/null
is $? 143 "SIGTERM ends the wait"
is "$(wc -l <out)" 3 "an event whose time has not come is not written"

timeout -s INT --preserve-status -k 10 1 evreplay --rate 1/h hour.ndjson >out
is $? 130 "SIGINT ends the wait"
is "$(cat out)" "$(head -n 1 hour.ndjson)" "the first event of a rate leaves at once"

(
	timeout -s TERM --preserve-status -k 10 1 evreplay --speed 1 - >out
	cat >rest
) <hour.ndjson
is "$(cat rest)" "$(tail -n 1 hour.ndjson)" "the event that waited is left in the file"

mkfifo pipe
evreplay - <pipe >out &
pid=$!
exec 3>pipe
head -n 1 hour.ndjson >&3
lines out 1
ok $? "an idle pipe holds nothing back"
kill -TERM $pid
wait $pid 2>/dev/null
is $? 143 "SIGTERM ends the wait for input"
exec 3>&-

mkdir tmp
awk 'BEGIN { for (i = 0; i < 90000; i++) printf "{\"id\":\"%d\",\"timestamp\":%d,\"fill\":\"%0900d\"}\n", i, (i * 7919) % 90001, i }' >big.ndjson
TMPDIR=tmp evreplay --order time big.ndjson >sorted.ndjson
is "$(sort big.ndjson | sha256sum)" "$(sort sorted.ndjson | sha256sum)" "a file larger than the memory comes back whole"
sed 's/.*"timestamp":\([0-9]*\).*/\1/' sorted.ndjson | sort -nc
ok $? "and in order of time"
is "$(ls tmp)" "" "and leaves no temporary file"
TMPDIR=missing evreplay --order time big.ndjson >out 2>err
is $? 5 "without a folder for temporary files it is an error"
is "$(cat out)" "" "and nothing is written"
finish
