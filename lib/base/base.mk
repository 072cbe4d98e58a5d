# SPDX-License-Identifier: MIT
libevhub_a_SOURCES += \
	lib/base/amount.c \
	lib/base/buf.c \
	lib/base/buf.h \
	lib/base/bytes.h \
	lib/base/child.c \
	lib/base/child.h \
	lib/base/child_ends.h \
	lib/base/date.c \
	lib/base/digest.c \
	lib/base/digits.h \
	lib/base/err.c \
	lib/base/err.h \
	lib/base/file.c \
	lib/base/file.h \
	lib/base/hash.c \
	lib/base/hash.h \
	lib/base/id.c \
	lib/base/id.h \
	lib/base/in.c \
	lib/base/io.h \
	lib/base/out.c \
	lib/base/pace.c \
	lib/base/pace.h \
	lib/base/sig.c \
	lib/base/sig.h \
	lib/base/slice.h \
	lib/base/sort.c \
	lib/base/sort.h \
	lib/base/spawn.c \
	lib/base/talk.c \
	lib/base/time.c \
	lib/base/time.h
