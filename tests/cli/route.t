#!/bin/sh
# SPDX-License-Identifier: MIT
# evroute in a pipe that stays open: reloading, batches, signals, addresses that fail.
. "$SRCDIR/tests/tap.sh"
trap : PIPE

# soon TEST...: waits until it holds, 10 s at most.
soon() {
	i=0
	while ! "$@" && [ $i -lt 1000 ]; do
		sleep 0.01
		i=$((i + 1))
	done
	"$@"
}

# said TEXT: whether a line of stderr has it.
said() {
	grep -qF "$1" err
}

# lines N FILE: whether the file has so many.
lines() {
	[ -e "$2" ] && [ "$(wc -l <"$2")" -eq "$1" ]
}

# start OPTION...: evroute reads from descriptor 3 of ours.
start() {
	rm -f in
	mkfifo in
	: >out
	evroute -r rules.json "$@" <in >out 2>err &
	pid=$!
	exec 3>in
}

end() {
	exec 3>&-
	wait $pid
	rc=$?
}

# Reloading.
echo '[{"id":"a","eventType":"x","to":["types/{type}-{n}","kept","exec:sh -c \"cat; echo end\""]}]' >rules.json
start --stats
echo '{"type":"x","n":1}' >&3
soon lines 1 kept
ok $? 'an event is there while the input stays open'
echo '[{"id":"a","eventTyp":"x"}]' >rules.json
kill -HUP $pid
soon said 'the rules stay as they are'
ok $? 'SIGHUP with rules that are wrong: it says so'
said 'rules.json:1:12: '
ok $? 'and where'
echo '{"type":"x","n":2}' >&3
soon lines 2 kept
ok $? 'and goes on by the old ones'
echo '[{"id":"a","to":["kept","no/such/folder/file"]}]' >rules.json
: >err
kill -HUP $pid
soon said 'the rules stay as they are'
ok $? 'SIGHUP with an address that cannot be opened: the old ones stay'
echo '[{"id":"z","where":"m = 1","to":"new"},{"id":"a","where":["n exists"],"to":["types/{n}-{type}","kept"]}]' >rules.json
kill -HUP $pid
soon said '2 rules loaded again'
ok $? 'SIGHUP with rules that load: it says so'
printf '{"m":1}\n{"type":"y","n":3,"m":1}\n' >&3
soon lines 3 kept
ok $? 'an address that is still used goes on'
end
is "$rc" 0 'the end of its input ends it'
is "$(head types/* new | sed '/^$/d' | paste -sd ' ')" \
	'==> types/3-y <== {"type":"y","n":3,"m":1} ==> types/x-1 <== {"type":"x","n":1} ==> types/x-2 <== {"type":"x","n":2} ==> new <== {"m":1} {"type":"y","n":3,"m":1}' \
	'names of files follow the values by the new rules, and all was delivered'
is "$(paste -sd ' ' out)" '{"type":"x","n":1} {"type":"x","n":2} end' 'a command that is not used any more was run to its end'
is "$(grep -c '^a  *3 ' err)" 2 'the counts of a rule go on'

# In the middle of a block, when the input does not pause.
echo '[{"id":"a","eventType":"x","to":["one"]}]' >rules.json
rm -f in
mkfifo in
evroute -r rules.json <in 2>err &
pid=$!
exec 3>in
i=0
(
	trap 'stop=1' TERM
	while [ -z "$stop" ] && [ $i -lt 2000000 ]; do
		i=$((i + 1))
		echo '{"n":"a","type":"x"}'
	done
) >&3 3>&- &
writer=$!
soon test -s one
echo '[{"id":"a","where":"n = a","to":"two"}]' >rules.json
kill -HUP $pid
soon said '1 rules loaded again'
ok $? 'SIGHUP is heard though the input does not pause'
soon test -s two
kill $writer 2>/dev/null
wait $writer
exec 3>&-
wait $pid
is $? 0 'and it goes on to the end'
is "$(sort -u one two)" '{"n":"a","type":"x"}' 'every line is whole'

# Batches of a runner.
# answer: the next one; "none" when there will be none.
answer() {
	timeout 20 sh -c 'read -r line <&4 && echo "$line"' || echo none
}

