// SPDX-License-Identifier: GPL-2.0-only
/*
 * why_patch.c - what an event was, in words: the events of the ksmtop patch.
 *
 * These events say what a stock kernel leaves open, so their sentences may be definite: which dup
 * took a page, which call site took an rmap_item off, which VMA a walk visited.
 *
 * The words of enumerated fields are those of event_table.h, which the patch's own print formats
 * use too.  A number that the table does not know is shown as a number.
 *
 * The grouping by subject is only for reading; each function leaves `buf` alone for other kinds.
 */
#include "why.h"

#include <inttypes.h>
#include <stdio.h>

#include "explain/words.h"
#include "format.h"

static const char *word(const char *const *words, size_t nr, int64_t value, char *number,
			size_t size)
{
	if (value >= 0 && (size_t)value < nr)
		return words[value];
	snprintf(number, size, "%" PRId64, value);
	return number;
}

/* The phrase of an enumerated value: WORD(KSMTOP_DETACH_SITES, value, buffer). */
#define WORD_LINE(id, text) text,
#define DEFINE_WORD(function, list)                                                                \
	static const char *function(int64_t value, char number[24])                                \
	{                                                                                          \
		static const char *const words[] = {list(WORD_LINE)};                              \
                                                                                                   \
		return word(words, sizeof(words) / sizeof(*words), value, number, 24);             \
	}
DEFINE_WORD(detach_site, KSMTOP_DETACH_SITES)
DEFINE_WORD(scan_outcome, KSMTOP_SCAN_OUTCOMES)
DEFINE_WORD(migrate_site, KSMTOP_MIGRATE_SITES)
DEFINE_WORD(purpose, KSMTOP_PURPOSES)
DEFINE_WORD(verdict, KSMTOP_VERDICTS)
DEFINE_WORD(walk_end, KSMTOP_WALK_ENDS)
DEFINE_WORD(dup_verdict, KSMTOP_DUP_VERDICTS)
DEFINE_WORD(move_target, KSMTOP_MOVE_TARGETS)
DEFINE_WORD(recovery_outcome, KSMTOP_RECOVERY_OUTCOMES)
DEFINE_WORD(collapse_step, KSMTOP_COLLAPSE_STEPS)

/* The object of that address just before the event: 0 and its row. */
static int row_before(const struct story *s, enum table table, int64_t addr, union row *ret_row)
{
	uint64_t nr = s->scene->when.t;
	struct moment before = {nr ? nr - 1 : 0, s->scene->when.known_by};
	struct ref ref;
	int err = history_find(s->scene->history, table, (uint64_t)addr, 0, before, &ref);

	return err ? err : history_row(s->scene->history, ref, before, ret_row);
}

#define ARGS(kind) EVENT_ARGS(s->event, kind)
#define SAY(...)   snprintf(buf, size, __VA_ARGS__)

static void say_mm(const struct story *s, char *buf, size_t size)
{
	union row row;

	switch (s->event->kind) {
	case EVENT_P_MM_ENTER:
		SAY("%s enters KSM: ksmd scans its mergeable memory from now on", s->mm);
		break;
	case EVENT_P_MM_FORK:
		if (!row_before(s, TABLE_MM, ARGS(P_MM_FORK)->parent_mm, &row) && row.mm.in_ksm)
			SAY("%.16s forks: the child maps the same KSM pages and has no rmap_item yet",
			    ARGS(P_MM_FORK)->comm);
		else
			SAY("%.16s forks, and is not known to take part in KSM",
			    ARGS(P_MM_FORK)->comm);
		break;
	case EVENT_P_MM_OWNER:
		SAY("the forked mm belongs to %.16s %" PRId64, ARGS(P_MM_OWNER)->comm,
		    ARGS(P_MM_OWNER)->tgid);
		break;
	case EVENT_P_MM_EXEC:
		SAY("%.16s %" PRId64 " runs a new program and leaves its old mm",
		    ARGS(P_MM_EXEC)->comm, ARGS(P_MM_EXEC)->tgid);
		break;
	case EVENT_P_MM_LEAVE:
		SAY("%s leaves KSM", s->mm);
		break;
	case EVENT_P_MM_FREE:
		SAY("the mm of %s is freed", s->mm);
		break;
	default:
		break;
	}
}

