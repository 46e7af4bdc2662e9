// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_loss.c - gaps in the events, and what cannot have happened in them.
 *
 * A loss is written down with the stream's events around it; which rows it makes doubtful is
 * computed when somebody asks (fact.c).  What it ends for good is the builder's claim to know every
 * item: only a sample that says "none" restores that.
 *
 * The hard idea is what a gap cannot hide, which is told by what stands on both its sides:
 * - Chains and items of a patched kernel change only under ksm_thread_mutex.  A dump holds it from its
 *   begin to its last item, so a gap between two such records hides no change of them, whosever events
 *   it lost.  Other holders may give it back between two events, but for somebody else to get it, change
 *   something and return it takes longer than TRAVEL_NS: a *run* of events by one thread in one stream, each
 *   within TRAVEL_NS of the one before, excludes it for gaps of all other streams that lie inside.
 *   A stable node's kpfn is changed by migration without the mutex: nodes with a page have no such luck.
 * - The VMAs of one anon_vma are dumped under the lock of its root, which all changes of them need.
 * - The kernel counts its events by kind: build_counts.c.
 *
 * A row that an event names after a gap is confirmed by it; that is written down row by row, only
 * behind gaps.
 *
 * Two events of different threads in different streams, closer than the clocks' skew, have no known
 * order; if no lock orders them either and both change one object, what the second made is doubtful
 * (DOUBT_ORDER) until something confirms it.
 */
#include "history/build.h"

#define TRAVEL_NS 10000u

bool build_is_under_mutex(uint16_t kind)
{
	switch (kind) {
	case EVENT_P_NODE_INSERT:
	case EVENT_P_NODE_ERASE:
	case EVENT_P_NODE_REPLACE:
	case EVENT_P_NODE_FREE:
	case EVENT_P_CHAIN_MAKE:
	case EVENT_P_CHAIN_COLLAPSE:
	case EVENT_P_CHAIN_FREE:
	case EVENT_P_DUP_ADD:
	case EVENT_P_DUP_DEL:
	case EVENT_P_DUP_HEAD:
	case EVENT_P_MIGRATE_ADD:
	case EVENT_P_MIGRATE_DEL:
	case EVENT_P_ITEM_NEW:
	case EVENT_P_ITEM_FREE:
	case EVENT_P_ITEM_UNSTABLE:
	case EVENT_P_UNSTABLE_RESET:
	case EVENT_P_ITEM_APPEND:
	case EVENT_P_ITEM_DETACH:
	case EVENT_P_ITEM_SCAN:
	case EVENT_P_DUMP_BEGIN:
	case EVENT_P_DUMP_NODE:
	case EVENT_P_DUMP_ITEM:
	case EVENT_P_DUMP_MM:
		return true;
	default:
		return false;
	}
}

/* ---- how long the mutex has been held ---- */
/* A dump holds it from its begin to its last mm, node or item, however long that takes. */
static int64_t dump_of_record(const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_P_DUMP_BEGIN:
	case EVENT_P_DUMP_NODE:
	case EVENT_P_DUMP_ITEM:
	case EVENT_P_DUMP_MM:
		return EVENT_ARGS(ev, P_DUMP_BEGIN)->dump;
	default:
		return -1;
	}
}

static bool still_holds(const struct mutex_run *run, const struct event *ev)
{
	int64_t dump = dump_of_record(ev);

	if (!run->first || ev->pid != run->pid || ev->kind == EVENT_P_DUMP_BEGIN)
		return false;
	return dump >= 0 ? dump == run->dump : ev->stream == run->stream && ev->ts_ns <= run->quiet_ns;
}

static void note_run(struct builder *b, const struct event *ev)
{
	struct mutex_run *run = &b->run;
	uint64_t now = b->seg->base + b->now;

	if (!build_is_under_mutex(ev->kind))
		return;
	if (!still_holds(run, ev))
		*run = (struct mutex_run){ .first = now, .pid = ev->pid };
	run->dump = dump_of_record(ev);
	run->stream = ev->stream;
	run->quiet_ns = ev->ts_ns + TRAVEL_NS;
	/* Gaps that lie between two events of one run: what they lost was another's, or a dump's record. */
	for (; b->losses_judged < b->h->losses.nr; b->losses_judged++) {
		struct stored_loss *loss = pool_at(&b->h->losses, b->losses_judged);

		if (loss->loss.after >= run->first && loss->before <= now &&
		    (loss->loss.stream != run->stream || run->dump >= 0))
			loss->mutex_known = now;
	}
}

