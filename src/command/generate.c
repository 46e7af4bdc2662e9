// SPDX-License-Identifier: GPL-2.0-only
/*
 * generate.c - a build-time program: prints the man page or the bash completion.
 *
 * Everything that can be listed comes from the command table and, for the keys, from the view
 * layer's action table, so the manual cannot fall behind the program.  What cannot be listed (how
 * moments, objects and filters are written) is the text below, once.
 *
 * The hard part of a man page is that a line of text must never be taken for a request: all text
 * passes through roff_text(), which guards leading dots and quotes and makes every hyphen a minus
 * sign, so that options can be copied from the page.
 *
 * It does not read the program's sources and links no command; `generate man` and `generate bash`
 * are all that it knows.
 */
#include <stdio.h>
#include <string.h>

#include "command_table.h"
#include "view/action.h"

#ifndef KSMTOP_VERSION
#define KSMTOP_VERSION "0"
#endif
#define MAN_DATE "2026-11-20"

/* ---- roff ---- */

static void roff_text(const char *text)
{
	bool start = true;

	for (; *text; text++) {
		if (start && (*text == '.' || *text == '\''))
			fputs("\\&", stdout);
		start = *text == '\n';
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else
			putchar(*text);
	}
}

/* Words in short lines, and a new line for a new sentence, as roff wants its source. */
static void roff_words(char *text)
{
	size_t at = 0;

	for (char *word = strtok(text, " \n"); word; word = strtok(NULL, " \n")) {
		size_t length = strlen(word);

		if (at)
			putchar(at + length > 68 ? '\n' : ' ');
		at = at + length > 68 ? 0 : at;
		/* The guard of roff_text() is for the beginning of a line, and harmless elsewhere. */
		roff_text(word);
		at += length + 1;
		if (word[length - 1] == '.' && at > 4) {
			putchar('\n');
			at = 0;
		}
	}
	if (at)
		putchar('\n');
}

static void roff_paragraph(const char *text, size_t length, bool first)
{
	char part[2048];

	if (length >= sizeof(part))
		length = sizeof(part) - 1;
	memcpy(part, text, length);
	part[length] = 0;
	/* A section's heading has begun a paragraph. */
	if (!first)
		printf(".PP\n");
	if (part[0] != ' ') {
		roff_words(part);
		return;
	}
	printf(".nf\n");
	roff_text(part);
	printf("\n.fi\n");
}

/* Paragraphs parted by an empty line; those that begin with a blank stay as they are. */
static void roff_paragraphs(const char *text, bool first)
{
	const char *end;

	for (; (end = strstr(text, "\n\n")); text = end + 2, first = false)
		roff_paragraph(text, (size_t)(end - text), first);
	roff_paragraph(text, strlen(text), first);
}

static void roff_item(const char *term, const char *text)
{
	printf(".TP\n.B ");
	roff_text(term);
	putchar('\n');
	roff_text(text);
	putchar('\n');
}

static void roff_section(const char *title)
{
	printf(".SH \"%s\"\n", title);
}

static void man_option(const struct option_info *option)
{
	printf(".TP\n.B ");
	if (option->letter)
		printf("\\-%c, ", option->letter);
	printf("\\-\\-");
	roff_text(option->name);
	if (option->argument) {
		printf("\\fR=\\fI");
		roff_text(option->argument);
		printf("\\fR");
	}
	putchar('\n');
	roff_text(option->help);
	putchar('\n');
}

static void man_synopsis(void)
{
	roff_section("SYNOPSIS");
	for (int i = 0; i < NR_COMMANDS; i++) {
		printf("%s.B ksmtop", i ? ".br\n" : "");
		if (command_table[i].name[0])
			printf(" %s", command_table[i].name);
		printf("\n[\\fIoptions\\fR] ");
		roff_text(command_table[i].arguments);
		putchar('\n');
	}
}

