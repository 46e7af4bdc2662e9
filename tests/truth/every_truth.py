# SPDX-License-Identifier: GPL-2.0-only
"""What every truth file has: counters of sysfs, places of pages, processes; and what `check` may find."""
import collections

# Where the truth saw a page before the recording ended, and it has been elsewhere since, or is no KSM page.
NOT_THE_END = {"swapped out": "the processes read it back", "parent": "ksmd has not merged it",
               "child": "ksmd has not merged it"}


def counters(recording):
    """sysfs when the truth was written, in the end, against the rebuilt state and ksmtop's last sample of it."""
    wanted = recording.truth["counters"]
    report = recording.items("report", *recording.at_truth)
    told = {i["name"]: i["value"] for i in report if i["section"] == "counter"}
    if recording.has_dump():    # without one the rebuilt state does not begin with all there is
        for name, value in (("nodes", wanted["pages_shared"]),
                            ("stable_items", wanted["pages_shared"] + wanted["pages_sharing"]),
                            ("chains", wanted["stable_node_chains"]),
                            ("dups", wanted["stable_node_dups"]),
                            ("unstable_items", wanted["pages_unshared"])):
            recording.expect(f"counter {name}", told.get(name), value)
    sampled = {i["name"]: int(i["value"]) for i in report if i["section"] == "sysfs" and i["name"] in wanted}
    if recording.at_truth:      # ksmd ran on between the sample and the truth: what is counted up is behind
        settings = ("max_page_sharing", "merge_across_nodes")
        recording.expect("settings sampled", {n: sampled.get(n) for n in settings}, {n: wanted[n] for n in settings})
        for name in ("pages_scanned", "full_scans"):
            recording.expect_true(f"{name} sampled so far, {sampled.get(name)}", 0 < sampled[name] <= wanted[name])
    elif sampled:               # trace-cmd takes none
        recording.expect("counters sampled", sampled, wanted)
    kernel, = (i["release"] for i in report if i["section"] == "recording")
    recording.expect("kernel", kernel, recording.truth["kernel"])


def alive(recording):
    """Those that the truth says live; who wrote the truth file does not list itself."""
    processes = {p["pid"]: p["survived"] for p in recording.truth["processes"]}
    return {m["pid"] for m in recording.truth["mappings"] if processes.get(m["pid"], True)}


def places(recording):
    """Where pagemap saw a page last, the process's item hangs on that page's stable node, or its mapping is known."""
    last, when = {}, {}
    for mapping in recording.truth["mappings"]:
        place = mapping["pid"], int(mapping["address"], 16)
        last[place], when[place] = int(mapping["pfn"], 16), mapping["when"]
    items = {(i["pid"], int(i["address"], 16)): int(i["pfn"], 16)
             for i in recording.items("list", "items", *recording.at_truth)
             if i["state"] == "stable" and i["pid"] and i["address"]}
    unmet = {p["pid"] for p in recording.truth["processes"] if p["role"].startswith("child that ksmd has not")}
    nodes = {int(n["pfn"], 16) for n in recording.items("list", "nodes", *recording.at_truth) if n["pfn"]}
    compared = 0
    for place, pfn in last.items():
        if place[0] not in alive(recording) or when[place] in NOT_THE_END:
            continue
        compared += 1
        if place[0] in unmet:
            recording.expect(f"an item of {place[0]}, whom ksmd has not met", items.get(place), None)
            told = recording.items("blast", "--pfn", hex(pfn), "--at", "end")
            recording.expect_true(f"blast: {place[0]} maps {pfn:#x} in the end", place[0] in told[0]["without"]["killed"])
        elif recording.at_truth and pfn not in nodes:
            continue    # it had written to its page just then, and ksmd not come by
        elif recording.has_dump():
            recording.expect(f"pfn of the item of {place[0]} at {place[1]:#x} in the end", items.get(place), pfn or None)
    if not last:
        return "the truth saw no page"
    if recording.at_truth:
        recording.expect_true("one of them is a KSM page", nodes & set(last.values()))
    recording.expect("places compared", compared, sum(w not in NOT_THE_END for p, w in when.items()))
    return None


