// SPDX-License-Identifier: GPL-2.0-only
/*
 * story.c - an episode from its beginning to what it came to, line by line.
 *
 * A walk of 200 items is a thousand steps that are all alike.  The story tells the first of a kind and
 * says how many more there were; what it leaves out is counted by what it is, never dropped, and told when
 * all is asked for.  Behind the steps stand
 * the totals, under the names that the kernel mails use, who waited meanwhile, and for a walk what the
 * other rules would have come to (modelled, M).
 *
 * Whoever asks at a moment inside the episode is told the steps up to it.
 *
 * Whatever makes the whole doubtful is a note of its own.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain/teller.h"
#include "explain/whatif.h"
#include "explain/words.h"
#include "trace/array.h"
#include "trace/diag.h"

#define TOLD_HOLDS	6u	/* of a walk that are told one by one */
#define TOLD_ALIKE	3u	/* steps of one kind in a row */
#define TOLD_SCAN_WHOLE	64u	/* a scan of so many steps */
#define TOLD_SCAN	10u	/* the first steps of a longer one */
#define TOLD_TURNS	48u	/* of its turning points */
#define SCAN_OUTCOMES	32
#define NO_HEALTHY_DUP	2	/* KSMTOP_RECOVERY_OUTCOMES */
#define PARTIAL		4
#define TOLD_MISSED	20u

static void tell_step(struct teller *t, uint32_t i)
{
	struct story_line line = { .part = STORY_STEP, .step = i };

	if (t->ret || narrate_step(t->e, i, episode_moment(t->e).known_by, &line.narration) != 0)
		return;
	line.event = episode_step(t->e, i)->event;
	teller_hand_over(t, &line);
}

/* Does it go on behind the moment asked?  Else its end, if there is none, is not in the recording. */
static bool goes_on(const struct teller *t)
{
	return t->when.known_by < history_episode_seen(episode_source(t->e)->history, t->row->ref);
}

/* What is counted over its events lacks those that were lost. */
static bool lacks_events(const struct teller *t)
{
	return t->row->fact.doubt != DOUBT_NONE || t->row->begin_lost ||
	       (!t->row->ended && history_may_lack(episode_source(t->e)->history, EVENT_UNKNOWN, t->row->fact.born,
						   t->when.known_by, t->when.known_by));
}

/* ---- title ---- */
static void title(struct teller *t)
{
	const struct episode_source *source = episode_source(t->e);
	char object[NAME_MAX_LENGTH], duration[TIME_MAX] = "";
	struct event_record record;
	const char *comm = t->row->comm;
	uint64_t took_ns;

	narrate_name(source->history, t->row->object, moment_hindsight(t->row->fact.born), object,
		     sizeof(object));
	if (!comm[0] && t->row->fact.born &&
	    event_index_read(source->events, t->row->fact.born, &record) == 0)
		comm = record.comm;
	if (t->row->begin_ns && episode_duration(t->row, &took_ns))
		explain_time(took_ns, duration, sizeof(duration));
	/* A walk has a number; others may have lost their end, and the next its begin. */
	t->doubtful = t->row->kind != EPISODE_WALK && t->row->kind != EPISODE_SCAN && lacks_events(t);
	teller_say(t, STORY_TITLE, t->row->fact.born, EVIDENCE_TRACED,
	     "Episode %" PRIu32 ": %s%s%s by %s%stid %" PRId32 "%s%s%s", t->row->number,
	     episode_word(t->row->kind), ref_is_none(t->row->object) ? "" : " of ",
	     ref_is_none(t->row->object) ? "" : object, comm, comm[0] ? " (" : "", t->row->tid, comm[0] ? ")" : "",
	     duration[0] ? ", " : t->row->ended ? ", without a beginning" : goes_on(t) ? ", which goes on" :
	     ", without an end", duration);
	t->doubtful = false;
}

/* ---- steps ---- */
/* How many there are up to the moment asked. */
static uint32_t nr_steps(const struct teller *t)
{
	return (uint32_t)BISECT(0, episode_nr_steps(t->e), i,
				episode_step(t->e, (uint32_t)i)->event <= t->when.known_by);
}

