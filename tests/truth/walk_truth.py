# SPDX-License-Identifier: GPL-2.0-only
"""Walks: what each rule would offer, visit, skip and miss, against pagemap and the kernel's counts."""
import re

from claims import SIZES, held, screen_claims

# What episodes and whatif call a count, what the kernel's event does, and what screens and stories say it is.
COUNTS = (("nr_iteration_total", "iterations", "offered"), ("skip_addr_out_of_range", "outside", "outside"),
          ("skip_mm_mismatch", "other_mm", "other mm"), ("visited", "visited", "visited"),
          ("skip_invalid", "invalid", None))
NAMED = 2   # mappings that the what-if pane has room for at 80x24
TOLD = 4    # walks of a recording whose stories and screens are read: the first and the last ones


def places(mappings):
    """What whatif lists, as a set of (pid, address)."""
    return {(m["pid"], int(m["address"], 16)) for m in mappings}


def rules_of(recording, episode):
    return {i["rule"]: i for i in recording.items("whatif", "--walk", episode)}


def every_walk(recording):
    """Each walk as another decoder has it: in JSON, its story and its screens; and its model agrees exactly."""
    walks = [w for w in recording.episodes("walk") if w["ended"]]
    kernels = recording.kernel_walks()
    recording.expect("walks", len(walks), len(kernels))
    for i, (walk, kernel) in enumerate(zip(walks, kernels)):
        name, rule = f"walk {walk['episode']}", kernel["rule"]
        recording.expect(f"page, purpose, rule, mapcounts of {name}",
                         (int(walk["pfn"], 16), walk["purpose"], walk["rule"], walk["mapcount_before"],
                          walk["mapcount_after"]),
                         (kernel["pfn"], kernel["purpose"], rule, kernel["mapcount_before"], kernel["mapcount_after"]))
        model = recording.items("whatif", "--walk", walk["episode"], "--rule", rule)
        recording.expect(f"rules of {name}", [m["rule"] for m in model], [rule])
        for ours, theirs, _ in COUNTS:
            recording.expect(f"{ours} of {name}", walk[ours], kernel[theirs])
            recording.expect(f"{ours} of {name} modelled", model[0][ours], kernel[theirs])
        recording.expect_true(f"{name} agrees", model[0]["agrees"])
        if i < TOLD // 2 or i >= len(walks) - TOLD // 2:
            held(recording, walk, {"walk": {(kernel["pfn"], kernel["purpose"], rule)},
                                   "mapcounts": {(kernel["mapcount_before"], kernel["mapcount_after"])},
                                   **{said: {(kernel[theirs],)} for _, theirs, said in COUNTS if said}})


def who_maps(recording, at, pfn, pids):
    """blast: without recovery a failure kills those who map the page, and only them."""
    told = recording.items("blast", "--pfn", hex(pfn), "--at", at)
    recording.expect(f"blast: who maps {pfn:#x} at {at}", [set(b["without"]["killed"]) for b in told], [pids])


