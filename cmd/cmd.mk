# SPDX-License-Identifier: MIT
bin_PROGRAMS += \
	evfilter \
	evlake \
	evpub \
	evreplay \
	evroute \
	evstream
evfilter_SOURCES = \
	cmd/evfilter.c \
	cmd/evfilter-explain.c \
	cmd/evfilter.h
evlake_SOURCES = \
	cmd/evlake.c \
	cmd/evlake-count.c \
	cmd/evlake-put.c \
	cmd/evlake-verify.c \
	cmd/evlake.h
evpub_SOURCES = cmd/evpub.c
evreplay_SOURCES = \
	cmd/evreplay.c \
	cmd/evreplay-check.c \
	cmd/evreplay-command.c \
	cmd/evreplay-commit.c \
	cmd/evreplay-jobs.c \
	cmd/evreplay-lease.c \
	cmd/evreplay-lease.h \
	cmd/evreplay-order.c \
	cmd/evreplay-print.c \
	cmd/evreplay-pump.c \
	cmd/evreplay-queue.c \
	cmd/evreplay-stats.c \
	cmd/evreplay.h
evroute_SOURCES = \
	cmd/evroute.c \
	cmd/evroute-dest.c \
	cmd/evroute-explain.c \
	cmd/evroute-report.c \
	cmd/evroute-retry.c \
	cmd/evroute-rules.c \
	cmd/evroute-send.c \
	cmd/evroute.h
evstream_SOURCES = \
	cmd/evstream.c \
	cmd/evstream-ls.c \
	cmd/evstream-reset.c \
	cmd/evstream-trim.c \
	cmd/evstream-verify.c \
	cmd/evstream.h