static void tell_hold(struct teller *t, const struct hold *hold, uint32_t nr)
{
	for (uint32_t i = hold->first_step; i < hold->first_step + hold->nr_steps && i < nr; i++)
		tell_step(t, i);
}

static void walk_steps(struct teller *t)
{
	uint32_t nr = nr_steps(t);
	uint64_t offered = 0, visited = 0, skipped = 0, last = 0;
	uint32_t nr_holds = episode_nr_holds(t->e), told = 0, folded = 0;

	/* The event that began it may have been lost. */
	if (nr && episode_step(t->e, 0)->hold == NO_STEP)
		tell_step(t, 0);
	for (uint32_t i = 0; i < nr_holds; i++) {
		const struct hold *hold = episode_hold(t->e, i);

		if (hold->begin > t->when.known_by)
			break;
		/* One that runs at the moment has no sums yet. */
		if (t->all || nr_holds <= 2 * TOLD_HOLDS || (told < TOLD_HOLDS && hold->nr_visited) ||
		    hold->end > t->when.known_by) {
			tell_hold(t, hold, nr);
			told++;
			continue;
		}
		folded++;
		last = hold->begin;
		offered += hold->nr_offered;
		visited += hold->nr_visited;
		skipped += hold->nr_outside + hold->nr_other_mm + hold->nr_invalid;
	}
	t->doubtful = lacks_events(t);
	if (folded)
		teller_say(t, STORY_STEP, last, EVIDENCE_TRACED,
		     "%" PRIu32 " more time%s an item's anon_vma is locked: %" PRIu64 " VMA%s offered, %" PRIu64
		     " visited, %" PRIu64 " skipped.", folded, plural(folded), offered, plural(offered), visited,
		     skipped);
	t->doubtful = false;
	if (t->row->ended && episode_nr_steps(t->e) > 1)
		tell_step(t, episode_nr_steps(t->e) - 1);
}

/* What a step of a scan is called when it is only counted. */
static const char *scanned_word(uint8_t kind)
{
	switch (kind) {
	case EVENT_P_ITEM_NEW: return "items made";
	case EVENT_P_ITEM_FREE: return "items freed";
	case EVENT_P_ITEM_UNSTABLE: return "items put into the unstable tree";
	case EVENT_P_ITEM_SCAN: return "pages scanned";
	case EVENT_P_ITEM_APPEND: return "items merged";
	case EVENT_P_ITEM_DETACH: return "items taken out of a tree";
	case EVENT_P_SCAN_SUM: return "sums of a process";
	case EVENT_P_NODE_INSERT: return "stable nodes put into a tree";
	case EVENT_P_NODE_ERASE: return "stable nodes taken out of a tree";
	case EVENT_P_NODE_FREE: return "stable nodes freed";
	case EVENT_P_CHAIN_MAKE: return "chains made";
	case EVENT_P_CHAIN_COLLAPSE: return "chains with one dup left";
	case EVENT_P_CHAIN_FREE: return "chains freed";
	case EVENT_P_DUP_ADD: return "dups that join a chain";
	case EVENT_P_DUP_DEL: return "dups that leave their chain";
	case EVENT_P_DUP_HEAD: return "dups moved to the head";
	case EVENT_P_MIGRATE_ADD: return "stable nodes put on the migrate list";
	case EVENT_P_MIGRATE_DEL: return "stable nodes taken off the migrate list";
	case EVENT_KSM_MERGE_WITH_KSM_PAGE: return "pages tried to merge";
	case EVENT_KSM_MERGE_ONE_PAGE: return "empty pages";
	case EVENT_KSM_REMOVE_KSM_PAGE: return "KSM pages gone";
	case EVENT_KSM_REMOVE_RMAP_ITEM: return "items of stable nodes that go";
	default: return "other steps";
	}
}

struct folded { uint64_t nr[NR_EVENT_KINDS], all, event; };

/* What was left out since the last step that was told, counted by what it is. */
static void tell_folded(struct teller *t, struct folded *folded)
{
	char list[NARRATE_MAX - 64];
	size_t at = 0;

	if (!folded->all)
		return;
	for (uint32_t kind = 0; kind < NR_EVENT_KINDS && at < sizeof(list); kind++)
		if (folded->nr[kind])
			at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s: %" PRIu64, at ? ", " : "",
					       scanned_word((uint8_t)kind), folded->nr[kind]);
	t->doubtful = lacks_events(t);
	teller_say(t, STORY_STEP, folded->event, EVIDENCE_TRACED, "%" PRIu64 " more event%s; %s.", folded->all,
		   plural(folded->all), list);
	t->doubtful = false;
	*folded = (struct folded){ 0 };
}

