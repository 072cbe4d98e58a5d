# SPDX-License-Identifier: MIT
libevhub_a_SOURCES += \
	lib/target/exec.c \
	lib/target/faults.c \
	lib/target/fd.c \
	lib/target/file.c \
	lib/target/lake.c \
	lib/target/null.c \
	lib/target/scheme.h \
	lib/target/stream.c \
	lib/target/tail.c \
	lib/target/target.c \
	lib/target/target.h \
	lib/target/template.c \
	lib/target/words.c
