// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_sample.c - what a look at /proc and /sys tells the rows.
 *
 * The hard idea: one number can confirm a million rows.  Merges are traced, departures are not, so as
 * long as no event was lost and the set was known completely once (the mm entered KSM during the
 * recording, or the kernel counted none), the rebuilt set of stable items contains the kernel's.  If
 * the kernel then counts as many (ksm_merging_pages of a process; pages_shared + pages_sharing of all;
 * pages_shared for the nodes that have items) the sets are equal, and every row in them is
 * confirmed: one struct confirmation, not a mark in each row.
 *
 * A sample took time.  It confirms only if no row of the set changed since before it began; a page
 * that it saw while its mm was changing makes a row, but a tentative one.
 *
 * Not here: sweeps through pagemap (build_sweep.c).
 */
#include <stdlib.h>

#include "history/build_patched.h"
#include "trace/sample.h"

/* ---- keeping the numbers ---- */
static uint16_t name_id(struct builder *b, const char *name)
{
	struct pool *names = &b->h->names;
	char *slot;

	for (uint64_t i = 0; i < names->nr; i++)
		if (!strncmp(pool_at(names, i), name, 31))
			return (uint16_t)i;
	slot = names->nr < UINT16_MAX ? pool_grow(names, 1) : NULL;
	if (!slot)
		return UINT16_MAX;
	strncpy(slot, name, 31);
	return (uint16_t)(names->nr - 1);
}

static int keep_values(struct builder *b, const struct sample *sample, struct sample_values *ret)
{
	struct sample_iter iter = SAMPLE_ITER(sample);
	const char *name, *text;

	*ret = (struct sample_values){ .first = b->h->values.nr };
	while (sample_next_pair(&iter, &name, &text) == 1) {
		struct sample_value *value;
		char *end;
		int64_t number;

		errno = 0;
		number = strtoll(text, &end, 10);
		if (end == text || *end || errno)
			continue;
		value = pool_grow(&b->h->values, 1);
		if (!value)
			return -ENOMEM;
		value->name = name_id(b, name);
		value->value = number;
		ret->nr++;
	}
	return 0;
}

/* The last event before that time; if that is long ago one before it, at most 63 too early. */
static uint64_t event_before(const struct builder *b, uint64_t ns)
{
	uint64_t step;

	for (uint32_t i = b->now; i > 0 && b->now - i < LATE_EVENTS; i--)
		if (b->late_times[i % LATE_EVENTS] <= ns)
			return b->seg->base + i;
	step = BISECT(0, b->times.nr, i, *(uint64_t *)pool_at(&b->times, i) <= ns);
	return step ? b->seg->base + (step - 1) * TIME_EVENTS + 1 : b->seg->base;
}

/*
 * An event and the change it tells of are this far apart at most, unless ksmd is preempted in
 * between: stable_tree_append() comes after try_to_merge_with_ksm_page() has spoken.
 */
#define CHANGE_NS 100000u

static int keep_sample(struct builder *b, const struct sample *sample, uint32_t index)
{
	struct history_sample *kept = pool_grow(&b->h->samples, 1);
	struct sample_values *values = pool_grow(&b->h->sample_values, 1);
	uint64_t from;

	if (!kept || !values)
		return -ENOMEM;
	from = build_flight_from(b, event_before(b, sample->begin_ns));
	*kept = (struct history_sample){
		.begin = event_before(b, sample->begin_ns > CHANGE_NS ? sample->begin_ns - CHANGE_NS : 0),
		.end = b->seg->base + b->now, .from = from, .to = b->seg->base + b->now,
		.begin_ns = sample->begin_ns, .end_ns = sample->end_ns, .index = index,
		.kind = (uint16_t)sample->kind, .tgid = sample->tgid, .nodes = -1, .items = -1,
	};
	if (sample->kind == SAMPLE_KSM || sample->kind == SAMPLE_PROCESS)
		return keep_values(b, sample, values);
	return 0;
}

