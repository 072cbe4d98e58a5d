#!/bin/sh
# SPDX-License-Identifier: MIT
# Nobody reads the output any more: an idle command does not wait for its next event to find out.
. "$SRCDIR/tests/tap.sh"

mkfifo in
exec 3<>in
seq 1 30 | sed 's/.*/{"id":"e&","type":"t","timestamp":&}/' >events
evpub --to stream:s events

head -n 1 events >&3
{ timeout 60 evfilter <in; echo $? >rc; } | head -n 1 >got
is "$(cat rc)" 141 "evfilter that waits for input ends when its reader does"
{ timeout 60 evreplay stream:s -f; echo $? >rc; } | head -n 1 >got
is "$(cat rc)" 141 "so does evreplay that follows"
{ timeout 60 evreplay stream:s -- cat 2>err; echo $? >rc; } | head -n 1 >got
case $(cat rc) in 0 | 141) true ;; *) false ;; esac
ok $? "a COMMAND whose reader is gone is not started again and again ($(cat rc))"
[ "$(wc -l <err)" -le 1 ]
ok $? "nor talked about"

# The last stage of a worker dies while the first one waits: the pipe falls, and the batch is sent again.
cat >last <<'X'
[ -e died ] || { read -r line; : >died; kill -9 $$; }
exec evpub -q --to out
X
timeout 60 evreplay stream:s --group g --worker --batch 10 -q -- sh -c 'evfilter | sh last' 2>err
is "$?:$(sort -u out | wc -l)" 0:30 "a worker whose last stage dies is started again"

# What a limit on the size of files does is an error like any other.
(ulimit -f 1 && evpub --to big events events events events events 2>err)
is "$?:$(grep -c 'File too large' err)" 5:1 "a file that may not grow: status 5, and why"
finish
