// SPDX-License-Identifier: GPL-2.0-only
/*
 * episode_list.c - lists of episodes: all of them, those of a kind, those about an object.
 *
 * Episodes lie in the order in which they became known.  That is the order in which they began, but for the
 * *late* ones, whose begin was not seen: each holds from the loss that may have hidden it, thus before it
 * was known.  So of any list in that order those that hold at t are
 *
 *	those known by t: a prefix, found by halving
 *	behind it the late ones that began by t: few, with a list of their own in which `first`
 *	grows too, since it is the last loss before
 *
 * and what does not hold is passed over without a look at it.  A list is a range of a pool of ids.  The one
 * by object is sorted when it is asked for first; an episode's object does not change.
 */
#include <stdlib.h>

#include "history/tables.h"

static const struct episode *episode_at(const struct history *h, uint64_t i)
{
	return pool_at(&h->episodes, i);
}

static uint32_t id_at(const struct pool *ids, uint64_t i)
{
	return *(uint32_t *)pool_at(ids, i);
}

/* ---- by object ---- */
static uint64_t object_key(struct ref ref)
{
	return (uint64_t)ref.table << 48 | (uint64_t)ref.segment << 32 | ref.id;
}

static int compare_objects(const void *a, const void *b, void *arg)
{
	const uint32_t *x = a, *y = b;
	const struct episode *episodes = arg;
	uint64_t p = object_key(episodes[*x].object), q = object_key(episodes[*y].object);

	if (p != q)
		return p < q ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

int episodes_ready(const struct history *h)
{
	struct pool *ids = (struct pool *)&h->episodes_about;
	uint64_t nr = h->episodes.nr;

	if (ids->nr == nr)
		return 0;
	if (pool_resize(ids, nr) != 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++)
		*(uint32_t *)pool_at(ids, i) = i;
	qsort_r(ids->data, nr, sizeof(uint32_t), compare_objects, h->episodes.data);
	return 0;
}

/* First place of `episodes_about` whose object is that one or comes behind it. */
static uint64_t object_lower(const struct history *h, uint64_t key)
{
	return BISECT(0, h->episodes_about.nr, i,
		      object_key(episode_at(h, id_at(&h->episodes_about, i))->object) < key);
}

/* ---- a range of ids ---- */
/* The pool that the cursor's places are in; NULL: places are ids. */
static const struct pool *ids_of(const struct history_cursor *cursor)
{
	const struct history *h = cursor->history;

	return cursor->relation == EPISODES_OF_KIND ? &h->kinds[cursor->parent.id] :
	       cursor->relation == EPISODES_ABOUT ? &h->episodes_about : NULL;
}

static uint32_t nth(const struct history_cursor *cursor, uint64_t at)
{
	const struct pool *ids = ids_of(cursor);

	return ids ? id_at(ids, at) : (uint32_t)at;
}

/* First place in [lo, hi) of an episode with that id or behind it. */
static uint64_t place_of(const struct history_cursor *cursor, uint64_t id)
{
	return BISECT(cursor->lo, cursor->hi, i, nth(cursor, i) < id);
}

/* How many of the first `nr` in the pool (NULL: of all episodes) were known by event t. */
static uint64_t known_upto(const struct history *h, const struct pool *ids, uint64_t nr, uint64_t t)
{
	return BISECT(0, nr, i, episode_at(h, ids ? id_at(ids, i) : i)->known <= t);
}

uint64_t episodes_known(const struct history *h, enum episode_kind kind, uint64_t t,
			const struct episode **ret_last)
{
	const struct pool *ids = &h->kinds[kind];
	uint64_t nr = known_upto(h, ids, ids->nr, t);

	*ret_last = nr ? episode_at(h, id_at(ids, nr - 1)) : NULL;
	return nr;
}

/* ---- which of them hold ---- */
/* Sets the end of the prefix, as a place, and in the late ones the range of those that hold behind it. */
static void find_holding(struct history_cursor *cursor)
{
	const struct history *h = cursor->history;
	const struct pool *late = &h->late_episodes;
	struct moment when = cursor->when;
	uint64_t t = when.known_by < when.t ? when.known_by : when.t;

	cursor->end = place_of(cursor, known_upto(h, NULL, h->episodes.nr, t));
	cursor->late = known_upto(h, late, late->nr, t);
	cursor->late_end = BISECT(cursor->late, known_upto(h, late, late->nr, when.known_by), i,
				  episode_at(h, id_at(late, i))->first <= when.t);
}

int episode_list(const struct history *h, struct history_cursor *cursor)
{
	struct ref parent = cursor->parent;
	int ret;

	if (cursor->relation == ALL_EPISODES) {
		cursor->hi = h->episodes.nr;
	} else if (cursor->relation == EPISODES_OF_KIND) {
		if (parent.id >= NR_EPISODE_KINDS)
			return -EINVAL;
		cursor->hi = h->kinds[parent.id].nr;
	} else {
		ret = parent.table == TABLE_NONE || parent.table >= NR_TABLES ? -EINVAL : episodes_ready(h);
		if (ret != 0)
			return ret;
		cursor->lo = cursor->at = object_lower(h, object_key(parent));
		cursor->hi = object_lower(h, object_key(parent) + 1);
	}
	find_holding(cursor);
	return 0;
}

/* Is that late one in the cursor's list? */
static bool has(const struct history_cursor *cursor, uint32_t i, uint64_t *ret_at)
{
	*ret_at = place_of(cursor, i);
	return *ret_at < cursor->hi && nth(cursor, *ret_at) == i;
}

/* The next that holds at or behind `at`, or the last before it; NO_POSITION. */
static uint64_t next_holding(const struct history_cursor *cursor, uint64_t at)
{
	const struct pool *late = &cursor->history->late_episodes;
	uint64_t place;

	if (at < cursor->end)
		return at;
	for (uint64_t i = cursor->late; i < cursor->late_end; i++)
		if (has(cursor, id_at(late, i), &place) && place >= at)
			return place;
	return NO_POSITION;
}

static uint64_t last_holding(const struct history_cursor *cursor, uint64_t at)
{
	const struct pool *late = &cursor->history->late_episodes;
	uint64_t place;

	for (uint64_t i = at > cursor->end ? cursor->late_end : cursor->late; i > cursor->late; i--)
		if (has(cursor, id_at(late, i - 1), &place) && place < at)
			return place;
	at = at < cursor->end ? at : cursor->end;
	return at > cursor->lo ? at - 1 : NO_POSITION;
}

int episode_list_step(struct history_cursor *cursor, int dir, union row *ret_row)
{
	uint64_t at = dir > 0 ? next_holding(cursor, cursor->at) : last_holding(cursor, cursor->at);

	if (at == NO_POSITION)
		return 0;
	cursor->at = dir > 0 ? at + 1 : at;
	return episode_fill(cursor->history, nth(cursor, at), cursor->when, ret_row) == 0;
}

void episode_seek(struct history_cursor *cursor, uint32_t i)
{
	cursor->at = place_of(cursor, i);
}

uint64_t episode_count(struct history_cursor *cursor)
{
	uint64_t nr = cursor->end - cursor->lo, place;

	for (uint64_t i = cursor->late; i < cursor->late_end; i++)
		nr += has(cursor, id_at(&cursor->history->late_episodes, i), &place);
	return nr;
}
