#!/bin/sh
# SPDX-License-Identifier: MIT
# evfilter with a state file and faults, killed, refused space and given I/O errors at every call
# that changes a file. What an earlier run acknowledged stays remembered, what this one did not write is
# written by the next, and an error is told with status 5.
. "$SRCDIR/tests/tap.sh"
[ -z "$EVHUB_SANITIZE" ] || skip_all "a preloaded library and a sanitizer's do not go together"
${EVHUB_CC:-cc} -std=gnu11 -D_GNU_SOURCE -shared -fPIC -o shim.so "$SRCDIR/tests/crash/shim.c" -ldl ||
	skip_all "no shared library could be built"

seq 1 9 | sed 's/.*/{"id":"e-&","timestamp":&,"partitionKey":"k-&"}/' >events
head -n 4 events >before
{ sed 5q events; echo rubbish; tail -n 4 events; } >all

# prepare: a state that has acknowledged the events of before.
prepare() {
	rm -f state.db* faults
	evfilter --unique --newer --state state.db before >/dev/null || echo "no state: $?"
}

# run MODE:N: one run under the shim, with its events in out.
run() {
	EVSHIM=$1 EVSHIM_LOG=$2 LD_PRELOAD=$PWD/shim.so \
		evfilter --unique --newer --state state.db --faults faults all >out 2>err
}

# holds PLACE: the next run completes what the last one wrote, and nothing more.
holds() {
	evfilter --unique --newer --state state.db --faults faults all >next 2>why
	rc=$?
	[ $rc -eq 3 ] || echo "$1: the next run ended with $rc: $(cat why)"
	sed -n '/}$/p' out | cat - next | sort -u | cmp -s - rest || echo "$1: lost, or passed again"
	grep -q '"record":"rubbish"' faults || echo "$1: the fault is lost"
}

tail -n 5 events | sort >rest
prepare
run count:0 calls
rc=$?
calls=$(wc -l <calls)
is $rc 3 "a run that nothing disturbs ($calls calls)"
[ "$calls" -gt 5 ]
ok $? 'its calls are counted'

for mode in kill tear enospc full eio short; do
	n=1
	while [ $n -le "$calls" ]; do
		prepare
		run $mode:$n /dev/null
		rc=$?
		case $mode:$rc in
		kill:137 | tear:137 | short:3 | enospc:5 | full:5 | eio:5) ;;
		*:3) cmp -s out rest || echo "$mode:$n: ended with 3, and the output is not whole" ;;
		*) echo "$mode:$n: ended with $rc: $(cat err)" ;;
		esac
		[ $rc -ne 5 ] || grep -q '^evfilter: ' err || echo "$mode:$n: no word about it"
		holds $mode:$n
		n=$((n + 1))
	done >wrong 2>/dev/null
	none "$mode at each of $calls calls" wrong
done
finish
