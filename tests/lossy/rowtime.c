// SPDX-License-Identifier: GPL-2.0-only
/*
 * rowtime.c - see rowtime.h.
 *
 * Moments are spread over the events, and lie closer behind each gap and around the ends of dumps, where
 * doubt begins and ends; each stands for the time up to the next.
 *
 * Where the oracle doubts nothing, one row for a millisecond stands for it, for nothing can be divided by nought.
 */
#include <stdio.h>
#include <stdlib.h>

#include "facts.h"
#include "rowtime.h"

#define NR_SPREAD	48u
#define MAX_MOMENTS	1000u
#define AS_GOOD		1.5
#define NOTHING		1e-3		/* row-seconds */

struct hidden {
	bool kinds[NR_EVENT_KINDS];
	uint64_t *names;		/* sorted */
	uint64_t nr_names, room;
	uint64_t value;			/* of the field that is read */
};

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* ---- what went ---- */
static int add_name(const char *name, const char *text, enum field_kind kind, void *arg)
{
	struct hidden *hidden = arg;
	(void)name;

	if (kind != FIELD_HEX)
		return 0;
	if (hidden->nr_names == hidden->room) {
		hidden->room = hidden->room ? hidden->room * 2 : 64;
		hidden->names = realloc(hidden->names, hidden->room * sizeof(*hidden->names));
	}
	hidden->names[hidden->nr_names++] = strtoull(text, NULL, 16);
	return 0;
}

static bool changes_rows(enum event_kind kind)
{
	for (uint16_t table = TABLE_MM; table <= TABLE_PAGE; table++) {
		union row row = { .any.ref.table = table };

		if (table != TABLE_MAPPING && fact_changed_by(&row, kind))
			return true;
	}
	return false;
}

static void read_hidden(struct recording *whole, const uint64_t *gone, uint64_t nr_gone, struct hidden *ret)
{
	struct event_index *events = recording_events(whole);

	for (uint64_t i = 0; i < nr_gone; i++) {
		struct event_record record;
		enum event_kind kind = event_index_kind(events, gone[i]);

		if (!changes_rows(kind) || event_index_read(events, gone[i], &record) != 0)
			continue;
		ret->kinds[kind] = true;
		event_record_each_field(events, &record, add_name, ret);
	}
	if (ret->nr_names)
		qsort(ret->names, ret->nr_names, sizeof(*ret->names), by_value);
}

static bool oracle_doubts(const struct hidden *hidden, const union row *row)
{
	for (unsigned kind = 0; kind < NR_EVENT_KINDS; kind++)
		if (hidden->kinds[kind] && fact_changed_by(row, (enum event_kind)kind))
			return true;
	return false;
}

static bool is_named(const struct hidden *hidden, uint64_t addr)
{
	return hidden->nr_names &&
	       bsearch(&addr, hidden->names, hidden->nr_names, sizeof(addr), by_value) != NULL;
}

/* Every row's name begins with its address; a page's is its pfn, which events have in their own way. */
static uint64_t addr_of(const union row *row)
{
	switch (row->any.ref.table) {
	case TABLE_MM: return row->mm.name.addr;
	case TABLE_ANON_VMA: return row->anon_vma.name.addr;
	case TABLE_VMA: return row->vma.name.addr;
	case TABLE_NODE: return row->node.name.addr;
	case TABLE_ITEM: return row->item.name.addr;
	default: return row->page.name.addr;
	}
}

static bool sharp_doubts(const struct hidden *hidden, const union row *row, const struct history *h,
			 struct moment when)
{
	union row on;

	if (is_named(hidden, addr_of(row)))
		return true;
	/* Items end with their node and their mm. */
	return row->any.ref.table == TABLE_ITEM &&
	       ((history_row(h, row->item.node, when, &on) == 0 && is_named(hidden, on.node.name.addr)) ||
		(history_row(h, row->item.mm, when, &on) == 0 && is_named(hidden, on.mm.name.addr)));
}

