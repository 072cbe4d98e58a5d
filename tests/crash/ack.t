#!/bin/sh
# SPDX-License-Identifier: MIT
# The last stage of a worker killed, cut off from power, refused space and given I/O errors at every call
# that changes a file. What it answered is there afterwards, faults and state too.
. "$SRCDIR/tests/tap.sh"
[ -z "$EVHUB_SANITIZE" ] || skip_all "a preloaded library and a sanitizer's do not go together"
${EVHUB_CC:-cc} -std=gnu11 -D_GNU_SOURCE -shared -fPIC -o shim.so "$SRCDIR/tests/crash/shim.c" -ldl ||
	skip_all "no shared library could be built"
trap : PIPE

cat >batch-1 <<'END'
{"id":"1","type":"a","timestamp":1}
bad-1
{"id":"2","type":"a","timestamp":2}

END
sed 's/1/3/g; s/2/4/g' batch-1 >batch-2

# work MODE:N LOG: one run under the shim, which gets the second batch once it has answered the first.
# Answers pass a pipe: a power cut does not undo them.
mkfifo in answers
work() {
	rm -rf out lake faults state.db*
	: >acks
	: >out
	cat <answers >acks &
	reader=$!
	EVSHIM=$1 EVSHIM_LOG=$2 LD_PRELOAD=$PWD/shim.so EVHUB_ACK=9 $cmd <in >>out 9>answers 2>err &
	pid=$!
	{
		cat batch-1
		while ! grep -q 'ok 1' acks && kill -0 $pid; do
			sleep 0.005
		done
		cat batch-2
	} 2>/dev/null >in
	wait $pid
	rc=$?
	wait $reader
}

# there: the ids that the stage let through.
there() {
	case $cmd in
	*lake*) evlake query lake 2>/dev/null ;;
	*) cat out ;;
	esac | sed -n 's/^{"id":"\([1-4]\)",.*}$/\1/p' | sort -u | tr -d '\n'
}

# holds PLACE: what was answered is there.
holds() {
	last=$(grep -c 'ok [12]' acks)
	case $last:$(there) in
	0:* | 1:12* | 2:1234) ;;
	*) echo "$1: $last batches were answered, and these events are there: $(there)" ;;
	esac
	for n in 1 3; do
		[ "$last" -lt $(((n + 1) / 2)) ] || grep -q "\"record\":\"bad-$n\"" faults ||
			echo "$1: answered before the fault was durable"
	done
	case $cmd in
	*unique*)
		[ "$last" -eq 0 ] ||
			[ "$(sed '/./!d; /bad/d' batch-1 | evfilter --unique --state state.db -c)" = 0 ] ||
			echo "$1: answered before the state was durable"
		;;
	esac
}

# each MODE STATUS...: MODE at every call; the run must end with one of these, or with 3.
each() {
	mode=$1
	shift
	i=0
	while [ $i -lt "$calls" ]; do
		i=$((i + 1))
		work "$mode:$i" /dev/null
		case " $* 3 " in
		*" $rc "*) ;;
		*) echo "$mode at call $i: status $rc: $(cat err)" ;;
		esac
		holds "$mode at call $i ($(sed -n "${i}s/.* //p" log))"
	done >list 2>/dev/null
	none "$cmd: $mode at each of $calls calls" list
}

for cmd in 'evfilter --unique --state state.db --faults faults' 'evpub -q --to out --faults faults' \
	'evlake put -q lake --faults faults'; do
	work count:0 "$PWD/log"
	is "$rc $(tr '\n' ' ' <acks)$(there)" '3 ok 0 ok 1 ok 2 1234' "$cmd: undisturbed, all is answered"
	holds undisturbed >list
	none "$cmd: undisturbed, all is there" list
	calls=$(wc -l <log)
	each kill 137
	each power 137
	each enospc 5
	each eio 5
done
finish
