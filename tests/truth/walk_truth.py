# SPDX-License-Identifier: GPL-2.0-only
"""Walks: what each rule would offer, visit, skip and miss, against pagemap and the kernel's counts."""
import re
import subprocess


def places(mappings):
    """What whatif lists, as a set of (pid, address)."""
    return {(m["pid"], int(m["address"], 16)) for m in mappings}


def rules_of(recording, episode):
    return {i["rule"]: i for i in recording.items("whatif", "--walk", episode)}


def moved(recording):
    """walk-mremap, walk-fork: the naive rule misses exactly the processes that live in a moved VMA."""
    truth = recording.truth
    before, after = recording.mappings("before"), recording.mappings("after")
    moved_pids = {p["pid"] for p in truth["processes"]}
    wanted = {place for place in before if place[0] in moved_pids}
    walk = recording.episodes("walk")[0]
    rules = rules_of(recording, walk["episode"])
    recording.expect("purpose of the first walk", walk["purpose"], "migrate")
    recording.expect("rule of the first walk", walk["rule"], truth["walks"][0]["rule"])
    recording.expect("page of the first walk", {int(walk["pfn"], 16)}, set(before.values()))
    recording.expect("mapcount of the first walk", walk["mapcount_before"], len(before))
    recording.expect("missed by address", places(rules["address"]["missed"]), wanted)
    recording.expect("visited by address", rules["address"]["visited"], len(before) - len(wanted))
    for rule in ("whole", "linear"):
        recording.expect(f"missed by {rule}", places(rules[rule]["missed"]), set())
        recording.expect(f"visited by {rule}", rules[rule]["visited"], len(before))
    for rule, result in rules.items():
        recording.expect(f"possibly missed by {rule}", places(result["maybe"]), set())
    # What the recorded rule missed is what pagemap found left behind on the old page.
    stayed = {place for place, pfn in after.items() if place in wanted and pfn == before[place]}
    recording.expect("left behind", places(rules[walk["rule"]]["missed"]), stayed)
    recording.expect("assert agrees", recording.ask("assert", "walk: missed == 0", statuses=(0, 1))
                     ["summary"]["answer"], not stayed)


def kernel_counts(recording):
    """The walk_end events as trace-cmd decodes them, in order."""
    run = subprocess.run(["trace-cmd", "report", "-R", recording.path], capture_output=True, check=True)
    counts = []
    for line in run.stdout.decode(errors="replace").splitlines():
        if " walk_end: " in line:
            counts.append({k: int(v, 0) for k, v in re.findall(r"(\w+)=(-?\w+)", line.split("walk_end:")[1])
                           if re.fullmatch(r"-?(0x[0-9a-f]+|\d+)", v)})
    return counts


KERNEL_NAMES = (("nr_iteration_total", "iterations"), ("visited", "visited"),
                ("skip_addr_out_of_range", "outside"), ("skip_mm_mismatch", "other_mm"),
                ("skip_invalid", "invalid"))


def many_vmas(recording):
    """walk-20k: 20,000 VMAs in one anon_vma, 2 or 200 sharers, migrated twice under one rule."""
    truth = recording.truth
    walks, counts = recording.episodes("walk"), kernel_counts(recording)
    nr_vmas = int(re.match(r"(\d+) VMAs", truth["notes"]).group(1))
    nr_changes = int(re.search(r"changed its VMAs (\d+) times", truth["notes"]).group(1))
    recording.expect("number of walks", len(walks), len(counts))
    recording.expect("number of migrations", sum(w["purpose"] == "migrate" for w in walks),
                     len(truth["walks"]))
    for walk, count in zip(walks, counts):
        name = f"walk {walk['episode']}"
        sharers = truth["walks"][0]["mappings"]
        rules = rules_of(recording, walk["episode"])
        # Migrating unmaps in pass 1; mapping anew offers everything in both.
        passes = 1 if walk["purpose"] == "migrate" else 2
        recording.expect(f"rule of {name}", walk["rule"], truth["walks"][0]["rule"])
        for ours, kernels in KERNEL_NAMES:
            recording.expect(f"{ours} of {name}", walk[ours], count[kernels])
            recording.expect(f"{ours} of {name} modelled", rules[walk["rule"]][ours], count[kernels])
        for rule, result in rules.items():
            recording.expect(f"visited in {name} by {rule}", result["visited"], sharers)
            recording.expect(f"missed in {name} by {rule}", places(result["missed"]), set())
        recording.expect(f"offered in {name} by linear", rules["linear"]["nr_iteration_total"], passes * sharers)
        recording.expect(f"skipped in {name} by linear", rules["linear"]["skip_mm_mismatch"],
                         (passes - 1) * sharers)
        # Nobody counted the VMAs of the anon_vma at that moment: the rest of the process has a dozen,
        # and each change of the other thread adds or takes one.
        each = rules["whole"]["nr_iteration_total"] / (passes * sharers)
        if sharers > 2 or passes == 1:
            recording.expect_true(f"{each:.0f} VMAs offered for each item in {name} by whole, of {nr_vmas}",
                                  nr_vmas / 2 - nr_changes - 20 <= each <= nr_vmas + nr_changes)
        recording.expect_true(f"all of them told apart in {name}", all(
            r["nr_iteration_total"] == r["visited"] + r["skip_addr_out_of_range"] + r["skip_mm_mismatch"] +
            r["skip_invalid"] for r in rules.values()))


def reclaim(recording):
    """walk-reclaim: every mapping was swapped out, each by an unmap walk that left none."""
    total = int(re.search(r"of (\d+) mappings", recording.truth["notes"]).group(1))
    unmaps = [w for w in recording.episodes("walk") if w["purpose"] == "unmap" and w["visited"]]
    recording.expect("mappings unmapped", sum(w["mapcount_before"] - w["mapcount_after"] for w in unmaps), total)
    recording.expect("mapcounts left", {w["mapcount_after"] for w in unmaps}, {0})
    for walk in unmaps:
        for rule, result in rules_of(recording, walk["episode"]).items():
            recording.expect(f"missed in walk {walk['episode']} by {rule}", places(result["missed"]), set())
