# bash completion of evlake, written by evlake --dump-options=bash
_evlake()
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
	for word in "${COMP_WORDS[@]:1:i-1}"; do
		case $word in
		put | query | get | count | types | verify) sub=$word && break ;;
		esac
	done
	case "$sub $opt" in
	'put --acks=' | 'put --acks') set -- none ;;
	'put --dedupe=' | 'put --dedupe') set -- none ;;
	'put --seal-every=' | 'put --seal-every') set -- none ;;
	'put --faults=' | 'put --faults') set -- addresses ;;
	'put --max-line=' | 'put --max-line') set -- none ;;
	'put --color=' | 'put --color') set -- words 'auto always never' ;;
	'put --progress=' | 'put --progress') set -- words 'auto always never' ;;
	'put --stats=') set -- words 'json' ;;
	'put --version=') set -- words 'long' ;;
	'put '*)
		if [[ $cur == -* ]]; then
			set -- words '--acks --dedupe --seal-every --faults --max-line --trust --quiet --color --progress --stats -h --help --version'
		else
			set -- addresses
		fi
		;;
	'query --type=' | 'query --type' | 'query -t') set -- none ;;
	'query --since=' | 'query --since') set -- none ;;
	'query --until=' | 'query --until') set -- none ;;
	'query --key=' | 'query --key') set -- none ;;
	'query --tag=' | 'query --tag') set -- none ;;
	'query --where=' | 'query --where') set -- none ;;
	'query --where-any=' | 'query --where-any') set -- none ;;
	'query --pattern=' | 'query --pattern' | 'query -p') set -- none ;;
	'query --pattern-file=' | 'query --pattern-file' | 'query -P') set -- files ;;
	'query --limit=' | 'query --limit' | 'query -n') set -- none ;;
	'query --order=' | 'query --order') set -- words 'arrival time' ;;
	'query --color=' | 'query --color') set -- words 'auto always never' ;;
	'query --progress=' | 'query --progress') set -- words 'auto always never' ;;
	'query --stats=') set -- words 'json' ;;
	'query --version=') set -- words 'long' ;;
	'query '*)
		if [[ $cur == -* ]]; then
			set -- words '--type --since --until --key --tag --where --where-any --pattern --pattern-file --limit --order --quiet --color --progress --stats -h --help --version'
		else
			set -- folders
		fi
		;;
	'get --color=' | 'get --color') set -- words 'auto always never' ;;
	'get --progress=' | 'get --progress') set -- words 'auto always never' ;;
	'get --stats=') set -- words 'json' ;;
	'get --version=') set -- words 'long' ;;
	'get '*)
		if [[ $cur == -* ]]; then
			set -- words '--quiet --color --progress --stats -h --help --version'
		else
			set -- folders
		fi
		;;
	'count --by=' | 'count --by') set -- none ;;
	'count --type=' | 'count --type' | 'count -t') set -- none ;;
	'count --since=' | 'count --since') set -- none ;;
	'count --until=' | 'count --until') set -- none ;;
	'count --key=' | 'count --key') set -- none ;;
	'count --tag=' | 'count --tag') set -- none ;;
	'count --where=' | 'count --where') set -- none ;;
	'count --where-any=' | 'count --where-any') set -- none ;;
	'count --pattern=' | 'count --pattern' | 'count -p') set -- none ;;
	'count --pattern-file=' | 'count --pattern-file' | 'count -P') set -- files ;;
	'count --color=' | 'count --color') set -- words 'auto always never' ;;
	'count --progress=' | 'count --progress') set -- words 'auto always never' ;;
	'count --stats=') set -- words 'json' ;;
	'count --version=') set -- words 'long' ;;
	'count '*)
		if [[ $cur == -* ]]; then
			set -- words '--by --type --since --until --key --tag --where --where-any --pattern --pattern-file --json --table --quiet --color --progress --stats -h --help --version'
		else
			set -- folders
		fi
		;;
	'types --color=' | 'types --color') set -- words 'auto always never' ;;
	'types --progress=' | 'types --progress') set -- words 'auto always never' ;;
	'types --stats=') set -- words 'json' ;;
	'types --version=') set -- words 'long' ;;
	'types '*)
		if [[ $cur == -* ]]; then
			set -- words '--json --table --quiet --color --progress --stats -h --help --version'
		else
			set -- folders
		fi
		;;
	'verify --color=' | 'verify --color') set -- words 'auto always never' ;;
	'verify --progress=' | 'verify --progress') set -- words 'auto always never' ;;
	'verify --stats=') set -- words 'json' ;;
	'verify --version=') set -- words 'long' ;;
	'verify '*)
		if [[ $cur == -* ]]; then
			set -- words '--chain --quick --json --table --quiet --color --progress --stats -h --help --version'
		else
			set -- folders
		fi
		;;
	' --color=' | ' --color') set -- words 'auto always never' ;;
	' --progress=' | ' --progress') set -- words 'auto always never' ;;
	' --stats=') set -- words 'json' ;;
	' --version=') set -- words 'long' ;;
	' '*)
		if [[ $cur == -* ]]; then
			set -- words '--quiet --color --progress --stats -h --help --version'
		else
			set -- words 'put query get count types verify'
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
complete -F _evlake evlake
