# SPDX-License-Identifier: MIT
libevhub_a_SOURCES += \
	lib/target/faults.c \
	lib/target/fd.c \
	lib/target/file.c \
	lib/target/lake.c \
	lib/target/null.c \
	lib/target/scheme.h \
	lib/target/tail.c \
	lib/target/target.c \
	lib/target/target.h \
	lib/target/template.c
