// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_episode.c - episodes: from the event that begins one to the event that ends it.
 *
 * Events that belong together are joined by what they carry, never by CPU: a walk by its id (it can
 * move at cond_resched()), a kill list and a recovery by the failing pfn, a collapse by mm and
 * address, a migration by the thread, a scan because ksmd is one.  Those that run are few, so they
 * are a short array that is searched from its end.
 *
 * An end whose beginning was never seen still makes an episode, with the kernel's own totals; the
 * beginning of a second one with the same key ends the first, whose end was lost.  When more run than
 * can be, the oldest lost its end long ago and is forgotten.
 *
 * Totals are added up here, so that lists need no events; row.c shows them only once the end was
 * seen.  What the steps mean is not decided here (replay/episode).
 */
#include <stdlib.h>

#include "history/build_patched.h"

#define MAX_RUNNING	256u
#define SLOW_HOLD_NS	5000000u	/* of an anon_vma's lock: worth a look */

struct running {
	uint64_t key, key2;
	uint64_t nr_offered;		/* VMAs told so far, a walk's */
	struct walk_place place;	/* where a walk is */
	uint32_t episode, move;		/* move: a migration's */
	uint8_t kind;
	bool left;			/* a migration of which a walk left mappings: told */
};

static struct episode *episode_at(struct builder *b, uint32_t i)
{
	return pool_at(&b->h->episodes, i);
}

static struct ref episode_ref(uint32_t i)
{
	return (struct ref){ .id = i, .table = TABLE_EPISODE };
}

static void note_id(struct builder *b, struct pool *ids, const struct episode *episode)
{
	uint32_t *id = pool_grow(ids, 1);

	if (id)
		*id = (uint32_t)(episode - (struct episode *)b->h->episodes.data);
	else
		build_fail(b, -ENOMEM);
}

static struct episode *episode_new(struct builder *b, enum episode_kind kind, const struct event *ev)
{
	struct episode *episode = pool_grow(&b->h->episodes, 1);
	uint64_t now = b->seg->base + b->now;

	if (!episode) {
		build_fail(b, -ENOMEM);
		return NULL;
	}
	*episode = (struct episode){ .first = now, .known = now, .seen = now, .begin_ns = b->now_ns,
				     .kind = (uint8_t)kind, .tid = ev->pid, .seqnr = -1 };
	memcpy(episode->comm, build_task_comm(b, ev->pid), sizeof(episode->comm));
	note_id(b, &b->h->kinds[kind], episode);
	return episode;
}

static void begin_unseen(struct builder *b, struct episode *episode)
{
	episode->first = b->loss_now;
	episode->begin_ns = 0;
	episode->flags = EPISODE_BEGIN_UNSEEN;
	note_id(b, &b->h->late_episodes, episode);
}

static void episode_end(struct builder *b, struct episode *episode)
{
	episode->last = episode->seen = b->seg->base + b->now;
	episode->end_ns = b->now_ns;
}

/* ---- scans ---- */
/* Another one begins, or has begun: the end of the one that runs was lost. */
static void scan_end_unseen(struct builder *b)
{
	if (b->scan == NO_ID)
		return;
	episode_end(b, episode_at(b, b->scan));
	episode_at(b, b->scan)->flags |= EPISODE_END_UNSEEN;
	b->scan = NO_ID;
}

static void scan_starts(struct builder *b, const struct event *ev)
{
	const struct args_KSM_START_SCAN *args = EVENT_ARGS(ev, KSM_START_SCAN);
	struct episode *episode;

	build_cursor_at_head(b, true);
	build_tree_of(b, args->seq);
	scan_end_unseen(b);
	b->scan = (uint32_t)b->h->episodes.nr;
	episode = episode_new(b, EPISODE_SCAN, ev);
	if (!episode)
		return;
	episode->seqnr = args->seq;
	build_notable(b, NOTABLE_SCAN, 0, (uint64_t)args->rmap_entries, episode_ref(b->scan));
}

