#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run.sh [-o DIR] [SCENARIO[-VARIANT]...|all|list]: builds the lab, provokes each scenario in a virtual
# machine of its own, records it there, and leaves DIR/SCENARIO[-VARIANT].dat and .truth.json.
# Prints "SCENARIO provoked: yes" or "SCENARIO provoked: no (REASON)"; exits 0 only if all are yes.
# A scenario with variants is provoked if all of them are.
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
[ $# -eq 0 ] || [ "$1" = all ] && set -- $(table | awk '{ print $1 }')

case ${LAB_KERNEL:-patched} in
debug) build=build-debug ;;
*) build=build ;;
esac
"$here/build.sh" "${LAB_KERNEL:-patched}" scenarios initramfs || exit 2
mkdir -p "$out"

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
	swap=0 image=$dir/$build/arch/x86/boot/bzImage
	[ "$1" = walk-reclaim ] && swap=1
	if [ "$1" = debian ]; then
		"$here/build.sh" debian || return
		image=$dir/debian/vmlinuz
	fi
	# shellcheck disable=SC2086
	LAB_MEM=$3 LAB_SWAP=$swap LAB_SECONDS=${LAB_SECONDS:-$((60 + $3 / 4))} "$here/boot.sh" "$image" "$dir/initramfs.gz" "$work" $words
	if [ ! -s "$work/$name.truth.json" ]; then
		echo "no truth file: $(grep -h 'lab: \|Kernel panic' "$work/console" | head -1)"
	elif [ ! -s "$work/$name.dat" ]; then
		echo "no recording: $(tail -1 "$work/$name.log" 2>/dev/null)"
	elif [ "$build" = build-debug ] && [ "$1" != debian ] && grep -q 'WARNING:\|BUG:\|INFO: ' "$work/dmesg"; then
		grep -h 'WARNING:\|BUG:\|INFO: ' "$work/dmesg" | head -1
	else
		python3 - "$work/$name.truth.json" <<-'END'
			import json, sys
			truth = json.load(open(sys.argv[1]))
			if not truth["provoked"]:
			    print(truth["reason"] or "its truth file does not say why")
		END
	fi
	if [ "$1" = big ]; then
		cp "$work/$name.truth.json" "$out/" 2>/dev/null
		return
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
		[ -n "$why" ] && reason="$reason${reason:+; }$variant: $why"
	done
	if [ -z "$reason" ]; then
		echo "$wanted provoked: yes"
	else
		echo "$wanted provoked: no ($reason)"
		status=1
	fi
done
exit $status
