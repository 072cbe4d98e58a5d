#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tour.sh BUILD_DIR [WORK_DIR]: the main job on real events, step by step. Shows each command line
# as one would type it and what it really gives, cut to fit a screen. Works in BUILD_DIR/tour unless
# told otherwise, afresh each time. Ends with 1 when a step gives something else than it should: a
# test runs it too.
set -u
tour=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?usage: tour.sh BUILD_DIR [WORK_DIR]}" && pwd) || exit 2
work=${2:-$build/tour}
log=/var/log/dpkg.log
rm -rf "$work" && mkdir -p "$work" && cd "$work" || exit 5
work=$(pwd)
share=${tour%/tour}
[ "$(cd ../../share 2>/dev/null && pwd)" != "$share" ] || share=../../share
PATH=$build:$PATH
export PATH
unset EVHUB_FAULTS EVHUB_BATCH

if [ -t 1 ] && [ -z "${NO_COLOR-}" ] && [ "${TERM-dumb}" != dumb ]; then
	bold=$(printf '\033[1m') dim=$(printf '\033[2m') red=$(printf '\033[31m') off=$(printf '\033[0m')
	width=$(stty size 2>/dev/null </dev/tty | awk '{ print $2 }')
else
	bold= dim= red= off= width=
fi
[ "${width:-0}" -ge 60 ] || width=100

title()
{
	printf '\n%s%s%s\n' "$bold" "$1" "$off"
}

say()
{
	printf '%s\n' "$@"
}

fail()
{
	printf '%stour: %s%s\n' "$red" "$1" "$off" >&2
	exit 1
}

# fit LINES: stdin, indented; of each line at most LINES lines of the screen. No character is cut in two.
fit()
{
	LC_ALL=C awk -v width="$((width - 4))" -v lines="$1" '
	# the bytes of the first n characters of s, or of all of it
	function bytes(s, n,    i)
	{
		for (i = 1; i <= length(s); i++)
			if (substr(s, i, 1) !~ /[\200-\277]/ && n-- == 0)
				break
		return i - 1
	}
	{
		gsub(/\t/, "  ")
		for (i = 1; i <= lines && $0 != ""; i++) {
			n = bytes($0, width)
			if (i == lines && n < length($0))
				print "  " substr($0, 1, bytes($0, width - 3)) "..."
			else
				print "  " substr($0, 1, n)
			$0 = substr($0, n + 1)
		}
	}'
}

# run STATUS LINES COMMAND: shows the command line, runs it, shows at most LINES lines of its output (all of it is
# in ./.out) and its messages, and checks its status. What is one line is shown whole.
run()
{
	printf '%s$ %s%s\n' "$bold" "$3" "$off"
	sh -c "$3" >.out 2>.err </dev/null
	status=$?
	count=$(wc -l <.out)
	head -n "$2" .out | fit $((count == 1 ? 8 : 1))
	[ "$count" -le "$2" ] || printf '  %s... %d lines in all%s\n' "$dim" "$count" "$off"
	sed "s/^/  /" .err
	[ "$status" -eq 0 ] || printf '  %sexit status %d%s\n' "$dim" "$status" "$off"
	[ "$status" -eq "$1" ] || fail "exit status $status, wanted $1: $3"
}

# expect WHAT GOT WANTED: two numbers.
expect()
{
	[ "$2" -eq "$3" ] || fail "$1: $2, wanted $3"
}

lines()
{
	wc -l <"$1"
}

title 'evhub: a day of a shop, as events'
say "Everything happens in $work." \
    "What follows a '$' can be typed there, with PATH=$build:\$PATH."

title '1. A day of events'
say "A generator makes what arrived at a tea shop on 2026-11-01. Some events are late, some are" \
    "there twice, six lines are broken, and one id is used again for something else."
run 0 8 "sh $share/tour/make.sh . && wc -l *"
expect "lines that arrived" "$(lines arrivals.ndjson)" 4814
run 0 1 "evfilter -n 1 -t order-submitted shop.ndjson"

title '2. Publish: what is no event is set aside'
run 3 1 "evpub --schema $share/schemas --faults faults.ndjson --to events.ndjson arrivals.ndjson"
run 0 4 "wc -l arrivals.ndjson events.ndjson faults.ndjson"
expect "events published" "$(lines events.ndjson)" 4808
expect "faults" "$(lines faults.ndjson)" 6
say "A fault is an event that holds the reason and the bytes. This one is a name in Latin-1:"
run 0 1 "evfilter --where 'err.message *= UTF-8' faults.ndjson"
expect "faults about UTF-8" "$(lines .out)" 1
say "Without --faults the first bad line stops the command, which says where it is:"
run 4 1 "evpub --to stopped.ndjson arrivals.ndjson"
expect "events before the first bad line" "$(lines stopped.ndjson)" 539
say "Payloads without an envelope become events too, with ids that are the same each time:"
run 0 1 "evpub --type order-submitted --entity order --key-from id --id-from id --time-from placed orders.json | head -n 1"

title '3. Filter'
run 0 3 "evfilter -t order-submitted --where 'order.total >= 200' events.ndjson"
say "All about one order:"
run 0 4 "evfilter --key o-10706 events.ndjson"
run 0 1 "evfilter --unique -c events.ndjson"
expect "different ids" "$(cat .out)" 4786

title '4. Keep: a lake holds each event once'
run 3 1 "evlake put lake events.ndjson --faults conflicts.ndjson"
expect "ids used again with other bytes" "$(lines conflicts.ndjson)" 1
say "The same again, as after a crash: nothing is added."
run 3 1 "evlake put lake events.ndjson --faults null:"
expect "events in the lake" "$(evlake query lake | wc -l)" 4786