static void scan_stops(struct builder *b, const struct event *ev)
{
	const struct args_KSM_STOP_SCAN *args = EVENT_ARGS(ev, KSM_STOP_SCAN);
	struct episode *episode;

	build_cursor_at_head(b, false);
	build_tree_of(b, args->seq);
	if (b->scan != NO_ID && episode_at(b, b->scan)->seqnr != args->seq)
		scan_end_unseen(b);
	if (b->scan != NO_ID) {
		episode = episode_at(b, b->scan);
	} else {
		episode = episode_new(b, EPISODE_SCAN, ev);
		if (!episode)
			return;
		begin_unseen(b, episode);
		episode->seqnr = args->seq;
	}
	episode_end(b, episode);
	b->scan = NO_ID;
}

/* ---- those that run ---- */
static struct running *running_find(struct builder *b, enum episode_kind kind, uint64_t key,
				    uint64_t key2)
{
	for (uint32_t i = b->nr_running; i > 0; i--) {
		struct running *running = &b->running[i - 1];

		if (running->kind == kind && running->key == key && running->key2 == key2)
			return running;
	}
	return NULL;
}

bool build_recovers(const struct builder *b, int32_t pid)
{
	for (uint32_t i = 0; i < b->nr_running; i++)
		if (b->running[i].kind == EPISODE_RECOVERY &&
		    ((struct episode *)pool_at(&b->h->episodes, b->running[i].episode))->tid == pid)
			return true;
	return false;
}

static void running_remove(struct builder *b, struct running *running)
{
	uint32_t i = (uint32_t)(running - b->running);

	memmove(running, running + 1, (--b->nr_running - i) * sizeof(*running));
}

static struct running *running_begin(struct builder *b, const struct event *ev,
				     enum episode_kind kind, uint64_t key, uint64_t key2)
{
	struct running *running = running_find(b, kind, key, key2);
	uint32_t i = (uint32_t)b->h->episodes.nr;

	if (running) {
		episode_end(b, episode_at(b, running->episode));
		episode_at(b, running->episode)->flags |= EPISODE_END_UNSEEN;
		build_move_ends(b, running->move, false);
		running_remove(b, running);
	}
	if (!b->running) {
		b->running = calloc(MAX_RUNNING, sizeof(*b->running));
		if (!b->running) {
			build_fail(b, -ENOMEM);
			return NULL;
		}
	}
	if (b->nr_running == MAX_RUNNING)
		running_remove(b, b->running);
	if (!episode_new(b, kind, ev))
		return NULL;
	running = &b->running[b->nr_running++];
	*running = (struct running){ .key = key, .key2 = key2, .episode = i, .move = NO_ID, .kind = (uint8_t)kind };
	return running;
}

/* The one that this event is of; one whose begin was not seen if need be. */
static struct running *running_get(struct builder *b, const struct event *ev,
				   enum episode_kind kind, uint64_t key, uint64_t key2)
{
	struct running *running = running_find(b, kind, key, key2);

	if (!running) {
		running = running_begin(b, ev, kind, key, key2);
		if (running)
			begin_unseen(b, episode_at(b, running->episode));
	}
	if (running)
		episode_at(b, running->episode)->seen = b->seg->base + b->now;
	return running;
}

static struct ref node_ref(struct builder *b, int64_t addr)
{
	uint32_t span = addr ? node_alive(b, (uint64_t)addr) : NO_ID;

	return span == NO_ID ? (struct ref){ 0 } :
	       make_ref(b->seg, TABLE_NODE, span_object(b->seg, TABLE_NODE, span));
}

static struct ref mm_ref(struct builder *b, int64_t addr)
{
	uint32_t span = addr ? build_find(b, TABLE_MM, (uint64_t)addr >> 3) : NO_ID;

	return span == NO_ID ? (struct ref){ 0 } :
	       make_ref(b->seg, TABLE_MM, span_object(b->seg, TABLE_MM, span));
}

