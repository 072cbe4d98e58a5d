#!/bin/sh
# SPDX-License-Identifier: MIT
# Real events that are published, filtered, kept, queried and replayed come back once and byte for byte.
. "$SRCDIR/tests/tap.sh"

sum() {
	sort "$1" | sha256sum
}

# trip NAME FILE: each id of FILE stands there once.
trip() {
	name=$1 in=$2
	want=$(sum "$in")
	n=$(wc -l <"$in")
	evpub --to "$name.published" "$in"
	is "$?:$(sum "$name.published")" "0:$want" "$name: evpub publishes all $n events with their bytes"
	evfilter "$name.published" >"$name.filtered"
	is "$?:$(sum "$name.filtered")" "0:$want" "$name: evfilter keeps them"
	evlake put -q "$name.lake" "$name.filtered"
	is $? 0 "$name: evlake put keeps them"
	evlake put -q "$name.lake" "$name.filtered"
	is $? 0 "$name: a second time is no error"
	evlake query "$name.lake" >"$name.queried"
	is "$?:$(sum "$name.queried")" "0:$want" "$name: evlake query gives each once"
	evreplay "lake:$name.lake" >"$name.replayed"
	is "$?:$(sum "$name.replayed")" "0:$want" "$name: evreplay gives each once"
	sed 's/.*"timestamp":\([0-9]*\),.*/\1/' "$name.replayed" | sort -nc
	ok $? "$name: in order of time"
	evreplay --order arrival "lake:$name.lake" >"$name.arrived"
	is "$?:$(sum "$name.arrived")" "0:$want" "$name: evreplay gives each once in order of arrival"
	evpub --to "$name.again" "$name.replayed" && evlake put -q "$name.again.lake" "$name.again"
	is "$?:$(evlake query "$name.again.lake" | sort | sha256sum)" "0:$want" "$name: the same through a second lake"
	evlake verify "$name.lake" >/dev/null 2>&1
	is $? 0 "$name: the lake verifies"
}

sh "$SRCDIR/share/tour/make.sh" sample
evfilter --unique sample/shop.ndjson >shop.ndjson
is "$?" 0 "the sample events, each once"
trip shop shop.ndjson

if [ -n "$SHARED" ] && command -v zstd >/dev/null; then
	trip cloudtrail "$SHARED/data/cloudtrail-envelopes.ndjson"
	zstd -dcq "$SHARED/data/otrf-windows.ndjson.zst" >windows.ndjson
	trip windows windows.ndjson
else
	skip "the shared data or zstd is not there" "real events come back byte for byte"
fi
finish
