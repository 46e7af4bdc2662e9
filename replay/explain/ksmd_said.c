// SPDX-License-Identifier: GPL-2.0-only
/*
 * ksmd_said.c - the last two scans, gone through for one mm.
 *
 * ksmd looks at a page once a scan, so its word of the last scan that ended stands until the next; a page that
 * smart scan passed over, or that the running scan has not come to, has one from the scan before.  Sums
 * are of the last scan that ended alone.
 *
 * Words that were lost may have said otherwise: `lost` makes what rests on them doubtful.
 *
 * What the words mean for a page is why_not_merged.c's question.
 */
#include "explain/ksmd_said.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/array.h"

static int find_scans(struct ksmd_said *said)
{
	uint64_t begins[2] = { 0, 0 };
	struct history_cursor cursor;
	union row row;
	int ret = history_list(said->source->history, EPISODES_OF_KIND, ref_of_kind(EPISODE_SCAN), said->when,
			       &cursor);

	said->seqnr = -1;
	if (ret)
		return ret;
	history_seek_end(&cursor);
	for (int nr = 0; nr < 2 && history_prev(&cursor, &row) > 0;) {
		if (!row.episode.ended || row.fact.died > said->when.t)
			continue;
		if (nr == 0)
			said->seqnr = row.episode.seqnr;
		begins[nr++] = row.fact.born;
	}
	said->scan_begin = begins[0];
	said->words_from = begins[1] ? begins[1] : begins[0];
	return 0;
}

static int hear_item(struct ksmd_said *said, uint64_t n, const struct args_P_ITEM_SCAN *args)
{
	if ((uint64_t)args->mm != said->mm)
		return 0;
	if (ARRAY_ROOM(said->words, said->nr_words, said->room_words) != 0)
		return -ENOMEM;
	said->words[said->nr_words++] = (struct last_word){ (uint64_t)args->item, n, args->seqnr,
						      (uint8_t)args->outcome };
	return 0;
}

static void hear_sum(struct ksmd_said *said, uint64_t n, const struct args_P_SCAN_SUM *args)
{
	if ((uint64_t)args->mm != said->mm || args->seqnr != said->seqnr ||
	    (uint64_t)args->outcome >= NR_OUTCOMES)
		return;
	said->sums[args->outcome] += (uint64_t)args->nr;
	said->sum_events[args->outcome] = n;
}

static int compare_words(const void *p, const void *q)
{
	const struct last_word *x = p, *y = q;

	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	return x->event < y->event ? -1 : x->event > y->event;
}

static int hear(struct ksmd_said *said)
{
	struct event ev;
	int ret = 0;

	for (uint64_t n = said->words_from; ret == 0 && n && n <= said->when.t; n++) {
		enum event_kind kind = event_index_kind(said->source->events, n);

		if ((kind != EVENT_P_ITEM_SCAN && kind != EVENT_P_SCAN_SUM) ||
		    event_index_event(said->source->events, n, &ev) != 0)
			continue;
		if (kind == EVENT_P_ITEM_SCAN)
			ret = hear_item(said, n, EVENT_ARGS(&ev, P_ITEM_SCAN));
		else
			hear_sum(said, n, EVENT_ARGS(&ev, P_SCAN_SUM));
	}
	if (said->nr_words)
		qsort(said->words, said->nr_words, sizeof(*said->words), compare_words);
	return ret;
}

const struct last_word *ksmd_last_word(const struct ksmd_said *said, uint64_t item)
{
	uint64_t nr = BISECT(0, said->nr_words, i, said->words[i].item <= item);

	return nr && said->words[nr - 1].item == item ? &said->words[nr - 1] : NULL;
}

/* A scan's begin and end are told by events of another system. */
static bool may_lack(const struct ksmd_said *said)
{
	static const uint16_t kinds[] = { EVENT_P_ITEM_SCAN, EVENT_P_SCAN_SUM, EVENT_P_UNSTABLE_RESET,
					  EVENT_KSM_START_SCAN, EVENT_KSM_STOP_SCAN };
	bool lost = false;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds) && !lost; i++)
		lost = history_may_lack(said->source->history, kinds[i], said->words_from, said->when.t,
					said->when.known_by);
	return lost;
}

int ksmd_said_read(const struct episode_source *source, uint64_t mm, struct moment when, struct ksmd_said *ret)
{
	int err;

	*ret = (struct ksmd_said){ .source = source, .mm = mm, .when = when };
	err = find_scans(ret);
	ret->lost = may_lack(ret);
	return err ? err : hear(ret);
}

void ksmd_said_fini(struct ksmd_said *said)
{
	free(said->words);
	memset(said, 0, sizeof(*said));
}