/* ---- events whose order nobody knows ---- */
static bool one_lock(uint16_t a, uint16_t b)
{
	return (build_is_under_mutex(a) && build_is_under_mutex(b)) ||
	       (a >= EVENT_P_ANON_VMA_NEW && a <= EVENT_P_VMA_REMOVE &&
		b >= EVENT_P_ANON_VMA_NEW && b <= EVENT_P_VMA_REMOVE);
}

void build_note_event(struct builder *b, const struct event *ev)
{
	if (b->h->patched) {
		build_count(b, ev);
		note_run(b, ev);
		build_note_flight(b, ev);
	}
	if (b->h->options.clock_skew_ns)
		b->near[b->now % NEAR_EVENTS] = (struct near_event){
			.event = b->seg->base + b->now, .ts_ns = ev->ts_ns, .pid = ev->pid,
			.stream = ev->stream, .kind = ev->kind };
}

void build_note_order(struct builder *b, enum table table, uint32_t span, uint32_t changed_before)
{
	const struct near_event *now = &b->near[b->now % NEAR_EVENTS], *then;
	uint32_t *id;

	if (!b->h->options.clock_skew_ns || !changed_before || changed_before >= b->now)
		return;
	then = &b->near[changed_before % NEAR_EVENTS];
	if (then->event != b->seg->base + changed_before || now->event != b->seg->base + b->now ||
	    then->pid == now->pid || then->stream == now->stream || one_lock(then->kind, now->kind) ||
	    now->ts_ns - then->ts_ns >= b->h->options.clock_skew_ns)
		return;
	id = pool_grow(&b->seg->tables[table].unordered, 1);
	if (id)
		*id = span;
	else
		build_fail(b, -ENOMEM);
}

/* ---- rows that an event names ---- */
void build_confirm_row(struct builder *b, enum table table, uint32_t object)
{
	struct row_confirmation *c;

	if (!b->loss_now || object == NO_ID)
		return;
	c = pool_grow(&b->seg->confirm_rows, 1);
	if (c)
		*c = (struct row_confirmation){ .event = b->now, .object = object, .table = table };
	else
		build_fail(b, -ENOMEM);
}

/* ---- losses ---- */
static void note_earliest(struct builder *b, uint64_t after)
{
	for (uint64_t i = b->h->losses.nr - 1; i > 0; i--) {
		struct stored_loss *before = pool_at(&b->h->losses, i - 1);

		if (before->earliest <= after)
			break;
		before->earliest = after;
	}
}

void build_loss(struct builder *b, const struct event_loss *loss, const struct event *ev)
{
	struct stored_loss *stored = pool_grow(&b->h->losses, 1);
	struct ref none = { 0 };

	if (!stored) {
		build_fail(b, -ENOMEM);
		return;
	}
	*stored = (struct stored_loss){
		.loss = {
			.after = loss->after_nr, .before = loss->before_nr, .nr_lost = loss->nr_lost,
			.after_ns = loss->after_ns, .before_ns = loss->before_ns, .stream = loss->stream,
			.cause = loss->cause,
		},
		.before = loss->before_nr ? loss->before_nr : NEVER, .earliest = loss->after_nr,
		.mutex_known = NEVER, .kinds_known = NEVER,
		.still_root = ev ? build_dump_root(b, ev, loss->after_nr) : 0,
	};
	note_earliest(b, loss->after_nr);
	b->loss_now = b->seg->base + b->now + 1;
	b->items_complete = false;
	build_dump_lost(b);
	b->pair.active = false;
	b->removal.node = NO_ID;
	for (uint32_t i = 0; i < b->nr_mms_room; i++)
		b->mms[i].complete = false;
	/* Known at the event behind the gap, which has not been applied yet. */
	b->now += loss->before_nr != 0;
	build_notable(b, NOTABLE_LOSS, 1, loss->nr_lost, none);
	b->now -= loss->before_nr != 0;
}

bool build_is_doubtful(const struct builder *b, enum table table, uint32_t id)
{
	struct place now = { .seg = b->seg, .t = b->now, .known = b->now,
			     .known_by = b->seg->base + b->now };
	struct fact fact;

	if (!b->loss_now && moves_from(b->h, 0, now.known_by) >= now.known_by)
		return false;
	fact_fill(b->h, &now, table, id, &fact);
	return fact.doubt != DOUBT_NONE;
}
