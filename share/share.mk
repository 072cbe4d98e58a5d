# SPDX-License-Identifier: MIT
# What is installed beside the commands: manual pages, schemas, example rules, and the tour.
dist_man_MANS = \
	share/man/ev.7 \
	share/man/evfilter.1 \
	share/man/evlake.1 \
	share/man/evlake.5 \
	share/man/evpub.1 \
	share/man/evreplay.1 \
	share/man/evroute.1 \
	share/man/evstream.1 \
	share/man/evstream.5

schemasdir = $(pkgdatadir)/schemas
dist_schemas_DATA = \
	share/schemas/customer-registered.json \
	share/schemas/order-cancelled.json \
	share/schemas/order-paid.json \
	share/schemas/order-submitted.json \
	share/schemas/parcel-delivered.json \
	share/schemas/parcel-shipped.json \
	share/schemas/payment-declined.json \
	share/schemas/price-changed.json \
	share/schemas/product-created.json \
	share/schemas/rules.json \
	share/schemas/stock-depleted.json \
	share/schemas/stock-replenished.json \
	share/schemas/stock-reserved.json

rulesdir = $(pkgdatadir)/rules
dist_rules_DATA = \
	share/rules/bindings.json \
	share/rules/export-eventbridge.json \
	share/rules/policies.json \
	share/rules/shop.json

tourdir = $(pkgdatadir)/tour
dist_tour_DATA = \
	share/tour/clerk.sh \
	share/tour/dpkg.awk \
	share/tour/payloads.awk \
	share/tour/rules.json \
	share/tour/shop.awk
dist_tour_SCRIPTS = \
	share/tour/make.sh \
	share/tour/tour.sh

EXTRA_DIST += share/regen
