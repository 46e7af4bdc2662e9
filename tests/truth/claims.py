# SPDX-License-Identifier: GPL-2.0-only
"""What stories and screens claim, as tuples that a truth file can be held to.

The one hard idea: a sentence and a row of a screen that say the same are the same claim.  SAYINGS is the
only place that knows how ksmtop words things; a check says which claims a truth file makes, held() looks
for them in every medium there is: the story as text and as Markdown, folded and whole, and the episode's
stepper at both sizes, step by step.  More than the truth has is as wrong as less.  A wording that changes
so that a claim is not found any more fails too, since the truth's claims are then missing.
"""
import re

MM = r"mm \w+ \(\S+ (\d+)\)"
PURPOSE = r"([a-z ]+?)"
SAYINGS = [(claim, re.compile(pattern)) for claim, pattern in (
    # the page that failed, its mapcount
    ("failing", r"Memory fails: pfn (0x\w+) is a KSM page \([^)]*\), mapcount (\d+)"),
    ("failing", r"\b1 fault +pfn (0x\w+), mapcount (\d+)"),
    ("chosen", r"The dup of pfn (0x\w+) \(\S+ items?\) is looked at: healthy, chosen"),
    ("chosen", r"\b3 healthy .*; chosen: pfn (0x\w+)"),
    ("chosen", r"looked at, pfn (0x\w+) chosen"),
    # pid; pid and the page that it maps now; pid and address
    ("moves", MM + r" at 0x\w+ maps pfn 0x\w+ now"),
    ("moves at", MM + r" at (0x\w+) maps pfn 0x\w+ now"),
    ("moves to", MM + r" at 0x\w+ maps pfn (0x\w+) now"),
    ("moves", r" (\d+) +\d+(?:/\d+)? to the (?:copy|dup)"),
    ("moves to a", r" maps pfn 0x\w+ now \((?:fresh )?(copy|dup)\)"),
    ("moves to a", r" \d+ +\d+(?:/\d+)? to the (copy|dup)"),
    # mappings moved, mappings left
    ("came to", r"(\d+) mappings? moved, (\d+) left on the failing page"),
    ("came to", r"\b5 move +mappings moved (\d+), not (\d+),"),
    ("came to", r"chosen[^,]*, (\d+) mappings? moved, (\d+) not; mapcount"),
    ("listed", r"\(\S+ (\d+)\) is put on the kill list for 0x\w+"),
    ("unlisted", MM + r" maps the page and is not on the list"),
    ("nr listed", r"The kill list is complete after [^:]*: (\d+) entr"),
    ("nr listed", r"\b(\d+) on the list; the VMAs"),
    ("nr listed", r"^ *on the list (\d+);"),
    ("signalled", r"SIGBUS goes to \S+ \(pid (\d+)\)"),
    ("signalled", r" (\d+) +\d+(?:/\d+)? (?:to the \w+, )?(?:not moved, )?(?:maps, )?SIGBUS"),
    ("all signals", r" (\d+) +\d+(?:/\d+)? (?:not moved, )?(?:maps, )?SIGBUS x(\d+)"),
    ("touched", r" (\d+) +\d+(?:/\d+)? (?:not moved, )?(?:maps, )?SIGBUS,? by touch x(\d+)"),
    # the page of a walk, purpose, rule; its mapcounts; offered, outside, other mm, visited
    ("walk", r'A walk of [^(]*\(pfn (0x\w+)\) begins, purpose: ' + PURPOSE +
     r'; interval trees are asked by the rule "(\w+)"'),
    ("walk", r"walk \d+ \S+ pfn (0x\w+), " + PURPOSE + r", rule (\w+), mapcount"),
    ("mapcounts", r"; mapcount (\d+) -> (\d+)\."),
    ("mapcounts", r"walk \d+ .*, rule \w+, mapcount (\d+) -> (\d+)"),
    ("offered", r"Nr_iteration_total (\d+), Skip_addr_out_of_range \d+, "),
    ("offered", r"nr_iteration_total +[\d ]+?  +(\d[\d ]*?)(?:  |$)"),
    ("outside", r"Nr_iteration_total \d+, Skip_addr_out_of_range (\d+), "),
    ("outside", r"Skip_addr_out_of_range +[\d ]+?  +(\d[\d ]*?)(?:  |$)"),
    ("other mm", r", Skip_mm_mismatch (\d+), invalid"),
    ("other mm", r"Skip_mm_mismatch +[\d ]+?  +(\d[\d ]*?)(?:  |$)"),
    ("visited", r", invalid \d+, visited (\d+)\."),
    ("visited", r"visited: rmap_one\(\) +[\d ]+?  +(\d[\d ]*?)(?:  |$)"),
    ("visits", r"The VMA of " + MM + r" covers (0x\w+) and [^:]*: rmap_one\(\) visits it"),
    ("misses", r'The rule "(\w+)" misses the (?:mapping|migration entry) of ' + MM + r" at (0x\w+)"),
    ("misses", r"! (\w+) would miss \S+ (\d+) at (0x\w+)"),
    ("nr missed", r"^ (whole|address|linear) +(?:\[.*?\] +)?\d+ +\d+ +\d+ +(\d+)(?: |$)"),
    # a migration's pages moved and not moved; old and new page; ptes on their way
    ("migrated", r"The migration ends: (\d+) pages? moved, (\d+) not"),
    ("migrated", r"pages moved (\d+), not (\d+);"),
    ("replaced", r"The stable node of pfn (0x\w+) has pfn (0x\w+) now"),
    ("to a nid", r"The stable node of pfn 0x\w+ has pfn (0x\w+) now, on another memory node"),
    ("unmapped", r"The pte of " + MM + r" at (0x\w+) becomes a migration entry"),
    ("unmapped", r"(0x\w+) an entry: " + MM),
    ("mapped", r"The migration entry of " + MM + r" at (0x\w+) becomes a pte again"),
    ("mapped", r"(0x\w+) a pte again: " + MM),
    ("stays", r"\(pfn (0x\w+)\) stayed where it was: \d+ walks? to unmap it, and the last left mapcount (\d+)"),
    ("no item", MM + r" at (0x\w+): no item is known to lead to it"),
    # the page of a collapse that could not be copied; pages isolated, copied, failed, put back
    ("bad page", r"Copying page (\d+) \(pfn 0x\w+\) meets poison"),
    ("bad page", r"poison in page (\d+)\b"),
    ("sub-pages", r"(\d+) pages? isolated, (\d+) copied, (\d+) failed, (\d+) put back"),
    ("sub-pages", r"i isolated (\d+) +c copied (\d+) +! poison met (\d+) +r put back (\d+)"),
    ("given up", r"The collapse is given up, scan_result (\w+) \("),
    ("given up", r"^ *given up +(\w+) \("),
    # stable nodes by their pages: onto the migrate list, off it, and where they come to
    ("onto the list", r"\(pfn (0x\w+)\) is on another memory node than its tree: it goes onto the migrate list"),
    ("off the list", r"\(pfn (0x\w+)\) leaves the migrate list"),
    ("joins a chain", r"\(pfn (0x\w+)\) joins the chain \S+ as a dup"),
    ("enters a tree", r"\(pfn (0x\w+)\) has no equal page in the stable tree of memory node (\d+): it enters that tree"),
    # pid, scan, pages, outcome
    ("scanned", r"Of " + MM + r" in scan (\d+): (\d+) x ([a-z -]+)\."),
)]
PLACES = ("unmapped", "mapped")     # a pid and an address, the smaller is the pid


