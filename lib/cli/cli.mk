# SPDX-License-Identifier: MIT
libevhub_a_SOURCES += \
	lib/cli/ack.c \
	lib/cli/ack.h \
	lib/cli/bash.c \
	lib/cli/dump.c \
	lib/cli/emit.c \
	lib/cli/emit.h \
	lib/cli/fish.c \
	lib/cli/help.c \
	lib/cli/help.h \
	lib/cli/main.c \
	lib/cli/near.c \
	lib/cli/near.h \
	lib/cli/opt.c \
	lib/cli/opt.h \
	lib/cli/progress.c \
	lib/cli/progress.h \
	lib/cli/say.c \
	lib/cli/say.h \
	lib/cli/shell.c \
	lib/cli/shell.h \
	lib/cli/stats.c \
	lib/cli/stats.h \
	lib/cli/table.c \
	lib/cli/table.h \
	lib/cli/text.c \
	lib/cli/text.h \
	lib/cli/zsh.c