static void say_node(const struct story *s, char *buf, size_t size)
{
	union row row;
	char text[24];

	switch (s->event->kind) {
	case EVENT_P_NODE_INSERT:
		SAY("%s (pfn 0x%" PRIx64 ") takes its place in the stable tree of nid %" PRId64,
		    s->node, ARGS(P_NODE_INSERT)->kpfn, ARGS(P_NODE_INSERT)->nid);
		break;
	case EVENT_P_NODE_ERASE:
		SAY("%s leaves the stable tree", s->node);
		break;
	case EVENT_P_NODE_REPLACE:
		SAY("%s takes another node's place in the stable tree", s->node);
		break;
	case EVENT_P_NODE_KPFN:
		SAY("the page of %s moved: pfn 0x%" PRIx64 " on nid %" PRId64 " is now 0x%" PRIx64
		    " on nid %" PRId64, s->node, ARGS(P_NODE_KPFN)->old_kpfn, ARGS(P_NODE_KPFN)->old_nid,
		    ARGS(P_NODE_KPFN)->kpfn, ARGS(P_NODE_KPFN)->nid);
		break;
	case EVENT_P_NODE_FREE:
		SAY("%s is freed: pfn 0x%" PRIx64 " is no KSM page any more", s->node,
		    ARGS(P_NODE_FREE)->kpfn);
		break;
	case EVENT_P_CHAIN_MAKE:
		SAY("a chain is made, so that another page of the same content can stand beside "
		    "this one, its first dup");
		break;
	case EVENT_P_CHAIN_COLLAPSE:
		SAY("one dup is left: the chain goes and its dup becomes a plain node");
		break;
	case EVENT_P_CHAIN_FREE:
		SAY("%s, an empty chain, is freed", s->node);
		break;
	case EVENT_P_DUP_ADD:
		/* One that was there before came from the migrate list (or another place). */
		if (!row_before(s, TABLE_NODE, ARGS(P_DUP_ADD)->node, &row))
			SAY("%s, whose page moved here, meets an equal page: it joins the chain as a dup",
			    s->node);
		else if (!why_by_ksmd(s))
			SAY("the fresh copy that recovery made, pfn 0x%" PRIx64 ", joins the chain",
			    ARGS(P_DUP_ADD)->kpfn);
		else
			SAY("no dup had room: a new copy of the content, pfn 0x%" PRIx64
			    ", joins the chain",
			    ARGS(P_DUP_ADD)->kpfn);
		break;
	case EVENT_P_DUP_DEL:
		SAY("%s leaves its chain", s->node);
		break;
	case EVENT_P_DUP_HEAD:
		SAY("the dup with pfn 0x%" PRIx64
		    " moves to the head of its chain: the next merge tries it first",
		    ARGS(P_DUP_HEAD)->kpfn);
		break;
	case EVENT_P_MIGRATE_ADD:
		SAY("%s goes to the migrate list: %s", s->node,
		    migrate_site(ARGS(P_MIGRATE_ADD)->site, text));
		break;
	case EVENT_P_MIGRATE_DEL:
		SAY("%s leaves the migrate list: %s", s->node,
		    migrate_site(ARGS(P_MIGRATE_DEL)->site, text));
		break;
	default:
		break;
	}
}

