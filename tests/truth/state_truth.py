# SPDX-License-Identifier: GPL-2.0-only
"""lifecycle, reasons, numa, stale: why pages are not merged, where they are, and what no item leads to."""

import re


def reasons(recording, pid, at, *words):
    """{reason: pages} over the addresses of a process, and the reasons told of it as a whole."""
    answer = recording.ask("why-not-merged", "--pid", pid, "--at", at, *words, statuses=(0, 2))
    pages, whole = {}, {}
    for item in answer["items"] if answer else []:
        if item["scope"] == "range":
            pages[item["reason"]] = pages.get(item["reason"], 0) + item["pages"]
        else:
            whole[item["reason"]] = item["pages"]
    return (pages, whole) if answer else None


def lifecycle(recording):
    """traces/lab/scenario/lifecycle.c: 64 pages each, half equal, a quarter in pairs, a quarter their own."""
    pid = {p["role"]: p["pid"] for p in recording.truth["processes"]}
    ends = [s["end"] for s in recording.episodes("scan") if s["ended"]]
    at = {role: [reasons(recording, number, end) for end in ends] for role, number in pid.items()}

    def ever(role, reason, nr):
        seen = [r[0].get(reason, 0) for r in at[role] if r]
        recording.expect_true(f"{role}: {nr} pages {reason} after some scan, there were {sorted(set(seen))}",
                              nr in seen)

    first = recording.episodes("scan")[0]
    recording.expect("before the first scan", reasons(recording, pid["forker"], first["begin"] - 1)[0],
                     {"not-scanned": 64})
    recording.expect("after the first scan", at["forker"][0][0], {"not-twice": 64})
    ever("forker", "shared", 48)
    ever("forker", "unique", 16)
    recording.expect("the forker's own pages in the end", at["forker"][-1][0], {"shared": 48, "smart-skip": 16})
    ever("zero", "zero-page", 64)
    recording.expect("zero pages of the whole process in the end",
                     reasons(recording, pid["zero"], "end")[1].get("zero-page"), 64)
    ever("volatile", "changing", 1)
    ever("pinned", "write-protect", 4)
    # Every other page was written to, and has contents of its own since.
    recording.expect("the writer's pages shared in the end", at["writer"][-1][0].get("shared"), 24)
    # kpagecount knew how many of those were merged: they are among the first 48 pages. Of the last 16, which nobody
    # shares, smart scan passes over those that were written to or not, by how many scans there were before.
    written = re.search(r"the writer writes to (\d+) merged pages", recording.truth["notes"])
    if written:     # older recordings do not say
        ranges = recording.ask("why-not-merged", "--pid", pid["writer"], "--at", ends[0])["items"]
        begin = min(int(r["start"], 16) for r in ranges if r["scope"] == "range")
        area = f"{begin:#x}-{begin + 48 * 4096:#x}"
        at["writer's first 48"] = [reasons(recording, pid["writer"], end, "--range", area) for end in ends]
        ever("writer's first 48", "changing", int(written.group(1)))
    # It unmapped half of its pages: nothing is told of them.
    recording.expect("the unmapper's pages in the end", at["unmapper"][-1][0], {"shared": 16, "smart-skip": 16})
    recording.expect("the unmerger's pages in the end", at["unmerger"][-1][0], {"not-in-ksm": 64})
    recording.expect_true("the execer is not in KSM", "not-in-ksm" in at["execer"][-1][1])
    recording.expect_true("none of its pages is shared", "shared" not in at["execer"][-1][0])
    recording.expect("the exiter in the end", at["exiter"][-1], None)
    stopped = reasons(recording, pid["forker"], "end")[1]
    recording.expect_true("KSM is stopped in the end", "stopped" in stopped)
    # A sample of before says that it is stopped: a scan since then knows better.
    recording.expect_true("KSM is not stopped while it scans",
                          all("stopped" not in r[1] for r in at["forker"][:-1] if r))


