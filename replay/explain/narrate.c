// SPDX-License-Identifier: GPL-2.0-only
/*
 * narrate.c - one plain sentence for each step of an episode.
 *
 * A sentence is made from the step's own event and the rows around it.  It says what was done and, where
 * a decision was taken, why: the very test of the kernel's source.  Where the event leaves something
 * open (a summed VMA, an item that the history never met) the sentence leaves it open as well.
 *
 * The functions named are those of Linux 6.12; mm/ksm.c unless told otherwise.  What a whole episode
 * comes to is story.c's.
 */
#include "explain/narrate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain/telling.h"
#include "explain/words.h"

static const char *name(const struct telling *t, struct ref ref, char buf[TOLD_NAME_MAX])
{
	return narrate_name(t->h, ref, t->when, buf, TOLD_NAME_MAX);
}

/* One that the history never met goes by its kernel address. */
const char *telling_name(const struct telling *t, struct ref ref, const char *word, int64_t addr,
			 char buf[TOLD_NAME_MAX])
{
	if (name(t, ref, buf)[0] != '?')
		return buf;
	if (addr)
		snprintf(buf, TOLD_NAME_MAX, "%s 0x%" PRIx64, word, (uint64_t)addr);
	else
		snprintf(buf, TOLD_NAME_MAX, "an unknown %s", word);
	return buf;
}

/* ---- walks ---- */
static void walk_begins(struct telling *t)
{
	char node[TOLD_NAME_MAX], purpose[24], rule[24];

	SAY("A walk of %s (pfn 0x%" PRIx64 ") begins, purpose: %s; interval trees are asked by the rule "
	    "\"%s\"; the page's mapcount is %" PRId64 ".",
	    telling_name(t, episode_row(t->e)->object, "stable node", ARGS(P_WALK_BEGIN)->node, node),
	    (uint64_t)ARGS(P_WALK_BEGIN)->pfn,
	    explain_word(WORDS_PURPOSE, ARGS(P_WALK_BEGIN)->purpose, purpose),
	    explain_word(WORDS_RULE, ARGS(P_WALK_BEGIN)->rule, rule), ARGS(P_WALK_BEGIN)->mapcount);
}

static void walk_item(struct telling *t)
{
	const struct args_P_WALK_ITEM *args = ARGS(P_WALK_ITEM);
	const struct hold *hold = episode_hold(t->e, t->step->hold);
	char item[TOLD_NAME_MAX], mm[TOLD_NAME_MAX], waited[TIME_MAX], asked[64];
	struct ref none = { 0 };

	if (args->first == 0 && args->last == -1)
		snprintf(asked, sizeof(asked), "every VMA");
	else
		snprintf(asked, sizeof(asked), "page offset 0x%" PRIx64, (uint64_t)args->first);
	SAY("Pass %" PRId64 ": the anon_vma of %s (%s at 0x%" PRIx64 ") is locked%s%s; its interval tree is "
	    "asked for %s.", args->pass, telling_name(t, t->step->ref, "item", args->item, item),
	    telling_name(t, hold ? hold->mm : none, "mm", args->mm, mm),
	    (uint64_t)args->address, args->waited_ns ? " after waiting " : " at once",
	    args->waited_ns ? explain_time((uint64_t)args->waited_ns, waited, sizeof(waited)) : "", asked);
}

/* Where the item is; its lock may have been taken by an event that was lost. */
static const char *item_place(const struct hold *hold, char buf[32])
{
	if (hold && !hold->begin_lost)
		snprintf(buf, 32, "0x%" PRIx64, hold->address);
	else
		snprintf(buf, 32, "the item's address");
	return buf;
}

static void vma_sentence(struct narration *to, int verdict, int pass, const struct hold *hold, const char *whose,
			 bool answer, int64_t before, int64_t after)
{
	char address[32];

	item_place(hold, address);
	if (verdict == 1)
		snprintf(to->text, sizeof(to->text), "%s lies outside the VMA of %s: skipped.",
			 address, whose);
	else if (verdict == 2 && pass == 1)
		snprintf(to->text, sizeof(to->text), "The VMA covers %s but belongs to %s, not to "
			 "the item's mm: left to pass 2.", address, whose);
	else if (verdict == 2)
		snprintf(to->text, sizeof(to->text), "The VMA covers %s and is of the item's own "
			 "mm, %s: pass 1 has had it.", address, whose);
	else if (verdict == 3)
		snprintf(to->text, sizeof(to->text), "The VMA of %s covers %s but "
			 "rwc->invalid_vma() refuses it.", whose, address);
	else
		snprintf(to->text, sizeof(to->text), "The VMA of %s covers %s and %s: rmap_one() "
			 "visits it, mapcount %" PRId64 " -> %" PRId64 "%s.", whose, address,
			 pass == 1 ? "is of the item's own mm" : "is of another mm, as after a fork",
			 before, after, answer ? "" : ", and ends the walk");
}

