#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""check_readme.py KSMTOP ROOT: the screens that the README shows are what the program shows.

A picture in a README is the first that is believed and the last that is looked after.  A fenced block
whose first line is a command (`$ ksmtop ...`) holds what that command prints, run in the project's
root; UPDATE_GOLDEN=1 writes it anew.
"""
import os
import re
import shlex
import subprocess
import sys

BLOCK = re.compile(r"^```\n\$ ksmtop (.*)\n((?:(?!```).*\n)*)```$", re.M)


def main():
    program, root = map(os.path.abspath, sys.argv[1:])
    readme = os.path.join(root, "README.md")
    with open(readme, encoding="utf-8") as file:
        text = file.read()
    differing = []

    def shown(match):
        printed = subprocess.run([program] + shlex.split(match[1]), cwd=root, capture_output=True,
                                 encoding="utf-8", check=True).stdout
        printed = "".join(line.rstrip() + "\n" for line in printed.splitlines())
        if printed != match[2]:
            differing.append(match[1])
        return f"```\n$ ksmtop {match[1]}\n{printed}```"

    fresh, nr = BLOCK.subn(shown, text)
    if not nr:
        sys.exit("the README shows no screen")
    if differing and os.environ.get("UPDATE_GOLDEN"):
        with open(readme, "w", encoding="utf-8") as file:
            file.write(fresh)
    elif differing:
        sys.exit("README.md differs from what is printed by: " + "; ".join(differing))


main()
