dnl SPDX-License-Identifier: MIT
m4_ifndef([PKG_CHECK_EXISTS],
	[m4_fatal([pkg.m4 is missing: install pkg-config (Debian package pkg-config)])])

dnl EV_NEED(PREFIX, MODULE, PACKAGE): PREFIX_CFLAGS and PREFIX_LIBS of a pkg-config module. What is missing is
dnl collected with its Debian package, and EV_NEEDS_MET names all of it at once.
AC_DEFUN([EV_NEED], [
AC_REQUIRE([PKG_PROG_PKG_CONFIG])
AC_ARG_VAR([$1_CFLAGS], [C compiler flags for $2, overriding pkg-config])
AC_ARG_VAR([$1_LIBS], [linker flags for $2, overriding pkg-config])
AC_MSG_CHECKING([for $2])
AS_IF([test -n "$$1_LIBS"], [AC_MSG_RESULT([$$1_LIBS])],
	[test -n "$PKG_CONFIG" && $PKG_CONFIG --exists "$2" 2>/dev/null], [
		$1_CFLAGS=`$PKG_CONFIG --cflags "$2"`
		$1_LIBS=`$PKG_CONFIG --libs "$2"`
		AC_MSG_RESULT([yes])
	], [
		AC_MSG_RESULT([no])
		AS_VAR_APPEND([ev_missing], ["
    $2 (Debian package $3)"])
		AS_VAR_APPEND([ev_packages], [" $3"])
	])
])

AC_DEFUN([EV_NEEDS_MET], [
AS_IF([test -z "$PKG_CONFIG" && test -n "$ev_missing"], [
	AS_VAR_APPEND([ev_missing], ["
    pkg-config, which finds the libraries (Debian package pkg-config)"])
	AS_VAR_APPEND([ev_packages], [" pkg-config"])
])
AS_IF([test -n "$ev_missing"], [AC_MSG_ERROR([what evhub is built on is missing:$ev_missing

On Debian:  apt-get install$ev_packages])])
])
