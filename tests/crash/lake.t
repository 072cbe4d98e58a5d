#!/bin/sh
# SPDX-License-Identifier: MIT
# evlake put killed, cut off from power, refused space and given I/O errors at every call that changes a file.
# Whatever was acknowledged is there afterwards, once, and nothing is torn; the same put completes the rest.
. "$SRCDIR/tests/tap.sh"
${EVHUB_CC:-cc} -std=gnu11 -D_GNU_SOURCE -shared -fPIC -o shim.so "$SRCDIR/tests/crash/shim.c" -ldl ||
	skip_all "no shared library could be built"

ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0
# Thousands of syncs: in memory, where there is such a place.
if [ -d /dev/shm ] && [ -w /dev/shm ]; then
	dir=$(mktemp -d /dev/shm/evhub-test.XXXXXX) || exit 99
	trap 'cd /; rm -rf "$dir"' EXIT
	mv shim.so "$dir" && cd "$dir" || exit 99
fi

# Two days, late events, a duplicate of what was sealed and one of what was not; two seals.
awk 'BEGIN {
	split("0 0 1 0 1 0 1 1", day, " ")
	for (i = 1; i <= 8; i++) {
		line[i] = sprintf("{\"id\":\"e-%d\",\"type\":\"t-%d\",\"timestamp\":%.0f,\"partitionKey\":\"k\"," \
		    "\"x\":\"%s\"}", i, i % 3, 1700006400000 + day[i] * 86400000 + i, "some text, some more of it")
		print line[i]
		if (i == 7)
			print line[2] "\n" line[6]
	}
}' >events

# put MODE:N: one run under the shim; its acknowledgements are in acks.
put() {
	EVSHIM=$1 EVSHIM_LOG=$2 LD_PRELOAD=$PWD/shim.so evlake put -q --acks 3 --seal-every 450 lake events \
		3>acks >out 2>err
}

# holds WHAT PLACE: the lake has every acknowledged event (or with all: every one), once, no other line, and of what
# one seal takes all or nothing.
holds() {
	n=$(sed -n 's/^{"acked":\([0-9]*\)}$/\1/p' acks | tail -n 1)
	[ "$1" != all ] || n=10
	if [ ! -e lake/lake.json ]; then
		[ "${n:-0}" = 0 ] || echo "$2: acknowledged $n, and there is no lake"
		return
	fi
	evlake query lake >got 2>why || echo "$2: query ended with $?: $(cat why)"
	awk -v n="${n:-0}" -v seals="$seals" -v where="$2" '
		FILENAME == "events" { if (!($0 in at)) at[$0] = FNR; next }
		!($0 in at) { print where ": not what was put: " $0 }
		seen[$0]++ { print where ": there twice: " $0 }
		at[$0] > last { last = at[$0] }
		END {
			for (k = split("0 " seals, seal, " "); k > 0 && last <= seal[k]; k--)
				end = seal[k]
			for (line in at)
				if (!(line in seen) && at[line] <= (end > n ? end : n))
					print where ": " (at[line] <= n ? "acknowledged, and lost: " : "half of a seal: ") line
		}
	' events got
	evlake verify -q lake >wrong 2>&1 || { echo "$2: verify ended with $?:"; cat wrong; }
}

# each MODE CALLS STATUS...: MODE at each of the calls whose names match; the run must end with one of these.
each() {
	mode=$1 which=$2
	shift 2
	for i in $(grep -E " ($which)\$" log | sed 's/ .*//'); do
		rm -rf lake
		put "$mode:$i" /dev/null
		rc=$?
		case " $* " in
		*" $rc "*) ;;
		*) echo "$mode at call $i ($(sed -n "${i}s/.* //p" log)): status $rc: $(cat err)" ;;
		esac
		[ "$rc" -ne 5 ] || [ -s err ] || echo "$mode at call $i: status 5 and no reason"
		holds acked "$mode at call $i"
		put count:0 /dev/null || echo "$mode at call $i: the next put ended with $?: $(cat err)"
		holds all "after $mode at call $i"
	done 2>/dev/null >list
}

put count:0 "$PWD/log"
seals=$(sed 's/[^0-9]//g' acks)
holds all "undisturbed" >list
none "a run without failures keeps all events" list
echo "# $(wc -l <log) calls, sealed after" $seals

writes='write|pwrite'
if [ -z "$EVHUB_SANITIZE" ]; then # it looks at the ways out, and here is none
	each kill '.*' 137
	none "killed at every call" list
	each tear "$writes" 137
	none "killed in the middle of every write" list
	each power '.*' 137
	none "a power cut at every call" list
fi
each short "$writes" 0
none "a short write at every write" list
each enospc "$writes|open|mkdirat" 5 0
none "no space at one call" list
each full "$writes|open|mkdirat" 5 0
none "no space from a call on" list
each eio '.*' 5 0
none "an I/O error at every call" list

# A crash during recovery: the last seal was cut short after its first rename, and what mends it is killed in turn.
rm -rf lake
put "kill:$(grep ' renameat$' log | tail -n 1 | sed 's/ .*//')" /dev/null
cp -r lake crashed
EVSHIM=count:0 EVSHIM_LOG=$PWD/mend LD_PRELOAD=$PWD/shim.so evlake query lake >/dev/null
echo "# $(wc -l <mend) calls"
for mode in kill power; do
	for i in $(sed 's/ .*//' mend); do
		rm -rf lake && cp -r crashed lake
		EVSHIM=$mode:$i LD_PRELOAD=$PWD/shim.so evlake query lake >/dev/null 2>&1
		holds acked "recovery: $mode at call $i"
	done 2>/dev/null
done >list
none "recovery killed, and cut off from power, at every call" list
[ "$(evlake count lake)" = 8 ]
ok $? "what was known to the catalog went live as a whole"

# The same events are put again before anybody could recover: recovery keeps one of each.
rm -rf lake && cp -r crashed lake
flock -s lake/LOCK evlake put -q --acks 3 lake events 3>acks 2>err
ok $? "a put beside one that crashed ($(cat err))"
holds all "after recovery" >list
none "recovery keeps one of each" list
finish
