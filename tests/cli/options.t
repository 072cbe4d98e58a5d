#!/bin/sh
# SPDX-License-Identifier: MIT
# One meaning per option: in a command each name and letter is there once, and in all of them it means the same kind of thing.
. "$SRCDIR/tests/tap.sh"

# "COMMAND SUBCOMMAND-NUMBER NAME LETTER KIND OPTIONAL" of every option; - where there is none.
for cmd in evpub evfilter evlake evreplay evroute evstream; do
	"$cmd" --dump-options=json | awk -v cmd="$cmd" '
	/"options":\[$/ { n++ }
	/^{"name":.*"kind":/ {
		name = letter = "-"
		if (match($0, /"name":"[^"]*/))
			name = substr($0, RSTART + 8, RLENGTH - 8)
		if (match($0, /"letter":"[^"]*/))
			letter = substr($0, RSTART + 10, RLENGTH - 10)
		match($0, /"kind":"[^"]*/)
		print cmd, n, name, letter, substr($0, RSTART + 8, RLENGTH - 8), /"optional":true/
	}'
done >rows
[ "$(wc -l <rows)" -gt 60 ]
ok $? 'the commands tell their options'

awk '$3 != "-" && seen[$1, $2, $3]++ { print $1 ": --" $3 " twice" }
$4 != "-" && letter[$1, $2, $4]++ { print $1 ": -" $4 " twice" }' rows >wrong
none 'no option is there twice' wrong

awk '$3 == "-" { next }
{ now = ($5 == "list" ? "string" : $5) " " $6 } # a list is of strings
$3 in kind && kind[$3] != now { print "--" $3 ": " now " in " $1 ", " kind[$3] " in " where[$3] }
{ kind[$3] = now; where[$3] = $1 }' rows >wrong
none 'an option of one name takes the same kind of value in all commands' wrong

awk '$4 == "-" { next }
{ now = $3 }
$4 in name && name[$4] != now && name[$4] != "-" && now != "-" { print "-" $4 ": --" now " in " $1 ", --" name[$4] " in " where[$4] }
$4 in kind && kind[$4] != $5 { print "-" $4 ": " $5 " in " $1 ", " kind[$4] " in " where[$4] }
{ name[$4] = now; kind[$4] = $5; where[$4] = $1 }' rows >wrong
none 'a letter means the same in all commands' wrong
finish
