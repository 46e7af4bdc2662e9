// SPDX-License-Identifier: GPL-2.0-only
/*
 * step.c - the events of an episode, picked out of all that happened meanwhile, as steps.
 *
 * Between an episode's first and last event lie those of everybody else.  Their kinds stand in the
 * index, eight bytes an event, so that only events of a kind that could belong to it are decoded;
 * whether it does is decided by what it carries (walk id, pfn, mm and address) or by the thread.
 *
 * A memory failure does not end with its recovery: the same thread goes on to collect, unmap, signal
 * and report.  Those steps are added until memory_failure_event of that pfn, AFTER_EVENTS at most.
 */
#include <errno.h>

#include "episode/step_reading.h"

#define AFTER_EVENTS 200000u
#define SIGBUS_NR 7

struct step *step_add(struct reading *r, enum step_kind kind)
{
	struct opened_episode *e = r->e;
	struct step *step;

	if (ARRAY_ROOM(e->steps, e->nr_steps, e->room_steps) != 0)
		return NULL;
	step = &e->steps[e->nr_steps++];
	*step = (struct step){ .event = r->n, .last_event = r->n, .hold = NO_STEP, .nr = 1,
			       .kind = (uint8_t)kind, .phase = r->phase };
	if (e->row.ended && r->n > e->row.fact.died)
		step->flags |= STEP_AFTER;
	return step;
}

/* ---- walks ---- */
/* A hold that begins with the last step. */
static struct hold *hold_new(struct reading *r, int64_t pass, int64_t addr)
{
	struct opened_episode *e = r->e;
	const struct known_item *item = opened_item(e, (uint64_t)addr);
	struct hold *hold;

	if (ARRAY_ROOM(e->holds, e->nr_holds, e->room_holds) != 0)
		return NULL;
	hold = &e->holds[e->nr_holds++];
	*hold = (struct hold){ .begin = r->n, .item_addr = (uint64_t)addr, .pass = (uint8_t)pass,
			       .first_step = e->nr_steps - 1 };
	if (item) {
		hold->item = item->item;
		hold->mm = item->mm;
		hold->anon_vma = item->anon_vma;
		hold->address = item->address;
	}
	return hold;
}

/* The object of that address that is alive at the last step, as far as is known; none. */
static struct ref alive(const struct reading *r, enum table table, int64_t addr)
{
	struct moment when = { r->n, r->e->when.known_by > r->n ? r->e->when.known_by : r->n };
	struct ref ref = { 0 };
	union row row;

	if (!addr || history_find(r->e->source.history, table, (uint64_t)addr, 0, when, &ref) != 0 ||
	    history_row(r->e->source.history, ref, when, &row) != 0)
		return (struct ref){ 0 };
	return ref;
}

/* The last step is of the last hold. */
static void hold_step(struct opened_episode *e, struct step *step)
{
	struct hold *hold = &e->holds[e->nr_holds - 1];

	step->hold = e->nr_holds - 1;
	step->phase = hold->pass;
	hold->nr_steps++;
}

/* That of this item in this pass, which is open; another one if its walk_item was lost. */
static struct hold *hold_of(struct reading *r, int64_t pass, int64_t addr)
{
	struct hold *hold = r->e->nr_holds ? &r->e->holds[r->e->nr_holds - 1] : NULL;

	if (hold && !hold->end && hold->pass == (uint8_t)pass && hold->item_addr == (uint64_t)addr)
		return hold;
	hold = hold_new(r, pass, addr);
	if (hold)
		hold->begin_lost = true;
	return hold;
}

static int walk_item(struct reading *r, const struct args_P_WALK_ITEM *args)
{
	struct step *step = step_add(r, STEP_ITEM);
	struct hold *hold = step ? hold_new(r, args->pass, args->item) : NULL;

	if (!hold)
		return -ENOMEM;
	hold->first = (uint64_t)args->first;
	hold->last = (uint64_t)args->last;
	hold->address = (uint64_t)args->address;
	hold->waited_ns = (uint64_t)args->waited_ns;
	if (ref_is_none(hold->mm))
		hold->mm = alive(r, TABLE_MM, args->mm);
	if (ref_is_none(hold->anon_vma))
		hold->anon_vma = alive(r, TABLE_ANON_VMA, args->anon_vma);
	step->ref = hold->item;
	hold_step(r->e, step);
	return 0;
}

