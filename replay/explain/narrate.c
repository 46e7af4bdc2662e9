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

#define NAME_MAX_LENGTH 64

static const char *name(const struct telling *t, struct ref ref, char buf[NAME_MAX_LENGTH])
{
	return narrate_name(t->h, ref, t->when, buf, NAME_MAX_LENGTH);
}

/* One that the history never met goes by its kernel address. */
static const char *named(const struct telling *t, struct ref ref, const char *word, int64_t addr,
			 char buf[NAME_MAX_LENGTH])
{
	if (name(t, ref, buf)[0] != '?')
		return buf;
	if (addr)
		snprintf(buf, NAME_MAX_LENGTH, "%s 0x%" PRIx64, word, (uint64_t)addr);
	else
		snprintf(buf, NAME_MAX_LENGTH, "an unknown %s", word);
	return buf;
}

/* ---- walks ---- */
static void walk_begins(struct telling *t)
{
	char node[NAME_MAX_LENGTH], purpose[24], rule[24];

	SAY("A walk of %s (pfn 0x%" PRIx64 ") begins, purpose: %s; interval trees are asked by the rule "
	    "\"%s\"; the page's mapcount is %" PRId64 ".",
	    named(t, episode_row(t->e)->object, "stable node", ARGS(P_WALK_BEGIN)->node, node),
	    (uint64_t)ARGS(P_WALK_BEGIN)->pfn,
	    explain_word(WORDS_PURPOSE, ARGS(P_WALK_BEGIN)->purpose, purpose),
	    explain_word(WORDS_RULE, ARGS(P_WALK_BEGIN)->rule, rule), ARGS(P_WALK_BEGIN)->mapcount);
}

static void walk_item(struct telling *t)
{
	const struct args_P_WALK_ITEM *args = ARGS(P_WALK_ITEM);
	const struct hold *hold = episode_hold(t->e, t->step->hold);
	char item[NAME_MAX_LENGTH], mm[NAME_MAX_LENGTH], waited[TIME_MAX], asked[64];
	struct ref none = { 0 };

	if (args->first == 0 && args->last == -1)
		snprintf(asked, sizeof(asked), "every VMA");
	else
		snprintf(asked, sizeof(asked), "page offset 0x%" PRIx64, (uint64_t)args->first);
	SAY("Pass %" PRId64 ": the anon_vma of %s (%s at 0x%" PRIx64 ") is locked%s%s; its interval tree is "
	    "asked for %s.", args->pass, named(t, t->step->ref, "item", args->item, item),
	    named(t, hold ? hold->mm : none, "mm", args->mm, mm),
	    (uint64_t)args->address, args->waited_ns ? " after waiting " : " at once",
	    args->waited_ns ? explain_time((uint64_t)args->waited_ns, waited, sizeof(waited)) : "", asked);
}

