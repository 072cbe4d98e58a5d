#!/bin/sh
# SPDX-License-Identifier: MIT
# What every command does alike, whatever its work is: full disks, closed descriptors, closed pipes,
# wrong options, and help.
. "$SRCDIR/tests/tap.sh"

for i in 1 2 3; do
	echo "{\"id\":\"$i\",\"type\":\"thing-done\",\"timestamp\":170000000000$i,\"partitionKey\":\"k\",\"tags\":{},\"thing\":{}}"
done >events
evlake put lake events >log 2>&1
ok $? 'a lake is made'
comment <log
cp -r lake broken
for segment in broken/data/*/*.zst; do
	echo behind >>"$segment"
done

echo '[{"id":"all","eventType":"*"},{"id":"again","pattern":{"partitionKey":["k"]}}]' >rules.json

evpub --to stream:bus <events && cp -r bus cut && truncate -s -3 cut/p0000/*.ndjson && mkdir -p bus/groups/g
ok $? 'a stream is made'

# What the commands do with events on stdin, each with its status; all write to stdout.
cat >rows <<'END'
0 evpub
0 evfilter
0 evreplay -
0 evroute -r rules.json
0 evlake query lake
0 evlake get lake 1 2 3
0 evlake count lake
0 evlake types lake
1 evlake verify -q broken
0 evstream ls bus
0 evstream ls --skew bus
0 evstream reset bus g --offset earliest
0 evstream trim -q bus --before 0
1 evstream verify -q cut
END

# refused WANTED-STATUS TEXT: the last command's status is $rc, and stderr is in err: one line that names the command.
refused() {
	is "$rc" "$1" "$2"
	head -n 1 err | grep -q "^${cmd%% *}: "
	ok $? "$2: the message begins with the command's name"
}

# A pipe whose reader is gone, as descriptor 4.
mkfifo pipe
exec 3<>pipe 4>pipe 3<&-

while read -r status cmd <&5; do
	$cmd <events >out 2>err
	is "$? $(wc -c <err)" "$status 0" "$cmd: works, without a word on stderr"
	[ -s out ]
	ok $? "$cmd: writes something"

	$cmd <events >/dev/full 2>err
	rc=$?
	refused 5 "$cmd: a full disk"
	$cmd <events >&- 2>err
	rc=$?
	refused 5 "$cmd: a closed stdout"
	$cmd <&- >out 2>err
	case $cmd in
	evlake* | evstream*) is $? "$status" "$cmd: a closed stdin is no matter" ;;
	*) rc=$? && refused 5 "$cmd: a closed stdin" ;;
	esac
	$cmd <events 2>&- >out
	is $? "$status" "$cmd: a closed stderr is no matter"
	$cmd <events >&4 2>err
	is "$? $(wc -c <err)" '141 0' "$cmd: ends by SIGPIPE, in silence, when the reader is gone"
	(trap '' PIPE && exec $cmd <events >&4 2>err)
	is $? 141 "$cmd: the same where the parent ignores SIGPIPE"
done 5<rows

for cmd in evpub evfilter evreplay evroute evlake 'evlake put' 'evlake query' 'evlake get' 'evlake count' \
	'evlake types' 'evlake verify' evstream 'evstream ls' 'evstream reset' 'evstream trim' 'evstream verify'; do
	$cmd --help >out 2>err
	is "$? $(wc -c <err)" '0 0' "$cmd --help: works"
	grep -q "^ *${cmd%% *} " out
	ok $? "$cmd --help: shows how the command is called"
	$cmd --help >/dev/full 2>err
	rc=$?
	refused 5 "$cmd --help: a full disk"
	$cmd -h >brief 2>err
	is $? 0 "$cmd -h: works"
	[ "$(wc -c <brief)" -le "$(wc -c <out)" ]
	ok $? "$cmd -h: is no longer than --help"
	$cmd --version >out 2>err
	is "$? $(wc -l <out)" '0 1' "$cmd --version: one line"
	grep -q "^${cmd%% *} .*[0-9]\.[0-9]" out
	ok $? "$cmd --version: name and version"
	$cmd --version=long >out 2>err
	is $? 0 "$cmd --version=long: works"

	$cmd --hlep >out 2>err
	rc=$?
	refused 2 "$cmd: an unknown option"
	grep -q "did you mean '--help'" err
	ok $? "$cmd: an unknown option suggests the nearest"
	[ ! -s out ]
	ok $? "$cmd: an unknown option, and nothing was done"
done

# Start-up needs nothing: no environment, no folder.
mkdir gone
for cmd in evpub evfilter evreplay evroute evlake evstream; do
	(cd gone && rmdir "$OLDPWD/gone" && env -i "$BUILDDIR/$cmd" --version) >out 2>err
	is $? 0 "$cmd: starts without environment and folder"
	mkdir gone
done

# What is no folder is no place for a file.
mkdir plain && cp events plain/file
while read -r status cmd <&5; do
	$cmd <events >out 2>err
	rc=$?
	refused "$status" "$cmd: a path that leads through a file"
done 5<<'END'
5 evpub plain/file/events
5 evpub --to plain/file/events
5 evfilter plain/file/events
5 evfilter --faults plain/file/faults -n 1
5 evreplay plain/file/events
5 evroute -r rules.json plain/file/events
5 evroute -r plain/file/rules.json
2 evlake put plain/file/lake events
2 evlake query plain/file/lake
2 evstream ls plain/file/bus
END

if [ "$(id -u)" -ne 0 ]; then
	chmod a-w plain
	while read -r cmd <&5; do
		$cmd <events >out 2>err
		rc=$?
		refused 5 "$cmd: a read-only folder"
	done 5<<'END'
evpub --to plain/events
evlake put plain/lake events
END
else
	skip 'root may write everywhere' 'a read-only folder'
fi
finish
