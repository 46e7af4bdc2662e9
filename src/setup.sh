# SPDX-License-Identifier: GPL-2.0-only
# Sourced by start.sh and tests/run.sh: installs what is missing (Debian 12) and builds.
# Needs $top, the project's root.  Nothing is downloaded but Debian packages, and those only if
# they are not there yet.

BUILD_PACKAGES="gcc libc6-dev meson ninja-build pkg-config libncurses-dev libtraceevent-dev libtracefs-dev
libzstd-dev libyaml-dev libjson-c-dev libxxhash-dev libutf8proc-dev zlib1g-dev python3"

die() {
	echo "ksmtop: $*" >&2
	exit 1
}

# need_packages PACKAGE...: installs those of them that are missing.
need_packages() {
	missing=
	for package in "$@"; do
		case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
		installed) ;;
		*) missing="$missing $package" ;;
		esac
	done
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null || die "these packages are missing and there is no apt-get to install them:$missing"
	as_root=
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || die "run as root or install sudo: these packages are missing:$missing"
		as_root=sudo
	fi
	echo "installing:$missing"
	export DEBIAN_FRONTEND=noninteractive
	# Package lists may be absent or old; asking for them again is only needed when install fails.
	# shellcheck disable=SC2086
	$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1 ||
		{ $as_root apt-get update -qq &&
			$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null; } ||
		die "apt-get could not install:$missing"
}

# configure DIR MESON-OPTION...: makes the build directory, or brings its options up to date.
configure() {
	dir=$1
	shift
	if [ -f "$dir/build.ninja" ]; then
		meson configure "$dir" "$@" >/dev/null
	else
		meson setup "$dir" "$top" "$@" >"$dir.log" 2>&1 || { cat "$dir.log" >&2; die "configuring failed"; }
		rm -f "$dir.log"
	fi
}
