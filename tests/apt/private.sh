#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# To be sourced: Debian's archive of any suite, by lists that are not this machine's own; sources of packages.

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

# get_source DIR PACKAGE VERSION: that source package, unpacked to DIR/source, by the caller's die and said.
# Debian's archive has a version as long as one of its suites has it.
get_source() {
	# shellcheck disable=SC1091 # of the system
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	for each in "Debian $codename" "Debian $codename-updates" "Debian-Security $codename-security"; do
		# shellcheck disable=SC2086 # two words
		add_suite "$1/apt" $each || :
	done
	[ -s "$1/apt/sources.list" ] || die "apt knows no archive of Debian here"
	sed -i 's/^deb /deb-src /' "$1/apt/sources.list"
	said private_apt "$1/apt" "$(dpkg --print-architecture)" apt-get update
	cd "$1" || die "no directory: $1"
	said private_apt "$1/apt" "$(dpkg --print-architecture)" apt-get source --download-only "$2=$3"
	said dpkg-source --no-check -x "$2"_*.dsc source
}