/* ---- moments ---- */
static uint32_t choose_moments(struct recording *lossy, uint64_t *ret)
{
	const struct history *h = recording_history(lossy);
	struct event_index *events = recording_events(lossy);
	uint64_t last = event_index_last(events), step = last / NR_SPREAD + 1;
	uint32_t nr = 0, kept = 0;

	for (uint64_t t = 1; t <= last; t += step)
		ret[nr++] = t;
	for (uint32_t i = 0; i < history_nr_losses(h) && nr < MAX_MOMENTS / 2; i++) {
		struct history_loss loss;

		history_loss(h, i, &loss);
		ret[nr++] = loss.after;
		ret[nr++] = loss.after + 1;
		for (uint64_t d = 0; loss.before && d < step; d = d * 2 + 1)
			ret[nr++] = loss.before + d;
		ret[nr++] = loss.before - 1;
	}
	for (uint64_t t = 2; t <= last && nr < MAX_MOMENTS - 2; t++) {
		if (event_index_kind(events, t) != EVENT_P_DUMP_END)
			continue;
		ret[nr++] = t - 1;
		ret[nr++] = t;
	}
	qsort(ret, nr, sizeof(*ret), by_value);
	for (uint32_t i = 0; i < nr; i++)
		if (ret[i] >= 1 && ret[i] <= last && (!kept || ret[kept - 1] != ret[i]))
			ret[kept++] = ret[i];
	return kept;
}

/* ---- what is doubtful without a gap ---- */
struct doubts { uint64_t *names; uint64_t nr, room; };

static uint64_t name_of(const union row *row)
{
	return addr_of(row) ^ (uint64_t)row->any.ref.table << 48;
}

/* All doubtful rows of the whole recording at that moment, into `ret`, which is used again. */
static void read_doubts(const struct history *whole, struct moment when, struct doubts *ret)
{
	ret->nr = 0;
	for (unsigned r = 0; r < nr_fact_relations; r++) {
		struct history_cursor cursor;
		union row row;

		if (fact_relations[r] == ALL_MAPPINGS ||
		    history_list(whole, fact_relations[r], (struct ref){ 0 }, when, &cursor) != 0)
			continue;
		while (history_next(&cursor, &row) == 1) {
			if (!row.fact.doubt)
				continue;
			if (ret->nr == ret->room) {
				ret->room = ret->room ? ret->room * 2 : 64;
				ret->names = realloc(ret->names, ret->room * sizeof(*ret->names));
			}
			ret->names[ret->nr++] = name_of(&row);
		}
	}
	if (ret->nr)
		qsort(ret->names, ret->nr, sizeof(*ret->names), by_value);
}

static bool doubtful_anyway(const struct doubts *doubts, const union row *row)
{
	uint64_t name = name_of(row);

	return doubts->nr && bsearch(&name, doubts->names, doubts->nr, sizeof(name), by_value);
}

/* ---- measuring ---- */
static bool inside_a_gap(const struct history *h, uint64_t t)
{
	struct history_loss loss;

	for (uint32_t i = 0; history_loss(h, i, &loss) == 0; i++)
		if (loss.after <= t && (!loss.before || t < loss.before))
			return true;
	return false;
}

static void measure_at(const struct history *h, struct moment when, double seconds, const struct doubts *doubts,
		       const struct hidden *hidden, struct rowtime_sum *sum, double *by_table)
{
	bool inside = inside_a_gap(h, when.t);

	for (unsigned r = 0; r < nr_fact_relations; r++) {
		struct history_cursor cursor;
		union row row;

		if (fact_relations[r] == ALL_MAPPINGS ||
		    history_list(h, fact_relations[r], (struct ref){ 0 }, when, &cursor) != 0)
			continue;
		while (history_next(&cursor, &row) == 1) {
			if (!row.fact.doubt || doubtful_anyway(doubts, &row))
				continue;
			sum->ours += seconds;
			by_table[row.any.ref.table] += seconds;
			if (!oracle_doubts(hidden, &row)) {
				sum->inside += inside ? seconds : 0;
				continue;
			}
			sum->oracle += seconds;
			sum->sharp += sharp_doubts(hidden, &row, h, when) ? seconds : 0;
		}
	}
}

