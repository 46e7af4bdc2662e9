#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""check_truth.py [--mutate] KSMTOP DIR [PATTERN...]: what ksmtop says of lab recordings, held to their truth files.

Protects against being consistently wrong: golden files and properties compare ksmtop with itself, a
truth file was written by programs that know nothing of it.  DIR may hold the shipped recordings or
fresh ones.  Every recording is also asked what holds of all (every_truth.py).  A check that compares
nothing fails; --mutate shows that none passes whatever the truth file says (mutate.py).
"""
import fnmatch
import os
import re
import sys

import every_truth
import mutate
import numa_truth
import poison_truth
import stale_truth
import state_truth
import walk_truth
from recording import Recording

CHECKS = [(r"", every_truth.counters), (r"", every_truth.places), (r"", every_truth.shared),
          (r"", every_truth.processes),
          (r"", every_truth.findings), (r"", walk_truth.every_walk), (r"", state_truth.every_scan),
          (r"walk-(mremap|fork)-", walk_truth.moved), (r"walk-20k-", walk_truth.many_vmas),
          (r"walk-reclaim", walk_truth.reclaim), (r"poison-(?!swap|search)", poison_truth.recovery),
          (r"poison-search", poison_truth.search), (r"poison-swap", poison_truth.swap),
          (r"collapse-poison-", poison_truth.collapse), (r"lifecycle$", state_truth.lifecycle),
          (r"lifecycle$|debian$", state_truth.chains),
          (r"reasons$", state_truth.rarer_reasons), (r"power-cut$", state_truth.power_cut),
          (r"numa$", numa_truth.numa), (r"stale$", stale_truth.stale)]


def check(recording):
    recording.expect_true("the scenario was provoked", recording.truth["provoked"] and not recording.truth["reason"])
    for pattern, function in CHECKS:
        if re.match(pattern, recording.name):
            recording.check(function)


def main():
    words = [w for w in sys.argv[1:] if w != "--mutate"]
    program, folder = os.path.abspath(words[0]), words[1]
    all_names = sorted(f[:-len(".truth.json")] for f in os.listdir(folder) if f.endswith(".truth.json"))
    names = [n for n in all_names if any(fnmatch.fnmatch(n, pattern) for pattern in words[2:] or ["*"])]
    failed = 0
    for name in names:
        if not os.path.exists(os.path.join(folder, name + ".dat")):
            print(f"skipped {name} truth: there is no recording beside its truth file")
            continue
        recording = Recording(program, folder, name)
        try:
            check(recording)
            if "--mutate" in sys.argv and not recording.failures:
                mutate.every_leaf(recording, check)
        except (RuntimeError, KeyError, IndexError, ValueError, TypeError, StopIteration) as error:
            recording.failures.append(f"{name}: {type(error).__name__}: {error}")
            if os.environ.get("TRACEBACK"):
                raise
        for failure in recording.failures:
            print("wrong:", failure)
        failed += bool(recording.failures)
        print("FAILED" if recording.failures else "ok", f"{name} truth: {recording.nr_checks} facts compared,",
              f"{len(recording.failures)} wrong", flush=True)
    print("recordings:", len(names), "failed:", failed)
    sys.exit(1 if failed or not names else 0)


main()
