#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""P6, P7: bench_view's numbers as lines of the table.

	bench_views.py BENCH_VIEW FILE [PICTURES]

P7 is the median over BENCH_RUNS (5) runs of back against forward; P6 is of the last run.
"""
import os
import re
import statistics
import subprocess
import sys

RUNS = int(os.environ.get("BENCH_RUNS", "5"))


def main():
    ratios = []
    for i in range(RUNS):
        pictures = sys.argv[3:] if i == RUNS - 1 else ["20"]
        said = subprocess.run([*sys.argv[1:3], *pictures], stdout=subprocess.PIPE, text=True,
                              check=True).stdout
        step = dict(re.findall(r"(\w+)=([\d.]+)", said.splitlines()[-1]))
        ratios.append(float(step["back"]) / float(step["forward"]))
    for text in said.splitlines():
        if text.startswith("view="):
            v = dict(re.findall(r"(\w+)=(\S+)", text))
            print(f"P6   {v['view'] + ': a full screen at a random event, CPU p50 / p99':58} 1 / 16ms"
                  f"     4ms  {int(v['p50']) / 1e3:.2f} / {int(v['p99']) / 1e3:.2f} ms "
                  f"(wall p99 {int(v['wall99']) / 1e3:.2f})")
    print(f"P7   {'step back against step forward, with their pictures':58}    1.2x    1.0x  "
          f"{statistics.median(ratios):.2f}x ({step['back']} and {step['forward']} us)", flush=True)


if __name__ == "__main__":
    main()
