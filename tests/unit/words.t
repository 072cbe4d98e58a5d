#!/bin/sh
# SPDX-License-Identifier: MIT
# What the text of the source tree may not hold.
. "$SRCDIR/tests/tap.sh"
top=$PWD
cd "$SRCDIR" || exit 99

# What people write: not the output of autoreconf, nor what a build in the source tree leaves.
written=$(find cmd lib share completions tests m4 .ci README.md NEWS COPYING bootstrap configure.ac Makefile.am \
	-type f ! -name '.*' ! -name '*.o' ! -name '*.log' ! -name '*.trs' ! -path '*/.deps/*' 2>/dev/null | sort)

# Sources; what is generated or an input of a test says it elsewhere or not at all.
for f in $(echo "$written" | grep -E '\.([ch]|inc|t|sh|awk|mk|m4|ac|am)$|^bootstrap$|^share/regen$|^tests/run|^\.ci/'); do
	case $f in tests/cli/*/* | tests/fuzz/corpus/*) continue ;; esac
	head -n 3 "$f" | grep -q 'SPDX-License-Identifier: MIT$\|SPDX-License-Identifier: MIT \*/$' || echo "$f"
done >"$top/wrong"
none 'every source file begins with its SPDX line' "$top/wrong"

grep -nIE '(^|[^[:alnum:]_.})])/(home|root|work|build|Users)/' $written >"$top/wrong"
grep -nIE '\b(TODO|FIXME|XXX|HACK)\b' $(echo "$written" | grep -v 'tests/unit/words.t') >>"$top/wrong"
none 'no path of the machine it was written on, and nothing left for later' "$top/wrong"

grep -nE '[ 	]+$' $(echo "$written" | grep -E '\.([ch]|inc|t|sh|awk|mk|m4|ac|am|[157])$') >"$top/wrong"
none 'no blanks at the end of a line' "$top/wrong"

grep -nwE 'strcpy|strcat|sprintf|gets|atoi|strtok|strncpy|alloca|setjmp|system|popen' \
	$(echo "$written" | grep -E '^(lib|cmd)/.*\.[ch]$') |
	grep -E '(strcpy|strcat|sprintf|gets|atoi|strtok|strncpy|alloca|setjmp|system|popen) *\(' >"$top/wrong"
grep -nE '(^|[^_[:alnum:]])(exit|getenv|v?f?printf|puts|perror|abort) *\(' \
	$(echo "$written" | grep -E '^lib/.*\.c$' | grep -v '^lib/cli/') >>"$top/wrong"
none 'no call that the house does not make: unbounded copies, or an exit, print or getenv in lib' "$top/wrong"

finish
