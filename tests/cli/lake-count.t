#!/bin/sh
# SPDX-License-Identifier: MIT
# evlake count from the index gives what a full scan gives, with and without decoding; so does evlake types.
. "$SRCDIR/tests/tap.sh"

# 3000 events over three days in several segments, out of order; bounds that cut hours, days and frames.
awk 'BEGIN {
	srand(11)
	for (i = 0; i < 3000; i++)
		printf "{\"id\":\"%d\",\"type\":\"type-%d\",\"timestamp\":%.0f,\"partitionKey\":\"k%d\"}\n", i,
		    int(rand() * rand() * 20), 1793404800000 + i * 86400 + int(rand() * 1000) * 3600, i % 7
}' >events
evlake put -q lake --seal-every 40K events
ok $? 'a lake'

for since in '' '--since 2026-10-31T07:00Z' '--since 2026-10-31T07:12:13Z' '--since 2026-11-01'; do
	for until in '' '--until 2026-11-01T19:30:00.123Z' '--until 2026-11-02' '--until 2026-11-01T05:00Z'; do
		for type in '' '-t type-3' '-t type-1* -t type-0'; do
			for by in '' '--by type' '--by day' '--by hour' '--by hour --by type' '--by key'; do
				set -f
				evlake count lake $since $until $type $by >fast
				evlake count lake $since $until $type $by --where 'id exists' >slow
				set +f
				cmp -s fast slow || echo "$since $until $type $by"
			done
		done
	done
done >wrong
none 'the same counts with and without decoding, 288 times' wrong

evlake count lake --by type --stats=json 2>stats | cut -d'"' -f4,6 >/dev/null
grep -q '"frames":0' stats
ok $? 'counting by type decodes nothing'
evlake count lake --by hour --since 2026-11-01 --stats=json 2>stats >/dev/null
grep -q '"frames":0' stats
ok $? 'nor does counting by hour from a full hour on'

# what jq says
if command -v jq >/dev/null; then
	jq -r .type events | sort | uniq -c | awk '{ print $2, $1 }' >want
	evlake count lake --by type | jq -r '"\(.type) \(.count)"' | sort >got
	cmp -s want got
	ok $? 'the counts are those of the events'
	jq -s -r 'group_by(.type)[] | "\(.[0].type) \(length) \(min_by(.timestamp).timestamp) \(max_by(.timestamp).timestamp)"' \
		events | sort >want
	evlake types lake | jq -r '"\(.type) \(.count) \(.first) \(.last)"' | sort >got
	cmp want got
	ok $? 'types: the number and the exact first and last time of each'
else
	skip 'no jq' 'the counts are those of the events'
fi
finish