struct rowtime rowtime_measure(struct recording *whole, struct recording *lossy, const uint64_t *real,
			       const uint64_t *gone, uint64_t nr_gone)
{
	const struct history *h = recording_history(lossy);
	struct event_index *events = recording_events(lossy);
	struct hidden hidden = { .nr_names = 0 };
	struct doubts doubts = { .nr = 0 };
	struct rowtime time = { .harmless = true };
	uint64_t moments[MAX_MOMENTS];
	uint32_t nr = choose_moments(lossy, moments);

	read_hidden(whole, gone, nr_gone, &hidden);
	for (unsigned kind = 0; kind < NR_EVENT_KINDS; kind++)
		time.harmless &= !hidden.kinds[kind];
	for (uint32_t i = 0; i + 1 < nr; i++) {
		double seconds = (double)(event_index_time(events, moments[i + 1]) -
					  event_index_time(events, moments[i])) / 1e9;

		for (unsigned o = 0; o < NR_OBSERVERS; o++) {
			bool late = o == OBSERVER_HINDSIGHT;
			uint64_t t = moments[i];

			read_doubts(recording_history(whole),
				    late ? moment_hindsight(real[t]) : moment_at(real[t]), &doubts);
			measure_at(h, late ? moment_hindsight(t) : moment_at(t), seconds, &doubts, &hidden,
				   &time.sums[o], time.by_table[o]);
		}
	}
	free(doubts.names);
	free(hidden.names);
	return time;
}

/* ---- telling ---- */
static double ratio_of(const struct rowtime_sum *sum)
{
	double oracle = sum->oracle > NOTHING ? sum->oracle : NOTHING;

	return sum->ours <= oracle ? 1 : sum->ours / oracle;
}

void rowtime_add(struct rowtime_totals *totals, const struct rowtime *time)
{
	for (unsigned o = 0; o < NR_OBSERVERS; o++) {
		const struct rowtime_sum *sum = &time->sums[o];
		struct rowtime_sum *to[] = { &totals->sums[o], time->harmless ? &totals->harmless[o] : NULL };

		for (unsigned i = 0; i < 2 && to[i]; i++) {
			to[i]->ours += sum->ours;
			to[i]->oracle += sum->oracle;
			to[i]->sharp += sum->sharp;
			to[i]->inside += sum->inside;
		}
		totals->ratios[o] = realloc(totals->ratios[o], (totals->nr + 1) * sizeof(double));
		totals->ratios[o][totals->nr] = ratio_of(sum);
		totals->nr_within[o] += ratio_of(sum) <= AS_GOOD;
	}
	totals->nr++;
	totals->nr_harmless += time->harmless;
}

static const char *const observers[NR_OBSERVERS] = { "at the moment", "hindsight" };

void rowtime_print(const struct rowtime *time, bool by_table)
{
	static const char *const tables[NR_TABLES] = {
		"", "mms", "anon_vmas", "VMAs", "nodes", "items", "mappings", "pages", "episodes"
	};

	for (unsigned o = 0; o < NR_OBSERVERS; o++)
		printf(" %s: %10.3f row s, oracle %9.3f, sharp %8.3f;", observers[o], time->sums[o].ours,
		       time->sums[o].oracle, time->sums[o].sharp);
	printf("%s\n", time->harmless ? " harmless" : "");
	for (unsigned o = 0; by_table && o < NR_OBSERVERS; o++) {
		printf("\t%s:", observers[o]);
		for (unsigned table = 0; table < NR_TABLES; table++)
			if (time->by_table[o][table] > 0)
				printf(" %s %.3f", tables[table], time->by_table[o][table]);
		printf("\n");
	}
}

static int by_ratio(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

bool rowtime_print_totals(struct rowtime_totals *totals)
{
	bool good = true;

	for (unsigned o = 0; o < NR_OBSERVERS && totals->nr; o++) {
		const struct rowtime_sum *all = &totals->sums[o], *harmless = &totals->harmless[o];

		qsort(totals->ratios[o], totals->nr, sizeof(double), by_ratio);
		printf("one sub-buffer, %s: doubtful %.3f row s, oracle %.3f (%.2f times), sharp oracle %.3f; "
		       "median %.2f times, %u of %u within %.1f\n", observers[o], all->ours, all->oracle,
		       ratio_of(all), all->sharp, totals->ratios[o][totals->nr / 2], totals->nr_within[o],
		       totals->nr, AS_GOOD);
		printf("\tof what is more than the oracle's, %.3f while the gap lasted\n", all->inside);
		printf("\t%u hid nothing that changes a row: doubtful %.3f row s; the others %.3f, oracle %.3f (%.2f times)\n",
		       totals->nr_harmless, harmless->ours, all->ours - harmless->ours,
		       all->oracle, (all->ours - harmless->ours) / (all->oracle > NOTHING ? all->oracle : NOTHING));
		good &= o != OBSERVER_HINDSIGHT || (ratio_of(all) <= AS_GOOD &&
						    totals->ratios[o][totals->nr / 2] <= AS_GOOD);
		free(totals->ratios[o]);
	}
	return good;
}