static void say_item(const struct story *s, char *buf, size_t size)
{
	char text[24];

	switch (s->event->kind) {
	case EVENT_P_ITEM_NEW:
		SAY("ksmd starts to follow %s at 0x%" PRIx64, s->mm, ARGS(P_ITEM_NEW)->address);
		break;
	case EVENT_P_ITEM_FREE:
		SAY("ksmd forgets %s at 0x%" PRIx64, s->mm, ARGS(P_ITEM_FREE)->address);
		break;
	case EVENT_P_ITEM_UNSTABLE:
		SAY("no equal page yet: %s at 0x%" PRIx64
		    " waits in the unstable tree of scan %" PRId64,
		    s->mm, ARGS(P_ITEM_UNSTABLE)->address, ARGS(P_ITEM_UNSTABLE)->seqnr);
		break;
	case EVENT_P_UNSTABLE_RESET:
		SAY("scan %" PRId64 " throws the whole unstable tree of nid %" PRId64 " away",
		    ARGS(P_UNSTABLE_RESET)->seqnr, ARGS(P_UNSTABLE_RESET)->nid);
		break;
	case EVENT_P_ITEM_APPEND:
		/* ksmd merges; anybody else is a recovery, which moves items to the page that is mapped instead. */
		SAY("%s at 0x%" PRIx64 " %s %s%s (items: %" PRId64 ")", s->mm, ARGS(P_ITEM_APPEND)->address,
		    why_by_ksmd(s) ? "equals" : "maps another page now: its item goes to", s->node,
		    why_by_ksmd(s) ? " and hangs on it now" : "", ARGS(P_ITEM_APPEND)->hlist_len);
		break;
	case EVENT_P_ITEM_DETACH:
		SAY("%s at 0x%" PRIx64 " leaves %s: %s", s->mm, ARGS(P_ITEM_DETACH)->address,
		    ARGS(P_ITEM_DETACH)->node ? s->node : "the unstable tree",
		    detach_site(ARGS(P_ITEM_DETACH)->site, text));
		break;
	case EVENT_P_ITEM_SCAN:
		SAY("ksmd looked at %s 0x%" PRIx64 ": %s", s->mm, ARGS(P_ITEM_SCAN)->address,
		    scan_outcome(ARGS(P_ITEM_SCAN)->outcome, text));
		break;
	case EVENT_P_SCAN_SUM:
		SAY("in scan %" PRId64 ", %" PRId64 " page%s of %s: %s", ARGS(P_SCAN_SUM)->seqnr,
		    ARGS(P_SCAN_SUM)->nr, plural((uint64_t)ARGS(P_SCAN_SUM)->nr), s->mm, scan_outcome(ARGS(P_SCAN_SUM)->outcome, text));
		break;
	default:
		break;
	}
}

static void say_anon_vma(const struct story *s, char *buf, size_t size)
{
	switch (s->event->kind) {
	case EVENT_P_ANON_VMA_NEW:
		SAY("a new anon_vma, %s", s->anon_vma);
		break;
	case EVENT_P_ANON_VMA_FREE:
		SAY("%s is freed", s->anon_vma);
		break;
	case EVENT_P_VMA_INSERT:
		SAY("VMA 0x%" PRIx64 "-0x%" PRIx64 " of %s enters the interval tree of %s",
		    ARGS(P_VMA_INSERT)->start, ARGS(P_VMA_INSERT)->end, s->mm, s->anon_vma);
		break;
	case EVENT_P_VMA_REMOVE:
		SAY("VMA 0x%" PRIx64 "-0x%" PRIx64 " of %s leaves the interval tree of %s",
		    ARGS(P_VMA_REMOVE)->start, ARGS(P_VMA_REMOVE)->end, s->mm, s->anon_vma);
		break;
	default:
		break;
	}
}

