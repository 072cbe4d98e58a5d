# SPDX-License-Identifier: MIT
libevhub_a_SOURCES += \
	lib/state/newer.c \
	lib/state/newer.h \
	lib/state/store.c \
	lib/state/store.h \
	lib/state/unique.c \
	lib/state/unique.h
