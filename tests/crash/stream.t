#!/bin/sh
# SPDX-License-Identifier: MIT
# A stream whose writer, reader or consumer is killed, torn, cut off from power, refused space and given
# I/O errors at every call that changes a file: in an append, in the change to a new segment, in
# retention, in a recovery, in a commit. What was acknowledged is read, under its number; what was read stays; no number
# stands for two lines; a position is never ahead of what was handed on.
. "$SRCDIR/tests/tap.sh"
[ -z "$EVHUB_SANITIZE" ] || skip_all "a preloaded library and a sanitizer's do not go together"
${EVHUB_CC:-cc} -std=gnu11 -D_GNU_SOURCE -shared -fPIC -o shim.so "$SRCDIR/tests/crash/shim.c" -ldl ||
	skip_all "no shared library could be built"
streamer=$BUILDDIR/tests/crash/streamer
mkfifo out

# under MODE:N LOG COMMAND...: under the shim.
under() {
	EVSHIM=$1 EVSHIM_LOG=$2
	shift 2
	env EVSHIM="$EVSHIM" EVSHIM_LOG="$EVSHIM_LOG" LD_PRELOAD="$PWD/shim.so" "$streamer" "$@" 2>err
}

# within A B WHAT: every line of A is in B.
within() {
	awk -v where="$place" -v what="$3" 'NR == FNR { there[$0] = 1; next }
		!($0 in there) { print where ": " what ": " $0 }' "$2" "$1"
}

# whole FILE: numbers without holes.
whole() {
	awk -v where="$place" 'NR > 1 && $1 != last + 1 { print where ": " $1 " follows " last } { last = $1 }' "$1"
}

# A stream that was not made yet cannot be read.
readable() {
	[ -e hub/stream.json ] || [ -s shown ]
}

# settled: what must be once somebody was stopped: read1 is what a reader gets, then a writer goes on, then read2.
settled() {
	"$streamer" read hub >read1 2>why || ! readable || echo "$place: cannot be read: $(cat why)"
	"$streamer" append hub later >acked2 2>why || echo "$place: cannot be appended to: $(cat why)"
	"$streamer" read hub >read2 2>why || echo "$place: cannot be read again: $(cat why)"
	whole read1
	whole read2
	[ "$(wc -l <acked2)" -eq 32 ] || echo "$place: the next writer acknowledged $(wc -l <acked2) lines"
	within acked2 read2 'acknowledged by the next writer, and lost'
	# retention may have taken the first ones, and nothing else
	awk 'NR == FNR { if (FNR == 1) first = $1; next } $1 >= first' read2 read1 >stays
	within stays read2 'was read, and changed or vanished'
	"$streamer" verify hub >why 2>&1 || echo "$place: verify: $(cat why)"
}

# try SCENARIO MODE CALL STATUS...: one run, then what must hold.
try() {
	scenario=$1 mode=$2 call=$3
	shift 3
	place="$mode at call $call ($(sed -n "${call}s/.* //p" log))"
	rm -rf hub
	[ ! -d before ] || cp -a before hub
	cat out >shown & # a pipe: no power cut takes back what was shown
	under "$mode:$call" /dev/null $scenario >out
	rc=$?
	wait $!
	case " $* " in
	*" $rc "*) ;;
	*) echo "$place: status $rc: $(cat err)" ;;
	esac
	[ "$mode" != power ] || [ ! -e hub/stream.json ] || "$streamer" reboot hub 2>/dev/null
	"$check"
}

# each 'SCENARIO' MODE CALLS STATUS...: at each of the calls whose names match.
each() {
	what=$1 how=$2
	grep -E " ($3)\$" log | sed 's/ .*//' >which
	shift 3
	for n in $(cat which); do
		try "$what" "$how" "$n" "$@"
	done >wrong 2>/dev/null
	none "$what, $how at each of $(wc -l <which) calls" wrong
}

# all 'SCENARIO': undisturbed, to count the calls; then every mode.
all() {
	rm -rf hub
	[ ! -d before ] || cp -a before hub
	under count:0 "$PWD/log" $1 >shown
	is $? 0 "$1: undisturbed ($(wc -l <log) calls)"
	each "$1" kill '.*' 137
	each "$1" tear 'write|pwrite' 137
	each "$1" power '.*' 137
	each "$1" short write 0
	each "$1" enospc 'write|pwrite|open|mkdirat|mkdir' 5
	each "$1" full 'write|pwrite|open|mkdirat|mkdir' 5
	each "$1" eio '.*' 5
}

after_append() {
	settled
	within shown read1 'acknowledged, and not read'
}
check=after_append

echo '# a stream is made'
rm -rf before
all 'append hub now'

echo '# a segment fills up, another begins, the oldest is removed'
for i in 1 2 3 4 5 6 7; do
	"$streamer" append before "run$i" >/dev/null || echo "Bail out!"
done
ls before/p0000/*.ndjson | sed 's/^/# /'
all 'append hub now'
[ "$(grep -c ' unlinkat$' log)" -eq 2 ]
ok $? 'a segment was begun and another removed'

# What a reader showed before it was stopped must stay.
after_read() {
	settled
	awk 'NR == FNR { if (FNR == 1) first = $1; next } $1 >= first' read2 shown >stays
	within stays read2 'was shown, and changed or vanished'
}
check=after_read

echo '# a reader finds what a crash left'
last=$(ls before/p0000/*.ndjson | tail -n 1)
printf '{"run":"gone","batch":0,"line":0}\n{"run":"gone","ba' >>"$last"
: >"${last%.ndjson}.idx"
"$streamer" reboot before
all 'read hub'

echo '# a group commits'
after_consume() {
	at=$("$streamer" position hub 2>why) || echo "$place: no position: $(cat why)"
	"$streamer" consume hub >rest 2>why || echo "$place: cannot go on: $(cat why)"
	[ "${at:-0}" -eq "$start" ] || [ "$(tail -n 1 shown | cut -d' ' -f1)" -ge $((at - 1)) ] ||
		echo "$place: the position $at is ahead of what was handed on"
	sort -n -u -k1,1 shown rest >both
	within all both 'skipped'
	"$streamer" verify hub >why 2>&1 || echo "$place: verify: $(cat why)"
}
check=after_consume
start=0
rm -rf before
for i in 1 2 3; do
	"$streamer" append before "run$i" >/dev/null || echo "Bail out!"
done
"$streamer" read before >all
all 'consume hub'
cp -a hub before.group
rm -rf before && mv before.group before
"$streamer" append before more >/dev/null
start=$("$streamer" position before)
"$streamer" read before | awk -v at="$start" '$1 >= at' >all
all 'consume hub'
finish
