#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# sh traces/record-stock.sh [FILE]: makes stock-merge.dat, the recording of an ordinary kernel
# that ships with ksmtop.  Needs root, tracefs and a kernel with ksm events (6.4); borrows KSM's
# settings for some ten seconds and puts them back (tests/kernel/with_ksm.py).
#
# The story: three virtual machines and a browser on one host, most of their memory from the same
# few images.  They merge until chains form; one machine is updated (copy on write) and merges
# again; the browser forks a tab; a machine migrates away (its memory moves, then it exits); another
# turns merging off.  Each step waits for full scans, so that the scans can be stepped through.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build=${BUILD:-$top/build}
KSMTOP=${KSMTOP:-$build/src/command/ksmtop}
KSM_LOAD=${KSM_LOAD:-$build/tests/kernel/ksm_load}
file=${1:-$top/traces/stock-merge.dat}
export KSMTOP KSM_LOAD file PYTHONPATH="$top/tests/kernel"

for program in "$KSMTOP" "$KSM_LOAD"; do
	[ -x "$program" ] || { echo "build first: there is no $program" >&2; exit 1; }
done
# A recording keeps the machine's name, the command line and the paths of what is mapped: none of
# them is anybody's business.
place=$(mktemp -d /tmp/stock.XXXXXX)
trap 'rm -rf "$place"' EXIT
cp "$KSM_LOAD" "$place/ksm_load"
KSM_LOAD=$place/ksm_load
cd "$(dirname -- "$file")"
file=$(basename -- "$file")
unshare --uts sh -c 'hostname ksm-host && exec python3 - "$file"' <<'STORY'
import sys
from machine import Load, Recorder, ksm_settings, ksm_wait_scans

with ksm_settings(run=0, sleep_millisecs=20, pages_to_scan=500, max_page_sharing=256):
    recorder = Recorder("-o", sys.argv[1])
    with Load("qemu-web", "qemu-db", "qemu-mail", "browser", pages=1500, contents=4, unique=25) as load:
        web, db, mail, browser = range(4)
        with open("/sys/kernel/mm/ksm/run", "w", encoding="ascii") as run:
            run.write("1")
        ksm_wait_scans(4)
        load.tell("cow", web, 300)
        ksm_wait_scans(2)
        load.tell("same", web, 300)
        ksm_wait_scans(3)
        load.tell("fork", browser)
        ksm_wait_scans(2)
        load.tell("move", mail)
        ksm_wait_scans(2)
        load.tell("quit", mail)
        ksm_wait_scans(2)
        load.tell("unmerge", db)
        ksm_wait_scans(3)
        recorder.stop()
print("\n".join(recorder.said))
STORY