static int walk_vma(struct reading *r, const struct args_P_WALK_VMA *args)
{
	struct step *step = step_add(r, STEP_VMA);
	struct hold *hold = step ? hold_of(r, args->pass, args->item) : NULL;

	if (!hold)
		return -ENOMEM;
	step->verdict = (uint8_t)args->verdict;
	hold_step(r->e, step);
	hold->nr_offered++;
	switch (args->verdict) {
	case 0: hold->nr_visited++; break;
	case 1: hold->nr_outside++; break;
	case 2: hold->nr_other_mm++; break;
	default: hold->nr_invalid++; break;
	}
	return 0;
}

static int walk_unlock(struct reading *r, const struct args_P_WALK_UNLOCK *args)
{
	struct step *step = step_add(r, STEP_UNLOCK);
	struct hold *hold = step ? hold_of(r, args->pass, args->item) : NULL;

	if (!hold)
		return -ENOMEM;
	step->ref = hold->item;
	hold_step(r->e, step);
	hold->end = r->n;
	hold->held_ns = (uint64_t)args->held_ns;
	hold->nr_outside += (uint64_t)args->outside;
	hold->nr_other_mm += (uint64_t)args->other_mm;
	hold->nr_offered += (uint64_t)args->outside + (uint64_t)args->other_mm;
	return 0;
}

static int walk_event(struct reading *r, const struct event *ev)
{
	if ((uint64_t)EVENT_ARGS(ev, P_WALK_ITEM)->walk != r->e->row.totals.walk.walk_id)
		return 0;
	switch (ev->kind) {
	case EVENT_P_WALK_BEGIN: return step_add(r, STEP_BEGIN) ? 0 : -ENOMEM;
	case EVENT_P_WALK_ITEM: return walk_item(r, EVENT_ARGS(ev, P_WALK_ITEM));
	case EVENT_P_WALK_VMA: return walk_vma(r, EVENT_ARGS(ev, P_WALK_VMA));
	case EVENT_P_WALK_UNLOCK: return walk_unlock(r, EVENT_ARGS(ev, P_WALK_UNLOCK));
	default: return step_add(r, STEP_END) ? 0 : -ENOMEM;
	}
}

static bool walk_kind(enum event_kind kind)
{
	return kind >= EVENT_P_WALK_BEGIN && kind <= EVENT_P_WALK_END;
}

/* ---- an mm or an episode by what an event says ---- */
static struct ref mm_of(const struct reading *r, int64_t addr)
{
	struct moment when = { r->n, r->e->when.known_by > r->n ? r->e->when.known_by : r->n };
	struct ref ref = { 0 };

	if (!addr || history_find(r->e->source.history, TABLE_MM, (uint64_t)addr, 0, when, &ref) != 0)
		return (struct ref){ 0 };
	return ref;
}

/* The episode of that kind which began with this event; episodes lie in the order they began. */
static struct ref episode_begun(const struct reading *r, uint32_t *next, enum episode_kind kind)
{
	struct ref ref;
	union row row;

	for (; history_find_number(r->e->source.history, TABLE_EPISODE, *next, &ref) == 0; ++*next) {
		if (history_row(r->e->source.history, ref, moment_hindsight(r->n), &row) != 0)
			break;
		if (row.episode.fact.born > r->n)
			break;
		if (row.episode.fact.born == r->n && row.episode.kind == kind)
			return ref;
	}
	return (struct ref){ 0 };
}

/* ---- kill lists ---- */
static int kill_event(struct reading *r, const struct event *ev)
{
	struct step *step;

	if ((uint64_t)EVENT_ARGS(ev, P_KILL_BEGIN)->pfn != r->e->row.totals.kill.pfn)
		return 0;
	step = step_add(r, ev->kind == EVENT_P_KILL_BEGIN ? STEP_BEGIN :
			ev->kind == EVENT_P_KILL_TASK ? STEP_TASK : STEP_END);
	if (!step)
		return -ENOMEM;
	if (ev->kind == EVENT_P_KILL_TASK) {
		step->verdict = EVENT_ARGS(ev, P_KILL_TASK)->mapped != 0;
		step->ref = mm_of(r, EVENT_ARGS(ev, P_KILL_TASK)->mm);
	}
	return 0;
}

