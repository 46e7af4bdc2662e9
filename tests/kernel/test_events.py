#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A recording of real KSM activity says the same to ksmtop as to trace-cmd, event by event.

Protects the whole way of an event: the session, the readers, the spool, the file, the decoder.
trace-cmd's own reader is the judge, since it shares no code with ours.  Then the other way round:
what trace-cmd records (version 6, version 7 with zstd) opens here, and what went through its
convert and split still opens, with a word about the samples that these remove.
"""
import os

from machine import (Load, Recorder, equal, ksm_number, ksm_settings, ksm_wait, ksm_wait_scans, ksmtop,
                     need, quiesce, run_tests, same_events, true, trace_cmd_possible)

FAST = {"run": 1, "sleep_millisecs": 0, "pages_to_scan": 20000}


def lively_load(load):
    """Merging, copy on write, fork, exit, unmerging: every kind of stock event."""
    ksm_wait_scans(3)
    load.tell("cow", 0, 300)
    load.tell("fork", 1)
    ksm_wait_scans(2)
    load.tell("unmerge", 2)
    load.tell("quit", 0)
    ksm_wait_scans(3)


def test_same_events_as_trace_cmd():
    with trace_cmd_possible() as trace_cmd, ksm_settings(**FAST):
        recorder = Recorder("-o", "run.dat")
        with Load("load-a", "load-b", "load-c", "load-d", pages=25000, contents=100) as load:
            lively_load(load)
            chains = ksm_number("stable_node_chains")
        recorder.stop()
        true(chains > 0, "no chain formed: the load is too small for what it is to show")
        rows = same_events(trace_cmd, "run.dat")
        names = {row[4] for row in rows}
        for name in ("ksm_start_scan", "ksm_stop_scan", "ksm_enter", "ksm_exit",
                     "ksm_merge_with_ksm_page", "sched_process_fork", "sched_process_exit"):
            true(name in names, f"no {name} among {sorted(names)}")
        true(len(rows) > 50000, f"only {len(rows)} events of 75,000 merged pages")
        true("0 lost" in recorder.said[-1], f"events were lost: {recorder.said[-1]}")


def test_recordings_of_trace_cmd():
    """Files of trace-cmd's own, version 6 and version 7 with zstd."""
    # ksmd starts within the recording: however late trace-cmd is, the merges are in it.
    with trace_cmd_possible() as trace_cmd, ksm_settings(**{**FAST, "run": 0}):
        for name, form in (("v6.dat", ["--file-version", "6"]),
                           ("v7.dat", ["--file-version", "7", "--compression", "zstd"])):
            with Load("load-a", "load-b", pages=5000, contents=50):
                done = trace_cmd("record", *form, "-C", "mono", "-e", "ksm", "-e", "sched:sched_process_exit",
                                 "-o", name, "sh", "-c", "cd /sys/kernel/mm/ksm && echo 1 >run; sleep 2; echo 0 >run",
                                 check=False)
            true(os.path.exists(name), f"trace-cmd record failed: {done.stderr[-500:]}")
            rows = same_events(trace_cmd, name)
            true(len(rows) > 1000, f"only {len(rows)} events in {name}")
            said = ksmtop("report", name).stdout
            true(f"kernel {os.uname().release}, none of the patch's events" in said,
                 f"the kernel of {name} is told otherwise: {said[:300]}")


def test_convert_and_split():
    """convert to the other version keeps every event; samples are gone, and that is said."""
    with trace_cmd_possible() as trace_cmd, ksm_settings(**FAST):
        recorder = Recorder("-o", "run.dat")
        with Load("load-a", "load-b", pages=2000, contents=20):
            ksm_wait_scans(3)
        recorder.stop()
        whole = [row[:2] + row[4:] for row in same_events(trace_cmd, "run.dat")]
        true("samples" not in ksmtop("doctor", "run.dat", status=[0, 1]).stderr, "a word on samples too soon")
        trace_cmd("convert", "-i", "run.dat", "-o", "v6.dat", "--file-version", "6")
        trace_cmd("convert", "-i", "run.dat", "-o", "v7.dat", "--file-version", "7", "--compression", "zstd")
        trace_cmd("split", "-i", "run.dat", "-o", "part.dat")
        part = "part.dat" if os.path.exists("part.dat") else "part.dat.1"
        for name in ("v6.dat", "v7.dat", part):
            rows = [row[:2] + row[4:] for row in same_events(trace_cmd, name)]
            equal(len(rows), len(whole), f"events in {name}")
            said = ksmtop("report", name).stdout
            true("removed by trace-cmd convert or split" in said, f"{name} lacks samples, which is not said")
            # split drops the option that says which kernel it was
            release = "unknown" if name == part else os.uname().release
            true(f"kernel {release}," in said, f"the kernel of {name} is told otherwise: {said[:300]}")
            said = ksmtop("doctor", name).stdout
            true("open the original" in said and "without --no-samples" not in said,
                 f"doctor's advice for {name}: {said}")


need("trace-cmd")
run_tests(globals())
