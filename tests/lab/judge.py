#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""judge.py KSMTOP DIR: what ksmtop makes of fresh recordings of the lab, against the kernel's own numbers.

Protects the promise that the rebuilt state is the kernel's: dump N plus events equals dump N+1, and the
counters that sysfs had when the recording ended.  A scenario proves that something happened; this proves
that ksmtop saw it rightly.  Violated invariants may be what a scenario is about (a mapping that no item
leads to); in the scenarios that must be exact they are those that the truth file explains, and no others.

Prints "ok NAME: ...", "FAILED NAME: ..." or "skipped NAME: ..." for each test.
"""
import collections
import glob
import json
import os
import subprocess
import sys

KSMTOP, DIR = sys.argv[1:3]
EXACT = ("lifecycle", "numa", "big")	# nothing in them may be undecided, and together:
CHANGES = 100000

# What move_pages put on the other memory node is in the wrong tree until ksmd comes round, once each.
EXPLAINED = {
    "numa": lambda truth: {"node-in-wrong-tree": sum("moved to node" in m["when"] for m in truth["mappings"])},
}

# The rebuilt counter, and the same from sysfs
COUNTERS = {
    "nodes": lambda c: c["pages_shared"],
    "stable_items": lambda c: c["pages_shared"] + c["pages_sharing"],
    "chains": lambda c: c["stable_node_chains"],
    "dups": lambda c: c["stable_node_dups"],
}


def say(good, name, text):
    print("%s %s: %s" % ("ok" if good else "FAILED", name, text), flush=True)


def ask(*words):
    done = subprocess.run([KSMTOP, *words], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError("ksmtop %s: status %d, %s" % (words[0], done.returncode, done.stderr.strip()[:300]))
    return done.stdout


def ask_json(*words):
    return json.loads(ask(*words, "--json"))


def patched(name):
    return name != "debian"


def spooled_by(truth):
    """power-cut: the time, of the trace's clock, by which everything was on the disk."""
    return int(truth["notes"].rsplit("spooled by ", 1)[1])


def check(name, path, truth):
    """The comparisons with dumps and samples."""
    answer = ask_json("check", "--all", path)
    last = answer["at"]
    if name == "power-cut":	# where one CPU's events were spooled and the other's not yet, nobody can know
        last = ask_json("report", path, "--absolute", "--at", "%.9f" % (spooled_by(truth) / 1e9))["at"]
    ours = [i for i in answer["items"] if i["finding"].startswith(("dump", "counter")) and i["event"] <= last]
    wrong = [i for i in ours if i["outcome"] == "contradicts"]
    undecided = [i for i in ours if i["outcome"] == "undecided"]
    agreed = [i for i in ours if i["outcome"] == "agrees" and i["finding"].startswith("dump")]
    first = (wrong or undecided or [{}])[0]
    good = not wrong and not answer["lost"]["events"] and (name not in EXACT or agreed and not undecided)
    say(good, name + " check", "%d comparisons of dumps and %d of counters, %d undecided, %d contradict, %d events lost%s" % (
        sum(i["finding"].startswith("dump") for i in ours), sum(i["finding"].startswith("counter") for i in ours),
        len(undecided), len(wrong), answer["lost"]["events"],
        "; first: %s" % json.dumps(first) if not good else ""))
    if name in EXACT:
        invariants(name, answer["items"], truth)


def invariants(name, items, truth):
    """What is violated, by name, against what the truth file explains."""
    found = collections.Counter(i["finding"] for i in items if not i["finding"].startswith(("dump", "counter")))
    wanted = EXPLAINED[name](truth) if name in EXPLAINED else {}
    say(found == wanted, name + " invariants", "violated %s, explained %s" % (dict(found), wanted))


def report(name, path, truth):
    """The state at the end against sysfs at the end.  Returns the number of events that are changes."""
    items = ask_json("report", path)["items"]
    recording = next(i for i in items if i["section"] == "recording")
    rebuilt = {i["name"]: i["value"] for i in items if i["section"] == "counter"}
    if name in EXACT:
        wanted = {k: of(truth["counters"]) for k, of in COUNTERS.items()}
        found = {k: rebuilt.get(k) for k in COUNTERS}
        say(found == wanted, name + " counters", "rebuilt %s, sysfs %s" % (found, wanted))
    if name == "power-cut":
        spooled = spooled_by(truth)
        say(recording["end_ns"] >= spooled, name,
            "the recovered recording goes on for %.1f s after what was known to be on the disk" %
            ((recording["end_ns"] - spooled) / 1e9))
    return recording["events"]


def changes(path):
    """Events that change the rebuilt state: no dumps, no scans, no walks."""
    words = ("ksmtop:dump_", "ksmtop:scan_sum", "ksmtop:item_scan", "ksmtop:walk_")
    nr = 0
    with subprocess.Popen([KSMTOP, "events", path], stdout=subprocess.PIPE, text=True) as events:
        for line in events.stdout:
            nr += "ksmtop:" in line and not any(word in line for word in words)
    return nr


def main():
    nr_changes = 0
    for truth_path in sorted(glob.glob(os.path.join(DIR, "*.truth.json"))):
        path = truth_path[:-len(".truth.json")] + ".dat"
        name = os.path.basename(path)[:-len(".dat")]
        try:
            truth = json.load(open(truth_path))
            if patched(name):
                check(name, path, truth)
            else:
                text = ask("doctor", path)
                say("record on a kernel with the patch series" in text, name + " doctor",
                    "says what an unpatched kernel's recording lacks")
            report(name, path, truth)
            if name in EXACT:
                nr_changes += changes(path)
        except (OSError, RuntimeError, ValueError, KeyError, StopIteration) as error:
            say(False, name, "%s: %s" % (type(error).__name__, error))
    missing = [name for name in EXACT if not os.path.exists(os.path.join(DIR, name + ".dat"))]
    say(not missing and nr_changes >= CHANGES, "changes",
        "%d changes in %s, %d wanted%s" % (nr_changes, ", ".join(EXACT), CHANGES,
                                            "; missing: " + ", ".join(missing) if missing else ""))


main()
