# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion: asks migtrace itself, and fills in what only the shell knows.
# shellcheck shell=bash

# What virsh lists, where there is one that answers at once.
_migtrace_virsh() {
	command -v virsh >/dev/null && timeout 1 virsh --readonly --quiet list "$@" 2>/dev/null | grep .
}

_migtrace() {
	local line words known typed kept option='' files='' offered=()
	# bash splits words at = and @, too: they are split anew, at blanks only.
	read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
	[[ ${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && words+=("")
	typed=${words[-1]}
	kept=${typed%"${COMP_WORDS[COMP_CWORD]#=}"} # what bash does not replace of it
	[[ $typed == --*=* ]] && option=${typed%%=*}= typed=${typed#*=}
	COMPREPLY=()
	while IFS= read -r line; do
		known=()
		case $line in
		@file) files=1 ;;
		@directory)
			compopt -o filenames
			mapfile -t known < <(compgen -d -- "$typed")
			;;
		@domain) mapfile -t known < <(compgen -W "$(_migtrace_virsh --name)" -- "$typed") ;;
		@uuid) mapfile -t known < <(compgen -W "$(_migtrace_virsh --uuid)" -- "$typed") ;;
		@host)
			mapfile -t known < <(compgen -A hostname -- "${typed##*@}")
			[[ $typed == *@* ]] && known=("${known[@]/#/${typed%@*}@}")
			;;
		*) known=("${line%%$'\t'*}") ;;
		esac
		offered+=("${known[@]}")
	done < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null)
	# Where it is files alone, bash knows best how names are quoted.
	[[ $files && ${#offered[@]} = 0 ]] && compopt -o default && return
	[[ $files ]] && compopt -o filenames && mapfile -t -O ${#offered[@]} offered < <(compgen -f -- "$typed")
	for line in "${offered[@]}"; do
		line=$option$line
		COMPREPLY+=("${line#"$kept"}")
	done
}
complete -F _migtrace migtrace
