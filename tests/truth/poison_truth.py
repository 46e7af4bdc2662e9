# SPDX-License-Identifier: GPL-2.0-only
"""Memory failures: dup chosen, mappings moved, processes killed, in JSON, stories and screens; blast's forecast."""
import os
import re

from claims import held

# How the recovery of the page that was made to fail ends, by what the scenario does to it (scenario/poison.c).
OUTCOMES = {"poison-kill": "recovery is off", "poison-no-dup": "no chain", "poison-copy-fails": "no healthy dup",
            "poison-busy": "ksm_thread_mutex not got in time"}


ROWS = 6        # for processes at 80x24; of more there is a count


class Deaths:
    """What the truth file knows of processes: who got how many SIGBUS, and at once or by a touch."""

    def __init__(self, truth):
        self.nr = {p["pid"]: p["sigbus"] for p in truth["processes"] if p["sigbus"]}
        self.hit = set(self.nr)
        self.lost = {p["pid"] for p in truth["processes"] if not p.get("contents_ok", True)}
        self.early = {p["pid"] for p in truth["processes"] if p["role"].startswith("early")}
        # A child that no item knows is in no mapping of the truth file: it is the one of another role.
        self.strangers = {p["pid"] for p in truth["processes"] if not p["role"].startswith(("early", "late"))}

    def signals(self, pids):
        """The claims about SIGBUS: at once to who asked for it, one more for each touch."""
        return {"signalled": {(pid,) for pid in pids}, "all signals": {(pid, self.nr[pid]) for pid in pids},
                "touched": {(pid, self.nr[pid] - (pid in self.early)) for pid in pids}}


def moves_of(recording, episode, target):
    """The claims about mappings that were moved; `target`: {(pid, address): pfn} of where they are in the end."""
    fresh = "dup" if recording.name == "poison-alloc-fails" else "copy"     # no memory for a fresh page
    wanted = {"moves": {(pid,) for pid, _ in target}, "moves at": set(target), "moves to a": {(fresh,)} if target else set()}
    later = [m for m in recording.episodes("migration") if m["begin"] > episode["end"] and m["moved_nodes"]]
    if not later:       # else the page has moved on, and no truth tells where it was in between
        wanted["moves to"] = {(pid, pfn) for (pid, _), pfn in target.items()}
    return wanted


def one_recovery(recording, episode, pfn, victims, dup, failed):
    """`victims`: {pid: (address, the page that the truth saw there after)}; `failed`: pages that failed before."""
    deaths = Deaths(recording.truth)
    dead = deaths.hit & set(victims)
    moved = set(victims) - dead
    recording.expect("page that failed", int(episode["pfn"], 16), pfn)
    recording.expect("mappings of the page that failed", episode["mapcount_before"], len(victims))
    recording.expect("mappings moved", episode["moved"], len(moved))
    recording.expect("mappings not moved", episode["failed"], len(dead))
    recording.expect("outcome", episode["outcome"], OUTCOMES.get(recording.name, "recovered"))
    recording.expect("a fresh page", int(episode["fresh_pfn"] or "0", 16) not in (0, dup),
                     bool(moved) and recording.name != "poison-alloc-fails")
    target = {(pid, place): after for pid, (place, after) in victims.items() if pid in moved}
    # A copy that failed was of a dup that looked healthy.
    chosen = {(dup,)} if moved or recording.name == "poison-copy-fails" and dup not in failed else set()
    wanted = {"failing": {(pfn, len(victims))}, "chosen": chosen,
              "came to": {(len(moved), len(dead))}, **moves_of(recording, episode, target), **deaths.signals(dead)}
    partly = set() if moved else {"came to"}
    if len(victims) > ROWS:
        partly |= {("80x24", "signalled"), ("80x24", "all signals")}
    held(recording, episode, wanted, partly)
    for (pid, place), after in target.items():
        now = {i["pid"]: int(i["pfn"], 16) for i in recording.items("list", "items") + recording.items("list", "mappings")
               if i["pid"] == pid and int(i["address"], 16) == place and i.get("state", "stable") == "stable"}
        recording.expect(f"where {pid} is in the end", now.get(pid), after)
    kill_list(recording, pfn, dead, deaths)
    return dead


def kill_list(recording, pfn, dead, deaths):
    """Early ones are on it and told at once, the others map the page and find out with their touch."""
    lists = [e for e in recording.episodes("kill-list") if int(e["pfn"], 16) == pfn]
    recording.expect(f"kill lists of {pfn:#x}", len(lists), int(bool(dead)))
    for episode in lists:
        early = dead & deaths.early
        recording.expect("on the list, covering, mapping", (episode["tasks"], episode["covering"], episode["mapping"]),
                         (len(early),) * 3)
        held(recording, episode, {"listed": {(pid,) for pid in early}, "nr listed": {(len(early),)},
                                  "unlisted": {(pid,) for pid in dead - early}})


