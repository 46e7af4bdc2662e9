// SPDX-License-Identifier: GPL-2.0-only
/*
 * blast_outcome.c - what a recovery that came says of the moment right before it.
 *
 * Its begin carries the page's mapcount, each mapping that was moved an event of its own, its end says how it went
 * (ksm_recover_folio(), patch 0004).  With as many mappings known as were counted, the others that an
 * rmap_item leads to were none: swapped out, or written to since.
 *
 * It is used for no earlier moment than the last one before it began: copy on write and swap are not traced, so
 * what was mapped when the memory failed need not have been mapped some events before; nor need its dup have been
 * readable then, nor the mutex free.  And not while it runs: part of the mappings has moved by then.
 *
 * A recovery in which events were lost may lack moves: it is not used at all.
 */
#include "explain/blast_outcome.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/diag.h"

static bool is_next(const struct episode_row *row, struct moment when)
{
	return row->kind == EPISODE_RECOVERY && row->ended && !row->begin_lost && !row->end_lost &&
	       row->fact.doubt == DOUBT_NONE && (row->fact.born == when.t || row->fact.born == when.t + 1);
}

static int compare_moved(const void *a, const void *b)
{
	const struct moved_mapping *x = a, *y = b;

	if (!ref_equal(x->mm, y->mm))
		return x->mm.id < y->mm.id || (x->mm.id == y->mm.id && x->mm.segment < y->mm.segment) ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

static int read_moves(struct opened_episode *opened, struct blast_outcome *outcome)
{
	uint32_t nr_steps = episode_nr_steps(opened);
	struct event ev;

	outcome->moved = calloc((size_t)nr_steps + 1, sizeof(*outcome->moved));
	if (!outcome->moved)
		return -ENOMEM;
	for (uint32_t i = 0; i < nr_steps; i++) {
		const struct step *step = episode_step(opened, i);

		if (step->kind == STEP_MOVE && step->ref.table == TABLE_MM &&
		    episode_step_event(opened, i, &ev) == 0 && !EVENT_ARGS(&ev, P_RECOVERY_MOVE)->err)
			outcome->moved[outcome->nr_moved++] = (struct moved_mapping){
				(uint64_t)EVENT_ARGS(&ev, P_RECOVERY_MOVE)->address, step->ref };
	}
	qsort(outcome->moved, outcome->nr_moved, sizeof(*outcome->moved), compare_moved);
	return 0;
}

static int read_outcome(const struct episode_source *source, const struct episode_row *row, struct moment then,
			struct blast_outcome *ret)
{
	struct opened_episode *opened;
	struct diag diag = { 0 };
	int err = episode_open(source, row->ref, then, &opened, &diag);

	if (err)
		return err;
	ret->came = true;
	ret->totals = row->totals.recovery;
	ret->number = row->number;
	err = read_moves(opened, ret);
	episode_close(opened);
	return err;
}

int blast_outcome_find(const struct episode_source *source, struct ref node, struct moment when,
		       struct blast_outcome *ret)
{
	uint64_t last = history_last(source->history);
	struct moment then = moment_at(when.known_by < last ? when.known_by : last);
	struct history_cursor cursor;
	union row row;

	memset(ret, 0, sizeof(*ret));
	if (then.t <= when.t || history_list(source->history, EPISODES_ABOUT, node, then, &cursor) != 0)
		return 0;
	history_seek_end(&cursor);
	while (history_prev(&cursor, &row) > 0 && row.episode.fact.born >= when.t)
		if (is_next(&row.episode, when))
			return read_outcome(source, &row.episode, then, ret);
	return 0;
}

void blast_outcome_fini(struct blast_outcome *outcome)
{
	free(outcome->moved);
	memset(outcome, 0, sizeof(*outcome));
}

int blast_outcome_see(struct blast_outcome *outcome, struct mapped_list *list, uint32_t *ret_absent)
{
	int32_t mapcount = outcome->totals.mapcount_before;
	struct ref none = { 0 };
	int ret = 0;

	*ret_absent = 0;
	for (uint32_t i = 0; ret == 0 && i < outcome->nr_moved; i++)
		ret = mapped_seen(list, outcome->moved[i].mm, none, outcome->moved[i].address);
	if (ret)
		return ret;
	mapped_judge(list, mapcount);
	outcome->complete = mapcount >= 0 && list->nr_known == (uint32_t)mapcount && !list->truncated;
	if (outcome->complete)
		*ret_absent = mapped_drop_unknown(list);
	return 0;
}

bool blast_outcome_decides(const struct blast_outcome *outcome)
{
	return outcome->came && outcome->totals.outcome != OUTCOME_OFF;
}

bool blast_outcome_moved(const struct blast_outcome *outcome, struct ref mm, uint64_t address)
{
	struct moved_mapping key = { address, mm };

	return outcome->nr_moved && bsearch(&key, outcome->moved, outcome->nr_moved, sizeof(*outcome->moved),
					    compare_moved);
}

enum blast_why blast_outcome_why(const struct blast_outcome *outcome)
{
	switch (outcome->totals.outcome) {
	case OUTCOME_RECOVERED: return BLAST_DID_MOVE;
	case OUTCOME_NO_CHAIN: return BLAST_NO_CHAIN;
	case OUTCOME_NO_HEALTHY_DUP: return BLAST_NO_HEALTHY_DUP;
	case OUTCOME_BUSY: return BLAST_BUSY;
	case OUTCOME_PARTIAL: return outcome->totals.failed ? BLAST_PARTIAL : BLAST_DID_MOVE;
	default: return BLAST_GAVE_UP;
	}
}
