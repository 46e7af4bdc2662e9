#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Whatever ends a recording, what was recorded opens and the machine is as it was.

Protects the spool and the guard. A recorder is killed with -9, and runs into a full disk; both
times the file or the spool must open, here and after `recover` in trace-cmd, and the tracing
instance must be gone although the recorder could not remove it.
"""
import os
import re
import shutil
import signal
import stat
import subprocess
import time

from machine import (KSMTOP, Load, Recorder, equal, instances_gone, ksm_settings, ksm_wait,
                     ksm_wait_scans, ksmtop, mount_tmpfs, need, run_tests, same_events, tracing_state,
                     trace_cmd_possible, true)

HELPER = "born-later"
FAST = {"run": 1, "sleep_millisecs": 0, "pages_to_scan": 20000}


def events_in(path):
    return len(ksmtop("events", path).stdout.splitlines())


def nameless(path):
    """Tasks without a name are only those that were first heard of in the last two seconds."""
    first, last = {}, 0.0
    for line in ksmtop("events", path).stdout.splitlines():
        match = re.match(r"\d+ (\d+\.\d+) \d+ (.*)-(\d+) \w+:", line)
        last = float(match[1])
        first.setdefault((match[2], match[3]), last)
    old = [task for task, at in first.items() if task[0] == "<...>" and at < last - 2]
    equal(old, [], f"tasks of {path} without a name")


def test_kill_9():
    before = tracing_state()
    with trace_cmd_possible() as trace_cmd, ksm_settings(**FAST):
        shutil.copy(shutil.which("sleep"), HELPER)
        with Load("load-a", "load-b", pages=10000, contents=50), \
             subprocess.Popen(["sh", "-c", f"while ./{HELPER} 0.2; do :; done"]) as helpers:
            recorder = Recorder("-o", "run.dat")
            ksm_wait(lambda: os.path.getsize("run.dat.spool/samples") > 0 and
                     max(os.path.getsize(f"run.dat.spool/{name}") for name in os.listdir("run.dat.spool")
                         if name.startswith("cpu")) > 4000, "something in the spool", 30)
            # an event is there within a second, its task's name within another
            ksm_wait(lambda: f" {HELPER}-" in ksmtop("events", "run.dat.spool").stdout,
                     "the name of a task that was born while recording", 30)
            recorder.process.send_signal(signal.SIGKILL)
            equal(recorder.wait(), -9, "status")
            helpers.kill()
        instances_gone()
        equal(tracing_state(), before, "tracing after kill -9")
        true(not os.path.exists("run.dat"), "a killed recorder made a file")
        nameless("run.dat.spool")
        opened = events_in("run.dat.spool")
        true(opened > 100, f"only {opened} events in the spool")
        said = ksmtop("report", "run.dat.spool", status=[0, 1])
        true("recover" in said.stdout + said.stderr, "opening a spool does not say how to recover it")
        os.mkfifo("pipe")
        said = ksmtop("recover", "run.dat.spool", "-o", "pipe", status=2).stderr
        true("pipe is a pipe" in said and stat.S_ISFIFO(os.stat("pipe").st_mode), f"a pipe is replaced: {said}")
        true(os.path.isdir("run.dat.spool"), "the spool was lost on a pipe")
        done = ksmtop("recover", "run.dat.spool")
        equal(done.stdout.strip(), "run.dat", "what recover made")
        true(not os.path.exists("run.dat.spool"), "recover left the spool")
        equal(len(same_events(trace_cmd, "run.dat")), opened, "events after recover")
        nameless("run.dat")
        said = ksmtop("report", "run.dat", status=[0, 1]).stdout
        equal(said.count("and the end (the recording was cut)"), os.cpu_count(), "CPUs cut at the end")


def test_recover_of_a_live_spool_is_refused():
    recorder = Recorder("-o", "run.dat")
    done = ksmtop("recover", "run.dat.spool", status=2)
    true("being recorded right now" in done.stderr, f"said: {done.stderr}")
    recorder.stop()
    true(os.path.exists("run.dat"), "the recording went missing")


def test_stale_instance_is_removed():
    """When guard and recorder were both killed, the next recording cleans up."""
    name = "/sys/kernel/tracing/instances/ksmtop-4194304-1"
    os.mkdir(name)
    try:
        true("ksmtop-4194304-1" in ksmtop("doctor", status=[0, 1]).stdout, "doctor does not mention it")
        done = ksmtop("record", "-o", "run.dat", "-d", "0.1")
        true("ksmtop-4194304-1" in done.stderr, "its removal is not mentioned")
        true(not os.path.exists(name), "it is still there")
    finally:
        if os.path.exists(name):
            os.rmdir(name)


STALE_DETAIL = r"""
set -e
mount -t tmpfs none /sys/kernel/debug
mkdir /sys/kernel/debug/ksmtop
detail=/sys/kernel/debug/ksmtop/detail
echo "walk_vma $1" >$detail
$KSMTOP record -o killed-$1.dat --detail walk_vma 2>said-$1 &
until grep -qs "^recording to" said-$1; do kill -0 $!; done
until guard=$(pgrep -P $! -x ksmtop-guard); do kill -0 $!; done
kill -KILL $guard $!
wait $! || true
cat $detail
$KSMTOP record -o b.dat -d 0.1
cat $detail
"""


def test_stale_details_are_switched_off():
    """Recorder and guard were killed: the next one undoes what they switched on of the patch (here a file)."""
    for before in ("0", "1"):
        done = subprocess.run(["unshare", "-m", "sh", "-c", STALE_DETAIL, "sh", before], capture_output=True,
                              text=True, timeout=60, check=False, env={**os.environ, "KSMTOP": KSMTOP})
        equal(done.stdout.splitlines(), ["walk_vma 1", f"walk_vma {before}"], f"the switch; said {done.stderr}")
        true("removed the tracing instance" in done.stderr, f"said {done.stderr}")
        instances_gone()


def test_full_disk():
    """The disk fills while recording: a clear sentence, and everything until then can be had."""
    before = tracing_state()
    umount = mount_tmpfs("small", "1500k")
    try:
        with trace_cmd_possible() as trace_cmd, ksm_settings(**FAST):
            with Load("load-a", "load-b", "load-c", "load-d", pages=25000, contents=50) as load:
                recorder = subprocess.Popen([KSMTOP, "record", "-o", "small/run.dat", "-d", "100"],
                                            stderr=subprocess.PIPE, text=True)
                limit = time.monotonic() + 90
                while recorder.poll() is None and time.monotonic() < limit:
                    for worker in range(4):
                        load.tell("cow", worker, 12000)
                        load.tell("same", worker, 12000)
                    ksm_wait_scans(2)
            said = recorder.communicate(timeout=30)[1]
            equal(recorder.returncode, 125, f"status of record, which said {said}")
            true("No space left on device" in said, f"said: {said}")
            equal(tracing_state(), before, "tracing after the full disk")
            sentence = said.splitlines()[-1]
            true("recording stopped after" in sentence, f"the last line is not what became of it: {said}")
            equal("recover" in sentence, os.path.exists("small/run.dat.spool"),
                  f"advice to recover, beside there being a spool: {said}")
            if os.path.exists("small/run.dat"):
                shutil.copy("small/run.dat", "run.dat")
            else:
                true(events_in("small/run.dat.spool") > 1000, "the spool does not open as it is")
                ksmtop("recover", "small/run.dat.spool", "-o", "run.dat")
            rows = same_events(trace_cmd, "run.dat")
            true(len(rows) > 10000, f"only {len(rows)} events were kept")
    finally:
        umount()


def test_command_outlives_a_full_disk():
    """A recorder that cannot go on says so and lets COMMAND do its work to the end."""
    umount = mount_tmpfs("small", "1500k")
    try:
        script = ("trap 'echo told to end >told' TERM; dd if=/dev/zero of=small/full bs=4k 2>dd; "
                  "for i in $(seq 600); do [ -e go ] && break; sleep 0.1; done; echo done >done; exit 9")
        recorder = subprocess.Popen([KSMTOP, "record", "-o", "small/run.dat", "--", "sh", "-c", script],
                                    stderr=subprocess.PIPE, text=True)
        said = []
        for line in recorder.stderr:
            said.append(line)
            if "sh runs on" in line:
                with open("go", "w", encoding="ascii"):
                    pass
        equal(recorder.wait(), 125, f"status of record, which said {said}")
        true(os.path.exists("go"), f"that COMMAND runs on is not said: {said}")
        true(os.path.exists("done"), f"COMMAND did not come to its end: {said}")
        true(not os.path.exists("told"), "COMMAND was told to end")
        true("No space left on device" in said[-1], f"the last line does not say why: {said}")
    finally:
        umount()


def test_disk_too_small_to_begin():
    """Nothing was recorded, nothing is left, and nothing is said of recovering it."""
    umount = mount_tmpfs("small", "200k")
    try:
        done = ksmtop("record", "-o", "small/run.dat", "-d", "5", status=125)
        sentence = done.stderr.splitlines()[-1]
        true("No space left on device; name a file on a disk with more room" in sentence,
             f"said: {done.stderr}")
        true("recover" not in done.stderr, f"advice to recover what is not there: {done.stderr}")
        equal(os.listdir("small"), [], "what is left")
    finally:
        umount()


need("trace-cmd")
run_tests(globals())
