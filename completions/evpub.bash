# bash completion of evpub, written by evpub --dump-options=bash
_evpub()
{
	local line=${COMP_LINE:0:COMP_POINT} last=${COMP_WORDS[COMP_CWORD]} i=$COMP_CWORD
	local cur=$last opt val pre= sub= word schemes='exec: file: fd: lake: null: stream:'

	while ((i > 1)); do
		word=${COMP_WORDS[i-1]}
		[[ $line == *"$word$cur" && ($word == [=:]* || $cur == [=:]*) ]] || break
		cur=$word$cur
		((i--))
	done
	opt=${COMP_WORDS[i-1]} val=$cur
	if [[ $cur == --*=* ]]; then
		pre=${cur%%=*}= opt=${cur%%=*}= val=${cur#*=}
	fi
	case "$sub $opt" in
	' --from=' | ' --from') set -- words 'envelope json text' ;;
	' --entity=' | ' --entity') set -- none ;;
	' --type=' | ' --type') set -- none ;;
	' --type-from=' | ' --type-from') set -- none ;;
	' --key-from=' | ' --key-from') set -- none ;;
	' --time-from=' | ' --time-from') set -- none ;;
	' --id-from=' | ' --id-from') set -- none ;;
	' --id=' | ' --id') set -- words 'uuid7 uuid4' ;;
	' --tag=' | ' --tag') set -- none ;;
	' --schema=' | ' --schema') set -- folders ;;
	' --max-size=' | ' --max-size') set -- none ;;
	' --to=' | ' --to') set -- addresses ;;
	' --faults=' | ' --faults') set -- addresses ;;
	' --max-line=' | ' --max-line') set -- none ;;
	' --color=' | ' --color') set -- words 'auto always never' ;;
	' --progress=' | ' --progress') set -- words 'auto always never' ;;
	' --stats=') set -- words 'json' ;;
	' --version=') set -- words 'long' ;;
	' '*)
		if [[ $cur == -* ]]; then
			set -- words '--from --entity --type --type-from --key-from --time-from --id-from --id --tag --schema --max-size --check --dry-run --to --tee --ack --faults --max-line --trust --quiet --color --progress --stats -h --help --version'
		else
			set -- files
		fi
		;;
	esac
	case $1 in
	words) mapfile -t COMPREPLY < <(compgen -W "$2" -P "$pre" -- "$val") ;;
	files) mapfile -t COMPREPLY < <(compgen -f -P "$pre" -- "$val") ;;
	folders) mapfile -t COMPREPLY < <(compgen -d -P "$pre" -- "$val") ;;
	addresses)
		mapfile -t COMPREPLY < <(
			if [[ $val == @(file|lake):* ]]; then
				compgen -f -P "$pre${val%%:*}:" -- "${val#*:}"
			else
				compgen -W "$schemes" -P "$pre" -- "$val"
				compgen -f -P "$pre" -- "$val"
			fi
		)
		[[ ${COMPREPLY[0]-} == *: ]] && compopt -o nospace 2>/dev/null
		;;
	esac
	[[ $1 == words ]] || compopt -o filenames 2>/dev/null
	[[ $last == [=:]* ]] || cur=${cur%"$last"}
	COMPREPLY=("${COMPREPLY[@]#"$cur"}")
}
complete -F _evpub evpub
