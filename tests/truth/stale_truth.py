# SPDX-License-Identifier: GPL-2.0-only
"""stale: mappings that no item leads to, items that lead to no page, why a migration failed, when ksmd repairs it.

pagemap knows which page the child maps, ksm_merging_pages how many items the two have when ksmd was stopped
between them, move_pages whether the page moved.  At which event an item came or went, and how many scans
ended since, the kernel's own events tell, as trace-cmd decodes them; what the parent does to its pages is in
scenario/stale.c.
"""
import re

from claims import SIZES, held

PAGE = 4096
LOOK = {"item_append", "item_detach", "item_free", "vma_insert", "vma_remove", "ksm_start_scan", "ksm_stop_scan", "walk_end",
        "node_kpfn"}


class Kernel:
    """Items on stable nodes and VMAs, as the kernel's events have them."""

    def __init__(self):
        self.pids, self.items, self.vmas, self.pfns = {}, {}, {}, {}
        self.dumped = False

    def replay(self, name, e):
        if name in ("dump_mm", "mm_owner"):
            self.pids[e["mm"]] = e["tgid"]
        elif name in ("item_append", "dump_item") and e.get("state", 2) == 2:
            self.items[e["item"]] = (e["mm"], e["address"], e["node"])
        elif name in ("item_detach", "item_free"):
            self.items.pop(e["item"], None)
        elif name in ("vma_insert", "dump_vma"):
            self.vmas[e["vma"]] = (e["mm"], e["start"], e["end"])
        elif name == "vma_remove":
            self.vmas.pop(e["vma"], None)
        elif name in ("dump_node", "node_kpfn", "node_insert"):
            self.pfns[e["node"]] = e["kpfn"]
        elif name == "dump_end":
            self.dumped = True

    def items_of(self, pfn):
        """{(pid, address): does a VMA of the process cover it} of the items on that page's stable node."""
        node, = (n for n, p in self.pfns.items() if p == pfn)
        return {(self.pids[mm], address): any(m == mm and start <= address < end for m, start, end in self.vmas.values())
                for mm, address, on in self.items.values() if on == node}


def stale_rows(screen):
    """{(pid, address): (kind, scans, repair)} of the page in the view; the last two only where they have room."""
    found = {}
    for row in screen.split("\n"):
        match = re.search(r" (\d+) +(0x\w+) +(reached|no item|item, no VMA|old address|VMA not told|other page)\b(.*)", row)
        if match:
            more = re.search(r"#\d+ +(\d+) +(in this scan|in the next|never|not known)", match.group(4))
            found[int(match.group(1)), int(match.group(2), 16)] = (match.group(3), more and int(more.group(1)),
                                                                   more and more.group(2))
    return found


def stale(recording):
    """A child's mapping that no item leads to: the first migration leaves it, the second does not."""
    pid, = {p["pid"] for p in recording.truth["processes"] if p["role"] == "child"}
    parent, = {p["pid"] for p in recording.truth["processes"] if p["role"] == "parent"}
    ways = [recording.mappings(when) for when in ("forked", "after the first migration", "after the second migration")]
    (place, before), = ways[0].items()
    then, after = ways[1][place], ways[2][place]
    recording.expect("whose page it is", place[0], pid)
    the_migrations(recording, place, before, then, after)
    first, second = recording.episodes("migration")
    items_when_stopped(recording, parent, pid)
    told = recording.items("list", "items", "--at", second["end"])
    recording.expect("the child's item after the second migration",
                     [int(i["pfn"], 16) for i in told if (i["pid"], int(i["address"], 16)) == place], [after])
    for at, pfn in ((first["begin"] - 1, before), ("end", after)):
        told, = recording.items("blast", "--pfn", hex(pfn), "--at", at)
        recording.expect(f"blast: who maps {pfn:#x} at {at}", told["without"]["killed"], [pid])
    what_the_parent_did(recording, parent)
    every_moment(recording, parent, place, before, second["begin"])


def items_when_stopped(recording, parent, child):
    """ksm_merging_pages of the two when ksmd stood between them, and the items on stable nodes then."""
    nr_parent, nr_child = recording.noted(r"parent has (\d+) items left, child (\d+)")
    _, stopped, *_ = [e["event"] for e in recording.items("events", "--filter", "dump_begin: 1")]
    told = [i["pid"] for i in recording.items("list", "items", "--at", stopped) if i["state"] == "stable"]
    recording.expect("items on stable nodes, of parent and child", (told.count(parent), told.count(child)),
                     (nr_parent, nr_child))