/* ---- walks ---- */
static void walk_begins(struct builder *b, const struct event *ev)
{
	const struct args_P_WALK_BEGIN *args = EVENT_ARGS(ev, P_WALK_BEGIN);
	struct running *running = running_begin(b, ev, EPISODE_WALK, (uint64_t)args->walk, 0);
	struct episode *episode;

	if (!running)
		return;
	episode = episode_at(b, running->episode);
	episode->object = node_ref(b, args->node);
	episode->totals.walk = (struct walk_totals){
		.walk_id = (uint64_t)args->walk, .pfn = (uint64_t)args->pfn,
		.rmap_one = (uint64_t)args->rmap_one, .mapcount_before = (int32_t)args->mapcount,
		.purpose = (uint8_t)args->purpose, .rule = (uint8_t)args->rule };
}

static void walk_goes_on(struct builder *b, const struct event *ev)
{
	/* All of them begin with the walk's id. */
	uint64_t id = (uint64_t)EVENT_ARGS(ev, P_WALK_ITEM)->walk;
	struct running *running = running_get(b, ev, EPISODE_WALK, id, 0);
	struct walk_totals *totals;

	if (!running)
		return;
	totals = &episode_at(b, running->episode)->totals.walk;
	totals->walk_id = id;
	if (ev->kind == EVENT_P_WALK_VMA) {
		running->nr_offered++;
		mapping_walk_vma(b, &running->place, totals, EVENT_ARGS(ev, P_WALK_VMA));
	} else if (ev->kind == EVENT_P_WALK_ITEM) {
		const struct args_P_WALK_ITEM *args = EVENT_ARGS(ev, P_WALK_ITEM);
		uint64_t waited = (uint64_t)args->waited_ns;

		mapping_walk_item(b, &running->place, args);
		totals->nr_items[args->pass == 2]++;
		totals->waited_ns += waited;
		if (waited > totals->longest_wait_ns)
			totals->longest_wait_ns = waited;
	} else {
		const struct args_P_WALK_UNLOCK *args = EVENT_ARGS(ev, P_WALK_UNLOCK);
		uint64_t held = (uint64_t)args->held_ns;

		running->nr_offered += (uint64_t)args->outside + (uint64_t)args->other_mm;
		totals->holds++;
		totals->held_ns += held;
		if (held > totals->longest_hold_ns)
			totals->longest_hold_ns = held;
	}
}

/* What a migration's walks cost is the migration's, too. */
static void add_walk_to_migration(struct builder *b, const struct event *ev,
				  const struct walk_totals *walk)
{
	struct running *running = running_find(b, EPISODE_MIGRATION, (uint64_t)ev->pid, 0);
	struct migration_totals *totals;

	if (!running)
		return;
	totals = &episode_at(b, running->episode)->totals.migration;
	totals->nr_walks++;
	totals->walk_ns += walk->duration_ns;
	if (walk->longest_hold_ns > totals->longest_hold_ns)
		totals->longest_hold_ns = walk->longest_hold_ns;
}

/* A migration that fails tries again and again: of its walks that left mappings the first is told. */
static void walk_is_notable(struct builder *b, const struct event *ev, uint32_t i)
{
	const struct walk_totals *walk = &episode_at(b, i)->totals.walk;
	struct running *migration = running_find(b, EPISODE_MIGRATION, (uint64_t)ev->pid, 0);

	if (walk->longest_hold_ns >= SLOW_HOLD_NS)
		build_notable(b, NOTABLE_SLOW_WALK, 1, walk->longest_hold_ns, episode_ref(i));
	if ((episode_at(b, i)->flags & EPISODE_BEGIN_UNSEEN) || !walk_left_mappings(walk) ||
	    (migration && migration->left))
		return;
	build_notable(b, NOTABLE_WALK_LEFT, 2, (uint64_t)walk->mapcount_after, episode_ref(i));
	if (migration)
		migration->left = true;
}