/* ---- sets ---- */
void build_confirm(struct builder *b, struct pool *pool, uint32_t group)
{
	struct confirmation *c;

	for (uint64_t i = pool->nr; i > 0; i--) {	/* once an event is enough */
		c = pool_at(pool, i - 1);
		if (c->event != b->now)
			break;
		if (c->group == group)
			return;
	}
	c = pool_grow(pool, 1);
	if (c)
		*c = (struct confirmation){ .event = b->now, .group = group };
	else
		build_fail(b, -ENOMEM);
}

/* The kernel counts none: whatever is left has gone, at an unknown time before. */
static void end_items(struct builder *b, uint32_t mm)
{
	uint32_t nr = nr_spans(b->seg, TABLE_ITEM);

	build_changes(b);
	for (uint32_t i = 0; i < nr; i++) {
		const struct span *span = span_at(b->seg, TABLE_ITEM, i);

		if (span->died == ALIVE && (mm == NO_ID || span_owner(span) == mm) &&
		    ((struct item_data *)data_at(b->seg, TABLE_ITEM, i))->node != NO_ID)
			build_item_end(b, i, 0);
	}
}

void build_all_told(struct builder *b)
{
	uint64_t *whole = pool_grow(&b->h->wholes, 1);

	if (whole)
		*whole = b->seg->base + b->now;
	else
		build_fail(b, -ENOMEM);
}

static void ksm_sample(struct builder *b, const struct sample *sample)
{
	int64_t shared, sharing;
	bool quiet = !b->changed_ns || b->changed_ns < sample->begin_ns;

	if (!quiet || sample_number(sample, "pages_shared", &shared) != 0 ||
	    sample_number(sample, "pages_sharing", &sharing) != 0)
		return;
	if (shared + sharing == 0) {
		if (b->counts.items_stable && !b->h->patched)
			end_items(b, NO_ID);
		if (b->leavers.nr)
			build_leavers_gone(b);
		if (!b->items_complete && !b->h->patched)
			build_all_told(b);
		b->items_complete = true;
		for (uint32_t i = 0; i < b->nr_mms_room; i++)
			b->mms[i].complete = true;
	}
	if (b->h->patched || !b->items_complete)
		return;
	if (shared + sharing == (int64_t)b->counts.items_stable)
		build_confirm(b, &b->seg->confirm_items, NO_ID);
	/* When a node goes is traced, only when it gets empty is not. */
	if (shared == (int64_t)b->counts.nodes - b->nr_empty)
		build_confirm(b, &b->seg->confirm_nodes, 0);
}

/* ---- processes ---- */
#define TICK_NS 10000000u	/* of the times in /proc: USER_HZ is 100 */

/* The one mm that no process has and that has as many stable items; NO_ID if there are more. */
static uint32_t unclaimed_mm(struct builder *b, int64_t merging)
{
	uint32_t found = NO_ID;

	for (uint32_t i = 0; merging > 0 && i < nr_spans(b->seg, TABLE_MM); i++) {
		const struct span *span = span_at(b->seg, TABLE_MM, i);

		if (span->died != ALIVE || ((struct mm_data *)data_at(b->seg, TABLE_MM, i))->tgid ||
		    ((struct mm_data *)data_at(b->seg, TABLE_MM, i))->exited ||
		    b->mms[span_object(b->seg, TABLE_MM, i)].stable != merging)
			continue;
		if (found != NO_ID)
			return NO_ID;
		found = span_object(b->seg, TABLE_MM, i);
	}
	return found;
}