static void say_walk(const struct story *s, char *buf, size_t size)
{
	char text[24], time[FORMAT_MAX];

	switch (s->event->kind) {
	case EVENT_P_WALK_BEGIN:
		if (ARGS(P_WALK_BEGIN)->node)
			SAY("%s walks all mappings of %s (pfn 0x%" PRIx64 ") to %s", s->task, s->node,
			    ARGS(P_WALK_BEGIN)->pfn, purpose(ARGS(P_WALK_BEGIN)->purpose, text));
		else
			SAY("%s is to walk all mappings of pfn 0x%" PRIx64 " to %s: it has no stable node", s->task,
			    ARGS(P_WALK_BEGIN)->pfn, purpose(ARGS(P_WALK_BEGIN)->purpose, text));
		break;
	case EVENT_P_WALK_ITEM:
		SAY("pass %" PRId64 ", rmap_item of %s at 0x%" PRIx64 ": its anon_vma is locked %s%s",
		    ARGS(P_WALK_ITEM)->pass, s->mm, ARGS(P_WALK_ITEM)->address,
		    ARGS(P_WALK_ITEM)->waited_ns ? "after waiting " : "at once",
		    ARGS(P_WALK_ITEM)->waited_ns
			    ? format_duration(time, (uint64_t)ARGS(P_WALK_ITEM)->waited_ns) : "");
		break;
	case EVENT_P_WALK_VMA:
		if (ARGS(P_WALK_VMA)->mapcount != ARGS(P_WALK_VMA)->mapcount_before)
			SAY("pass %" PRId64 ", a VMA of %s: %s, mapcount %" PRId64 " -> %" PRId64,
			    ARGS(P_WALK_VMA)->pass, s->mm, verdict(ARGS(P_WALK_VMA)->verdict, text),
			    ARGS(P_WALK_VMA)->mapcount_before, ARGS(P_WALK_VMA)->mapcount);
		else
			SAY("pass %" PRId64 ", a VMA of %s: %s", ARGS(P_WALK_VMA)->pass, s->mm,
			    verdict(ARGS(P_WALK_VMA)->verdict, text));
		break;
	case EVENT_P_WALK_UNLOCK:
		SAY("the anon_vma's lock was held for %s: %" PRId64 " VMA%s outside, %" PRId64
		    " of another mm",
		    format_duration(time, (uint64_t)ARGS(P_WALK_UNLOCK)->held_ns),
		    ARGS(P_WALK_UNLOCK)->outside, plural((uint64_t)ARGS(P_WALK_UNLOCK)->outside), ARGS(P_WALK_UNLOCK)->other_mm);
		break;
	case EVENT_P_WALK_END:
		SAY("the walk ends after %s (%s): %" PRId64 " VMA%s offered, %" PRId64
		    " visited, mapcount left %" PRId64,
		    format_duration(time, (uint64_t)ARGS(P_WALK_END)->duration_ns),
		    walk_end(ARGS(P_WALK_END)->why, text), ARGS(P_WALK_END)->iterations,
		    plural((uint64_t)ARGS(P_WALK_END)->iterations), ARGS(P_WALK_END)->visited, ARGS(P_WALK_END)->mapcount);
		break;
	default:
		break;
	}
}

