// SPDX-License-Identifier: GPL-2.0-only
/*
 * losses.c - what the gaps of a recording hide.
 *
 * A gap lies between two events of its stream, and what was lost in it may have been any event: each row that
 * was alive in it may have changed, unless something excludes that: who held ksm_thread_mutex was seen
 * meanwhile, the row's root anon_vma was locked all the time, or what was lost is known to be of kinds
 * that do not change such a row.  What excludes must be known to the observer; build_loss.c finds it.
 *
 * On a stock kernel a migration may have moved a page without a word: for what names a pfn that hides as a
 * gap does.
 *
 * Losses lie in the order of their ends; `earliest` tells when no later one can reach back that far.
 */
#include "history/tables.h"

uint32_t history_nr_losses(const struct history *h)
{
	return (uint32_t)h->losses.nr;
}

int history_loss(const struct history *h, uint32_t i, struct history_loss *ret)
{
	if (i >= h->losses.nr)
		return -ENOENT;
	*ret = ((struct stored_loss *)pool_at(&h->losses, i))->loss;
	return 0;
}

uint32_t history_nr_uncounted(const struct history *h, uint64_t t)
{
	uint32_t nr = 0;

	for (uint64_t i = 0; i < h->losses.nr; i++) {
		const struct stored_loss *loss = pool_at(&h->losses, i);

		nr += !loss->loss.nr_lost && (loss->before <= t || t == history_last(h));
	}
	return nr;
}

/* Losses told by event: how many have before <= event. */
static uint64_t losses_upto(const struct history *h, uint64_t event)
{
	return BISECT(0, h->losses.nr, i, ((struct stored_loss *)pool_at(&h->losses, i))->before <= event);
}

static bool is_known(uint64_t event, struct exclusion less)
{
	return event != NEVER && event <= less.known_by;
}

static bool is_excluded(const struct stored_loss *loss, struct exclusion less)
{
	return (less.mutex && is_known(loss->mutex_known, less)) ||
	       (less.root && less.root == loss->still_root && is_known(loss->before, less)) ||
	       (less.kinds && !(less.kinds & loss->kinds) && is_known(loss->kinds_known, less));
}

bool lost_between(const struct history *h, uint64_t a, uint64_t b, struct exclusion less)
{
	for (uint64_t i = losses_upto(h, a); i < h->losses.nr; i++) {
		const struct stored_loss *loss = pool_at(&h->losses, i);

		if (loss->earliest >= b)
			break;
		if (loss->loss.after < b && !is_excluded(loss, less))
			return true;
	}
	return false;
}

bool in_gap(const struct history *h, uint64_t event)
{
	return lost_between(h, event, event, (struct exclusion){ 0 });
}

/* ---- of one row ---- */
/* The root of a VMA's anon_vma as it was known at t: what is learnt of it later must not change what was sure. */
static uint64_t root_of(const struct place *place, uint32_t vma)
{
	const struct segment *seg = place->seg;
	uint32_t at = ((struct vma_data *)data_at(seg, TABLE_VMA, vma))->anon_vma, root;

	if (at == NO_ID)
		return 0;
	while (!span_is(span_at(seg, TABLE_ANON_VMA, at), SPAN_LAST)) {
		uint32_t next = span_at(seg, TABLE_ANON_VMA, at)->link;

		if (span_at(seg, TABLE_ANON_VMA, next)->born > place->t)
			break;
		at = next;
	}
	root = ((struct anon_vma_data *)data_at(seg, TABLE_ANON_VMA, at))->root;
	return root == NO_ID ? 0 : span_addr(span_at(seg, TABLE_ANON_VMA, root));
}

struct exclusion exclusion_of(const struct history *h, const struct place *place, enum table table,
			      uint32_t id)
{
	struct exclusion less = { .known_by = place->known_by };

	if (!h->patched) {
		less.moves = table == TABLE_ITEM || table == TABLE_NODE || table == TABLE_MAPPING;
		return less;
	}
	less.mutex = table == TABLE_ITEM || (table == TABLE_NODE &&
		((struct node_more *)more_at(place->seg, table, id))->kind == NODE_CHAIN);
	less.root = table == TABLE_VMA ? root_of(place, id) : 0;
	less.kinds = kinds_of_row(place->seg, table, id);
	return less;
}

bool hidden_between(const struct history *h, uint64_t a, uint64_t b, struct exclusion less)
{
	return (less.moves && a < b && moves_from(h, a, less.known_by) < b) || lost_between(h, a, b, less);
}
