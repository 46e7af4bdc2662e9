// SPDX-License-Identifier: GPL-2.0-only
/*
 * tell_waiters.c - what a walk's story tells of those who waited for the locks that it held.
 *
 * How often, how long in all and at the longest; then who, the task that waited longest first; then the worst few
 * waits, each with what the task did with the lock.  All of them, one by one in their order, only where nothing is
 * folded.
 *
 * A wait whose end the observer does not know counts as one, and has no time.  A task goes by the name that its events
 * were written under.  Who is not told of may have waited all the same: contention.c says when.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "explain/teller.h"
#include "explain/words.h"

#define TOLD_TASKS 4u
#define TOLD_WORST 5u

struct task_waits { int32_t tid; uint32_t nr, nr_open; uint64_t ns, longest_ns; };

/* UINT64_MAX: not over as far as the observer knows. */
static uint64_t time_of(const struct teller *t, const struct waiter *waiter)
{
	return waiter->end && waiter->end <= t->when.known_by ? waiter->end_ns - waiter->begin_ns : UINT64_MAX;
}

static void count(struct task_waits *task, uint64_t ns)
{
	task->nr++;
	if (ns == UINT64_MAX) {
		task->nr_open++;
		return;
	}
	task->ns += ns;
	if (task->longest_ns < ns)
		task->longest_ns = ns;
}

