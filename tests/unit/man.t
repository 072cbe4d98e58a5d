#!/bin/sh
# SPDX-License-Identifier: MIT
. "$SRCDIR/tests/tap.sh"
command -v mandoc >/dev/null || skip_all 'no mandoc'

for page in "$SRCDIR"/share/man/*.[157]; do
	mandoc -T lint -W warning "$page" 2>&1 | sed "s,$SRCDIR/,,g" >wrong
	none "${page##*/} is sound mdoc" wrong
done
for page in "$SRCDIR"/share/man/*.1; do
	for section in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES DIAGNOSTICS 'SEE ALSO'; do
		grep -q "^\\.Sh $section\$" "$page" || echo "$section"
	done >wrong
	none "${page##*/} has all the sections of a command's page" wrong
done

# The first line of NEWS is "evhub VERSION (DATE)".
read -r name version day <"$SRCDIR/NEWS"
is "$name $version" "evhub $(evpub --version | awk '{ print $NF }')" 'NEWS begins with this version'
day=$(LC_ALL=C date -u -d "$(echo "$day" | tr -d '()')" '+%B %-d, %Y')
for page in "$SRCDIR"/share/man/*.[157]; do
	is "$(sed -n 's/^\.Dd //p' "$page")" "$day" "${page##*/} has the date of NEWS"
done
finish
