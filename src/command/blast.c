// SPDX-License-Identifier: GPL-2.0-only
/*
 * blast.c - `ksmtop blast`: what a memory failure of each KSM page would do.
 *
 * One page (--pfn) or the worst of all (--top), from explain/blast.h.  A list of victims holds
 * every process that maps the page as far as the recording tells; those of them which only might
 * (there is an item, but nothing says that the pte is still there) are named once more under
 * `maybe`, and make the answer doubtful; so does a process that is to be moved, for whether recovery
 * comes to that cannot be known before; --hindsight right before a failure tells how it went.  A process whose pid the recording does not tell is counted,
 * since a list of pids cannot name it.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "episode_row.h"
#include "explain/blast.h"

#define TOP_DEFAULT	20u
#define TOP_MAX		10000000u
#define TEXT_PIDS	6u

/* Which victims: all, by what recovery does for them, those that only might map the page. */
enum fate { ALL, MOVES, DIES, MAYBE };

static bool chosen(const struct victim *victim, enum fate fate)
{
	return fate == ALL || (fate == MAYBE ? !victim->known : victim->dies == (fate == DIES));
}

/* ---- JSON ---- */
static struct json_object *pids_json(const struct blast *blast, enum fate fate)
{
	struct json_object *list = json_object_new_array();

	for (uint32_t i = 0; i < blast->nr_victims; i++)
		if (chosen(&blast->victims[i], fate) && blast->victims[i].tgid > 0)
			json_object_array_add(list, json_object_new_int(blast->victims[i].tgid));
	return list;
}

static uint64_t node_address(const struct query *query, struct ref ref)
{
	union row row;

	if (ref_is_none(ref) || history_row(query->history, ref, query->when, &row) != 0)
		return 0;
	return row.node.name.addr;
}

static void answer_blast(struct query *query, const struct blast *blast)
{
	struct json_object *item = json_object_new_object(), *without = json_object_new_object();
	struct json_object *with = json_object_new_object();
	uint32_t nr_nameless = 0;
	char name[96];

	for (uint32_t i = 0; i < blast->nr_victims; i++)
		nr_nameless += blast->victims[i].tgid <= 0;
	json_object_object_add(item, "pfn", json_hex(blast->node.kpfn));
	json_object_object_add(item, "node", json_hex(blast->node.name.addr));
	json_object_object_add(item, "node_name",
			       json_text(query_name(query, blast->node.ref, name, sizeof(name))));
	json_object_object_add(item, "chain", json_hex(node_address(query, blast->chain)));
	json_object_object_add(item, "healthy_dup",
			       json_hex(node_address(query, blast->healthy_dup)));
	json_object_object_add(item, "healthy_pfn", json_hex(blast->healthy_pfn));
	json_object_object_add(without, "killed", pids_json(blast, ALL));
	json_object_object_add(item, "without", without);
	json_object_object_add(with, "moved", pids_json(blast, MOVES));
	json_object_object_add(with, "killed", pids_json(blast, DIES));
	json_object_object_add(item, "with", with);
	json_object_object_add(item, "maybe", pids_json(blast, MAYBE));
	json_object_object_add(item, "processes", json_object_new_int64(blast->nr_victims));
	json_object_object_add(item, "without_pid", json_object_new_int64(nr_nameless));
	json_object_object_add(item, "why", json_object_new_string(blast_why_text(blast->why)));
	json_object_object_add(item, "not_mapped", json_object_new_int64(blast->nr_absent));
	json_object_object_add(item, "recovery", blast->recovery ? json_object_new_int64(blast->recovery) : NULL);
	json_object_object_add(item, "evidence", json_object_new_string_len(&blast->evidence, 1));
	json_object_object_add(item, "doubtful",
			       json_object_new_boolean(blast->doubtful));
	answer_item(query, item);
}

/* ---- text ---- */
/* "55, 56, mm C and 12 more" of those that are chosen; "nobody". */
static void print_pids(const struct query *query, const struct blast *blast, enum fate fate)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < blast->nr_victims; i++) {
		const struct victim *victim = &blast->victims[i];
		char name[96];

		if (!chosen(victim, fate) || (nr++ >= TEXT_PIDS && !query->plain))
			continue;
		printf("%s", nr > 1 ? ", " : "");
		if (victim->tgid > 0)
			printf("%" PRId32, victim->tgid);
		else
			printf("%s", query_name(query, victim->mm, name, sizeof(name)));
	}
	if (nr > TEXT_PIDS && !query->plain)
		printf(" and %" PRIu32 " more", nr - TEXT_PIDS);
	if (nr == 0)
		printf("nobody");
}

