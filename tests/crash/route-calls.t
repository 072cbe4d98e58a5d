#!/bin/sh
# SPDX-License-Identifier: MIT
# evroute killed, cut off from power, refused space and given I/O errors at every call that changes a file. A batch that
# it answered is in every target or its dlq afterwards, and the next run delivers the rest.
. "$SRCDIR/tests/tap.sh"
[ -z "$EVHUB_SANITIZE" ] || skip_all "a preloaded library and a sanitizer's do not go together"
${EVHUB_CC:-cc} -std=gnu11 -D_GNU_SOURCE -shared -fPIC -o shim.so "$SRCDIR/tests/crash/shim.c" -ldl ||
	skip_all "no shared library could be built"

cat >rules.json <<'END'
[{"id":"typed","to":"out/{type}","dlq":"dead/faults"},
 {"id":"all","to":["all","stream:hub"]},
 {"id":"number","to":"all","input":{"InputPath":"$.n"}}]
END
cat >events <<'END'
{"n":1,"type":"a"}
{"n":2,"type":"b"}
{"n":3}
{"n":4,"type":"b"}
{"n":5}
{"n":6,"type":"a"}
END

fresh() {
	rm -rf out dead hub all
	mkdir out dead
}

# answered N: waits until it has answered batch N, or has ended.
answered() {
	while ! grep -qx "ok $1" acks && kill -0 $pid; do
		sleep 0.005
	done
}

# route MODE:N LOG: one run under the shim, which gets a second batch once it has answered the first.
trap : PIPE
mkfifo in
route() {
	: >acks
	EVSHIM=$1 EVSHIM_LOG=$2 LD_PRELOAD=$PWD/shim.so EVHUB_ACK=9 \
		evroute -q -r rules.json <in 9>>acks 2>err &
	pid=$!
	{
		head -n 3 events && echo
		answered 1
		tail -n +4 events && echo
		answered 2
	} 2>/dev/null >in
	wait $pid
}

# there FIRST LAST PLACE: these events are in every target.
there() {
	seq "$1" "$2" | while read -r n; do
		line=$(sed -n "${n}p" events)
		grep -qxF "$line" all || echo "$3: $n is not in all"
		grep -qx "$n" all || echo "$3: the input made of $n is not in all"
		cat hub/p0000/*.ndjson | grep -qxF "$line" || echo "$3: $n is not in the stream"
		case $line in
		*type*) awk 1 out/a out/b | grep -qxF "$line" || echo "$3: $n is not in its file" ;;
		*) grep -qF "\"record\":$line" dead/faults || echo "$3: $n is not in the dlq" ;;
		esac
	done 2>/dev/null
}

# holds PLACE: what must be after any crash.
holds() {
	! grep -qx 'ok 1' acks || there 1 3 "$1: answered"
	! grep -qx 'ok 2' acks || there 4 6 "$1: answered"
}

# each MODE CALLS STATUS...: MODE at each of the calls whose names match; the run must end with one of these.
each() {
	mode=$1 which=$2
	shift 2
	for i in $(grep -E " ($which)\$" log | sed 's/ .*//'); do
		fresh
		route "$mode:$i" /dev/null
		rc=$?
		at="$mode at call $i ($(sed -n "${i}s/.* //p" log))"
		case " $* " in
		*" $rc "*) ;;
		*) echo "$at: status $rc: $(cat err)" ;;
		esac
		[ "$rc" -ne 5 ] || [ -s err ] || echo "$at: status 5 and no reason"
		holds "$at"
		route count:0 /dev/null
		rc=$?
		[ $rc -eq 3 ] || echo "$at: the next run ended with $rc: $(cat err)"
		there 1 6 "after $at"
		sort -u all out/a out/b | grep -vxF -f events | grep -vx '[1-6]' | sed "s/^/after $at: no whole line: /"
	done 2>/dev/null >list
}

fresh
route count:0 "$PWD/log"
is $? 3 'undisturbed, it ends with 3'
is "$(paste -sd ' ' acks)" 'ok 0 ok 1 ok 2' 'undisturbed, it answers both batches'
there 1 6 undisturbed >list
none 'undisturbed, all is there' list
comment <<END
$(wc -l <log) calls
END

each kill '.*' 137
none 'killed at every call' list
each tear write 137
none 'killed in the middle of every write' list
each power '.*' 137
none 'a power cut at every call' list
each short write 3
none 'a short write at every write' list
each enospc 'write|open|mkdirat|mkdir' 5
none 'no space at one call' list
each full 'write|open|mkdirat|mkdir' 5
none 'no space from a call on' list
each eio '.*' 5
none 'an I/O error at every call' list
finish
