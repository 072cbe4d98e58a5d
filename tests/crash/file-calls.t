#!/bin/sh
# SPDX-License-Identifier: MIT
# evpub --to files killed, cut off from power, refused space and given I/O errors at every call that changes a
# file. What it showed is there afterwards, its faults too, nothing older is lost, and the next run mends the rest.
. "$SRCDIR/tests/tap.sh"
[ -z "$EVHUB_SANITIZE" ] || skip_all "a preloaded library and a sanitizer's do not go together"
${EVHUB_CC:-cc} -std=gnu11 -D_GNU_SOURCE -shared -fPIC -o shim.so "$SRCDIR/tests/crash/shim.c" -ldl ||
	skip_all "no shared library could be built"

# Two bad events among those for two files; one of the files is there and ends in a torn line.
cat >events <<'END'
{"id":"1","type":"a","timestamp":1}
{"id":"2","type":"b","timestamp":2}
{"id":"bad-1"}
{"id":"3","type":"b","timestamp":3}
{"id":"bad-2"}
{"id":"4","type":"a","timestamp":4}
END
grep -v bad events >good
old='{"id":"0","type":"a","timestamp":0}'
torn='{"id":"torn","ty'

fresh() {
	rm -rf out faults
	mkdir -p out/a
	printf '%s\n%s' "$old" "$torn" >out/a/hub
}

# pub MODE:N: one run under the shim, which gets the second half of the events once it has shown the first.
mkfifo in
pub() {
	rm -f shown
	: >shown
	EVSHIM=$1 EVSHIM_LOG=$2 LD_PRELOAD=$PWD/shim.so \
		evpub -q --to 'out/{type}/hub' --tee --faults faults <in >shown 2>err &
	pid=$!
	{
		head -n 3 events
		while [ ! -s shown ] && kill -0 $pid; do
			sleep 0.005
		done
		tail -n +4 events
	} 2>/dev/null >in
	wait $pid
}

# holds PLACE: what must be after any crash.
holds() {
	awk 1 out/*/hub >there 2>/dev/null
	awk -v where="$1" 'NR == FNR { there[$0] = 1; next } !($0 in there) { print where ": shown, and lost: " $0 }' there shown
	grep -qxF "$old" there || echo "$1: an older line is lost"
	cat out/a/hub out/a/hub.torn 2>/dev/null | grep -qF "$torn" || echo "$1: the torn line is nowhere"
	for n in 1 2; do
		[ "$(wc -l <shown)" -lt $((2 * n)) ] || grep -q '"record":{"id":"bad-'$n'"}' faults ||
			echo "$1: acknowledged before fault $n was"
	done
}

# mended PLACE: what must be once the same events were published again.
mended() {
	for f in out/a/hub out/b/hub; do
		grep -vx '{"id":"[0-4]","type":"[ab]","timestamp":[0-4]}' $f | sed "s,^,$1: $f: no whole line: ,"
	done
	[ "$(awk 1 out/*/hub | grep -Fxf good | sort -u | wc -l)" = 4 ] || echo "$1: an event is missing"
	grep -qF "$torn" out/a/hub.torn || echo "$1: the torn line was not moved aside"
}

# each MODE CALLS STATUS...: MODE at each of the calls whose names match; the run must end with one of these.
each() {
	mode=$1 which=$2
	shift 2
	for i in $(grep -E " ($which)\$" log | sed 's/ .*//'); do
		fresh
		pub "$mode:$i" /dev/null
		rc=$?
		case " $* " in
		*" $rc "*) ;;
		*) echo "$mode at call $i ($(sed -n "${i}s/.* //p" log)): status $rc: $(cat err)" ;;
		esac
		[ "$rc" -ne 5 ] || [ -s err ] || echo "$mode at call $i: status 5 and no reason"
		holds "$mode at call $i ($(sed -n "${i}s/.* //p" log))"
		pub count:0 /dev/null
		rc=$?
		[ $rc -eq 3 ] || echo "$mode at call $i: the next run ended with $rc: $(cat err)"
		mended "after $mode at call $i"
	done 2>/dev/null >list
}

fresh
pub count:0 "$PWD/log"
is $? 3 'undisturbed, it ends with 3'
{ holds undisturbed && mended undisturbed; } >list
none 'undisturbed, all is there' list
cmp -s shown good
ok $? 'undisturbed, all is shown'
echo "# $(wc -l <log) calls"

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