title '5. Query'
say "The larger orders of an hour:"
run 0 3 "evlake query lake -t order-submitted --since 2026-11-01T20:00Z --until 2026-11-01T21:00Z \\
    --where 'order.total >= 150'"
say "What happened the day before, and was told only now:"
run 0 3 "evlake query lake --until 2026-11-01"
expect "events of the day before" "$(lines .out)" 17

title '6. Count'
run 0 20 "evlake count lake --by type --table"
run 0 30 "evlake count lake -t order-submitted --by hour --table"

title '7. One event by its id, and whether the lake is what was written'
id=$(evfilter -n 1 -t parcel-delivered events.ndjson | sed 's/^{"id":"\([^"]*\)".*/\1/')
run 0 1 "evlake get lake $id"
run 0 1 "evlake verify lake"

title '8. Replay an hour'
say "First only counted, then sixty minutes in one second, then 50 orders at 100 a second:"
hour='--since 2026-11-01T10:00Z --until 2026-11-01T11:00Z'
run 0 14 "evreplay lake:lake $hour --dry-run --table"
run 0 3 "evreplay lake:lake $hour --speed 3600 --stats"
expect "events of the hour" "$(lines .out)" 239
run 0 3 "evreplay lake:lake $hour -t 'order-*' -n 50 --rate 100/s --stats"
expect "orders replayed" "$(lines .out)" 50

title '9. A bus: a producer knows only the stream, rules decide who gets what'
run 0 1 "evpub --to stream:hub/bus events.ndjson"
run 0 8 "cat rules.json"
say "Why the first declined payment goes nowhere: it was the first attempt."
run 0 5 "evfilter -n 1 -t payment-declined events.ndjson | evroute -r rules.json --explain --table"
say "A consumer group keeps its place in the stream; here it feeds the rules, batch by batch:"
run 0 1 "evreplay stream:hub/bus --group router --batch 1000 -- evroute -q -r rules.json"
run 0 14 "evstream ls hub --table"
expect "events at the desk" "$(evreplay stream:hub/desk | wc -l)" 62

title '10. Two consumers, and a poisoned event'
say "The warehouse keeps a lake. It is one long-lived process that answers for each batch:"
run 0 1 "evreplay stream:hub/warehouse --group shelves --batch 100 --worker --inflight 64 -- evlake put -q shelves"
say "The clerk is a program like any other. It chokes on one order, and says why:"
run 0 6 "cat clerk.sh"
say "The runner halves the batch until the poisoned events are alone; they become faults, all others pass:"
run 3 1 "evreplay stream:hub/desk --group clerk --faults stream:hub/faults -- sh clerk.sh"
expect "events that passed" "$(sort -u done.ndjson | wc -l)" 60
run 0 1 "evreplay stream:hub/faults"
expect "poisoned events" "$(lines .out)" 1
say "Its place is kept: a second run, as by cron, has nothing left to do."
run 0 1 "evreplay stream:hub/desk --group clerk -- sh clerk.sh"
run 0 6 "evstream ls hub/desk --table"

title '11. The same on this machine: what dpkg did'
if [ -s "$log" ]; then
	run 0 3 "awk -f $share/tour/dpkg.awk $log >dpkg.json; wc -l $log dpkg.json"
	run 0 1 "evpub --type-from type --entity dpkg --key-from package --time-from time --id-from line,repeat \\
    --tag source=dpkg --to packages.ndjson dpkg.json"
	expect "events" "$(lines packages.ndjson)" "$(lines dpkg.json)"
	run 0 1 "evlake put packages packages.ndjson"
	expect "events in the lake" "$(evlake query packages | wc -l)" "$(lines packages.ndjson)"
	run 0 14 "evlake count packages --by type --table"
	run 0 10 "evlake count packages -t dpkg-install -t dpkg-upgrade --by day --table"
	last=$(evfilter -t dpkg-install -t dpkg-upgrade packages.ndjson | tail -n 1)
	[ -n "$last" ] || last=$(tail -n 1 packages.ndjson)
	package=$(echo "$last" | sed 's/.*"partitionKey":"\([^"]*\)".*/\1/')
	day=$(echo "$last" | sed 's/.*"time":"\([^T]*\)T.*/\1/')
	run 0 1 "evlake query packages --key $package -n 1"
	run 0 3 "evlake query packages -t dpkg-install -t dpkg-upgrade --since $day"
else
	say "$log is not there or empty: this part is left out."
fi

title 'Where everything is'
say "  $work" \
    "      arrivals.ndjson, events.ndjson, faults.ndjson; the lakes are the folders lake, shelves and packages;" \
    "      the streams are the folders in hub" \
    "  $build" \
    "      the commands: evpub, evroute, evfilter, evlake, evreplay, evstream; each has --help" \
    "  ${tour%/tour}/man" \
    "      the manual; ev.7 is about the whole: man ${tour%/tour}/man/ev.7" \
    "What to try next:" \
    "  cd $work; PATH=$build:\$PATH" \
    "  evlake query lake -t payment-declined | evfilter --where 'payment.amount > 50' -c" \
    "  evreplay lake:lake -t 'order-*' --since 2026-11-01T18:00Z --speed 600" \
    "  evreplay stream:hub/desk -f      and in another shell: evpub --to stream:hub/desk events.ndjson" \
    "  evlake count lake -t stock-depleted --by stock.sku"
