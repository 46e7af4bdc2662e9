#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# check-table.sh [--write]: do the series' trace header, replay/event/event_table.h and the tables in
# README.md name the same events, fields and words, with the same numbers?  Prints each difference and
# exits 1.  With --write the README's tables are made anew from the header.
#
# The header is put together from the patches, so no kernel source is needed.
here=$(cd "$(dirname "$0")" && pwd)
exec python3 - "$here" "$@" <<'END'
import glob, os, re, subprocess, sys, tempfile

here, write = sys.argv[1], "--write" in sys.argv
trace, values = "include/trace/events/ksmtop.h", "include/linux/ksmtop.h"

# Which enum of the table belongs to which of the header's
PAIRS = {"DETACH_SITES": "detach_site", "SCAN_OUTCOMES": "scan_outcome", "MIGRATE_SITES": "migrate_site",
         "PURPOSES": "purpose", "VERDICTS": "verdict", "WALK_RULES": "rule", "WALK_ENDS": "walk_why",
         "DUP_VERDICTS": "dup_verdict", "MOVE_TARGETS": "move_target",
         "RECOVERY_OUTCOMES": "recovery_outcome", "COLLAPSE_STEPS": "collapse_step",
         "COUNTED": "count"}


def header():
    """The two headers as the whole series leaves them."""
    with tempfile.TemporaryDirectory() as tmp:
        for patch in sorted(glob.glob(here + "/0*.patch")):
            parts = re.split(r"(?m)^(?=diff --git )", open(patch).read())
            wanted = [p for p in parts if p.startswith(("diff --git a/" + trace + " ", "diff --git a/" + values + " "))]
            if wanted:
                subprocess.run(["patch", "-s", "-p1", "-d", tmp], input="".join(wanted), text=True, check=True)
        return open(os.path.join(tmp, trace)).read(), open(os.path.join(tmp, values)).read()


def fields(body):
    return re.findall(r"__(?:field|array)\([^,]+, (\w+)", body)


def kernel_events(text):
    events, classes = {}, {}
    for kind, name, body in re.findall(r"(?ms)^(TRACE_EVENT|DECLARE_EVENT_CLASS)\((\w+),\n(.*?)^\);", text):
        (events if kind == "TRACE_EVENT" else classes)[name] = fields(body)
    for klass, name in re.findall(r"(?m)^DEFINE_EVENT\((\w+), (\w+),", text):
        events[name] = classes[klass]
    return events


def kernel_words(text, numbers):
    words = {}
    for name, body in re.findall(r"#define show_ksmtop_(\w+)\(value\)(.*?)\"\s*\}\)", text, re.S):
        members = re.search(r"enum ksmtop_%s \{(.*?)\}" % name, numbers, re.S).group(1)
        order = [m for m in re.findall(r"\w+", members) if "_NR_" not in m]
        said = dict(re.findall(r"\{ (\w+), \"([^\"]*)", body + '"'))
        words[name] = [said.get(m, "(no word for %s)" % m) for m in order]
    counts = re.search(r"enum ksmtop_count \{(.*?)\}", numbers, re.S).group(1)
    words["count"] = re.findall(r"KSMTOP_COUNT_(\w+)", counts)
    return words


def table():
    text = open(here + "/../../replay/event/event_table.h").read().replace("\\\n", " ")
    lists = {n: re.findall(r"\b(?:F|A|S|SA|N)\((\w+)", b) for n, b in re.findall(r"#define (\w+_FIELDS)\(F, A, S, SA, N\)([^\n]*)", text)}
    events = {n: lists[l] for l, n in re.findall(r"E\(\w+,\s*(\w+_FIELDS),\s*\"ksmtop:(\w+)\"\)", text)}
    words = {n: re.findall(r"V\(\w+, \"([^\"]*)\"\)", b) for n, b in re.findall(r"#define KSMTOP_(\w+)\(V\)([^\n]*)", text)}
    return events, words


def tables(events, words):
    out = ["| event | fields |", "| --- | --- |"]
    out += ["| %s | %s |" % (n, " ".join(f)) for n, f in events.items()]
    out += ["", "| value | words, from 0 |", "| --- | --- |"]
    out += ["| %s | %s |" % (n, ", ".join(w)) for n, w in words.items()]
    return "\n".join(out)


text, numbers = header()
events, words = kernel_events(text), kernel_words(text, numbers)
readme = here + "/README.md"
old = open(readme).read()
new = re.sub(r"(<!-- table -->\n).*?(\n<!-- end -->)", lambda m: m.group(1) + tables(events, words) + m.group(2), old, flags=re.S)
if write:
    open(readme, "w").write(new)
    old = new
bad = [] if old == new else ["README.md: its tables differ from the header: run check-table.sh --write"]
wanted, wanted_words = table()
for name in sorted(set(events) | set(wanted)):
    if events.get(name) != wanted.get(name):
        bad.append("%s: the kernel has %s, event_table.h %s" % (name, events.get(name), wanted.get(name)))
for name, mine in PAIRS.items():
    if words.get(mine) != wanted_words.get(name):
        bad.append("%s: the kernel says %s, event_table.h %s" % (name, words.get(mine), wanted_words.get(name)))
print("\n".join(bad) if bad else "%d events, %d enumerations agree" % (len(events), len(PAIRS)))
sys.exit(bool(bad))
END