static void say_failure(const struct story *s, char *buf, size_t size)
{
	char text[24], time[FORMAT_MAX];

	switch (s->event->kind) {
	case EVENT_P_KILL_BEGIN:
		SAY("pfn 0x%" PRIx64 " (%s) failed: who maps it is collected",
		    ARGS(P_KILL_BEGIN)->pfn, s->node);
		break;
	case EVENT_P_KILL_TASK:
		SAY("process %" PRId64 " may be killed for 0x%" PRIx64 "%s",
		    ARGS(P_KILL_TASK)->tgid, ARGS(P_KILL_TASK)->address,
		    ARGS(P_KILL_TASK)->mapped   ? ""
		    : ARGS(P_KILL_TASK)->covers ? ", though it does not map the page there"
						: ", though its VMA does not cover that");
		break;
	case EVENT_P_KILL_END:
		SAY("%" PRId64 " process%s on the kill list after %s",
		    ARGS(P_KILL_END)->nr_tasks, ARGS(P_KILL_END)->nr_tasks == 1 ? " is" : "es are",
		    format_duration(time, (uint64_t)ARGS(P_KILL_END)->duration_ns));
		break;
	case EVENT_P_RECOVERY_BEGIN:
		SAY("recovery of pfn 0x%" PRIx64 " (%s) begins: %" PRId64 " mapping%s",
		    ARGS(P_RECOVERY_BEGIN)->pfn, s->node, ARGS(P_RECOVERY_BEGIN)->mapcount,
		    plural((uint64_t)ARGS(P_RECOVERY_BEGIN)->mapcount));
		break;
	case EVENT_P_RECOVERY_SEARCH:
		SAY("%s after a search of %" PRId64 " node%s",
		    ARGS(P_RECOVERY_SEARCH)->chain ? "its chain was found" : "it has no chain",
		    ARGS(P_RECOVERY_SEARCH)->nr_nodes, plural((uint64_t)ARGS(P_RECOVERY_SEARCH)->nr_nodes));
		break;
	case EVENT_P_RECOVERY_DUP:
		SAY("the dup with pfn 0x%" PRIx64 ": %s", ARGS(P_RECOVERY_DUP)->kpfn,
		    dup_verdict(ARGS(P_RECOVERY_DUP)->verdict, text));
		break;
	case EVENT_P_RECOVERY_COPY:
		if (ARGS(P_RECOVERY_COPY)->err)
			SAY("no fresh copy could be made: %s",
			    why_error(ARGS(P_RECOVERY_COPY)->err));
		else
			SAY("a fresh copy of the content: pfn 0x%" PRIx64,
			    ARGS(P_RECOVERY_COPY)->kpfn);
		break;
	case EVENT_P_RECOVERY_MOVE:
		if (ARGS(P_RECOVERY_MOVE)->err)
			SAY("%s at 0x%" PRIx64 " stays on the failed page: %s", s->mm,
			    ARGS(P_RECOVERY_MOVE)->address, why_error(ARGS(P_RECOVERY_MOVE)->err));
		else
			SAY("%s at 0x%" PRIx64 "%s: %s, pfn 0x%" PRIx64, s->mm,
			    ARGS(P_RECOVERY_MOVE)->address,
			    ARGS(P_RECOVERY_MOVE)->item ? " now maps" : ", a fork that ksmd has not met, now maps",
			    move_target(ARGS(P_RECOVERY_MOVE)->target, text),
			    ARGS(P_RECOVERY_MOVE)->to_kpfn);
		break;
	case EVENT_P_RECOVERY_END:
		SAY("recovery ends: %s, %" PRId64 " moved, %" PRId64 " not",
		    recovery_outcome(ARGS(P_RECOVERY_END)->outcome, text),
		    ARGS(P_RECOVERY_END)->moved, ARGS(P_RECOVERY_END)->failed);
		break;
	default:
		break;
	}
}

/* The collapse that ends by this event: its result alone does not say whether it succeeded. */
static bool collapsed(const struct story *s)
{
	enum { LOOKED_BACK = 64 };
	struct history_cursor cursor;
	union row row;

	if (!history_list(s->scene->history, EPISODES_OF_KIND, ref_of_kind(EPISODE_COLLAPSE), s->scene->when,
			  &cursor)) {
		history_seek_end(&cursor);
		for (int left = LOOKED_BACK; left && history_prev(&cursor, &row) == 1; left--)
			if (row.episode.ended && row.episode.fact.died == s->scene->when.t)
				return collapse_is_done(&row.episode.totals.collapse);
	}
	return ARGS(P_COLLAPSE_END)->result == COLLAPSE_SUCCEEDED;
}

static void say_counts(const struct story *s, char *buf, size_t size)
{
	char count[FORMAT_MAX];
	uint64_t nr = 0;

	for (unsigned i = 0; s->event->present & 1 && i < KSMTOP_NR_COUNTS; i++)
		nr += ARGS(P_COUNTS)->nr[i];
	if (nr)
		SAY("this CPU has traced %s event%s of the patch since boot; counted by kind, they tell what a gap hid",
		    format_count(count, nr), plural(nr));
	else
		SAY("this CPU tells how many events of the patch it has traced, and the recording lacks the numbers");
}

