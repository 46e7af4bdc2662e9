/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * command_table.h - every subcommand and every option of ksmtop, in two lists.
 *
 * Parsing (getopt_long's arrays), `--help`, the man page and the bash completion are all made
 * from these lists, so they cannot disagree.  To add a command: a line in COMMAND_TABLE, a
 * function in a file of its own, and a line in main.c's dispatch.  To add an option: a line in
 * OPTION_TABLE and its bit in the commands that take it.
 *
 *	O(ID, long name, letter or 0, argument or NULL, what completes it, help)
 *	C(ID, name, arguments, least, most, options, findings, summary, description)
 *
 * `arguments` is the synopsis of the operands; `least` and `most` bound how many there are, -1
 * is no bound.  `findings` says when the command exits with 1, "" when it never does.
 * `description` is plain text, paragraphs parted by an empty line, lines beginning with a blank
 * are shown as they are.
 *
 * The table holds no function: the generator of the man page links it without the program.
 */
#ifndef KSMTOP_COMMAND_TABLE_H
#define KSMTOP_COMMAND_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the shell offers behind an option or as an operand. */
enum complete {
	COMPLETE_NOTHING,
	COMPLETE_FILE,		/* any file */
	COMPLETE_MOMENT,	/* start, end */
	COMPLETE_VIEW,
	COMPLETE_THEME,
	COMPLETE_FORMAT,
	COMPLETE_KIND,
	COMPLETE_RULE,
	COMPLETE_SIZE,
};

#define OPTION_TABLE(O)										\
	O(HELP, "help", 'h', NULL, COMPLETE_NOTHING, "show this help and exit")			\
	O(VERSION, "version", 'V', NULL, COMPLETE_NOTHING, "show the version and exit")		\
	O(JSON, "json", 0, NULL, COMPLETE_NOTHING, "print one JSON object, for programs")	\
	O(PLAIN, "plain", 0, NULL, COMPLETE_NOTHING,						\
	  "print linear sentences instead of tables, for screen readers")			\
	O(HINDSIGHT, "hindsight", 0, NULL, COMPLETE_NOTHING,					\
	  "use what became known only later in the recording")					\
	O(ABSOLUTE, "absolute", 0, NULL, COMPLETE_NOTHING,					\
	  "read a moment such as 123.456789 as a time of the trace clock")			\
	O(AT, "at", 0, "T", COMPLETE_MOMENT, "the moment to look at (default: end)")		\
	O(FROM, "from", 0, "T", COMPLETE_MOMENT, "begin with this event (default: the first)")	\
	O(TO, "to", 0, "T", COMPLETE_MOMENT, "stop after this event (default: the last)")	\
	O(FILTER, "filter", 0, "EXPR", COMPLETE_NOTHING, "only what fits the expression")	\
	O(SORT, "sort", 0, "KEY", COMPLETE_NOTHING,						\
	  "order by a JSON name of the items, biggest first; -KEY: smallest first")		\
	O(KIND, "kind", 0, "KIND", COMPLETE_KIND, "only episodes of this kind")	\
	O(WALK, "walk", 0, "EPISODE", COMPLETE_NOTHING, "a recorded walk, by its number")		\
	O(PFN, "pfn", 0, "P", COMPLETE_NOTHING, "a KSM page, for instance 0x1a2f40")		\
	O(RULE, "rule", 0, "RULE", COMPLETE_RULE,						\
	  "whole, address or linear; may be repeated (default: all three)")			\
	O(TOP, "top", 0, "N", COMPLETE_NOTHING, "the first N pages (default: 20)")		\
	O(PID, "pid", 0, "P", COMPLETE_NOTHING, "a process")					\
	O(MM, "mm", 0, "M", COMPLETE_NOTHING, "an mm: its address, or the A of \"mm A\"")	\
	O(RANGE, "range", 0, "A-B", COMPLETE_NOTHING, "addresses from A up to B, hexadecimal")	\
	O(MARKDOWN, "markdown", 0, NULL, COMPLETE_NOTHING, "as Markdown, to paste into a mail")	\
	O(ALL, "all", 0, NULL, COMPLETE_NOTHING,						\
	  "print what agrees or holds, too; of a story every event")		\
	O(NO_CACHE, "no-cache", 0, NULL, COMPLETE_NOTHING,					\
	  "neither read nor write the cache of rebuilt tables")					\
	O(OUTPUT, "output", 'o', "FILE", COMPLETE_FILE,						\
	  "write to FILE (default: trace.dat; of FILE.spool: FILE)")	\
	O(DURATION, "duration", 'd', "SECONDS", COMPLETE_NOTHING,				\
	  "stop after so many seconds, for instance 10 or 0.5")					\
	O(EVENT, "event", 'e', "SYSTEM[:EVENT]", COMPLETE_NOTHING,				\
	  "record this event (or a whole system) as well; may be repeated")			\
	O(ONLY, "only", 0, NULL, COMPLETE_NOTHING,						\
	  "record only the events given with -e, not the default ones")				\
	O(DETAIL, "detail", 0, "GROUP", COMPLETE_NOTHING,					\
	  "switch on a group of detailed events of the patched kernel; may be repeated")	\
	O(NO_SAMPLES, "no-samples", 0, NULL, COMPLETE_NOTHING,					\
	  "do not sample /sys/kernel/mm/ksm and /proc")						\
	O(VIEW, "view", 0, "VIEW", COMPLETE_VIEW, "which view to show")				\
	O(EPISODE, "episode", 0, "N", COMPLETE_NOTHING, "step through episode number N")	\
	O(SIZE, "size", 0, "COLSxROWS", COMPLETE_SIZE, "size of the screen (default: 80x24)")	\
	O(KEYS, "keys", 0, "FILE", COMPLETE_FILE, "play the keys named in FILE first")		\
	O(FORMAT, "format", 0, "FORMAT", COMPLETE_FORMAT, "text (default), ansi or svg")	\
	O(THEME, "theme", 0, "NAME", COMPLETE_THEME, "a shipped theme or a YAML file")		\
	O(ASCII, "ascii", 0, NULL, COMPLETE_NOTHING, "plain characters instead of box lines")	\
	O(NO_COLOR, "no-color", 0, NULL, COMPLETE_NOTHING, "no colours")

enum option_id {
#define O(id, name, letter, argument, complete, help) OPTION_##id,
	OPTION_TABLE(O)
#undef O
	NR_OPTIONS
};

#define OPT(id) (UINT64_C(1) << OPTION_##id)

#define OPTS_EVERY	(OPT(HELP) | OPT(VERSION))
/* Of every command that opens a recording and prints. */
#define OPTS_QUERY	(OPTS_EVERY | OPT(JSON) | OPT(PLAIN) | OPT(HINDSIGHT) | OPT(ABSOLUTE) | OPT(NO_CACHE))
#define OPTS_SCREEN	(OPT(THEME) | OPT(ASCII) | OPT(NO_COLOR) | OPT(ABSOLUTE) | OPT(NO_CACHE))

#define EXPLORE_TEXT										\
	"Opens FILE and shows every moment of it: step forwards and backwards, select an object,\n" \
	"follow it. Press ? for the keys of a view. Without FILE, lists the recordings at hand."

#define RECORD_TEXT										\
	"Records KSM's events and, once a second, what /sys/kernel/mm/ksm and /proc say, until\n" \
	"Ctrl-C, SECONDS or the end of COMMAND. Says what it switches on and puts every setting\n" \
	"back; KSM's own settings are left alone. The file is a trace.dat version 7 with zstd, which\n" \
	"trace-cmd and KernelShark open as well. An interrupted recording leaves a spool that opens\n" \
	"as it is; ksmtop recover makes a recording of it.\n\n"					\
	"COMMAND is told to end with SIGTERM after SECONDS, and gets the signals that end the\n" \
	"recording; five seconds later it is killed. When recording fails, on a full disk say, COMMAND\n" \
	"runs on to its end. FILE is replaced if it exists, or what it links to; what is no file is\n" \
	"refused.\n\n"										\
	"The exit status is COMMAND's; 125 when recording itself fails."

#define RECOVER_TEXT										\
	"Makes a recording of the spool that an interrupted ksmtop record left behind, if need be\n" \
	"on another disk."

#define DOCTOR_TEXT										\
	"Says what ksmtop record with the same options would do on this machine, without doing it: what\n" \
	"would fail, and what the recording would lack. With FILE, what that recording can show. Either\n" \
	"way which view has what it needs, and what would give it the rest."

#define REPORT_TEXT										\
	"The state at T in short: counters beside the kernel's own, nodes with the most items,\n" \
	"processes, losses, damage, events that ksmtop does not know.\n\n"			\
	"A letter behind a number is its evidence: T traced, D dumped or sampled, I inferred; ? marks\n" \
	"what is doubtful."

#define EVENTS_TEXT										\
	"One line an event, in time order:\n\n"							\
	"  NUMBER TIME CPU COMM-TID SYSTEM:NAME KEY=VALUE...\n\n"				\
	"TIME is the trace clock's, values are as trace-cmd report -R prints them. Control characters\n" \
	"in a recording are shown as \\xNN."

#define LIST_TEXT										\
	"The rows of a table that hold at T. TABLE is mms, nodes, items, vmas, anon_vmas, mappings or\n" \
	"pages. The columns are the items' JSON names; EV is the evidence, ? behind it a doubt.\n" \
	"An item is what ksmd believes, a mapping is the fact: neither count follows from the other."

#define SHOW_TEXT										\
	"An object at T, what it belongs to and holds, and its life: every span that it had. OBJECT is\n\n" \
	"  pfn:0x1a2f40  node:0xffff...  item:0xffff...  mm:0xffff...  vma:0xffff...\n"		\
	"  anon_vma:0xffff...  pid:3141  node#12  mm A\n\n"					\
	"with %2 behind an address for its second generation. A pid is the process that has it at T;\n" \
	"node#12 and mm A are of one generation each."

#define DIFF_TEXT										\
	"What differs between two moments of one recording (counters, objects that came and went), or\n" \
	"between two recordings: their counters at the end, what their episodes came to together (sums,\n" \
	"and the longest hold), and each episode beside the one of its kind and purpose in the other."

#define EPISODES_TEXT										\
	"What ran from one event to another: scans of ksmd, walks, kill lists, recoveries, collapses and\n" \
	"migrations, numbered in the order they began. Those begun by T are listed.\n\n"	\
	"--sort takes any JSON name and puts the dearest first: duration_ns, longest_hold_ns,\n" \
	"others_waited_ns, nr_iteration_total (VMAs offered), skipped, missed, moved, tasks. --filter\n" \
	"takes the same names, for instance 'purpose == \"migrate\" && skipped > 1000'."

#define EXPLAIN_TEXT										\
	"The story of an episode: what it was about, each step in a sentence with the kernel function\n" \
	"that did it, what it came to, who waited, and what makes any of it doubtful. EPISODE is a\n" \
	"number of ksmtop episodes. Long runs of the same thing are told once, and counted by what they\n" \
	"are; --all tells each event. At T inside the episode the story ends at T."

#define WHATIF_TEXT										\
	"Walks again over the rebuilt interval trees, under three rules of which VMAs an item's anon_vma\n" \
	"is asked for: whole, the whole tree; address, the page of the item's address; linear, its\n" \
	"linear_page_index. For each: VMAs offered, visited and skipped, and the mappings that the walk\n" \
	"would miss. What is known to map the page and is not visited is missed; what only might\n" \
	"map it is told apart. Either a recorded walk, or any KSM page at T.\n\n"		\
	"Under the rule that a walk was recorded with, model and record must agree in every count;\n" \
	"the answer says whether they do."

#define BLAST_TEXT										\
	"What a memory failure of a KSM page would do at T: which processes would be killed without\n" \
	"recovery, and with it which ones move to a copy of which dup, and which still die. The pages\n" \
	"that would kill most come first. Processes that only might map the page are named, and make the\n" \
	"answer doubtful. So does a process that would move: whether the dup can be read, and\n" \
	"ksm_thread_mutex is had in time, cannot be known before."

#define WHY_NOT_MERGED_TEXT									\
	"For each run of a process's pages whether it is shared and, if not, why: not asked for,\n" \
	"changing, not yet met twice, passed over by smart scan, no equal page, another memory node,\n" \
	"pinned, KSM stopped. Behind them what ksmd's last scan came to for the process as a whole.\n" \
	"What the recording cannot tell is said."

#define CHECK_TEXT										\
	"Compares the rebuilt state with the kernel's own numbers at every sample, and holds it to its\n" \
	"invariants. A difference that the recording cannot decide is shown as doubtful and does not\n" \
	"change the exit status."

#define ASSERT_TEXT										\
	"Does EXPR hold of all of them? It is what --filter takes; in front of a ':' stands what it is\n" \
	"about: scan, walk, kill-list, recovery, collapse, migration, episode (all of these, and the\n" \
	"default), a table of ksmtop list (its rows at T), or events. Names are those of --json; walks\n" \
	"also have missed and maybe_missed (mappings that their rule did not come by), missed_doubtful\n" \
	"(there may be others, or not these: events were lost, or not all was told), others_waited and\n" \
	"others_waited_ns; times are ns, and 5ms, 100us or 1.5s may be written for them.\n\n"	\
	"  ksmtop assert FILE 'walk: missed == 0'\n"						\
	"  ksmtop assert FILE 'walk: longest_hold_ns <= 5ms'\n"					\
	"  ksmtop assert FILE 'purpose != \"migrate\" || mapcount_after == 0'\n"		\
	"  ksmtop assert FILE 'recovery: outcome == \"recovered\" && failed == 0'\n\n"		\
	"Those which contradict are told with their events. What is doubtful, not known or may have gone\n" \
	"with lost events is undecided and never counts as a yes: without a contradiction the status is\n" \
	"then 2."

#define SNAP_TEXT										\
	"Prints a screen of the explorer without a terminal. FILE of --keys holds names of keys parted\n" \
	"by blanks or lines, as the help shows them: Right Shift-Left Enter Ctrl-O. T, an object or any\n" \
	"other text is typed with :COMMAND on a line of its own, for instance :object pid:3141"

#define COMMAND_TABLE(C)									\
	C(EXPLORE, "", "[FILE]", 0, 1, OPTS_EVERY | OPTS_SCREEN | OPT(AT) | OPT(VIEW) |		\
	  OPT(EPISODE) | OPT(HINDSIGHT), "", "explore a recording on the terminal", EXPLORE_TEXT)		\
	C(RECORD, "record", "[-- COMMAND...]", 0, -1, OPTS_EVERY | OPT(OUTPUT) | OPT(DURATION) | \
	  OPT(EVENT) | OPT(ONLY) | OPT(DETAIL) | OPT(NO_SAMPLES), "",				\
	  "record what KSM does on this machine", RECORD_TEXT)					\
	C(RECOVER, "recover", "SPOOL", 1, 1, OPTS_EVERY | OPT(OUTPUT), "",			\
	  "make a recording of an interrupted one", RECOVER_TEXT)				\
	C(DOCTOR, "doctor", "[FILE]", 0, 1, OPTS_EVERY | OPT(JSON) | OPT(PLAIN) | OPT(NO_CACHE) |	\
	  OPT(OUTPUT) | OPT(EVENT) | OPT(ONLY) | OPT(NO_SAMPLES),				\
	  "this machine cannot be recorded",							\
	  "say what can be recorded or shown, and what would give the rest", DOCTOR_TEXT)	\
	C(REPORT, "report", "FILE", 1, 1, OPTS_QUERY | OPT(AT), "",				\
	  "the state in short", REPORT_TEXT)							\
	C(EVENTS, "events", "FILE", 1, 1, OPTS_QUERY | OPT(FROM) | OPT(TO) | OPT(FILTER), "",	\
	  "one line an event", EVENTS_TEXT)							\
	C(LIST, "list", "FILE TABLE", 2, 2, OPTS_QUERY | OPT(AT) | OPT(FILTER), "",		\
	  "the rows of a table", LIST_TEXT)							\
	C(SHOW, "show", "FILE OBJECT", 2, 2, OPTS_QUERY | OPT(AT), "",				\
	  "an object, its relations and its life", SHOW_TEXT)					\
	C(DIFF, "diff", "FILE T1 T2 | FILE1 FILE2", 2, 3, OPTS_QUERY, "something differs",	\
	  "what differs between two moments or two recordings", DIFF_TEXT)			\
	C(EPISODES, "episodes", "FILE", 1, 1, OPTS_QUERY | OPT(AT) | OPT(KIND) | OPT(FILTER) |	\
	  OPT(SORT), "", "what ran, and what came of it", EPISODES_TEXT)				\
	C(EXPLAIN, "explain", "FILE EPISODE", 2, 2, OPTS_QUERY | OPT(AT) | OPT(MARKDOWN) | OPT(ALL), "",	\
	  "the story of an episode, step by step", EXPLAIN_TEXT)				\
	C(WHATIF, "whatif", "FILE (--walk EPISODE | --pfn P)", 1, 1, OPTS_QUERY | OPT(AT) |	\
	  OPT(WALK) | OPT(PFN) | OPT(RULE), "",						\
	  "a walk under other rules, and what it would miss", WHATIF_TEXT)			\
	C(BLAST, "blast", "FILE", 1, 1, OPTS_QUERY | OPT(AT) | OPT(PFN) | OPT(TOP), "",		\
	  "what a memory failure of each KSM page would do", BLAST_TEXT)			\
	C(WHY_NOT_MERGED, "why-not-merged", "FILE (--pid P | --mm M)", 1, 1, OPTS_QUERY | OPT(AT) |	\
	  OPT(PID) | OPT(MM) | OPT(RANGE), "", "why a process's pages are not shared", WHY_NOT_MERGED_TEXT)		\
	C(CHECK, "check", "FILE", 1, 1, OPTS_QUERY | OPT(ALL), "something contradicts",		\
	  "hold the rebuilt state to the kernel's own numbers", CHECK_TEXT)			\
	C(ASSERT, "assert", "FILE EXPR", 2, 2, OPTS_QUERY | OPT(AT) | OPT(ALL), "something contradicts", \
	  "does an expression hold of every episode, row or event", ASSERT_TEXT)		\
	C(SNAP, "snap", "FILE", 1, 1, OPTS_EVERY | OPTS_SCREEN | OPT(AT) | OPT(VIEW) |		\
	  OPT(EPISODE) | OPT(HINDSIGHT) | OPT(SIZE) | OPT(KEYS) | OPT(FORMAT), "",		\
	  "print a screen of the explorer", SNAP_TEXT)

enum command_id {
#define C(id, name, arguments, least, most, options, findings, summary, description) COMMAND_##id,
	COMMAND_TABLE(C)
#undef C
	NR_COMMANDS
};

struct option_info {
	const char *name;
	const char *argument;	/* NULL: takes none */
	const char *help;
	char letter;		/* 0: has none */
	enum complete complete;
};

struct command {
	enum command_id id;
	const char *name;	/* "" for the explorer, which needs no name */
	const char *arguments;
	int least, most;
	uint64_t options;	/* bit OPTION_X */
	const char *findings;
	const char *summary;
	const char *description;
};

extern const struct option_info option_table[NR_OPTIONS];
extern const struct command command_table[NR_COMMANDS];

/* The command called @name, or NULL; the explorer has no name and is never found. */
const struct command *command_find(const char *name);
/* NULL-ended: the tables of `list`, the kinds of `episodes`, the rules of
 * `whatif`, the formats of `snap`. */
extern const char *const list_tables[];
extern const char *const episode_kinds[];
extern const char *const walk_rules[];
extern const char *const snap_formats[];

#endif /* KSMTOP_COMMAND_TABLE_H */
