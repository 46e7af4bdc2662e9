#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""`ksmtop record` as a command: statuses, signals, what it says, what it leaves alone.

Protects the promises of record's page: COMMAND's status is passed on, 125 is the recorder's own,
every way to end works, every wrong use gets one sentence, and afterwards nothing of the machine's
tracing or of KSM's settings has changed.
"""
import json
import os
import pty
import re
import signal
import stat
import subprocess
import time

from machine import (KSMTOP, Load, Recorder, equal, instances_gone, ksm_settings, ksm_state, ksm_wait_scans,
                     ksmtop, need, run_tests, tracing_state, true)


def test_status_of_the_command():
    for words, status in ((["true"], 0), (["sh", "-c", "exit 7"], 7), (["sh", "-c", "kill -9 $$"], 137),
                          (["/nonexistent/program"], 127), (["/etc/passwd"], 126)):
        ksmtop("record", "-o", "run.dat", "--no-samples", "--", *words, status=status)
        equal(os.path.exists("run.dat"), status not in (126, 127), f"a recording of {words}")
        true(not os.path.exists("run.dat.spool"), "the spool is still there")
        if os.path.exists("run.dat"):
            os.unlink("run.dat")


def test_command_is_recorded_from_start_to_end():
    ksmtop("record", "-o", "run.dat", "--", "sh", "-c", "true")
    said = ksmtop("events", "run.dat").stdout
    born = set(re.findall(r"sched_process_fork .*parent_comm=ksmtop .*child_pid=(\d+)", said))
    became = set(re.findall(r"sched_process_exec .* pid=(\d+)", said)) & born
    equal(len(became), 1, "execs among the recorder's children (its threads are born too)")
    true(re.search(rf"sched_process_exit .*pid={became.pop()}\b", said), "the end is not recorded")


def test_ways_to_end():
    before, ksm = tracing_state(), ksm_state()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        recorder = Recorder("-o", "run.dat")
        recorder.stop(number)
        ksmtop("events", "run.dat")
    start = time.monotonic()
    ksmtop("record", "-o", "run.dat", "-d", "0.5")
    true(0.5 <= time.monotonic() - start < 20, "-d 0.5 took another time")
    equal(tracing_state(), before, "tracing afterwards")
    equal(ksm_state(), ksm, "KSM's settings afterwards")


def test_signal_goes_to_the_command():
    """SIGTERM to the recorder ends COMMAND, and its status comes back."""
    recorder = Recorder("-o", "run.dat", "--", "sleep", "100")
    limit = time.monotonic() + 20
    children = f"/proc/{recorder.process.pid}/task/{recorder.process.pid}/children"
    while time.monotonic() < limit:
        with open(children, encoding="ascii") as file:
            names = [open(f"/proc/{pid}/comm", encoding="ascii").read() for pid in file.read().split()]
        if "sleep\n" in names:
            break
    recorder.process.send_signal(signal.SIGTERM)
    equal(recorder.wait(), 143, "status")
    true(os.path.exists("run.dat"), "no recording was made")


def fails(*arguments, sentence, wrapper=()):
    done = subprocess.run([*wrapper, KSMTOP, "record", *arguments], capture_output=True, text=True,
                          timeout=60, check=False)
    equal(done.returncode, 125, f"status of record {arguments}, which said {done.stderr}")
    lines = [line for line in done.stderr.splitlines() if line]
    equal(len(lines), 1, f"record {arguments} said {lines}")
    true(re.search(sentence, lines[0]), f"record {arguments} said {lines[0]!r}, not {sentence!r}")


def test_wrong_use_gets_one_sentence():
    before = tracing_state()
    fails("-o", "run.dat", "-e", "ksm:no_such_event", sentence="no event \"ksm:no_such_event\"")
    fails("-o", "run.dat", "-e", "nosystem", sentence="no event \"nosystem\"")
    fails("-o", "run.dat", "--only", sentence="-e SYSTEM:EVENT")
    fails("-o", "run.dat", "--detail", "walk_vma", sentence="no detail \"walk_vma\".*patch")
    fails("-o", "/proc/run.dat", sentence="cannot be written|Permission|No such")
    fails("-o", ".", sentence="is a directory")
    fails("-o", "missing/run.dat", sentence="missing cannot be written")
    equal(tracing_state(), before, "tracing after wrong uses")
    equal(os.listdir("."), [], "files that wrong uses left")


def test_only_files_are_replaced():
    """What is no file is refused before anything starts; a link's target is replaced, not the link."""
    os.mkfifo("pipe")
    os.mknod("null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    for name, kind in (("pipe", "a pipe"), ("null", "a character device")):
        before = os.lstat(name)
        fails("-o", name, "-d", "0.1", sentence=f"{name} is {kind}; name a file")
        os.symlink(name, "link")
        fails("-o", "link", "-d", "0.1", sentence=f"link is {kind}; name a file")
        os.unlink("link")
        equal(os.lstat(name)[:3], before[:3], f"{name} afterwards")
    fails("-o", "/dev/stdout", "-d", "0.1", sentence="/dev/stdout is a pipe")
    os.mkdir("disk")
    for target in ("disk/new.dat", "disk/old.dat"):
        os.symlink(target, "link.dat")
        if "old" in target:
            with open(target, "w", encoding="ascii") as file:
                file.write("what was there before")
        ksmtop("record", "-o", "link.dat", "-d", "0.1")
        equal(os.readlink("link.dat"), target, "the link")
        ksmtop("events", target)
        os.unlink("link.dat")
    os.symlink("loop", "loop")
    fails("-o", "loop", sentence="the link loop cannot be followed")
    equal(sorted(os.listdir("disk")), ["new.dat", "old.dat"], "files beside the targets")


def test_second_recorder_of_a_file():
    recorder = Recorder("-o", "run.dat")
    fails("-o", "run.dat", sentence=r"run.dat.spool is being recorded right now; name another file")
    true(os.path.isdir("run.dat.spool"), "the first recorder's spool is gone")
    recorder.stop()
    ksmtop("events", "run.dat")


def test_without_root_or_tracefs():
    os.chmod(".", 0o777)
    fails("-o", "/tmp/run.dat", sentence="needs root.*sudo",
          wrapper=("setpriv", "--reuid", "65534", "--clear-groups"))
    namespace = ("unshare", "-m", "sh", "-c", 'umount -l /sys/kernel/tracing; exec "$@"', "sh")
    fails("-o", "run.dat", sentence="tracefs is not mounted.*mount -t tracefs", wrapper=namespace)


def doctor_checks(*arguments, status, wrapper=()):
    done = subprocess.run([*wrapper, KSMTOP, "doctor", "--json", *arguments], capture_output=True, text=True,
                          timeout=60, check=False)
    equal(done.returncode, status, f"status of doctor {arguments}, which said {done.stdout}{done.stderr}")
    return {item["check"]: item for item in json.loads(done.stdout)["items"] if item["section"] == "machine"}


def test_doctor_says_it_beforehand():
    """What record would refuse, doctor finds with the same options, and says what else it cannot see."""
    before = tracing_state()
    true(all(check["ok"] for check in doctor_checks(status=0).values() if check["fatal"]), "a fatal check")
    for arguments, what, word in ((("-e", "ksm:no_such_event"), "events", "no event \"ksm:no_such_event\""),
                                  (("-o", "missing/run.dat"), "output", "missing cannot be written"),
                                  (("-o", "."), "output", "is a directory")):
        check = doctor_checks(*arguments, status=1)[what]
        true(not check["ok"] and check["fatal"] and word in check["sentence"], f"doctor {arguments}: {check}")
        true(check["remedy"], f"doctor {arguments} knows no remedy")
    recorder = Recorder("-o", "run.dat")
    true("being recorded right now" in doctor_checks("-o", "run.dat", status=1)["output"]["sentence"],
         "a recording to the same file is not seen")
    recorder.process.kill()
    recorder.wait()
    true("ksmtop recover" in doctor_checks("-o", "run.dat", status=1)["output"]["remedy"],
         "the spool of a killed recorder is not seen")
    os.chmod(".", 0o777)
    checks = doctor_checks(status=1, wrapper=("setpriv", "--reuid", "65534", "--clear-groups"))
    for what in ("stale instances", "symbols", "events"):
        true(not checks[what]["ok"], f"without root, {what} cannot be seen: {checks[what]}")
    with open("/proc/sys/kernel/kptr_restrict", encoding="ascii") as file:
        restricted = int(file.read()) >= 2
    equal("kptr_restrict" in checks["symbols"]["remedy"], restricted, "advice on kptr_restrict")
    equal(os.listdir("."), ["run.dat.spool"], "files that doctor left")
    instances_gone()
    equal(tracing_state(), before, "tracing after doctor")


def test_doctor_knows_the_views_of_a_recording():
    """What doctor promises of a recording made here is what doctor says of one that was."""
    def views(*arguments):
        said = json.loads(ksmtop("doctor", "--json", *arguments).stdout)["items"]
        return {item["view"]: (item["state"], [lack["fact"] for lack in item["lacks"]])
                for item in said if item["section"] == "view"}

    with ksm_settings(run=1, sleep_millisecs=0, pages_to_scan=20000), Load("load-a", pages=2000):
        recorder = Recorder("-o", "run.dat")
        ksm_wait_scans(2)
        recorder.stop()
    promised, found = views(), views("run.dat")
    # memory failures and collapses are told where they happen, and none did
    for view in set(promised) - {"recovery", "collapse"}:
        equal(promised[view], found[view], f"the view {view}")


def test_events_can_be_chosen():
    ksmtop("record", "-o", "run.dat", "--only", "-e", "sched:sched_process_exit", "--", "true")
    names = {line.split(":")[1].split()[0] for line in ksmtop("events", "run.dat").stdout.splitlines()}
    equal(names, {"sched_process_exit"}, "events with --only")
    ksmtop("record", "-o", "run.dat", "-e", "signal:signal_generate", "--", "sh", "-c", "kill -USR1 $$",
           status=138)
    true("sig=10" in ksmtop("events", "run.dat").stdout, "-e signal:signal_generate still filters")


def test_progress_only_on_a_terminal():
    done = ksmtop("record", "-o", "run.dat", "-d", "1")
    true("\r" not in done.stderr, "a progress line without a terminal")
    master, slave = pty.openpty()
    process = subprocess.Popen([KSMTOP, "record", "-o", "run.dat", "-d", "1"], stderr=slave)
    os.close(slave)
    text = b""
    try:
        while chunk := os.read(master, 4096):
            text += chunk
    except OSError:
        pass    # the terminal's other end closed
    equal(process.wait(), 0, "status")
    for word in (b"events", b"lost", b"MB", b" s "):
        true(word in text, f"no {word} in the progress line: {text[-200:]}")


need()
run_tests(globals())
