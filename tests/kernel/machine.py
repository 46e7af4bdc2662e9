# SPDX-License-Identifier: GPL-2.0-only
"""What the tests on this machine's kernel share: the load, a recorder, trace-cmd, and skipping.

Environment (set by meson.build): KSMTOP and KSM_LOAD are the programs' paths.  A test file is a
plain script: it calls need() first, then run_tests(globals()).  Skipping is exit status 77, which
meson knows, with the reason on stdout.
"""
import array
import contextlib
import ctypes
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from with_ksm import ksm_number, ksm_read, ksm_settings, ksm_wait, ksm_wait_scans, ksm_write  # noqa

KSMTOP = os.environ.get("KSMTOP", "ksmtop")
KSM_LOAD = os.environ.get("KSM_LOAD", "ksm_load")
TRACING = "/sys/kernel/tracing"
PAGE = os.sysconf("SC_PAGESIZE")


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def need(*programs):
    if os.geteuid() != 0:
        skip("recording needs root")
    if not os.path.isdir(f"{TRACING}/instances"):
        skip("tracefs is not mounted at /sys/kernel/tracing")
    if not os.path.isdir(f"{TRACING}/events/ksm"):
        skip("this kernel has no ksm events")
    if not os.access("/sys/kernel/mm/ksm/run", os.W_OK):
        skip("KSM's settings cannot be changed here")
    for program in programs:
        if not shutil.which(program):
            skip(f"{program} is not installed")


def run_tests(names):
    """Runs every test_* function, each in a directory of its own; exit status 1 if one failed."""
    failed = 0
    only = sys.argv[1:]
    for name, function in list(names.items()):
        if not name.startswith("test_") or (only and name not in only):
            continue
        here = os.getcwd()
        with tempfile.TemporaryDirectory(prefix="ksmtop-test.") as directory:
            os.chdir(directory)
            try:
                function()
                print(f"ok {name}")
            except Exception:  # a failed test must not keep the others from running
                failed += 1
                print(f"FAILED {name}")
                traceback.print_exc(file=sys.stdout)
            finally:
                os.chdir(here)
        sys.stdout.flush()
    sys.exit(1 if failed else 0)


def equal(found, expected, what):
    if found != expected:
        raise AssertionError(f"{what}: found {found!r}, expected {expected!r}")


def true(condition, what):
    if not condition:
        raise AssertionError(what)


# ---- programs ----

def ksmtop(*arguments, status=0, **more):
    """Runs ksmtop to its end and returns the finished process; a list of statuses is fine too."""
    done = subprocess.run([KSMTOP, *arguments], capture_output=True, text=True, errors="replace",
                          timeout=300, check=False, **more)
    allowed = status if isinstance(status, (list, tuple)) else [status]
    if done.returncode not in allowed:
        raise AssertionError(f"ksmtop {' '.join(arguments)}: status {done.returncode}, expected "
                             f"{status}; it said: {done.stderr[-2000:]}")
    return done


def ksmtop_json(*arguments, **more):
    return json.loads(ksmtop(*arguments, "--json", **more).stdout)


