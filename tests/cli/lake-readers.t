#!/bin/sh
# SPDX-License-Identifier: MIT
# Segments are plain .ndjson.zst for every other reader, and a flipped byte does not pass any of them.
. "$SRCDIR/tests/tap.sh"

# Lines that do not compress: a segment of three frames.
awk 'BEGIN {
	srand(5)
	for (i = 0; i < 5000; i++) {
		printf "{\"id\":\"%d\",\"type\":\"t\",\"timestamp\":%d,\"x\":\"", i, i
		for (k = 0; k < 60; k++)
			printf "%08x", int(rand() * 4294967295)
		print "\"}"
	}
}' >events
evlake put -q lake events
segment=$(ls lake/data/*/*)
is "$(evlake query lake | sha256sum)" "$(sha256sum <events)" 'evlake query gives the bytes back'
size=$(wc -c <"$segment")

# reads NAME COMMAND: the command's output for the segment is the events; with a flipped byte in any frame it fails
reads() {
	if ! command -v ${2%% *} >/dev/null; then
		skip "no ${2%% *}" "$1 reads it"
		return
	fi
	is "$($2 "$segment" 2>err | sha256sum)" "$(sha256sum <events)" "$1 reads it"
	for at in 500 $((size / 2)) $((size - 60000)); do
		cp "$segment" flipped.zst
		byte=$(od -An -tu1 -j$at -N1 flipped.zst)
		printf "\\$(printf '%03o' $((byte ^ 4)))" | dd of=flipped.zst bs=1 seek=$at conv=notrunc 2>err
		$2 flipped.zst >out 2>err && echo "byte $at"
	done >wrong
	none "$1 notices a flipped byte" wrong
}
reads zstdcat 'zstd -dcq'
reads bsdcat 'bsdcat'

if command -v zstd >/dev/null; then
	zstd -tq "$segment"
	ok $? 'zstd -t passes'
	is "$(zstd -l "$segment" | awk 'NR == 2 { print $1, $2 }')" '5 2' 'zstd -l: three frames and two to skip'
	# a torn file: all whole frames are there
	head -c $((size / 2)) "$segment" >torn.zst
	zstd -dcq torn.zst >out 2>err
	[ "$(wc -c <out)" -ge 1000000 ] && cmp -n 1000000 out events
	ok $? 'of a torn one the whole frames'
else
	skip 'no zstd' 'zstd -t passes'
fi
finish
