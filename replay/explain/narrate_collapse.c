// SPDX-License-Identifier: GPL-2.0-only
/*
 * narrate_collapse.c - one plain sentence for each step of a collapse into a huge page.
 *
 * khugepaged collapses what its scan finds worth it; madvise(MADV_COLLAPSE) goes the same way in the context
 * of whoever calls it, which need not be the process whose pages they are.  So the task is named, never
 * assumed.
 *
 * Why a collapse is given up its own end does not say: enum scan_result has one word, "failed", for much.
 * The huge_memory:* events that the same thread wrote on the way say which part of it gave up, and that part
 * is named.  What made a page unreadable is aftermath.c's.
 *
 * Functions are those of mm/khugepaged.c, Linux 6.12.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain/collapse.h"
#include "explain/telling.h"
#include "explain/words.h"

#define RESULT_FAIL	0

/* Who runs it: the name that its events were written under, "" where that is not known. */
static void comm_of(const struct telling *t, char comm[17])
{
	struct event_record record;

	snprintf(comm, 17, "%s", episode_row(t->e)->comm);
	if (!comm[0] && event_index_read(episode_source(t->e)->events, t->step->event, &record) == 0 &&
	    record.comm && record.comm[0] != '<')
		snprintf(comm, 17, "%.16s", record.comm);
}

static void collapse_begins(struct telling *t)
{
	const struct args_P_COLLAPSE_BEGIN args = *ARGS(P_COLLAPSE_BEGIN);
	struct ref mm = episode_row(t->e)->object;
	char comm[17], whose[TOLD_NAME_MAX + 32];
	int at;

	comm_of(t, comm);
	if (ref_is_none(mm))
		snprintf(whose, sizeof(whose), "mm 0x%" PRIx64 "%s", (uint64_t)args.mm,
			 collapse_not_in_ksm(t->h, t->when) ? "" : ", which is not known to be in KSM,");
	else
		narrate_name(t->h, mm, t->when, whose, sizeof(whose));
	at = SAY("%s (tid %" PRId32 ") begins to collapse 512 pages of %s at 0x%" PRIx64 " into a huge page (pfn 0x%"
		 PRIx64 ")", comm[0] ? comm : "A task", t->ev->pid, whose, (uint64_t)args.address,
		 (uint64_t)args.hpfn);
	snprintf(t->to->text + at, sizeof(t->to->text) - (size_t)at, "%s.",
		 !comm[0] || strcmp(comm, "khugepaged") == 0 ? "" : ", asked to by madvise(MADV_COLLAPSE)");
}

static void collapse_ends(struct telling *t)
{
	const struct collapse_totals *c = &episode_row(t->e)->totals.collapse;
	const char *decided = NULL, *why = "";
	struct collapse_way way;
	char result[SYMBOL_MAX];

	collapse_way(t->e, &way);
	if (collapse_is_done(c)) {
		if (c->result != COLLAPSE_SUCCEEDED)	/* by what was copied */
			t->to->evidence = EVIDENCE_INFERRED;
		SAY(way.is_file ? "The range is one huge page of the file now; who maps it faults it in." :
		    "The range is one huge page now.");
		return;
	}
	if (c->nr_failed) {
		decided = way.is_file ? "collapse_file" : "__collapse_huge_page_copy";
		why = ", since a page could not be copied";
	} else if (way.swapin_failed) {
		decided = "__collapse_huge_page_swapin";
		why = way.result == RESULT_FAIL ? ": a page that is not present could not be had by do_swap_page()" :
		      ", while pages were swapped in";
	} else if (way.isolate_failed) {
		decided = "__collapse_huge_page_isolate";
		why = ", while pages were isolated";
	}
	if (decided)
		telling_function(t, decided, "mm/khugepaged.c");
	SAY("The collapse is given up, scan_result %s%s; no huge page is made%s.",
	    explain_scan_result(episode_source(t->e)->events, c->result, result), why,
	    c->nr_rolled_back && way.is_file ? ", and what was unmapped for it is mapped again when touched" : "");
}

/* Put back after a failed copy, or after a page that could not be isolated. */
static bool was_copying(const struct telling *t)
{
	enum { COPIED = 1, POISONED = 2, NONE = 4 };	/* KSMTOP_COLLAPSE_STEPS */

	for (uint32_t i = 0; i < episode_nr_steps(t->e); i++) {
		const struct step *step = episode_step(t->e, i);

		if (step->event >= t->step->event)
			return false;
		if (step->kind == STEP_PAGE && (step->verdict == COPIED || step->verdict == POISONED ||
						step->verdict == NONE))
			return true;
	}
	return false;
}

static void collapse_page(struct telling *t, bool is_file)
{
	const struct args_P_COLLAPSE_PAGE *page = ARGS(P_COLLAPSE_PAGE);
	const char *function = "__collapse_huge_page_copy";
	uint64_t pfn = (uint64_t)page->pfn;
	int64_t index = page->index;

	switch (page->step) {
	case 0:
		SAY("Page %" PRId64 " (pfn 0x%" PRIx64 ") is isolated.", index, pfn);
		function = "__collapse_huge_page_isolate";
		break;
	case 1:
		SAY("Page %" PRId64 " (pfn 0x%" PRIx64 ") is copied.", index, pfn);
		break;
	case 2:
		SAY("Copying page %" PRId64 " (pfn 0x%" PRIx64 ") meets poison and fails: the collapse must be "
		    "given up.", index, pfn);
		break;
	case 3:
		SAY("Page %" PRId64 " (pfn 0x%" PRIx64 ") is put back%s.", index, pfn,
		    is_file ? "" : " as it was");
		function = was_copying(t) ? "__collapse_huge_page_copy_failed" : "__collapse_huge_page_isolate";
		break;
	default:
		SAY("Page %" PRId64 " has nothing to copy: its part is cleared.", index);
		break;
	}
	telling_function(t, is_file ? "collapse_file" : function, "mm/khugepaged.c");
}

void tell_collapse(struct telling *t)
{
	const struct episode_row *row = episode_row(t->e);
	bool is_file = row->totals.collapse.is_shmem;
	struct collapse_way way;
	struct event ev;

	if (!is_file && t->step->kind != STEP_END) {
		collapse_way(t->e, &way);
		is_file = way.is_file;
		if (episode_step_event(t->e, t->index, &ev) == 0)	/* the index has been read since */
			t->ev = &ev;
	}
	/* What kind of page it is the begin says; how it ended is told from all that it did. */
	t->to->doubtful |= (row->begin_lost && !is_file) ||
			   (t->step->kind == STEP_END && row->fact.doubt != DOUBT_NONE);
	telling_function(t, is_file ? "collapse_file" : "collapse_huge_page", "mm/khugepaged.c");
	if (t->step->kind == STEP_BEGIN)
		collapse_begins(t);
	else if (t->step->kind == STEP_END)
		collapse_ends(t);
	else
		collapse_page(t, is_file);
}