static void man_command(const struct command *command)
{
	printf(".SS \"ksmtop%s%s ", command->name[0] ? " " : "", command->name);
	roff_text(command->arguments);
	printf("\"\n");
	roff_text(command->summary);
	printf(".\n");
	roff_paragraphs(command->description, false);
	for (int i = 0; i < NR_OPTIONS; i++)
		if (command->options & ~OPTS_EVERY & (UINT64_C(1) << i))
			man_option(&option_table[i]);
	if (command->findings[0])
		printf(".PP\nExits with 1 when %s.\n", command->findings);
}

static void man_keys(void)
{
	roff_section("KEYS");
	printf("Every key is also a command behind a colon, with completion.\n"
	       "Press ? for the keys of the view on the screen.\n");
	for (int i = 0; i < NR_ACTIONS; i++) {
		char term[128];

		snprintf(term, sizeof(term), "%s%s:%s", action_table[i].keys,
			 action_table[i].keys[0] ? "  " : "", action_table[i].name);
		roff_item(term, action_table[i].help);
	}
}

static const char moments_text[] =
	"T, a moment, is an event number (1234 or @1234), a time since the first event (+1.5s),\n"
	"a time of the trace clock (123.456789, with --absolute), a part of the recording (50%),\n"
	"start (before the first event) or end. Events are numbered from 1 over all buffers in time\n"
	"order; T = n is the state after event n.\n\n"
	"What is shown of a moment is what could be known then. With --hindsight it is what the\n"
	"whole recording tells of that moment: doubt may end, what was certain stays.\n\n"
	"Lost events leave doubt of what they may have changed. A complete state dump ends it, but for\n"
	"mappings: it reads no page tables, and that a page is written to is not traced. At the moment a\n"
	"mapping is certain only when something shows it. With --hindsight it was there since the gap if it\n"
	"is shown later, unless the gap may have hidden a way to leave from which it comes back unseen (a\n"
	"walk, for swap; the end of a VMA, an mm or an exec; a recovery; a migrated page).";

static const char filters_text[] =
	"Expressions are those of libtraceevent's filters over an event's fields, for instance\n\n"
	"  pfn == 0x1c0077 && err != 0\n"
	"  ksm/ksm_enter: mm == 0xffff888104b3c000\n\n"
	"with nr, ts, cpu, buffer, pid, comm, system and event as further fields of every event. The\n"
	"same language selects rows of tables by their JSON names: items >= 100 && doubtful == 0";

static const char json_text[] =
	"With --json a command prints one object on one or more lines: schema (ksmtop/NAME), version\n"
	"(1), file, at and known_by (event numbers), lost (events, by_cpu, gaps, unknown_gaps) and\n"
	"items, a list. Addresses and page numbers are strings (0x...), times integers in\n"
	"nanoseconds. Every item carries evidence (T, D, I or M) and doubtful. The schemas are in the\n"
	"folder tests/schema of the sources. The object is written as it is made: a reader need not\n"
	"wait for its end, and one that cannot be completed is not closed.\n\n"
	"Besides, where they apply: doubt says why an item is doubtful; NAME_doubtful, NAME_evidence are of\n"
	"that one value; NAME_name is the short stable name of the object whose address NAME is; at_least:\n"
	"there may be more items than were told; null: not known, or there is none. lost: gaps are\n"
	"places where events are missing, unknown_gaps those of them without a count. Rows: born, died\n"
	"(events), confirmed (the last event by which it was certain), origin of a process (entered,\n"
	"forked, exec, found), place of a stable node, nid of its tree, page_nid of its page (ON in the\n"
	"table) and wrong_tree where they differ, root and parent of an anon_vma, pgoff and index in pages; ksm, poisoned, gone of a page. show: section and relation say what of the object an item is.\n\n"
	"Episodes: begin_ns null: the beginning was not seen; ended; complete: a walk's events add up to its\n"
	"own counts; others_waited, others_waited_ns: who waited for its locks; ended_because. A recovery's\n"
	"waited_ns for ksm_thread_mutex, which duration_ns counts and which lies before begin_ns, its\n"
	"dups, copies (tried), chosen_pfn, fresh_pfn, chain_nodes, search_ns and stretch_ns (without a\n"
	"scheduling point), moved and failed mappings. A collapse's isolated, copied, copy_failed,\n"
	"rolled_back, none (empty pages), shmem. A migration's succeeded, failed, walks, walk_ns,\n"
	"moved_nodes. A kill list's tasks, covering, mapping. What happened meanwhile, whoever did it:\n"
	"merges, zero_pages, merge_failures, removals, nodes_made, nodes_gone; null where it is not known when\n"
	"the episode began or ended. explain: part (title, fact, step, total, note), step, event, function\n"
	"and source of the kernel.\n\n"
	"whatif: recorded (the walk ran under that rule), agrees (the model comes to the kernel's counts),\n"
	"has_item of a mapping; subject: mapcount, mappings_known, mappings_possible, beyond_items (mappings\n"
	"that no rmap_item is known to lead to). blast: healthy_pfn; maybe: the pids that only might map the\n"
	"page; without_pid: processes that have none; recovery: the episode that showed how it went, null:\n"
	"foretold; not_mapped: places of rmap_items that did not map it then. why-not-merged: scope (range or\n"
	"process), reason, pages, seqnr (the scan). check and assert: outcome, summary (agrees, contradicts,\n"
	"undecided). report: value null: no event of this recording could tell, or nobody counted; kernel_value as of\n"
	"kernel_event. diff: came, went, changed, learned (told only now, not changed), first and second.";

