# bash completion of evreplay, written by evreplay --dump-options=bash
_evreplay()
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
	' --order=' | ' --order') set -- words 'time arrival' ;;
	' --rate=' | ' --rate') set -- none ;;
	' --speed=' | ' --speed') set -- none ;;
	' --limit=' | ' --limit' | ' -n') set -- none ;;
	' --shard=' | ' --shard') set -- none ;;
	' --offset=' | ' --offset') set -- none ;;
	' --group=' | ' --group') set -- none ;;
	' --state=' | ' --state') set -- files ;;
	' --commit=' | ' --commit') set -- words 'written' ;;
	' --batch=' | ' --batch') set -- none ;;
	' --batch-bytes=' | ' --batch-bytes') set -- none ;;
	' --window=' | ' --window') set -- none ;;
	' --retries=' | ' --retries') set -- none ;;
	' --max-age=' | ' --max-age') set -- none ;;
	' --give-up=' | ' --give-up') set -- words 'stop fault' ;;
	' --max-faults=' | ' --max-faults') set -- none ;;
	' --timeout=' | ' --timeout') set -- none ;;
	' --inflight=' | ' --inflight') set -- none ;;
	' --jobs=' | ' --jobs' | ' -j') set -- none ;;
	' --visibility=' | ' --visibility') set -- none ;;
	' --max-receives=' | ' --max-receives') set -- none ;;
	' --faults=' | ' --faults') set -- addresses ;;
	' --max-line=' | ' --max-line') set -- none ;;
	' --color=' | ' --color') set -- words 'auto always never' ;;
	' --progress=' | ' --progress') set -- words 'auto always never' ;;
	' --stats=') set -- words 'json' ;;
	' --version=') set -- words 'long' ;;
	' '*)
		if [[ $cur == -* ]]; then
			set -- words '--type --since --until --key --tag --where --where-any --pattern --pattern-file --order --rate --speed --limit --dry-run --shard --offset --follow --group --state --commit --unsynced --batch --batch-bytes --window --retries --max-age --give-up --max-faults --timeout --worker --inflight --jobs --queue --visibility --max-receives --ordered --faults --max-line --trust --json --table --quiet --color --progress --stats -h --help --version'
		else
			set -- addresses
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
complete -F _evreplay evreplay