def moved(recording):
    """walk-mremap, walk-fork: the naive rule misses exactly the processes that live in a moved VMA."""
    truth = recording.truth
    before, after = recording.mappings("before"), recording.mappings("after")
    forked = {p["pid"] for p in truth["processes"] if p["role"].startswith("child that ksmd has not")}
    moved_pids = {p["pid"] for p in truth["processes"] if p["role"] == "moved its VMA"} | forked
    wanted = {place for place in before if place[0] in moved_pids}
    said, = truth["walks"]
    naive = said["rule"] == "address"
    pfn, = set(before.values())
    walk = recording.episodes("walk")[0]
    rules = rules_of(recording, walk["episode"])
    recording.expect("who was asked, before and after", set(before), set(after))
    recording.expect("processes of the truth", len(wanted), len(truth["processes"]))
    recording.expect("rule, of the name and of the walk", (truth["variant"], walk["rule"]), (said["rule"],) * 2)
    recording.expect("purpose of the first walk", walk["purpose"], "migrate")
    recording.expect("page of the first walk", int(walk["pfn"], 16), pfn)
    recording.expect("mapcount of the first walk", walk["mapcount_before"], len(before))
    recording.expect("mapcount after the first walk", walk["mapcount_after"], said["left_on_old_pfn"])
    recording.expect("missed by address", places(rules["address"]["missed"]), wanted)
    recording.expect("visited by address", rules["address"]["visited"], len(before) - len(wanted))
    for rule in ("whole", "linear"):
        recording.expect(f"missed by {rule}", places(rules[rule]["missed"]), set())
        recording.expect(f"visited by {rule}", rules[rule]["visited"], len(before))
    for rule, result in rules.items():
        recording.expect(f"possibly missed by {rule}", places(result["maybe"]), set())
    # What the recorded rule missed is what pagemap found left behind on the old page.
    stayed = {place for place, at in after.items() if place in wanted and at == pfn}
    recording.expect("left behind", places(rules[walk["rule"]]["missed"]), stayed)
    recording.expect("how many were", (len(stayed), len(wanted) - len(stayed)),
                     (said["left_on_old_pfn"], said["moved"]))
    recording.expect("assert agrees", recording.ask("assert", "walk: missed == 0", statuses=(0, 1))
                     ["summary"]["answer"], not stayed)
    visited = set(before) - stayed
    held(recording, walk, {"visits": visited, "misses": {("address", *place) for place in wanted},
                           "mapcounts": {(len(before), len(stayed))},
                           "walk": {(pfn, "migrate", said["rule"])}})
    what_if_screens(recording, walk, {("address", *place) for place in wanted})
    migration = recording.episodes("migration")[0]
    ok = said["status"] == 1
    recording.expect("pages moved and not", (migration["succeeded"], migration["failed"]), (int(ok), int(not ok)))
    recording.expect("did it move", ok, not naive)
    pages = set(after.values()) - {pfn}
    held(recording, migration, {"migrated": {(int(ok), int(not ok))}, "replaced": {(pfn, page) for page in pages},
                                "unmapped": visited, "mapped": visited,
                                "stays": {(pfn, len(stayed))} if stayed else set()})
    who_maps(recording, walk["begin"] - 1, pfn, {pid for pid, _ in before})


def what_if_screens(recording, walk, missed):
    """x in the stepper names what each rule would miss."""
    for size in SIZES:
        screen = recording.text("snap", "--episode", walk["episode"], "--at", walk["end"], "--size", size,
                                "--keys", recording.keys("x"))
        told = screen_claims(screen, {})
        recording.expect(f"number missed by each rule, in the stepper's what-if at {size}", told.get("nr missed"),
                         {("whole", 0), ("address", len(missed)), ("linear", 0)})
        named = told.get("misses", set())
        recording.expect(f"missed, in the stepper's what-if at {size}", named,
                         missed if len(missed) <= NAMED or size != "80x24" else named & missed)
        recording.expect_true(f"some are named at {size}", named)