def hindsight(recording, episode, victims, dead):
    """blast, asked right before the failure by somebody who knows how it went: that, and nothing else."""
    later = recording.items("blast", "--pfn", episode["pfn"], "--at", episode["begin"] - 1, "--hindsight")[0]
    recording.expect("blast with hindsight: who maps it", set(later["without"]["killed"]), victims)
    recording.expect("blast with hindsight: who might", later["maybe"], [])
    if episode["outcome"] == "recovery is off":    # what it would have come to, nobody has seen
        recording.expect("blast with hindsight: foretold", (later["recovery"], later["evidence"], later["doubtful"]),
                         (None, "M", bool(later["with"]["moved"])))
        return
    recording.expect("blast with hindsight: moved", set(later["with"]["moved"]), victims - dead)
    recording.expect("blast with hindsight: killed", set(later["with"]["killed"]), dead)
    recording.expect("blast with hindsight: certain", (later["recovery"], later["evidence"], later["doubtful"]),
                     (episode["episode"], "T", False))
    ranked = recording.items("blast", "--top", 1000, "--at", episode["begin"] - 1, "--hindsight")
    recording.expect("blast with hindsight: the same in the ranking",
                     [b for b in ranked if b["pfn"] == episode["pfn"]], [later] if victims else [])


def forecast(recording, episode, pfn, victims, dup):
    """blast, asked right before the failure."""
    outcome = OUTCOMES.get(recording.name, "recovered")
    told = recording.items("blast", "--pfn", hex(pfn), "--at", episode["begin"] - 1)[0]
    recording.expect("blast: killed without recovery", set(told["without"]["killed"]), victims)
    recording.expect("blast: everyone has one fate",
                     (set(told["with"]["moved"]) | set(told["with"]["killed"]),
                      set(told["with"]["moved"]) & set(told["with"]["killed"])), (victims, set()))
    if outcome == "recovered":
        recording.expect("blast: moved with recovery", set(told["with"]["moved"]), victims)
        recording.expect("blast: healthy dup", int(told["healthy_pfn"], 16), dup)
    elif outcome == "no chain":
        recording.expect("blast: killed with recovery", set(told["with"]["killed"]), victims)
        recording.expect("blast: no dup", (told["chain"], told["healthy_dup"]), (None, None))
    # A copy that fails, a mutex that is not had, recovery switched off: nothing foretells them, so whoever
    # is said to move is said so with doubt.
    recording.expect("blast: doubtful where somebody moves", told["doubtful"],
                     bool(told["with"]["moved"] or told["maybe"]))
    recording.expect("blast: the sure ones do map it", set(told["without"]["killed"]) - set(told["maybe"]) - victims,
                     set())
    # The page that kills most stands first, and this one is among them.
    ranked = recording.items("blast", "--top", 1000, "--at", episode["begin"] - 1)
    recording.expect_true("blast: ranked", [len(b["without"]["killed"]) for b in ranked] ==
                          sorted((len(b["without"]["killed"]) for b in ranked), reverse=True))
    recording.expect_true("blast: the page is among the ranked", any(int(b["pfn"], 16) == pfn for b in ranked))


