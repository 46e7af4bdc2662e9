#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# sh tests/bench/run.sh [--full | --events N] [--runs N] [PART...]: builds what is needed, runs every
# benchmark and prints one table: the measure, what it is held to at least, what is aimed at, what was
# measured.  Parts: open (P1-P4, P8, P9, P14), first (P5), views (P6, P7), explain (P11, P12),
# record (P10).
#
# By default the recording has 500,000 events and all takes some minutes.  --full takes the
# reference recording of 6.6 million, 10 million for the cache and 50 million for the growth, 1.3 million
# stable nodes; it needs 8 GB of memory and the better part of an hour, nearly all of it the peers'.  Ratios are medians of
# --runs (5) paired runs of whole processes.  Never fails on a time.  P10 records this machine's KSM:
# as root only, and it puts KSM's settings back.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
. "$top/src/setup.sh"

export BENCH_RUNS=5 BENCH_EVENTS=500000 BENCH_CACHED=1000000 BENCH_GROWTH='250000 1000000'
pictures=200 nodes=100000 parts=
while [ $# -gt 0 ]; do
	case $1 in
	--full)
		BENCH_EVENTS=6600000 BENCH_CACHED=10000000 BENCH_GROWTH='1000000 10000000 50000000'
		pictures=1000 nodes=1300000 ;;
	--events)
		BENCH_EVENTS=${2:?"--events needs a number"}
		shift ;;
	--runs)
		BENCH_RUNS=${2:?"--runs needs a number"}
		shift ;;
	open|first|views|explain|record) parts="$parts $1" ;;
	*) die "usage: run.sh [--full | --events N] [--runs N] [open|first|views|explain|record ...]" ;;
	esac
	shift
done
parts="${parts:- open first views explain record} "

# shellcheck disable=SC2086
need_packages $BUILD_PACKAGES trace-cmd libtracecmd-dev libkshark-dev libcmocka-dev
build=${BUILD:-$top/build}/bench
CC=gcc configure "$build" -Dtests=true -Dbuildtype=release -Db_lto=true
# shellcheck disable=SC2046
ninja -C "$build" --quiet src/command/ksmtop tests/kernel/ksm_load $(ninja -C "$build" -t targets all |
	sed -n 's|^\(tests/bench/[a-z_]*\): c_LINKER.*|\1|p')
tools=$build/tests/bench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

wanted() {
	case $parts in *" $1 "*) ;; *) false ;; esac
}

if wanted open; then
	python3 "$top/tests/bench/bench_open.py" "$tools"
fi
if wanted first || wanted views; then
	"$tools/make_recording" "$work/views.dat" "$BENCH_EVENTS"
fi
if wanted first; then
	python3 "$top/tests/bench/bench_first.py" "$build/src/command/ksmtop" "$top/traces/stock-merge.dat" \
		"$work/views.dat"
fi
if wanted views; then
	python3 "$top/tests/bench/bench_views.py" "$tools/bench_view" "$work/views.dat" "$pictures" 0 stock
fi
if wanted views || wanted explain; then
	"$tools/make_structures" "$work/structures.dat" "$nodes"
fi
if wanted views; then
	# The dump that it begins with is the first 39 percent.
	python3 "$top/tests/bench/bench_views.py" "$tools/bench_view" "$work/structures.dat" "$pictures" 45 \
		patched
fi
if wanted explain; then
	python3 "$top/tests/bench/bench_explain.py" "$tools/bench_explain" "$work/structures.dat"
fi
if wanted record && [ "$(id -u)" != 0 ]; then
	echo "P10  needs root: recording reads this machine's tracefs"
elif wanted record; then
	KSMTOP=$build/src/command/ksmtop EVENT_STORM=$tools/event_storm KSM_LOAD=$build/tests/kernel/ksm_load \
		python3 "$top/tests/bench/bench_record.py" || echo "P10  could not be measured"
fi
