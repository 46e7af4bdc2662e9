#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The benchmark programs and their peers read the same events.

	smoke.py BUILD_DIR/tests/bench

A ratio of times means nothing when one side reads less.  So: one small recording in each form, and
every program must count the events that were written into it; the pictures and the steps back of
bench_view must work, and bench_explain's models agree with the walks that were written; what came from the cache must be what was built.  No time is looked at.
"""
import os
import re
import subprocess
import sys
import tempfile

EVENTS = 250000		# above the size from which a cache is written


def values(tools, name, *arguments, **environment):
    if name == "read_libkshark":    # that library leaks, which is not ours to judge
        environment["ASAN_OPTIONS"] = "detect_leaks=0"
    done = subprocess.run([os.path.join(tools, name), *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=True, errors="replace",
                          env={**os.environ, **environment})
    return dict(re.findall(r"(\w+)=(\S+)", done.stdout))


def same(what, got, wanted):
    if str(got) != str(wanted):
        sys.exit(f"{what}: {got}, not {wanted}")


def main():
    tools = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="bench-smoke-") as work:
        for form in "v6", "v7", "zstd":
            file = os.path.join(work, form + ".dat")	# libkshark goes by the name
            values(tools, "make_recording", file, str(EVENTS), form)
            same(f"open_recording {form}", values(tools, "open_recording", file)["events"], EVENTS)
            for peer in "read_libtracecmd", "read_libkshark":
                if os.path.exists(os.path.join(tools, peer)):
                    same(f"{peer} {form}", values(tools, peer, file)["events"], EVENTS)
        cache = {"XDG_CACHE_HOME": os.path.join(work, "cache")}
        first = values(tools, "open_recording", file, "cache", **cache)
        second = values(tools, "open_recording", file, "cache", **cache)
        same("cached the first time", first["cached"], 0)
        same("cached the second time", second["cached"], 1)
        for key in "events", "history":
            same(f"{key} from the cache", second[key], first[key])
        patched = os.path.join(work, "structures.dat")
        values(tools, "make_structures", patched, "30000", str(EVENTS))
        same("open_recording patched", values(tools, "open_recording", patched)["events"], EVENTS)
        same("bench_explain walks", values(tools, "bench_explain", patched, "3")["walks"], 3)
        if os.path.exists(os.path.join(tools, "bench_view")):
            for recording in file, patched:
                same("bench_view", values(tools, "bench_view", recording, "2")["events"], EVENTS)


if __name__ == "__main__":
    main()