/*
 * A short scan whole.  Of a long one, whose thousands of items are alike, the first steps, those that its story
 * turns on while they are not too many, and its end.
 */
static void scan_steps(struct teller *t)
{
	uint32_t nr = nr_steps(t), turns = 0;
	struct folded folded = { 0 };

	for (uint32_t i = 0; i < nr; i++) {
		const struct step *step = episode_step(t->e, i);
		/* Sums come for every process. */
		bool turn = step->flags & STEP_TURN &&
			    turns < (step->verdict == EVENT_P_SCAN_SUM ? TOLD_TURNS / 2 : TOLD_TURNS);

		if (t->all || nr <= TOLD_SCAN_WHOLE || i < TOLD_SCAN || i + 1 == nr || turn) {
			tell_folded(t, &folded);
			tell_step(t, i);
			turns += i >= TOLD_SCAN && turn;
			continue;
		}
		if (!folded.all)
			folded.event = step->event;
		folded.nr[step->verdict] += step->nr;
		folded.all += step->nr;
	}
	tell_folded(t, &folded);
}

/* The walk that is a step; false for other steps. */
static bool walked(const struct teller *t, const struct step *step, struct episode_row *ret)
{
	union row row;

	if (step->kind != STEP_WALK ||
	    history_row(episode_source(t->e)->history, step->ref, t->when, &row) != 0)
		return false;
	*ret = row.episode;
	return true;
}

/* Did it go as it should?  What failed is told one by one. */
static bool has_failed(const struct step *step)
{
	return (step->kind == STEP_MOVE && step->verdict == MOVE_FAILED) || (step->kind == STEP_COPY && step->verdict);
}

/* Is it of the same kind as the step before, so that one need not tell it?  A migration tries a page again. */
static bool alike(const struct teller *t, const struct step *a, const struct step *b)
{
	struct episode_row x, y;

	if (a->kind != b->kind || a->verdict != b->verdict || has_failed(a))
		return false;
	if (a->kind == STEP_WALK)
		return t->row->kind == EPISODE_MIGRATION && walked(t, a, &x) && walked(t, b, &y) &&
		       !ref_is_none(x.object) && ref_equal(x.object, y.object) &&
		       x.totals.walk.mapcount_after == y.totals.walk.mapcount_after;
	return a->kind == STEP_PAGE || a->kind == STEP_TASK || a->kind == STEP_MOVE || a->kind == STEP_ITEM_MOVED ||
	       a->kind == STEP_PTE;
}

static const char *alike_words(const struct step *step)
{
	static const char *const pages[] = { "pages isolated", "pages copied", "pages that could not be copied",
					     "pages put back", "pages with nothing to copy" };

	switch (step->kind) {
	case STEP_PAGE: return step->verdict < sizeof(pages) / sizeof(pages[0]) ? pages[step->verdict] : "pages";
	case STEP_TASK: return step->verdict ? "tasks whose pte maps the page" :
				"tasks whose pte does not map the page";
	case STEP_MOVE: return "mappings moved";
	case STEP_ITEM_MOVED: return "changes of an item's stable node";
	case STEP_PTE: return "ptes changed";
	default: return "walks of the page, which left the same mapcount";
	}
}

static void other_steps(struct teller *t)
{
	uint32_t nr = nr_steps(t), end;

	for (uint32_t i = 0; i < nr; i = end) {
		for (end = i + 1; end < nr; end++)
			if (!alike(t, episode_step(t->e, i), episode_step(t->e, end)))
				break;
		for (uint32_t j = i; j < end && (j < i + TOLD_ALIKE || end - i <= TOLD_ALIKE + 2 || t->all); j++)
			tell_step(t, j);
		if (end - i > TOLD_ALIKE + 2 && !t->all) {
			t->doubtful = lacks_events(t);
			teller_say(t, STORY_STEP, episode_step(t->e, i + TOLD_ALIKE)->event, EVIDENCE_TRACED,
				   "%" PRIu32 " more %s.", end - i - TOLD_ALIKE - 1, alike_words(episode_step(t->e, i)));
			t->doubtful = false;
			tell_step(t, end - 1);
		}
	}
}

