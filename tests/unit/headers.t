#!/bin/sh
# SPDX-License-Identifier: MIT
. "$SRCDIR/tests/tap.sh"
CC=${EVHUB_CC:-cc}

for h in $(cd "$SRCDIR" && find lib tests -name '*.h' | sed 's,^[a-z]*/,,' | sort); do
	printf '#include "%s"\n#include "%s"\nextern int used;\n' "$h" "$h" >alone.c
	$CC -std=gnu11 -D_GNU_SOURCE -I"$SRCDIR/lib" -I"$SRCDIR/tests" -Wall -Wextra -Wno-unused-function \
		-Werror -fsyntax-only alone.c >wrong 2>&1
	none "$h compiles alone, and twice" wrong
done
finish
