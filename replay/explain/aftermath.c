// SPDX-License-Identifier: GPL-2.0-only
/*
 * aftermath.c - what a story tells beyond the episode's own events.
 *
 * Three things that no event of the episode says: how a search for the chain compares with the
 * published figures, who got SIGBUS later, which mappings a walk left behind and when ksmd will
 * find them.  Behind a collapse: aftermath_collapse.c.
 *
 * A signal carries no page.  SIGBUS for touching poison (BUS_MCEERR_AR) is taken to be about this
 * page if the process mapped it when it failed: inferred, and said so.  A process that mapped two
 * failed pages may have touched the other one.  Signals that an observer at the moment asked could
 * not have seen are left out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain/blast.h"
#include "explain/published.h"
#include "explain/stale.h"
#include "explain/teller.h"
#include "explain/words.h"
#include "trace/diag.h"

#define CODE_TOUCHED	4	/* BUS_MCEERR_AR */
#define SIGNALLED_MAX	64u
#define TOLD_SIGNALLED	12u
#define TOLD_LEFT	10u
#define TOLD_TRIED	8u	/* pages of a migration */

static const struct history *history_of(const struct teller *t)
{
	return episode_source(t->e)->history;
}

/* Right before the episode, with what the observer knows. */
static struct moment before(const struct teller *t)
{
	uint64_t at = t->row->fact.born ? t->row->fact.born - 1 : 0;

	return (struct moment){ at, t->when.known_by < at ? at : t->when.known_by };
}

/* ---- figures ---- */
void tell_published(struct teller *t)
{
	const struct recovery_totals *r = &t->row->totals.recovery;
	char took[TIME_MAX], stretch[TIME_MAX], expected[TIME_MAX];
	uint64_t nr_nodes = published_search_nodes(history_of(t), r->nr_nodes, before(t));
	bool doubtful = t->doubtful;

	if (!nr_nodes)
		return;
	if (r->nr_nodes > 1) {
		teller_say(
			t, STORY_NOTE, 0, EVIDENCE_MODELLED,
			"The search visited %" PRIu64 " nodes in %s, at most "
			"%s without a scheduling point. Published for the posted search: 0.9 ms at "
			"17,161 nodes "
			"and 28.8 ms at 1,310,721; at this size that leads to expect %s in one "
			"stretch, on "
			"another machine.",
			r->nr_nodes, explain_time(r->search_ns, took, sizeof(took)),
			explain_time(r->stretch_ns, stretch, sizeof(stretch)),
			explain_time(published_search_ns(r->nr_nodes), expected, sizeof(expected)));
		return;
	}
	t->doubtful |= history_doubts(history_of(t), ALL_NODES, (struct ref){ 0 }, before(t));
	teller_say(t, STORY_NOTE, 0, EVIDENCE_MODELLED,
		   "No search was needed, whatever the size. The posted one would "
		   "have gone through up to %" PRIu64
		   " stable nodes; the published figures (0.9 ms at 17,161, 28.8 ms "
		   "at 1,310,721) lead to expect %s.",
		   nr_nodes,
		   explain_time(published_search_ns(nr_nodes), expected, sizeof(expected)));
	t->doubtful = doubtful;
}

/* ---- later signals ---- */
struct signalled {
	int32_t pid;
	char comm[17];
	uint32_t nr;
	uint64_t first;
	bool mapped;		/* the page, when it failed, as far as is known ... */
	bool sure;		/* ... and that is known for sure */
};

static const struct victim *victim_of(const struct blast *blast, int64_t pid)
{
	for (uint32_t i = 0; i < blast->nr_victims; i++)
		if (blast->victims[i].tgid == pid)
			return &blast->victims[i];
	return NULL;
}

/* SIGBUS for a touch behind event `after`, by process. */
static uint32_t signals_after(const struct teller *t, uint64_t after, const struct blast *blast,
			      struct signalled *list)
{
	const struct history *h = history_of(t);
	uint32_t nr = 0;

	for (int i = history_notable_near(h, after, 1, 0);
	     i >= 0 && (uint32_t)i < history_nr_notables(h); i++) {
		const struct args_SIGNAL_GENERATE *args;
		const struct victim *victim;
		struct notable notable;
		struct event ev;
		uint32_t at = 0;

		if (history_notable(h, (uint32_t)i, &notable) != 0 ||
		    notable.event > t->when.known_by)
			break;
		if (notable.kind != NOTABLE_SIGBUS || notable.event <= after ||
		    event_index_event(episode_source(t->e)->events, notable.event, &ev) != 0 ||
		    ev.kind != EVENT_SIGNAL_GENERATE)
			continue;
		args = EVENT_ARGS(&ev, SIGNAL_GENERATE);
		if (args->code != CODE_TOUCHED)
			continue;
		victim = victim_of(blast, args->pid);
		while (at < nr && list[at].pid != args->pid)
			at++;
		if (at == SIGNALLED_MAX)
			continue;
		if (at == nr) {
			list[nr] = (struct signalled){.pid = (int32_t)args->pid,
						      .first = notable.event,
						      .mapped = victim, .sure = victim && victim->known};
			snprintf(list[nr++].comm, sizeof(list->comm), "%.16s", args->comm);
		}
		list[at].nr++;
	}
	return nr;
}

