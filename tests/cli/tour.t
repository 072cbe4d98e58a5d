#!/bin/sh
# SPDX-License-Identifier: MIT
# The tour gives what it says it gives; so does its generator.
. "$SRCDIR/tests/tap.sh"

tour() {
	sh "$SRCDIR/share/tour/tour.sh" "$BUILDDIR" "$PWD/tour" >"$1" 2>err
}

tour first
is "$?:$(cat err)" "0:" "the tour runs"
tour second
is "$?:$(cat err)" "0:" "a second time, where the first one left its files"
grep -q "$PWD/tour" first
ok $? "it says where its files are"

sh "$SRCDIR/share/tour/make.sh" a
sh "$SRCDIR/share/tour/make.sh" b
is "$(cd a && sha256sum *)" "$(cd b && sha256sum *)" "the generator makes the same files each time"
is "$(sha256sum <a/arrivals.ndjson)" "8e788c61cadd82b50a9f3317187047760c5d6ad0b6c3b4f48d0fac16272a82be  -" \
	"the same as everywhere"
for awk in mawk gawk original-awk 'busybox awk'; do
	if command -v ${awk%% *} >/dev/null; then
		$awk -f "$SRCDIR/share/tour/shop.awk" </dev/null | sort -k1,1n -k2,2n | cut -f4- >by
		cmp by a/arrivals.ndjson
		ok $? "by $awk too"
	else
		skip "$awk is not installed" "by $awk too"
	fi
done

TZ=Europe/Berlin awk -f "$SRCDIR/share/tour/dpkg.awk" "$SRCDIR/tests/cli/tour-dpkg/in" | grep -c '+02:00"' >summer
[ "$(cat summer)" -gt 0 ] || [ ! -e /usr/share/zoneinfo/Europe/Berlin ]
ok $? "the log's local time gets the offset of its day"
finish
