#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""P6, P7: bench_view's numbers as lines of the table.

	bench_views.py BENCH_VIEW FILE PICTURES FROM WHAT

P7 is the median over BENCH_RUNS (5) runs of back against forward; P6 is of the last run.  Events lie
behind FROM percent of the recording; WHAT says in a word what FILE is.
"""
import os
import re
import statistics
import subprocess
import sys

RUNS = int(os.environ.get("BENCH_RUNS", "5"))


def main():
    program, file, pictures, begin, what = sys.argv[1:]
    ratios = []
    for i in range(RUNS):
        said = subprocess.run([program, file, pictures if i == RUNS - 1 else "20", begin],
                              stdout=subprocess.PIPE, text=True, check=True).stdout
        step = dict(re.findall(r"(\w+)=([\d.]+)", said.splitlines()[-1]))
        ratios.append(float(step["back"]) / float(step["forward"]))
    for text in said.splitlines():
        if text.startswith("view="):
            v = dict(re.findall(r"(\w+)=(\S+)", text))
            name = f"{what}, {v['view']}: a screen at a random event, CPU p50 / p99"
            print(f"P6   {name:58} 1 / 16ms"
                  f"     4ms  {int(v['p50']) / 1e3:.2f} / {int(v['p99']) / 1e3:.2f} ms "
                  f"(wall p99 {int(v['wall99']) / 1e3:.2f})"
                  + (f", whole after {int(v['whole']) / 1e3:.1f} ms at most" if "whole" in v else ""))
    print(f"P7   {what + ', step back against step forward, with pictures':58}    1.2x    1.0x  "
          f"{statistics.median(ratios):.2f}x ({step['back']} and {step['forward']} us)", flush=True)


if __name__ == "__main__":
    main()