static uint64_t last_step(const struct teller *t)
{
	uint32_t nr = episode_nr_steps(t->e);

	return nr ? episode_step(t->e, nr - 1)->event : t->row->fact.died;
}

static void tell_signalled(struct teller *t, const struct signalled *s)
{
	bool doubtful = t->doubtful;
	char times[32] = "";

	if (s->nr > 1)
		snprintf(times, sizeof(times), ", %" PRIu32 " times in all", s->nr);
	if (t->row->kind == EPISODE_COLLAPSE)
		teller_say(t, STORY_NOTE, s->first, EVIDENCE_INFERRED,
			   "SIGBUS goes to %s (pid %" PRId32 ") later%s: it "
			   "touched poison. A signal carries no page; that it was one of these is "
			   "inferred.",
			   s->comm, s->pid, times);
	t->doubtful |= !s->sure;
	if (t->row->kind != EPISODE_COLLAPSE)
		teller_say(t, STORY_NOTE, s->first, EVIDENCE_INFERRED,
			   "SIGBUS goes to %s (pid %" PRId32 ") later%s: it "
			   "touched poison. It %s this page when it failed, so it is taken to be this one; "
			   "a signal carries no page.",
			   s->comm, s->pid, times, s->sure ? "mapped" : "may have mapped");
	t->doubtful = doubtful;
}

void tell_signals(struct teller *t)
{
	bool collapse = t->row->kind == EPISODE_COLLAPSE;
	struct signalled list[SIGNALLED_MAX];
	bool whole = t->doubtful;
	uint32_t nr, told = 0, others = 0, more = 0;
	struct blast blast = { 0 };
	struct diag diag;

	/* A collapse that failed for want of a readable page; whose pages is not known, so all are
	 * told. */
	if (collapse ? !t->row->totals.collapse.nr_failed :
	    blast_page(episode_source(t->e), t->row->object, before(t), &blast, &diag) != 0)
		return;
	nr = signals_after(t, last_step(t), &blast, list);
	t->doubtful |= history_may_lack(history_of(t), EVENT_SIGNAL_GENERATE, last_step(t), t->when.known_by,
					t->when.known_by);
	for (uint32_t i = 0; i < nr; i++) {
		if (!list[i].mapped && !collapse)
			others++;
		else if (told++ < TOLD_SIGNALLED)
			tell_signalled(t, &list[i]);
		else
			more++;
	}
	if (more)
		teller_say(t, STORY_NOTE, 0, EVIDENCE_INFERRED,
			   "SIGBUS goes to %" PRIu32 " more of them.", more);
	if (others)
		teller_say(t, STORY_NOTE, 0, EVIDENCE_INFERRED,
			   "SIGBUS later goes to %" PRIu32 " process%s not known to have mapped this page.",
			   others, others == 1 ? "" : "es");
	t->doubtful = whole;
	if (!collapse)
		blast_fini(&blast);
}

/* ---- what a walk left behind ---- */
static bool is_to_unmap(const struct walk_totals *walk)
{
	enum { UNMAP = 1, MIGRATE = 2 };

	return walk->purpose == UNMAP || walk->purpose == MIGRATE;
}

static void tell_entry(struct teller *t, const struct stale_entry *entry, struct moment when)
{
	char mm[NAME_MAX_LENGTH], scans[64] = "";

	if (entry->nr_scans)
		snprintf(scans, sizeof(scans), ", for %" PRIu32 " whole scan%s", entry->nr_scans,
			 plural(entry->nr_scans));
	narrate_name(history_of(t), entry->mm, when, mm, sizeof(mm));
	t->doubtful = entry->doubtful || history_may_lack(history_of(t), EVENT_UNKNOWN, entry->since, when.t,
							  when.known_by);
	teller_say(t, STORY_NOTE, entry->since, EVIDENCE_MODELLED,
		   "%s at 0x%" PRIx64 ": %s%s%s; ksmd repairs it: %s.", mm,
		   entry->address ? entry->address : entry->item_address,
		   stale_kind_text(entry->kind), scans, entry->known ? "" : " (it might not exist)",
		   stale_repair_text(entry->repair));
	t->doubtful = false;
}

/* Which mappings that walk left and why, and what the page's items know of them. */
static void tell_left_by(struct teller *t, const struct episode_row *walk)
{
	const struct episode_source *source = episode_source(t->e);
	struct stale_failure failure;
	struct stale_page page;
	struct moment when = {
		walk->fact.died,
		t->when.known_by < walk->fact.died ? walk->fact.died : t->when.known_by,
	};
	struct diag diag;
	char text[NARRATE_MAX];
	uint32_t told = 0;

	if (stale_explain(source, walk->ref, t->when, &failure, &diag) == 0) {
		stale_failure_text(&failure, text, sizeof(text));
		t->doubtful = stale_failure_doubtful(&failure);
		teller_say(t, STORY_NOTE, walk->fact.died, EVIDENCE_MODELLED, "%s", text);
		stale_failure_fini(&failure);
		t->doubtful = false;
	}
	if (stale_page(source, walk->object, when, &page, &diag) == 0) {
		for (uint32_t i = 0; i < page.nr; i++)
			if (page.entries[i].kind != STALE_REACHED && told++ < TOLD_LEFT)
				tell_entry(t, &page.entries[i], when);
		if (told > TOLD_LEFT)
			teller_say(t, STORY_NOTE, 0, EVIDENCE_MODELLED, "And %" PRIu32 " more.",
				   told - TOLD_LEFT);
		stale_page_fini(&page);
	}
}