static void say_other(const struct story *s, char *buf, size_t size)
{
	char text[24], symbol[SYMBOL_MAX];

	switch (s->event->kind) {
	case EVENT_P_COLLAPSE_BEGIN:
		SAY("%s begins to collapse %s at 0x%" PRIx64, s->task, s->mm,
		    ARGS(P_COLLAPSE_BEGIN)->address);
		break;
	case EVENT_P_COLLAPSE_PAGE:
		SAY("page %" PRId64 " of the range, pfn 0x%" PRIx64 ": %s",
		    ARGS(P_COLLAPSE_PAGE)->index, ARGS(P_COLLAPSE_PAGE)->pfn,
		    collapse_step(ARGS(P_COLLAPSE_PAGE)->step, text));
		break;
	case EVENT_P_COLLAPSE_END:
		if (collapsed(s))
			SAY("the collapse of %s at 0x%" PRIx64 " succeeds", s->mm,
			    ARGS(P_COLLAPSE_END)->address);
		else
			SAY("the collapse of %s at 0x%" PRIx64 " fails (scan_result %s)", s->mm,
			    ARGS(P_COLLAPSE_END)->address, explain_scan_result(
			    recording_events(s->scene->recording), ARGS(P_COLLAPSE_END)->result, symbol));
		break;
	case EVENT_P_DUMP_BEGIN:
		SAY("a dump of KSM's state begins: %" PRId64 " page%s shared, %" PRId64 " sharing",
		    ARGS(P_DUMP_BEGIN)->pages_shared, plural((uint64_t)ARGS(P_DUMP_BEGIN)->pages_shared), ARGS(P_DUMP_BEGIN)->pages_sharing);
		break;
	case EVENT_P_DUMP_END:
		if (ARGS(P_DUMP_END)->result)
			SAY("the dump ends early (%s) and is not complete: %" PRId64 " node%s, %" PRId64
			    " item%s", why_error(ARGS(P_DUMP_END)->result), ARGS(P_DUMP_END)->nr_nodes,
			    plural((uint64_t)ARGS(P_DUMP_END)->nr_nodes), ARGS(P_DUMP_END)->nr_items,
			    plural((uint64_t)ARGS(P_DUMP_END)->nr_items));
		else
			SAY("the dump is complete: %" PRId64 " node%s, %" PRId64 " item%s",
			    ARGS(P_DUMP_END)->nr_nodes, plural((uint64_t)ARGS(P_DUMP_END)->nr_nodes),
			    ARGS(P_DUMP_END)->nr_items, plural((uint64_t)ARGS(P_DUMP_END)->nr_items));
		break;
	case EVENT_P_DUMP_MM:
		SAY("dump: %s takes part in KSM with %" PRId64 " item%s", s->mm,
		    ARGS(P_DUMP_MM)->nr_items, plural((uint64_t)ARGS(P_DUMP_MM)->nr_items));
		break;
	case EVENT_P_DUMP_NODE:
		SAY("dump: %s, pfn 0x%" PRIx64 ", %" PRId64 " item%s", s->node,
		    ARGS(P_DUMP_NODE)->kpfn, ARGS(P_DUMP_NODE)->hlist_len,
		    plural((uint64_t)ARGS(P_DUMP_NODE)->hlist_len));
		break;
	case EVENT_P_DUMP_ITEM:
		SAY("dump: an rmap_item of %s at 0x%" PRIx64, s->mm, ARGS(P_DUMP_ITEM)->address);
		break;
	case EVENT_P_DUMP_ANON_VMA:
		SAY("dump: %s with %" PRId64 " VMA%s", s->anon_vma, ARGS(P_DUMP_ANON_VMA)->nr_vmas,
		    plural((uint64_t)ARGS(P_DUMP_ANON_VMA)->nr_vmas));
		break;
	case EVENT_P_DUMP_VMA:
		SAY("dump: VMA 0x%" PRIx64 "-0x%" PRIx64 " of %s in %s", ARGS(P_DUMP_VMA)->start,
		    ARGS(P_DUMP_VMA)->end, s->mm, s->anon_vma);
		break;
	case EVENT_P_COUNTS:
		say_counts(s, buf, size);
		break;
	default:
		break;
	}
}

bool why_patch(const struct story *s, char *buf, size_t size)
{
	if (s->event->kind < EVENT_P_MM_ENTER || s->event->kind > EVENT_P_COUNTS)
		return false;
	say_mm(s, buf, size);
	say_node(s, buf, size);
	say_item(s, buf, size);
	say_anon_vma(s, buf, size);
	say_walk(s, buf, size);
	say_failure(s, buf, size);
	say_other(s, buf, size);
	return true;
}
