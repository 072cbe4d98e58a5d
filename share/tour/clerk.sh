# SPDX-License-Identifier: MIT
while read -r line; do
	case $line in
	*'"o-10706"'*) echo 'no such customer' >&2; exit 1 ;;
	esac
	printf '%s\n' "$line" >>done.ndjson
done