static void print_sentences(const struct query *query, const struct blast *blast)
{
	char name[96];

	printf("pfn 0x%" PRIx64 ", %s", blast->node.kpfn,
	       query_name(query, blast->node.ref, name, sizeof(name)));
	if (!ref_is_none(blast->chain))
		printf(" of chain %s", query_name(query, blast->chain, name, sizeof(name)));
	printf(". Without recovery killed: ");
	print_pids(query, blast, ALL);
	printf(". With recovery moved: ");
	print_pids(query, blast, MOVES);
	if (blast->healthy_pfn && blast->nr_moved)
		printf(", to %s pfn 0x%" PRIx64 "%s", blast->itself ? "the dup" : "a copy of", blast->healthy_pfn,
		       blast->itself ? " itself, since there was no memory for a copy" : "");
	printf("; killed: ");
	print_pids(query, blast, DIES);
	printf(" (%s).", blast_why_text(blast->why));
	if (blast->recovery)
		printf(" So it went in episode %" PRIu32 ".", blast->recovery);
	if (blast->nr_absent)
		printf(" %" PRIu32 " more place%s to which an rmap_item leads did not map it: swapped out, or written to "
		       "since.", blast->nr_absent, blast->nr_absent == 1 ? "" : "s");
	if (blast->nr_maybe) {
		printf(" Of these only might map it: ");
		print_pids(query, blast, MAYBE);
		printf(".");
	}
	puts(blast->doubtful ? " Doubtful." : "");
}

static uint32_t count(const struct blast *blast, enum fate fate)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < blast->nr_victims; i++)
		nr += chosen(&blast->victims[i], fate);
	return nr;
}

static void print_line(const struct query *query, const struct blast *blast)
{
	char name[96], healthy[24] = "-";

	if (blast->healthy_pfn)
		snprintf(healthy, sizeof(healthy), "0x%" PRIx64, blast->healthy_pfn);
	printf("%-12s 0x%-10" PRIx64 " %7" PRIu32 " %7" PRIu32 " %7" PRIu32 " %6" PRIu32
	       " %-12s %c%s  ",
	       query_name(query, blast->node.ref, name, sizeof(name)), blast->node.kpfn,
	       count(blast, ALL), count(blast, MOVES), count(blast, DIES), blast->nr_maybe, healthy,
	       blast->evidence, blast->doubtful ? "?" : " ");
	print_pids(query, blast, ALL);
	putchar('\n');
}

static void print_blasts(struct query *query, const struct blast *list, uint32_t nr)
{
	if (query->json)
		answer_begin(query, "blast", recording_path(query->recording));
	else if (!query->plain)
		printf("%-12s %-12s %7s %7s %7s %6s %-12s EV  PROCESSES\n", "NODE", "PFN", "KILLED",
		       "MOVED", "KILLED", "MAYBE", "HEALTHY DUP");
	for (uint32_t i = 0; i < nr; i++) {
		if (query->json)
			answer_blast(query, &list[i]);
		else if (query->plain)
			print_sentences(query, &list[i]);
		else
			print_line(query, &list[i]);
	}
	if (query->json)
		answer_end(query, NULL, NULL);
	else if (!query->plain && nr)
		puts("\nKILLED without recovery, then MOVED and KILLED with it; MAYBE: how many of "
		     "them only might map it.\nM: foretold; MOVED if the dup can be read and "
		     "ksm_thread_mutex is had in time, which nothing foretells.\nT: with recovery it went so; "
		     "that failure is the next thing that happens, and --hindsight knows it.");
	else if (!nr)
		puts("No KSM page is known to be mapped at that moment.");
	if (!query->json && !history_is_patched(query->history))
		puts("\nA stock kernel tells neither chains and dups nor which process maps a page: the patch would, and "
		     "samples of\npagemap (ksmtop record) tell the second, where kpageflags says which pages are KSM's.");
}

static int read_top(struct query *query, uint32_t *ret_top)
{
	const char *text = invocation_value(query->invocation, OPTION_TOP);
	unsigned long long value;
	char *end;

	*ret_top = TOP_DEFAULT;
	if (!text)
		return 0;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || value == 0 || value > TOP_MAX) {
		diag_set(&query->diag, -EINVAL, "--top %s is no number of pages", text);
		diag_expected(&query->diag, "1 to %u", TOP_MAX);
		return -EINVAL;
	}
	*ret_top = (uint32_t)value;
	return 0;
}

static int blast(struct query *query)
{
	const char *pfn = invocation_value(query->invocation, OPTION_PFN);
	struct episode_source source = query_source(query);
	struct blast one, *list;
	uint32_t top, nr;
	struct ref node;
	int err = read_top(query, &top);

	if (err == 0 && pfn) {
		err = query_page(query, pfn, &node);
		if (err == 0)
			err = blast_page(&source, node, query->when, &one, &query->diag);
		if (err == 0) {
			print_blasts(query, &one, 1);
			blast_fini(&one);
		}
	} else if (err == 0) {
		err = blast_rank(&source, query->when, top, &list, &nr, &query->diag);
		if (err == 0) {
			print_blasts(query, list, nr);
			blast_list_free(list, nr);
		}
	}
	return err;
}

int blast_command(const struct invocation *invocation, struct diag *diag)
{
	struct query query;
	int err = query_open(&query, invocation, invocation->args[0]);

	if (err == 0)
		err = blast(&query);
	*diag = query.diag;
	query_close(&query);
	return err ? STATUS_FAILED : STATUS_FINE;
}
