dnl SPDX-License-Identifier: MIT
dnl
dnl EV_CC_FLAGS(VARIABLE, FLAGS): adds to VARIABLE each flag that the compiler takes without a warning.
dnl The loop's name is a macro while the loop runs, so it must be a word that occurs nowhere else.
AC_DEFUN([EV_CC_FLAGS], [m4_foreach_w([ev_each_flag], [$2], [EV_CC_FLAG([$1], m4_defn([ev_each_flag]))])])

AC_DEFUN([EV_CC_FLAG], [
AS_VAR_PUSHDEF([ev_cache], [ev_cv_cc_flag_$2])
AC_CACHE_CHECK([whether $CC takes $2], [ev_cache], [
	ev_saved_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS -Werror $2"
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]], [])],
		[AS_VAR_SET([ev_cache], [yes])], [AS_VAR_SET([ev_cache], [no])])
	CFLAGS=$ev_saved_CFLAGS
])
AS_VAR_IF([ev_cache], [yes], [AS_VAR_APPEND([$1], [" $2"])])
AS_VAR_POPDEF([ev_cache])
])

dnl EV_LD_FLAGS(VARIABLE, FLAGS): the same for linking.
AC_DEFUN([EV_LD_FLAGS], [m4_foreach_w([ev_each_flag], [$2], [EV_LD_FLAG([$1], m4_defn([ev_each_flag]))])])

AC_DEFUN([EV_LD_FLAG], [
AS_VAR_PUSHDEF([ev_cache], [ev_cv_ld_flag_$2])
AC_CACHE_CHECK([whether $CC links with $2], [ev_cache], [
	ev_saved_CFLAGS=$CFLAGS ev_saved_LDFLAGS=$LDFLAGS
	CFLAGS="$CFLAGS -Werror -fPIE"
	LDFLAGS="$LDFLAGS $2"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
		[AS_VAR_SET([ev_cache], [yes])], [AS_VAR_SET([ev_cache], [no])])
	CFLAGS=$ev_saved_CFLAGS LDFLAGS=$ev_saved_LDFLAGS
])
AS_VAR_IF([ev_cache], [yes], [AS_VAR_APPEND([$1], [" $2"])])
AS_VAR_POPDEF([ev_cache])
])

dnl EV_HARDEN: HARDEN_CFLAGS and HARDEN_LDFLAGS. The sanitizers bring checks of their own, which a fortified libc hides.
AC_DEFUN([EV_HARDEN], [
EV_CC_FLAGS([HARDEN_CFLAGS], [-fPIE -fstack-protector-strong])
AS_IF([test -z "$SANITIZE"], [EV_CC_FLAG([HARDEN_CFLAGS], [-D_FORTIFY_SOURCE=2])])
EV_LD_FLAGS([HARDEN_LDFLAGS], [-pie -Wl,-z,relro -Wl,-z,now -Wl,--as-needed])
AC_SUBST([HARDEN_CFLAGS])
AC_SUBST([HARDEN_LDFLAGS])
])
