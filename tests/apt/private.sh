#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# To be sourced: Debian's archive of any suite, by lists that are not this machine's own.

# archive LABEL: where apt's configuration has the archive of that label (Debian, Debian-Security)
archive() {
	# shellcheck disable=SC2016 # apt's own variable
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Label: $1" | head -n 1
}

# private_apt DIR ARCHITECTURE TOOL ARGUMENT ...: an apt tool on DIR/sources.list
private_apt() {
	state=$1
	architecture=$2
	tool=$3
	shift 3
	mkdir -p "$state/lists/partial" "$state/archives/partial"
	[ -e "$state/status" ] || : >"$state/status"
	"$tool" -q -q -o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$state/lists" -o Dir::State::Status="$state/status" \
		-o Dir::Cache="$state" -o APT::Sandbox::User=root -o Acquire::Languages=none \
		-o APT::Architecture="$architecture" -o APT::Architectures="$architecture" "$@"
}

# add_suite DIR LABEL SUITE: that archive's suite to DIR/sources.list
add_suite() {
	uri=$(archive "$2")
	[ -n "$uri" ] || return 1
	mkdir -p "$1"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $3 main" >>"$1/sources.list"
}
