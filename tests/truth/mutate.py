# SPDX-License-Identifier: GPL-2.0-only
"""Falsifies a truth file, one number or word at a time: who does not notice that has compared nothing.

Every leaf of the JSON, and every number in the notes, becomes another one in a copy of the truth; then all
checks of the recording run again over the answers that ksmtop has given already.  A leaf that may be anything
is held to nothing: it must be named in FREE with the reason, or the recording fails.
"""
import copy
import re

from recording import Recording

# (leaf, recordings, why): nothing that ksmtop says can be held to these.  A number of the notes is named by all of their
# text, with # in its place.
FREE = (
    (r"notes: caught at try #;.*", r"poison-swap", "how many tries it took to catch the page"),
    (r"processes/\d+/role", r"reasons|collapse|poison-s|walk-reclaim|debian", "a word that only the scenario uses"),
    (r"processes/\d+/pid", r"debian", "a stock kernel tells whose an mm is only where somebody looked"),
    (r"notes: .*(writes to #|; chains #,|dups #,|zero pages #) .*", r"debian",
     "no sample fell on that moment; copy on write is not traced"),
    (r"processes/8/role", r"poison-fork", "the one that is neither early nor late, in whatever words"),
    (r"notes: # VMAs, .*|notes: .* changed its VMAs # times.*", r"walk-20k",
     "VMAs of the process and changes of the other thread: only bounds"),
    (r"counters/(pages_(volatile|scanned|skipped)|ksm_zero_pages|full_scans|merge_across_nodes)", r"poison-search-\d+-posted",
     "trace-cmd recorded it, which takes no samples"),
    (r"notes: .*; #-(search|posted): .*|notes: .* the failure took (#\.\d+|\d+\.#) ms", r"poison-search",
     "the variant's name again; how long the failure took, a bound"),
    (r"notes: .*(huge page: 1 pages failure in #-|empty pages: 4 pages (no-page in #-|unique in 0x\w+-# )).*", r"reasons",
     "the end of a range that holds none of the pages that are counted"),
    (r"mappings/0/(address|pfn|when)", r"reasons", "its page is in the unstable tree: ksmtop knows no pfn of it"),
    (r"mappings/[23]/(address|pfn)", r"reasons", "a fork's own page, never merged: ksmtop knows no pfn of it"),
    (r"mappings/\d+/(pid|address|pfn)", r"power-cut", "it may be no KSM page: the process had written to it just then"),
    (r"counters/(pages_(volatile|scanned|skipped)|ksm_zero_pages|full_scans)", r"power-cut",
     "ksmd ran on between the last sample and the truth: only a bound"),
)


def leaves(value, path=""):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}/{name}")
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from leaves(inner, f"{path}/{i}")
    elif path == "/notes":
        for match in re.finditer(r"0x[0-9a-f]+|\d+", value):
            yield f"{path}/{match.start()}", match.group(0)
    else:
        yield path, value


def other(path, value):
    """Another value of that kind.  A duration is a bound: a hundredth of it must be too little."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value // 100 if path.endswith("_ns") else value + (1000 if path.endswith("pid") else 1)
    if re.fullmatch(r"0x[0-9a-f]+", value):
        return hex(int(value, 16) + (0x10000000 if path.endswith("address") else 1))
    return "other " + value


def falsified(truth, path, value):
    truth = copy.deepcopy(truth)
    *way, last = path.split("/")[1:]
    if way == ["notes"]:
        at, notes = int(last), truth["notes"]
        if not value.startswith("0x"):
            changed = str(int(value) // 2 if int(value) > 10**9 else int(value) + 1)
        else:       # a page; an address, a range of which becomes a page shorter
            changed = hex(int(value, 16) + (1 if len(value) < 10 else -0x1000 if notes[at - 1] == "-" else 0x1000))
        truth["notes"] = notes[:at] + changed + notes[at + len(value):]
        return truth
    inner = truth
    for name in way:
        inner = inner[int(name)] if isinstance(inner, list) else inner[name]
    inner[int(last) if isinstance(inner, list) else last] = other(path, value)
    return truth


class Lie(Recording):
    """Stops at the first difference."""

    def expect(self, what, got, wanted):
        super().expect(what, got, wanted)
        if self.failures:
            raise ValueError(what)


def leaf_name(truth, path, value):
    if not path.startswith("/notes/"):
        return path[1:]
    at, notes = int(path.split("/")[2]), truth["notes"]
    return f"notes: {notes[:at]}#{notes[at + len(value):]}"


def noticed(recording, check, truth):
    lie = Lie(recording.program, recording.folder, recording.name, truth, recording.answers)
    try:
        check(lie)
    except Exception:   # whatever it was: it did not pass
        return True
    return bool(lie.failures)


def every_leaf(recording, check):
    nr = 0
    for path, value in leaves(recording.truth):
        nr += 1
        if noticed(recording, check, falsified(recording.truth, path, value)):
            continue
        name = leaf_name(recording.truth, path, value)
        if any(re.fullmatch(leaf, name, re.DOTALL) and re.match(names, recording.name) for leaf, names, _ in FREE):
            continue
        recording.failures.append(f"{recording.name}: nothing is held to {name}, {value!r}")
    recording.expect_true("the truth has leaves", nr)
