# SPDX-License-Identifier: GPL-2.0-only
"""numa: per-nid stable trees, the migrate list, and a migration that meets an equal page, at every event.

pagemap and move_pages know on which node each page is, sysfs how many chains and dups there are in the end.
Which tree a stable node stands in, and who is on the migrate list, no file of the kernel tells: for those the
kernel's own events and dumps are replayed here, as trace-cmd decodes them, by code that shares nothing with
ksmtop.
"""
import re

from claims import SIZES, held

KINDS, PLACES = ("plain", "chain", "dup"), ("tree", "migrate list")
WAY = {"node_erase", "node_free", "dup_del", "chain_free", "chain_collapse", "node_insert", "node_replace", "node_kpfn",
       "chain_make", "dup_add", "migrate_add", "migrate_del"}


class Trees:
    """The kernel's stable nodes by their addresses: (pfn, nid of the tree, place, kind, chain)."""

    def __init__(self):
        self.nodes = {}

    def dumped(self, e):
        self.nodes[e["node"]] = (e["kpfn"], e["nid"], PLACES[e["place"]], KINDS[e["kind"]], e["chain"])

    def put(self, node, nid, place, kind="plain", chain=0, pfn=None):
        self.nodes[node] = (self.nodes.get(node, (0,))[0] if pfn is None else pfn, nid, place, kind, chain)

    def replay(self, name, e):
        """One event: mm/ksm.c, what the events of the patch are traced at."""
        if name == "node_insert":
            self.put(e["node"], e["nid"], "tree", pfn=e["kpfn"])
        elif name in ("node_erase", "dup_del", "migrate_del"):
            self.put(e["node"], self.nodes[e["node"]][1], "nowhere")
        elif name == "migrate_add":
            self.put(e["node"], e["nid"], "migrate list")
        elif name == "node_kpfn":
            self.nodes[e["node"]] = (e["kpfn"],) + self.nodes[e["node"]][1:]
        elif name == "chain_make":
            self.put(e["chain"], e["nid"], "tree", "chain")
            self.put(e["node"], e["nid"], "tree", "dup", e["chain"])
        elif name == "dup_add":
            self.put(e["node"], e["nid"], "tree", "dup", e["chain"], e["kpfn"])
        elif name in ("node_free", "chain_free"):
            del self.nodes[e["node"]]
        elif name in WAY:
            raise ValueError(f"numa has no {name}")

    def tree(self, nid):
        return {pfn for pfn, at, place, kind, _ in self.nodes.values() if (at, place) == (nid, "tree") and kind != "chain"}

    def migrate_list(self):
        return {pfn for pfn, _, place, _, _ in self.nodes.values() if place == "migrate list"}


def told_nodes(recording, at):
    """{address: (pfn, nid, place, kind, chain)} as ksmtop lists them, and the rows."""
    rows = recording.items("list", "nodes", "--at", at)
    return {int(r["node"], 16): (int(r["pfn"] or "0", 16), r["nid"], r["place"], r["kind"], int(r["chain"] or "0", 16))
            for r in rows}, rows


def panes(screen):
    """{heading: rows} of the trees and the migrate list, wherever they stand, and the rows of the moves."""
    rows = screen.split("\n")
    top = next(i for i, row in enumerate(rows) if "TREE OF NID" in row)
    found, below = {}, None
    for row in rows[top:]:
        if row.startswith("─"):
            below = re.match(r"─ ([A-Z ]+?) ─", row)
            below = below and below.group(1)
        elif below:
            found.setdefault(below, []).append(row)
        else:
            for heading, part in zip(rows[top].split("│"), row.split("│")):
                found.setdefault(heading.strip(), []).append(part)
    return found


def shown(rows, words):
    """{pfn: what stands behind it} of a pane."""
    return {int(m.group(1), 16): m.group(2) for m in (re.search(r"node#\d+ +(0x\w+) +" + words, r) for r in rows) if m}


def screens(recording, at, trees, nid_of):
    """The view at both sizes: each tree, nodes in the wrong one marked, the migrate list."""
    for size in SIZES:
        found = panes(recording.text("snap", "--view", "numa", "--at", at, "--size", size))
        for nid in (0, 1):
            told = shown(found[f"TREE OF NID {nid}"], r"\d+ +(!?\d)")
            recording.expect(f"tree of nid {nid} at {at}, {size}", set(told), trees.tree(nid))
            recording.expect(f"pages on which nid, in the tree of nid {nid} at {at}, {size}", told,
                             {pfn: ("!" if nid_of[pfn] != nid else "") + str(nid_of[pfn]) for pfn in told})
        recording.expect(f"migrate list at {at}, {size}",
                         {pfn for pfn, word in shown(found["MIGRATE LIST"], r"(listed|off it)").items() if word == "listed"},
                         trees.migrate_list())


def numa(recording):
    """Contents X on both nodes and Y on one; both pages of node 0 move to node 1, and ksmd sorts them in anew."""
    pages, nid_of = {}, {}
    for m in recording.truth["mappings"]:
        content, nid = re.fullmatch(r"([XY]) (?:(?:merged on|moved to) node (\d)|after ksmd)", m["when"]).groups()
        pfn = int(m["pfn"], 16)
        if nid:
            nid_of[pfn] = int(nid)
        pages.setdefault((m["pid"], int(m["address"], 16), content), []).append(pfn)
    recording.expect("on which node each process's pages were", {(pid, nid_of[way[0]]) for (pid, _, _), way in pages.items()},
                     {(p["pid"], int(re.fullmatch(r"(\d): on node \1", p["role"]).group(1)))
                      for p in recording.truth["processes"]})
    recording.expect("merge_across_nodes", recording.truth["counters"]["merge_across_nodes"], 0)
    log = recording.kernel_log()
    recording.expect("events", recording.items("report")[0]["events"], len(log))
    everywhere(recording, log, nid_of)
    moves = {way[0]: (way[1], content) for (_, _, content), way in pages.items() if len(way) > 1}
    the_moves(recording, log, moves, nid_of)
    the_end(recording, pages, moves, nid_of)
    who_holds_what(recording, pages)


