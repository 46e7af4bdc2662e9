#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""run_golden.py KSMTOP MAKE_SMALL TRACES [CASE...]: whole command lines and what they must print.

A case is a folder below succeed/ or fail/ with a file `cmd`: its first line, a comment, says why
the case exists, the rest runs in sh with `ksmtop` in PATH, in a folder that holds the recordings
of make_small and links to the shipped ones and their truth.  Beside it stand `stdout`, `stderr` (each absent when
empty); the last line of the run's status is in the folder's kind: succeed is 0, fail is 2, unless
a file `status` says otherwise.

UPDATE_GOLDEN=1 writes the files instead of comparing; read the difference before committing it.
"""
import difflib
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
UPDATE = os.environ.get("UPDATE_GOLDEN") == "1"


def read(path):
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def write(path, text, absent=""):
    if text != absent:
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
    elif os.path.exists(path):
        os.remove(path)


def run_case(case, folder, environment):
    kind = case.split("/")[0]
    expected_status = "0" if kind == "succeed" else "2"
    here = os.path.join(HERE, case)
    script = read(os.path.join(here, "cmd"))
    if not script.startswith("# "):
        return [f"{case}: cmd does not begin with a comment that says why it exists"]
    run = subprocess.run(["sh", "-c", script], cwd=folder, env=environment, capture_output=True,
                         stdin=subprocess.DEVNULL, timeout=120)
    got = {"stdout": run.stdout.decode("utf-8", "surrogateescape"),
           "stderr": run.stderr.decode("utf-8", "surrogateescape"),
           "status": f"{run.returncode}\n"}
    if UPDATE:
        write(os.path.join(here, "stdout"), got["stdout"])
        write(os.path.join(here, "stderr"), got["stderr"])
        write(os.path.join(here, "status"), got["status"], expected_status + "\n")
        return []
    problems = []
    for name, text in got.items():
        wanted = read(os.path.join(here, name)) or (expected_status + "\n" if name == "status" else "")
        if text != wanted:
            problems.append(f"{case}: {name} differs")
            problems += difflib.unified_diff(wanted.splitlines(), text.splitlines(), "expected", "got",
                                             lineterm="", n=1)
    return problems


def all_cases():
    for kind in ("succeed", "fail"):
        for case in sorted(os.listdir(os.path.join(HERE, kind))):
            yield f"{kind}/{case}"


def main():
    program, make_small, traces = (os.path.abspath(path) for path in sys.argv[1:4])
    failed = 0
    with tempfile.TemporaryDirectory() as top:
        folder = os.path.join(top, "recordings")
        subprocess.run([make_small, folder], check=True)
        for name in os.listdir(traces):
            if name.endswith((".dat", ".truth.json")):
                os.symlink(os.path.join(traces, name), os.path.join(folder, name))
        os.mkdir(os.path.join(top, "bin"))
        os.symlink(program, os.path.join(top, "bin", "ksmtop"))
        environment = {"PATH": os.path.join(top, "bin") + ":" + os.environ["PATH"], "LC_ALL": "C",
                       "HOME": top, "XDG_CACHE_HOME": os.path.join(top, "cache"), "TERM": "dumb"}
        environment.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
        cases = sys.argv[4:] or list(all_cases())
        for case in cases:
            problems = run_case(case, folder, environment)
            failed += bool(problems)
            print("\n".join(problems) if problems else f"ok {case}")
        if not cases:
            failed = 1
            print("there is no case")
    print("cases:", len(cases), "failed:", failed)
    sys.exit(1 if failed else 0)


main()
