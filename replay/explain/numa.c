// SPDX-License-Identifier: GPL-2.0-only
/*
 * numa.c - which stable nodes stand in another memory node's tree, and how they come home.
 *
 * The one idea: a move is an event, but what became of it is a question to the node's own spans.
 * Each change of place (out of the tree, onto the list, off it, into a tree or chain) began a new
 * span, so the story of a move is read off the spans that begin behind it, up to the moment asked.
 *
 * The log is a list of the few events that name two different nids; whoever shows it keeps it, so
 * that a key press does not read the recording again.
 *
 * Not here: what the walks of a migration did (whatif.c), and what it left mapped (stale.c).
 */
#include "explain/numa.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/array.h"
#include "trace/sample.h"

#define SPANS_LOOK 1000u	/* a node's, at most */

int numa_merges_across(const struct history *h, uint64_t t)
{
	int sample = history_sample_before(h, SAMPLE_KSM, 0, t);
	int64_t value;

	if (sample < 0 || history_sample_counter(h, (uint32_t)sample, "merge_across_nodes", &value) != 0)
		return -1;
	return value != 0;
}

/* ---- the log ---- */
static int add_move(struct numa_log *log, const struct episode_source *source, uint64_t n)
{
	const struct args_P_NODE_KPFN *args;
	struct numa_move move = { .event = n };
	struct event ev;

	if (event_index_event(source->events, n, &ev) != 0)
		return 0;
	args = EVENT_ARGS(&ev, P_NODE_KPFN);
	if (args->old_nid == args->nid)
		return 0;
	move.old_kpfn = (uint64_t)args->old_kpfn;
	move.kpfn = (uint64_t)args->kpfn;
	move.old_nid = (int32_t)args->old_nid;
	move.nid = (int32_t)args->nid;
	if (history_find(source->history, TABLE_NODE, (uint64_t)args->node, 0, moment_at(n), &move.node) != 0)
		move.node = (struct ref){ 0 };
	if (ARRAY_ROOM(log->moves, log->nr, log->room) != 0)
		return -ENOMEM;
	log->moves[log->nr++] = move;
	return 0;
}

int numa_log_read(struct numa_log *log, const struct episode_source *source, uint64_t upto)
{
	uint64_t last = event_index_last(source->events);
	int ret = 0;

	upto = upto < last ? upto : last;
	while (ret == 0 && log->upto < upto) {
		if (event_index_kind(source->events, log->upto + 1) == EVENT_P_NODE_KPFN)
			ret = add_move(log, source, log->upto + 1);
		log->upto += ret == 0;
	}
	return ret;
}

void numa_log_fini(struct numa_log *log)
{
	free(log->moves);
	memset(log, 0, sizeof(*log));
}

uint32_t numa_log_nr(const struct numa_log *log, uint64_t t)
{
	return (uint32_t)BISECT(0, log->nr, i, log->moves[i].event <= t);
}

/* ---- what became of a move ---- */
const char *numa_fate_text(enum numa_fate fate)
{
	static const char *const texts[NR_NUMA_FATES] = {
		[NUMA_ONE_TREE] = "one tree for all nodes: it stays",
		[NUMA_WRONG_TREE] = "in the wrong tree",
		[NUMA_ON_LIST] = "on the migrate list",
		[NUMA_TAKEN] = "taken from the migrate list",
		[NUMA_IN_TREE] = "in the right tree",
		[NUMA_MET_EQUAL] = "met an equal page: a dup of its chain",
		[NUMA_MOVED_ON] = "its page has moved again",
		[NUMA_FREED] = "its stable node is gone",
	};

	return (unsigned)fate < NR_NUMA_FATES ? texts[fate] : "?";
}

static void follow_row(const struct numa_move *move, const struct node_row *row, struct numa_story *story)
{
	if (row->kpfn != move->kpfn) {
		story->settled = row->fact.born;
		story->fate = NUMA_MOVED_ON;
	} else if (row->place == NODE_ON_MIGRATE_LIST) {
		story->listed = story->listed ? story->listed : row->fact.born;
		story->fate = NUMA_ON_LIST;
	} else if (row->place == NODE_NOWHERE) {
		if (story->listed)
			story->taken = story->taken ? story->taken : row->fact.born;
		/* Out of the tree, not yet on the list: two events, one step of the kernel's. */
		story->fate = story->listed ? NUMA_TAKEN : NUMA_WRONG_TREE;
	} else if (row->nid != move->nid) {
		story->fate = NUMA_WRONG_TREE;
	} else {
		story->settled = story->settled ? story->settled : row->fact.born;
		story->fate = row->kind == NODE_DUP ? NUMA_MET_EQUAL : NUMA_IN_TREE;
		story->chain = row->chain;
	}
	story->tree_nid = row->place == NODE_IN_TREE ? row->nid : -1;
}

