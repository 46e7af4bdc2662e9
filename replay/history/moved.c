// SPDX-License-Identifier: GPL-2.0-only
/*
 * moved.c - when pages may have been migrated, which a stock kernel tells of no page by name.
 *
 * folio_migrate_ksm() gives a stable node another pfn, and no event of a stock kernel says which node, or
 * which pfn.  What is told is that migrate_pages() ran, from mm_migrate_pages_start to mm_migrate_pages, and
 * how many pages it moved.  So a row that knows its node by the pfn (every node, item and mapping there) is
 * not followed through a migration: what confirmed it before says nothing behind it (fact.c), and a number
 * that the kernel counts confirms only what an event has named since.
 *
 * One that moved nothing hides nothing, for who knows its end.  One that still runs may move any page.  In a
 * recording without both events a page may have been migrated at any time.
 *
 * They lie in the order in which they became known, mostly that of their begins.  Beside each stand the
 * largest end so far, which finds the first that reaches beyond an event by bisection, and the smallest
 * begin from there on, which says when to stop.
 */
#include "history/build.h"

static struct page_move *move_at(const struct history *h, uint64_t i)
{
	return pool_at(&h->moves, i);
}

/* ---- building ---- */
static uint64_t reach_of(const struct page_move *move)
{
	return move->nothing ? 0 : move->last;
}

static void reach_from(struct builder *b, uint32_t from)
{
	for (uint64_t i = from; i < b->h->moves.nr; i++) {
		struct page_move *move = move_at(b->h, i), *before = i ? move_at(b->h, i - 1) : NULL;

		move->moved = reach_of(move);
		move->ended = move->last;
		if (before && before->moved > move->moved)
			move->moved = before->moved;
		if (before && before->ended > move->ended)
			move->ended = before->ended;
	}
}

uint32_t build_move_begins(struct builder *b, uint64_t first)
{
	struct page_move *move = b->h->patched ? NULL : build_grow(b, &b->h->moves);

	if (!move)
		return NO_ID;
	*move = (struct page_move){ .first = first, .last = NEVER, .earliest = first };
	for (uint64_t i = b->h->moves.nr - 1; i > 0 && move_at(b->h, i - 1)->earliest > first; i--)
		move_at(b->h, i - 1)->earliest = first;
	reach_from(b, (uint32_t)b->h->moves.nr - 1);
	return (uint32_t)b->h->moves.nr - 1;
}

void build_move_ends(struct builder *b, uint32_t move, bool nothing)
{
	if (move == NO_ID)
		return;
	move_at(b->h, move)->last = b->seg->base + b->now;
	move_at(b->h, move)->nothing = nothing;
	reach_from(b, move);
}

bool build_move_runs(const struct builder *b)
{
	return b->h->moves.nr && move_at(b->h, b->h->moves.nr - 1)->ended == NEVER;
}

/* ---- asking ---- */
/* The smallest begin of those that end behind `event`; `all`: of those that moved nothing, too. */
static uint64_t first_beyond(const struct history *h, uint64_t event, bool all)
{
	uint64_t at = BISECT(0, h->moves.nr, i, (all ? move_at(h, i)->ended : move_at(h, i)->moved) <= event);
	uint64_t first = NEVER;

	for (; at < h->moves.nr && move_at(h, at)->earliest < first; at++) {
		const struct page_move *move = move_at(h, at);

		if ((all ? move->last : reach_of(move)) > event && move->first < first)
			first = move->first;
	}
	return first;
}

uint64_t moves_from(const struct history *h, uint64_t event, uint64_t known_by)
{
	uint64_t moved, running;

	if (h->patched)
		return NEVER;
	if (h->options.moves_untraced)
		return event;
	moved = first_beyond(h, event, false);
	running = first_beyond(h, event > known_by ? event : known_by, true);
	return moved < running ? moved : running;
}
