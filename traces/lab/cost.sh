#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# cost.sh [N]: boots the stock and the patched kernel N times each (3), in turn, and prints the median time
# of what the series' hooks are in, with all events off.  The guest's clock counts its instructions, a
# nanosecond each, so that the host does not matter; caches and branches are not in it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=${LAB_DIR:-/tmp/ksmtop-lab}
export LAB_DIR="$dir"
"$here/build.sh" cost-stock cost scenarios initramfs
: >"$dir/cost"
for i in $(seq "${1:-3}"); do
	for kernel in build-cost-stock build-cost; do
		LAB_ICOUNT=1 LAB_MEM=1024 "$here/boot.sh" "$dir/$kernel/arch/x86/boot/bzImage" "$dir/initramfs.gz" "$dir/run/cost" lab=cost
		sed -n "s/.*cost: /$kernel /p" "$dir/run/cost/console" | tr -d '\r' >>"$dir/cost"
	done
done
python3 - "$dir/cost" <<'END'
import collections, statistics, sys
times = collections.defaultdict(lambda: collections.defaultdict(list))
for line in open(sys.argv[1]):
    kernel, what, ns = line.split()
    times[what][kernel].append(int(ns) / 1e6)
print("| what | stock ms (least-most) | patched ms | ratio | runs |\n| --- | --- | --- | --- | --- |")
for what, of in times.items():
    stock, patched = statistics.median(of["build-cost-stock"]), statistics.median(of["build-cost"])
    print("| %s | %.2f (%.2f-%.2f) | %.2f (%.2f-%.2f) | %.3f | %d |" % (
        what, stock, min(of["build-cost-stock"]), max(of["build-cost-stock"]), patched, min(of["build-cost"]), max(of["build-cost"]),
        patched / stock, len(of["build-cost"])))
END