def value(text):
    """A number, however it is written, or the word itself."""
    plain = text.replace(" ", "")
    return int(plain, 0) if re.fullmatch(r"0x[0-9a-f]+|\d+", plain) else text


def claims(text, told=None):
    """{claim: set of tuples} of a line or a text."""
    told = {} if told is None else told
    for claim, pattern in SAYINGS:
        for match in pattern.finditer(text):
            values = tuple(map(value, match.groups()))
            told.setdefault(claim, set()).add(tuple(sorted(values)) if claim in PLACES else values)
    return told


def unfolded(text):
    """Sentences that were wrapped, on one line each."""
    return re.sub(r"\s*\n\s+", " ", text)


def screen_claims(screen, told):
    """Rows as they are; sentences where the step is told in full, which may be wrapped."""
    rows = [re.sub(r"\s+(?:[TDIM]\??)?$", "", row) for row in screen.split("\n")]
    for row in rows:
        claims(row, told)
    at = max((i for i, row in enumerate(rows) if re.match(r"\S+ step \d+ of \d+ ", row)), default=len(rows))
    claims(" ".join(row.strip() for row in rows[at + 1:]), told)
    return told


def signals(lines):
    """{(pid, how many SIGBUS)}: at once, and by a touch later."""
    times = {}
    for line in lines:
        for pid, later, nr in re.findall(
                r"SIGBUS goes to \S+ \(pid (\d+)\)( later)?(?:, (\d+) times in all)?", line):
            times[int(pid)] = times.get(int(pid), 0) + (int(nr) if later and nr else 1)
    return set(times.items())


