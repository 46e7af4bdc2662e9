#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# boot.sh KERNEL INITRAMFS OUT CMDLINE...: boots one virtual machine, waits for it to power off, and
# unpacks what it sent into the directory OUT.  The console goes to OUT/console.
#
# Results leave the guest as one tar through a virtio-serial port: recording straight to a shared
# folder loses events.  KVM is used if a probe with a time limit gets an answer through it: it is
# known to hang without a byte where /dev/kvm opens all the same.  The guest's memory is not offered to the
# host's KSM, whose recordings would hold it.
#
# LAB_MEM (2048) megabytes, half of them on each of two nodes; LAB_SECONDS (600) of CPU time until it is
# killed, so that a host which is busy with other things does not count, and five times that by the clock;
# LAB_SWAP=fast|slow adds a swap disk; LAB_DISK=FILE adds that file as a disk that is written through;
# LAB_ICOUNT=1 makes the guest's clock count its instructions (under TCG), whatever the host does meanwhile;
# LAB_CUT=TEXT kills the machine as soon as its console says TEXT.
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
	# where it aborts, the shell would say so
	if [ -w /dev/kvm ] && { timeout 10 qemu-system-x86_64 -accel kvm -cpu host -m 512 \
		-nodefaults -display none -no-reboot -serial stdio -kernel "$kernel" \
		-initrd "$initramfs" -append "console=ttyS0 panic=-1 quiet lab=probe" \
		2>/dev/null </dev/null | grep -q lab-probe-answers; } 2>/dev/null; then
		echo kvm >"$probe"
	fi
fi
if [ -n "${LAB_ICOUNT:-}" ]; then
	accel="-accel tcg,thread=single,tb-size=512 -cpu max -icount shift=0"
elif [ "$(cat "$probe")" = kvm ]; then
	accel="-accel kvm -cpu host"
else
	accel="-accel tcg,thread=multi,tb-size=512 -cpu max"
fi

disks=
if [ -n "${LAB_SWAP:-}" ]; then
	truncate -s 512M "$out/swap.img"
	disks="-drive file=$out/swap.img,format=raw,if=virtio"
	[ "$LAB_SWAP" = fast ] || disks="$disks,throttling.bps-write=65536"
fi
if [ -n "${LAB_DISK:-}" ]; then
	disks="$disks -drive file=$LAB_DISK,format=raw,if=virtio,cache=directsync"
fi

# shellcheck disable=SC2086
qemu-system-x86_64 $accel -machine mem-merge=off -smp 2,sockets=2 -m "$mem" \
	-object memory-backend-ram,id=m0,size="${half}M" \
	-object memory-backend-ram,id=m1,size="${half}M" \
	-numa node,nodeid=0,cpus=0,memdev=m0 -numa node,nodeid=1,cpus=1,memdev=m1 \
	-nodefaults -display none -no-reboot -serial stdio \
	-device virtio-serial-pci -chardev file,id=out,path="$out/out.tar" \
	-device virtserialport,chardev=out,name=out \
	$disks -kernel "$kernel" -initrd "$initramfs" \
	-append "console=ttyS0 panic=-1 oops=panic loglevel=4 no_timer_check $*" >"$out/console" 2>&1 </dev/null &
machine=$!
trap 'kill -KILL $machine 2>/dev/null' EXIT
trap 'exit 1' HUP INT TERM
limit=${LAB_SECONDS:-600}
ticks=$(getconf CLK_TCK)
tenths=0
while kill -0 "$machine" 2>/dev/null; do
	if [ -n "${LAB_CUT:-}" ] && grep -q "$LAB_CUT" "$out/console"; then
		kill -KILL "$machine"
	elif [ $((tenths % 50)) = 0 ]; then
		# user and system time, behind the name in parentheses
		used=$(sed 's/.*) //' "/proc/$machine/stat" 2>/dev/null | awk -v t="$ticks" '{ print int(($12 + $13) / t) }')
		if [ "${used:-0}" -ge "$limit" ] || [ "$tenths" -ge $((limit * 50)) ]; then
			echo "lab: the machine was killed after ${used:-?} s of CPU time, $((tenths / 10)) s" >>"$out/console"
			kill -KILL "$machine"
		fi
	fi
	sleep 0.2
	tenths=$((tenths + 2))
done
wait "$machine"
status=$?
rm -f "$out/swap.img"
if [ -s "$out/out.tar" ]; then
	tar -xf "$out/out.tar" -C "$out" 2>/dev/null
fi
rm -f "$out/out.tar"
exit $status