/* ---- totals ---- */
static void missed(struct teller *t, const struct whatif_result *result, enum walk_rule rule)
{
	for (uint32_t i = 0; i < result->nr_missed && i < TOLD_MISSED; i++) {
		const struct mapped *place = result->missed[i];
		char mm[NAME_MAX_LENGTH];

		narrate_name(episode_source(t->e)->history, place->mm,
			     moment_hindsight(t->row->fact.born), mm, sizeof(mm));
		t->doubtful = result->doubtful || place->doubtful;
		teller_say(t, STORY_TOTAL, 0, EVIDENCE_MODELLED, "The rule \"%s\" misses the %s of %s at 0x%"
		     PRIx64 "%s.", walk_rule_name(rule), t->row->totals.walk.purpose == PURPOSE_MIGRATED ? "migration entry" : "mapping",
		     mm, place->address,
		     ref_is_none(place->item) ? ", which no rmap_item is known to lead to" : "");
	}
	t->doubtful = result->doubtful;
	if (result->nr_missed > TOLD_MISSED)
		teller_say(t, STORY_TOTAL, 0, EVIDENCE_MODELLED, "It misses %" PRIu32 " more.",
		     result->nr_missed - TOLD_MISSED);
}

static void rules(struct teller *t)
{
	struct diag diag;
	struct whatif *w;

	/* The model is of the whole walk: what comes of it is not known yet. */
	if (ref_is_none(t->row->object) || goes_on(t) ||
	    whatif_walk(episode_source(t->e), t->row->ref, t->when, ALL_RULES, &w, &diag) != 0)
		return;
	for (enum walk_rule rule = 0; rule < NR_RULES; rule++) {
		const struct whatif_result *result = &w->rules[rule];

		t->doubtful = result->doubtful;
		teller_say(t, STORY_TOTAL, 0, EVIDENCE_MODELLED, "Under the rule \"%s\"%s: %" PRIu64
		     " VMA%s offered, %" PRIu64 " visited, %" PRIu32 " known mapping%s missed%s.",
		     walk_rule_name(rule), !result->is_recorded ? "" : result->agrees ?
		     " (as recorded; the model agrees exactly)" : " (as recorded; the model differs)",
		     result->nr_iteration_total, plural(result->nr_iteration_total), result->visited,
		     result->nr_missed, plural(result->nr_missed),
		     result->nr_maybe ? ", and others that might exist" : "");
		missed(t, result, rule);
	}
	t->doubtful = w->mappings.untold;
	if (w->mappings.nr_beyond)
		teller_say(t, STORY_NOTE, 0, EVIDENCE_INFERRED, "The page has at least %" PRIu32
		     " mapping%s that no rmap_item is known to lead to.", w->mappings.nr_beyond,
		     plural(w->mappings.nr_beyond));
	t->doubtful = false;
	whatif_free(w);
}

static void walk_totals(struct teller *t)
{
	const struct walk_totals *w = &t->row->totals.walk;
	char duration[TIME_MAX], longest[TIME_MAX], held[TIME_MAX], waited[TIME_MAX], before[16] = "?";
	/* The kernel's end has the counts and the duration; locks are summed over the events that are there. */
	const char *seen = w->complete && !t->row->begin_lost ? "" : ", as far as its events are there";

	if (!t->row->begin_lost)
		snprintf(before, sizeof(before), "%" PRId32, w->mapcount_before);
	if (t->row->ended) {
		teller_say(t, STORY_TOTAL, 0, EVIDENCE_TRACED, "Nr_iteration_total %" PRIu64
		     ", Skip_addr_out_of_range %" PRIu64 ", Skip_mm_mismatch %" PRIu64 ", invalid %" PRIu64
		     ", visited %" PRIu64 ".", w->nr_iteration_total, w->skip_addr_out_of_range,
		     w->skip_mm_mismatch, w->skip_invalid, w->visited);
		t->doubtful = lacks_events(t);
		teller_say(t, STORY_TOTAL, 0, EVIDENCE_TRACED, "Duration %s; an anon_vma's lock was held %" PRIu32
		     " time%s, %s at the longest, %s in all, and waited for %s%s; mapcount %s -> %" PRId32 ".",
		     explain_time(w->duration_ns, duration, sizeof(duration)), w->holds, plural(w->holds),
		     explain_time(w->longest_hold_ns, longest, sizeof(longest)),
		     explain_time(w->held_ns, held, sizeof(held)),
		     explain_time(w->waited_ns, waited, sizeof(waited)), seen, before, w->mapcount_after);
		t->doubtful = false;
	}
	tell_waiters(t);
	rules(t);
	tell_left_behind(t);
}

