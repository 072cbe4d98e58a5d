# bash completion of evstream, written by evstream --dump-options=bash
_evstream()
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
		ls | reset | trim | verify) sub=$word && break ;;
		esac
	done
	case "$sub $opt" in
	'ls --color=' | 'ls --color') set -- words 'auto always never' ;;
	'ls --progress=' | 'ls --progress') set -- words 'auto always never' ;;
	'ls --stats=') set -- words 'json' ;;
	'ls --version=') set -- words 'long' ;;
	'ls '*)
		if [[ $cur == -* ]]; then
			set -- words '--skew --json --table --quiet --color --progress --stats -h --help --version'
		else
			set -- folders
		fi
		;;
	'reset --offset=' | 'reset --offset') set -- none ;;
	'reset --since=' | 'reset --since') set -- none ;;
	'reset --shard=' | 'reset --shard') set -- none ;;
	'reset --color=' | 'reset --color') set -- words 'auto always never' ;;
	'reset --progress=' | 'reset --progress') set -- words 'auto always never' ;;
	'reset --stats=') set -- words 'json' ;;
	'reset --version=') set -- words 'long' ;;
	'reset '*)
		if [[ $cur == -* ]]; then
			set -- words '--offset --since --shard --dry-run --json --table --quiet --color --progress --stats -h --help --version'
		else
			set -- folders
		fi
		;;
	'trim --before=' | 'trim --before') set -- none ;;
	'trim --shard=' | 'trim --shard') set -- none ;;
	'trim --color=' | 'trim --color') set -- words 'auto always never' ;;
	'trim --progress=' | 'trim --progress') set -- words 'auto always never' ;;
	'trim --stats=') set -- words 'json' ;;
	'trim --version=') set -- words 'long' ;;
	'trim '*)
		if [[ $cur == -* ]]; then
			set -- words '--before --shard --yes --force --json --table --quiet --color --progress --stats -h --help --version'
		else
			set -- folders
		fi
		;;
	'verify --shard=' | 'verify --shard') set -- none ;;
	'verify --color=' | 'verify --color') set -- words 'auto always never' ;;
	'verify --progress=' | 'verify --progress') set -- words 'auto always never' ;;
	'verify --stats=') set -- words 'json' ;;
	'verify --version=') set -- words 'long' ;;
	'verify '*)
		if [[ $cur == -* ]]; then
			set -- words '--shard --json --table --quiet --color --progress --stats -h --help --version'
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
			set -- words 'ls reset trim verify'
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
complete -F _evstream evstream
