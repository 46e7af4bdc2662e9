#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Samples tell the truth about the machine: KSM's counters, and who maps which KSM page.

Protects what the views of stock recordings stand on.  A hundred thousand pages are merged until
nothing changes any more, ksmd is stopped, and the test reads pagemap and kpageflags itself.  Then
the recording ends, with its full sample, and is asked: at least 99 % of the KSM mappings must
not be doubtful, and every one of them must be what the test saw.
"""
from machine import (Load, Recorder, equal, ksm_mappings, ksm_number, ksm_settings, ksm_state, ksm_wait_scans,
                     ksmtop, ksmtop_json, need, quiesce, run_tests, true)

FAST = {"run": 1, "sleep_millisecs": 0, "pages_to_scan": 20000}


def listed_mappings(file):
    """
    {(pid, address): pfn} of the load that `list mappings` is sure of, and how many it doubts.
    Others on this machine may come and go: what became of them the kernel does not trace.
    """
    sure, doubtful = {}, 0
    for item in ksmtop_json("list", file, "mappings", "--at", "end")["items"]:
        if not (item["comm"] or "").startswith("load-"):
            continue
        if item["doubtful"]:
            doubtful += 1
            continue
        sure[(item["pid"], int(item["address"], 16))] = int(item["pfn"], 16)
    return sure, doubtful


def test_mappings_equal_pagemap():
    with ksm_settings(**FAST):
        before = ksm_state()
        recorder = Recorder("-o", "run.dat")
        with Load("load-a", "load-b", "load-c", "load-d", pages=25000, contents=100) as load:
            ksm_wait_scans(2)
            load.tell("cow", 0, 500)
            load.tell("fork", 1)
            load.tell("quit", 3)
            quiesce()
            equal(ksm_state() | {"run": "1"}, before | {"run": "1"}, "KSM's settings while recording")
            truth = {(pid, address): pfn for pid in load.pids[:3]
                     for address, pfn in ksm_mappings(pid).items()}
            counters = {name: ksm_number(name) for name in ("pages_shared", "pages_sharing")}
            recorder.stop()
            true(truth == {(pid, address): pfn for pid in load.pids[:3]
                           for address, pfn in ksm_mappings(pid).items()},
                 "the machine was not quiet: the test itself is at fault")
        true(len(truth) > 70000, f"only {len(truth)} KSM mappings")
        sure, doubtful = listed_mappings("run.dat")
        ours = {key: pfn for key, pfn in sure.items() if key[0] in load.pids[:3]}
        true(len(sure) >= 99 * (len(sure) + doubtful) / 100,
             f"{doubtful} of {len(sure) + doubtful} mappings are doubtful")
        wrong = [key for key, pfn in ours.items() if truth.get(key) != pfn]
        equal(wrong[:5], [], f"{len(wrong)} mappings that pagemap does not have")
        true(len(ours) >= 99 * len(truth) / 100, f"{len(ours)} mappings of {len(truth)} are listed")
        report = ksmtop("report", "run.dat").stdout
        for name, value in counters.items():
            true(str(value) in report.replace(",", ""), f"{name} {value} is not in the report")


def test_check_agrees():
    """`check` finds nothing in a recording of an ordinary run, and says 0."""
    with ksm_settings(**FAST):
        recorder = Recorder("-o", "run.dat")
        with Load("load-a", "load-b", pages=10000, contents=100):
            ksm_wait_scans(4)
        recorder.stop()
        done = ksmtop("check", "run.dat", status=[0, 1])
        equal((done.returncode, done.stdout.strip()[-2000:] if done.returncode else ""), (0, ""), "check")


def test_no_samples():
    """--no-samples leaves all of /proc alone; the recording opens and says that it has none."""
    with ksm_settings(**FAST):
        with Load("load-a", "load-b", pages=1000, contents=10):
            ksmtop("record", "-o", "run.dat", "--no-samples", "-d", "1.5")
        said = ksmtop("list", "run.dat", "mappings", status=2)
        true("cannot tell of mappings" in said.stderr and not said.stdout, f"said {said.stdout}{said.stderr}")


need()
run_tests(globals())
