# SPDX-License-Identifier: MIT
#
# /var/log/dpkg.log to payloads for evpub, one JSON object per line:
#
#	awk -f dpkg.awk /var/log/dpkg.log | evpub --type-from type \
#	    --entity dpkg --key-from package --time-from time --id-from line,repeat
#
# The log is in local time without an offset: date(1) is asked for the offset
# once per hour of the log. A line may stand several times in one second: `repeat`
# counts them, so that (line, repeat) names the fact, today and when the log
# is read again.

function quote(s)
{
	gsub(/[\\"]/, "\\\\&", s)
	gsub(/[\001-\037]/, " ", s)
	return "\"" s "\""
}

function add(name, value)
{
	out = out ",\"" name "\":" quote(value)
}

# NAME:ARCHITECTURE, the latter left out in old logs.
function package(s,    part)
{
	split(s, part, ":")
	add("package", part[1])
	if (part[2] != "")
		add("architecture", part[2])
}

function version(name, s)
{
	if (s != "" && s != "<none>")
		add(name, s)
}

function offset(day, time,    hour, ask, s)
{
	hour = day " " substr(time, 1, 2)
	if (!(hour in zone)) {
		ask = "date -d '" hour ":00' +%z"
		if ((ask | getline s) <= 0 || s !~ /^[-+][0-9][0-9][0-9][0-9]$/) {
			print "dpkg.awk: line " NR ": no offset from UTC for " hour > "/dev/stderr"
			exit failed = 5
		}
		close(ask)
		zone[hour] = substr(s, 1, 3) ":" substr(s, 4)
	}
	return zone[hour]
}

# A line that is not of this form was written by something else, or cut.
!/^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9] [a-z]+ [^ ]/ {
	next
}

{
	if ($1 $2 != second) {
		split("", seen)
		second = $1 $2
	}
	out = sprintf("{\"time\":\"%sT%s%s\",\"type\":\"dpkg-%s\",\"line\":%s,\"repeat\":%d", $1, $2,
	    offset($1, $2), $3, quote($0), seen[$0]++)
}

$3 == "startup" {
	package("dpkg")
	add("stage", $4 " " $5)
}

$3 == "status" {
	package($5)
	add("state", $4)
	version("version", $6)
}

$3 == "conffile" {
	package("dpkg")
	add("file", $4)
	add("decision", $5)
}

/^[^ ]+ [^ ]+ (install|upgrade|remove|purge|configure|trigproc|disappear) / {
	package($4)
	version("previous", $3 ~ /install|upgrade/ ? $5 : "")
	version("version", $3 ~ /install|upgrade/ ? $6 : $5)
}

{
	print out "}"
}
