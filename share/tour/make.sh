#!/bin/sh
# SPDX-License-Identifier: MIT
#
# make.sh FOLDER: writes the sample files of the tour and of the man pages
# there, always the same ones:
#	arrivals.ndjson  what arrived at a shop in a day, in that order, broken lines too
#	shop.ndjson      the events among it; some are late, some are there twice
#	orders.json      that day's orders alone, one object per line, no envelope
#	shop.log         the web server's log, plain text
#	rules.json       three rules for the bus
#	clerk.sh         a consumer that chokes on one order
set -eu
LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"
cat "$here/rules.json" >rules.json
sed 1d "$here/clerk.sh" >clerk.sh
awk -f "$here/shop.awk" </dev/null | sort -k1,1n -k2,2n >.sorted
cut -f4- .sorted >arrivals.ndjson
grep -a '^[0-9]*	[0-9]*	good' .sorted | cut -f4- >shop.ndjson
rm .sorted
awk -v orders=orders.json -v log_file=shop.log -f "$here/payloads.awk" shop.ndjson