def shared(recording):
    """why-not-merged: whose page is called shared for certain, or poisoned, as pagemap saw it last."""
    last = {(m["pid"], int(m["address"], 16)): (int(m["pfn"], 16), m["when"]) for m in recording.truth["mappings"]}
    nodes = {int(n["pfn"], 16) for n in recording.items("list", "nodes", *recording.at_truth) if n["pfn"]}
    pids = sorted({pid for pid, _ in last} & alive(recording))[:8]
    told = {pid: [(int(i["start"], 16), int(i["end"], 16), i["reason"], i["doubtful"])
                  for i in recording.items("why-not-merged", "--pid", pid, *recording.at_truth) if i["scope"] == "range"]
            for pid in pids}
    for pid, runs in told.items():
        recording.expect(f"the runs of {pid} in the order of addresses, none over another", [r[:2] for r in runs],
                         [r[:2] for r in sorted(runs)])
        recording.expect_true(f"the runs of {pid} apart", all(a[1] <= b[0] for a, b in zip(runs, runs[1:])))
    for (pid, address), (pfn, when) in last.items():
        reason, doubtful = next((r[2:] for r in told.get(pid, ()) if r[0] <= address < r[1]), (None, True))
        if when in NOT_THE_END or reason is None:
            continue
        if reason in ("shared", "no-item") and not doubtful:
            recording.expect_true(f"{pid} shares the page at {address:#x}", pfn in nodes)
        if reason == "poisoned" or (not pfn and recording.truth["scenario"] == "poison"):
            recording.expect(f"what became of the page of {pid} at {address:#x}", (reason, pfn), ("poisoned", 0))
    return None if told else "the truth saw no page"


def processes(recording):
    """Who lives and who does not; every process goes by the scenario's name, which is its command's."""
    mms = {}
    for mm in recording.items("list", "mms", *recording.at_truth):
        mms.setdefault(mm["pid"], []).append((mm["comm"], mm["exited"]))
    name = recording.truth["scenario"][:15]
    known = [p for p in recording.truth["processes"] if p["pid"] in mms]
    for process in known:
        pid = process["pid"]
        recording.expect(f"does {pid} live", any(not gone for _, gone in mms[pid]), process["survived"])
        called = {comm for comm, _ in mms[pid]}
        recording.expect(f"what {pid} is called", called, {"busybox"} if process["role"] == "execer" else {name})
    gone = {e["fields"]["pid"] for e in (recording.ask("events", "--filter", "sched_process_exit: 1", statuses=(0, 2))
                                         or {"items": []})["items"]}
    recording.expect("who exited", {p["pid"] for p in recording.truth["processes"]} & gone,
                     {p["pid"] for p in recording.truth["processes"] if not p["survived"]})
    # SIGBUS comes with bad memory only, and whoever got one has lost contents.
    told = collections.Counter(e["fields"]["pid"] for e in
                               (recording.ask("events", "--filter", "signal_generate: sig == 7", statuses=(0, 2))
                                or {"items": []})["items"])
    recording.expect("how many SIGBUS each got", {p: n for p, n in told.items() if n},
                     {p["pid"]: p["sigbus"] for p in recording.truth["processes"] if p["sigbus"]})
    recording.expect("who lost contents", {p["pid"] for p in recording.truth["processes"] if "contents_ok" in p and
                                           not p["contents_ok"]},
                     {p["pid"] for p in recording.truth["processes"] if "contents_ok" in p and told[p["pid"]]})
    missing = {p["pid"] for p in recording.truth["processes"] if p["survived"]} - {p["pid"] for p in known}
    if recording.has_dump() and not name.startswith("collapse"):    # that one has nothing to do with KSM
        recording.expect("processes not known", missing, set())
    recording.expect("scenario and variant", recording.name,
                     "-".join(filter(None, (recording.truth["scenario"], recording.truth["variant"]))))


def findings(recording):
    """What `check` finds violated: what the scenario is about, as often as the truth says, and nothing else."""
    truth, name = recording.truth, recording.name
    wanted = collections.Counter()
    if name == "numa":          # what move_pages put on the other memory node, once each
        wanted["node-in-wrong-tree"] = sum("moved to node" in m["when"] for m in truth["mappings"])
    if name == "stale":         # no item leads to the child's page: each walk that was to unmap it left it mapped
        wanted["mapping-unreachable"] = 1
    left = [e for e in recording.kernel_walks() if e["purpose"] == "migrate" and e["mapcount_after"]]
    if name == "stale" or any(w.get("left_on_old_pfn") for w in truth["walks"]):
        wanted["walk-missed-mapping"] = len(left)
    found = collections.Counter(i["finding"] for i in recording.ask("check", statuses=(0, 1))["items"]
                                if i["outcome"] == "contradicts")
    recording.expect("what check finds violated", dict(found), dict(wanted))
