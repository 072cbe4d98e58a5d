#!/bin/sh
# SPDX-License-Identifier: MIT
# The completions that are kept in completions/ work in their shells.
. "$SRCDIR/tests/tap.sh"
scripts=$SRCDIR/completions
mkdir folder
: >file.ndjson

# What bash offers for a line, sorted, with blanks between. bash divides words at '=' and ':' too.
cat >offer.bash <<'END'
. "$1"
COMP_LINE=$2 COMP_POINT=${#2}
read -ra COMP_WORDS < <(sed 's/[=:]/ & /g' <<<"$2")
[[ $2 == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
"_${COMP_WORDS[0]}"
printf '%s\n' "${COMPREPLY[@]}"
END
offer() {
	bash offer.bash "$scripts/${1%% *}.bash" "$1" 2>&1 | LC_ALL=C sort | paste -sd ' '
}

# offers LINE WORDS: exactly these.
offers() {
	is "$(offer "$1")" "$2" "bash: '$1' is completed"
}

# All long options of a command as its table has them; sub: its number among the subcommands, 0 for none.
long_options() {
	"$1" --dump-options=json | awk -v want="$2" -F'"' '
	/"options":\[$/ { n++ }
	/^{"name":"/ && /"kind":/ && n == want + 1 { print "--" $4 }' | LC_ALL=C sort | paste -sd ' '
}

for cmd in evpub evfilter evlake evreplay evroute evstream; do
	if ! command -v bash >/dev/null; then
		skip 'no bash' "bash: $cmd"
		continue
	fi
	is "$(offer "$cmd --")" "$(long_options "$cmd" 0)" "bash: $cmd -- offers every long option"
	offers "$cmd --colo" '--color'
	offers "$cmd --color " 'always auto never'
	offers "$cmd --color=" 'always auto never'
	offers "$cmd --color=al" 'always'
	offers "$cmd --stats=" 'json'
	offers "$cmd --dump" ''
	bash -uc '. "$1"; complete -p "$2"' - "$scripts/$cmd.bash" "$cmd" >said 2>&1
	is "$(cat said)" "complete -F _$cmd $cmd" "bash: $cmd is known once the script was read"
done
if command -v bash >/dev/null; then
	offers 'evfilter f' 'file.ndjson folder'
	offers 'evfilter --state f' 'file.ndjson folder'
	offers 'evfilter --state=f' 'file.ndjson folder'
	offers 'evfilter --faults ' 'exec: fd: file.ndjson file: folder lake: null: offer.bash said stream:'
	offers 'evfilter --faults n' 'null:'
	offers 'evfilter --faults=lake:fo' 'folder'
	offers 'evfilter --where x' ''
	offers 'evlake q' 'query'
	offers 'evlake -q query fo' 'folder'
	offers 'evlake put folder file:fi' 'file.ndjson'
	is "$(offer 'evlake query --')" "$(long_options evlake 2)" 'bash: evlake query -- offers every long option'
fi

for cmd in evpub evfilter evlake evreplay evroute evstream; do
	if ! command -v zsh >/dev/null; then
		skip 'no zsh' "zsh: $cmd"
		continue
	fi
	zsh -fn "$scripts/_$cmd" >wrong 2>&1
	none "zsh: the script of $cmd is sound" wrong
	zsh -fc 'autoload -Uz compinit && compinit -u -D && . $1 && print -- $_comps[$2] $+functions[$_comps[$2]]' - \
		"$scripts/_$cmd" "$cmd" >said 2>&1
	is "$(cat said)" "_$cmd 1" "zsh: $cmd is known once the script was read"
	mkdir -p autoload && cp "$scripts/_$cmd" autoload/
	zsh -fc 'fpath=($PWD/autoload $fpath); autoload -Uz compinit && compinit -u -D && print -- $_comps[$1]' - "$cmd" >said 2>&1
	is "$(cat said)" "_$cmd" "zsh: $cmd is known when its script is in fpath"
done

HOME=$PWD XDG_CONFIG_HOME=$PWD/config XDG_DATA_HOME=$PWD/data
export HOME XDG_CONFIG_HOME XDG_DATA_HOME
for cmd in evpub evfilter evlake evreplay evroute evstream; do
	if ! command -v fish >/dev/null; then
		skip 'no fish' "fish: $cmd"
		continue
	fi
	fish -n "$scripts/$cmd.fish" >wrong 2>&1
	none "fish: the script of $cmd is sound" wrong
	fish -c "source '$scripts/$cmd.fish'; complete -C '$cmd --colo'; complete -C '$cmd --color='" 2>&1 |
		sed 's/	.*//' | paste -sd ' ' >said
	is "$(cat said)" '--color --color=always --color=auto --color=never' "fish: $cmd --color is completed"
done
if command -v fish >/dev/null; then
	is "$(fish -c "source '$scripts/evlake.fish'; complete -C 'evlake quer'" 2>&1 | sed 's/	.*//')" 'query' \
		'fish: a subcommand is completed'
fi
finish