def recovery(recording):
    """Eight sharers of a page and its dup; the dup fails as well where its copy does."""
    before, after = recording.mappings("before"), recording.mappings("after")
    victim, nr_victims, nr_hit, nr_lost, nr_moved = recording.noted(
        r"victim (0x\w+), mapped by (\d+); (\d+) got SIGBUS, (\d+) lost their contents, (\d+) were moved")
    deaths = Deaths(recording.truth)
    recoveries = recording.episodes("recovery")
    recording.expect("strangers, and who is in a mapping", deaths.strangers & {pid for pid, _ in before}, set())
    recording.expect("whose pages the truth saw, before and after", set(before), set(after))
    then = {(i["pid"], int(i["address"], 16)): int(i["pfn"], 16) for i in
            recording.items("list", "items", "--at", recoveries[0]["begin"] - 1) if i["state"] == "stable"}
    recording.expect("items before the failure", {place: then.get(place) for place in before}, before)
    # The pages that failed: the one that was made to, and the other if all who mapped it lost it.
    pages = [victim] + sorted(pfn for pfn in set(before.values()) - {victim}
                              if all(pid in deaths.hit for (pid, _), at in before.items() if at == pfn))
    recording.expect("number of recoveries", len(recoveries), len(pages))
    told_dead = set()
    for i, (episode, pfn) in enumerate(zip(recoveries, pages)):
        victims = {pid: (place, after[pid, place]) for (pid, place), at in before.items() if at == pfn}
        if i == 0:      # it was moved with its parent, to the same page
            victims.update({pid: next(iter(victims.values())) for pid in deaths.strangers})
        if i == 0:
            recording.expect("mapped by", len(victims), nr_victims)
        dups = set(before.values()) - {pfn}
        dup = dups.pop() if dups else None
        dead = one_recovery(recording, episode, pfn, victims, dup, pages[:i])
        before_it, after_it = ({i["name"]: i["value"] for i in recording.items("report", "--at", at) if i["section"] == "counter"}
                            for at in (episode["begin"] - 1, episode["end"]))
        recording.expect("merged and removed by whom a recovery moves", [after_it[n] - before_it[n] for n in ("merges", "removals")], [0, 0])
        forecast(recording, episode, pfn, set(victims), dup)
        hindsight(recording, episode, set(victims), dead)
        if dup and dup not in pages:    # from its failure on the page is no dup to copy for the other
            for at, known in ((at, known) for at in (episode["begin"], episode["end"]) for known in ((), ("--hindsight",))):
                told, = recording.items("blast", "--pfn", hex(dup), "--at", at, *known)
                recording.expect_true(f"blast of the dup at {at} {known}: not to be copied from {pfn:#x}",
                                      told["healthy_pfn"] != hex(pfn))
        told_dead |= dead
        # A child that ksmd has not met shares the page that it was moved to all the same.
        for pid in sorted((set(victims) - dead) & deaths.strangers):
            told = recording.items("why-not-merged", "--pid", pid, "--at", episode["end"])
            recording.expect(f"why the child {pid} does not share", {i["reason"] for i in told if i["scope"] == "range"},
                             {"no-item"})
    recording.expect("moved in all", sum(e["moved"] for e in recoveries), nr_moved)
    recording.expect("lost in all", sum(e["failed"] for e in recoveries), nr_hit)
    recording.expect("who lost the contents", told_dead, deaths.lost)
    recording.expect("how many did", len(told_dead), nr_lost)
    if recording.name == "poison-dump":
        dumps(recording)


def dumps(recording):
    """One dump took too long, one gave way to recovery; all others are whole."""
    said = recording.noted(r"the slow dump said ([^,]+), the other ([^;]+)")
    number = {os.strerror(e): e for e in range(1, 134)}
    results = [e["fields"]["result"] for e in recording.items("events", "--filter", "dump_end: 1")]
    recording.expect("dumps that were not whole", [r for r in results if r], [-number[text] for text in said])


def search(recording):
    """Many nodes: what each recovery visited, and where the first sharer's page went.  The notes say how."""
    before, after = recording.mappings("before"), recording.mappings("after")
    recoveries = recording.episodes("recovery")
    ways = re.findall(r"(\S+): the failure took ([\d.]+) ms", recording.truth["notes"])
    nodes, = recording.noted(r"^(\d+) stable nodes")
    deaths = Deaths(recording.truth)
    if recording.has_dump():
        recording.expect("stable nodes", sum(n["kind"] != "chain" for n in recording.items("list", "nodes")), nodes)
    recording.expect("number of recoveries", (len(recoveries), len(ways)), (len(before), len(before)))
    recording.expect("who was hurt", (deaths.hit, deaths.lost), (set(), set()))
    for i, (episode, (way, ms), (place, old)) in enumerate(zip(recoveries, ways, sorted(before.items()))):
        recording.expect("page that failed", int(episode["pfn"], 16), old)
        recording.expect("outcome", episode["outcome"], "recovered")
        recording.expect("where it went", int(episode["fresh_pfn"], 16), after[place])
        # max_page_sharing of the eight sharers map this page, the others its dup; all live on.
        sharers = {p["pid"] for p in recording.truth["processes"]}
        nr = recording.truth["counters"]["max_page_sharing"]
        recording.expect("mappings, moved, not moved", (episode["mapcount_before"], episode["moved"], episode["failed"]),
                         (nr, nr, 0))
        recording.expect_true("it took no longer than the failure as a whole",
                              0 < episode["duration_ns"] <= float(ms) * 1e6)
        wanted = {"failing": {(old, nr)}, "came to": {(nr, 0)}, **deaths.signals(set())}
        held(recording, episode, wanted)
        if recording.has_dump():    # it says whose the mms are
            moved = {int(m) for line in recording.story(episode["episode"])
                     for m in re.findall(r"\(\S+ (\d+)\) at 0x\w+ maps pfn 0x\w+ now", line)}
            recording.expect("the sharer was moved, with others", (place[0] in moved, moved <= sharers, len(moved)),
                             (True, True, nr))
        if way.endswith(("search", "posted")):
            # In order of contents: all nodes and chains, but for the chains with two dups of the pages
            # in front of this one, which sort behind it.
            recording.expect(f"nodes visited, of {nodes}", episode["chain_nodes"], nodes + len(before) - 3 * i)
        else:
            recording.expect("nodes visited through the dup's own pointer", episode["chain_nodes"], 1)


