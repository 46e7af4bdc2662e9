#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""P5: from starting ksmtop on a pseudo-terminal to its first picture.

	bench_first.py KSMTOP FILE...

The first picture is the first write that has the tab row in it, whatever the file: the frame comes before
the recording is built.  Given too: when the recording is complete and its end is shown, which is
what one waits for before everything can be asked.  No cache.  Medians of BENCH_RUNS (5) runs;
prints, never fails on a time.
"""
import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time

RUNS = int(os.environ.get("BENCH_RUNS", "5"))
PLAIN = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][0-9A-B]")


def start(command):
    """Milliseconds to the first picture."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    env = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LC_ALL": "C.UTF-8",
           "HOME": "/nonexistent"}
    begin = time.monotonic()
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=env,
                               start_new_session=True)
    seen, first = b"", None
    while first is None and time.monotonic() - begin < 60:
        if select.select([master], [], [], 1)[0]:
            seen += os.read(master, 65536)
            plain = PLAIN.sub(b"", seen)
            if all(tab in plain for tab in (b"Over", b"Tree", b"Events")):
                first = (time.monotonic() - begin) * 1e3
        elif process.poll() is not None:
            break
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    while process.poll() is None:	# a full pseudo-terminal would hold it up
        if select.select([master], [], [], 0.05)[0]:
            os.read(master, 65536)
    os.close(master)
    os.close(slave)
    if first is None:
        sys.exit(f"{command} drew nothing:\n{seen.decode(errors='replace')}")
    return first


def main():
    for file in sys.argv[2:]:
        times = [start([sys.argv[1], "--no-cache", file]) for _ in range(RUNS)]
        size = os.path.getsize(file) / 1e6
        print(f"P5   {f'first picture after start, file of {size:.1f} MB':58}   200ms   100ms  "
              f"{statistics.median(times):.0f} ms (worst {max(times):.0f})", flush=True)


if __name__ == "__main__":
    main()
