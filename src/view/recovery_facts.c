// SPDX-License-Identifier: GPL-2.0-only
/*
 * recovery_facts.c - a recovery as it stands under the cursor.
 *
 * Three sources meet here.  The steps say what recovery did; the history says which dups and items
 * there were before and are now; the kill list, an episode of its own, says who was listed and whose
 * pte really mapped the page.  SIGBUS after the kernel's verdict carries no pfn: it is counted for
 * a process that mapped the page, and called what it is, a touch of poison.
 *
 * Everything is counted anew for each picture: O(steps), a recovery has few.
 */
#include "recovery_facts.h"

#include <string.h>

#define SIGBUS_NR 7

/* ---- processes ---- */

static int32_t tgid_of(struct stepping *s, struct ref mm)
{
	union row row;

	if (ref_is_none(mm) || history_row(s->scene.history, mm, moment_hindsight(s->row.fact.born), &row))
		return 0;
	return row.mm.tgid;
}

struct moment recovery_front(const struct stepping *s)
{
	return (struct moment){s->row.fact.born ? s->row.fact.born - 1 : 0, s->open->when.known_by};
}

/* The line of this process; a pid alone finds the one with that number. */
static struct recovery_process *process_of(struct stepping *s, struct recovery_facts *f, struct ref mm,
					   int32_t tgid)
{
	struct recovery_process *fresh;

	for (uint32_t i = 0; i < f->nr_processes; i++)
		if (ref_is_none(mm) ? f->processes[i].tgid == tgid
				    : ref_equal(f->processes[i].mm, mm))
			return &f->processes[i];
	if (f->nr_processes == RECOVERY_PROCESSES_MAX) {
		f->nr_more_processes++;
		return NULL;
	}
	fresh = &f->processes[f->nr_processes++];
	*fresh = (struct recovery_process){.mm = mm, .tgid = tgid ? tgid : tgid_of(s, mm)};
	return fresh;
}

/* Some of the node's items may have left it, or never have been told. */
static bool items_lack(const struct stepping *s, struct ref node, struct moment when)
{
	uint64_t nr, doubtful;

	return history_count(s->scene.history, ITEMS_OF_NODE, node, when, &nr, &doubtful) || doubtful ||
	       !history_is_whole(s->scene.history, ITEMS_OF_NODE, node, when);
}

static void items_before(struct stepping *s, struct recovery_facts *f)
{
	struct history_cursor cursor;
	union row row;

	f->items_lack = s->row.object.table != TABLE_NODE || items_lack(s, s->row.object, recovery_front(s));
	if (s->row.object.table != TABLE_NODE ||
	    history_list(s->scene.history, ITEMS_OF_NODE, s->row.object, recovery_front(s), &cursor))
		return;
	while (history_next(&cursor, &row) == 1) {
		struct recovery_process *process = process_of(s, f, row.item.mm, 0);


		if (process)
			process->nr_items++;
	}
}

/* ---- dups ---- */

static struct recovery_dup *dup_of(struct recovery_facts *f, struct ref node)
{
	for (uint32_t i = 0; i < f->nr_dups; i++)
		if (ref_equal(f->dups[i].node, node))
			return &f->dups[i];
	if (f->nr_dups == RECOVERY_DUPS_MAX) {
		f->nr_more_dups++;
		return NULL;
	}
	f->dups[f->nr_dups] = (struct recovery_dup){.node = node, .before = -1, .now = -1, .verdict = -1};
	return &f->dups[f->nr_dups++];
}

static void dups_at(struct stepping *s, struct recovery_facts *f, struct moment when, bool before)
{
	struct history_cursor cursor;
	union row row;

	if (ref_is_none(f->chain) ||
	    history_list(s->scene.history, DUPS_OF_CHAIN, f->chain, when, &cursor))
		return;
	while (history_next(&cursor, &row) == 1) {
		struct recovery_dup *dup = dup_of(f, row.node.ref);

		if (!dup)
			continue;
		dup->kpfn = row.node.kpfn;
		*(before ? &dup->before : &dup->now) = row.node.nr_items;
		*(before ? &dup->before_lacks : &dup->now_lacks) = items_lack(s, row.node.ref, when);
	}
}

