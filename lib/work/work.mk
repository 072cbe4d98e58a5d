# SPDX-License-Identifier: MIT
libevhub_a_SOURCES += \
	lib/work/answer.c \
	lib/work/answer.h \
	lib/work/batch.c \
	lib/work/batch.h \
	lib/work/checkpoint.c \
	lib/work/checkpoint.h \
	lib/work/hear.c \
	lib/work/job.c \
	lib/work/job.h \
	lib/work/judge.c \
	lib/work/names.c \
	lib/work/names.h \
	lib/work/once.c \
	lib/work/partial.c \
	lib/work/partial.h \
	lib/work/run.c \
	lib/work/run.h \
	lib/work/source.c \
	lib/work/source.h \
	lib/work/source_file.c \
	lib/work/source_lake.c \
	lib/work/source_stream.c \
	lib/work/work.h \
	lib/work/worker.c
