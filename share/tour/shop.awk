# SPDX-License-Identifier: MIT
#
# A day of a small tea shop, 2026-11-01 in UTC: one event per line, preceded by
# the time it arrived, a serial number, and whether it is "good" or "bad"; make.sh
# sorts them into the order of arrival and cuts these columns off. The same
# seed gives the same bytes with every awk in the C locale; no clock and no
# rand() are used.
#
# Some good events are late (a scanner that was out of range, some since the
# day before), some are sent twice. The bad lines: six are broken, one is an id
# used again with other contents.

# Park and Miller's generator: exact in a double, the same everywhere.
function rnd(n)
{
	seed = (seed * 48271) % 2147483647
	return seed % n
}

function between(a, b)
{
	return a + rnd(b - a + 1)
}

function chance(percent)
{
	return rnd(100) < percent
}

# A ULID: 48 bits of time, 80 random ones.
function ulid(ms,    i, s)
{
	for (i = 0; i < 10; i++) {
		s = substr(crockford, ms % 32 + 1, 1) s
		ms = int(ms / 32)
	}
	for (i = 0; i < 16; i++)
		s = s substr(crockford, rnd(32) + 1, 1)
	return s
}

function money(cents)
{
	return sprintf("%d.%02d", int(cents / 100), cents % 100)
}

