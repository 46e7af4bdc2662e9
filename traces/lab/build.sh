#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# build.sh [KIND...]: builds what the lab needs into $LAB_DIR (/tmp/ksmtop-lab), incrementally.
# KIND: patched (the series in ../kernel), debug (with lock and list checks), cost and cost-stock (with and without the
# series, as distributions configure it), debian (their own image), scenarios, initramfs.  Without KIND: patched scenarios initramfs.
# LAB_JOBS (2): jobs for make.  LAB_KSMTOP: the ksmtop to put into the guest (else trace-cmd records).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kernel=$here/../kernel
dir=${LAB_DIR:-/tmp/ksmtop-lab}
jobs=${LAB_JOBS:-2}
mkdir -p "$dir"

packages() {
	missing=
	for package in linux-source-6.12 qemu-system-x86 bc bison flex libelf-dev libssl-dev cpio xz-utils \
		rsync kmod busybox-static trace-cmd python3 build-essential e2fsprogs; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok' || missing="$missing $package"
	done
	[ -z "$missing" ] && return
	echo "lab: installing$missing" >&2
	apt-get update -qq
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

unpacked() { # TREE: an unpatched source tree, once
	[ -e "$dir/$1/Makefile" ] && return
	rm -rf "$dir/unpack"
	mkdir "$dir/unpack"
	tar -xf /usr/src/linux-source-6.12.tar.xz -C "$dir/unpack"
	mv "$dir/unpack/linux-source-6.12" "$dir/$1"
	rmdir "$dir/unpack"
}

# Patches a copy of the files that the series names, and moves over only what differs: a header that is
# written again would have make compile everything.
patched() {
	unpacked linux
	cat "$kernel"/0*.patch | cmp -s - "$dir/series" && return
	sed -n 's#^+++ b/##p' "$kernel"/0*.patch | sort -u | while read -r file; do
		grep -qxF "$file" "$dir/touched" 2>/dev/null && continue
		mkdir -p "$dir/pristine/$(dirname "$file")"
		[ ! -e "$dir/linux/$file" ] || cp "$dir/linux/$file" "$dir/pristine/$file"
		echo "$file" >>"$dir/touched"
	done
	rm -rf "$dir/scratch"
	cp -a "$dir/pristine" "$dir/scratch"
	for patch in "$kernel"/0*.patch; do
		patch -s -f -p1 -d "$dir/scratch" <"$patch"
	done
	while read -r file; do
		if [ ! -e "$dir/scratch/$file" ]; then
			rm -f "$dir/linux/$file"
		elif ! cmp -s "$dir/scratch/$file" "$dir/linux/$file"; then
			cp "$dir/scratch/$file" "$dir/linux/$file"
		fi
	done <"$dir/touched"
	cat "$kernel"/0*.patch >"$dir/series"
}

make_kernel() { # TREE BUILD FRAGMENT...
	tree=$dir/$1 build=$dir/$2
	shift 2
	mkdir -p "$build"
	cat "$@" >"$build/fragment.new"
	if ! cmp -s "$build/fragment.new" "$build/fragment"; then
		make -s -C "$tree" O="$build" tinyconfig >/dev/null
		(cd "$build" && "$tree/scripts/kconfig/merge_config.sh" -m -O . .config "$@" >merge.log 2>&1)
		make -s -C "$tree" O="$build" olddefconfig >/dev/null
		cp "$build/fragment.new" "$build/fragment"
	fi
	if ! make -s -C "$tree" O="$build" -j"$jobs" bzImage >"$build/make.log" 2>&1; then
		tail -20 "$build/make.log" >&2
		exit 1
	fi
}

debian() {
	[ -s "$dir/debian/vmlinuz" ] && return
	name=$(apt-cache search --names-only '^linux-image-6\.12\..*-cloud-amd64(-unsigned)?$' | awk '{ print $1 }' | sort -V | tail -1)
	[ -n "$name" ] || { echo "lab: no linux-image-6.12.*-cloud-amd64 in apt's lists" >&2; exit 1; }
	rm -rf "$dir/debian"
	mkdir -p "$dir/debian"
	(cd "$dir/debian" && apt-get download -qq "$name" 2>/dev/null && dpkg-deb --fsys-tarfile ./*.deb | tar -xf - ./boot)
	mv "$dir"/debian/boot/vmlinuz-* "$dir/debian/vmlinuz"
	rm -f "$dir"/debian/*.deb
}

scenarios() {
	mkdir -p "$dir/scenario"
	for source in "$here"/scenario/*.c; do
		program=$(basename "$source" .c)
		case $program in lab | lab_*) continue ;; esac
		gcc -std=gnu17 -O2 -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Werror \
			-static -pthread -o "$dir/$program.program" "$source" "$here"/scenario/lab.c "$here"/scenario/lab_*.c
	done
	rm -f "$dir"/scenario/*
	while read -r name program rest; do
		case $name in '#'* | '') continue ;; esac
		cp "$dir/$program.program" "$dir/scenario/$name"
	done <"$here/scenarios"
	cp "$dir/cost.program" "$dir/scenario/cost"
}

initramfs() {
	"$here/initramfs.sh" "$dir/initramfs.gz" "$dir/scenario" "${LAB_KSMTOP:-}"
}

packages
for kind in ${*:-patched scenarios initramfs}; do
	case $kind in
	patched) patched && make_kernel linux build "$kernel/lab.config" ;;
	cost) patched && make_kernel linux build-cost "$kernel/lab.config" "$kernel/cost.config" ;;
	cost-stock) unpacked linux-stock && make_kernel linux-stock build-cost-stock "$kernel/lab.config" "$kernel/cost.config" ;;
	debug) patched && make_kernel linux build-debug "$kernel/lab.config" "$kernel/debug.config" ;;
	debian) debian ;;
	scenarios) scenarios ;;
	initramfs) initramfs ;;
	*) echo "lab: build.sh does not know '$kind'" >&2 && exit 2 ;;
	esac
done
