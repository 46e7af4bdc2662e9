// SPDX-License-Identifier: GPL-2.0-only
/*
 * episode.c - opening and closing an episode, and handing out what it is made of.
 *
 * Opening reads the row, the items of the stable node it is about, and then its events (step.c).  The
 * skipped VMAs of a walk and the waiters for its locks are not read here: they are asked for one hold
 * at a time, or once (hold.c, contention.c).
 */
#include <errno.h>
#include <stdlib.h>

#include "episode/opened.h"
#include "trace/diag.h"

static int compare_items(const void *a, const void *b)
{
	const struct known_item *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* The items of its stable node as they were before it began. */
static int items_read(struct opened_episode *episode)
{
	struct moment when = { episode->row.fact.born, episode->when.known_by };
	struct history_cursor cursor;
	uint32_t room = 0;
	union row row;
	int more = 0, ret;

	if (when.known_by < when.t)
		when.known_by = when.t;
	if (episode->row.object.table != TABLE_NODE)
		return 0;
	ret = history_list(episode->source.history, ITEMS_OF_NODE, episode->row.object, when, &cursor);
	if (ret)
		return 0;	/* a segment that was dropped: steps without names */
	while (ret == 0 && (more = history_next(&cursor, &row)) > 0) {
		ret = ARRAY_ROOM(episode->items, episode->nr_items, room);
		if (ret == 0)
			episode->items[episode->nr_items++] = (struct known_item){
				row.item.name.addr, row.item.address, row.item.ref, row.item.mm, row.item.anon_vma };
	}
	if (episode->nr_items)
		qsort(episode->items, episode->nr_items, sizeof(*episode->items), compare_items);
	return ret;
}

const struct known_item *opened_item(const struct opened_episode *episode, uint64_t addr)
{
	struct known_item key = { .addr = addr };

	return episode->nr_items ? bsearch(&key, episode->items, episode->nr_items,
					   sizeof(*episode->items), compare_items) : NULL;
}

static int open_it(const struct episode_source *source, struct ref ref, struct moment when, bool unfolded,
		   struct opened_episode **ret_episode, struct diag *diag)
{
	struct opened_episode *episode;
	union row row;
	int ret = ref.table == TABLE_EPISODE ? history_row(source->history, ref, when, &row) : -ENOENT;

	if (ret)
		return diag_set(diag, ret, "there is no such episode");
	episode = calloc(1, sizeof(*episode));
	if (!episode)
		return diag_set(diag, -ENOMEM, "no memory to open an episode");
	episode->source = *source;
	episode->row = row.episode;
	episode->when = when;
	episode->unfolded = unfolded;
	episode->vmas_hold = NO_STEP;
	ret = items_read(episode);
	if (ret == 0)
		ret = steps_read(episode);
	if (ret) {
		episode_close(episode);
		return diag_set(diag, ret, "episode %u cannot be read", row.episode.number);
	}
	*ret_episode = episode;
	return 0;
}

int episode_open(const struct episode_source *source, struct ref ref, struct moment when,
		 struct opened_episode **ret_episode, struct diag *diag)
{
	return open_it(source, ref, when, false, ret_episode, diag);
}

int episode_open_unfolded(const struct episode_source *source, struct ref ref, struct moment when,
			  struct opened_episode **ret_episode, struct diag *diag)
{
	return open_it(source, ref, when, true, ret_episode, diag);
}

void episode_close(struct opened_episode *episode)
{
	if (!episode)
		return;
	free(episode->steps);
	free(episode->holds);
	free(episode->items);
	free(episode->vmas);
	free(episode->waiters);
	free(episode);
}

const struct episode_row *episode_row(const struct opened_episode *episode)
{
	return &episode->row;
}

const struct episode_source *episode_source(const struct opened_episode *episode)
{
	return &episode->source;
}

struct moment episode_moment(const struct opened_episode *episode)
{
	return episode->when;
}

uint32_t episode_nr_steps(const struct opened_episode *episode)
{
	return episode->nr_steps;
}

const struct step *episode_step(const struct opened_episode *episode, uint32_t i)
{
	return i < episode->nr_steps ? &episode->steps[i] : NULL;
}

int episode_step_event(const struct opened_episode *episode, uint32_t i, struct event *ret)
{
	if (i >= episode->nr_steps)
		return -ENOENT;
	return event_index_event(episode->source.events, episode->steps[i].event, ret);
}

uint32_t episode_nr_holds(const struct opened_episode *episode)
{
	return episode->nr_holds;
}

const struct hold *episode_hold(const struct opened_episode *episode, uint32_t i)
{
	return i < episode->nr_holds ? &episode->holds[i] : NULL;
}

bool episode_duration(const struct episode_row *episode, uint64_t *ret_ns)
{
	uint64_t own = episode->kind == EPISODE_WALK ? episode->totals.walk.duration_ns :
		       episode->kind == EPISODE_KILL_LIST ? episode->totals.kill.duration_ns :
		       episode->kind == EPISODE_RECOVERY ? episode->totals.recovery.duration_ns : 0;

	if (episode->fact.died == NEVER || (!own && (episode->begin_lost || !episode->ended)))
		return false;
	*ret_ns = own ? own : episode->end_ns - episode->begin_ns;
	return true;
}
