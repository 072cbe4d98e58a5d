dnl SPDX-License-Identifier: MIT
dnl
dnl The options of configure. Each sets a flag that Makefile.am adds to every compile and link.

AC_DEFUN([EV_ARG_WERROR], [
AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [warnings are errors])])
AS_IF([test "x$enable_werror" = xyes], [WERROR_CFLAGS=-Werror])
AC_SUBST([WERROR_CFLAGS])
])

dnl EV_TRY_LINK(FLAGS, MESSAGE): ends configure with MESSAGE where a program cannot be built with FLAGS.
AC_DEFUN([EV_TRY_LINK], [
AC_MSG_CHECKING([whether $CC links with $1])
ev_saved_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS $1"
AC_LINK_IFELSE([AC_LANG_SOURCE([$3])], [AC_MSG_RESULT([yes])], [AC_MSG_RESULT([no])
	AC_MSG_ERROR([$2])])
CFLAGS=$ev_saved_CFLAGS
])

AC_DEFUN([EV_ARG_SANITIZE], [
AC_ARG_ENABLE([sanitize], [AS_HELP_STRING([--enable-sanitize@<:@=LIST@:>@],
	[build with sanitizers, "address,undefined" unless LIST says otherwise])])
AS_CASE([$enable_sanitize], [''|no], [SANITIZE=], [yes], [SANITIZE=address,undefined],
	[SANITIZE=$enable_sanitize])
AS_IF([test -n "$SANITIZE"], [
	SANITIZE_FLAGS="-fsanitize=$SANITIZE -fno-sanitize-recover=all -fno-omit-frame-pointer"
	EV_TRY_LINK([$SANITIZE_FLAGS],
		[$CC cannot link with these sanitizers (clang needs the Debian package libclang-rt-dev)],
		[[int main(void) { return 0; }]])
])
AC_SUBST([SANITIZE])
AC_SUBST([SANITIZE_FLAGS])
])

AC_DEFUN([EV_ARG_COVERAGE], [
AC_ARG_ENABLE([coverage], [AS_HELP_STRING([--enable-coverage], [count what the tests run, for gcov])])
AS_IF([test "x$enable_coverage" = xyes], [
	COVERAGE_FLAGS="--coverage -fprofile-update=atomic"
	EV_TRY_LINK([$COVERAGE_FLAGS], [$CC cannot link with --coverage], [[int main(void) { return 0; }]])
])
AC_SUBST([COVERAGE_FLAGS])
])

dnl Everything is instrumented for libFuzzer, and its main is linked to the targets in tests/fuzz.
AC_DEFUN([EV_ARG_FUZZ], [
AC_ARG_ENABLE([fuzz], [AS_HELP_STRING([--enable-fuzz],
	[make the programs in tests/fuzz fuzzers (needs CC=clang); add --enable-sanitize to find more])])
AS_IF([test "x$enable_fuzz" = xyes], [
	FUZZ_CFLAGS=-fsanitize=fuzzer-no-link
	FUZZ_LDFLAGS=-fsanitize=fuzzer
	EV_TRY_LINK([$FUZZ_LDFLAGS],
		[$CC has no libFuzzer: configure with CC=clang (Debian packages clang and libclang-rt-dev)],
		[[#include <stddef.h>
		#include <stdint.h>
		int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
		int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) { return p == NULL && n != 0; }]])
])
AM_CONDITIONAL([FUZZ], [test "x$enable_fuzz" = xyes])
AC_SUBST([FUZZ_CFLAGS])
AC_SUBST([FUZZ_LDFLAGS])
])
