#!/bin/sh
# SPDX-License-Identifier: MIT
# jq reads what evpub writes, and finds in it what jq would have put there itself.
. "$SRCDIR/tests/tap.sh"
command -v jq >/dev/null || skip_all 'no jq'

sh "$SRCDIR/share/tour/make.sh" . >/dev/null
ok $? 'the sample files are made'

evpub --type order-submitted --entity order --key-from id --time-from placed --id-from id \
	--tag source=webshop --tag 'odd "tag"=\' orders.json >events
is "$(jq -n '[inputs] | length' events)" "$(wc -l <orders.json)" 'every payload is one JSON text'
jq -c .order events >got
jq -c . orders.json >want
cmp -s got want
ok $? 'the payload is what came in'
jq -c '{type: "order-submitted", partitionKey: .id, tags: {source: "webshop", "odd \"tag\"": "\\"}, order: .}' \
	orders.json >want
jq -c 'del(.id, .timestamp)' events >got
cmp -s got want
ok $? 'the envelope is what jq makes of the payload'
jq -c '.placed[:19] + "Z" | fromdate' orders.json >want
jq -c '.timestamp / 1000 | floor' events >got
cmp -s got want
ok $? 'the time is what jq reads'
is "$(jq -r .id events | sort -u | wc -l)" "$(jq -r .id orders.json | sort -u | wc -l)" 'an id per order'
is "$(jq -c keys_unsorted events | sort -u)" '["id","type","timestamp","partitionKey","tags","order"]' \
	'the members are in order'

evpub --from text --type line-logged --entity line --id uuid4 shop.log | jq -r .line | cmp -s - shop.log
ok $? 'lines of text come out as they went in'

jq -c '{order} + (del(.order, .id, .partitionKey) + {x: 1.5})' events >incomplete
evpub --id-from order.id --key-from order.id incomplete | jq -cS . >got
jq -cS '. + {x: 1.5}' events >want
cmp -s got want
ok $? 'an envelope that was taken apart is complete again, with the same id'
finish