def what_the_parent_did(recording, parent):
    """It wrote to some pages and unmapped others, and ksmd has not come by: its items still hang on the nodes."""
    kernel, unmapped, at = Kernel(), False, 0
    for at, (name, fields) in enumerate(recording.kernel_log()):
        mm = next((m for m, p in kernel.pids.items() if p == parent), None)
        if unmapped and name == "item_detach" and fields["mm"] == mm:
            break       # at is the number of the event in front of it
        kernel.replay(name, fields)
        unmapped |= name == "vma_remove" and fields["mm"] == mm
    items = {a: any(m == mm and start <= a < end for m, start, end in kernel.vmas.values())
             for m, a, _ in kernel.items.values() if m == mm}
    recording.expect_true(f"the parent has items with a VMA and without: {items}", set(items.values()) == {True, False})
    for known in ((), ("--hindsight",)):
        told = [(int(i["start"], 16), int(i["end"], 16), i["reason"], i["doubtful"])
                for i in recording.items("why-not-merged", "--pid", parent, "--at", at, *known) if i["scope"] == "range"]
        for address, covered in items.items():
            reason, doubtful = next(r[2:] for r in told if r[0] <= address < r[1])
            wanted = "vma-gone" if not covered else "changed" if known else "shared"
            recording.expect(f"the parent's page at {address:#x}, {at} {known}", reason, wanted)
            recording.expect(f"is that doubtful at {address:#x}, {at} {known}", doubtful, covered or not known)


def the_migrations(recording, place, before, then, after):
    """Which of them moved the page, what its walks left, what every rule misses, and why, in every medium."""
    pid, address = place
    both = {(pid, address), (pid, address + PAGE)}      # of equal contents: the page is mapped twice
    migrations = recording.episodes("migration")
    recording.expect("migrations", len(migrations), 2)
    walks = [w for w in recording.episodes("walk") if w["purpose"] == "migrate" and int(w["pfn"], 16) == before]
    for migration, old, new in ((migrations[0], before, then), (migrations[1], then, after)):
        stays = old == new
        during = [w for w in walks if migration["begin"] < w["begin"] < migration["end"]]
        recording.expect_true(f"episode {migration['episode']} has walks of the page", during)
        recording.expect(f"pages moved and not by episode {migration['episode']}",
                         (migration["succeeded"], migration["failed"]), (int(not stays), int(stays)))
        for walk in during:
            name = f"walk {walk['episode']}"
            recording.expect(f"mapcounts of {name}", (walk["mapcount_before"], walk["mapcount_after"]),
                             (len(both), len(both) if stays else 0))
            for rule in recording.items("whatif", "--walk", walk["episode"]):
                told = {(m["pid"], int(m["address"], 16)) for m in rule["missed"]}
                recording.expect(f"missed by {rule['rule']} in {name}", told, both if stays else set())
                recording.expect(f"items that lead to what {rule['rule']} misses", {m["has_item"] for m in rule["missed"]},
                                 {False} if stays else set())
                recording.expect(f"maybe missed by {rule['rule']} in {name}", rule["maybe"], [])
        held(recording, during[0], {"misses": {(rule, *p) for p in both for rule in ("whole", "address", "linear")}
                                    if stays else set(),
                                    "visits": set() if stays else both, "no item": both if stays else set()},
             partly=("no item",))   # the walk's stepper has no notes
        held(recording, migration, {"migrated": {(int(not stays), int(stays))},
                                    "stays": {(before, len(both))} if stays else set(),
                                    "no item": both if stays else set(),
                                    "replaced": set() if stays else {(old, new)},
                                    "unmapped": set() if stays else both, "mapped": set() if stays else both})


def every_moment(recording, parent, place, pfn, until):
    """The view at both sizes from the fork to the second migration, at whatever could change it."""
    both = {place, (place[0], place[1] + PAGE)}
    log, kernel, since, seen = recording.kernel_log(), Kernel(), {}, 0
    forked = next(i for i, (name, e) in enumerate(log, 1) if e.get("child_pid") == place[0])
    keys = recording.keys(f":find {pfn:#x}")
    for number, (name, e) in enumerate(log[:until], 1):
        kernel.replay(name, e)
        if number <= forked or name not in LOOK:
            continue
        items = kernel.items_of(pfn)
        # A walk comes from an item to its VMA, and from there to the same place of the forks.
        wanted = {p: "reached" if covered else "item, no VMA" for p, covered in items.items() if p[0] in (parent, place[0])}
        for p in both:
            wanted.setdefault(p, "reached" if (parent, p[1]) in items else "no item")
        for p, kind in wanted.items():
            if since.get(p, (None,))[0] != kind:
                since[p] = kind, number
        seen += 1
        for size in SIZES:
            told = stale_rows(recording.text("snap", "--view", "stale", "--at", number, "--size", size, "--keys", keys))
            recording.expect(f"places of the page at {number}, {size}", {p: row[0] for p, row in told.items()}, wanted)
            for p, (kind, scans, repair) in told.items():
                if kind == "reached" or scans is None:
                    continue
                recording.expect(f"scans since, of {p} at {number}", scans,
                                 sum(n == "ksm_stop_scan" for n, _ in log[since[p][1]:number]))
                recording.expect(f"ksmd repairs {p} at {number}", repair, repaired(log, number, kernel, p))
    recording.expect_true("moments were looked at", seen > 10)


def repaired(log, number, kernel, place):
    """When the item of a place really came or went: the kernel's next event about it, in which scan."""
    running = False
    for name, _ in log[:number]:
        running = name == "ksm_start_scan" or running and name != "ksm_stop_scan"
    for name, e in log[number:]:
        if name == "ksm_stop_scan" and running:
            running = None
        if name in ("item_append", "item_detach") and (kernel.pids.get(e["mm"]), e["address"]) == place:
            return "in this scan" if running else "in the next"
    return "never"