/* The VMA's row in its hold, NULL if the rebuilt tree has none there. */
static const struct hold_vma *vma_of(struct telling *t)
{
	const struct hold_vma *vmas;
	uint32_t nr;

	if (t->step->hold == NO_STEP || episode_hold_vmas(t->e, t->step->hold, &vmas, &nr, NULL) != 0)
		return NULL;
	for (uint32_t i = 0; i < nr; i++)
		if (vmas[i].event == t->step->event)
			return &vmas[i];
	return NULL;
}

static void walk_vma(struct telling *t)
{
	const struct args_P_WALK_VMA args = *ARGS(P_WALK_VMA);
	const struct hold *hold = episode_hold(t->e, t->step->hold);
	const struct hold_vma *vma = vma_of(t);
	struct ref none = { 0 };
	char mm[TOLD_NAME_MAX];

	telling_name(t, vma ? vma->vma.mm : none, "mm", args.mm, mm);
	vma_sentence(t->to, (int)args.verdict, (int)args.pass, hold, mm, args.answer != 0,
		     args.mapcount_before, args.mapcount);
}

void narrate_vma(struct opened_episode *episode, const struct hold *hold, const struct hold_vma *vma,
		 struct narration *ret)
{
	struct moment when = moment_hindsight(hold->begin);
	char mm[TOLD_NAME_MAX] = "a process";

	memset(ret, 0, sizeof(*ret));
	if (!ref_is_none(vma->vma.mm))
		narrate_name(episode_source(episode)->history, vma->vma.mm, when, mm, sizeof(mm));
	vma_sentence(ret, vma->verdict, hold->pass, hold, mm, vma->answer, vma->mapcount_before,
		     vma->mapcount_after);
	ret->function = "rmap_walk_ksm";
	ret->file = "mm/ksm.c";
	ret->evidence = vma->evidence;
	ret->doubtful = vma->doubtful;
}

static void walk_unlock(struct telling *t)
{
	const struct args_P_WALK_UNLOCK *args = ARGS(P_WALK_UNLOCK);
	char item[TOLD_NAME_MAX], held[TIME_MAX];
	int at = SAY("The anon_vma of %s is unlocked, after %s", telling_name(t, t->step->ref, "item", args->item, item),
		     explain_time((uint64_t)args->held_ns, held, sizeof(held)));

	if (args->outside || args->other_mm)
		snprintf(t->to->text + at, sizeof(t->to->text) - (size_t)at, "; skipped meanwhile: %" PRId64
			 " VMA%s that do%s not cover the address, %" PRId64 " of the wrong mm for this pass.",
			 args->outside, plural((uint64_t)args->outside), args->outside == 1 ? "es" : "",
			 args->other_mm);
	else
		snprintf(t->to->text + at, sizeof(t->to->text) - (size_t)at, ".");
}

static void walk_ends(struct telling *t)
{
	const struct args_P_WALK_END *args = ARGS(P_WALK_END);
	char why[24], duration[TIME_MAX];

	SAY("The walk ends (%s) after %s: %" PRId64 " VMA%s offered, %" PRId64 " visited, %" PRId64
	    " outside, %" PRId64 " of another mm; the mapcount is %" PRId64 ".",
	    explain_word(WORDS_WALK_END, args->why, why),
	    explain_time((uint64_t)args->duration_ns, duration, sizeof(duration)), args->iterations,
	    plural((uint64_t)args->iterations), args->visited, args->outside, args->other_mm, args->mapcount);
}

static void tell_walk(struct telling *t)
{
	telling_function(t, "rmap_walk_ksm", "mm/ksm.c");
	switch (t->step->kind) {
	case STEP_BEGIN: walk_begins(t); break;
	case STEP_ITEM: walk_item(t); break;
	case STEP_VMA: walk_vma(t); break;
	case STEP_UNLOCK: walk_unlock(t); break;
	default: walk_ends(t); break;
	}
}