/* ---- recoveries ---- */
static int recovery_event(struct reading *r, const struct event *ev)
{
	static const uint8_t kinds[] = { STEP_BEGIN, STEP_SEARCH, STEP_DUP, STEP_COPY, STEP_MOVE, STEP_END };
	static const uint8_t phases[] = { PHASE_FAULT, PHASE_CHAIN, PHASE_HEALTHY, PHASE_COPY, PHASE_MOVE,
					  PHASE_UNLINK };
	uint32_t which = ev->kind - EVENT_P_RECOVERY_BEGIN;
	const struct known_item *item;
	struct step *step;

	if ((uint64_t)EVENT_ARGS(ev, P_RECOVERY_BEGIN)->pfn != r->e->row.totals.recovery.pfn)
		return 0;
	r->phase = phases[which];
	step = step_add(r, kinds[which]);
	if (!step)
		return -ENOMEM;
	if (step->kind == STEP_DUP) {
		step->verdict = (uint8_t)EVENT_ARGS(ev, P_RECOVERY_DUP)->verdict;
	} else if (step->kind == STEP_COPY) {
		step->verdict = EVENT_ARGS(ev, P_RECOVERY_COPY)->err != 0;
	} else if (step->kind == STEP_MOVE) {
		step->verdict = EVENT_ARGS(ev, P_RECOVERY_MOVE)->err ? MOVE_FAILED :
				(uint8_t)EVENT_ARGS(ev, P_RECOVERY_MOVE)->target;
		item = opened_item(r->e, (uint64_t)EVENT_ARGS(ev, P_RECOVERY_MOVE)->item);
		step->ref = item ? item->mm : mm_of(r, EVENT_ARGS(ev, P_RECOVERY_MOVE)->mm);
	}
	return 0;
}

/* What the same thread does to the structures meanwhile, and to the processes afterwards. */
static int recovery_other(struct reading *r, const struct event *ev)
{
	const struct known_item *item;
	enum step_kind kind;
	struct step *step;

	switch (ev->kind) {
	case EVENT_P_DUP_ADD:
		r->phase = PHASE_COPY;
		kind = STEP_NODE;
		break;
	case EVENT_P_DUP_DEL:
	case EVENT_P_NODE_FREE:
	case EVENT_P_NODE_ERASE:
	case EVENT_P_CHAIN_FREE:
	case EVENT_P_CHAIN_COLLAPSE:
		r->phase = PHASE_UNLINK;
		kind = STEP_NODE;
		break;
	case EVENT_P_ITEM_APPEND:
	case EVENT_P_ITEM_DETACH:
		kind = STEP_ITEM_MOVED;
		break;
	case EVENT_P_KILL_BEGIN:
		r->phase = PHASE_KILL;
		kind = STEP_KILL_LIST;
		break;
	case EVENT_P_WALK_BEGIN:
		r->phase = PHASE_KILL;
		kind = STEP_WALK;
		break;
	case EVENT_SIGNAL_GENERATE:
		if (EVENT_ARGS(ev, SIGNAL_GENERATE)->sig != SIGBUS_NR)
			return 0;
		r->phase = PHASE_KILL;
		kind = STEP_SIGNAL;
		break;
	case EVENT_MEMORY_FAILURE_EVENT:
		if ((uint64_t)EVENT_ARGS(ev, MEMORY_FAILURE_EVENT)->pfn != r->e->row.totals.recovery.pfn)
			return 0;
		kind = STEP_VERDICT;
		r->over = true;
		break;
	default:
		return 0;
	}
	step = step_add(r, kind);
	if (!step)
		return -ENOMEM;
	if (kind == STEP_ITEM_MOVED) {
		item = opened_item(r->e, (uint64_t)EVENT_ARGS(ev, P_ITEM_APPEND)->item);
		step->ref = item ? item->item : (struct ref){ 0 };
	} else if (kind == STEP_KILL_LIST) {
		step->ref = episode_begun(r, &r->kill_list, EPISODE_KILL_LIST);
	} else if (kind == STEP_WALK) {
		step->ref = episode_begun(r, &r->walk, EPISODE_WALK);
	}
	return 0;
}