class Recorder:
    """`ksmtop record` running beside the test; ready when its start samples are taken."""

    def __init__(self, *arguments, wrapper=()):
        self.process = subprocess.Popen([*wrapper, KSMTOP, "record", *arguments], text=True,
                                        stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        self.said = []
        for line in self.process.stderr:
            self.said.append(line.rstrip("\n"))
            if line.startswith("recording to "):
                return
        self.process.wait()
        raise AssertionError(f"record did not start: {self.said}")

    def wait(self):
        _, err = self.process.communicate(timeout=120)
        self.said += err.splitlines()
        return self.process.returncode

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        equal(self.wait(), 0, f"status of record ({self.said})")


class Load:
    """ksm_load, steered; ends with the `with` block."""

    def __init__(self, *names, pages=1000, contents=10, unique=0):
        self.process = subprocess.Popen(
            [KSM_LOAD, "-n", str(pages), "-c", str(contents), "-u", str(unique), *names],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pids = [int(pid) for pid in self.process.stdout.readline().split()[1:]]

    def tell(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        equal(self.process.stdout.readline(), "ok\n", f"answer to {words}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=60)


def quiesce():
    """Lets ksmd finish what it can merge, then stops it: nothing changes until run is written."""
    last = None
    for _ in range(60):
        ksm_wait_scans(2)
        now = (ksm_number("pages_sharing"), ksm_number("pages_shared"), ksm_number("pages_unshared"))
        if now == last:
            break
        last = now
    ksm_write("run", 0)
    # ksmd ends the batch that it is in before it looks at run
    last = ksm_read("pages_scanned")
    for _ in range(100):
        time.sleep(0.02)
        now = ksm_read("pages_scanned")
        if now == last:
            return
        last = now


@contextlib.contextmanager
def trace_cmd_possible():
    """
    Gives a function that runs trace-cmd.  Where writing ftrace_enabled is refused, `record` runs
    in a mount namespace of its own, with plain files over what it wants to write.
    """
    wrapper = []
    try:
        with open("/proc/sys/kernel/ftrace_enabled", "w", encoding="ascii") as file:
            file.write("1")
    except OSError:
        script = os.path.abspath("namespace.sh")
        with open(script, "w", encoding="ascii") as file:
            file.write("d=$(mktemp -d -p .)\necho 1 >$d/one\n: >$d/none\n"
                       "mount --bind $d/one /proc/sys/kernel/ftrace_enabled\n"
                       "for f in set_ftrace_filter set_ftrace_notrace set_ftrace_pid; do\n"
                       f"mount --bind $d/none {TRACING}/$f; done\n"
                       'exec trace-cmd "$@"\n')
        wrapper = ["unshare", "-m", "sh", script]

    def command(*arguments):
        program = wrapper if wrapper and arguments[0] == "record" else ["trace-cmd"]
        return [*program, *arguments]

    def trace_cmd(*arguments, check=True):
        return subprocess.run(command(*arguments), capture_output=True, text=True,
                              errors="replace", timeout=300, check=check)
    trace_cmd.arguments = command
    yield trace_cmd


# ---- events as text ----

OURS = re.compile(r"(\d+) (\d+\.\d{9}) (\d+) (.*?)-(\d+) (\w+):(\w+) ?(.*)$")
THEIRS = re.compile(r"\s*(.*?)-(\d+)\s+\[(\d+)\]\s+(\d+\.\d{9}): (\w+):\s*(.*)$")


def events_ours(file):
    """(time, cpu, comm, tid, name, fields) of `ksmtop events`."""
    rows = []
    for line in ksmtop("events", file).stdout.splitlines():
        match = OURS.match(line)
        true(match, f"a line of another shape: {line!r}")
        number, at, cpu, comm, tid, _, name, fields = match.groups()
        equal(int(number), len(rows) + 1, "event number")
        rows.append((at, int(cpu), comm, int(tid), name, fields.split()))
    return rows


def events_theirs(trace_cmd, file):
    """The same of `trace-cmd report -R -t`; head lines are passed over."""
    rows = []
    for line in trace_cmd("report", "-R", "-t", file).stdout.splitlines():
        match = THEIRS.match(line)
        if match:
            comm, tid, cpu, at, name, fields = match.groups()
            rows.append((at, int(cpu), comm, int(tid), name, fields.split()))
    return rows


def same_events(trace_cmd, file):
    """Every event of both readers, compared; at equal times the order between CPUs is free."""
    ours, theirs = events_ours(file), events_theirs(trace_cmd, file)
    key = lambda row: (float(row[0]), row[1])  # noqa: E731  stable: keeps a CPU's own order
    for index, (a, b) in enumerate(zip(sorted(ours, key=key), sorted(theirs, key=key))):
        equal(a, b, f"event {index + 1} of {file}")
    equal(len(ours), len(theirs), f"number of events in {file}")
    return ours


# ---- pages, read independently of ksmtop ----

def mergeable_ranges(pid):
    ranges, current = [], None
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as file:
        for line in file:
            head = re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line)
            if head:
                current = (int(head[1], 16), int(head[2], 16))
            elif line.startswith("VmFlags:") and " mg" in line:
                ranges.append(current)
    return ranges


def ksm_mappings(pid):
    """{address: pfn} of a process's KSM pages, one kpageflags read a page."""
    found = {}
    with open(f"/proc/{pid}/pagemap", "rb", buffering=0) as pagemap, \
         open("/proc/kpageflags", "rb", buffering=0) as flags:
        known = {}
        for start, end in mergeable_ranges(pid):
            entries = array.array("Q")
            entries.frombytes(os.pread(pagemap.fileno(), (end - start) // PAGE * 8, start // PAGE * 8))
            for index, entry in enumerate(entries):
                pfn = entry & ((1 << 55) - 1)
                if not entry >> 63 or not pfn:
                    continue
                if pfn not in known:
                    word = os.pread(flags.fileno(), 8, pfn * 8)
                    known[pfn] = int.from_bytes(word, sys.byteorder) >> 21 & 1
                if known[pfn]:
                    found[start + index * PAGE] = pfn
    return found


# ---- what must be as it was ----

def tracing_state():
    """What a recorder could leave behind: instances, and the top instance's settings."""
    state = {"instances": sorted(os.listdir(f"{TRACING}/instances"))}
    for name in ("tracing_on", "trace_clock", "current_tracer", "buffer_size_kb",
                 "saved_cmdlines_size", "set_event", "set_event_pid"):
        with open(f"{TRACING}/{name}", encoding="ascii") as file:
            state[name] = file.read()
    return state


def ksm_state():
    names = [os.path.basename(path) for path in glob.glob("/sys/kernel/mm/ksm/*")]
    counts = re.compile("pages_(shared|sharing|unshared|volatile|scanned|skipped)|full_scans|"
                        "general_profit|stable_node_(chains|dups)$|ksm_zero_pages")
    return {name: ksm_read(name) for name in names if not counts.match(name)}


def instances_gone(seconds=20):
    pattern = f"{TRACING}/instances/ksmtop-*"
    ksm_wait(lambda: not glob.glob(pattern), "the recorder's tracing instance to go", seconds)


def mount_tmpfs(directory, size):
    os.makedirs(directory, exist_ok=True)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", directory.encode(), b"tmpfs", 0, f"size={size}".encode()):
        skip(f"a tmpfs cannot be mounted: {os.strerror(ctypes.get_errno())}")
    return lambda: libc.umount2(directory.encode(), 2)
