#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""P1-P4, P8, P9, P14: what opening a recording costs, beside its peers on the same file.

	bench_open.py BUILD_DIR/tests/bench

Every comparison is paired: ours and the peer's run come one after the other, whole processes, warm
cache; the median of the ratios is printed, of wall time and of CPU time (user + system), because the
first means little while something else runs.  Never fails on a number: it prints.
BENCH_RUNS sets the number of pairs (5), BENCH_EVENTS the size of the reference recording (6,600,000),
BENCH_CACHED that of P4 (10,000,000), BENCH_GROWTH those of P14 ("1000000 10000000"; with 50000000
a recording is made that takes 3 GB of memory).
"""
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = int(os.environ.get("BENCH_RUNS", "5"))
EVENTS = int(os.environ.get("BENCH_EVENTS", "6600000"))
CACHED = int(os.environ.get("BENCH_CACHED", "10000000"))
GROWTH = [int(size) for size in os.environ.get("BENCH_GROWTH", "1000000 10000000").split()]


def run(command, env=None):
    """Wall and CPU seconds of a command, and its KEY=VALUE line."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
                          env=env)
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    values = {}
    for word in done.stdout[-400:].decode(errors="replace").split():
        key, equals, value = word.partition("=")
        if equals:
            values[key] = value
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, values


def paired(ours, peer, pairs):
    walls, cpus, last = [], [], {}
    for _ in range(pairs):
        wall, cpu, last = run(ours)
        peer_wall, peer_cpu, _ = run(peer)
        walls.append(peer_wall / wall)
        cpus.append(peer_cpu / cpu)
    return statistics.median(walls), statistics.median(cpus), last


def line(name, what, least, aim, measured):
    print(f"{name:4} {what:58} {least:>7} {aim:>7}  {measured}", flush=True)


def compare(name, what, least, aim, ours, peer, pairs=RUNS):
    wall, cpu, _ = paired(ours, peer, pairs)
    line(name, what, least, aim, f"{wall:.1f}x wall, {cpu:.1f}x CPU")


def main():
    tools = sys.argv[1]
    make, ours, theirs, kshark = (os.path.join(tools, n) for n in (
        "make_recording", "open_recording", "read_libtracecmd", "read_libkshark"))
    work = tempfile.mkdtemp(prefix="bench-open-")
    try:
        zstd, v6 = os.path.join(work, "ref.dat"), os.path.join(work, "ref6.dat")
        subprocess.run([make, zstd, str(EVENTS), "zstd"], check=True)
        subprocess.run([make, v6, str(EVENTS), "v6"], check=True)
        print(f"{EVENTS} events, {os.path.getsize(zstd) / EVENTS:.1f} B an event as zstd; load "
              f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")
        line("", "measure", "least", "aim", "measured")
        if shutil.which("trace-cmd"):
            compare("P1", "v7 zstd: decode and build, against trace-cmd report", "25x", "50x",
                    [ours, zstd], ["trace-cmd", "report", zstd])
        if os.path.exists(theirs):
            compare("P2", "the same against libtracecmd, 4 cached fields", "8x", "15x",
                    [ours, zstd], [theirs, zstd])
            compare("P3", "v6: decode and build, against libtracecmd", "1x", "2x",
                    [ours, v6], [theirs, v6])
        cache(ours, make, work)
        memory(ours, theirs, kshark, zstd)
        growth(ours, make, work)
    finally:
        shutil.rmtree(work)


def cache(ours, make, work):
    file = os.path.join(work, "ten.dat")
    subprocess.run([make, file, str(CACHED), "zstd"], check=True)
    env = dict(os.environ, XDG_CACHE_HOME=os.path.join(work, "cache"))
    run([ours, file, "cache"], env)
    seen = [run([ours, file, "cache"], env)[2] for _ in range(RUNS)]
    hit = all(s["cached"] == "1" for s in seen)
    line("P4", f"second opening of {CACHED / 1e6:g} M events", "100ms", "30ms",
         f"{statistics.median(float(s['load']) for s in seen):.0f} ms" + ("" if hit else " NOT CACHED"))
    os.unlink(file)


def memory(ours, theirs, kshark, file):
    env = dict(os.environ, XDG_CACHE_HOME=file + ".cache")
    values = run([ours, file, "cache"], env)[2]
    events = int(values["events"])
    line("P8", "tables, B an event: history + index", "36+8", "28+8",
         f"{int(values['history']) / events:.1f} + {int(values['index']) / events:.1f}")
    if os.path.exists(kshark):
        peer = int(run([kshark, file])[2]["anon"])
        line("P9", "anonymous memory against libkshark's", "below", "half",
             f"{int(values['anon']) / peer:.2f}x ({values['anon']} and {peer} kB)")
    if os.path.exists(theirs):
        peer = int(run([theirs, file])[2]["peak"]) + os.path.getsize(file) // 1024
        line("P9", "peak RSS against libtracecmd's plus the file", "below", "half",
             f"{int(values['peak']) / peer:.2f}x ({values['peak']} and {peer} kB)")
    shutil.rmtree(file + ".cache", ignore_errors=True)


def growth(ours, make, work):
    costs = []
    for size in GROWTH:
        file = os.path.join(work, "grow.dat")
        subprocess.run([make, file, str(size), "zstd"], check=True)
        cpu = statistics.median(run([ours, file])[1] for _ in range(RUNS))
        costs.append(cpu / size * 1e9)
    line("P14", "CPU an event at " + ", ".join(f"{s / 1e6:g} M" for s in GROWTH), "1.3x", "1.1x",
         ", ".join(f"{c:.0f} ns" for c in costs) + f": {max(costs) / costs[0]:.2f}x")


if __name__ == "__main__":
    main()