def swap(recording):
    """poison-swap: of four sharers one maps the failing page, the others' swap entries lead to it."""
    episode = recording.episodes("recovery")[-1]
    then, after = recording.mappings("in the swap cache"), recording.mappings("after")
    mapped = {pid for (pid, _), pfn in then.items() if pfn}
    pfn, = {pfn for pfn in then.values() if pfn}
    dup, = {pfn for (pid, _), pfn in after.items() if pid not in {p for p, _ in then}}
    deaths = Deaths(recording.truth)
    nr_hit, nr_sharers, nr_intact = recording.noted(r"; (\d+) of (\d+) got SIGBUS, (\d+) have their contents")
    recording.expect("sharers that the truth did not see again", set(then) - set(after), set())
    recording.expect("page that failed", int(episode["pfn"], 16), pfn)
    recording.expect("outcome", episode["outcome"], "some mappings not moved")
    recording.expect("mapcount before and after", (episode["mapcount_before"], episode["mapcount_after"]),
                     (len(mapped), 0))
    recording.expect("mappings moved and not moved", (episode["moved"], episode["failed"]), (len(mapped), 0))
    recording.expect("chosen dup", int(episode["chosen_pfn"], 16), dup)
    recording.expect("who got SIGBUS, of how many, who did not", (nr_hit, nr_sharers, nr_intact),
                     (len(deaths.hit), len(after), len(after) - len(deaths.lost)))
    target = {at: after[at] for at, page in then.items() if page}
    held(recording, episode, {"failing": {(pfn, len(mapped))}, "chosen": {(dup,)}, "came to": {(len(mapped), 0)},
                              **moves_of(recording, episode, target), **deaths.signals(deaths.hit)})
    kill_list(recording, pfn, deaths.hit, deaths)
    # Where the swap entries went is untraced: nobody may die for certain but who mapped the page.
    told = recording.items("blast", "--pfn", episode["pfn"], "--at", episode["begin"] - 1)[0]
    recording.expect("blast: killed for certain without recovery",
                     set(told["without"]["killed"]) - set(told["maybe"]) - mapped, set())
    recording.expect("blast: who may be killed without recovery", mapped - set(told["without"]["killed"]), set())
    hindsight(recording, episode, mapped, deaths.hit)
    later = recording.items("blast", "--pfn", episode["pfn"], "--at", episode["begin"] - 1, "--hindsight")[0]
    recording.expect("blast with hindsight: items of those who did not map it", later["not_mapped"],
                     len([pid for (pid, _), page in then.items() if not page]))


def collapse(recording):
    """One copy of 512 fails: all is put back, nobody is killed until the touch."""
    bad, early, intact, nr_bus = recording.noted(r"bad page is number (\d+); SIGBUS before any touch: (\d+); "
                                                 r"(\d+) pages intact, (\d+) gave SIGBUS")
    attempts = recording.episodes("collapse")
    attempt = attempts[0]
    hit = {p["pid"]: p["sigbus"] for p in recording.truth["processes"] if p["sigbus"]}
    recording.expect("collapsed", [a["collapsed"] for a in attempts], [False] * len(attempts))
    recording.expect("pages isolated, copied before the bad one, failed, put back",
                     (attempt["isolated"], attempt["copied"], attempt["copy_failed"], attempt["rolled_back"]),
                     (intact + nr_bus, bad, nr_bus, intact + nr_bus))
    recording.expect("shmem", attempt["shmem"], recording.truth["variant"] == "shmem")
    recording.expect("recoveries and kill lists", (recording.episodes("recovery"), recording.episodes("kill-list")),
                     ([], []))
    held(recording, attempt, {"bad page": {(bad,)}, "given up": {("copy_poisoned_page",)},
                              "sub-pages": {(intact + nr_bus, bad, nr_bus, intact + nr_bus)},
                              "signalled": {(pid,) for pid in hit}})
    later = [line for line in recording.story(attempt["episode"]) if line.startswith("SIGBUS goes to")]
    recording.expect("SIGBUS before any touch, and by a touch", (sum(" later" not in line for line in later),
                     sum(" later" in line for line in later)), (early, sum(hit.values())))