void numa_follow(const struct episode_source *source, const struct numa_move *move, struct moment when,
		 struct numa_story *ret)
{
	const struct history *h = source->history;
	int across = numa_merges_across(h, when.t);
	uint64_t died = NEVER;
	union row row;

	*ret = (struct numa_story){ .fate = NUMA_WRONG_TREE, .tree_nid = -1, .doubtful = across < 0 };
	for (uint32_t i = 0; i < SPANS_LOOK && history_life(h, move->node, i, when.known_by, &row) == 0; i++) {
		if (row.fact.died <= move->event)
			continue;
		if (row.fact.born > when.t || ret->fate == NUMA_MOVED_ON)
			break;
		ret->doubtful |= row.fact.doubt != DOUBT_NONE;
		follow_row(move, &row.node, ret);
		died = row.fact.died;
	}
	if (died <= when.t && ret->fate != NUMA_MOVED_ON) {
		ret->fate = NUMA_FREED;
		ret->settled = died;
		ret->tree_nid = -1;
	} else if (across == 1 && ret->fate == NUMA_WRONG_TREE) {
		ret->fate = NUMA_ONE_TREE;
	}
}

/* ---- where a page is ---- */
/* The event at which the node got the page that it has, and the row that it began; 0: before the first. */
static uint64_t page_since(const struct history *h, const struct node_row *node, struct moment when,
			   union row *ret_row)
{
	uint64_t since = node->fact.born;
	uint64_t kpfn = 0;
	union row row;

	ret_row->node = *node;
	for (uint32_t i = 0; i < SPANS_LOOK && history_life(h, node->ref, i, when.known_by, &row) == 0; i++) {
		if (row.fact.born > when.t)
			break;
		if (row.node.kpfn != kpfn) {
			kpfn = row.node.kpfn;
			since = row.fact.born;
			*ret_row = row;
		}
	}
	return since;
}

/* Did the event put the node where ksmd sorts it by its page's nid? */
static bool sorts_by_page(enum event_kind kind)
{
	return kind == EVENT_P_NODE_INSERT || kind == EVENT_P_NODE_REPLACE || kind == EVENT_P_DUP_ADD ||
	       kind == EVENT_P_CHAIN_MAKE;
}

void numa_page(const struct episode_source *source, const struct node_row *node, struct moment when,
	       struct numa_page *ret)
{
	int across = numa_merges_across(source->history, when.t);
	enum event_kind kind = 0;
	struct event ev;
	union row row;
	uint64_t n;

	*ret = (struct numa_page){ .nid = -1 };
	if (node->kind == NODE_CHAIN || node->kind == NODE_UNKNOWN)
		return;
	n = page_since(source->history, node, when, &row);
	if (n && n <= event_index_last(source->events))
		kind = event_index_kind(source->events, n);
	if (n && kind == EVENT_P_NODE_KPFN && event_index_event(source->events, n, &ev) == 0 &&
	    (uint64_t)EVENT_ARGS(&ev, P_NODE_KPFN)->kpfn == node->kpfn) {
		*ret = (struct numa_page){ .nid = (int32_t)EVENT_ARGS(&ev, P_NODE_KPFN)->nid, .event = n,
					   .evidence = EVIDENCE_TRACED };
		return;
	}
	/* One tree for all says nothing of the pages.  It cannot be switched while there are KSM pages. */
	if (across == 1 || row.node.place != NODE_IN_TREE || row.node.nid < 0)
		return;
	*ret = (struct numa_page){ .nid = row.node.nid, .event = n, .evidence = EVIDENCE_INFERRED,
				   .doubtful = !sorts_by_page(kind) || row.fact.doubt != DOUBT_NONE ||
					       across < 0 };
}

bool numa_is_wrong(const struct episode_source *source, const struct node_row *node,
		   const struct numa_page *page, struct moment when)
{
	return page->nid >= 0 && node->nid >= 0 && page->nid != node->nid && node->place == NODE_IN_TREE &&
	       numa_merges_across(source->history, when.t) != 1;
}