def everywhere(recording, log, nid_of):
    """list nodes at every event that changes a tree and after every dump; the view at both sizes there."""
    trees, seen, sure = Trees(), 0, False
    for number, (name, e) in enumerate(log, 1):
        if name == "dump_begin" and sure:       # dumps and events of the kernel must agree, or this replay is wrong
            before, trees.nodes = trees.nodes, {}
        elif name == "dump_node":
            trees.dumped(e)
        elif name == "dump_end":
            recording.expect(f"the replay up to the dump at {number}", trees.nodes, before if sure else trees.nodes)
            sure = True
        elif name in WAY and sure:
            trees.replay(name, e)
        if sure and (name in WAY or name == "dump_end"):
            seen += 1
            told, rows = told_nodes(recording, number)
            recording.expect(f"stable nodes at {number}", told, trees.nodes)
            recording.expect(f"nids of pages, in the wrong tree, doubtful, at {number}",
                             {int(r["pfn"], 16): (r["page_nid"], r["wrong_tree"]) for r in rows if r["pfn"]},
                             {pfn: (nid_of[pfn], place == "tree" and nid_of[pfn] != nid)
                              for pfn, nid, place, kind, _ in trees.nodes.values() if kind != "chain"})
            screens(recording, number, trees, nid_of)
    changes = sum(name in WAY or name == "dump_end" for name, _ in log)
    recording.expect("moments that were looked at", seen, changes)


def the_moves(recording, log, moves, nid_of):
    """The migrations, and ksmd's scan behind them: its story in every medium."""
    migrations = recording.episodes("migration")
    recording.expect("pages migrated", [(m["succeeded"], m["failed"], m["moved_nodes"]) for m in migrations],
                     [(1, 0, 1)] * len(moves))
    for migration, (old, (new, _)) in zip(migrations, moves.items()):
        held(recording, migration, {"replaced": {(old, new)}, "to a nid": {(new,)}, "migrated": {(1, 0)}})
    listed = [number for number, (name, _) in enumerate(log, 1) if name == "migrate_add"]
    recording.expect("pages that came onto the migrate list", len(listed), len(moves))
    scan, = (s for s in recording.episodes("scan") if s["begin"] < listed[0] < s["end"])
    news = {new for new, _ in moves.values()}
    alone = {new for new, content in moves.values() if content == "Y"}
    held(recording, scan, {"onto the list": {(new,) for new in news}, "off the list": {(new,) for new in news},
                           "joins a chain": {(new,) for new in news - alone},
                           "enters a tree": {(new, nid_of[new]) for new in alone}})


def the_end(recording, pages, moves, nid_of):
    """X met an equal page, Y none: sysfs counts one chain of two dups, pagemap knows which two pages are X."""
    truth = recording.truth["counters"]
    _, rows = told_nodes(recording, "end")
    told = {int(r["pfn"], 16): r for r in rows if r["pfn"]}
    equal = {way[-1] for (_, _, content), way in pages.items() if content == "X"}
    recording.expect("dups of one content", len(equal), truth["stable_node_dups"])
    recording.expect("chains", len([r for r in rows if r["kind"] == "chain"]), truth["stable_node_chains"])
    recording.expect("dups", {pfn for pfn, r in told.items() if r["kind"] == "dup"}, equal)
    recording.expect("chains that they are of", len({told[pfn]["chain"] for pfn in equal}), truth["stable_node_chains"])
    fates = [("met an equal page" if content == "X" else "in the right tree") for _, content in moves.values()]
    for size in SIZES:
        rows = panes(recording.text("snap", "--view", "numa", "--at", "end", "--size", size))["PAGES THAT CHANGED THEIR NID"]
        found = [re.search(r"#\d+ +node#\d+ +(\d) -> (\d) .*(met an equal page|in the right tree)", r) for r in rows]
        recording.expect(f"what became of the moves, {size}", [tuple(m.groups()) for m in found if m],
                         [(str(nid_of[old]), str(nid_of[new]), fate) for (old, (new, _)), fate in zip(moves.items(), fates)])


def who_holds_what(recording, pages):
    """Each process's item follows its page, and a failure of a page would hit that process."""
    seen = {}       # (pid, address) -> the pfns of its item, in order
    for event in [1] + [e["event"] for e in recording.items(
            "events", "--filter", "node_kpfn,item_append,item_detach,dump_end: 1")]:
        for item in recording.items("list", "items", "--at", event):
            if item["state"] == "stable":
                way = seen.setdefault((item["pid"], int(item["address"], 16)), [])
                if not way or way[-1] != int(item["pfn"], 16):
                    way.append(int(item["pfn"], 16))
    first = recording.episodes("migration")[0]["begin"] - 1
    for (pid, address, _), way in pages.items():
        steps = [pfn for i, pfn in enumerate(way) if not i or way[i - 1] != pfn]
        recording.expect(f"pages of {pid} at {address:#x}", seen.get((pid, address)), steps)
        for at, pfn in ((first, way[0]), ("end", way[-1])):
            told, = recording.items("blast", "--pfn", hex(pfn), "--at", at)
            recording.expect(f"blast: who maps {pfn:#x} at {at}", told["without"]["killed"], [pid])
