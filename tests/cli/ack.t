#!/bin/sh
# SPDX-License-Identifier: MIT
# Long-lived stages under a runner that keeps their input open: each batch ends with a blank line, and is
# answered once it is durable. What cannot be made durable is not answered.
. "$SRCDIR/tests/tap.sh"
trap : PIPE

# start COMMAND: a pipe of stages that reads from descriptor 3 of ours and answers to 4.
start() {
	rm -rf in acks out faults lake
	mkfifo in acks
	EVHUB_ACK=9 sh -c "$1" <in 9>acks 2>err &
	pid=$!
	exec 3>in 4<acks
}

# batch ID...: sends one, in one piece.
batch() {
	printf '%s\n\n' "$(printf '{"id":"%s","type":"thing-done","timestamp":1}\n' "$@")" >&3
}

# answer: the next one; "none" when there will be none.
answer() {
	timeout 20 sh -c 'read -r line <&4 && echo "$line"' || echo none
}

# end: closes its input; its status is in rc.
end() {
	exec 3>&-
	wait $pid
	rc=$?
	exec 4<&-
}

# answers NAME COMMAND: a batch is in out when it is answered, before the next one is sent.
answers() {
	start "$2"
	is "$(answer)" 'ok 0' "$1: it says that it will answer"
	batch 1 2
	is "$(answer), $(wc -l <out)" 'ok 1, 2' "$1: a batch is answered, and is there"
	batch 3
	is "$(answer), $(wc -l <out)" 'ok 2, 3' "$1: so is the next"
	printf '\n' >&3
	is "$(answer)" 'ok 3' "$1: and one without events"
	end
	is $rc 0 "$1: the end of its input ends it"
}

answers 'to a file' 'evpub --to out'
answers 'from text' 'evpub --from text --entity line --type line-logged --to out'
answers 'to a file on stdout' 'evfilter >>out'
answers 'behind other stages' 'evfilter | evpub --tag a=b | evfilter --unique --newer | evpub --to out'
answers 'behind a foreign stage' 'sed -u "s/thing/work/" | evpub --to out'
answers 'shown, and then passed on' 'evpub --to more --tee | evfilter | evpub --to out'
answers 'to a command' 'evpub --to "exec:evpub --to out"'
answers 'to commands that do not answer' 'evpub --to "exec:sh -c \"cat >>out\""'

start 'evfilter --ack | cat >out'
is "$(answer)" 'ok 0' 'before a pipe, told to: it says that it will answer'
batch 1 2
is "$(answer)" 'ok 1' 'before a pipe, told to: a batch is answered'
end
is "$rc $(wc -l <out)" '0 2' 'before a pipe, told to: events go on, barriers do not'

start 'evfilter -c >out'
is "$(answer)" 'ok 0' 'a count: it says that it will answer'
batch 1 2
is "$(answer)" 'ok 1' 'a count: a batch is answered'
batch 3
is "$(answer)" 'ok 2' 'a count: so is the next'
end
is "$rc $(cat out)" '0 3' 'a count: it is told at the end'

start 'evlake put -q lake'
is "$(answer)" 'ok 0' 'a lake: it says that it will answer'
printf '%s\n\n%s\n\n%s\n\n' '{"id":"1","type":"a","timestamp":1}' '{"id":"2","type":"a","timestamp":1}' \
	'{"id":"3","type":"a","timestamp":1}' >&3
is "$(answer)" 'ok 3' 'a lake: batches that came together have one answer'
is "$(find lake/data -name '*.zst' | wc -l)" 1 'a lake: and one segment'
batch 4
is "$(answer) $(evlake count lake)" 'ok 4 4' 'a lake: the next one is sealed for its answer'
end
is $rc 0 'a lake: the end of its input ends it'