static void man_page(void)
{
	printf(".\\\" SPDX-License-Identifier: GPL-2.0-only\n"
	       ".\\\" Made by generate.c from the command table; do not edit.\n"
	       ".TH KSMTOP 1 %s \"ksmtop %s\" \"User Commands\"\n", MAN_DATE, KSMTOP_VERSION);
	roff_section("NAME");
	printf("ksmtop \\- see and replay what kernel samepage merging does\n");
	man_synopsis();
	roff_section("DESCRIPTION");
	roff_paragraphs("KSM merges equal anonymous pages; what it builds inside the kernel is "
			"invisible. ksmtop records what happens, rebuilds the structures for every "
			"moment of the recording, and lets one step through it, forwards and backwards.", true);
	roff_section("COMMANDS");
	for (int i = 0; i < NR_COMMANDS; i++)
		man_command(&command_table[i]);
	roff_section("OPTIONS OF EVERY COMMAND");
	for (int i = 0; i < NR_OPTIONS; i++)
		if (OPTS_EVERY & (UINT64_C(1) << i))
			man_option(&option_table[i]);
	roff_section("MOMENTS");
	roff_paragraphs(moments_text, true);
	roff_section("FILTERS");
	roff_paragraphs(filters_text, true);
	roff_section("JSON");
	roff_paragraphs(json_text, true);
	man_keys();
	roff_section("EXIT STATUS");
	roff_item("0", "all is well");
	printf(".TP\n.B 1\n");
	for (int i = 0, nr = 0; i < NR_COMMANDS; i++)
		if (command_table[i].findings[0])
			printf("%s%s (%s)", nr++ ? ",\n" : "", command_table[i].findings, command_table[i].name);
	putchar('\n');
	roff_item("2", "a file cannot be read, the line cannot be understood,\n"
		  "or the recording cannot tell what was asked;\nan empty list that is the answer is 0");
	roff_item("125, 126, 127", "record failed itself, could not run COMMAND, did not find it;\n"
		  "else it exits with COMMAND's status");
	roff_section("ENVIRONMENT");
	roff_item("XDG_CACHE_HOME", "rebuilt tables are kept in its folder ksmtop, which can be deleted");
	roff_item("XDG_CONFIG_HOME", "its file ksmtop/keys.yaml holds the user's keys");
	roff_item("NO_COLOR", "no colours, if it is set");
	roff_item("KSMTOP_LINUX", "a kernel source tree, for opening a function in $EDITOR");
	roff_section("SEE ALSO");
	printf(".BR trace\\-cmd (1),\n.BR trace\\-cmd.dat.v7 (5)\n");
}

/* ---- bash ---- */

static void bash_words(uint64_t options)
{
	for (int i = 0; i < NR_OPTIONS; i++) {
		if (!(options & (UINT64_C(1) << i)))
			continue;
		printf(" --%s", option_table[i].name);
		if (option_table[i].letter)
			printf(" -%c", option_table[i].letter);
	}
}

