# SPDX-License-Identifier: MIT
libevhub_a_SOURCES += \
	lib/json/check.c \
	lib/json/iter.c \
	lib/json/iter.h \
	lib/json/lazy.c \
	lib/json/lines.c \
	lib/json/lines.h \
	lib/json/num.c \
	lib/json/num.h \
	lib/json/path.c \
	lib/json/path.h \
	lib/json/place.c \
	lib/json/place.h \
	lib/json/scan.c \
	lib/json/scan.h \
	lib/json/splice.c \
	lib/json/splice.h \
	lib/json/stage.h \
	lib/json/stage_avx2.c \
	lib/json/stage_mark.inc \
	lib/json/stage_scalar.c \
	lib/json/str.c \
	lib/json/str.h \
	lib/json/value.c \
	lib/json/value.h \
	lib/json/walk.c \
	lib/json/walk.h
