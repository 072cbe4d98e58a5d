#!/bin/sh
# SPDX-License-Identifier: MIT
# A short run of every command leaves nothing allocated and reads nothing that was not written.
. "$SRCDIR/tests/tap.sh"
command -v valgrind >/dev/null || skip_all 'no valgrind'
[ -z "$EVHUB_SANITIZE" ] || skip_all 'a sanitizer looks already'

sh "$SRCDIR/share/tour/make.sh" sample >/dev/null
head -n 200 sample/shop.ndjson >events
head -n 20 sample/orders.json >orders
head -n 20 sample/shop.log >shop.log

# clean WANTED-STATUS COMMAND...: reads events on stdin
clean() {
	want=$1
	shift
	valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect,possible \
		--errors-for-leak-kinds=definite,indirect,possible "$@" <events >out 2>err
	rc=$?
	is "$rc" "$want" "clean: $*"
	[ "$rc" = "$want" ] || comment <err
}

clean 0 evpub --to "types/{type}.ndjson" --tag stage=test
clean 0 evpub --from json --type order-submitted --entity order --key-from id --id-from id orders
clean 0 evpub --from text --type line-logged --entity line shop.log --faults faults.ndjson
clean 0 evfilter -t 'order-*' --where 'order.total >= 20' --since 2026-11-01
clean 0 evfilter -t '/^(order|stock)-/' --unique --newer --state state.db --stats=json
clean 0 evlake put lake - --acks 2 --seal-every 16K
clean 0 evlake put lake events
clean 0 evlake query lake -t 'order-*' --since 2026-11-01
clean 0 evlake count lake
clean 0 evlake types lake
clean 0 evlake verify lake
clean 1 evlake get lake no-such-id
evpub --to 'stream:bus#shards=2&segment=16K' <events && evpub --to stream:bus <events && mkdir -p bus/groups/g
clean 0 evstream ls bus
clean 0 evstream reset bus g --offset earliest
clean 0 evstream ls --skew bus
clean 2 evstream reset bus h --offset earliest
clean 0 evstream trim bus --before 150
clean 2 evstream trim bus --before 150 --yes
clean 0 evstream verify bus
clean 0 evreplay --order time -
clean 0 evreplay lake:lake --dry-run
cp "$SRCDIR/share/rules/shop.json" .
clean 0 evroute -r shop.json --unmatched 'exec:cat' --annotate --stats --faults faults.ndjson
clean 0 evroute -r shop.json --explain
clean 0 evroute -r shop.json --list
clean 2 evfilter --where 'order.total >>= 20'
printf '{"id":"1","type"\n' >events
clean 4 evpub
clean 3 evpub --faults faults.ndjson
clean 4 evfilter -t x
clean 4 evroute -r shop.json
finish
