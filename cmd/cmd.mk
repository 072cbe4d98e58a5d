# SPDX-License-Identifier: MIT
bin_PROGRAMS += \
	evfilter \
	evlake \
	evpub \
	evreplay
evfilter_SOURCES = cmd/evfilter.c
evlake_SOURCES = \
	cmd/evlake.c \
	cmd/evlake-count.c \
	cmd/evlake-put.c \
	cmd/evlake-verify.c \
	cmd/evlake.h
evpub_SOURCES = cmd/evpub.c
evreplay_SOURCES = cmd/evreplay.c