start 'evpub -q --to lake:lake --faults faults'
is "$(answer)" 'ok 0' 'a lake as a target: it says that it will answer'
printf '{"id":"1","type":"a","timestamp":1}\n{"id":"1","type":"b","timestamp":1}\n\n' >&3
is "$(answer) $(evlake count lake)" 'ok 1 1' 'a lake as a target: a batch is sealed for its answer'
is "$(grep -c '"type":"fault"' faults)" 1 'a lake as a target: and what it refused is a fault'
end
is $rc 3 'a lake as a target: its status tells of the fault'

# Faults are durable before an answer.
for cmd in 'evpub --to out' 'evfilter >out' 'evfilter | evpub --to out' 'evlake put -q lake'; do
	start "EVHUB_FAULTS=faults; export EVHUB_FAULTS; $cmd"
	is "$(answer)" 'ok 0' "$cmd: it says that it will answer"
	printf 'rubbish\n\n' >&3
	is "$(answer) $(grep -c '"record":"rubbish"' faults)" 'ok 1 1' "$cmd: a fault is there when it is answered"
	end
done

# A stage that fails, or stops early, ends without an answer for the batch at hand.
# silent STATUS COMMAND: COMMAND answers the first batch, but not what is sent next.
silent() {
	start "$2"
	[ "$(answer)" = 'ok 0' ] && batch 1 2 && [ "$(answer)" = 'ok 1' ]
	ok $? "$2: it answers"
	printf 'rubbish\n\n' >&3
	last=$(answer)
	end
	is "$last $rc" "none $1" "$2: and ends without an answer"
}
silent 4 'evpub --to out'
silent 4 'evfilter >out'
silent 4 'evlake put -q lake'
silent 5 'evpub --to out --faults /dev/full'
silent 5 'evfilter --faults /dev/full >out'
silent 5 'evlake put -q --faults /dev/full lake'

# never STATUS COMMAND: it answers nothing at all.
never() {
	start "$2"
	[ "$(answer)" = 'ok 0' ] && batch 1 2
	last=$(answer)
	end
	is "$last $rc" "none $1" "$2: no answer"
}
never 5 'evfilter >/dev/full'
never 5 'evpub >/dev/full'
never 5 'evpub --to /dev/full'
never 5 'evpub --to out --tee >/dev/full'
never 5 'evlake put -q --acks 1 lake >/dev/full'
never 6 'evpub --to "exec:sh -c \"exit 6\""'

start 'evfilter -n 3 >out'
answer >first
batch 1 2
is "$(answer)" 'ok 1' 'with a limit: a batch before it is answered'
batch 3 4
last=$(answer)
end
is "$last $rc $(wc -l <out)" 'none 0 3' 'with a limit: the one in which it is reached is not'

# A stage is killed when its state is durable and its batch not yet answered: the batch that is sent again
# passes again, as the worker's EVHUB_BATCH is the same; what is a duplicate within a run is not.
soon() {
	i=0
	while ! "$@" && [ $i -lt 1000 ]; do
		sleep 0.01
		i=$((i + 1))
	done
	"$@"
}
export EVHUB_BATCH='source 0 worker'
start 'sh -c "echo \$\$ >pid; exec evfilter --unique --newer --state s.db" | sed "/^\$/q" >out'
batch 1 2
soon grep -qs '^$' out
ok $? 'a batch went on, with its barrier'
kill -9 "$(cat pid)"
is "$(answer)" none 'the stage is killed before its batch is answered'
end
start 'evfilter --unique --newer --state s.db | evpub --to out'
answer >first
batch 1 2
is "$(answer) $(wc -l <out)" 'ok 1 2' 'the next worker gets it again, and passes it again'
batch 2 3
is "$(answer) $(wc -l <out)" 'ok 2 3' 'once'
end
is $rc 0 'and ends'
EVHUB_BATCH=
start 'evfilter --unique --newer --state s.db | evpub --to out'
answer >first
batch 1 2
is "$(answer) $(wc -l <out)" 'ok 1 0' 'without its EVHUB_BATCH it would be lost'
end
finish
