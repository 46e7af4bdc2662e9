# SPDX-License-Identifier: GPL-2.0-only
"""A recording, its truth file, what ksmtop answers about it, and how much of the two was compared."""
import json
import os
import re
import subprocess
import tempfile

PURPOSES = ("other", "unmap", "migrate", "remove migration ptes", "referenced", "mkclean", "idle page", "damon")
RULES = ("whole", "address", "linear")


class Recording:
    """One recording and its truth.  Answers are kept: `answers` may be another's of the same file."""

    def __init__(self, program, folder, name, truth=None, answers=None):
        self.program, self.folder, self.name = program, folder, name
        self.path = os.path.join(folder, name + ".dat")
        if truth is None:
            with open(os.path.join(folder, name + ".truth.json"), encoding="utf-8") as file:
                truth = json.load(file)
        self.truth = truth
        self.answers = {} if answers is None else answers
        self.nr_checks = 0
        self.failures = []
        # power-cut: its truth is of the time by which everything was on the disk, and the recording goes on
        spooled = re.search(r"spooled by (\d+)", self.truth["notes"])
        self.at_truth = ["--absolute", "--at", f"{int(spooled.group(1)) / 1e9:.9f}"] if spooled else []

    # ---- what ksmtop says ----

    def run(self, *words, statuses=(0,)):
        """What a program prints (bytes); None where it exits with 2 and may."""
        words = tuple(map(str, words))
        if words not in self.answers:
            self.answers[words] = subprocess.run(words, capture_output=True, check=False)
        run = self.answers[words]
        if run.returncode not in statuses:
            raise RuntimeError(f"{words[1:]}: status {run.returncode}: "
                               f"{run.stderr.decode(errors='replace').strip()}")
        return run.stdout if run.returncode != 2 else None

    def text(self, command, *arguments):
        return self.run(self.program, command, self.path, *arguments).decode(errors="replace")

    def keys(self, words):
        """The name of a file that has them, for --keys; the same name for the same words."""
        if ("keys", words) not in self.answers:
            self.answers["keys", words] = tempfile.NamedTemporaryFile("w", suffix=".keys", encoding="utf-8")
            self.answers["keys", words].write(words + "\n")
            self.answers["keys", words].flush()
        return self.answers["keys", words].name

    def ask(self, command, *arguments, statuses=(0,)):
        """The JSON answer of a command, not to be changed; None where it exits with 2 and may."""
        key = ("json", command, *map(str, arguments))
        if key not in self.answers:
            said = self.run(self.program, command, self.path, *arguments, "--json", statuses=statuses)
            self.answers[key] = None if said is None else json.loads(said)
        return self.answers[key]

    def items(self, command, *arguments):
        return self.ask(command, *arguments)["items"]

    def episodes(self, kind):
        return self.items("episodes", "--kind", kind)

    def story(self, episode):
        return [i["text"] for i in self.items("explain", episode)]

    def kernel_log(self):
        """All events as trace-cmd decodes them, in order: (name, {field: number}); the first is ksmtop's event 1."""
        if "trace-cmd" not in self.answers:
            self.answers["trace-cmd"] = found = []
            for line in self.run("trace-cmd", "report", "-R", self.path).decode(errors="replace").splitlines():
                event = re.search(r"\s\d+\.\d+:\s+(\w+):\s+(.*)", line)
                if event:
                    found.append((event.group(1), {k: int(v, 0) for k, v in re.findall(
                        r"(\w+)=(-?(?:0x[0-9a-f]+|\d+))(?=\s|$)", event.group(2).replace("(nil)", "0"))}))
        return self.answers["trace-cmd"]

    def kernel_events(self, *names):
        return [e for e in self.kernel_log() if e[0] in names]

    def kernel_walks(self):
        """Each walk that begins and ends in the recording, as the kernel counted it."""
        ends = {e["walk"]: e for _, e in self.kernel_events("walk_end")}
        return [{**begin, **ends[begin["walk"]], "mapcount_before": begin["mapcount"],
                 "mapcount_after": ends[begin["walk"]]["mapcount"],
                 "purpose": PURPOSES[begin["purpose"]], "rule": RULES[begin["rule"]]}
                for _, begin in self.kernel_events("walk_begin") if begin["walk"] in ends]

    def has_dump(self):
        answer = self.ask("events", "--filter", "dump_end: 1", statuses=(0, 2))    # 2: a stock kernel
        return bool(answer and answer["items"])

    # ---- what the truth says ----

    def mappings(self, when):
        """{(pid, address): pfn} of the truth at a moment that it names; 0 is unmapped."""
        return {(m["pid"], int(m["address"], 16)): int(m["pfn"], 16)
                for m in self.truth["mappings"] if m["when"] == when}

    def noted(self, pattern):
        """The groups of a pattern that the truth's notes must hold, as numbers where they are."""
        found = re.search(pattern, self.truth["notes"])
        if not found:
            raise ValueError(f"the notes have no {pattern}: {self.truth['notes']!r}")
        return [int(g, 0) if re.fullmatch(r"0x[0-9a-f]+|\d+", g) else g for g in found.groups()]

    # ---- the comparison ----

    def expect(self, what, got, wanted):
        self.nr_checks += 1
        if got != wanted:
            self.failures.append(f"{self.name}: {what}: ksmtop says {got!r}, the truth is {wanted!r}")

    def expect_true(self, what, true):
        self.expect(what, bool(true), True)

    def check(self, function):
        """Runs a check of this recording.  One that compares nothing fails, unless it returns why it need not."""
        before = self.nr_checks
        excuse = function(self)
        if self.nr_checks == before and not excuse:
            self.failures.append(f"{self.name}: {function.__name__} compared nothing")
