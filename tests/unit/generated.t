#!/bin/sh
# SPDX-License-Identifier: MIT
# What `make regen` writes is what the source tree holds.
. "$SRCDIR/tests/tap.sh"

for cmd in evpub evfilter evlake evreplay evroute evstream; do
	sh "$SRCDIR/share/regen" "$PWD" "$cmd" 2>wrong
	none "the man page and completions of $cmd can be made" wrong
	for file in "share/man/$cmd.1" "completions/$cmd.bash" "completions/_$cmd" "completions/$cmd.fish"; do
		diff -u -L "$file" -L 'made from the option table' "$SRCDIR/$file" "$file" >wrong 2>&1
		none "$file is not older than the option table (make regen)" wrong
	done
done
finish
