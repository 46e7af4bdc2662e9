#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""figures.py RECORDING...: the walks, kill lists and recoveries of recordings as Markdown tables.

Reads what `trace-cmd report` prints, so it shares nothing with ksmtop.  A walk's duration is not the time
that a lock was held: the lock is taken and dropped per item, so holds are listed apart.  Walks of fewer
than two holds are left out.
"""
import os
import re
import subprocess
import sys

EVENT = re.compile(r"(\d+\.\d+): (\w+):\s+(.*)")
FIELD = re.compile(r"(\w+)=(.*?)(?= \w+=|$)")


def events(path):
    report = subprocess.run(["trace-cmd", "report", "-q", path], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True, errors="replace")
    for line in report.stdout.splitlines():
        found = EVENT.search(line)
        if found:
            yield found.group(2), dict(FIELD.findall(found.group(3)))


def ms(ns):
    return "%.3f" % (ns / 1e6)


def read(path):
    walks, others, recovery = {}, [], {}
    for name, f in events(path):
        walk = walks.setdefault(f["walk"], {"holds": [], "waited": 0}) if "walk" in f else None
        if name == "walk_begin":
            walk.update(f)
        elif name == "walk_item":
            walk["waited"] += int(f["waited_ns"])
        elif name == "walk_unlock":
            walk["holds"].append(int(f["held_ns"]))
        elif name == "walk_end":
            walk["end"] = f
        elif name.startswith("recovery_"):
            recovery.setdefault(f["pfn"], {})[name] = f
        elif name == "kill_end":
            others.append((f["pfn"], f["nr_tasks"], ms(int(f["duration_ns"]))))
    return walks, recovery, others


def main():
    read_all = [(os.path.basename(p)[:-4], read(p)) for p in sys.argv[1:]]
    print("| recording | rule | purpose | VMAs offered | duration ms | holds | longest ms | sum ms | waited ms |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, (walks, _, _) in read_all:
        for walk in walks.values():
            if "end" in walk and "rule" in walk and len(walk["holds"]) > 1:
                print("| %s | %s | %s | %s | %s | %d | %s | %s | %s |" % (
                    name, walk["rule"], walk["purpose"], walk["end"]["iterations"],
                    ms(int(walk["end"]["duration_ns"])), len(walk["holds"]), ms(max(walk["holds"])),
                    ms(sum(walk["holds"])), ms(walk["waited"])))
    print("\n| recording | outcome | moved | nodes visited | search ms | unscheduled ms | waited for mutex ms | all ms |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, (_, recoveries, _) in read_all:
        for r in recoveries.values():
            if "recovery_end" in r:
                search = r.get("recovery_search", {"nr_nodes": "0", "duration_ns": "0", "stretch_ns": "0"})
                print("| %s | %s | %s | %s | %s | %s | %s | %s |" % (
                    name, r["recovery_end"]["outcome"], r["recovery_end"]["moved"], search["nr_nodes"],
                    ms(int(search["duration_ns"])), ms(int(search["stretch_ns"])),
                    ms(int(r["recovery_begin"]["waited_ns"])), ms(int(r["recovery_end"]["duration_ns"]))))
    print("\n| recording | pfn | tasks on the kill list | collect_procs ms |")
    print("| --- | --- | --- | --- |")
    for name, (_, _, kills) in read_all:
        for kill in kills:
            print("| %s | %s | %s | %s |" % ((name,) + kill))


main()
