#!/bin/sh
# SPDX-License-Identifier: MIT
# What README.md shows is what happens: its ```sh blocks are one session, in a folder with the sample files. A line
# "$ command" is run (with those that continue it behind a backslash); the lines below it are its
# output, where "..." at the end of a line stands for the rest of it. Blanks in front are not looked at.
. "$SRCDIR/tests/tap.sh"
sh "$SRCDIR/share/tour/make.sh" .

awk '
/^```/ { inside = $0 == "```sh"; next }
!inside { next }
/^\$ / { n++; sub(/^\$ /, ""); print >("cmd." n); printf "" >("want." n); more = /\\$/; next }
more { print >("cmd." n); more = /\\$/; next }
{ print >("want." n) }' "$SRCDIR/README.md"

# matches WANT GOT: whether they are the same lines but for what "..." stands for, and blanks in front.
matches() {
	awk '
	{ sub(/^ +/, "") }
	NR == FNR { want[++n] = $0; next }
	{
		w = want[++m]
		if (w ~ /\.\.\.$/)
			bad += index($0, substr(w, 1, length(w) - 3)) != 1
		else
			bad += $0 != w
	}
	END { exit bad > 0 || n != m }' "$1" "$2"
}

# holds N: what command N shows is what it gave; without a word of output it must have worked.
holds() {
	if [ -s "want.$1" ]; then
		matches "want.$1" "got.$1"
	else
		[ "$rc" -eq 0 ]
	fi
}

i=1
while [ -e "cmd.$i" ]; do
	sh "./cmd.$i" >"got.$i" 2>&1 </dev/null
	rc=$?
	holds $i
	good=$?
	ok $good "$(head -n 1 "cmd.$i")"
	[ $good -eq 0 ] || { echo "exit status $rc"; cat "got.$i"; } | comment
	i=$((i + 1))
done
[ $i -gt 5 ]
ok $? "README.md has examples"
finish
