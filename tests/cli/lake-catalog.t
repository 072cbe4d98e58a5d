#!/bin/sh
# SPDX-License-Identifier: MIT
# evlake verify notices every value of the catalog that does not agree with the segments.
. "$SRCDIR/tests/tap.sh"
command -v sqlite3 >/dev/null || skip_all 'no sqlite3'

for i in 1 2 3 4; do
	echo "{\"id\":\"$i\",\"type\":\"t-$((i % 2))\",\"timestamp\":1700$((i / 3 + 1))0000000$i}"
done >events
evlake put -q lake events
is "$(sqlite3 lake/catalog.db 'PRAGMA application_id; PRAGMA user_version; PRAGMA journal_mode' | tr '\n' ' ')" \
	"$((0x45564C4B)) 1 wal " 'the catalog says what it is'
is "$(sqlite3 lake/catalog.db 'SELECT count(*), sum(n), min(state), max(state), min(seq) FROM segment')" \
	'2|4|1|1|1' 'its segments are live'
cp -r lake whole

# changed WHAT SQL: verify ends with 1 after this statement
changed() {
	rm -rf lake && cp -r whole lake
	sqlite3 lake/catalog.db "$2" || echo "$1: sqlite3 failed"
	evlake verify -q lake >out 2>err
	rc=$?
	[ $rc -eq 1 ] && [ -s out ] || echo "$1: status $rc: $(cat out err)"
}
{
	for col in ulid path dt; do
		changed "segment.$col" "UPDATE segment SET $col = substr($col, 1, length($col) - 1) || 'z' WHERE seg = 1"
	done
	for col in seq ts0 ts1 n rbytes cbytes evix_off idt_off idt_bits file_xxh; do
		changed "segment.$col" "UPDATE segment SET $col = $col + 1 WHERE seg = 1"
	done
	for col in off clen rlen n ts0 ts1 xxh blk; do
		changed "block.$col" "UPDATE block SET $col = $col + 1 WHERE seg = 1"
	done
	changed block.types "UPDATE block SET types = x'0101' WHERE seg = 1"
	for col in hour tid n; do
		changed "rollup.$col" "UPDATE rollup SET $col = $col + 1 WHERE (hour, tid, seg) IN
			(SELECT hour, tid, seg FROM rollup ORDER BY hour DESC, tid DESC LIMIT 1)"
	done
	changed type.name "UPDATE type SET name = 'other' WHERE tid = 1"
	changed 'a segment that is not there' "DELETE FROM segment WHERE seg = 1"
	changed 'a state' "UPDATE segment SET state = 2, dead_at = 9e15 WHERE seg = 1"
	changed 'a frame that is not there' "DELETE FROM block WHERE seg = 1"
	changed 'a roll-up that is not there' "DELETE FROM rollup WHERE seg = 2 AND tid = 2"
} >wrong
none 'every change shows' wrong

rm -rf lake && cp -r whole lake
sqlite3 lake/catalog.db 'DELETE FROM rollup'
evlake verify -q lake
ok $? 'roll-ups may be missing as a whole'
is "$(evlake count lake --by day | tr '\n' ' ')" "$(evlake count whole --by day | tr '\n' ' ')" \
	'the counts are the same without them'

rm -rf lake && cp -r whole lake
printf 'no database at all' >lake/catalog.db
evlake query lake >out 2>err
is $? 5 'a catalog that is none is an error'
rm lake/catalog.db
evlake query lake >out 2>err
is $? 5 'and so is one that is not there'
evlake put -q lake events 2>err
is $? 5 'for put, too'
[ ! -e lake/catalog.db ]
ok $? 'which makes no new one'
rm -rf lake && cp -r whole lake
sqlite3 lake/catalog.db 'PRAGMA user_version=2' >out
evlake query lake 2>err
is "$?:$(cat err)" '2:evlake: catalog.db has version 2; this evhub reads version 1' 'a newer one is refused'
finish