void tell_left_behind(struct teller *t)
{
	if (t->row->ended && walk_left_mappings(&t->row->totals.walk))
		tell_left_by(t, t->row);
}

/* The last walk of each page that was to unmap it, and how many there were. */
struct tried { struct episode_row walk; uint32_t nr; };

static uint32_t find_tried(const struct teller *t, struct tried list[TOLD_TRIED])
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < episode_nr_steps(t->e); i++) {
		const struct step *step = episode_step(t->e, i);
		uint32_t at = 0;
		union row row;

		if (step->kind != STEP_WALK || history_row(history_of(t), step->ref, t->when, &row) != 0 ||
		    !row.episode.ended || !is_to_unmap(&row.episode.totals.walk) ||
		    ref_is_none(row.episode.object))
			continue;
		while (at < nr && !ref_equal(list[at].walk.object, row.episode.object))
			at++;
		if (at == TOLD_TRIED)
			continue;
		list[at].walk = row.episode;
		list[at].nr = at == nr ? 1 : list[at].nr + 1;
		nr += at == nr;
	}
	return nr;
}

void tell_failed_walks(struct teller *t)
{
	struct tried list[TOLD_TRIED];
	uint32_t nr = find_tried(t, list);

	for (uint32_t i = 0; i < nr; i++) {
		const struct episode_row *walk = &list[i].walk;
		char node[NAME_MAX_LENGTH];

		if (!walk_left_mappings(&walk->totals.walk))
			continue;
		narrate_name(history_of(t), walk->object, moment_hindsight(walk->fact.born), node, sizeof(node));
		t->doubtful = t->row->fact.doubt != DOUBT_NONE || t->row->begin_lost;
		teller_say(t, STORY_NOTE, walk->fact.died, EVIDENCE_TRACED,
			   "%s (pfn 0x%" PRIx64 ") stayed where it was: %" PRIu32 " walk%s to unmap it, and the "
			   "last left mapcount %" PRId32 ".", node, walk->totals.walk.pfn, list[i].nr,
			   plural(list[i].nr), walk->totals.walk.mapcount_after);
		t->doubtful = false;
		tell_left_by(t, walk);
	}
}

/* ---- who is not on a kill list ---- */

/* Is that process on the list?  *ret_all: every entry that the kernel counted is in the recording. */
static bool is_listed(const struct teller *t, int32_t tgid, bool *ret_all)
{
	int64_t nr = 0, nr_tasks = -1;
	bool listed = false;

	for (uint32_t i = 0; i < episode_nr_steps(t->e); i++) {
		const struct step *step = episode_step(t->e, i);
		struct event ev;

		if ((step->kind != STEP_TASK && step->kind != STEP_END) || episode_step_event(t->e, i, &ev) != 0)
			continue;
		if (ev.kind == EVENT_P_KILL_TASK) {
			nr++;
			listed |= tgid && EVENT_ARGS(&ev, P_KILL_TASK)->tgid == tgid;
		} else if (ev.kind == EVENT_P_KILL_END) {
			nr_tasks = EVENT_ARGS(&ev, P_KILL_END)->nr_tasks;
		}
	}
	*ret_all = nr == nr_tasks;
	return listed;
}

void tell_unlisted(struct teller *t)
{
	struct blast blast;
	struct diag diag;
	uint32_t told = 0;
	bool all;

	if (!t->row->ended || t->row->begin_lost || (is_listed(t, 0, &all), !all) ||
	    blast_page(episode_source(t->e), t->row->object, before(t), &blast, &diag) != 0)
		return;
	for (uint32_t i = 0; i < blast.nr_victims; i++) {
		const struct victim *victim = &blast.victims[i];
		char mm[NAME_MAX_LENGTH];

		/* A process without a known pid may be one of the listed. */
		if (!victim->tgid || is_listed(t, victim->tgid, &all) || told++ >= TOLD_LEFT)
			continue;
		narrate_name(history_of(t), victim->mm, before(t), mm, sizeof(mm));
		t->doubtful = !victim->known;
		teller_say(t, STORY_NOTE, 0, EVIDENCE_INFERRED, "%s %s the page and is not on the list.", mm,
			   victim->known ? "maps" : "may map");
	}
	t->doubtful = false;
	if (told > TOLD_LEFT)
		teller_say(t, STORY_NOTE, 0, EVIDENCE_INFERRED, "Nor are %" PRIu32 " more that map it, or may.",
			   told - TOLD_LEFT);
	blast_fini(&blast);
}
