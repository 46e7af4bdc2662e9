// SPDX-License-Identifier: GPL-2.0-only
/*
 * narrate_recovery.c - one plain sentence for each step of a memory failure: kill list and recovery.
 *
 * Who is put on the kill list: task_early_kill() takes the current task where it has to act (a machine check
 * that it consumed, or an injected failure), of the others only those that are to be told early.  Who of the
 * listed is signalled how is kill_proc()'s: BUS_MCEERR_AR goes to that current task alone.
 *
 * Recovery is ksm_recover_folio()'s, of the patch series; what memory_failure() does behind it, up to its
 * verdict, is told along with it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain/telling.h"
#include "explain/words.h"

/* ---- kill lists ---- */
#define PID_MAX 32

/* " (pid 57)" behind a name that does not say it. */
static const char *pid_beside(const char *name, int64_t tgid, char buf[PID_MAX])
{
	char end[PID_MAX];
	size_t length = strlen(name), wanted;

	wanted = (size_t)snprintf(end, sizeof(end), " %" PRId64 ")", tgid);
	if (length > wanted && strcmp(name + length - wanted, end) == 0)
		return "";
	snprintf(buf, PID_MAX, " (pid %" PRId64 ")", tgid);
	return buf;
}

void tell_kill(struct telling *t)
{
	char mm[TOLD_NAME_MAX], duration[TIME_MAX], pid[PID_MAX];

	telling_function(t, "collect_procs_ksm", "mm/ksm.c");
	if (t->step->kind == STEP_BEGIN) {
		SAY("For pfn 0x%" PRIx64 " the processes are collected that have a VMA in the anon_vma of an "
		    "item: of those only %sthe ones that are to be told early, by PR_MCE_KILL_EARLY or, where they "
		    "chose nothing, by vm.memory_failure_early_kill.", (uint64_t)ARGS(P_KILL_BEGIN)->pfn,
		    ARGS(P_KILL_BEGIN)->force_early ?
		    "the one in whose context the failure was met, and of the others " : "");
	} else if (t->step->kind == STEP_TASK) {
		const struct args_P_KILL_TASK *args = ARGS(P_KILL_TASK);

		telling_name(t, t->step->ref, "mm", args->mm, mm);
		SAY("%s%s is put on the kill list for 0x%" PRIx64 ": its VMA %s the address and its pte %s the page.",
		    mm, pid_beside(mm, args->tgid, pid),
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
	char mm[TOLD_NAME_MAX], target[24];

	if (args->err)
		SAY("The mapping of %s at 0x%" PRIx64 " could not be moved (%" PRId64 ").",
		    telling_name(t, t->step->ref, "mm", args->mm, mm), (uint64_t)args->address, args->err);
	else
		SAY("%s at 0x%" PRIx64 " maps pfn 0x%" PRIx64 " now (%s)%s.", telling_name(t, t->step->ref, "mm", args->mm, mm),
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
	char item[TOLD_NAME_MAX];

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
		    telling_name(t, t->step->ref, "item", ARGS(P_ITEM_DETACH)->item, item));
		break;
	case EVENT_P_ITEM_APPEND:
		SAY("%s is appended to the stable node of the page that is mapped now, %" PRId64 " there.",
		    telling_name(t, t->step->ref, "item", ARGS(P_ITEM_APPEND)->item, item), ARGS(P_ITEM_APPEND)->hlist_len);
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

/* unmap_poisoned_folio() has try_to_unmap() walk; other walks of that thread are none of its. */
static void walk_follows(struct telling *t)
{
	char buf[TOLD_NAME_MAX], purpose[24];
	enum { UNMAP = 1 };		/* KSMTOP_PURPOSES */
	union row row;

	telling_function(t, "rmap_walk_ksm", "mm/ksm.c");
	telling_name(t, t->step->ref, "walk", 0, buf);
	if (history_row(t->h, t->step->ref, t->when, &row) != 0) {
		SAY("A walk follows: %s.", buf);
		return;
	}
	if (row.episode.totals.walk.purpose == UNMAP)
		telling_function(t, "unmap_poisoned_folio", "mm/memory-failure.c");
	SAY("A walk follows: %s (%s).", buf, explain_word(WORDS_PURPOSE, row.episode.totals.walk.purpose, purpose));
}

static void memory_failure_goes_on(struct telling *t)
{
	char buf[TOLD_NAME_MAX];

	telling_function(t, "memory_failure", "mm/memory-failure.c");
	switch (t->step->kind) {
	case STEP_KILL_LIST:
		telling_function(t, "collect_procs", "mm/memory-failure.c");
		SAY("The processes to be killed are collected: %s.", telling_name(t, t->step->ref, "kill list", 0, buf));
		break;
	case STEP_WALK:
		walk_follows(t);
		break;
	case STEP_SIGNAL:
		telling_function(t, "kill_proc", "mm/memory-failure.c");
		SAY("SIGBUS goes to %.16s (pid %" PRId64 "), code %" PRId64 "%s.", ARGS(SIGNAL_GENERATE)->comm,
		    ARGS(SIGNAL_GENERATE)->pid, ARGS(SIGNAL_GENERATE)->code,
		    ARGS(SIGNAL_GENERATE)->code == 5 ?
		    " (BUS_MCEERR_AO, action optional): it is on the list, and is told before it touches the page" :
		    ARGS(SIGNAL_GENERATE)->code == 4 ?
		    " (BUS_MCEERR_AR, action required): the failure was met in its context" : "");
		break;
	default:
		verdict(t, ARGS(MEMORY_FAILURE_EVENT));
		break;
	}
}

#define RECOVERY_WAIT_NS UINT64_C(990000000)	/* KSM_RECOVERY_WAIT_MS, 1 s, less a tick */

/*
 * Switched off, it does not even ask for the mutex.  Had in time it is of no use while memory goes offline
 * (KSM_RUN_OFFLINE), which the outcome calls busy as well: then it was not waited for to the limit.
 */
static void recovery_begins(struct telling *t)
{
	const struct args_P_RECOVERY_BEGIN *args = ARGS(P_RECOVERY_BEGIN);
	const struct episode_row *row = episode_row(t->e);
	int outcome = row->ended ? row->totals.recovery.outcome : -1;
	char node[TOLD_NAME_MAX], waited[TIME_MAX];
	int at = SAY("Memory fails: pfn 0x%" PRIx64 " is a KSM page (%s), mapcount %" PRId64 "; ",
		     (uint64_t)args->pfn, telling_name(t, row->object, "stable node", args->node, node), args->mapcount);

	if (outcome == OUTCOME_OFF)
		snprintf(t->to->text + at, sizeof(t->to->text) - (size_t)at, "recovery is switched off.");
	else
		snprintf(t->to->text + at, sizeof(t->to->text) - (size_t)at,
			 "ksm_thread_mutex was waited for %s%s.",
			 explain_time((uint64_t)args->waited_ns, waited, sizeof(waited)),
			 outcome != OUTCOME_BUSY ? "" : (uint64_t)args->waited_ns >= RECOVERY_WAIT_NS ? ", in vain" :
			 " and had, but memory goes offline, so that the trees may change all the same");
}

void tell_recovery(struct telling *t)
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