static void vma_sentence(struct narration *to, int verdict, int pass, uint64_t address, const char *whose,
			 bool answer, int64_t before, int64_t after)
{
	if (verdict == 1)
		snprintf(to->text, sizeof(to->text), "0x%" PRIx64 " lies outside the VMA of %s: skipped.",
			 address, whose);
	else if (verdict == 2 && pass == 1)
		snprintf(to->text, sizeof(to->text), "The VMA covers 0x%" PRIx64 " but belongs to %s, not to "
			 "the item's mm: left to pass 2.", address, whose);
	else if (verdict == 2)
		snprintf(to->text, sizeof(to->text), "The VMA covers 0x%" PRIx64 " and is of the item's own "
			 "mm, %s: pass 1 has had it.", address, whose);
	else if (verdict == 3)
		snprintf(to->text, sizeof(to->text), "The VMA of %s covers 0x%" PRIx64 " but "
			 "rwc->invalid_vma() refuses it.", whose, address);
	else
		snprintf(to->text, sizeof(to->text), "The VMA of %s covers 0x%" PRIx64 " and %s: rmap_one() "
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
	char mm[NAME_MAX_LENGTH];

	named(t, vma ? vma->vma.mm : none, "mm", args.mm, mm);
	vma_sentence(t->to, (int)args.verdict, (int)args.pass, hold ? hold->address : 0, mm, args.answer != 0,
		     args.mapcount_before, args.mapcount);
}

void narrate_vma(struct opened_episode *episode, const struct hold *hold, const struct hold_vma *vma,
		 struct narration *ret)
{
	struct moment when = moment_hindsight(hold->begin);
	char mm[NAME_MAX_LENGTH] = "a process";

	memset(ret, 0, sizeof(*ret));
	if (!ref_is_none(vma->vma.mm))
		narrate_name(episode_source(episode)->history, vma->vma.mm, when, mm, sizeof(mm));
	vma_sentence(ret, vma->verdict, hold->pass, hold->address, mm, vma->answer, vma->mapcount_before,
		     vma->mapcount_after);
	ret->function = "rmap_walk_ksm";
	ret->file = "mm/ksm.c";
	ret->evidence = vma->evidence;
	ret->doubtful = vma->doubtful;
}

static void walk_unlock(struct telling *t)
{
	const struct args_P_WALK_UNLOCK *args = ARGS(P_WALK_UNLOCK);
	char item[NAME_MAX_LENGTH], held[TIME_MAX];
	int at = SAY("The anon_vma of %s is unlocked, after %s", named(t, t->step->ref, "item", args->item, item),
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

/* ---- kill lists ---- */
static void tell_kill(struct telling *t)
{
	char mm[NAME_MAX_LENGTH], duration[TIME_MAX];

	telling_function(t, "collect_procs_ksm", "mm/ksm.c");
	if (t->step->kind == STEP_BEGIN) {
		SAY("For pfn 0x%" PRIx64 " the processes are collected that have a VMA in the anon_vma of an "
		    "item%s.", (uint64_t)ARGS(P_KILL_BEGIN)->pfn, ARGS(P_KILL_BEGIN)->force_early ? "" :
		    ", of those only the ones that asked to be killed early (all, where "
		    "vm.memory_failure_early_kill is set)");
	} else if (t->step->kind == STEP_TASK) {
		const struct args_P_KILL_TASK *args = ARGS(P_KILL_TASK);

		SAY("%s (pid %" PRId64 ") is put on the kill list for 0x%" PRIx64 ": its VMA %s the address "
		    "and its pte %s the page.", named(t, t->step->ref, "mm", args->mm, mm), args->tgid,
		    (uint64_t)args->address, args->covers ? "covers" : "does not cover",
		    args->mapped ? "maps" : "does not map");
	} else {
		SAY("The kill list is complete after %s: %" PRId64 " %s.",
		    explain_time((uint64_t)ARGS(P_KILL_END)->duration_ns, duration, sizeof(duration)),
		    ARGS(P_KILL_END)->nr_tasks, ARGS(P_KILL_END)->nr_tasks == 1 ? "entry" : "entries");
	}
}

/* ---- recoveries ---- */
static void recovery_search(struct telling *t)
{
	const struct args_P_RECOVERY_SEARCH *args = ARGS(P_RECOVERY_SEARCH);
	char duration[TIME_MAX], stretch[TIME_MAX];

	if (!args->duration_ns)
		SAY("The failing page's stable node is %s.",
		    args->chain ? "a dup and points to its chain: nothing is searched" : "in no chain");
	else if (args->nr_nodes <= 1)
		SAY("The failing page's stable node %s; to find that took %s.", args->chain ?
		    "is a dup and points to its chain, so that no tree is searched" : "is in no chain",
		    explain_time((uint64_t)args->duration_ns, duration, sizeof(duration)));
	else
		SAY("The trees are searched for the chain, nodes visited: %" PRId64 ", in %s, at most %s "
		    "without a scheduling point; %s.", args->nr_nodes,
		    explain_time((uint64_t)args->duration_ns, duration, sizeof(duration)),
		    explain_time((uint64_t)args->stretch_ns, stretch, sizeof(stretch)),
		    args->chain ? "it is found" : "there is none");
}

#define COPY_HWPOISON (-133)

/* ksm_recovery_copy(): any other error is one of getting the fresh page. */
static void recovery_copy(struct telling *t)
{
	const struct args_P_RECOVERY_COPY *args = ARGS(P_RECOVERY_COPY);

	if (!args->err)
		SAY("A fresh page, pfn 0x%" PRIx64 ", is filled with a copy of pfn 0x%" PRIx64 ".",
		    (uint64_t)args->kpfn, (uint64_t)args->from_kpfn);
	else if (args->err == COPY_HWPOISON)
		SAY("Copying pfn 0x%" PRIx64 " meets bad memory (-EHWPOISON): that dup is not healthy either, "
		    "the next one is tried.", (uint64_t)args->from_kpfn);
	else
		SAY("There is no memory for a fresh page (%" PRId64 "): the dup, pfn 0x%" PRIx64
		    ", is to be mapped itself.", args->err, (uint64_t)args->from_kpfn);
}

static void recovery_move(struct telling *t)
{
	const struct args_P_RECOVERY_MOVE *args = ARGS(P_RECOVERY_MOVE);
	char mm[NAME_MAX_LENGTH], target[24];

	if (args->err)
		SAY("The mapping of %s at 0x%" PRIx64 " could not be moved (%" PRId64 ").",
		    named(t, t->step->ref, "mm", args->mm, mm), (uint64_t)args->address, args->err);
	else
		SAY("%s at 0x%" PRIx64 " maps pfn 0x%" PRIx64 " now (%s)%s.", named(t, t->step->ref, "mm", args->mm, mm),
		    (uint64_t)args->address, (uint64_t)args->to_kpfn,
		    explain_word(WORDS_TARGET, args->target, target),
		    args->item ? "" : "; it has no rmap_item, it was found as a fork");
}

#define SITE_RECOVERY 8		/* KSMTOP_DETACH_SITES */
enum { OUTCOME_BUSY = 3, OUTCOME_PARTIAL = 4, OUTCOME_OFF = 5 };	/* KSMTOP_RECOVERY_OUTCOMES */

/* ksm_recovery_move(): partly, too, where nothing maps the page and it is in the swap cache. */
static void recovery_ends(struct telling *t)
{
	const struct args_P_RECOVERY_END *args = ARGS(P_RECOVERY_END);
	char outcome[24], duration[TIME_MAX];

	SAY("Recovery ends after %s: %s; %" PRId64 " mapping%s moved, %" PRId64 " left on the failing page%s.",
	    explain_time((uint64_t)args->duration_ns, duration, sizeof(duration)),
	    explain_word(WORDS_OUTCOME, args->outcome, outcome), args->moved, plural((uint64_t)args->moved),
	    args->failed, args->failed ? ": memory_failure() goes on to unmap them, and to kill" :
	    args->outcome == OUTCOME_PARTIAL ?
	    "; it does not count as recovered, since swap entries still led to it or it was still mapped then"
	    : "");
}

static void recovery_structures(struct telling *t)
{
	char item[NAME_MAX_LENGTH];

	switch (t->ev->kind) {
	case EVENT_P_DUP_ADD:
		SAY("The fresh page, pfn 0x%" PRIx64 ", joins the chain as a dup.",
		    (uint64_t)ARGS(P_DUP_ADD)->kpfn);
		break;
	case EVENT_P_DUP_DEL:
		SAY("The dup of pfn 0x%" PRIx64 " leaves its chain.", (uint64_t)ARGS(P_DUP_DEL)->kpfn);
		break;
	case EVENT_P_NODE_FREE:
		SAY("The stable node of pfn 0x%" PRIx64 " is freed.", (uint64_t)ARGS(P_NODE_FREE)->kpfn);
		break;
	case EVENT_P_CHAIN_FREE:
		SAY("The chain is empty and is freed.");
		break;
	case EVENT_P_ITEM_DETACH:
		SAY("%s leaves the failing page's stable node.",
		    named(t, t->step->ref, "item", ARGS(P_ITEM_DETACH)->item, item));
		break;
	case EVENT_P_ITEM_APPEND:
		SAY("%s is appended to the stable node of the page that is mapped now, %" PRId64 " there.",
		    named(t, t->step->ref, "item", ARGS(P_ITEM_APPEND)->item, item), ARGS(P_ITEM_APPEND)->hlist_len);
		break;
	default:
		SAY("A stable node is taken out of the tree.");
		break;
	}
}

/* enum mf_result, include/linux/mm.h. */
static void verdict(struct telling *t, const struct args_MEMORY_FAILURE_EVENT *args)
{
	static const struct { const char *word, *means; } results[] = {
		{ "ignored", "it cannot be handled" },
		{ "failed", "handling it failed" },
		{ "delayed", "it is to be handled later" },
		{ "recovered", "the page was contained, which does not say that its content lived" },
	};

	telling_function(t, "action_result", "mm/memory-failure.c");
	if (args->result >= 0 && (size_t)args->result < sizeof(results) / sizeof(results[0]))
		SAY("The kernel's verdict on pfn 0x%" PRIx64 " is \"%s\": %s.", (uint64_t)args->pfn,
		    results[args->result].word, results[args->result].means);
	else
		SAY("The kernel's verdict on pfn 0x%" PRIx64 " is %" PRId64 ", which is not known here.",
		    (uint64_t)args->pfn, args->result);
}

static void memory_failure_goes_on(struct telling *t)
{
	char buf[NAME_MAX_LENGTH];

	telling_function(t, "memory_failure", "mm/memory-failure.c");
	switch (t->step->kind) {
	case STEP_KILL_LIST:
		SAY("The processes to be killed are collected: %s.", name(t, t->step->ref, buf));
		break;
	case STEP_WALK:
		SAY("A walk follows: %s.", name(t, t->step->ref, buf));
		break;
	case STEP_SIGNAL:
		SAY("SIGBUS goes to %.16s (pid %" PRId64 "), code %" PRId64 "%s.", ARGS(SIGNAL_GENERATE)->comm,
		    ARGS(SIGNAL_GENERATE)->pid, ARGS(SIGNAL_GENERATE)->code,
		    ARGS(SIGNAL_GENERATE)->code == 5 ? " (BUS_MCEERR_AO): it asked to be told early" :
		    ARGS(SIGNAL_GENERATE)->code == 4 ? " (BUS_MCEERR_AR): it touched the page" : "");
		break;
	default:
		verdict(t, ARGS(MEMORY_FAILURE_EVENT));
		break;
	}
}

/* Switched off, it does not even ask for the mutex. */
static void recovery_begins(struct telling *t)
{
	const struct args_P_RECOVERY_BEGIN *args = ARGS(P_RECOVERY_BEGIN);
	const struct episode_row *row = episode_row(t->e);
	int outcome = row->ended ? row->totals.recovery.outcome : -1;
	char node[NAME_MAX_LENGTH], waited[TIME_MAX];
	int at = SAY("Memory fails: pfn 0x%" PRIx64 " is a KSM page (%s), mapcount %" PRId64 "; ",
		     (uint64_t)args->pfn, named(t, row->object, "stable node", args->node, node), args->mapcount);

	if (outcome == OUTCOME_OFF)
		snprintf(t->to->text + at, sizeof(t->to->text) - (size_t)at, "recovery is switched off.");
	else
		snprintf(t->to->text + at, sizeof(t->to->text) - (size_t)at,
			 "ksm_thread_mutex was waited for %s%s.",
			 explain_time((uint64_t)args->waited_ns, waited, sizeof(waited)),
			 outcome == OUTCOME_BUSY ? ", in vain" : "");
}

static void tell_recovery(struct telling *t)
{
	char verdict[24];

	telling_function(t, "ksm_recover_folio", "mm/ksm.c");
	switch (t->step->kind) {
	case STEP_BEGIN:
		recovery_begins(t);
		break;
	case STEP_SEARCH:
		recovery_search(t);
		break;
	case STEP_DUP:
		telling_function(t, "ksm_recovery_find_dup", "mm/ksm.c");
		SAY("The dup of pfn 0x%" PRIx64 " (%" PRId64 " item%s) is looked at: %s.",
		    (uint64_t)ARGS(P_RECOVERY_DUP)->kpfn, ARGS(P_RECOVERY_DUP)->nr_items,
		    plural((uint64_t)ARGS(P_RECOVERY_DUP)->nr_items),
		    explain_word(WORDS_DUP, ARGS(P_RECOVERY_DUP)->verdict, verdict));
		break;
	case STEP_COPY:
		telling_function(t, "ksm_recovery_copy", "mm/ksm.c");
		recovery_copy(t);
		break;
	case STEP_MOVE:
		telling_function(t, "ksm_recovery_move_one", "mm/ksm.c");
		recovery_move(t);
		break;
	case STEP_END:
		recovery_ends(t);
		break;
	case STEP_NODE:
		telling_function(t, t->ev->kind == EVENT_P_DUP_ADD ? "ksm_recovery_lock_target" :
			 "remove_node_from_stable_tree", "mm/ksm.c");
		recovery_structures(t);
		break;
	case STEP_ITEM_MOVED:
		telling_function(t, t->ev->kind == EVENT_P_ITEM_DETACH &&
				 ARGS(P_ITEM_DETACH)->site != SITE_RECOVERY ? "remove_node_from_stable_tree" :
				 "ksm_recovery_move_hlist", "mm/ksm.c");
		recovery_structures(t);
		break;
	default:
		memory_failure_goes_on(t);
		break;
	}
}

/* ---- collapses ---- */
static void tell_collapse(struct telling *t)
{
	const struct args_P_COLLAPSE_PAGE *page = ARGS(P_COLLAPSE_PAGE);
	bool shmem = episode_row(t->e)->totals.collapse.is_shmem;
	char mm[NAME_MAX_LENGTH], result[SYMBOL_MAX];

	telling_function(t, shmem ? "collapse_file" : "collapse_huge_page", "mm/khugepaged.c");
	if (t->step->kind == STEP_BEGIN) {
		SAY("khugepaged begins to collapse 512 pages of %s at 0x%" PRIx64 " into a huge page (pfn 0x%"
		    PRIx64 ").", ref_is_none(episode_row(t->e)->object) ? "a process that is not known to be in KSM" :
		    name(t, episode_row(t->e)->object, mm), (uint64_t)page->address,
		    (uint64_t)ARGS(P_COLLAPSE_BEGIN)->hpfn);
		return;
	}
	if (t->step->kind == STEP_END) {
		if (ARGS(P_COLLAPSE_END)->result == 1)
			SAY("The range is one huge page now.");
		else
			SAY("The collapse is given up, scan_result %s; the range stays as it was.",
			    explain_scan_result(episode_source(t->e)->events, ARGS(P_COLLAPSE_END)->result,
						result));
		return;
	}
	switch (page->step) {
	case 0: SAY("Page %" PRId64 " (pfn 0x%" PRIx64 ") is isolated.", page->index, (uint64_t)page->pfn); break;
	case 1: SAY("Page %" PRId64 " (pfn 0x%" PRIx64 ") is copied.", page->index, (uint64_t)page->pfn); break;
	case 2: SAY("Copying page %" PRId64 " (pfn 0x%" PRIx64 ") meets poison and fails: the collapse must be "
		    "given up.", page->index, (uint64_t)page->pfn); break;
	case 3: SAY("Page %" PRId64 " (pfn 0x%" PRIx64 ") is put back as it was.", page->index,
		    (uint64_t)page->pfn); break;
	default: SAY("Page %" PRId64 " has nothing to copy: its part is cleared.", page->index); break;
	}
}

/* ---- migrations ---- */
static void migration_walk(struct telling *t)
{
	char buf[NAME_MAX_LENGTH], purpose[24];
	union row row;

	name(t, t->step->ref, buf);
	if (history_row(t->h, t->step->ref, t->when, &row) == 0 && row.episode.ended)
		SAY("The page is a KSM page, so its mappings are found by a walk: %s (%s), mapcount %" PRId32
		    " -> %" PRId32 ".", buf, explain_word(WORDS_PURPOSE, row.episode.totals.walk.purpose, purpose),
		    row.episode.totals.walk.mapcount_before, row.episode.totals.walk.mapcount_after);
	else
		SAY("The page is a KSM page, so its mappings are found by a walk: %s.", buf);
}

static void tell_migration(struct telling *t)
{
	char mode[SYMBOL_MAX], reason[SYMBOL_MAX], mm[NAME_MAX_LENGTH];
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

int narrate_step(struct opened_episode *episode, uint32_t i, struct narration *ret)
{
	static void (*const tell[NR_EPISODE_KINDS])(struct telling *t) = {
		tell_scan, tell_walk, tell_kill, tell_recovery, tell_collapse, tell_migration };
	struct narration to = { .evidence = EVIDENCE_TRACED };
	struct telling t = { .e = episode, .h = episode_source(episode)->history,
			     .step = episode_step(episode, i), .to = &to };
	struct event ev;
	int err = t.step ? episode_step_event(episode, i, &ev) : -2;

	if (err)
		return err;
	t.ev = &ev;
	t.when = moment_hindsight(t.step->event);
	tell[episode_row(episode)->kind](&t);
	*ret = to;
	return 0;
}
