# SPDX-License-Identifier: GPL-2.0-only
"""Memory failures: dup chosen, mappings moved, processes killed, and blast's forecast of them."""
import re


def story(recording, episode):
    return [i["text"] for i in recording.items("explain", episode)]


def moves(lines):
    """{pid: pfn} of the mappings that a recovery's story says were moved."""
    told = {}
    for line in lines:
        match = re.match(r"mm \w+ \(.* (\d+)\) at 0x\w+ maps pfn 0x(\w+) now", line)
        if match:
            told[int(match.group(1))] = int(match.group(2), 16)
    return told


def listed(lines):
    return {int(m.group(1)) for m in (re.match(r".* \(pid (\d+)\) is put on the kill list", l) for l in lines) if m}


def signalled(lines):
    return {int(m.group(1)) for m in (re.match(r"SIGBUS goes to .* \(pid (\d+)\)", l) for l in lines) if m}


def last_moves(recording, lines, address):
    """Migrations behind a recovery move the fresh page on: where its mappings are in the end."""
    items = {i["pid"]: int(i["pfn"], 16) for i in recording.items("list", "items")
             if i["state"] == "stable" and int(i["address"], 16) == address}
    return {pid: items.get(pid, pfn) for pid, pfn in moves(lines).items()}


def one_recovery(recording, episode, victims, before, after):
    """`victims`: the pids whose page failed, children that no item knows included."""
    truth = recording.truth
    hit = {p["pid"] for p in truth["processes"] if p["sigbus"]}
    lines = story(recording, episode["episode"])
    dead, moved = hit & victims, victims - hit
    recording.expect("pids moved", set(moves(lines)), moved)
    recording.expect("mappings moved", episode["moved"], len(moved))
    recording.expect("mappings not moved", episode["failed"], len(dead))
    for (pid, address), pfn in after.items():
        if pid in moved:
            recording.expect(f"where {pid} was moved to", last_moves(recording, lines, address).get(pid), pfn)
    # Early ones are on the kill list, and are told at once; the others find out with their touch.
    early = {p["pid"] for p in truth["processes"] if p["role"].startswith("early") and p["pid"] in dead}
    lists = [e for e in recording.episodes("kill-list") if e["pfn"] == episode["pfn"]]
    recording.expect("on the kill list", set().union(*[listed(story(recording, e["episode"])) for e in lists]),
                     early)
    # Signals carry no page: the story attributes them.
    recording.expect("who got SIGBUS", signalled(lines), dead)


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


def forecast(recording, episode, pfn, victims, dead):
    """blast, asked right before the failure."""
    outcome = episode["outcome"]
    told = recording.items("blast", "--pfn", hex(pfn), "--at", episode["begin"] - 1)[0]
    recording.expect("blast: killed without recovery", set(told["without"]["killed"]), victims)
    recording.expect("blast: everyone has one fate",
                     (set(told["with"]["moved"]) | set(told["with"]["killed"]),
                      set(told["with"]["moved"]) & set(told["with"]["killed"])), (victims, set()))
    if outcome == "recovered":
        recording.expect("blast: moved with recovery", set(told["with"]["moved"]), victims)
        recording.expect("blast: healthy dup", told["healthy_pfn"], episode["chosen_pfn"])
    elif outcome == "no chain":
        recording.expect("blast: killed with recovery", set(told["with"]["killed"]), victims)
        recording.expect("blast: no dup", (told["chain"], told["healthy_dup"]), (None, None))
    # A copy that fails, a mutex that is not had, recovery switched off: nothing foretells them, so whoever
    # is said to move is said so with doubt.
    recording.expect("blast: doubtful where somebody moves", told["doubtful"],
                     bool(told["with"]["moved"] or told["maybe"]))
    recording.expect("blast: the sure ones do map it", set(told["without"]["killed"]) - set(told["maybe"]) - victims,
                     set())
    hindsight(recording, episode, victims, dead)
    # The page that kills most stands first, and this one is among them.
    ranked = recording.items("blast", "--top", 1000, "--at", episode["begin"] - 1)
    recording.expect_true("blast: ranked", [len(b["without"]["killed"]) for b in ranked] ==
                          sorted((len(b["without"]["killed"]) for b in ranked), reverse=True))
    recording.expect_true("blast: the page is among the ranked", any(int(b["pfn"], 16) == pfn for b in ranked))


def recovery(recording):
    truth = recording.truth
    before, after = recording.mappings("before"), recording.mappings("after")
    recoveries = recording.episodes("recovery")
    if recording.name.startswith("poison-search"):
        search(recording, recoveries, before, after)
        return
    notes = re.match(r"victim (0x\w+), mapped by (\d+); (\d+) got SIGBUS, \d+ lost their contents, (\d+) were "
                     "moved", truth["notes"])
    victim, nr_victims, nr_hit, nr_moved = int(notes.group(1), 16), *map(int, notes.group(2, 3, 4))
    recording.expect("page that failed first", int(recoveries[0]["pfn"], 16), victim)
    recording.expect("mapcount of the victim", recoveries[0]["mapcount_before"], nr_victims)
    recording.expect("moved in all", sum(e["moved"] for e in recoveries), nr_moved)
    recording.expect("lost in all", sum(e["failed"] for e in recoveries), nr_hit)
    # A child that no item knows is in no mapping of the truth file: it is the one of another role.
    strangers = {p["pid"] for p in truth["processes"] if not p["role"].startswith(("early", "late"))}
    for i, episode in enumerate(recoveries):
        pfn = int(episode["pfn"], 16)
        victims = {pid for (pid, _), at in before.items() if at == pfn} | (strangers if i == 0 else set())
        one_recovery(recording, episode, victims, before, after)
        dead = {p["pid"] for p in truth["processes"] if p["sigbus"]} & victims
        forecast(recording, episode, pfn, victims, dead)
        # A child that ksmd has not met shares the page that it was moved to all the same.
        for pid in sorted((victims - dead) & strangers):
            told = recording.items("why-not-merged", "--pid", pid, "--at", episode["end"])
            recording.expect(f"why the child {pid} does not share", {i["reason"] for i in told if i["scope"] == "range"},
                             {"no-item"})
    others = set(before.values()) - {victim}
    chosen = recoveries[0]["chosen_pfn"]
    if recoveries[0]["outcome"] == "recovered":
        recording.expect("chosen dup", {int(chosen, 16)}, others)
    else:
        recording.expect("no dup chosen", recoveries[0]["moved"], 0)


