#!/bin/sh
# SPDX-License-Identifier: MIT
# Every fuzz target takes the inputs of its corpus.
. "$SRCDIR/tests/tap.sh"
cd "$SRCDIR/tests/fuzz/corpus" || exit 99
out=$OLDPWD/out

for name in $(cd .. && ls *.c | sed 's/\.c$//' | grep -v replay); do
	"$BUILDDIR/tests/fuzz/$name" "$name"/* >"$out" 2>&1
	rc=$?
	ok $rc "$name takes its corpus of $(ls "$name" | wc -l) inputs"
	[ $rc -eq 0 ] || tail -n 40 "$out" | comment
done
finish
