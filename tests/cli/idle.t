#!/bin/sh
# SPDX-License-Identifier: MIT
# A lone event passes an idle pipe of three stages although its input stays open.
. "$SRCDIR/tests/tap.sh"

# passes TEXT COMMAND: each of two lines that are written to COMMAND comes out before the next one is written.
passes() {
	rm -f in out
	mkfifo in
	: >out
	sh -c "$2" <in >out &
	pid=$!
	exec 3>in
	for n in 1 2; do
		printf '{"id":"%s","type":"order-paid","timestamp":%s}\n' $n $n >&3
		i=0
		while [ "$(wc -l <out)" -lt $n ] && [ $i -lt 500 ]; do
			i=$((i + 1))
			sleep 0.01
		done
		is "$(wc -l <out)" $n "$1, event $n"
	done
	exec 3>&-
	wait $pid
	is $? 0 "$1, the end of the input ends it"
}

passes "three filters" 'evfilter | evfilter -t "order-*" | evfilter --trust'
passes "three commands" 'evpub | evfilter --unique | evreplay -'
echo '[{"id":"all","eventType":"*"}]' >rules.json
passes "rules" 'evroute -r rules.json | evroute -r rules.json --annotate | evfilter'
passes "a rate" 'evfilter | evreplay --rate 1000/s - | evreplay --speed 1000 -'
finish
