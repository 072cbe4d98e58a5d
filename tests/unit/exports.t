#!/bin/sh
# SPDX-License-Identifier: MIT
. "$SRCDIR/tests/tap.sh"
[ -e "$BUILDDIR/libevhub.a" ] || skip_all "no libevhub.a in $BUILDDIR"

# Instrumented builds add symbols of their own, which begin with two underscores.
"${EVHUB_NM:-nm}" -g --defined-only "$BUILDDIR/libevhub.a" 2>/dev/null |
	awk 'NF == 3 && $3 !~ /^__/ { print $3 }' >symbols
grep -q '^ev_' symbols
ok $? 'the library has symbols'
grep -v '^ev_' symbols >wrong
none 'every global symbol of the library begins with ev_' wrong
finish
