#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# sh src/start.sh [ARGUMENT...]: installs what is missing, builds, and runs ksmtop; without an
# argument it opens a recording that ships with the project.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$top/src/setup.sh"

# shellcheck disable=SC2086
need_packages $BUILD_PACKAGES
configure "$top/build" -Dtests=false -Dbuildtype=release
ninja -C "$top/build" --quiet >"$top/build/build.log" 2>&1 || { cat "$top/build/build.log" >&2; die "the build failed"; }

[ $# -gt 0 ] || set -- "$top/traces/stock-merge.dat"
exec "$top/build/src/command/ksmtop" "$@"