# worker COMMAND: a pipe of stages that reads from descriptor 3 of ours and answers to 4.
worker() {
	rm -rf in acks out one two dead
	mkfifo in acks
	EVHUB_ACK=9 EVHUB_BATCH='s 0 worker' sh -c "$1" <in 9>acks 2>err &
	pid=$!
	exec 3>in 4<acks
}

echo '[{"id":"a","to":["one","exec:evpub --to two"]}]' >rules.json
worker 'evroute -r rules.json'
is "$(answer)" 'ok 0' 'a worker: it says that it will answer'
printf '{"id":"1","type":"a","timestamp":1}\n{"id":"2","type":"a","timestamp":1}\n\n' >&3
is "$(answer), $(wc -l <one), $(wc -l <two)" 'ok 1, 2, 2' 'a batch is answered once all targets have it'
printf '{"id":"3","type":"a","timestamp":1}\n\n' >&3
is "$(answer), $(wc -l <one), $(wc -l <two)" 'ok 2, 3, 3' 'and so is the next'
end
exec 4<&-
is "$rc" 0 'the end of its input ends it'

echo '[{"id":"a"},{"id":"b","to":"one"}]' >rules.json
worker 'evroute -r rules.json | evpub --to two'
is "$(answer)" 'ok 0' 'a stage in the middle: the last one says that it will answer'
printf '{"id":"1","type":"a","timestamp":1}\n\n' >&3
is "$(answer), $(wc -l <one), $(wc -l <two)" 'ok 1, 1, 1' 'and answers when both have the batch'
end
exec 4<&-
is "$rc" 0 'the end of its input ends both'

echo '[{"id":"a","to":["one","exec:sh -c \"cat >/dev/null; exit 6\""],"dlq":"dead"}]' >rules.json
worker 'evroute -r rules.json'
is "$(answer)" 'ok 0' 'an address that is unavailable: a worker says that it will answer'
printf '{"id":"1","type":"a","timestamp":1}\n\n' >&3
is "$(answer)" 'none' 'and does not, when the batch is not done'
end
exec 4<&-
is "$rc $(wc -l <one) $(wc -c <dead)" '6 1 0' 'it ends with 6, which leaves retries to the runner'

echo '[{"id":"a","to":["one","exec:sh -c \"! grep bad\""],"dlq":"dead"}]' >rules.json
worker 'evroute -r rules.json >out'
is "$(answer)" 'ok 0' 'poison: a worker says that it will answer'
printf '{"n":"%s"}\n' 1 2 bad 4 >&3
printf '\n' >&3
is "$(answer), $(wc -l <one), $(wc -l <dead)" 'ok 1, 4, 1' 'and answers once the dlq has it'
end
exec 4<&-
is "$rc" 3 'some events became faults'

# Signals.
echo '[{"id":"a","to":"exec:sh -c \"cat >/dev/null; exit 6\"","retry":{"attempts":185}}]' >rules.json
start
echo '{"n":1}' >&3
exec 3>&-
soon said 'trying again'
ok $? 'it says that it tries again'
kill -TERM $pid
wait $pid 2>/dev/null
is $? 6 'SIGTERM while it tries again ends it, and says that not all is done'
echo '[{"id":"a","to":"all"}]' >rules.json
rm -f all
start
printf '{"n":1}\n{"n":2}\n' >&3
soon lines 2 all
kill -TERM $pid
wait $pid 2>/dev/null
is "$? $(wc -l <all)" '143 2' 'SIGTERM: what was read is delivered'
exec 3>&-

# Addresses that fail for good.
rm -f all
echo '[{"id":"a","to":["all","file:/dev/full"]}]' >rules.json
echo '{"n":1}' | evroute -r rules.json 2>err
is "$? $(sed 's/.*evroute: //' err)" '5 file:/dev/full: write: No space left on device' 'a full disk ends it with 5'
echo '[{"id":"a","to":"all","dlq":"/dev/full"},{"id":"b","to":"{n}","dlq":"/dev/full"}]' >rules.json
echo '{"m":1}' | evroute -r rules.json 2>err
is "$? $(sed 's/.*evroute: //' err)" '5 /dev/full: write: No space left on device' 'so does one under a dlq'
finish