def search(recording, recoveries, before, after):
    """Many nodes: what each recovery visited, and where the first sharer's page went.  The notes say how."""
    ways = re.findall(r"(\S+): the failure took", recording.truth["notes"])
    nodes = int(re.match(r"(\d+) stable nodes", recording.truth["notes"]).group(1))
    recording.expect("number of recoveries", (len(recoveries), len(ways)), (len(before), len(before)))
    for i, (episode, way, (place, old)) in enumerate(zip(recoveries, ways, sorted(before.items()))):
        recording.expect("page that failed", int(episode["pfn"], 16), old)
        recording.expect("outcome", episode["outcome"], "recovered")
        recording.expect("where it went", int(episode["fresh_pfn"], 16), after[place])
        told = moves(story(recording, episode["episode"]))
        if recording.has_dump():    # it says whose the mms are
            recording.expect("the sharer was moved", told.get(place[0]), after[place])
        if way.endswith(("search", "posted")):
            # In order of contents: all nodes and chains, but for the chains with two dups of the pages
            # in front of this one, which sort behind it.
            recording.expect(f"nodes visited, of {nodes}", episode["chain_nodes"], nodes + len(before) - 3 * i)
        else:
            recording.expect("nodes visited through the dup's own pointer", episode["chain_nodes"], 1)


def swap(recording):
    """poison-swap: of four sharers one maps the failing page, the others' swap entries lead to it."""
    truth, episode = recording.truth, recording.episodes("recovery")[-1]
    then, after = recording.mappings("in the swap cache"), recording.mappings("after")
    mapped = {pid for (pid, _), pfn in then.items() if pfn}
    hit = {p["pid"] for p in truth["processes"] if p["sigbus"]}
    lines = story(recording, episode["episode"])
    recording.expect("page that failed", {int(episode["pfn"], 16)}, {pfn for pfn in then.values() if pfn})
    recording.expect("outcome", episode["outcome"], "some mappings not moved")
    recording.expect("mapcount before and after", (episode["mapcount_before"], episode["mapcount_after"]),
                     (len(mapped), 0))
    recording.expect("pids moved", set(moves(lines)), mapped)
    recording.expect("mappings moved and not moved", (episode["moved"], episode["failed"]), (len(mapped), 0))
    recording.expect("chosen dup", {int(episode["chosen_pfn"], 16)},
                     {pfn for (pid, _), pfn in after.items() if pid not in {p for p, _ in then}})
    for (pid, address), pfn in after.items():
        if pid in mapped:
            recording.expect(f"where {pid} was moved to", last_moves(recording, lines, address).get(pid), pfn)
    recording.expect("who got SIGBUS", signalled(lines), hit)
    # Where the swap entries went is untraced: nobody may die for certain but who mapped the page.
    told = recording.items("blast", "--pfn", episode["pfn"], "--at", episode["begin"] - 1)[0]
    recording.expect("blast: killed for certain without recovery",
                     set(told["without"]["killed"]) - set(told["maybe"]) - mapped, set())
    recording.expect("blast: who may be killed without recovery", mapped - set(told["without"]["killed"]), set())
    hindsight(recording, episode, mapped, hit)
    later = recording.items("blast", "--pfn", episode["pfn"], "--at", episode["begin"] - 1, "--hindsight")[0]
    recording.expect("blast with hindsight: items of those who did not map it", later["not_mapped"],
                     len([pid for (pid, _), pfn in then.items() if not pfn]))


def collapse(recording):
    """One copy of 512 fails: all is put back, nobody is killed until the touch."""
    bad = int(re.match(r"bad page is number (\d+)", recording.truth["notes"]).group(1))
    attempt = recording.episodes("collapse")[0]
    lines = story(recording, attempt["episode"])
    recording.expect("collapsed", attempt["collapsed"], False)
    recording.expect("copied before the bad one", attempt["copied"], bad)
    recording.expect("copies failed", attempt["copy_failed"], 1)
    recording.expect("the bad page", [int(m.group(1)) for m in
                     (re.match(r"Copying page (\d+) .* meets poison", l) for l in lines) if m], [bad])
    recording.expect("why it was given up", [m.group(1) for m in (re.search(r"given up, scan_result (\w+) ", l)
                     for l in lines) if m], ["copy_poisoned_page"])
    recording.expect("shmem", attempt["shmem"], recording.truth["variant"] == "shmem")
    recording.expect("recoveries and kill lists", (recording.episodes("recovery"), recording.episodes("kill-list")),
                     ([], []))
    recording.expect("who got SIGBUS", signalled(lines), {p["pid"] for p in recording.truth["processes"] if p["sigbus"]})
