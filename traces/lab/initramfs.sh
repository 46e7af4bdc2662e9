#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# initramfs.sh OUTPUT SCENARIODIR [KSMTOP]: packs busybox, the scenarios, trace-cmd and ksmtop with the
# libraries that they need into a gzipped cpio that the lab's guests boot from.
set -eu
output=$1 scenarios=$2 ksmtop=${3:-}
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

mkdir -p "$root/bin/scenario" "$root/proc" "$root/sys" "$root/dev" "$root/root" "$root/etc"
cp "$here/init" "$root/init"
chmod +x "$root/init"
cp "$(command -v busybox)" "$root/bin/busybox"
for name in $("$root/bin/busybox" --list); do
	case $name in
	busybox) ;; # a link to itself would be a loop
	*) ln -s busybox "$root/bin/$name" ;;
	esac
done
cp "$scenarios"/* "$root/bin/scenario/"
for name in trace-cmd ksmtop; do
	program=$ksmtop
	[ $name = ksmtop ] || program=$(command -v $name || true)
	[ -n "$program" ] && [ -x "$program" ] || continue
	cp "$program" "$root/bin/$name"
	ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
		mkdir -p "$root$(dirname "$library")"
		cp -Ln "$library" "$root$library"
	done
done
(cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$output.new"
mv "$output.new" "$output"
