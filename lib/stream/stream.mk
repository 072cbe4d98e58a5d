# SPDX-License-Identifier: MIT
libevhub_a_SOURCES += \
	lib/stream/append.c \
	lib/stream/conf.c \
	lib/stream/conf.h \
	lib/stream/count.c \
	lib/stream/count.h \
	lib/stream/cursor.c \
	lib/stream/follow.c \
	lib/stream/group.c \
	lib/stream/head.c \
	lib/stream/head.h \
	lib/stream/index.c \
	lib/stream/index.h \
	lib/stream/info.c \
	lib/stream/lease.c \
	lib/stream/lease.h \
	lib/stream/mend.c \
	lib/stream/mend.h \
	lib/stream/offset.h \
	lib/stream/files.c \
	lib/stream/files.h \
	lib/stream/recover.c \
	lib/stream/roll.c \
	lib/stream/segment.c \
	lib/stream/segment.h \
	lib/stream/shard.c \
	lib/stream/shard.h \
	lib/stream/slot.c \
	lib/stream/slot.h \
	lib/stream/stream.c \
	lib/stream/stream.h \
	lib/stream/trim.c \
	lib/stream/verify.c