/* ---- migrations ---- */
static void migration_walk(struct telling *t)
{
	char buf[TOLD_NAME_MAX], purpose[24];
	union row row;

	name(t, t->step->ref, buf);
	if (history_row(t->h, t->step->ref, t->when, &row) == 0 && row.episode.ended && !row.episode.begin_lost)
		SAY("The page is a KSM page, so its mappings are found by a walk: %s (%s), mapcount %" PRId32
		    " -> %" PRId32 ".", buf, explain_word(WORDS_PURPOSE, row.episode.totals.walk.purpose, purpose),
		    row.episode.totals.walk.mapcount_before, row.episode.totals.walk.mapcount_after);
	else
		SAY("The page is a KSM page, so its mappings are found by a walk: %s.", buf);
}

static void tell_migration(struct telling *t)
{
	char mode[SYMBOL_MAX], reason[SYMBOL_MAX], mm[TOLD_NAME_MAX];
	struct event_index *events = episode_source(t->e)->events;

	telling_function(t, "migrate_pages", "mm/migrate.c");
	switch (t->step->kind) {
	case STEP_BEGIN:
		SAY("A migration of pages begins: mode %s, reason %s.",
		    explain_migrate_mode(events, ARGS(MM_MIGRATE_PAGES_START)->mode, mode),
		    explain_migrate_reason(events, ARGS(MM_MIGRATE_PAGES_START)->reason, reason));
		break;
	case STEP_END:
		SAY("The migration ends: %" PRId64 " page%s moved, %" PRId64 " not.",
		    ARGS(MM_MIGRATE_PAGES)->succeeded, plural((uint64_t)ARGS(MM_MIGRATE_PAGES)->succeeded),
		    ARGS(MM_MIGRATE_PAGES)->failed);
		break;
	case STEP_WALK:
		telling_function(t, "rmap_walk_ksm", "mm/ksm.c");
		migration_walk(t);
		break;
	case STEP_PAGE_MOVED:
		telling_function(t, "folio_migrate_ksm", "mm/ksm.c");
		SAY("The stable node of pfn 0x%" PRIx64 " has pfn 0x%" PRIx64 " now%s.",
		    (uint64_t)ARGS(P_NODE_KPFN)->old_kpfn, (uint64_t)ARGS(P_NODE_KPFN)->kpfn,
		    ARGS(P_NODE_KPFN)->old_nid == ARGS(P_NODE_KPFN)->nid ? "" :
		    ", on another memory node");
		break;
	default:
		if (t->ev->kind == EVENT_SET_MIGRATION_PTE)
			telling_function(t, "try_to_migrate_one", "mm/rmap.c");
		else
			telling_function(t, "remove_migration_pte", "mm/migrate.c");
		SAY(t->ev->kind == EVENT_SET_MIGRATION_PTE ?
		    "The pte%s%s at 0x%" PRIx64 " becomes a migration entry." :
		    "The migration entry%s%s at 0x%" PRIx64 " becomes a pte again.",
		    ref_is_none(t->step->ref) ? "" : " of ",
		    ref_is_none(t->step->ref) ? "" : name(t, t->step->ref, mm),
		    (uint64_t)ARGS(SET_MIGRATION_PTE)->addr);
		break;
	}
}

/* Nothing but its thread, page or address says which one it is of: may that one have ended in a gap, and another begun? */
static bool may_be_another(const struct telling *t, uint64_t known_by)
{
	static const uint16_t ends[NR_EPISODE_KINDS] = {
		[EPISODE_KILL_LIST] = EVENT_P_KILL_END, [EPISODE_RECOVERY] = EVENT_P_RECOVERY_END,
		[EPISODE_COLLAPSE] = EVENT_P_COLLAPSE_END, [EPISODE_MIGRATION] = EVENT_MM_MIGRATE_PAGES,
	};
	const struct episode_row *row = episode_row(t->e);

	return ends[row->kind] && history_nr_losses(t->h) &&
	       history_may_lack(t->h, ends[row->kind], row->fact.born, t->step->event, known_by);
}

int narrate_step(struct opened_episode *episode, uint32_t i, uint64_t known_by, struct narration *ret)
{
	static void (*const tell[NR_EPISODE_KINDS])(struct telling *t) = {
		tell_scan, tell_walk, tell_kill, tell_recovery, tell_collapse, tell_migration };
	struct narration to = { .evidence = EVIDENCE_TRACED };
	struct telling t = { .e = episode, .h = episode_source(episode)->history,
			     .step = episode_step(episode, i), .index = i, .to = &to };
	struct event ev;
	int err = t.step ? episode_step_event(episode, i, &ev) : -2;

	if (err)
		return err;
	t.ev = &ev;
	to.doubtful = may_be_another(&t, known_by);
	t.when = (struct moment){ t.step->event, known_by < t.step->event ? t.step->event : known_by };
	tell[episode_row(episode)->kind](&t);
	*ret = to;
	return 0;
}
