// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_counts.c - of which kinds were the events that a gap hid?
 *
 * The patch's event counts says for each kind how many events its CPU has traced.  What two of them
 * differ by, less the events of that CPU that lie between them, went in the gaps between them.  With
 * one gap that is what it hid; of several each may have hidden any of it.
 *
 * The hard idea is which way it can be wrong.  The kernel counts in the same breath as it traces, so an
 * event that was recorded was counted: nothing missing of a kind is proof that none was lost.  The
 * reverse does not hold: filters and other trace instances make events that are counted and were never
 * to be recorded.  Then more seems to be missing, which only leaves more doubt.
 *
 * Events of other systems are not counted.  That none of them was lost either follows if the gaps lost
 * exactly as many events as are missing, in a recording that has recorded whatever was counted.
 *
 * A counts that is lost is made good by the next.  Before a CPU's first one the base is 0: whatever the kernel had
 * counted before the recording began seems to be missing, too.
 */
#include "history/build.h"

/* Since the last counts of a stream. */
struct stream_counts {
	bool based;			/* there was one */
	uint32_t base[KSMTOP_NR_COUNTS], seen[KSMTOP_NR_COUNTS];
	uint64_t nr_losses;		/* of all streams, at the base */
};

static const uint8_t count_of[NR_EVENT_KINDS] = {	/* 1 + enum ksmtop_count */
#define V(event, name) [EVENT_P_##event] = 1 + COUNT_##event,
	KSMTOP_COUNTED(V)
#undef V
};

static void judge(struct builder *b, const struct event *ev, const struct stream_counts *counts, uint64_t kinds,
		  uint64_t nr_missing)
{
	uint64_t nr_lost = 0, nr_gaps = 0;
	bool exact = !b->counts_filtered;

	for (uint64_t i = counts->nr_losses; i < b->h->losses.nr; i++) {
		const struct stored_loss *loss = pool_at(&b->h->losses, i);

		if (loss->loss.stream != ev->stream)
			continue;
		exact &= loss->loss.nr_lost != 0;
		nr_lost += loss->loss.nr_lost;
		nr_gaps++;
	}
	b->counts_filtered |= counts->based && !nr_gaps && nr_missing;
	if (!exact || nr_lost != nr_missing)
		kinds |= COUNT_BIT_OTHER;
	for (uint64_t i = counts->nr_losses; nr_gaps && i < b->h->losses.nr; i++) {
		struct stored_loss *loss = pool_at(&b->h->losses, i);

		if (loss->loss.stream == ev->stream) {
			loss->kinds = kinds;
			loss->kinds_known = b->seg->base + b->now;
		}
	}
}

static void settle(struct builder *b, const struct event *ev, struct stream_counts *counts)
{
	const uint32_t *nr = EVENT_ARGS(ev, P_COUNTS)->nr;
	uint64_t kinds = 0, nr_missing = 0;

	for (unsigned i = 0; i < KSMTOP_NR_COUNTS; i++) {
		uint32_t missing = nr[i] - counts->base[i] - counts->seen[i];

		if (missing)
			kinds |= UINT64_C(1) << i;
		nr_missing += missing;
		counts->base[i] = nr[i];
		counts->seen[i] = 0;
	}
	judge(b, ev, counts, kinds, nr_missing);
	counts->based = true;
	counts->nr_losses = b->h->losses.nr;
}

static struct stream_counts *counts_get(struct builder *b, const struct event *ev)
{
	if (ev->stream >= b->stream_counts.nr && pool_resize(&b->stream_counts, ev->stream + 1u) != 0) {
		build_fail(b, -ENOMEM);
		return NULL;
	}
	return pool_at(&b->stream_counts, ev->stream);
}

void build_count(struct builder *b, const struct event *ev)
{
	uint8_t count = count_of[ev->kind];
	struct stream_counts *counts = count ? counts_get(b, ev) : NULL;

	if (!counts)
		return;
	counts->seen[count - 1]++;
	if (ev->kind == EVENT_P_COUNTS && ev->present & 1)
		settle(b, ev, counts);
}

void build_counts_init(struct builder *b)
{
	pool_init(&b->stream_counts, sizeof(struct stream_counts), NULL);
}
