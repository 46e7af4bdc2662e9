# SPDX-License-Identifier: GPL-2.0-only
"""lifecycle, reasons, power-cut: why pages are not merged, and what is left of a recording that was cut off."""

import re

from claims import held

OUTCOMES = ("merged", "already merged", "checksum changed", "smart scan skip", "zero page", "other nid",
            "write-protect failed", "lock failed", "changed under merge", "kept unstable", "huge page split",
            "no anonymous page", "no memory", "other failure")
TOLD = 4    # scans of a recording whose stories are read: the first and the last ones


def every_scan(recording):
    """ksmd's scans as another decoder has them; what each came to for each process, as the kernel summed it."""
    pids, scans = {}, []
    for number, (name, e) in enumerate(recording.kernel_log(), 1):
        if name == "ksm_start_scan":
            scans.append({"seqnr": e["seq"], "begin": number, "end": None, "sums": set()})
        elif name == "ksm_stop_scan" and scans:
            scans[-1]["end"] = number
        elif name in ("dump_mm", "mm_enter", "mm_owner", "mm_exec") and e.get("tgid"):
            pids[e["mm"]] = e["tgid"]
        elif name == "scan_sum" and scans and e["mm"] in pids:
            scans[-1]["sums"].add((pids[e["mm"]], e["seqnr"], e["nr"], OUTCOMES[e["outcome"]]))
    told = recording.episodes("scan")
    whole = [s for s in scans if s["end"]]
    recording.expect("scans, and where they begin and end", [(s["seqnr"], s["begin"], s["end"]) for s in told if s["ended"]],
                     [(s["seqnr"], s["begin"], s["end"]) for s in whole])
    by_begin = {s["begin"]: s for s in told}
    for scan in whole[:TOLD // 2] + whole[TOLD // 2:][-TOLD // 2:]:
        held(recording, by_begin[scan["begin"]], {"scanned": scan["sums"]})


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


def chains(recording):
    """lifecycle, debian: chains, dups and zero pages when all had merged, and the chains in the end."""
    *merged, at_end = recording.noted(r"chains (\d+), dups (\d+), zero pages (\d+) after merging; at the end (\d+) chains")

    def told(section, value, *words):
        return {i["name"]: i[value] for i in recording.items("report", *words) if i["section"] == section}

    recording.expect("chains sampled in the end", int(told("sysfs", "value")["stable_node_chains"]), at_end)
    if recording.has_dump():    # the second dump was made then; no sample fell on that moment
        _, then, *_ = [e["event"] for e in recording.items("events", "--filter", "dump_begin: 1")]
        counters = told("counter", "value", "--at", then)
        recording.expect("chains, dups, zero pages", [counters[n] for n in ("chains", "dups", "zero_pages")], merged)
        recording.expect("chains in the end", told("counter", "value")["chains"], at_end)


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
    written, = recording.noted(r"the writer writes to (\d+) merged pages")
    ranges = recording.ask("why-not-merged", "--pid", pid["writer"], "--at", ends[0])["items"]
    begin = min(int(r["start"], 16) for r in ranges if r["scope"] == "range")
    area = f"{begin:#x}-{begin + 48 * 4096:#x}"
    at["writer's first 48"] = [reasons(recording, pid["writer"], end, "--range", area) for end in ends]
    ever("writer's first 48", "changing", written)
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
    said = re.findall(r"(\w[\w ]*): (\d+) pages ([\w -]+) in (0x\w+-0x\w+) at (\d+)", recording.truth["notes"])
    told = {}
    for role, nr, reason, area, ns in said:
        told[role] = reasons(recording, pid[role], f"{int(ns) / 1e9:.9f}", "--absolute", "--range", area)[0]
        if " or " not in reason:
            recording.expect(f"{role}: pages {reason}, of {told[role]}", told[role].get(reason), int(nr))
    recording.expect("roles that the truth tells of", len(told), len(pid) - 2)
    # ksmd meets the one before the other, and finds its own page in the unstable tree then.
    nr = {role: int(nr) for role, nr, *_ in said}
    recording.expect("parent and child", sorted(map(str, (told["parent"], told["forked child"]))),
                     sorted(map(str, ({"unique": nr["parent"]}, {"failure": nr["forked child"]}))))
    # Who was locked out has merged since; so have the pages whose equals were elsewhere, with those of node 0.
    items = [i for i in recording.items("list", "items") if i["state"] == "stable"]
    recording.expect("merged when it was unlocked", sum(i["pid"] == pid["locked out"] for i in items),
                     *recording.noted(r"merged when it was unlocked: (\d+)"))
    (_, equal), = recording.mappings("its equal on node 0").items()
    recording.expect("pages of equal elsewhere in the end",
                     {(i["pid"], int(i["address"], 16)): int(i["pfn"], 16) for i in items if int(i["pfn"], 16) == equal},
                     recording.mappings("in the end"))
    recording.expect("whose pages they were", [next(p for p, _ in recording.mappings(when)) for when in (
        "its equal on node 0", "parent", "child")], [pid[r] for r in ("equal elsewhere", "parent", "forked child")])
    # The stock tracepoint counted the merges that failed while a thread kept writing.
    failed = int(re.search(r"always written: merges failed (\d+) times", recording.truth["notes"]).group(1))
    mm = recording.items("show", f"pid:{pid['always written']}")[0]["mm"]
    outcomes = [e["fields"]["outcome"] for e in recording.items("events", "--filter", f"item_scan: mm == {mm}")]
    recording.expect("merges that failed under a writer", sum(o in (6, 7, 8) for o in outcomes), failed)
    recording.expect_true("one of them since the contents changed", 8 in outcomes)


def power_cut(recording):
    """traces/lab/scenario/powercut.c: cut off in the middle, and what the truth saw until then was spooled."""
    spooled, = recording.noted(r"spooled by (\d+)")
    first, = (i for i in recording.items("report") if i["section"] == "recording")
    recording.expect_true("the recording goes on behind the truth", first["begin_ns"] < spooled <= first["end_ns"])
    recording.expect("processes that the truth saw alive", len(recording.mappings("alive")), len(recording.truth["mappings"]))
    # Each process has 32 pages of 8 contents; whose was written to just then, and not merged again, is not known.
    nodes = {int(n["pfn"], 16) for n in recording.items("list", "nodes", *recording.at_truth) if n["pfn"]}
    merged = {pid: pfn for (pid, _), pfn in recording.mappings("alive").items() if pfn in nodes}
    recording.expect_true("some of the pages are KSM pages", merged)
    for pid, pfn in merged.items():
        told, = recording.items("blast", "--pfn", hex(pfn), *recording.at_truth)
        recording.expect_true(f"blast: {pid} maps {pfn:#x}", pid in told["without"]["killed"])
