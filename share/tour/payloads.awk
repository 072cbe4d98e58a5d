# SPDX-License-Identifier: MIT
#
# From shop.ndjson: the orders without their envelopes into the file `orders`,
# and what a log of plain text would say of the day into the file `log_file`.

function clock(ms,    s)
{
	s = int((ms - midnight) / 1000)
	return sprintf("2026-11-01T%02d:%02d:%02d.%03dZ", int(s / 3600), int(s / 60) % 60, s % 60, ms % 1000)
}

# The value of a string or integer member; the first of that name in the line.
function member(name,    at, rest)
{
	at = index($0, "\"" name "\":")
	rest = substr($0, at + length(name) + 3)
	return match(rest, /^"[^"]*"/) ? substr(rest, 2, RLENGTH - 2) : rest + 0
}

BEGIN {
	midnight = 1793491200000
}

!/"type":"(order|payment)-[a-z]*","timestamp":[0-9]+,"partitionKey".*[}]$/ || seen[member("id")]++ {
	next
}

{
	at = clock(member("timestamp"))
	printf "%s %s %s: %s\n", at, /declined|cancelled/ ? "WARN" : "INFO", member("partitionKey"), member("type") >log_file
}

/^[{]"id":"[^"]*","type":"order-submitted"/ {
	body = substr($0, index($0, "\"order\":{") + 9)
	printf "{\"placed\":\"%s\",%s\n", at, substr(body, 1, length(body) - 1) >orders
}