static void walk_ends(struct builder *b, const struct event *ev)
{
	const struct args_P_WALK_END *args = EVENT_ARGS(ev, P_WALK_END);
	struct running *running = running_get(b, ev, EPISODE_WALK, (uint64_t)args->walk, 0);
	struct walk_totals *totals;
	struct episode *episode;

	if (!running)
		return;
	episode = episode_at(b, running->episode);
	totals = &episode->totals.walk;
	totals->walk_id = (uint64_t)args->walk;
	totals->why = (uint8_t)args->why;
	totals->nr_iteration_total = (uint64_t)args->iterations;
	totals->visited = (uint64_t)args->visited;
	totals->skip_addr_out_of_range = (uint64_t)args->outside;
	totals->skip_mm_mismatch = (uint64_t)args->other_mm;
	totals->skip_invalid = (uint64_t)args->invalid;
	totals->mapcount_after = (int32_t)args->mapcount;
	totals->duration_ns = (uint64_t)args->duration_ns;
	totals->complete = running->nr_offered == totals->nr_iteration_total &&
			   totals->holds == totals->nr_items[0] + totals->nr_items[1] &&
			   !(episode->flags & EPISODE_BEGIN_UNSEEN);
	add_walk_to_migration(b, ev, totals);
	episode_end(b, episode);
	walk_is_notable(b, ev, running->episode);
	running_remove(b, running);
}

/* ---- memory failure ---- */
static void kill_event(struct builder *b, const struct event *ev)
{
	uint64_t pfn = (uint64_t)EVENT_ARGS(ev, P_KILL_BEGIN)->pfn;	/* first in all of them */
	struct running *running = ev->kind == EVENT_P_KILL_BEGIN ?
		running_begin(b, ev, EPISODE_KILL_LIST, pfn, 0) :
		running_get(b, ev, EPISODE_KILL_LIST, pfn, 0);
	struct episode *episode;
	struct kill_totals *totals;

	if (!running)
		return;
	episode = episode_at(b, running->episode);
	totals = &episode->totals.kill;
	totals->pfn = pfn;
	if (ev->kind == EVENT_P_KILL_BEGIN) {
		episode->object = node_ref(b, EVENT_ARGS(ev, P_KILL_BEGIN)->node);
		totals->force_early = EVENT_ARGS(ev, P_KILL_BEGIN)->force_early != 0;
	} else if (ev->kind == EVENT_P_KILL_TASK) {
		mapping_listed(b, EVENT_ARGS(ev, P_KILL_TASK));
		totals->nr_listed++;
		totals->nr_covering += EVENT_ARGS(ev, P_KILL_TASK)->covers != 0;
		totals->nr_mapped += EVENT_ARGS(ev, P_KILL_TASK)->mapped != 0;
	} else {
		totals->nr_tasks = (uint32_t)EVENT_ARGS(ev, P_KILL_END)->nr_tasks;
		totals->duration_ns = (uint64_t)EVENT_ARGS(ev, P_KILL_END)->duration_ns;
		episode_end(b, episode);
		build_notable(b, NOTABLE_KILL_LIST, totals->nr_tasks ? 2 : 1, totals->nr_tasks,
			      episode_ref(running->episode));
		running_remove(b, running);
	}
}

static void recovery_ends(struct builder *b, const struct args_P_RECOVERY_END *args,
			  struct running *running)
{
	struct episode *episode = episode_at(b, running->episode);
	struct recovery_totals *totals = &episode->totals.recovery;

	totals->outcome = (uint8_t)args->outcome;
	totals->moved = (uint32_t)args->moved;
	totals->failed = (uint32_t)args->failed;
	totals->mapcount_after = (int32_t)args->mapcount;
	totals->duration_ns = (uint64_t)args->duration_ns;
	episode_end(b, episode);
	build_notable(b, NOTABLE_RECOVERY, totals->outcome ? 2 : 1, totals->moved,
		      episode_ref(running->episode));
	running_remove(b, running);
}

enum { DUP_CHOSEN = 0, DUP_FAILING = 3 };	/* KSMTOP_DUP_VERDICTS */

static void recovery_dup(struct recovery_totals *totals, const struct args_P_RECOVERY_DUP *args)
{
	totals->nr_dups += args->verdict != DUP_FAILING;
	if (args->verdict == DUP_CHOSEN)		/* a later one is chosen when the copy of this one failed */
		totals->chosen_kpfn = (uint64_t)args->kpfn;
}