def many_vmas(recording):
    """walk-20k: 20,000 VMAs in one anon_vma, 2 or 200 sharers, migrated twice under one rule."""
    truth = recording.truth
    walks = recording.episodes("walk")
    nr_vmas, nr_sharers, nr_changes = recording.noted(
        r"^(\d+) VMAs, (\d+) sharers; the other thread changed its VMAs (\d+) times")
    before, after = recording.mappings("before"), recording.mappings("after")
    migrations = recording.episodes("migration")
    recording.expect("number of migrations", len(migrations), len(truth["walks"]))
    recording.expect("the name's rule", truth["variant"].split("-")[-1].replace("long", "whole"), truth["walks"][0]["rule"])
    for migration, said in zip(migrations, truth["walks"]):
        inside = [w for w in walks if migration["begin"] < w["begin"] < migration["end"]]
        recording.expect(f"purposes of move {said['move']}", [w["purpose"] for w in inside],
                         ["migrate", "remove migration ptes"])
        recording.expect(f"which move episode {migration['episode']} is", migrations.index(migration) + 1, said["move"])
        recording.expect(f"mapcounts of move {said['move']}", [(w["mapcount_before"], w["mapcount_after"]) for w in inside],
                         [(said["mappings"], 0), (0, said["mappings"])])
        recording.expect(f"rules of move {said['move']}", {w["rule"] for w in inside}, {said["rule"]})
        recording.expect("pages moved and not", (migration["succeeded"], migration["failed"]), (1, 0))
        recording.expect_true(f"move {said['move']} took no longer than the system call",
                              0 < migration["duration_ns"] <= said["move_pages_ns"])
        recording.expect("sharers", said["mappings"], nr_sharers)
        held(recording, migration, {"migrated": {(1, 0)}})
    # pagemap knows the page of the first sharer, before and when all was over.
    (place, first), = before.items()
    recording.expect("page of the first walk", int(walks[0]["pfn"], 16), first)
    recording.expect("page of the last walk", int(walks[-1]["pfn"], 16), after[place])
    who_maps(recording, walks[0]["begin"] - 1, first, {place[0]})
    for walk in walks:
        name = f"walk {walk['episode']}"
        rules = rules_of(recording, walk["episode"])
        # Migrating unmaps in pass 1; mapping anew offers everything in both.
        passes = 1 if walk["purpose"] == "migrate" else 2
        for rule, result in rules.items():
            recording.expect(f"visited in {name} by {rule}", result["visited"], nr_sharers)
            recording.expect(f"missed in {name} by {rule}", places(result["missed"]), set())
        recording.expect(f"offered in {name} by linear", rules["linear"]["nr_iteration_total"], passes * nr_sharers)
        recording.expect(f"skipped in {name} by linear", rules["linear"]["skip_mm_mismatch"],
                         (passes - 1) * nr_sharers)
        # Nobody counted the VMAs of the anon_vma at that moment: the rest of the process has a dozen,
        # and each change of the other thread adds or takes one.
        each = rules["whole"]["nr_iteration_total"] / (passes * nr_sharers)
        if nr_sharers > 2 or passes == 1:
            recording.expect_true(f"{each:.0f} VMAs offered for each item in {name} by whole, of {nr_vmas}",
                                  nr_vmas / 2 - nr_changes - 20 <= each <= nr_vmas + nr_changes)
        recording.expect_true(f"all of them told apart in {name}", all(
            r["nr_iteration_total"] == r["visited"] + r["skip_addr_out_of_range"] + r["skip_mm_mismatch"] +
            r["skip_invalid"] for r in rules.values()))


def reclaim(recording):
    """walk-reclaim: every mapping was swapped out, each by an unmap walk that left none."""
    gone, total = recording.noted(r"(\d+) of (\d+) mappings were swapped out")
    unmaps = [w for w in recording.episodes("walk") if w["purpose"] == "unmap" and w["visited"]]
    recording.expect("mappings unmapped", sum(w["mapcount_before"] - w["mapcount_after"] for w in unmaps), gone)
    recording.expect("mapcounts left", {w["mapcount_after"] for w in unmaps}, {0})
    for walk in unmaps:
        for rule, result in rules_of(recording, walk["episode"]).items():
            recording.expect(f"missed in walk {walk['episode']} by {rule}", places(result["missed"]), set())
    # Of one process pagemap saw where its first page was, and that it was nowhere then.
    sharers = {p["pid"] for p in recording.truth["processes"]}
    (place, pfn), = recording.mappings("merged").items()
    recording.expect("where it was", recording.mappings("swapped out"), {place: 0})
    walk, = (w for w in unmaps if int(w["pfn"], 16) == pfn)
    recording.expect("pages times processes", len(unmaps) * len(sharers), total)
    held(recording, walk, {"visits": {(pid, place[1]) for pid in sharers}, "mapcounts": {(len(sharers), 0)},
                           "misses": set(), "walk": {(pfn, "unmap", "linear")}})
    who_maps(recording, recording.episodes("walk")[0]["begin"] - 1, pfn, sharers)
    maps = {(m["pid"], int(m["address"], 16)) for m in recording.items("list", "mappings", "--at", walk["end"])
            if not m["doubtful"]}
    recording.expect("mappings known of that address when it was unmapped", {m for m in maps if m[1] == place[1]}, set())
