// SPDX-License-Identifier: GPL-2.0-only
/*
 * samples.c - where samples lie on the line of events, and the sysfs counters that they hold.
 *
 * Samples come about once a second; they are kept whole, and found by passing over them from the
 * place that a binary search gives.  Counter names are few and stored once.
 *
 * What a sample does to the rows is build_sample.c's.
 */
#include "history/tables.h"
#include "trace/sample.h"

uint32_t history_nr_samples(const struct history *h)
{
	return (uint32_t)h->samples.nr;
}

int history_sample(const struct history *h, uint32_t i, struct history_sample *ret)
{
	if (i >= h->samples.nr)
		return -ENOENT;
	*ret = *(struct history_sample *)pool_at(&h->samples, i);
	return 0;
}

int history_sample_before(const struct history *h, uint16_t kind, int32_t tgid, uint64_t t)
{
	/* They lie in the order in which they were complete. */
	uint64_t nr = BISECT(0, h->samples.nr, i, ((struct history_sample *)pool_at(&h->samples, i))->end <= t);

	for (; nr > 0; nr--) {
		const struct history_sample *sample = pool_at(&h->samples, nr - 1);

		if (sample->kind == kind && (!tgid || sample->tgid == tgid))
			return (int)(nr - 1);
	}
	return -ENOENT;
}

int history_sample_counter(const struct history *h, uint32_t i, const char *name, int64_t *ret)
{
	const struct sample_values *values;

	if (i >= h->sample_values.nr)
		return -ENOENT;
	values = pool_at(&h->sample_values, i);
	for (uint64_t v = values->first; v < values->first + values->nr && v < h->values.nr; v++) {
		const struct sample_value *value = pool_at(&h->values, v);

		if (value->name < h->names.nr && !strncmp(pool_at(&h->names, value->name), name, 31)) {
			*ret = value->value;
			return 0;
		}
	}
	return -ENOENT;
}

bool history_sample_outdated(const struct history *h, uint32_t i, struct ref mm, uint64_t t)
{
	uint64_t nr[NR_ACTIVITIES] = { 0 };
	struct history_sample at;

	if (history_sample(h, i, &at) != 0 || at.begin >= t)
		return false;
	if (mm.table == TABLE_MM)
		return history_mm_changed(h, mm, at.begin, t);
	history_activity(h, at.begin, t, nr);
	return nr[ACTIVITY_MERGES] || nr[ACTIVITY_ZERO_PAGES] || nr[ACTIVITY_REMOVALS] || nr[ACTIVITY_NODES_MADE] ||
	       nr[ACTIVITY_NODES_GONE] || nr[ACTIVITY_CHAINS] || nr[ACTIVITY_DUPS] || nr[ACTIVITY_ITEMS];
}
