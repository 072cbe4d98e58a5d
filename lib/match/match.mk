# SPDX-License-Identifier: MIT
libevhub_a_SOURCES += \
	lib/match/build.c \
	lib/match/fold.c \
	lib/match/fold.h \
	lib/match/match.c \
	lib/match/match.h \
	lib/match/operator.c \
	lib/match/pattern.c \
	lib/match/pattern.h \
	lib/match/pred.c \
	lib/match/pred.h \
	lib/match/quick.c \
	lib/match/quick.h \
	lib/match/sample.c \
	lib/match/sample.h \
	lib/match/select.c \
	lib/match/select.h \
	lib/match/sieve.c \
	lib/match/sieve.h \
	lib/match/strings.c \
	lib/match/strings.h \
	lib/match/where.c \
	lib/match/where.h \
	lib/match/words.h