static void recovery_event(struct builder *b, const struct event *ev)
{
	uint64_t pfn = (uint64_t)EVENT_ARGS(ev, P_RECOVERY_BEGIN)->pfn;	/* first in all of them */
	struct running *running = ev->kind == EVENT_P_RECOVERY_BEGIN ?
		running_begin(b, ev, EPISODE_RECOVERY, pfn, 0) :
		running_get(b, ev, EPISODE_RECOVERY, pfn, 0);
	struct recovery_totals *totals;
	struct episode *episode;

	if (!running)
		return;
	episode = episode_at(b, running->episode);
	totals = &episode->totals.recovery;
	totals->pfn = pfn;
	switch (ev->kind) {
	case EVENT_P_RECOVERY_BEGIN:
		episode->object = node_ref(b, EVENT_ARGS(ev, P_RECOVERY_BEGIN)->node);
		totals->mapcount_before = (int32_t)EVENT_ARGS(ev, P_RECOVERY_BEGIN)->mapcount;
		totals->waited_ns = (uint64_t)EVENT_ARGS(ev, P_RECOVERY_BEGIN)->waited_ns;
		break;
	case EVENT_P_RECOVERY_SEARCH:
		totals->nr_nodes = (uint64_t)EVENT_ARGS(ev, P_RECOVERY_SEARCH)->nr_nodes;
		totals->search_ns = (uint64_t)EVENT_ARGS(ev, P_RECOVERY_SEARCH)->duration_ns;
		totals->stretch_ns = (uint64_t)EVENT_ARGS(ev, P_RECOVERY_SEARCH)->stretch_ns;
		break;
	case EVENT_P_RECOVERY_DUP:
		recovery_dup(totals, EVENT_ARGS(ev, P_RECOVERY_DUP));
		break;
	case EVENT_P_RECOVERY_MOVE:
		mapping_moved(b, EVENT_ARGS(ev, P_RECOVERY_MOVE));
		break;
	case EVENT_P_RECOVERY_COPY:
		totals->nr_copies++;
		totals->fresh_kpfn = (uint64_t)EVENT_ARGS(ev, P_RECOVERY_COPY)->kpfn;
		break;
	case EVENT_P_RECOVERY_END:
		recovery_ends(b, EVENT_ARGS(ev, P_RECOVERY_END), running);
		break;
	default:
		break;
	}
}

/* ---- huge pages ---- */
enum { STEP_ISOLATED, STEP_COPIED, STEP_FAILED, STEP_ROLLED_BACK, STEP_NONE, NR_STEPS };

static void collapse_event(struct builder *b, const struct event *ev)
{
	/* mm and address come first in all of them. */
	uint64_t mm = (uint64_t)EVENT_ARGS(ev, P_COLLAPSE_BEGIN)->mm;
	uint64_t address = (uint64_t)EVENT_ARGS(ev, P_COLLAPSE_BEGIN)->address;
	struct running *running = ev->kind == EVENT_P_COLLAPSE_BEGIN ?
		running_begin(b, ev, EPISODE_COLLAPSE, mm, address) :
		running_get(b, ev, EPISODE_COLLAPSE, mm, address);
	struct collapse_totals *totals;
	struct episode *episode;

	if (!running)
		return;
	episode = episode_at(b, running->episode);
	totals = &episode->totals.collapse;
	totals->address = address;
	if (ev->kind == EVENT_P_COLLAPSE_BEGIN) {
		episode->object = mm_ref(b, EVENT_ARGS(ev, P_COLLAPSE_BEGIN)->mm);
		totals->hpfn = (uint64_t)EVENT_ARGS(ev, P_COLLAPSE_BEGIN)->hpfn;
		totals->is_shmem = EVENT_ARGS(ev, P_COLLAPSE_BEGIN)->is_shmem != 0;
	} else if (ev->kind == EVENT_P_COLLAPSE_PAGE) {
		uint32_t *const nr[NR_STEPS] = {
			&totals->nr_isolated, &totals->nr_copied, &totals->nr_failed,
			&totals->nr_rolled_back, &totals->nr_none };
		uint64_t step = (uint64_t)EVENT_ARGS(ev, P_COLLAPSE_PAGE)->step;

		if (step < NR_STEPS)
			(*nr[step])++;
	} else {
		totals->result = (int32_t)EVENT_ARGS(ev, P_COLLAPSE_END)->result;
		episode_end(b, episode);
		if (!collapse_is_done(totals))
			build_notable(b, NOTABLE_COLLAPSE_FAILED, totals->nr_failed ? 2 : 0,
				      (uint64_t)totals->result, episode_ref(running->episode));
		running_remove(b, running);
	}
}

