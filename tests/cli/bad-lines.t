#!/bin/sh
# SPDX-License-Identifier: MIT
# The nasty lines give exactly what their manifest says: which lines are events, and leave as they
# came (line ends are none of it), which are skipped, which become
# faults, and how a fault keeps them.
. "$SRCDIR/tests/tap.sh"
[ -n "$SHARED" ] || skip_all 'no shared data'
command -v jq >/dev/null || skip_all 'no jq'
data=$SHARED/data

# lines FILE: per line of the manifest: number, offset, bytes, event|skip|bad, how a fault keeps it, rule, id.
lines() {
	jq -r --arg f "$1" 'select(.file == $f) |
	    [.line, .offset, .bytes, .gives, .record // "-", .rule // "-", .id // "-"] | join(" ")' "$data/lines.manifest.ndjson"
}

# bytes FILE OFFSET N
bytes() {
	tail -c +$(($2 + 1)) "$1" | head -c "$3"
}

# What must come out: the events, and the bad lines one per file.
wanted() {
	rm -rf want bad
	mkdir bad
	: >want
	n=0
	while read -r no off len gives record rule id; do
		case $gives in
		event)
			bytes "$data/$1" "$off" "$len" | sed '1s/^\xef\xbb\xbf//; s/\r$//' >>want
			echo >>want
			;;
		bad)
			n=$((n + 1))
			bytes "$data/$1" "$off" "$len" | sed 's/\r$//' >bad/$n.$record
			;;
		esac
	done <list
}

# kept HOW FAULT: the record of a fault, as bytes.
kept() {
	case $1 in
	json) sed 's/.*"record"://; s/}}$//' "$2" | tr -d '\n' ;;
	string) jq -j '.uow | select(has("encoding") | not) | .record' "$2" ;;
	base64) jq -j '.uow | select(.encoding == "base64") | .record' "$2" | base64 -d ;;
	esac
}

# faults FILE: each holds its bad line, in order.
faults() {
	n=0
	while IFS= read -r fault; do
		n=$((n + 1))
		printf '%s\n' "$fault" >fault
		how=$(ls bad | sed -n "s/^$n\\.//p")
		kept "${how:-none}" fault >record
		cmp -s record "bad/$n.$how" || echo "fault $n: $fault" | cut -c1-300
	done <"$1"
	[ "$n" -eq "$(ls bad | wc -l)" ] || echo "$n faults, wanted $(ls bad | wc -l)"
}

for file in bad-lines bom-crlf cut-tail no-final-newline edges bad-envelopes; do
	file=$file.ndjson
	lines "$file" >list
	wanted "$file"
	status=$(($(ls bad | wc -l) > 0 ? 3 : 0))
	for isa in scalar avx2; do
		rm -f got.faults
		EVHUB_SCAN=$isa evfilter --faults got.faults <"$data/$file" >got 2>err
		rc=$?
		if [ $rc -eq 2 ] && grep -q "$isa" err; then
			skip "no $isa here" "$file"
			continue
		fi
		is $rc $status "$file, $isa: the exit status"
		none "$file, $isa: no words" err
		cmp want got >wrong 2>&1
		none "$file, $isa: the events as they came" wrong
		if [ $status -eq 3 ]; then
			faults got.faults >wrong
			none "$file, $isa: the faults hold what came in" wrong
			evfilter -c -t fault got.faults >count && evfilter got.faults | cmp -s - got.faults
			is "$? $(cat count)" "0 $(ls bad | wc -l)" "$file, $isa: the faults are events"
		fi
	done
	tr '\n' '\n' <"$data/$file" | evfilter --faults null: >got
	cmp want got >wrong 2>&1
	none "$file: the same from a pipe" wrong

	# Without --faults it stops at the first bad line, with what precedes it written.
	if [ $status -eq 3 ]; then
		evfilter <"$data/$file" >got 2>err
		rc=$?
		first=$(awk '$4 == "bad" { print $1; exit }' list)
		is $rc 4 "$file: stops at the first bad line"
		grep -q "^evfilter: stdin:$first:" err
		ok $? "$file: names line $first"
		is "$(wc -l <got)" "$(awk '$4 == "bad" { exit } $4 == "event" { n++ } END { print n + 0 }' list)" \
			"$file: what precedes it is written"
	fi

	while read -r no off len gives record rule id; do
		[ "$gives" = event ] && [ "$id" != - ] || continue
		[ "$(evfilter -c --where "id = \"$id\"" --faults null: "$data/$file")" -ge 1 ] || echo "line $no: $id is not found"
	done <list >wrong
	none "$file: each id is found" wrong
done

# Publishers want a complete envelope besides: the last file, whose lines break a row of its table each.
evpub --faults null: <"$data/$file" >got 2>err
is "$? $(wc -c <err)" '3 0' "$file: evpub goes on"
awk '{ print $6 }' list | paste -d ' ' - want | sed -n 's/^- //p' | cmp - got >wrong 2>&1
none "$file: evpub passes the well formed alone, as they came" wrong
finish