static bool recovery_kind(enum event_kind kind)
{
	return (kind >= EVENT_P_RECOVERY_BEGIN && kind <= EVENT_P_RECOVERY_END) ||
	       kind == EVENT_P_DUP_ADD || kind == EVENT_P_DUP_DEL || kind == EVENT_P_NODE_FREE ||
	       kind == EVENT_P_NODE_ERASE || kind == EVENT_P_CHAIN_FREE ||
	       kind == EVENT_P_CHAIN_COLLAPSE || kind == EVENT_P_ITEM_APPEND ||
	       kind == EVENT_P_ITEM_DETACH || kind == EVENT_P_KILL_BEGIN ||
	       kind == EVENT_P_WALK_BEGIN || kind == EVENT_SIGNAL_GENERATE ||
	       kind == EVENT_MEMORY_FAILURE_EVENT;
}

static int recovery_any(struct reading *r, const struct event *ev)
{
	if (ev->pid != r->e->row.tid)
		return 0;
	return ev->kind >= EVENT_P_RECOVERY_BEGIN && ev->kind <= EVENT_P_RECOVERY_END ?
	       recovery_event(r, ev) : recovery_other(r, ev);
}

/* ---- collapses ---- */
static int collapse_event(struct reading *r, const struct event *ev)
{
	const struct args_P_COLLAPSE_PAGE *args = EVENT_ARGS(ev, P_COLLAPSE_PAGE);
	struct step *step;

	if (ev->pid != r->e->row.tid ||
	    (uint64_t)args->address != r->e->row.totals.collapse.address)
		return 0;
	step = step_add(r, ev->kind == EVENT_P_COLLAPSE_BEGIN ? STEP_BEGIN :
			ev->kind == EVENT_P_COLLAPSE_PAGE ? STEP_PAGE : STEP_END);
	if (!step)
		return -ENOMEM;
	if (step->kind == STEP_PAGE)
		step->verdict = (uint8_t)args->step;
	/* Isolated, copied (or cleared, or failed), put back, ended: what one can step by. */
	step->phase = step->kind == STEP_BEGIN ? 0 : step->kind == STEP_END ? 4 :
		      args->step == 0 ? 1 : args->step == 3 ? 3 : 2;
	return 0;
}

/* ---- migrations ---- */
static bool migration_kind(enum event_kind kind)
{
	return (kind >= EVENT_MM_MIGRATE_PAGES_START && kind <= EVENT_REMOVE_MIGRATION_PTE) ||
	       walk_kind(kind) || kind == EVENT_P_NODE_KPFN;
}

static void migration_pte(struct reading *r, const struct event *ev)
{
	if (!r->holds || (uint64_t)EVENT_ARGS(ev, SET_MIGRATION_PTE)->addr >> 12 != r->held_address >> 12)
		return;
	r->pte_step = r->e->nr_steps - 1;
	r->nr_ptes++;
}

/*
 * Whose pte it was: rmap_one() tells of the address only, but the visit that it was part of is told
 * right behind it, by the same thread.  Where an event may be missing nobody is named.
 */
static void migration_visit(struct reading *r, const struct event *ev)
{
	if (ev->kind == EVENT_P_WALK_VMA && r->nr_ptes == 1 && EVENT_ARGS(ev, P_WALK_VMA)->verdict == 0 &&
	    r->e->row.fact.doubt == DOUBT_NONE)
		r->e->steps[r->pte_step].ref = mm_of(r, EVENT_ARGS(ev, P_WALK_VMA)->mm);
	r->nr_ptes = 0;
	if (ev->kind == EVENT_P_WALK_VMA)
		return;
	r->holds = ev->kind == EVENT_P_WALK_ITEM;
	if (r->holds)
		r->held_address = (uint64_t)EVENT_ARGS(ev, P_WALK_ITEM)->address;
}