static void learn_process(struct builder *b, struct process *process, const struct sample *sample,
			  int64_t merging)
{
	const char *comm = sample_value(sample, "comm");
	struct mm_data data;
	int64_t start = 0;

	sample_number(sample, "start_time", &start);
	if (process->start_ticks && start && process->start_ticks != (uint64_t)start) {
		build_mappings_end(b, process);		/* a new process with an old number */
		process->mm = NO_ID;
	}
	process->start_ticks = (uint64_t)start;
	if (comm) {
		memset(process->comm, 0, sizeof(process->comm));
		strncpy(process->comm, comm, sizeof(process->comm) - 1);
	}
	if (process->mm == NO_ID) {
		uint32_t mm = unclaimed_mm(b, merging);

		if (mm == NO_ID)
			return;
		build_mm_is_of(b, mm, process);
		data = *build_mm_data(b, process->mm);
		data.tgid = process->tgid;
		data.tgid_doubtful = 1;
	} else {
		data = *build_mm_data(b, process->mm);
	}
	if (comm)
		memcpy(data.comm, process->comm, sizeof(data.comm));
	/* An event or a dump knows it to the nanosecond. */
	if (data.tgid_evidence == EVIDENCE_INFERRED)
		data.start_time_ns = process->start_ticks * TICK_NS;
	build_mm_update(b, process->mm, &data, false);
}

static void process_sample(struct builder *b, const struct sample *sample)
{
	struct process *process = build_process(b, sample->tgid);
	int64_t merging = -1;
	struct mm_live *live;

	if (!process || sample->tgid <= 0)
		return;
	sample_number(sample, "ksm_merging_pages", &merging);
	learn_process(b, process, sample, merging);
	if (process->mm == NO_ID || merging < 0 || b->h->patched)
		return;
	live = &b->mms[process->mm];
	if (live->changed_ns && live->changed_ns >= sample->begin_ns)
		return;
	if (build_mm_data(b, process->mm)->tgid_doubtful)
		return;
	if (merging == 0) {
		if (live->stable)
			end_items(b, process->mm);
		live->complete = true;
	}
	if (live->complete && live->stable == merging)
		build_confirm(b, &b->seg->confirm_items, process->mm);
}

static void ksm_pages_sample(struct builder *b, const struct sample *sample)
{
	struct process *process = sample->tgid > 0 ? build_process(b, sample->tgid) : NULL;

	if (process && sample_number(sample, SAMPLE_KSM_PAGES_NAME, &process->ksm_pages) == 0)
		process->ksm_pages_ns = sample->end_ns;
}

/* What check.c compares; the next sample at this event may find that more have left. */
static void keep_numbers(struct builder *b, const struct sample *sample)
{
	struct history_sample *kept = pool_at(&b->h->samples, b->h->samples.nr - 1);
	const struct process *process;

	if (b->h->patched)
		return;
	if (sample->kind == SAMPLE_KSM) {
		kept->nodes = (int64_t)b->counts.nodes - b->nr_empty;
		kept->items = b->counts.items_stable;
	} else if (sample->kind == SAMPLE_PROCESS && sample->tgid > 0) {
		process = build_process(b, sample->tgid);
		if (process && process->mm != NO_ID)
			kept->items = b->mms[process->mm].stable;
	}
}

int build_sample(struct builder *b, const struct sample *sample, uint32_t index)
{
	struct sample_change change;
	int ret = keep_sample(b, sample, index);

	if (ret != 0)
		return ret;
	sample_change_begin(b, &change);
	switch (sample->kind) {
	case SAMPLE_HOST:
		b->page_flag_is_exact = sample_page_flag(sample) == SAMPLE_PAGE_FLAG_EXACT;
		break;
	case SAMPLE_KSM:
		ksm_sample(b, sample);
		break;
	case SAMPLE_PROCESS:
		process_sample(b, sample);
		break;
	case SAMPLE_KSM_PAGES:
		ksm_pages_sample(b, sample);
		break;
	case SAMPLE_PAGES:
		build_sweep(b, sample);
		break;
	default:
		break;
	}
	sample_change_end(b, &change);
	keep_numbers(b, sample);
	return b->error;
}