static void bash_list(const char *const *words)
{
	for (int i = 0; words[i]; i++)
		printf("%s%s", i ? " " : "", words[i]);
}

/* What follows an option, one case for each way to complete. */
static void bash_reply(enum complete complete)
{
	switch (complete) {
	case COMPLETE_FILE:
		printf("_ksmtop_files; return");
		return;
	case COMPLETE_MOMENT:
		printf("words=\"start end\"");
		break;
	case COMPLETE_VIEW:
		printf("words=\"");
		for (int i = 0; i < NR_VIEWS; i++)
			printf("%s%s", i ? " " : "", view_names[i]);
		putchar('"');
		break;
	case COMPLETE_THEME:
		printf("words=\"dark light sixteen mono high-contrast\"");
		break;
	case COMPLETE_FORMAT:
		printf("words=\"");
		bash_list(snap_formats);
		putchar('"');
		break;
	case COMPLETE_KIND:
		printf("words=\"");
		bash_list(episode_kinds);
		putchar('"');
		break;
	case COMPLETE_RULE:
		printf("words=\"");
		bash_list(walk_rules);
		putchar('"');
		break;
	case COMPLETE_SIZE:
		printf("words=\"80x24 120x40\"");
		break;
	default:
		printf("return");
		return;
	}
	printf("; COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")); return");
}

static void bash_option_cases(void)
{
	printf("\tcase $prev in\n");
	for (int i = 0; i < NR_OPTIONS; i++) {
		const struct option_info *option = &option_table[i];

		if (!option->argument)
			continue;
		printf("\t--%s", option->name);
		if (option->letter)
			printf("|-%c", option->letter);
		printf(") ");
		bash_reply(option->complete);
		printf(" ;;\n");
	}
	printf("\tesac\n");
}

static const char bash_head[] =
	"# SPDX-License-Identifier: GPL-2.0-only\n"
	"# Made by generate.c from the command table; do not edit.\n"
	"_ksmtop_files()\n"
	"{\n"
	"\tlocal IFS=$'\\n'\n"
	"\tcompopt -o filenames 2>/dev/null\n"
	"\tCOMPREPLY=($(compgen -f -X '!*.dat' -- \"$cur\") $(compgen -d -- \"$cur\"))\n"
	"}\n\n"
	"_ksmtop()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	"\tlocal words= command= i\n"
	"\tCOMPREPLY=()\n";

static void bash_commands(const char *separator)
{
	bool first = true;

	for (int i = 0; i < NR_COMMANDS; i++) {
		if (!command_table[i].name[0])
			continue;
		printf("%s%s", first ? "" : separator, command_table[i].name);
		first = false;
	}
}

static void bash_completion(void)
{
	fputs(bash_head, stdout);
	printf("\tfor ((i = 1; i < COMP_CWORD; i++)); do\n\t\tcase ${COMP_WORDS[i]} in\n\t\t");
	bash_commands("|");
	printf(") command=${COMP_WORDS[i]}; break ;;\n\t\tesac\n\tdone\n");
	bash_option_cases();
	printf("\tif [[ $cur == -* ]]; then\n\t\tcase $command in\n");
	for (int i = 0; i < NR_COMMANDS; i++) {
		printf("\t\t%s) words=\"", command_table[i].name[0] ? command_table[i].name : "''");
		bash_words(command_table[i].options);
		printf("\" ;;\n");
	}
	printf("\t\tesac\n\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n\t\treturn\n\tfi\n");
	printf("\t_ksmtop_files\n\tcase $command in\n\t'') words=\"");
	bash_commands(" ");
	printf("\" ;;\n\tlist) words=\"");
	bash_list(list_tables);
	printf("\" ;;\n\tesac\n"
	       "\tCOMPREPLY+=($(compgen -W \"$words\" -- \"$cur\"))\n}\n\n"
	       "complete -F _ksmtop ksmtop\n");
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "man") == 0) {
		man_page();
	} else if (argc == 2 && strcmp(argv[1], "bash") == 0) {
		bash_completion();
	} else {
		fprintf(stderr, "usage: generate man|bash\n");
		return 2;
	}
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 2;
}
