#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""P11, P12: bench_explain's numbers as lines of the table.

	bench_explain.py BENCH_EXPLAIN FILE

Medians over BENCH_RUNS (5) runs of the program, which takes medians itself.
"""
import os
import re
import statistics
import subprocess
import sys

RUNS = int(os.environ.get("BENCH_RUNS", "5"))


def main():
    said = [dict(re.findall(r"(\w+)=([\d.]+)", subprocess.run(
        sys.argv[1:3], stdout=subprocess.PIPE, text=True, check=True).stdout)) for _ in range(RUNS)]

    def median(key):
        return statistics.median(float(run[key]) for run in said)

    for rules, key in ("linear_page_index", "linear"), ("all three rules", "all"):
        print(f"P11  {'what-if by ' + rules + ' against listing the VMAs':58}    100x    300x  "
              f"{median('scan') / median(key):.0f}x ({median(key):.0f} us, {said[0]['vmas']} VMAs: "
              f"{median('scan'):.0f} us)")
    pages = int(said[0]["pages"]) / 1e6
    print(f"P12  {f'blast radius of all {pages:.2g} M pages, CPU':58}      1s    0.2s  "
          f"{median('ranked') / 1e6:.2f} s",
          flush=True)


if __name__ == "__main__":
    main()