static void list_dups(struct stepping *s, struct recovery_facts *f)
{
	struct moment before = recovery_front(s);
	struct recovery_dup *failing;
	union row row;

	if (s->row.object.table != TABLE_NODE)
		return;
	failing = dup_of(f, s->row.object);
	failing->failing = true;
	failing->kpfn = s->row.totals.recovery.pfn;
	if (!history_row(s->scene.history, s->row.object, before, &row)) {
		failing->before = row.node.nr_items;
		failing->before_lacks = items_lack(s, s->row.object, before);
		f->chain = row.node.chain;
	}
	if (scene_row(&s->scene, s->row.object, &row)) {
		failing->now = row.node.nr_items;
		failing->now_lacks = items_lack(s, s->row.object, s->scene.when);
	}
	dups_at(s, f, before, true);
	dups_at(s, f, s->scene.when, false);
	for (uint32_t i = 0; i < f->nr_dups; i++) {
		f->dups[i].fresh = f->dups[i].before < 0;
		f->dups[i].touched = scene_touched(&s->scene, f->dups[i].node);
	}
}

static void dup_judged(struct recovery_facts *f, const struct event *ev)
{
	const struct args_P_RECOVERY_DUP *args = EVENT_ARGS(ev, P_RECOVERY_DUP);
	enum { FAILING = 3 };	/* KSMTOP_DUP_VERDICTS */

	for (uint32_t i = 0; i < f->nr_dups; i++)
		if (f->dups[i].kpfn == (uint64_t)args->kpfn) {
			f->dups[i].verdict = (int)args->verdict;
			f->dups[i].chosen = args->verdict == 0;
		}
	f->nr_judged += args->verdict != FAILING;
	if (args->verdict == 0)
		f->chosen_kpfn = (uint64_t)args->kpfn;
}

static void searched(struct recovery_facts *f, const struct event *ev)
{
	const struct args_P_RECOVERY_SEARCH *args = EVENT_ARGS(ev, P_RECOVERY_SEARCH);

	f->searched = true;
	f->has_chain = args->chain != 0;
	f->nr_nodes = (uint64_t)args->nr_nodes;
	f->search_ns = (uint64_t)args->duration_ns;
	f->stretch_ns = (uint64_t)args->stretch_ns;
}

/* A copy that failed makes the dup that was chosen no healthy one. */
static void copied(struct recovery_facts *f, const struct event *ev)
{
	const struct args_P_RECOVERY_COPY *args = EVENT_ARGS(ev, P_RECOVERY_COPY);

	f->fresh_kpfn = args->err ? 0 : (uint64_t)args->kpfn;
	if (args->err && args->err != -12)
		f->chosen_kpfn = 0;
	for (uint32_t i = 0; i < f->nr_dups; i++)
		if (f->dups[i].kpfn == (uint64_t)args->from_kpfn && args->err && args->err != -12) {
			f->dups[i].chosen = false;
			f->dups[i].copy_failed = true;
		}
}

/* ---- steps ---- */

static void add_kill_list(struct stepping *s, struct recovery_facts *f, const struct step *step)
{
	struct opened_episode *list;
	struct diag diag = {0};
	struct event ev;

	if (episode_open(episode_source(s->episode), step->ref, stepper_moment(&s->scene), &list, &diag))
		return;
	for (uint32_t i = 0; i < episode_nr_steps(list); i++) {
		const struct step *task = episode_step(list, i);
		struct recovery_process *process;

		if (task->kind != STEP_TASK || task->event > s->scene.when.t ||
		    episode_step_event(list, i, &ev))
			continue;
		process = process_of(s, f, task->ref, (int32_t)EVENT_ARGS(&ev, P_KILL_TASK)->tgid);
		f->nr_listed++;
		if (!process)
			continue;
		process->nr_listed++;
		process->nr_mapped += EVENT_ARGS(&ev, P_KILL_TASK)->mapped != 0;
	}
	episode_close(list);
}

