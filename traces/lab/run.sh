#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run.sh [-o DIR] [SCENARIO[-VARIANT]...|all|list]: builds the lab, provokes each scenario in a virtual
# machine of its own, records it there, and leaves DIR/SCENARIO[-VARIANT].dat and .truth.json.
# Prints "SCENARIO provoked: yes" or "SCENARIO provoked: no (REASON)"; exits 0 only if all are yes.
# A scenario with variants is provoked if all of them are.  A reason that begins with "skipped: " is
# one that no change to the kernel or the scenario could mend.
#
# LAB_KERNEL=debug boots the kernel with lock and list checks, and counts what dmesg says as a failure.
# LAB_RECORDER=trace-cmd records with trace-cmd instead of ksmtop.
set -u
here=$(cd "$(dirname "$0")" && pwd)
dir=${LAB_DIR:-/tmp/ksmtop-lab}
out=$dir/recordings
export LAB_DIR="$dir"

while getopts o: option; do
	case $option in
	o) out=$OPTARG ;;
	*) echo "usage: run.sh [-o DIR] [SCENARIO...|all|list]" >&2 && exit 2 ;;
	esac
done
shift $((OPTIND - 1))

table() { grep -v '^#' "$here/scenarios"; }

if [ "${1:-}" = list ]; then
	table | awk '{ print $1 }'
	exit 0
fi
# big outlasts a dump's 20 s under lock checks, and Debian's own kernel has none
[ $# -eq 0 ] || [ "$1" = all ] &&
	set -- $(table | awk -v debug="${LAB_KERNEL:-}" '!(debug == "debug" && ($1 == "big" || $1 == "debian")) { print $1 }')

case ${LAB_KERNEL:-patched} in
debug) build=build-debug ;;
*) build=build ;;
esac
# The ksmtop that records in the guest, and opens what a power cut left
if [ -z "${LAB_KSMTOP:-}" ]; then
	LAB_KSMTOP=$(ls -t "$here"/../../build*/src/command/ksmtop "$here"/../../build*/*/src/command/ksmtop 2>/dev/null | head -1 || true)
fi
export LAB_KSMTOP
"$here/build.sh" "${LAB_KERNEL:-patched}" scenarios initramfs || exit 2
mkdir -p "$out"

# What the power cut left on the disk: the truth, and a spool to make a recording of
recover() {
	for file in truth.json dat; do
		debugfs -R "dump /power-cut.$file $work/power-cut.$file" "$work/disk.img" >/dev/null 2>&1
	done
	if [ -s "$work/power-cut.dat" ]; then
		echo "the recording was finished before the power cut"
		return
	fi
	rm -f "$work/power-cut.dat"
	debugfs -R "rdump /power-cut.dat.spool $work" "$work/disk.img" >/dev/null 2>&1
	"$LAB_KSMTOP" recover "$work/power-cut.dat.spool" -o "$work/power-cut.dat" >"$work/power-cut.log" 2>&1 ||
		echo "the spool cannot be read: $(tail -1 "$work/power-cut.log")"
}

# boot SCENARIO MEGABYTES WORD...: in $work; a line if it could not be
boot() {
	image=$dir/$build/arch/x86/boot/bzImage
	case $1 in
	walk-reclaim) export LAB_SWAP=fast ;;
	poison-swap) export LAB_SWAP=slow ;;
	debian)
		"$here/build.sh" debian >&2 || { echo "skipped: apt does not have Debian's kernel"; return; }
		image=$dir/debian/vmlinuz
		;;
	power-cut)
		[ -x "$LAB_KSMTOP" ] || { echo "skipped: trace-cmd has no spool"; return; }
		mkdir -p "$work"
		truncate -s 64M "$work/disk.img"
		mke2fs -q -t ext2 "$work/disk.img"
		export LAB_DISK="$work/disk.img" LAB_CUT="lab: cut the power now"
		;;
	esac
	megabytes=$2
	shift 2
	LAB_MEM=$megabytes LAB_SECONDS=${LAB_SECONDS:-$((600 + megabytes / 4))} \
		"$here/boot.sh" "$image" "$dir/initramfs.gz" "$work" "$@"
	[ -z "${LAB_CUT:-}" ] || recover
}

# one SCENARIO VARIANT MEGABYTES: says why not, or nothing
one() {
	name=$1
	words="lab=$1 ${LAB_RECORDER:+recorder=$LAB_RECORDER}"
	if [ "$2" != - ]; then
		name=$1-$2
		words="$words variant=$2"
	fi
	work=$dir/run/$name
	rm -rf "$work"
	began=$(date +%s)
	# shellcheck disable=SC2086
	why=$(boot "$1" "$3" $words)
	echo "lab: $name took $(($(date +%s) - began)) s" >&2
	if [ -n "$why" ]; then
		echo "$why"
	elif [ ! -s "$work/$name.truth.json" ]; then
		echo "no truth file: $(grep -h 'lab: \|Kernel panic' "$work/console" | head -1 | tr -d '\r')"
	elif [ ! -s "$work/$name.dat" ]; then
		echo "no recording: $(tail -1 "$work/$name.log" 2>/dev/null)"
	elif [ "$build" = build-debug ] && [ "$1" != debian ] && grep -q 'WARNING:\|BUG:\|INFO: ' "$work/dmesg" "$work/console" 2>/dev/null; then
		grep -h 'WARNING:\|BUG:\|INFO: ' "$work/dmesg" "$work/console" 2>/dev/null | head -1 | tr -d '\r'
	else
		python3 - "$work/$name.truth.json" <<-'END'
			import json, sys
			truth = json.load(open(sys.argv[1]))
			if not truth["provoked"]:
			    print(truth["reason"] or "its truth file does not say why")
		END
	fi
	cp "$work/$name.dat" "$work/$name.truth.json" "$out/" 2>/dev/null
}

status=0
for wanted; do
	line=$(table | awk -v w="$wanted" '$1 == w')
	[ -n "$line" ] || line=$(table | awk -v w="$wanted" 'index(w, $1 "-") == 1' | head -1)
	if [ -z "$line" ]; then
		echo "$wanted provoked: no (there is no such scenario)"
		status=1
		continue
	fi
	# shellcheck disable=SC2086
	set -- $line
	scenario=$1 megabytes=$3
	shift 3
	variants=$*
	[ "$wanted" != "$scenario" ] && variants=${wanted#"$scenario"-}
	reason=
	for variant in $variants; do
		why=$(one "$scenario" "$variant" "$megabytes")
		[ "$variant" = - ] || why=${why:+$variant: $why}
		[ -n "$why" ] && reason="$reason${reason:+; }$why"
	done
	if [ -z "$reason" ]; then
		echo "$wanted provoked: yes"
	else
		echo "$wanted provoked: no ($reason)"
		status=1
	fi
done
exit $status
