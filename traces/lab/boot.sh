#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# boot.sh KERNEL INITRAMFS OUT CMDLINE...: boots one virtual machine, waits for it to power off, and
# unpacks what it sent into the directory OUT.  The console goes to OUT/console.
#
# Results leave the guest as one tar through a virtio-serial port: recording straight to a shared
# folder loses events.  KVM is used if a probe with a time limit gets an answer through it: it is
# known to hang without a byte where /dev/kvm opens all the same.
#
# LAB_MEM (2048) megabytes, half of them on each of two nodes; LAB_SECONDS (240) until it is killed;
# LAB_SWAP=1 adds a swap disk; LAB_DISK=FILE adds that file as a disk.
set -u
kernel=$1 initramfs=$2 out=$3
shift 3
mem=${LAB_MEM:-2048}
half=$((mem / 2))


dir=${LAB_DIR:-/tmp/ksmtop-lab}
mkdir -p "$dir" "$out"
probe=$dir/accel
if [ ! -s "$probe" ]; then
	echo tcg >"$probe"
	if [ -w /dev/kvm ] && timeout 10 qemu-system-x86_64 -accel kvm -cpu host -m 512 \
		-nodefaults -display none -no-reboot -serial stdio -kernel "$kernel" \
		-initrd "$initramfs" -append "console=ttyS0 panic=-1 quiet lab=probe" \
		2>/dev/null </dev/null | grep -q lab-probe-answers; then
		echo kvm >"$probe"
	fi
fi
if [ "$(cat "$probe")" = kvm ]; then
	accel="-accel kvm -cpu host"
else
	accel="-accel tcg,thread=multi,tb-size=512 -cpu max"
fi

disks=
if [ "${LAB_SWAP:-0}" = 1 ]; then
	truncate -s 512M "$out/swap.img"
	disks="-drive file=$out/swap.img,format=raw,if=virtio"
fi
if [ -n "${LAB_DISK:-}" ]; then
	disks="$disks -drive file=$LAB_DISK,format=raw,if=virtio,cache=directsync"
fi

# shellcheck disable=SC2086
timeout -k 5 "${LAB_SECONDS:-240}" qemu-system-x86_64 $accel -smp 2,sockets=2 -m "$mem" \
	-object memory-backend-ram,id=m0,size="${half}M" \
	-object memory-backend-ram,id=m1,size="${half}M" \
	-numa node,nodeid=0,cpus=0,memdev=m0 -numa node,nodeid=1,cpus=1,memdev=m1 \
	-nodefaults -display none -no-reboot -serial stdio \
	-device virtio-serial-pci -chardev file,id=out,path="$out/out.tar" \
	-device virtserialport,chardev=out,name=out \
	$disks -kernel "$kernel" -initrd "$initramfs" \
	-append "console=ttyS0 panic=-1 oops=panic loglevel=4 $*" >"$out/console" 2>&1 </dev/null
status=$?
rm -f "$out/swap.img"
if [ -s "$out/out.tar" ]; then
	tar -xf "$out/out.tar" -C "$out" 2>/dev/null
fi
rm -f "$out/out.tar"
exit $status