static void add_move(struct stepping *s, struct recovery_facts *f, const struct step *step)
{
	struct recovery_process *process = process_of(s, f, step->ref, 0);

	f->moved += step->verdict < 2;
	f->failed += step->verdict >= 2;
	if (!process)
		return;
	process->moved_fresh += step->verdict == 0;
	process->moved_dup += step->verdict == 1;
	process->failed += step->verdict >= 2;
	process->now = step == s->step;
}

static void add_step(struct stepping *s, struct recovery_facts *f, uint32_t i)
{
	const struct step *step = episode_step(s->episode, i);
	struct recovery_process *process;
	struct event ev;

	switch (step->kind) {
	case STEP_SEARCH:
		if (!episode_step_event(s->episode, i, &ev))
			searched(f, &ev);
		break;
	case STEP_DUP:
		if (!episode_step_event(s->episode, i, &ev))
			dup_judged(f, &ev);
		break;
	case STEP_COPY:
		if (!episode_step_event(s->episode, i, &ev))
			copied(f, &ev);
		break;
	case STEP_NODE:
		f->unlinked |= step->phase == PHASE_UNLINK;
		break;
	case STEP_MOVE:
		add_move(s, f, step);
		break;
	case STEP_KILL_LIST:
		add_kill_list(s, f, step);
		break;
	case STEP_SIGNAL:
		if (episode_step_event(s->episode, i, &ev))
			break;
		process = process_of(s, f, (struct ref){0}, (int32_t)EVENT_ARGS(&ev, SIGNAL_GENERATE)->pid);
		f->nr_told++;
		if (process) {
			process->nr_told++;
			process->now = step == s->step;
		}
		break;
	case STEP_VERDICT:
		f->verdict_given = true;
		break;
	default:
		break;
	}
}

/* SIGBUS between the last step and now: of which page is not said, so of any poisoned one. */
static void add_touches(struct stepping *s, struct recovery_facts *f)
{
	uint64_t last = episode_step(s->episode, episode_nr_steps(s->episode) - 1)->event;
	uint64_t until = session_hindsight(s->scene.session) ? NEVER : s->scene.when.t;
	uint32_t nr = history_nr_notables(s->scene.history);

	for (int i = history_notable_near(s->scene.history, last, 1, 2); i >= 0 && (uint32_t)i < nr; i++) {
		struct notable notable;

		if (history_notable(s->scene.history, (uint32_t)i, &notable) ||
		    notable.event > until)
			break;
		for (uint32_t j = 0; notable.kind == NOTABLE_SIGBUS && j < f->nr_processes; j++)
			if (f->processes[j].tgid > 0 && (uint64_t)f->processes[j].tgid == notable.value)
				f->processes[j].nr_touched++;
	}
}

void recovery_facts(struct stepping *s, struct recovery_facts *ret)
{
	uint32_t nr = episode_nr_steps(s->episode);

	memset(ret, 0, sizeof(*ret));
	ret->lacks = stepping_lacks_now(s);
	ret->lacks_later = ret->lacks || history_may_lack(s->scene.history, EVENT_SIGNAL_GENERATE, s->row.fact.born,
							  s->scene.when.t, s->scene.when.known_by);
	list_dups(s, ret);
	items_before(s, ret);
	for (uint32_t i = 0; i < ret->nr_processes; i++)
		ret->nr_items += ret->processes[i].nr_items;
	/* an item is ksmd's belief, a mapping the fact: a forked child has one and no item */
	ret->nr_expected = s->row.totals.recovery.mapcount_before > 0
				   ? (uint32_t)s->row.totals.recovery.mapcount_before : ret->nr_items;
	for (uint32_t i = 0; i < nr; i++) {
		const struct step *step = episode_step(s->episode, i);

		if (step->phase < NR_PHASES) {
			ret->phases[step->phase].nr++;
			ret->phases[step->phase].done += stepping_done(s, i);
		}
		if (stepping_done(s, i))
			add_step(s, ret, i);
	}
	if (s->step->phase < NR_PHASES && s->where == STEPPING_WITHIN)
		ret->phases[s->step->phase].now = true;
	if (s->row.ended || ret->nr_expected < ret->moved + ret->failed)
		ret->nr_expected = ret->moved + ret->failed;
	add_touches(s, ret);
}
