#!/bin/sh
# SPDX-License-Identifier: MIT
# evreplay killed, torn, cut off from power, refused space and given I/O errors at every call that changes a
# file: a position is never ahead of what COMMAND did, an error is told with status 5, and the next run
# goes on.
. "$SRCDIR/tests/tap.sh"
[ -z "$EVHUB_SANITIZE" ] || skip_all "a preloaded library and a sanitizer's do not go together"
${EVHUB_CC:-cc} -std=gnu11 -D_GNU_SOURCE -shared -fPIC -o shim.so "$SRCDIR/tests/crash/shim.c" -ldl ||
	skip_all "no shared library could be built"

seq 1 9 | sed 's/.*/{"id":"e&","type":"t","timestamp":&}/' >events
sed 's/"e5".*/rubbish/' events >spoilt
evpub --to stream:made events
evlake put -q lake events

# One run, from the source and with the options of $source and $options. When it is killed in the middle of a batch,
# COMMAND's last line is none.
run() {
	evreplay $source $options --batch 2 --faults faults -- \
		env -u LD_PRELOAD -u EVSHIM sh -c "sed -n '/}\$/p' >>done"
}
under() {
	EVSHIM=$1 EVSHIM_LOG=$2 LD_PRELOAD=$PWD/shim.so run 2>err
}
fresh() {
	rm -rf done pos pos.* faults faults.* s
	cp -r made s
}

# holds PLACE: the next run completes what this one left.
holds() {
	rc=6
	while [ $rc -eq 6 ]; do # as long as the COMMAND of the one that was killed is there
		run 2>why
		rc=$?
	done
	[ $rc -eq 0 ] || [ $rc -eq "$good" ] || echo "$1: the next run ended with $rc: $(cat why)"
	awk -v where="$1" 'NR == FNR { at[$0] = NR; next }
		!($0 in at) { print where ": not of the source: " $0; next }
		at[$0] > last + 1 { print where ": passed over what precedes " $0 }
		at[$0] > last { last = at[$0] }
		END { if (last != length(at)) print where ": " last " of " length(at) }' want done
	[ "$good" -eq 0 ] || grep -q rubbish faults || echo "$1: the fault is lost"
}

all() {
	fresh
	under count:0 calls
	calls=$(wc -l <calls)
	for mode in kill tear power enospc eio; do
		: >wrong
		n=1
		while [ $n -le "$calls" ]; do
			fresh
			under $mode:$n /dev/null
			rc=$?
			case $mode:$rc in
			kill:137 | tear:137 | power:137 | tear:"$good" | enospc:5 | eio:5) ;;
			*) # SQLite does not mind
				sed -n "${n}p" calls | grep -q unlink && [ $rc -eq "$good" ] || echo "$mode:$n ($(sed -n "${n}p" calls)): status $rc: $(cat err)" >>wrong ;;
			esac
			holds "$mode:$n ($(sed -n "${n}p" calls))" >>wrong
			n=$((n + 1))
		done
		none "$1: $mode at each of $calls calls" wrong
	done
}

cp events want
good=0 source=stream:s options='--group g'
all 'a group'
source=lake:lake options='--state pos'
all 'a state file for a lake'
grep -v '"e5"' events >want
good=3 source=spoilt
all 'a state file, with a fault'
finish