SIZES = ("80x24", "120x40")
STEPS_MAX = 48      # of an episode that is stepped through; of a longer one its beginning and its end are looked at


def stepper(recording, episode, size):
    """What the episode's screens claim: all of its steps together, its last one, and at the recording's end."""
    number = episode["episode"]
    events = sorted({i["event"] for i in recording.items("explain", number, "--all")
                     if i["part"] == "step" and i["event"]})
    told, last = {}, {}
    for event in events if len(events) <= STEPS_MAX else (events[0], events[-1]):
        last = screen_claims(recording.text("snap", "--episode", number, "--at", event, "--size", size), {})
        for claim, values in last.items():
            told.setdefault(claim, set()).update(values)
    later = screen_claims(recording.text("snap", "--episode", number, "--at", "end", "--size", size), {})
    for claim, values in later.items():
        told.setdefault(claim, set()).update(values)
    return told, last, later, len(events) <= STEPS_MAX


# Told when the episode is over; before, a screen has counts so far.
AT_END = {"came to", "nr listed", "unlisted", "mapcounts", "offered", "outside", "other mm", "visited", "migrated",
          "stays", "no item", "sub-pages", "given up"}
LATER = {"all signals", "touched"}
# What a medium has no words or no room for: there nothing may be told that the truth has not.
PARTLY = {("story", "all signals"), ("story", "touched"), ("120x40", "all signals"), ("80x24", "touched"),
          ("80x24", "mapcounts"), ("80x24", "visited"), ("80x24", "unlisted"), ("80x24", "no item"),
          ("80x24", "misses"), ("120x40", "misses"), ("80x24", "scanned"), ("120x40", "scanned")}



def held(recording, episode, wanted, partly=()):
    """Each claim of `wanted` in every medium; those of `partly` may be missing on screens, or on (size, claim)."""
    number = episode["episode"]

    def compare(medium, claim, told, subset):
        got, values = told.get(claim, set()), wanted[claim]
        name = f"{claim!r} in {medium} of episode {number} ({episode['kind']})"
        recording.expect(f"{name}, beyond the truth" if subset else name, got - values if subset else got,
                         set() if subset else values)

    for medium, words, subset in (("story", ("--all",), False), ("Markdown", ("--all", "--markdown"), False),
                                  ("folded story", (), True)):
        said = recording.text("explain", number, *words)
        told = claims(re.sub(r"\\(.)", r"\1", said) if "--markdown" in words else unfolded(said))
        for claim in wanted:
            compare(medium, claim, told, subset or ("story", claim) in PARTLY)
    for size in SIZES:
        steps, last, later, whole = stepper(recording, episode, size)
        for claim in wanted:
            told = later if claim in LATER else last if claim in AT_END else steps
            compare(size, claim, told, claim in partly or (size, claim) in PARTLY | set(partly) or
                    not whole and claim not in AT_END)