/* ---- migration ---- */
static void migration_begins(struct builder *b, const struct event *ev)
{
	const struct args_MM_MIGRATE_PAGES_START *args = EVENT_ARGS(ev, MM_MIGRATE_PAGES_START);
	struct running *running = running_begin(b, ev, EPISODE_MIGRATION, (uint64_t)ev->pid, 0);

	if (!running)
		return;
	running->move = build_move_begins(b, b->seg->base + b->now);
	episode_at(b, running->episode)->totals.migration = (struct migration_totals){
		.mode = (int32_t)args->mode, .reason = (int32_t)args->reason };
}

static void migration_ends(struct builder *b, const struct event *ev)
{
	const struct args_MM_MIGRATE_PAGES *args = EVENT_ARGS(ev, MM_MIGRATE_PAGES);
	struct running *running = running_get(b, ev, EPISODE_MIGRATION, (uint64_t)ev->pid, 0);
	struct migration_totals *totals;
	struct episode *episode;

	if (!running)
		return;
	episode = episode_at(b, running->episode);
	totals = &episode->totals.migration;
	totals->mode = (int32_t)args->mode;
	totals->reason = (int32_t)args->reason;
	totals->succeeded = (uint64_t)args->succeeded;
	totals->failed = (uint64_t)args->failed;
	episode_end(b, episode);
	if (running->move == NO_ID)
		running->move = build_move_begins(b, episode->first);
	build_move_ends(b, running->move, !args->succeeded);
	/* Of other pages migrations fail all the time. */
	if (totals->failed && totals->nr_walks)
		build_notable(b, NOTABLE_MIGRATION_FAILED, 1, totals->failed, episode_ref(running->episode));
	running_remove(b, running);
}

static void page_moves(struct builder *b, const struct event *ev)
{
	struct running *running = running_find(b, EPISODE_MIGRATION, (uint64_t)ev->pid, 0);

	if (running)
		episode_at(b, running->episode)->totals.migration.nr_moved++;
}

void build_episode_event(struct builder *b, const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_KSM_START_SCAN:
		scan_starts(b, ev);
		break;
	case EVENT_KSM_STOP_SCAN:
		scan_stops(b, ev);
		break;
	case EVENT_MM_MIGRATE_PAGES_START:
		migration_begins(b, ev);
		break;
	case EVENT_MM_MIGRATE_PAGES:
		migration_ends(b, ev);
		break;
	case EVENT_P_NODE_KPFN:
		page_moves(b, ev);
		break;
	case EVENT_P_WALK_BEGIN:
		walk_begins(b, ev);
		break;
	case EVENT_P_WALK_END:
		walk_ends(b, ev);
		break;
	default:
		if (ev->kind >= EVENT_P_WALK_ITEM && ev->kind <= EVENT_P_WALK_UNLOCK)
			walk_goes_on(b, ev);
		else if (ev->kind >= EVENT_P_KILL_BEGIN && ev->kind <= EVENT_P_KILL_END)
			kill_event(b, ev);
		else if (ev->kind >= EVENT_P_RECOVERY_BEGIN && ev->kind <= EVENT_P_RECOVERY_END)
			recovery_event(b, ev);
		else if (ev->kind >= EVENT_P_COLLAPSE_BEGIN && ev->kind <= EVENT_P_COLLAPSE_END)
			collapse_event(b, ev);
		break;
	}
}