static int migration_event(struct reading *r, const struct event *ev)
{
	enum step_kind kind;
	struct step *step;

	if (ev->pid != r->e->row.tid)
		return 0;
	if (walk_kind(ev->kind))
		migration_visit(r, ev);
	if (walk_kind(ev->kind) && ev->kind != EVENT_P_WALK_BEGIN)
		return 0;
	switch (ev->kind) {
	case EVENT_MM_MIGRATE_PAGES_START: kind = STEP_BEGIN; break;
	case EVENT_MM_MIGRATE_PAGES: kind = STEP_END; break;
	case EVENT_P_WALK_BEGIN: kind = STEP_WALK; break;
	case EVENT_P_NODE_KPFN: kind = STEP_PAGE_MOVED; break;
	default: kind = STEP_PTE; break;
	}
	step = step_add(r, kind);
	if (!step)
		return -ENOMEM;
	if (kind == STEP_WALK)
		step->ref = episode_begun(r, &r->walk, EPISODE_WALK);
	else if (kind == STEP_PTE)
		migration_pte(r, ev);
	return 0;
}

/* ---- all ---- */
static bool kill_kind(enum event_kind kind)
{
	return kind >= EVENT_P_KILL_BEGIN && kind <= EVENT_P_KILL_END;
}

static bool collapse_kind(enum event_kind kind)
{
	return kind >= EVENT_P_COLLAPSE_BEGIN && kind <= EVENT_P_COLLAPSE_END;
}

static const struct reader {
	bool (*may_be)(enum event_kind kind);
	int (*read)(struct reading *r, const struct event *ev);
} readers[NR_EPISODE_KINDS] = {
	[EPISODE_SCAN] = { step_scan_kind, step_scan_event },
	[EPISODE_WALK] = { walk_kind, walk_event },
	[EPISODE_KILL_LIST] = { kill_kind, kill_event },
	[EPISODE_RECOVERY] = { recovery_kind, recovery_any },
	[EPISODE_COLLAPSE] = { collapse_kind, collapse_event },
	[EPISODE_MIGRATION] = { migration_kind, migration_event },
};

/* Where to stop looking: behind its end only for a recovery. */
static uint64_t last_event(const struct opened_episode *e)
{
	uint64_t last = e->row.fact.died, all = event_index_last(e->source.events);

	if (last == NEVER && e->row.kind == EPISODE_SCAN)
		return all;
	if (last == NEVER)
		last = history_episode_seen(e->source.history, e->row.ref);
	if (e->row.kind == EPISODE_RECOVERY)
		last += AFTER_EVENTS;
	return last < all ? last : all;
}

/* Between the first of its events that is there and its end, or what came next. */
static bool lacks_events(const struct opened_episode *e, uint32_t i)
{
	const struct hold *hold = &e->holds[i];
	uint64_t end = hold->end ? hold->end : i + 1 < e->nr_holds ? e->holds[i + 1].begin :
		       event_index_last(e->source.events);

	return hold->begin_lost || (!hold->end && (i + 1 < e->nr_holds || e->row.ended)) ||
	       (history_nr_losses(e->source.history) &&
		history_may_lack_steps(e->source.history, EPISODE_WALK, hold->begin, end, e->when.known_by));
}

static void count_offered(struct opened_episode *e)
{
	uint64_t before = 0;

	for (uint32_t i = 0; i < e->nr_holds; i++) {
		e->holds[i].nr_before = before;
		before += e->holds[i].nr_offered;
		e->holds[i].lacks = lacks_events(e, i);
	}
}

int steps_read(struct opened_episode *e)
{
	const struct reader *reader = &readers[e->row.kind];
	struct reading r = { .e = e, .walk = e->row.number + 1, .kill_list = e->row.number + 1 };
	uint64_t last = last_event(e);
	struct event ev;
	int ret;

	if (e->row.kind == EPISODE_RECOVERY && e->row.begin_lost)
		r.phase = NR_PHASES;	/* until an event says which */

	for (r.n = e->row.fact.born ? e->row.fact.born : 1; r.n <= last && !r.over; r.n++) {
		if (!reader->may_be(event_index_kind(e->source.events, r.n)))
			continue;
		ret = event_index_event(e->source.events, r.n, &ev);
		if (ret == 0)
			ret = reader->read(&r, &ev);
		if (ret == -ENOMEM)
			return ret;
	}
	if (e->row.kind == EPISODE_SCAN && !e->row.ended)
		step_scan_drop_unsure(&r);
	/* Without the kernel's verdict nobody can say which of the thread's later events belong to it. */
	while (!r.over && e->nr_steps && e->steps[e->nr_steps - 1].flags & STEP_AFTER)
		e->nr_steps--;
	count_offered(e);
	return 0;
}
