#!/bin/sh
# SPDX-License-Identifier: MIT
# evpub --to FILE that is killed, or whose file can grow no more: what it acknowledged is there, whole, and
# the next writer finds the file in order.
. "$SRCDIR/tests/tap.sh"

# Events without an end, from number $1 on.
events() {
	awk -v n="$1" 'BEGIN {
		x = sprintf("%300s", "")
		for (;; n++)
			printf "{\"id\":\"%d\",\"type\":\"t\",\"timestamp\":%d,\"x\":\"%s\"}\n", n, n, x
	}' 2>/dev/null
}

# whole FILE: prints the lines that are none of the events.
whole() {
	grep -nv '^{"id":"[0-9]*","type":"t","timestamp":[0-9]*,"x":" *"}$' "$1"
}

# killed LIFE ARGUMENT...: evpub on events without an end, killed when LIFE is over.
killed() {
	life=$1
	shift
	events 9000000 >in &
	source=$!
	evpub -q "$@" <in &
	pid=$!
	sleep "$life"
	kill -9 $pid
	wait $pid $source 2>/dev/null
}

mkfifo in
# What the kernel wrote of a block when the process was killed is up to it: the length of the life varies.
for life in 0.05 0.1 0.15 0.2; do
	rm -f hub hub.torn shown
	killed $life --to hub --tee >shown
	echo '{"id":"0","type":"t","timestamp":0,"x":""}' | evpub -q --to hub
	ok $? "killed after $life s: the next writer goes on"
	whole hub >wrong
	none "killed after $life s: the file holds whole lines" wrong
	# a line of stdout that was cut is not one that was shown
	grep '}$' shown | awk 'NR == FNR { there[$0] = 1; next } !($0 in there)' hub - | head >wrong
	none "killed after $life s: all that was shown is there ($(grep -c '}$' shown) lines)" wrong
done

# A limit on the size of files makes the last write a short one.
events 1 | head -n 3000 >input
for blocks in 1 7 100 1001; do
	rm -f hub hub.torn shown
	(trap '' XFSZ && ulimit -f $blocks && evpub --to hub --tee input 2>err | cat >shown)
	grep -q '^evpub: hub: write: File too large$' err
	ok $? "a file of $blocks blocks: the failure is told"
	whole hub >wrong
	none "a file of $blocks blocks: it ends in a whole line" wrong
	[ ! -s shown ]
	ok $? "a file of $blocks blocks: nothing is shown that was not made durable"
	(trap '' XFSZ && ulimit -f $blocks && evpub --to hub input 2>err)
	is $? 5 "a file of $blocks blocks: it ends with 5"
	[ ! -e hub.torn ]
	ok $? "a file of $blocks blocks: nothing was torn"
	head -n 2 input | evpub --to hub
	ok $? "a file of $blocks blocks: where there is room again, it grows"
done

# Side by side: writers that are killed spoil nothing of those that live.
rm -f hub hub.torn
for n in 1 2 3; do
	events ${n}000000 | head -n 8000 | evpub -q --to hub &
	pids="$pids $!"
done
for n in 1 2 3 4 5 6; do
	killed 0.03 --to hub
done
wait $pids
ok $? 'three writers beside some that are killed'
wait
evpub --to hub </dev/null 2>err
whole hub >wrong
none 'all lines in the file are whole' wrong
is "$(grep -c '^{"id":"[123]......","' hub)" 24000 'every event of those that lived is there once'
is "$(grep '^{"id":"[123]......","' hub | sort -u | wc -l)" 24000 'and none twice'
finish