function quote(s)
{
	gsub(/[\\"]/, "\\\\&", s)
	return "\"" s "\""
}

function arrive(when, line, wrong)
{
	printf "%.0f\t%d\t%s\t%s\n", when, ++serial, wrong ? "bad" : "good", line
}

# Builds an event and hands it over delay ms after it happened. trigger: the reference of the event
# it follows from, "" for none. Leaves its own reference in `ref` and its id in `id`.
function emit(ms, delay, type, key, source, entity, body, trigger,    line)
{
	if (ms >= midnight + 24 * hour)
		return
	id = ulid(ms)
	ref = sprintf("{\"id\":\"%s\",\"type\":\"%s\",\"timestamp\":%.0f}", id, type, ms)
	line = sprintf("{\"id\":\"%s\",\"type\":\"%s\",\"timestamp\":%.0f,\"partitionKey\":\"%s\"," \
	    "\"tags\":{\"source\":\"%s\"},\"%s\":%s%s}", id, type, ms, key, source, entity, body,
	    trigger == "" ? "" : ",\"triggers\":[" trigger "]")
	arrive(ms + delay, line)
	if (rnd(180) == 0)
		arrive(ms + delay + between(800, 60000), line)
}

function soon()
{
	return between(4, 400)
}

# How long a hand-held scanner keeps an event: it loses the network now and then.
function scanner()
{
	return chance(4) ? between(1 * hour, 6 * hour) : between(300, 20000)
}

function tables(    i, n)
{
	crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	hour = 3600000
	midnight = 1793491200000
	givens = split("Łukasz,lukasz Zoë,zoe Björn,bjorn Søren,soren Željko,zeljko François,francois " \
	    "Çağla,cagla Jürgen,jurgen Siân,sian Núria,nuria Mária,maria Anaïs,anais Ramón,ramon " \
	    "Ωμέγα,omega Юлия,yuliya さくら,sakura 美玲,meiling Emma,emma Noah,noah Ada,ada " \
	    "Niamh,niamh Tom,tom Ines,ines Paul,paul", given, " ")
	surnames = split("Müller,muller Nowák,nowak Østergård,ostergard Lefèvre,lefevre " \
	    "Ångström,angstrom García,garcia Yılmaz,yilmaz Παππά,pappa Ковальчук,kovalchuk " \
	    "O'Neill,oneill D’Amico,damico Weiß,weiss Þórsdóttir,thorsdottir 佐藤,sato Smith,smith " \
	    "Dvořák,dvorak Szabó,szabo Ionescu,ionescu", surname, " ")
	places = split("Rue de l’Église|67000|Strasbourg|FR;Große Bäckerstraße|20095|Hamburg|DE;" \
	    "Calle Ñuñoa|28004|Madrid|ES;Strøget|1160|København|DK;Ulica Świętojańska|81-391|Gdynia|PL;" \
	    "Πανεπιστημίου|10679|Αθήνα|GR;Kärntner Straße|1010|Wien|AT;Via dell’Orso|20121|Milano|IT;" \
	    "Bánh Street|D02 X285|Dublin|IE;Türkenstraße|80333|München|DE;Rua Conceição|1100-152|Lisboa|PT;" \
	    "Åsögatan|116 24|Stockholm|SE", place, ";")
	products = split("Assam „Mokalbari“,tea,1290;Darjeeling First Flush,tea,2450;" \
	    "Earl Grey,tea,890;Genmaicha 玄米茶,tea,1150;Sencha Uji,tea,1890;Rooibos,tea,690;" \
	    "Oolong Tiě Guān Yīn,tea,2100;Pu’er 2011,tea,3990;Jasmine Pearls,tea,1650;Peppermint,tea,590;" \
	    "Gunpowder,tea,740;Lapsang Souchong,tea,1320;Matcha ceremonial,tea,3450;Hōjicha,tea,990;" \
	    "Teapot \"Yixing\" 250 ml,pot,6900;Teapot cast iron 800 ml,pot,8450;Gaiwan 120 ml,pot,2490;" \
	    "Kyūsu 360 ml,pot,5200;Cup \"Ølstykke\",cup,1290;Cup double-walled,cup,1590;" \
	    "Chawan,cup,4100;Mug 400 ml,cup,1190;Strainer 70 mm,tool,490;Timer 3/4/5 min,tool,1450;" \
	    "Whisk (chasen),tool,1750;Kettle 1.7 l,tool,4990;Scale 0.1 g,tool,2390;Tin 100 g,tool,350;" \
	    "Honey, lime blossom,food,790;Shortbread,food,450;Ginger candied,food,520;Gift box,food,1999",
	    product, ";")
	n = split("2 1 1 1 1 2 4 8 12 16 19 22 26 24 20 19 20 24 30 38 42 36 22 9", load, " ")
	for (i = 1; i <= n; i++)
		loads += load[i]
}

# The catalogue is loaded at midnight.
function catalogue(    i, f, n)
{
	for (i = 1; i <= products; i++) {
		# a comma may stand in a name: price and category are the last two
		n = split(product[i], f, ",")
		price[i] = f[n]
		category[i] = f[n - 1]
		name[i] = substr(product[i], 1, length(product[i]) - length(f[n] f[n - 1]) - 2)
		sku[i] = sprintf("%s-%04d", toupper(category[i]), 100 + i)
		stock[i] = between(45, 140)
		emit(midnight + i * 731, soon(), "product-created", sku[i], "catalog", "product",
		    sprintf("{\"sku\":\"%s\",\"name\":%s,\"category\":\"%s\",\"price\":%s,\"currency\":\"EUR\"}",
		    sku[i], quote(name[i]), category[i], money(price[i])), "")
	}
	reprice = midnight + 6 * hour
}

# The prices that changed until ms.
function prices(ms,    i, was)
{
	for (; reprice <= ms; reprice += between(600000, 1500000)) {
		i = 1 + rnd(products)
		was = price[i]
		price[i] = int(was * between(85, 112) / 100)
		emit(reprice, soon(), "price-changed", sku[i], "catalog", "product",
		    sprintf("{\"sku\":\"%s\",\"price\":%s,\"previousPrice\":%s,\"currency\":\"EUR\"}",
		    sku[i], money(price[i]), money(was)), "")
	}
}

# Draws a person: name, mail, address.
function person(    g, s, p)
{
	split(given[1 + rnd(givens)], g, ",")
	split(surname[1 + rnd(surnames)], s, ",")
	split(place[1 + rnd(places)], p, "|")
	full = g[1] " " s[1]
	mail = g[2] "." s[2] "@example.com"
	address = sprintf("{\"street\":\"%s %d\",\"postcode\":\"%s\",\"city\":\"%s\",\"country\":\"%s\"}",
	    p[1], between(1, 140), p[2], p[3], p[4])
	city = sprintf("{\"city\":\"%s\",\"country\":\"%s\"}", p[3], p[4])
}

# Every fifth order is a new customer's.
function customer(ms)
{
	person()
	if (!chance(20))
		return sprintf("c-%d", between(1001, 1000 + customers))
	who = sprintf("c-%d", 1000 + ++customers)
	emit(ms - between(120000, 600000), soon(), "customer-registered", who, "accounts", "customer",
	    sprintf("{\"id\":\"%s\",\"name\":\"%s\",\"email\":\"%s\",\"newsletter\":%s,\"address\":%s}",
	    who, full, mail, chance(40) ? "true" : "false", address), "")
	return who
}

# Draws 1 to 4 items into item[] and quantity[]; their JSON is left in `list`, their sum in `total`.
function basket(    i, k, seen)
{
	items = 1 + int(rnd(16) / 5)
	list = ""
	total = 0
	for (i = 1; i <= items; i++) {
		do
			k = 1 + rnd(products)
		while (k in seen)
		seen[k] = 1
		item[i] = k
		quantity[i] = chance(70) ? 1 : between(2, 4)
		total += price[k] * quantity[i]
		list = list (i > 1 ? "," : "") sprintf("{\"sku\":\"%s\",\"name\":%s,\"quantity\":%d,\"price\":%s}",
		    sku[k], quote(name[k]), quantity[i], money(price[k]))
	}
	split("", seen)
}

function cancel(ms, order, reason)
{
	emit(ms, soon(), "order-cancelled", order, "webshop", "order",
	    sprintf("{\"id\":\"%s\",\"reason\":\"%s\"}", order, reason), ref)
}

# Takes the items out of the stock. 0: one of them is not there.
function reserve(ms, order, trigger,    i, k)
{
	for (i = 1; i <= items; i++) {
		k = item[i]
		if (k in refill && refill[k] <= ms) {
			stock[k] += 60
			emit(refill[k], soon(), "stock-replenished", sku[k], "warehouse", "stock",
			    sprintf("{\"sku\":\"%s\",\"quantity\":60,\"left\":%d}", sku[k], stock[k]), "")
			delete refill[k]
		}
		if (stock[k] < quantity[i]) {
			emit(ms, soon(), "stock-depleted", sku[k], "warehouse", "stock",
			    sprintf("{\"sku\":\"%s\",\"order\":\"%s\",\"wanted\":%d,\"left\":%d}", sku[k], order,
			    quantity[i], stock[k]), trigger)
			if (!(k in refill))
				refill[k] = ms + between(1, 3) * hour
			return 0
		}
		stock[k] -= quantity[i]
		ms += between(90, 900)
		emit(ms, soon(), "stock-reserved", sku[k], "warehouse", "stock",
		    sprintf("{\"sku\":\"%s\",\"order\":\"%s\",\"quantity\":%d,\"left\":%d}", sku[k], order,
		    quantity[i], stock[k]), trigger)
	}
	return 1
}

# Up to two attempts. Returns when it was paid, 0 if never.
function pay(ms, order, trigger,    i, method, reason)
{
	method = chance(55) ? "card" : chance(60) ? "paypal" : "transfer"
	for (i = 1; i <= 2; i++) {
		if (!chance(i == 1 ? 8 : 40)) {
			emit(ms, soon(), "order-paid", order, "billing", "order",
			    sprintf("{\"id\":\"%s\",\"total\":%s,\"currency\":\"EUR\",\"method\":\"%s\"}",
			    order, money(total), method), trigger)
			return ms
		}
		reason = chance(50) ? "insufficient-funds" : chance(50) ? "card-expired" : "3ds-failed"
		emit(ms, soon(), "payment-declined", order, "billing", "payment",
		    sprintf("{\"order\":\"%s\",\"method\":\"%s\",\"amount\":%s,\"reason\":\"%s\",\"attempt\":%d}",
		    order, method, money(total), reason, i), trigger)
		ms += between(90000, 600000)
	}
	return 0
}

function ship(ms, order, trigger)
{
	emit(ms, scanner(), "parcel-shipped", order, "shipping", "parcel",
	    sprintf("{\"id\":\"p-%s\",\"order\":\"%s\",\"carrier\":\"%s\",\"weight\":%d.%03d,\"to\":%s}",
	    substr(order, 3), order, chance(60) ? "postrunner" : "velo-express", rnd(4), rnd(1000), city),
	    trigger)
}

function deliver(ms, delay, order)
{
	person()
	emit(ms, delay, "parcel-delivered", order, "shipping", "parcel",
	    sprintf("{\"id\":\"p-%s\",\"order\":\"%s\",\"signedBy\":%s}", substr(order, 3), order,
	    chance(70) ? "\"" full "\"" : "null"), "")
}

# Parcels of the days before.
function backlog(    i)
{
	for (i = 0; i < 90; i++) {
		person()
		ship(midnight + 6 * hour + rnd(3 * hour), sprintf("o-%d", 9900 + i), "")
	}
	for (i = 0; i < 320; i++)
		deliver(midnight + 8 * hour + rnd(10 * hour), scanner(), sprintf("o-%d", 9500 + i))
	# a van's scanner was emptied only in the morning
	for (i = 0; i < 17; i++)
		deliver(midnight - 9 * hour + i * 1351234, 12 * hour + between(0, 3) * 1000, sprintf("o-%d", 9470 + i))
}

function place_order(ms, no,    o, c, submitted, done, ready)
{
	prices(ms)
	o = sprintf("o-%d", no)
	c = customer(ms)
	basket()
	emit(ms, soon(), "order-submitted", o, "webshop", "order",
	    sprintf("{\"id\":\"%s\",\"customer\":\"%s\",\"currency\":\"EUR\",\"total\":%s,\"items\":[%s],\"address\":%s}",
	    o, c, money(total), list, address), "")
	submitted = ref
	if (!reserve(ms + between(400, 2500), o, submitted)) {
		cancel(ms + between(4000, 9000), o, "out-of-stock")
		return
	}
	done = pay(ms + between(5000, 45000), o, submitted)
	if (done == 0) {
		cancel(ms + between(900000, 1200000), o, "payment-declined")
		return
	}
	if (chance(2)) {
		cancel(done + between(300000, 2400000), o, "customer")
		return
	}
	ready = done + between(1800, 14400) * 1000
	if (ready > midnight + 7 * hour && ready < midnight + 18 * hour)
		ship(ready, o, ref)
}

function day(    h, i, n, no)
{
	for (h = 0; h < 24; h++) {
		n = int(load[h + 1] * 900 / loads + 0.5)
		for (i = 0; i < n; i++)
			place_order(midnight + h * hour + int((i + rnd(1000) / 1000) * hour / n), 10001 + no++)
	}
}

function bad(when, line)
{
	arrive(when, line, 1)
}

# The head of an event of the hour h, with the given timestamp and what follows it.
function envelope(h, type, ms)
{
	return sprintf("{\"id\":\"%s\",\"type\":\"%s\",\"timestamp\":%s,", ulid(midnight + h * hour), type, ms)
}

function paid(order, total)
{
	return sprintf("\"partitionKey\":\"%s\",\"tags\":{\"source\":\"billing\"},\"order\":{\"id\":\"%s\"," \
	    "\"total\":%s,\"currency\":\"EUR\",\"method\":\"card\"}}", order, order, total)
}

function at(h)
{
	return sprintf("%.0f", midnight + h * hour)
}

function broken(    head)
{
	bad(at(9), envelope(9, "order-submitted", at(9)) "\"partitionKey\":\"o-11001\"," \
	    "\"tags\":{\"source\":\"webshop\"},\"order\":{\"id\":\"o-11001\",\"cust")
	bad(at(11), envelope(11, "customer-registered", at(11)) "\"partitionKey\":\"c-9001\"," \
	    "\"tags\":{\"source\":\"accounts\"},\"customer\":{\"id\":\"c-9001\",\"name\":\"J\374rgen Wei\337\"}}")
	bad(at(12), envelope(12, "order-paid", "\"2026-11-01T12:00:00Z\"") paid("o-11002", "12.90"))
	bad(at(13), sprintf("{\"type\":\"order-paid\",\"timestamp\":%s,%s", at(13), paid("o-11003", "8.90")))
	bad(at(14), envelope(14, "price-changed", at(14)) "\"partitionKey\":\"TEA-0101\"," \
	    "\"tags\":{\"source\":\"catalog\"},\"product\":{\"sku\":\"TEA-0101\",\"price\":12,90}}")
	bad(at(15), envelope(15, "order-paid", at(15)) paid("o-11004", "\"31.50\""))
	head = envelope(16, "order-paid", at(16))
	arrive(at(16), head paid("o-11005", "44.80"))
	bad(at(16) + 90000, head paid("o-11005", "48.40"))
}

BEGIN {
	seed = seed > 0 ? seed % 2147483646 + 1 : 20261101
	customers = 180
	tables()
	catalogue()
	backlog()
	day()
	broken()
}
