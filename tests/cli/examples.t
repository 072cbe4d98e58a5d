#!/bin/sh
# SPDX-License-Identifier: MIT
# Every example of every page and of every --help runs as it stands, in a folder that holds the
# tour's sample files, the example rules, and a lake and a stream made of them. Those of one page run in order, in one folder.
. "$SRCDIR/tests/tap.sh"

sh "$SRCDIR/share/tour/make.sh" sample >/dev/null && evlake put sample/lake sample/shop.ndjson >log 2>&1
ok $? 'the sample files are made'
cp "$SRCDIR"/share/rules/*.json sample
evpub --to 'stream:sample/hub/bus#shards=4' sample/shop.ndjson 2>>log &&
	evreplay stream:sample/hub/bus --group watch -n 1000 -- cat >read 2>>log
ok $? 'and a stream, which a group has read in part'
comment <log

# run NAME: runs the files NAME.1, NAME.2... in a copy of the sample.
run() {
	name=$1 i=1
	rm -rf dir
	cp -r sample dir
	while [ -e "$name.$i" ]; do
		(cd dir && timeout 60 sh "../$name.$i" </dev/null >../out 2>../err)
		rc=$?
		ok $rc "$name: $(head -n 1 "$name.$i")"
		[ $rc -eq 0 ] || { cat "$name.$i"; echo "exit status $rc"; cat err; } | comment
		i=$((i + 1))
	done
	[ $i -gt 1 ]
	ok $? "$name has examples"
}

# Code is what markdown indents by a tab; the lines of one block are one script.
if command -v mandoc >/dev/null; then
	for page in "$SRCDIR"/share/man/*.[157]; do
		name=${page##*/}
		mandoc -T markdown "$page" | awk -v name="$name" '
		/^# / { inside = $2 == "EXAMPLES" }
		!inside { next }
		/^\t/ {
			if (!code)
				n++
			print substr($0, 2) >(name "." n)
		}
		{ code = /^\t/ }'
		! grep -q '^\.Sh EXAMPLES' "$page" || run "$name"
	done
else
	skip 'no mandoc' 'the examples of the pages'
fi

for cmd in evpub evfilter evlake evreplay evroute evstream; do
	if command -v jq >/dev/null; then
		"$cmd" --dump-options=json | jq -r '.. | objects | .run // empty' |
			awk -v name="$cmd --help" '{ print >(name "." NR) }'
		run "$cmd --help"
	else
		skip 'no jq' "the examples of $cmd --help"
	fi
done
finish
