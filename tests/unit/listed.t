#!/bin/sh
# SPDX-License-Identifier: MIT
# A file that no list names is neither built nor run nor in the tarball.
. "$SRCDIR/tests/tap.sh"
top=$PWD
cd "$SRCDIR" || exit 99

# missing MAKEFILE NAMES...: those that do not stand in the list as a word
missing() {
	list=$1
	shift
	for name; do
		grep -qE "(^|[ 	=])$name( |	|\$)" "$list" || echo "$name is not in $list"
	done
}
for dir in lib/*; do
	missing "$dir/${dir#lib/}.mk" $(ls "$dir"/*.[ch] "$dir"/*.inc 2>/dev/null)
done >"$top/wrong"
missing cmd/cmd.mk $(ls cmd/*.[ch]) >>"$top/wrong"
none 'every source file is in the list of its folder' "$top/wrong"

missing tests/tests.mk $(ls tests/*/*.t tests/*/*.[ch] 2>/dev/null |
	sed '/replay\.c$\|^tests.crash/!s/\.c$//' | grep -v '^tests/bench/') >"$top/wrong"
none 'every test is in the list of tests' "$top/wrong"

missing share/share.mk $(find share -type f ! -name '*.mk' ! -name '.*') >"$top/wrong"
missing completions/completions.mk $(ls completions/* | grep -v '\.mk$') >>"$top/wrong"
none 'everything in share/ and completions/ is in a list' "$top/wrong"
finish
