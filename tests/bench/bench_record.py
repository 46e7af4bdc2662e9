#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""P10: what recording costs, against `trace-cmd record` (version 7, zstd) on the same load.

	lost	events lost at 0.5 million a second (event_storm: the rate is exact), and CPU spent
	ratio	CPU and file size per event of a real KSM load, paired runs, median; samples off
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


class Run:
    """A recorder's file and price."""

    def __init__(self, cpu, file, events, lost=0):
        self.cpu, self.size, self.events, self.lost = cpu, os.path.getsize(file), events, lost
        os.unlink(file)


def timed(arguments, during=None):
    """
    Runs a recorder to its end: (CPU seconds, what it said).  With `during` it records a shell that
    says when it runs and waits until that function is over.
    """
    if during:
        for name in ("ready", "go"):
            if not os.path.exists(name):
                os.mkfifo(name)
        arguments = [*arguments, "sh", "-c", "echo >ready; read _ <go"]
    with open("said", "w+", encoding="utf-8") as said:
        process = subprocess.Popen(arguments, stdout=said, stderr=subprocess.STDOUT)
        if during:
            with open("ready", encoding="ascii") as ready:
                ready.read()
            during()
            with open("go", "w", encoding="ascii") as go:
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


def record_ours():
    cpu, said = timed([KSMTOP, "record", "-o", "ours.dat", "--no-samples", "--only", "-e", "ksm", "--"], merge_load)
    events, lost = events_and_lost(said)
    return Run(cpu, "ours.dat", events, lost)


def record_theirs(trace_cmd):
    arguments = trace_cmd.arguments("record", "--file-version", "7", "--compression", "zstd", "-C", "mono",
                                    "-e", "ksm", "-o", "theirs.dat")
    cpu, _ = timed(arguments, merge_load)
    stat = trace_cmd("report", "--stat", "theirs.dat").stdout
    numbers = {name: sum(int(n) for n in re.findall(rf"{name}: (\d+)", stat))
               for name in ("entries", "overrun", "read events")}
    return Run(cpu, "theirs.dat", numbers["entries"] + numbers["read events"], numbers["overrun"])


def ratio():
    pairs = []
    with trace_cmd_possible() as trace_cmd, ksm_settings(**FAST):
        for _ in range(RUNS):
            pairs.append((record_ours(), record_theirs(trace_cmd)))
    cpu = [(a.cpu / a.events) / (b.cpu / b.events) for a, b in pairs]
    size = [(a.size / a.events) / (b.size / b.events) for a, b in pairs]
    ours, theirs = pairs[-1]
    print(f"P10  CPU against trace-cmd record v7 zstd: {statistics.median(cpu):.2f}x   (at least 1.2x, aim 0.8x); "
          f"last pair {ours.cpu:.2f} s and {theirs.cpu:.2f} s for {ours.events} and {theirs.events} events")
    print(f"P10  file size against it: {statistics.median(size):.2f}x   (at least 1.0x, aim 0.95x); "
          f"last pair {ours.size / ours.events:.1f} and {theirs.size / theirs.events:.1f} B an event; "
          f"lost {sum(a.lost for a, _ in pairs)} and {sum(b.lost for _, b in pairs)}")


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
