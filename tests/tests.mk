# SPDX-License-Identifier: MIT
# A test prints TAP and is run by tests/run in an empty folder of its own: a program made of the one
# C file of its name, or a script NAME.t. Adding one is one line.
TEST_EXTENSIONS = .t
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_COMPILER = $(SHELL) $(srcdir)/tests/run
AM_LOG_FLAGS = --tap
T_LOG_DRIVER = $(LOG_DRIVER)
T_LOG_COMPILER = $(LOG_COMPILER)
AM_T_LOG_FLAGS = $(AM_LOG_FLAGS)
AM_TESTS_ENVIRONMENT = \
	SRCDIR='$(abs_srcdir)'; export SRCDIR; \
	BUILDDIR='$(abs_builddir)'; export BUILDDIR; \
	EVHUB_CC='$(CC)'; export EVHUB_CC; \
	EVHUB_NM='$(NM)'; export EVHUB_NM; \
	EVHUB_SANITIZE='$(SANITIZE)'; export EVHUB_SANITIZE;

test_programs = \
	tests/unit/ack \
	tests/unit/buf \
	tests/unit/check \
	tests/unit/child \
	tests/unit/conformance \
	tests/unit/err \
	tests/unit/event \
	tests/unit/exec \
	tests/unit/explain \
	tests/unit/fault \
	tests/unit/faults \
	tests/unit/file \
	tests/unit/hash \
	tests/unit/help \
	tests/unit/id \
	tests/unit/in \
	tests/unit/job \
	tests/unit/jsontestsuite \
	tests/unit/lines \
	tests/unit/lake \
	tests/unit/lakeids \
	tests/unit/lakeverify \
	tests/unit/lease \
	tests/unit/match \
	tests/unit/nomem \
	tests/unit/num \
	tests/unit/opt \
	tests/unit/out \
	tests/unit/pace \
	tests/unit/progress \
	tests/unit/rules \
	tests/unit/rulesfiles \
	tests/unit/rulesmem \
	tests/unit/run \
	tests/unit/runmem \
	tests/unit/sample \
	tests/unit/say \
	tests/unit/scan \
	tests/unit/schema \
	tests/unit/select \
	tests/unit/shard \
	tests/unit/sort \
	tests/unit/splice \
	tests/unit/state \
	tests/unit/stats \
	tests/unit/str \
	tests/unit/stream \
	tests/unit/streamend \
	tests/unit/streamgroup \
	tests/unit/streamtarget \
	tests/unit/table \
	tests/unit/tally \
	tests/unit/target \
	tests/unit/time \
	tests/unit/transform \
	tests/unit/type \
	tests/unit/value \
	tests/unit/where \
	tests/prop/lease \
	tests/prop/match \
	tests/prop/num \
	tests/prop/quick \
	tests/prop/rules \
	tests/prop/scan \
	tests/prop/splice \
	tests/prop/stream \
	tests/prop/time

test_scripts = \
	tests/cli/ack.t \
	tests/cli/bad-lines.t \
	tests/cli/completion.t \
	tests/cli/examples.t \
	tests/cli/exec-live.t \
	tests/cli/filter-live.t \
	tests/cli/idle.t \
	tests/cli/lake-catalog.t \
	tests/cli/lake-count.t \
	tests/cli/lake-live.t \
	tests/cli/lake-readers.t \
	tests/cli/manners.t \
	tests/cli/options.t \
	tests/cli/reader-gone.t \
	tests/cli/readme.t \
	tests/cli/replay.t \
	tests/cli/replay-follow.t \
	tests/cli/roundtrip.t \
	tests/cli/route.t \
	tests/cli/stream.t \
	tests/cli/tour.t \
	tests/cli/valgrind.t \
	tests/crash/ack.t \
	tests/crash/file-calls.t \
	tests/crash/file.t \
	tests/crash/lake.t \
	tests/crash/replay.t \
	tests/crash/replay-calls.t \
	tests/crash/route-calls.t \
	tests/crash/state-calls.t \
	tests/crash/state.t \
	tests/crash/stream.t \
	tests/fuzz/corpus.t \
	tests/peer/pub.t \
	tests/run-cli \
	tests/unit/exports.t \
	tests/unit/floors.t \
	tests/unit/generated.t \
	tests/unit/headers.t \
	tests/unit/listed.t \
	tests/unit/man.t \
	tests/unit/words.t