static void recovery_totals(struct teller *t)
{
	const struct recovery_totals *r = &t->row->totals.recovery;
	char outcome[24], pfn[48] = "no dup", before[16] = "?", dups[112];

	if (!t->row->ended)
		return;
	if (r->chosen_kpfn)
		snprintf(pfn, sizeof(pfn), "pfn 0x%" PRIx64, r->chosen_kpfn);
	if (!t->row->begin_lost)
		snprintf(before, sizeof(before), "%" PRId32, r->mapcount_before);
	if (t->row->begin_lost)
		snprintf(dups, sizeof(dups), "which dups were looked at is not in the recording");
	else
		snprintf(dups, sizeof(dups), "%" PRIu32 " other dup%s looked at, %s chosen%s", r->nr_dups, plural(r->nr_dups),
			 pfn, r->outcome == NO_HEALTHY_DUP && r->chosen_kpfn ? " and found unreadable" : "");
	teller_say(t, STORY_TOTAL, 0, EVIDENCE_TRACED, "Outcome: %s%s; %s, %"
	     PRIu32 " mapping%s moved, %" PRIu32 " not; mapcount %s -> %" PRId32 ".",
	     explain_word(WORDS_OUTCOME, r->outcome, outcome),
	     r->outcome == PARTIAL && !r->failed ? " (or swap entries led to the page)" : "", dups, r->moved,
	     plural(r->moved), r->failed, before, r->mapcount_after);
	tell_published(t);
	tell_signals(t);
}

/* What the scan came to, page by page or as ksmd summed it for each process. */
static void scan_totals(struct teller *t)
{
	uint64_t sums[SCAN_OUTCOMES] = { 0 }, items[SCAN_OUTCOMES] = { 0 }, *nr = items;
	uint32_t nr_told = nr_steps(t);

	for (uint32_t i = 0; i < nr_told; i++) {
		const struct step *step = episode_step(t->e, i);

		if (step->kind != STEP_SCANNED || (step->verdict != EVENT_P_ITEM_SCAN &&
						   step->verdict != EVENT_P_SCAN_SUM))
			continue;
		for (uint64_t n = step->event; n <= step->last_event && n <= t->when.known_by; n++) {
			struct event ev;

			if (event_index_event(episode_source(t->e)->events, n, &ev) != 0 || ev.pid != t->row->tid)
				continue;
			if (ev.kind == EVENT_P_ITEM_SCAN &&
			    (uint64_t)EVENT_ARGS(&ev, P_ITEM_SCAN)->outcome < SCAN_OUTCOMES)
				items[EVENT_ARGS(&ev, P_ITEM_SCAN)->outcome]++;
			if (ev.kind == EVENT_P_SCAN_SUM &&
			    (uint64_t)EVENT_ARGS(&ev, P_SCAN_SUM)->outcome < SCAN_OUTCOMES) {
				sums[EVENT_ARGS(&ev, P_SCAN_SUM)->outcome] +=
					(uint64_t)EVENT_ARGS(&ev, P_SCAN_SUM)->nr;
				nr = sums;
			}
		}
	}
	for (int i = 0; i < SCAN_OUTCOMES; i++) {
		char word[24];

		if (nr[i])
			teller_say(t, STORY_TOTAL, 0, EVIDENCE_TRACED, "Pages scanned with the outcome \"%s\": %"
				   PRIu64 ".", explain_word(WORDS_SCAN, i, word), nr[i]);
	}
}

