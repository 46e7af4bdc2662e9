#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# sh tests/fuzz/run.sh [-t SECONDS] [FUZZER...]: libFuzzer with ASan and UBSan on history, yaml, filter and
# keys, one after the other.  What it learns stays in build/fuzz/corpus-FUZZER; a crash leaves
# build/fuzz/crash-*, which the fuzz_FUZZER program of any build repeats: fuzz_keys crash-...
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
seconds=300
if [ "${1:-}" = -t ]; then
	seconds=$2
	shift 2
fi
[ $# -gt 0 ] || set -- history yaml filter keys
build=${BUILD:-$top/build}/fuzz
[ -d "$build" ] || CC=clang meson setup "$build" "$top" -Dtests=true -Dc_args=-fsanitize=fuzzer-no-link \
	-Db_sanitize=address,undefined -Db_lundef=false
export KSMTOP_RECORDING="$top/traces/stock-merge.dat"
cd "$build"
for name; do
	ninja "tests/fuzz/libfuzzer_$name" tests/fuzz/programs
	mkdir -p "corpus-$name"
	seeds="$top/tests/fuzz/corpus/$name"
	[ "$name" != history ] || seeds="tests/fuzz/programs $seeds"
	[ "$name" != yaml ] || seeds="$seeds $top/themes"
	# shellcheck disable=SC2086
	"tests/fuzz/libfuzzer_$name" -max_total_time="$seconds" -max_len=8192 -timeout=20 -rss_limit_mb=4096 \
		-print_final_stats=1 "corpus-$name" $seeds
done
