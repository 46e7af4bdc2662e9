#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""check_truth.py KSMTOP DIR [NAME...]: what ksmtop says of lab recordings, held to their truth files.

Protects against being consistently wrong: golden files and properties compare ksmtop with itself, a
truth file was written by programs that know nothing of it.  DIR may hold the shipped recordings or
fresh ones.  Every recording is also asked what holds of all: counters, final places of pages, and
that the model of each recorded walk agrees with the kernel's counts.
"""
import json
import os
import re
import subprocess
import sys

import poison_truth
import state_truth
import walk_truth

CHECKS = [(r"walk-(mremap|fork)-", walk_truth.moved), (r"walk-20k-", walk_truth.many_vmas),
          (r"walk-reclaim", walk_truth.reclaim), (r"poison-(?!swap)", poison_truth.recovery),
          (r"poison-swap", poison_truth.swap),
          (r"collapse-poison-", poison_truth.collapse), (r"lifecycle$", state_truth.lifecycle),
          (r"reasons$", state_truth.rarer_reasons),
          (r"numa$", state_truth.numa), (r"stale$", state_truth.stale)]


class Recording:
    """One recording, its truth, and ksmtop's answers about it."""

    def __init__(self, program, folder, name):
        self.program, self.name = program, name
        self.path = os.path.join(folder, name + ".dat")
        with open(os.path.join(folder, name + ".truth.json"), encoding="utf-8") as file:
            self.truth = json.load(file)
        self.nr_checks = 0
        self.failures = []
        # power-cut: its truth is of the time by which everything was on the disk, and the recording goes on
        spooled = re.search(r"spooled by (\d+)", self.truth["notes"])
        self.at_truth = ["--absolute", "--at", f"{int(spooled.group(1)) / 1e9:.9f}"] if spooled else []

    def ask(self, command, *arguments, statuses=(0,)):
        """The JSON answer of a command; None where it exits with 2 and may."""
        run = subprocess.run([self.program, command, self.path, *map(str, arguments), "--json"],
                             capture_output=True, check=False)
        if run.returncode not in statuses:
            raise RuntimeError(f"{command} {arguments}: status {run.returncode}: "
                               f"{run.stderr.decode(errors='replace').strip()}")
        return json.loads(run.stdout) if run.returncode != 2 else None

    def items(self, command, *arguments):
        return self.ask(command, *arguments)["items"]

    def episodes(self, kind):
        return self.items("episodes", "--kind", kind)

    def expect(self, what, got, wanted):
        self.nr_checks += 1
        if got != wanted:
            self.failures.append(f"{self.name}: {what}: ksmtop says {got!r}, the truth is {wanted!r}")

    def expect_true(self, what, true):
        self.expect(what, bool(true), True)

    def mappings(self, when):
        """{(pid, address): pfn} of the truth at a moment that it names; 0 is unmapped."""
        return {(m["pid"], int(m["address"], 16)): int(m["pfn"], 16)
                for m in self.truth["mappings"] if m["when"] == when}

    def has_dump(self):
        answer = self.ask("events", "--filter", "dump_end: 1", statuses=(0, 2))    # 2: a stock kernel
        return bool(answer and answer["items"])


def check_counters(recording):
    """sysfs when the truth was written, in the end, against the rebuilt state; without a dump it does not begin with all of it."""
    counters = recording.truth["counters"]
    if not recording.has_dump():
        return
    told = {i["name"]: i["value"] for i in recording.items("report", *recording.at_truth) if i["section"] == "counter"}
    for name, wanted in (("nodes", counters["pages_shared"]),
                         ("stable_items", counters["pages_shared"] + counters["pages_sharing"]),
                         ("chains", counters["stable_node_chains"]),
                         ("dups", counters["stable_node_dups"]),
                         ("unstable_items", counters["pages_unshared"])):
        recording.expect(f"counter {name}", told.get(name), wanted)


def check_places(recording):
    """Where pagemap saw a page last, the process's item hangs on that page's stable node."""
    last, when = {}, {}
    for mapping in recording.truth["mappings"]:
        place = mapping["pid"], int(mapping["address"], 16)
        last[place], when[place] = int(mapping["pfn"], 16), mapping["when"]
    alive = {p["pid"] for p in recording.truth["processes"] if p["survived"]}
    alive |= {m["pid"] for m in recording.truth["mappings"] if m["when"] == "alive"}    # power-cut
    items = {}
    for item in recording.items("list", "items", *recording.at_truth):
        if item["state"] == "stable" and item["pid"] and item["address"]:
            items[item["pid"], int(item["address"], 16)] = int(item["pfn"], 16)
    for (pid, address), pfn in last.items():
        if pid in alive and (pid, address) in items and pfn:
            recording.expect(f"pfn of {pid} at {address:#x} in the end", items[pid, address], pfn)
        elif pid in alive and pfn == 0 and when[pid, address] == "after":
            recording.expect(f"an item of {pid} at {address:#x}, which was lost", items.get((pid, address)), None)


def check_models(recording):
    """Each walk modelled under the rule that it was recorded with: every count the kernel's."""
    for walk in recording.episodes("walk"):
        if not walk["ended"]:
            continue
        model = [i for i in recording.items("whatif", "--walk", walk["episode"], "--rule", walk["rule"])]
        recording.expect(f"rules of walk {walk['episode']}", [i["rule"] for i in model], [walk["rule"]])
        for name in ("nr_iteration_total", "skip_addr_out_of_range", "skip_mm_mismatch", "skip_invalid",
                     "visited"):
            recording.expect(f"{name} of the model of walk {walk['episode']}", model[0][name], walk[name])
        recording.expect_true(f"walk {walk['episode']} agrees", model[0]["agrees"])


def check(program, folder, name):
    recording = Recording(program, folder, name)
    recording.expect_true("the scenario was provoked", recording.truth["provoked"])
    check_counters(recording)
    check_places(recording)
    check_models(recording)
    for pattern, function in CHECKS:
        if re.match(pattern, name):
            function(recording)
    return recording


def main():
    program, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    names = sys.argv[3:] or sorted(f[:-len(".truth.json")] for f in os.listdir(folder)
                                   if f.endswith(".truth.json"))
    failed = 0
    for name in names:
        if not os.path.exists(os.path.join(folder, name + ".dat")):
            print(f"skipped {name} truth: there is no recording beside its truth file")
            continue
        try:
            recording = check(program, folder, name)
        except (RuntimeError, KeyError, IndexError, ValueError) as error:
            print(f"FAILED {name} truth: {type(error).__name__}: {error}")
            failed += 1
            continue
        for failure in recording.failures:
            print("wrong:", failure)
        failed += bool(recording.failures)
        print("FAILED" if recording.failures else "ok", f"{name} truth: {recording.nr_checks} facts compared,",
              f"{len(recording.failures)} wrong", flush=True)
    print("recordings:", len(names), "failed:", failed)
    sys.exit(1 if failed or not names else 0)


main()
