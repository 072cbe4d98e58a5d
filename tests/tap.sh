# SPDX-License-Identifier: MIT
# TAP for scripts: `. "$SRCDIR/tests/tap.sh"`, then checks, then `finish` as the last line.
: "${SRCDIR:?is set by tests/run: call tests/run TEST}"
tap_n=0
tap_bad=0

# ok STATUS TEXT: the check holds when STATUS is 0.
ok() {
	tap_n=$((tap_n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_n - $2"
	else
		echo "not ok $tap_n - $2"
		tap_bad=$((tap_bad + 1))
	fi
}

# is GOT WANT TEXT: the two strings are the same.
is() {
	[ "$1" = "$2" ]
	ok $? "$3"
	[ "$1" = "$2" ] || printf '%s\n' " got: $1" "want: $2" | comment
}

# none TEXT FILE: FILE, a list of what is wrong, is empty.
none() {
	[ ! -s "$2" ]
	ok $? "$1"
	comment <"$2"
}

# skip WHY TEXT: one check that cannot be made here.
skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $2 # SKIP $1"
}

# skip_all WHY: the whole script.
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# Shows stdin as comments.
comment() {
	sed 's/^/# /'
}

finish() {
	echo "1..$tap_n"
	exit $((tap_bad != 0))
}
