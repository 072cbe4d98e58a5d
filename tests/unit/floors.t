#!/bin/sh
# SPDX-License-Identifier: MIT
# Which file may include which: the floors of the house, and who sees a foreign library.
. "$SRCDIR/tests/tap.sh"
cd "$SRCDIR" || exit 99

# "FILE HEADER" for every #include of our own, and of others; a path under lib/ without the lib/.
sources=$(find lib cmd -name '*.[ch]' -o -name '*.inc' | sort)
includes() {
	for f in $sources; do
		sed -n "s,^[ 	]*#[ 	]*include[ 	]*$1.*,${f#lib/} \\1,p" "$f"
	done
}
includes '"\([^"]*\)"' >"$OLDPWD/own"
includes '<\([^>]*\)>' >"$OLDPWD/foreign"
cd "$OLDPWD" || exit 99

awk '
BEGIN {
	split("base cli json event match state target work cmd", floor)
	for (i in floor)
		level[floor[i]] = i
	level["stream"] = level["lake"] = level["state"]
}
$2 == "config.h" { next }
$2 !~ /\// { sub(/^/, substr($1, 1, index($1, "/")), $2) } # beside the file
{
	split($1, from, "/")
	split($2, to, "/")
	if (!(from[1] in level) || !(to[1] in level))
		print $1 " includes \"" $2 "\", which names no folder of the house"
	else if (from[1] != to[1] && level[from[1]] <= level[to[1]])
		print $1 " includes \"" $2 "\", which is not below it"
}' own >wrong
none 'every #include "..." points to a floor below, or stays in its folder' wrong

sed -n '/\.h .*\.h$/p' own | tsort >/dev/null 2>wrong
none 'no header includes itself by way of others' wrong

awk '$2 == "config.h" && $1 !~ /^cli\//' own >wrong
none 'only lib/cli includes config.h' wrong

# What libc and the compiler bring; all else is a library of somebody else.
awk '
BEGIN {
	n = split("assert ctype dirent endian errno fcntl fnmatch glob immintrin inttypes langinfo limits locale " \
	    "math poll pthread regex sched signal stdalign stdarg stdatomic stdbool stddef stdint stdio " \
	    "stdlib string strings termios time unistd wchar wctype", word, " ")
	for (i = 1; i <= n; i++)
		system_[word[i] ".h"] = 1
}
$2 in system_ || $2 ~ /^(sys|linux|netinet|arpa)\// { next }
{
	split($1, dir, "/")
	lib = $2
	if (lib ~ /\//)
		sub(/\/.*/, "", lib) # one library, many headers
	place = lib == "sqlite3.h" ? dir[1] ": " lib : lib
	if ($1 !~ /\.c$/)
		print $1 " is a header and includes <" $2 ">"
	else if (place in user && user[place] != $1)
		print $1 " includes <" $2 ">, as " user[place] " does"
	else
		user[place] = $1
}' foreign >wrong
none 'a foreign header is included in one .c file (sqlite3.h in one of each folder)' wrong

finish
