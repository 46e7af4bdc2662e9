#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""P10: what recording costs, against `trace-cmd record` (version 7, zstd) on the same load.

	lost	events lost at 0.5 million a second (event_storm: the rate is exact), and CPU spent
	ratio	CPU and file size for a real KSM load that both record at once, median; samples off
	samples	CPU of sampling 100,000 quiet KSM pages, the difference of two recordings

CPU is user plus system time of the recorder and what it waited for, as wait4 tells it.  Never
fails on a number: it prints.  BENCH_RUNS sets the number of pairs (5).
"""
import os
import re
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kernel"))
from machine import (KSMTOP, Load, ksm_settings, ksm_wait_scans, ksm_write, need,  # noqa: E402
                     quiesce, trace_cmd_possible)

RUNS = int(os.environ.get("BENCH_RUNS", "5"))
STORM = os.environ.get("EVENT_STORM", "event_storm")
FAST = {"run": 0, "sleep_millisecs": 0, "pages_to_scan": 50000}


def timed(arguments, during=None, name="one"):
    """
    Runs a recorder to its end: (CPU seconds, what it said).  With `during` it records a shell that
    says when it runs and waits until that function is over.
    """
    if during:
        for end in ("ready", "go"):
            if not os.path.exists(f"{name}.{end}"):
                os.mkfifo(f"{name}.{end}")
        arguments = [*arguments, "sh", "-c", f"echo >{name}.ready; read _ <{name}.go"]
    with open(f"{name}.said", "w+", encoding="utf-8") as said:
        process = subprocess.Popen(arguments, stdout=said, stderr=subprocess.STDOUT)
        try:
            if during:
                with open(f"{name}.ready", encoding="ascii") as ready:
                    ready.read()
                during()
        finally:
            if during:
                with open(f"{name}.go", "w", encoding="ascii") as go:
                    go.write("\n")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        return usage.ru_utime + usage.ru_stime, said.read()


def events_and_lost(said):
    match = re.search(r"(\d+) events .* (\d+) lost", said)
    return int(match[1]), int(match[2])


def storm():
    seconds = 10
    cpu, said = timed([KSMTOP, "record", "-o", "storm.dat", "--no-samples", "--only", "-e",
                       "raw_syscalls:sys_enter", "--", STORM, "500000", str(seconds)])
    plain, _ = timed([STORM, "500000", str(seconds)])
    events, lost = events_and_lost(said)
    size = os.path.getsize("storm.dat")
    os.unlink("storm.dat")
    print(f"P10  lost at {events / seconds / 1e6:.2f} M events/s of 68 bytes: {lost}   (at least 0, aim 0); "
          f"{100 * (cpu - plain) / seconds:.0f} % of a core with tracing's own cost, {size / events:.1f} B an event")


def merge_load():
    """Two cycles of merging and unmerging; ksmd at full speed."""
    with Load("bench-a", "bench-b", "bench-c", "bench-d", pages=60000, contents=20000) as load:
        for _ in range(2):
            ksm_write("run", 1)
            ksm_wait_scans(3)
            ksm_write("run", 0)
            for worker in range(4):
                load.tell("unmerge", worker)
                load.tell("merge", worker)


def ratio():
    """Both record the same load at the same time, so that both see exactly the same events."""
    cpu, size, lost = [], [], [0, 0]
    with trace_cmd_possible() as trace_cmd, ksm_settings(**FAST):
        theirs = trace_cmd.arguments("record", "--file-version", "7", "--compression", "zstd", "-C", "mono",
                                     "-e", "ksm", "-o", "theirs.dat")
        for _ in range(RUNS):
            prices = {}

            def outer():
                prices["ours"], prices["said"] = timed(
                    [KSMTOP, "record", "-o", "ours.dat", "--no-samples", "--only", "-e", "ksm", "--"],
                    merge_load, "inner")
            prices["theirs"], _ = timed(theirs, outer, "outer")
            events, ours_lost = events_and_lost(prices["said"])
            stat = trace_cmd("report", "--stat", "theirs.dat").stdout
            lost[0] += ours_lost
            lost[1] += sum(int(n) for n in re.findall(r"overrun: (\d+)", stat))
            cpu.append(prices["ours"] / prices["theirs"])
            size.append(os.path.getsize("ours.dat") / os.path.getsize("theirs.dat"))
            bytes_each = os.path.getsize("ours.dat") / events
            os.unlink("ours.dat")
            os.unlink("theirs.dat")
    print(f"P10  CPU against trace-cmd record v7 zstd: {statistics.median(cpu):.2f}x   (at least 1.2x, aim 0.8x); "
          f"{events} events a run, {RUNS} runs, of them {min(cpu):.2f}x to {max(cpu):.2f}x")
    print(f"P10  file size against it: {statistics.median(size):.2f}x   (at least 1.0x, aim 0.95x); "
          f"{bytes_each:.1f} B an event; lost {lost[0]}, and {lost[1]} by trace-cmd")


def samples():
    seconds = 20
    with ksm_settings(**(FAST | {"run": 1})):
        with Load("bench-a", "bench-b", "bench-c", "bench-d", pages=25000, contents=100):
            quiesce()
            costs = {}
            for option in ("--no-samples", None):
                arguments = [KSMTOP, "record", "-o", "quiet.dat", "-d", str(seconds)]
                costs[option], _ = timed(arguments + ([option] if option else []))
                os.unlink("quiet.dat")
    spent = (costs[None] - costs["--no-samples"]) / seconds
    print(f"P10  CPU of the 1 Hz samples, 100,000 KSM pages: {100 * spent:.2f} % of a core   "
          f"(at least 2 %, aim 0.5 %)")


need("trace-cmd")
with tempfile.TemporaryDirectory(prefix="ksmtop-bench.") as directory:
    os.chdir(directory)
    for part in sys.argv[1:] or ["storm", "ratio", "samples"]:
        globals()[part]()
