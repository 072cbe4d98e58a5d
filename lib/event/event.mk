# SPDX-License-Identifier: MIT
libevhub_a_SOURCES += \
	lib/event/event.c \
	lib/event/event.h \
	lib/event/fault.c \
	lib/event/fault.h \
	lib/event/regex.c \
	lib/event/regex.h \
	lib/event/schema.c \
	lib/event/schema.h \
	lib/event/schema_check.c \
	lib/event/schema_compile.c \
	lib/event/schema_keyword.c \
	lib/event/schema_make.h \
	lib/event/schema_node.h \
	lib/event/stamp.c \
	lib/event/stamp.h \
	lib/event/stamp_line.c \
	lib/event/tally.c \
	lib/event/tally.h \
	lib/event/text.c \
	lib/event/text.h \
	lib/event/transform.c \
	lib/event/transform.h \
	lib/event/transform_template.c \
	lib/event/transform_template.h \
	lib/event/type.c \
	lib/event/type.h