def rarer_reasons(recording):
    """traces/lab/scenario/reasons.c: at the moment that its truth names, each process's pages and why."""
    pid = {p["role"]: p["pid"] for p in recording.truth["processes"]}
    said = re.findall(r"([\w ]+): (\d+) pages ([\w -]+) in (0x\w+-0x\w+) at (\d+)", recording.truth["notes"])
    told = {}
    for role, nr, reason, area, ns in said:
        told[role] = reasons(recording, pid[role.strip()], f"{int(ns) / 1e9:.9f}", "--absolute", "--range", area)[0]
        if " or " not in reason:
            recording.expect(f"{role}: pages {reason}, of {told[role]}", told[role].get(reason), int(nr))
    recording.expect("roles that the truth tells of", len(told), len(pid) - 2)
    # ksmd meets the one before the other, and finds its own page in the unstable tree then.
    recording.expect("parent and child", sorted(map(str, (told[" parent"], told[" forked child"]))),
                     sorted(map(str, ({"unique": 2}, {"failure": 2}))))
    # The stock tracepoint counted the merges that failed while a thread kept writing.
    failed = int(re.search(r"always written: merges failed (\d+) times", recording.truth["notes"]).group(1))
    mm = recording.items("show", f"pid:{pid['always written']}")[0]["mm"]
    outcomes = [e["fields"]["outcome"] for e in recording.items("events", "--filter", f"item_scan: mm == {mm}")]
    recording.expect("merges that failed under a writer", sum(o in (6, 7, 8) for o in outcomes), failed)
    recording.expect_true("one of them since the contents changed", 8 in outcomes)


def numa(recording):
    """Pages on the memory nodes where pagemap and move_pages saw them, one moment after the other."""
    chain = recording.truth["mappings"]
    pids = sorted({m["pid"] for m in chain})
    seen = {}       # (pid, address) -> the pfns of its item, in order
    for event in [1] + [e["event"] for e in recording.items(
            "events", "--filter", "node_kpfn,item_append,item_detach,dump_end: 1")]:
        for item in recording.items("list", "items", "--at", event):
            if item["state"] == "stable" and item["pid"] in pids:
                pfns = seen.setdefault((item["pid"], int(item["address"], 16)), [])
                if not pfns or pfns[-1] != item["pfn"]:
                    pfns.append(item["pfn"])
    wanted = {}
    for mapping in chain:
        pfns = wanted.setdefault((mapping["pid"], int(mapping["address"], 16)), [])
        if not pfns or pfns[-1] != mapping["pfn"]:
            pfns.append(mapping["pfn"])
    for place, pfns in wanted.items():
        recording.expect(f"pages of {place[0]} at {place[1]:#x}", seen.get(place), pfns)
    moved = [m for m in recording.episodes("migration")]
    recording.expect("pages migrated", sum(m["succeeded"] for m in moved), 2)
    recording.expect("stable nodes with a new page", sum(m["moved_nodes"] for m in moved), 2)


def stale(recording):
    """A child's mapping that no item leads to: the first migration leaves it, the second does not."""
    states = [m for m in recording.truth["mappings"]]
    pid, address = states[0]["pid"], int(states[0]["address"], 16)
    pfns = [m["pfn"] for m in states]
    first, second = recording.episodes("migration")
    walks = recording.episodes("walk")
    for walk in walks:
        during = first if first["begin"] < walk["begin"] < first["end"] else second
        if walk["purpose"] != "migrate":
            continue
        rules = {i["rule"]: i for i in recording.items("whatif", "--walk", walk["episode"])}
        if walk["pfn"] != pfns[0]:
            continue
        if during is first:
            recording.expect(f"mapcount that walk {walk['episode']} leaves", walk["mapcount_after"],
                             walk["mapcount_before"])
            for rule, result in rules.items():
                told = {(m["pid"], int(m["address"], 16)) for m in result["missed"]}
                recording.expect_true(f"the child's mapping is missed by {rule} in walk {walk['episode']}",
                                      (pid, address) in told)
                recording.expect(f"mappings missed by {rule} in walk {walk['episode']}", len(told),
                                 walk["mapcount_before"])
                recording.expect(f"maybe missed by {rule} in walk {walk['episode']}", result["maybe"], [])
        else:
            recording.expect(f"walk {walk['episode']} leaves no mapcount", walk["mapcount_after"], 0)
            recording.expect("missed by linear", rules["linear"]["missed"], [])
    for migration, stays in ((first, True), (second, False)):
        lines = [i["text"] for i in recording.items("explain", migration["episode"])]
        name = f"the story of migration {migration['episode']}"
        recording.expect(f"{name} says that the page stayed", any("stayed where it was" in l for l in lines), stays)
        recording.expect(f"{name} names the mapping that stayed",
                         any(f"(stale {pid}) at {address:#x}: no item is known to lead to it" in l for l in lines),
                         stays)
    recording.expect("pages moved by the first migration", first["succeeded"], int(pfns[1] != pfns[0]))
    recording.expect("pages moved by the second migration", second["succeeded"], int(pfns[2] != pfns[1]))
    items = [i for i in recording.items("list", "items", "--at", second["end"]) if i["pid"] == pid and
             int(i["address"], 16) == address]
    recording.expect("the child's item after the second migration", [i["pfn"] for i in items], [pfns[2]])