# The scripts are the long ones: they start first.
TESTS += $(test_scripts) $(test_programs)
check_PROGRAMS += $(test_programs)

# What tests/crash/stream.t kills.
check_PROGRAMS += tests/crash/streamer
tests_crash_streamer_SOURCES = tests/crash/streamer.c

# Its allocations fail in turn.
tests_unit_nomem_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc \
	-Wl,--wrap=calloc \
	-Wl,--wrap=realloc \
	-Wl,--wrap=XXH3_createState \
	-Wl,--wrap=EVP_MD_CTX_new \
	-Wl,--wrap=EVP_MD_fetch
tests_unit_rulesmem_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc \
	-Wl,--wrap=calloc \
	-Wl,--wrap=realloc

tests_unit_runmem_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc \
	-Wl,--wrap=calloc \
	-Wl,--wrap=realloc

fuzz_targets = \
	tests/fuzz/address \
	tests/fuzz/answer \
	tests/fuzz/check \
	tests/fuzz/fault \
	tests/fuzz/path \
	tests/fuzz/pattern \
	tests/fuzz/pub \
	tests/fuzz/rules \
	tests/fuzz/scan \
	tests/fuzz/schema \
	tests/fuzz/segment \
	tests/fuzz/splice \
	tests/fuzz/str \
	tests/fuzz/stream \
	tests/fuzz/time \
	tests/fuzz/transform \
	tests/fuzz/type \
	tests/fuzz/where
check_PROGRAMS += $(fuzz_targets)
if FUZZ
fuzz_main =
else
fuzz_main = tests/fuzz/replay.c
endif
tests_fuzz_address_SOURCES = tests/fuzz/address.c $(fuzz_main)
tests_fuzz_address_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_answer_SOURCES = tests/fuzz/answer.c $(fuzz_main)
tests_fuzz_answer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_check_SOURCES = tests/fuzz/check.c $(fuzz_main)
tests_fuzz_check_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fault_SOURCES = tests/fuzz/fault.c $(fuzz_main)
tests_fuzz_fault_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_path_SOURCES = tests/fuzz/path.c $(fuzz_main)
tests_fuzz_path_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_pattern_SOURCES = tests/fuzz/pattern.c $(fuzz_main)
tests_fuzz_pattern_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_pub_SOURCES = tests/fuzz/pub.c $(fuzz_main)
tests_fuzz_pub_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_rules_SOURCES = tests/fuzz/rules.c $(fuzz_main)
tests_fuzz_rules_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_scan_SOURCES = tests/fuzz/scan.c $(fuzz_main)
tests_fuzz_scan_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_schema_SOURCES = tests/fuzz/schema.c $(fuzz_main)
tests_fuzz_schema_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_segment_SOURCES = tests/fuzz/segment.c $(fuzz_main)
tests_fuzz_segment_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_splice_SOURCES = tests/fuzz/splice.c $(fuzz_main)
tests_fuzz_splice_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_str_SOURCES = tests/fuzz/str.c $(fuzz_main)
tests_fuzz_str_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_stream_SOURCES = tests/fuzz/stream.c $(fuzz_main)
tests_fuzz_stream_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_time_SOURCES = tests/fuzz/time.c $(fuzz_main)
tests_fuzz_time_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_transform_SOURCES = tests/fuzz/transform.c $(fuzz_main)
tests_fuzz_transform_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_type_SOURCES = tests/fuzz/type.c $(fuzz_main)
tests_fuzz_type_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_where_SOURCES = tests/fuzz/where.c $(fuzz_main)
tests_fuzz_where_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

EXTRA_DIST += \
	$(test_scripts) \
	tests/tap.h \
	tests/tap.sh \
	tests/run \
	tests/bench \
	tests/cli \
	tests/count \
	tests/crash/shim.c \
	tests/fuzz/corpus \
	tests/fuzz/replay.c \
	tests/line.h \
	tests/peer \
	tests/prop/prop.h \
	tests/unit/lakes.h \
	tests/unit/streams.h
