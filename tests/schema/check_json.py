#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""check_json.py KSMTOP MAKE_SMALL TRACES: every command's --json, held to its schema in this folder.

Protects the programs that read ksmtop's answers: names, types, and that an answer is one complete
JSON object even when it is empty.  It also compares what two commands say of the same thing
(counters of report and rows of list), since both are read by one program.
Long lists are thinned out before validation; every distinct set of keys stays in.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
KEEP = 12
failures = 0


def fail(text):
    global failures
    failures += 1
    print("FAIL", text)


def thin(items):
    """The first and last ones, and one of every shape."""
    shapes, kept = set(), []
    for i, item in enumerate(items):
        shape = tuple(sorted((k, type(v).__name__) for k, v in item.items()))
        if i < KEEP or i >= len(items) - 5 or shape not in shapes:
            kept.append(item)
        shapes.add(shape)
    return kept


def answer(program, *arguments, statuses=(0,)):
    run = subprocess.run([program, *arguments], capture_output=True)
    line = " ".join(arguments)
    if run.returncode not in statuses:
        fail(f"{line}: status {run.returncode}: {run.stderr.decode(errors='replace').strip()}")
        return None
    try:
        document = json.loads(run.stdout.decode("utf-8"))
    except ValueError as error:
        fail(f"{line}: {error}")
        return None
    with open(os.path.join(HERE, arguments[0] + ".json"), encoding="utf-8") as file:
        validator = jsonschema.Draft202012Validator(json.load(file))
    thinned = dict(document, items=thin(document["items"]))
    for error in list(validator.iter_errors(thinned))[:3]:
        fail(f"{line}: {list(error.absolute_path)}: {error.message[:300]}")
    return document


def check_episodes(program, path):
    """Two episodes of each kind explained; walks and their pages modelled."""
    seen = {}
    for episode in (answer(program, "episodes", path, "--json") or {"items": []})["items"]:
        seen[episode["kind"]] = seen.get(episode["kind"], 0) + 1
        if seen[episode["kind"]] > 2:
            continue
        answer(program, "explain", path, str(episode["episode"]), "--json")
        if episode["kind"] == "walk":
            answer(program, "whatif", path, "--walk", str(episode["episode"]), "--json")
            answer(program, "whatif", path, "--pfn", episode["pfn"], "--at", str(episode["begin"] - 1),
                   "--rule", "linear", "--json")


def can_tell(program, path, table):
    """Else list says so at every moment, and nothing else."""
    refused = 0
    for at in ("start", "50%", "end"):
        run = subprocess.run([program, "list", path, table, "--json", "--at", at], capture_output=True)
        refused += run.returncode == 2 and not run.stdout and f"cannot tell of {table};".encode() in run.stderr
    if refused not in (0, 3):
        fail(f"list {path} {table} is refused at {refused} of 3 moments")
    return not refused


def check_recording(program, path):
    tables = {}
    for table in ("mms", "nodes", "items", "vmas", "anon_vmas", "mappings", "pages"):
        if not can_tell(program, path, table):
            tables[table] = {"items": []}
            continue
        tables[table] = answer(program, "list", path, table, "--json")
        answer(program, "list", path, table, "--json", "--at", "50%")
        answer(program, "list", path, table, "--json", "--at", "start")
    report = answer(program, "report", path, "--json")
    answer(program, "report", path, "--json", "--at", "start", "--hindsight")
    events = answer(program, "events", path, "--json", "--to", "90%")
    answer(program, "events", path, "--json", "--filter", "pid == -12345")
    check_episodes(program, path)
    answer(program, "blast", path, "--json")
    answer(program, "blast", path, "--json", "--at", "50%", "--top", "3")
    for mm in (tables["mms"] or {"items": []})["items"][:2]:
        answer(program, "why-not-merged", path, "--mm", mm["mm"], "--json")
    answer(program, "check", path, "--json", "--all", statuses=(0, 1, 2))
    answer(program, "doctor", path, "--json")
    answer(program, "diff", path, "20%", "80%", "--json", statuses=(0, 1))
    same = answer(program, "diff", path, path, "--json")
    if same and same["items"]:
        fail(f"diff {path} with itself has items")
    answer(program, "assert", path, "episode: duration_ns >= 0", "--all", "--json", statuses=(0, 1, 2))
    for table, objects in tables.items():
        for item in (objects or {"items": []})["items"][:2]:
            if "object" in item:
                answer(program, "show", path, item["object"], "--json")
    if report and tables["nodes"]:
        counters = {i["name"]: i["value"] for i in report["items"] if i["section"] == "counter"}
        nodes = sum(i["kind"] != "chain" for i in tables["nodes"]["items"])
        told = counters["nodes"] + counters["nodes_empty"]
        if told != nodes:
            fail(f"{path}: report says {told} nodes, list {nodes}")
        if counters.get("mappings", 0) != len(tables["mappings"]["items"]):
            fail(f"{path}: report says {counters.get('mappings')} mappings, "
                 f"list {len(tables['mappings']['items'])}")
    if events:
        numbers = [i["event"] for i in events["items"]]
        if numbers != list(range(1, len(numbers) + 1)):
            fail(f"{path}: events are not numbered from 1 without a gap")


def main():
    program, make_small, traces = sys.argv[1:]
    answer(program, "doctor", "--json", statuses=(0, 1))
    with tempfile.TemporaryDirectory() as top:
        os.environ["XDG_CACHE_HOME"] = os.path.join(top, "cache")
        subprocess.run([make_small, top], check=True)
        for name in ("small", "small-v6", "lossy", "wrong", "evil", "cut"):
            check_recording(program, os.path.join(top, name + ".dat"))
        answer(program, "diff", os.path.join(traces, "poison-kill.dat"), os.path.join(traces, "walk-reclaim.dat"),
               "--json", statuses=(1,))
        families = {}    # the large ones have numbered variants with the same kinds of rows: one is enough
        for name in sorted(os.listdir(traces), reverse=True):
            if name.endswith(".dat"):
                families[re.sub(r"-\d.*", "", name)] = name
        for name in sorted(families.values()):
            check_recording(program, os.path.join(traces, name))
    print("failures:", failures)
    sys.exit(1 if failures else 0)


main()
