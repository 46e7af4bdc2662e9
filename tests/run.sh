#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# sh tests/run.sh [SUITE...]: installs what is missing, builds with gcc, and with clang and the
# sanitizers, and runs every test, or the named suites only.  A suite is a folder of tests/ (unit, golden,
# ...); the suite `lab` builds the patched kernel and provokes every scenario in virtual machines.
# Closes with one line, "N passed, N failed, N skipped"; a skipped test says why.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$top/src/setup.sh"

TEST_PACKAGES="clang libclang-rt-14-dev libcmocka-dev trace-cmd libtracecmd-dev tmux jq man-db git
python3-jsonschema python3-pyte mandoc libkshark-dev"

# shellcheck disable=SC2086
need_packages $BUILD_PACKAGES $TEST_PACKAGES
build=${BUILD:-$top/build}
mkdir -p "$build"
passed=0 failed=0 skipped=0

# run NAME MESON-TEST-OPTION...: one build directory's tests; adds its counts to the totals.
run() {
	name=$1
	shift
	status=0
	meson test -C "$build/$name" --no-rebuild --print-errorlogs -t 4 "$@" >"$build/$name.out" 2>&1 || status=$?
	cat "$build/$name.out"
	count() { sed -n "s/^$1: *\([0-9]*\) *$/\1/p" "$build/$name.out" | tail -n 1; }
	ok=$(count Ok); fail=$(count Fail); time_out=$(count Timeout); skip=$(count Skipped); odd=$(count 'Unexpected Pass')
	passed=$((passed + ${ok:-0}))
	failed=$((failed + ${fail:-0} + ${time_out:-0} + ${odd:-0}))
	known=$(count 'Expected Fail')
	[ "${known:-0}" = 0 ] || echo "$known known to fail, counted as skipped: see should_fail in tests/*/meson.build"
	skipped=$((skipped + ${skip:-0} + ${known:-0}))
	if [ "$status" != 0 ] && [ "$((${fail:-0} + ${time_out:-0} + ${odd:-0}))" = 0 ]; then
		echo "the tests of $name did not run to their end (status $status)"
		failed=$((failed + 1))
	fi
}

# make NAME COMPILER MESON-OPTION...
make_build() {
	name=$1
	compiler=$2
	shift 2
	echo "== building: $name"
	CC=$compiler configure "$build/$name" "$@"
	ninja -C "$build/$name" --quiet || { echo "building $name failed"; failed=$((failed + 1)); return 1; }
}

# The lab: each scenario is a test, and so is each thing that ksmtop must make of the recordings.
run_lab() {
	ksmtop=$build/gcc/src/command/ksmtop
	rm -rf "$build/recordings"
	{
		sh "$top/traces/kernel/check-table.sh" && echo "ok event tables" || echo "FAILED event tables"
		LAB_KSMTOP=$ksmtop sh "$top/traces/lab/run.sh" -o "$build/recordings" all || :
		python3 "$top/tests/lab/judge.py" "$ksmtop" "$build/recordings" || :
		python3 "$top/tests/truth/check_truth.py" "$ksmtop" "$build/recordings" || :
	} | tee "$build/lab.out"
	count() { grep -c -- "$1" "$build/lab.out" || :; }
	passed=$((passed + $(count '^ok \| provoked: yes$')))
	skipped=$((skipped + $(count '^skipped \| provoked: no (skipped: ')))
	failed=$((failed + $(count '^FAILED \| provoked: no (') - $(count ' provoked: no (skipped: ')))
	# A scenario that said nothing failed, and so did whoever did not come to the last of its tests.
	failed=$((failed + $(sh "$top/traces/lab/run.sh" list | wc -l) - $(count ' provoked: ')))
	failed=$((failed + 2 - $(count '^\(ok\|FAILED\|skipped\) changes:\|^recordings: ')))
}

suites='' with_meson='' with_lab=''
for suite in "$@"; do
	case $suite in
	lab) with_lab=yes ;;
	*) suites="$suites --suite $suite" with_meson=yes ;;
	esac
done
if [ $# = 0 ]; then
	with_meson=yes with_lab=yes
fi

make_build gcc gcc -Dtests=true || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }
if [ "$with_meson" ]; then
	# shellcheck disable=SC2086
	run gcc $suites
	if make_build asan clang -Dtests=true -Db_sanitize=address,undefined -Db_lundef=false; then
		# shellcheck disable=SC2086
		run asan $suites
	fi
fi
if [ "$with_lab" ]; then
	run_lab
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
