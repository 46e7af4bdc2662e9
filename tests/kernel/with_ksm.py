#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""KSM's settings, borrowed: set for a while and put back however that ends.

	with_ksm.py NAME=VALUE... -- COMMAND...

KSM's settings belong to the machine, and only one experiment at a time can have them.  So a lock
(/tmp/ksm.lock) is held, every setting that is changed is remembered, and a process of its own puts
them back: it waits for the end of a pipe that the borrower holds, so it also works after kill -9.
If nobody used KSM before, what the experiment left in the stable tree is thrown away (run = 2).

Imported by the tests as `with ksm_settings(run=1, ...):`.
"""
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time

KSM = "/sys/kernel/mm/ksm/"
LOCK = "/tmp/ksm.lock"


def ksm_read(name):
    with open(KSM + name, encoding="ascii") as file:
        return file.read().strip()


def ksm_number(name):
    return int(ksm_read(name))


def ksm_write(name, value):
    with open(KSM + name, "w", encoding="ascii") as file:
        file.write(str(value))


def ksm_wait(condition, what, seconds=120):
    """Waits until condition() holds; never for a fixed time."""
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def ksm_wait_scans(nr, seconds=120):
    """Waits until ksmd has done `nr` more full scans."""
    goal = ksm_number("full_scans") + nr
    ksm_wait(lambda: ksm_number("full_scans") >= goal, f"{nr} full scans", seconds)


def _put_back(saved, was_unused):
    if was_unused:
        ksm_write("run", 2)
    for name, value in saved.items():
        if name != "run":
            ksm_write(name, value)
    ksm_write("run", saved["run"])


def _guard_start(saved, was_unused, lock):
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        null = os.open("/dev/null", os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.closerange(3, min(read_end, lock.fileno()))
        os.close(write_end)
        os.read(read_end, 1)
        try:
            _put_back(saved, was_unused)
        finally:
            os._exit(0)
    os.close(read_end)
    return pid, write_end


@contextlib.contextmanager
def ksm_settings(**settings):
    # inheritable by the guard only through fork: it keeps the lock until all is put back
    with open(LOCK, "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        names = set(settings) | {"run", "sleep_millisecs", "pages_to_scan"}
        saved = {name: ksm_read(name) for name in sorted(names)}
        if "[" in saved.get("advisor_mode", ""):
            saved["advisor_mode"] = saved["advisor_mode"].split("[")[1].split("]")[0]
        was_unused = saved["run"] != "1" and ksm_number("pages_shared") == 0
        pid, fd = _guard_start(saved, was_unused, lock)
        try:
            if was_unused:
                ksm_write("run", 2)
            for name, value in sorted(settings.items(), key=lambda item: item[0] == "run"):
                ksm_write(name, value)
            yield
        finally:
            os.close(fd)
            os.waitpid(pid, 0)


def main():
    if "--" not in sys.argv[2:]:
        sys.exit("usage: with_ksm.py NAME=VALUE... -- COMMAND...")
    split = sys.argv.index("--")
    settings = dict(item.split("=", 1) for item in sys.argv[1:split])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ksm_settings(**settings):
        sys.exit(subprocess.run(sys.argv[split + 1:], check=False).returncode)


if __name__ == "__main__":
    main()
