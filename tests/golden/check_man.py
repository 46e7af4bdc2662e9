#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""check_man.py KSMTOP MAN_PAGE COMPLETION: help, man page and completion say the same.

All three are made from one table, so what can go wrong is the making: a command or option that is
left out, roff that is not well formed, a completion that bash does not parse or that offers
nothing.  mandoc's lint is used when it is installed; groff's warnings always.
"""
import re
import shutil
import subprocess
import sys

problems = []


def output(*line):
    return subprocess.run(line, capture_output=True, text=True, check=True).stdout


def complete(script, *words):
    """What bash would offer for the last word."""
    line = " ".join(f"'{word}'" for word in words)
    commands = (f"source '{script}'; COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); "
                "_ksmtop; printf '%s\\n' \"${COMPREPLY[@]}\"")
    return output("bash", "-c", commands).split()


def main():
    program, page, completion = sys.argv[1:]
    with open(page, encoding="utf-8") as file:
        man = file.read().replace("\\-", "-")
    overview = output(program, "--help")
    commands = re.findall(r"^  ([a-z][a-z-]*) ", overview, re.M)
    if len(commands) < 10 or len(set(commands)) != len(commands):
        problems.append(f"the overview names {commands}")
    for command in commands:
        text = output(program, command, "--help")
        section = man.split(f'.SS "ksmtop {command} ')[1].split(".SS ")[0].split(".SH ")[0]
        offered = complete(completion, "ksmtop", command, "--")
        for option in re.findall(r"^ +(?:-., )?--([a-z-]+)", text, re.M):
            if option not in ("help", "version") and f"--{option}" not in section:
                problems.append(f"the man page of {command} lacks --{option}")
            if f"--{option}" not in offered:
                problems.append(f"the completion of {command} lacks --{option}")
        for long_line in [line for line in text.splitlines() if len(line) > 80]:
            problems.append(f"help of {command} is wider than 80 columns: {long_line}")
    if set(commands) - set(complete(completion, "ksmtop", "")):
        problems.append("the completion lacks a command")
    if "nodes" not in complete(completion, "ksmtop", "list", "x.dat", "no"):
        problems.append("the completion lacks the tables of list")
    warnings = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, text=True,
                              check=True).stderr
    problems.extend(warnings.splitlines())
    if shutil.which("mandoc"):
        lint = subprocess.run(["mandoc", "-T", "lint", page], capture_output=True, text=True)
        problems.extend((lint.stdout + lint.stderr).splitlines())
    print("\n".join(problems) or f"{len(commands)} commands, no difference")
    sys.exit(1 if problems else 0)


main()
