# bash completion of evfilter, written by evfilter --dump-options=bash
_evfilter()
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
	' --type=' | ' --type' | ' -t') set -- none ;;
	' --since=' | ' --since') set -- none ;;
	' --until=' | ' --until') set -- none ;;
	' --key=' | ' --key') set -- none ;;
	' --tag=' | ' --tag') set -- none ;;
	' --where=' | ' --where') set -- none ;;
	' --where-any=' | ' --where-any') set -- none ;;
	' --pattern=' | ' --pattern' | ' -p') set -- none ;;
	' --pattern-file=' | ' --pattern-file' | ' -P') set -- files ;;
	' --sample=' | ' --sample') set -- none ;;
	' --limit=' | ' --limit' | ' -n') set -- none ;;
	' --unique=') set -- none ;;
	' --window=' | ' --window') set -- none ;;
	' --state=' | ' --state') set -- files ;;
	' --faults=' | ' --faults') set -- addresses ;;
	' --max-line=' | ' --max-line') set -- none ;;
	' --color=' | ' --color') set -- words 'auto always never' ;;
	' --progress=' | ' --progress') set -- words 'auto always never' ;;
	' --stats=') set -- words 'json' ;;
	' --version=') set -- words 'long' ;;
	' '*)
		if [[ $cur == -* ]]; then
			set -- words '--type --since --until --key --tag --where --where-any --pattern --pattern-file --invert --sample --limit --unique --window --newer --state --count --explain --exit-status --ack --faults --max-line --trust --json --table --quiet --color --progress --stats -h --help --version'
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
complete -F _evfilter evfilter
