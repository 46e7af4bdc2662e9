#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What we print of a recording is what `trace-cmd report` prints of it, letter for letter.

	test_report_equal.py PRINT_EVENTS [FILE...]

Without FILE, trace-cmd records this machine for a moment, in the forms that it can write (version 7
with zstd, version 7 uncompressed, version 6), in two buffers.  Compared are task, CPU, time to the ns, name and
fields of -R of every event, in order.  Skipped (77) without root, tracefs or trace-cmd.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TRACEFS = "/sys/kernel/tracing"
# Where ftrace_enabled cannot be written, trace-cmd gives up: plain files stand for it meanwhile.
RECORD = r"""
set -e
mount --make-rprivate /
echo 1 > "$1/one"; : > "$1/empty"
mount --bind "$1/one" /proc/sys/kernel/ftrace_enabled 2>/dev/null || true
for d in . instances/ksmtop-equal; do
	for f in set_ftrace_filter set_ftrace_notrace set_ftrace_pid; do
		[ ! -e $0/$d/$f ] || mount --bind "$1/empty" $0/$d/$f
	done
done
shift
exec trace-cmd record -q "$@"
"""
EVENTS = ["-e", "sched:sched_process_fork", "-e", "sched:sched_process_exec", "-e",
          "sched:sched_process_exit", "-e", "task", "-e", "signal:signal_generate", "-e", "timer",
          "-B", "ksmtop-equal", "-e", "kmem:mm_page_alloc", "-e", "sched:sched_waking", "-e", "huge_memory"]
LOAD = ["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do ls / /usr /etc >/dev/null; sleep 0.01; kill -0 $$; done"]
FORMS = [[], ["--compression", "none"], ["--file-version", "6"]]


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def theirs(path):
    out = subprocess.run(["trace-cmd", "report", "-t", "-R", path],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    for line in out.decode(errors="replace").splitlines():
        if line.startswith("cpus=") or "EVENTS DROPPED" in line or not line.strip():
            continue
        line = re.sub(r"^ksmtop-equal: +", "", line).strip()
        line = re.sub(r" +\[(\d+)\] +", r" [\1] ", line, count=1)
        yield re.sub(r"(\d: \S+:) +", r"\1 ", line, count=1)


def ours(tool, path):
    out = subprocess.run([tool, path], stdout=subprocess.PIPE, check=True).stdout
    return [line.strip() for line in out.decode(errors="replace").splitlines()]


def compare(tool, path):
    a, b = list(theirs(path)), ours(tool, path)
    if len(a) != len(b):
        sys.exit(f"{path}: trace-cmd has {len(a)} events, we have {len(b)}")
    for n, (x, y) in enumerate(zip(a, b), 1):
        if x != y:
            sys.exit(f"{path}: event {n}:\n  trace-cmd {x!r}\n  we        {y!r}")
    print(f"{os.path.basename(path)}: {len(a)} events are equal")
    return len(a)


def record(directory, n, form):
    path = os.path.join(directory, f"form{n}.dat")
    instance = os.path.join(TRACEFS, "instances/ksmtop-equal")
    os.makedirs(instance, exist_ok=True)
    try:
        done = subprocess.run(["unshare", "-m", "sh", "-c", RECORD, TRACEFS, directory, "-o", path,
                               "-C", "mono"] + form + EVENTS + LOAD, cwd=directory,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    finally:
        if os.path.isdir(instance):
            os.rmdir(instance)
    if done.returncode != 0 or not os.path.exists(path):
        skip("trace-cmd cannot record here: " + done.stdout.decode(errors="replace")[-300:])
    return path


def main():
    tool, files = sys.argv[1], sys.argv[2:]
    if not shutil.which("trace-cmd"):
        skip("trace-cmd is not installed")
    if files:
        for path in files:
            compare(tool, path)
        return
    if os.geteuid() != 0 or not os.path.isdir(os.path.join(TRACEFS, "events")):
        skip("needs root and tracefs")
    with tempfile.TemporaryDirectory(prefix="report-equal-") as directory:
        for n, form in enumerate(FORMS):
            if compare(tool, record(directory, n, form)) < 100:
                sys.exit("hardly anything was recorded")


if __name__ == "__main__":
    main()