static int by_time(const void *a, const void *b)
{
	const struct task_waits *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns > y->ns ? -1 : 1;
	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

/* "walk-20k (tid 58)" */
static const char *task_name(const struct teller *t, int32_t tid, uint64_t event, char buf[NAME_MAX_LENGTH])
{
	struct event_record record;

	if (event_index_read(episode_source(t->e)->events, event, &record) == 0 && record.pid == tid && record.comm &&
	    record.comm[0] != '<')
		snprintf(buf, NAME_MAX_LENGTH, "%.16s (tid %" PRId32 ")", record.comm, tid);
	else
		snprintf(buf, NAME_MAX_LENGTH, "Thread %" PRId32, tid);
	return buf;
}

/* What it did with the lock; "" where nobody can say. */
static const char *doing_text(const struct teller *t, const struct waiter *waiter)
{
	if (!waiter->doing || waiter->doing > t->when.known_by)
		return "";
	switch (event_index_kind(episode_source(t->e)->events, waiter->doing)) {
	case EVENT_P_VMA_INSERT: return "; then it put a VMA into an interval tree";
	case EVENT_P_VMA_REMOVE: return "; then it took a VMA out of an interval tree";
	case EVENT_P_ANON_VMA_NEW: return "; then it made an anon_vma";
	case EVENT_P_ANON_VMA_FREE: return "; then it freed an anon_vma";
	case EVENT_P_WALK_ITEM:
	case EVENT_P_WALK_VMA: return "; then it walked on, itself";
	case EVENT_CONTENTION_BEGIN: return "; then it waited again";
	default: return "";
	}
}

static void tell_wait(struct teller *t, const struct waiter *waiter)
{
	const struct history *h = episode_source(t->e)->history;
	uint64_t ns = time_of(t, waiter), upto = waiter->doing ? waiter->doing : t->when.known_by;
	char name[NAME_MAX_LENGTH], waited[TIME_MAX];

	t->doubtful = history_may_lack(h, EVENT_UNKNOWN, waiter->begin, upto, t->when.known_by);
	teller_say(t, STORY_TOTAL, waiter->begin, EVIDENCE_TRACED, "%s waited %s for an anon_vma's lock that it held%s%s.",
		   task_name(t, waiter->tid, waiter->begin, name),
		   ns == UINT64_MAX ? "an unknown time" : explain_time(ns, waited, sizeof(waited)),
		   waiter->is_write ? ", to change the tree" : "", doing_text(t, waiter));
}

/* Which come first: the longest, then the earliest; those without an end come last. */
static bool is_worse(const struct teller *t, const struct waiter *x, const struct waiter *y)
{
	uint64_t p = time_of(t, x) + 1, q = time_of(t, y) + 1;

	return p != q ? p > q : x->begin < y->begin;
}

/* The worst ones, in the order in which they began. */
static void tell_worst(struct teller *t, const struct waiter *list, uint32_t nr)
{
	const struct waiter *worst[TOLD_WORST];
	uint32_t nr_worst = 0;

	for (uint32_t i = 0; i < nr; i++) {
		uint32_t at = nr_worst < TOLD_WORST ? nr_worst++ : TOLD_WORST - 1;

		if (at == TOLD_WORST - 1 && i >= TOLD_WORST && !is_worse(t, &list[i], worst[at]))
			continue;
		for (; at > 0 && is_worse(t, &list[i], worst[at - 1]); at--)
			worst[at] = worst[at - 1];
		worst[at] = &list[i];
	}
	for (uint32_t told = 0; told < nr_worst; told++) {
		uint32_t first = NO_STEP;

		for (uint32_t i = 0; i < nr_worst; i++)
			if (worst[i] && (first == NO_STEP || worst[i]->begin < worst[first]->begin))
				first = i;
		tell_wait(t, worst[first]);
		worst[first] = NULL;
	}
}

static const char *waits_text(const struct task_waits *waits, char *buf, size_t size)
{
	char all[TIME_MAX], longest[TIME_MAX];

	if (waits->nr == waits->nr_open)
		snprintf(buf, size, "an unknown time");
	else
		snprintf(buf, size, "%s in all, %s at the longest%s", explain_time(waits->ns, all, sizeof(all)),
			 explain_time(waits->longest_ns, longest, sizeof(longest)),
			 waits->nr_open ? ", without those whose end is not known" : "");
	return buf;
}

static void tell_sums(struct teller *t, const struct waiter *list, uint32_t nr)
{
	struct task_waits all = { 0 }, *tasks = calloc(nr, sizeof(*tasks));
	char name[NAME_MAX_LENGTH], text[160];
	uint32_t nr_tasks = 0;

	for (uint32_t i = 0; tasks && i < nr; i++) {
		uint32_t at = 0;

		while (at < nr_tasks && tasks[at].tid != list[i].tid)
			at++;
		nr_tasks += at == nr_tasks;
		tasks[at].tid = list[i].tid;
		count(&tasks[at], time_of(t, &list[i]));
		count(&all, time_of(t, &list[i]));
	}
	if (!tasks)
		return;
	qsort(tasks, nr_tasks, sizeof(*tasks), by_time);
	teller_say(t, STORY_TOTAL, 0, EVIDENCE_TRACED, "%s waited %" PRIu32 " times for locks that it held: %s.",
		   nr_tasks > 1 ? "Others" : task_name(t, list[0].tid, list[0].begin, name), all.nr,
		   waits_text(&all, text, sizeof(text)));
	for (uint32_t i = nr_tasks > 1 ? 0 : 1; i < nr_tasks && (i < TOLD_TASKS || t->all); i++) {
		uint32_t first = 0;

		while (list[first].tid != tasks[i].tid)
			first++;
		teller_say(t, STORY_TOTAL, 0, EVIDENCE_TRACED, "%s waited %" PRIu32 " time%s: %s.",
			   task_name(t, tasks[i].tid, list[first].begin, name), tasks[i].nr, plural(tasks[i].nr),
			   waits_text(&tasks[i], text, sizeof(text)));
	}
	if (nr_tasks > TOLD_TASKS && !t->all)
		teller_say(t, STORY_TOTAL, 0, EVIDENCE_TRACED, "So did %" PRIu32 " more task%s.", nr_tasks - TOLD_TASKS,
			   plural(nr_tasks - TOLD_TASKS));
	free(tasks);
}

void tell_waiters(struct teller *t)
{
	const struct waiter *list;
	uint32_t nr;

	if (episode_waiters(t->e, &list, &nr) != 0)
		return;
	while (nr && list[nr - 1].begin > t->when.known_by)
		nr--;
	if (!nr)
		return;
	t->doubtful = t->row->fact.doubt != DOUBT_NONE || t->row->begin_lost || t->row->end_lost ||
		      history_may_lack(episode_source(t->e)->history, EVENT_UNKNOWN, list[0].begin,
				       list[nr - 1].end ? list[nr - 1].end : list[nr - 1].begin, t->when.known_by);
	if (nr > 1)
		tell_sums(t, list, nr);
	if (t->all)
		for (uint32_t i = 0; i < nr; i++)
			tell_wait(t, &list[i]);
	else
		tell_worst(t, list, nr);
	t->doubtful = false;
}
