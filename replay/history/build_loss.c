// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_loss.c - gaps in the events, and what cannot have happened in them.
 *
 * A loss is written down with the stream's events around it; which rows it makes doubtful is
 * computed when somebody asks (fact.c).  What it ends for good is the builder's claim to know every
 * item: only a sample that says "none" restores that.
 *
 * The hard idea is what a gap cannot hide.  Chains and items of a patched kernel change only under
 * ksm_thread_mutex.  While its holder emits events on one CPU it does not work on another: to get
 * there, change something and have it lost it must be moved by the scheduler, which takes longer
 * than TRAVEL_NS.  So a run of the holder's events, by one thread in one stream, each within
 * TRAVEL_NS of the one before, is *quiet* for all other streams; a gap of another stream that begins
 * in such a run hides nothing of theirs before the run ends, and nothing at all if it ends there, too.
 * A stable node's kpfn is changed by migration without the mutex: nodes with a page have no such luck.
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

/* Is it emitted by whoever holds ksm_thread_mutex? */
static bool is_under_mutex(uint16_t kind)
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

/* ---- quiet runs ---- */
static void note_run(struct builder *b, const struct event *ev)
{
	struct mutex_run *run = &b->run;
	uint64_t now = b->seg->base + b->now;
	bool holder = is_under_mutex(ev->kind), other = ev->pid != run->pid || ev->stream != run->stream;

	if (run->number && !run->ended && (ev->ts_ns > run->quiet_ns || (holder && other))) {
		b->run_ends[run->number % RUNS_KEPT] = now - 1;
		run->ended = true;
	}
	if (holder) {
		if (!run->number || run->ended)
			*run = (struct mutex_run){ .number = run->number + 1, .pid = ev->pid,
						   .stream = ev->stream };
		run->quiet_ns = ev->ts_ns + TRAVEL_NS;
	}
	if (ev->stream >= b->stream_runs.nr && pool_resize(&b->stream_runs, ev->stream + 1u) != 0) {
		build_fail(b, -ENOMEM);
		return;
	}
	*(uint64_t *)pool_at(&b->stream_runs, ev->stream) =
		run->number && !run->ended && run->stream != ev->stream ? run->number : 0;
}

/* The event until which a gap hides nothing that needs the mutex; its `before_nr`: none at all. */
static uint64_t quiet_until(const struct builder *b, const struct event_loss *loss)
{
	uint64_t number = loss->after_nr && loss->stream < b->stream_runs.nr ?
		*(uint64_t *)pool_at(&b->stream_runs, loss->stream) : 0;

	if (!number || number + RUNS_KEPT <= b->run.number)
		return loss->after_nr;
	if (number != b->run.number || b->run.ended)
		return b->run_ends[number % RUNS_KEPT];
	return loss->before_nr && loss->before_ns <= b->run.quiet_ns ? loss->before_nr
								     : b->seg->base + b->now;
}

/* ---- events whose order nobody knows ---- */
static bool one_lock(uint16_t a, uint16_t b)
{
	return (is_under_mutex(a) && is_under_mutex(b)) ||
	       (a >= EVENT_P_ANON_VMA_NEW && a <= EVENT_P_VMA_REMOVE &&
		b >= EVENT_P_ANON_VMA_NEW && b <= EVENT_P_VMA_REMOVE);
}

void build_note_event(struct builder *b, const struct event *ev)
{
	if (b->h->patched)
		note_run(b, ev);
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
void build_loss(struct builder *b, const struct event_loss *loss)
{
	struct stored_loss *stored = pool_grow(&b->h->losses, 1);
	struct ref none = { 0 };

	if (!stored) {
		build_fail(b, -ENOMEM);
		return;
	}
	stored->loss = (struct history_loss){
		.after = loss->after_nr, .before = loss->before_nr, .nr_lost = loss->nr_lost,
		.after_ns = loss->after_ns, .before_ns = loss->before_ns, .stream = loss->stream,
		.cause = loss->cause,
	};
	stored->before = loss->before_nr ? loss->before_nr : NEVER;
	stored->earliest = loss->after_nr;
	stored->mutex_after = quiet_until(b, loss);
	for (uint64_t i = b->h->losses.nr - 1; i > 0; i--) {
		struct stored_loss *before = pool_at(&b->h->losses, i - 1);

		if (before->earliest <= loss->after_nr)
			break;
		before->earliest = loss->after_nr;
	}
	b->loss_now = b->seg->base + b->now + 1;
	b->items_complete = false;
	build_dump_lost(b);
	b->pair.active = false;
	for (uint32_t i = 0; i < b->nr_mms_room; i++)
		b->mms[i].complete = false;
	/* Known at the event behind the gap, which has not been applied yet. */
	b->now += loss->before_nr != 0;
	build_notable(b, NOTABLE_LOSS, 1, loss->nr_lost, none);
	b->now -= loss->before_nr != 0;
}