static void totals(struct teller *t)
{
	const struct collapse_totals *c = &t->row->totals.collapse;
	const struct migration_totals *m = &t->row->totals.migration;
	const struct kill_totals *k = &t->row->totals.kill;

	t->doubtful = t->row->kind != EPISODE_WALK && lacks_events(t);
	if (t->row->kind == EPISODE_WALK)
		walk_totals(t);
	else if (t->row->kind == EPISODE_SCAN)
		scan_totals(t);
	else if (t->row->kind == EPISODE_RECOVERY)
		recovery_totals(t);
	else if (t->row->kind == EPISODE_COLLAPSE && t->row->ended)
		teller_say(t, STORY_TOTAL, 0, EVIDENCE_TRACED, "%" PRIu32 " page%s isolated, %" PRIu32 " copied, %"
		     PRIu32 " failed, %" PRIu32 " put back, %" PRIu32 " empty.", c->nr_isolated,
		     plural(c->nr_isolated), c->nr_copied, c->nr_failed, c->nr_rolled_back, c->nr_none);
	else if (t->row->kind == EPISODE_MIGRATION && t->row->ended)
		teller_say(t, STORY_TOTAL, 0, EVIDENCE_TRACED, "%" PRIu64 " page%s moved, %" PRIu64 " not; %" PRIu32
		     " walk%s of KSM pages, %" PRIu32 " stable node%s with a new page.", m->succeeded,
		     plural(m->succeeded), m->failed, m->nr_walks, plural(m->nr_walks), m->nr_moved,
		     plural(m->nr_moved));
	else if (t->row->kind == EPISODE_KILL_LIST && t->row->ended)
		teller_say(t, STORY_TOTAL, 0, EVIDENCE_TRACED, "%" PRIu32 " on the list; the VMAs of %" PRIu32
		     " cover the address, the ptes of %" PRIu32 " map the page.", k->nr_listed,
		     k->nr_covering, k->nr_mapped);
	t->doubtful = false;
}

static void notes(struct teller *t)
{
	if (t->row->kind == EPISODE_COLLAPSE) {
		tell_owners(t);
		tell_signals(t);
	}
	if (t->row->kind == EPISODE_MIGRATION || t->row->kind == EPISODE_RECOVERY)
		tell_failed_walks(t);
	if (t->row->kind == EPISODE_KILL_LIST)
		tell_unlisted(t);
	if (t->row->begin_lost)
		teller_say(t, STORY_NOTE, 0, EVIDENCE_TRACED, "Its beginning is not in the recording.");
	if (!t->row->ended)
		teller_say(t, STORY_NOTE, 0, EVIDENCE_TRACED, goes_on(t) ?
			   "It has not ended by then: the totals are unknown." :
			   "Its end is not in the recording: the totals are unknown.");
	if (t->row->fact.doubt == DOUBT_LOSS)
		teller_say(t, STORY_NOTE, 0, EVIDENCE_TRACED,
		     "Events were lost while it ran: steps may be missing.");
	if (t->row->kind == EPISODE_WALK && t->row->ended && !t->row->totals.walk.complete)
		teller_say(t, STORY_NOTE, 0, EVIDENCE_TRACED,
		     "Its events do not add up to the kernel's own counts: some were lost or not recorded.");
}

static int tell(const struct episode_source *source, struct ref episode, struct moment when, bool all, story_fn fn,
		void *arg, struct diag *diag)
{
	struct teller t = { .when = when, .all = all, .fn = fn, .arg = arg };
	int ret = all ? episode_open_unfolded(source, episode, when, &t.e, diag) :
			episode_open(source, episode, when, &t.e, diag);

	if (ret)
		return ret;
	t.row = episode_row(t.e);
	title(&t);
	if (t.row->kind == EPISODE_WALK)
		walk_steps(&t);
	else if (t.row->kind == EPISODE_SCAN)
		scan_steps(&t);
	else
		other_steps(&t);
	totals(&t);
	notes(&t);
	episode_close(t.e);
	return t.ret;
}

int story_tell(const struct episode_source *source, struct ref episode, struct moment when, story_fn fn,
	       void *arg, struct diag *diag)
{
	return tell(source, episode, when, false, fn, arg, diag);
}

int story_tell_all(const struct episode_source *source, struct ref episode, struct moment when, story_fn fn,
		   void *arg, struct diag *diag)
{
	return tell(source, episode, when, true, fn, arg, diag);
}
