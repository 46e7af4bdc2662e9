// SPDX-License-Identifier: GPL-2.0-only
/*
 * narrate_scan.c - one plain sentence for each step of a scan.
 *
 * A step of a scan is an event of ksmd's, or a run of them that say the same.  The sentence is about the first
 * of them; how many more there were stands behind it.  Objects are found by the address that the event
 * carries, as of that event, or right before it where the event is their end.
 *
 * Functions are those of mm/ksm.c, Linux 6.12; a stock kernel's events tell less and so do their
 * sentences.
 */
#include <inttypes.h>
#include <string.h>

#include "explain/telling.h"
#include "explain/words.h"

#define NAME 64
#define SITE_NODE_REMOVED 5	/* KSMTOP_DETACH_SITES */
enum { SITE_SEARCH_REPLACED = 0, SITE_MERGED_BACK = 2, SITE_SCAN_CLEANUP = 4 };	/* KSMTOP_MIGRATE_SITES */

/* The name of the object with that kernel address, alive at the event or until it. */
static const char *named(const struct telling *t, enum table table, int64_t addr, char buf[NAME])
{
	struct moment before = t->when;
	struct ref ref;
	union row row;

	if (history_find(t->h, table, (uint64_t)addr, 0, t->when, &ref) != 0) {
		snprintf(buf, NAME, "0x%" PRIx64, (uint64_t)addr);
		return buf;
	}
	if (history_row(t->h, ref, t->when, &row) != 0 && before.t)
		before.t--;
	narrate_name(t->h, ref, before, buf, NAME);
	if (buf[0] == '?')
		snprintf(buf, NAME, "0x%" PRIx64, (uint64_t)addr);
	return buf;
}

static bool tell_item(struct telling *t)
{
	char item[NAME], mm[NAME], node[NAME], word[24];

	switch (t->ev->kind) {
	case EVENT_P_ITEM_NEW:
		telling_function(t, "get_next_rmap_item", "mm/ksm.c");
		SAY("ksmd has no rmap_item of %s at 0x%" PRIx64 ": %s is made.",
		    named(t, TABLE_MM, ARGS(P_ITEM_NEW)->mm, mm),
		    (uint64_t)ARGS(P_ITEM_NEW)->address,
		    named(t, TABLE_ITEM, ARGS(P_ITEM_NEW)->item, item));
		return true;
	case EVENT_P_ITEM_FREE:
		telling_function(t, "free_rmap_item", "mm/ksm.c");
		SAY("%s of %s is freed.", named(t, TABLE_ITEM, ARGS(P_ITEM_FREE)->item, item),
		    named(t, TABLE_MM, ARGS(P_ITEM_FREE)->mm, mm));
		return true;
	case EVENT_P_ITEM_SCAN:
		telling_function(t, "cmp_and_merge_page", "mm/ksm.c");
		SAY("%s of %s at 0x%" PRIx64 " is scanned: %s.",
		    named(t, TABLE_ITEM, ARGS(P_ITEM_SCAN)->item, item),
		    named(t, TABLE_MM, ARGS(P_ITEM_SCAN)->mm, mm),
		    (uint64_t)ARGS(P_ITEM_SCAN)->address,
		    explain_word(WORDS_SCAN, ARGS(P_ITEM_SCAN)->outcome, word));
		return true;
	case EVENT_P_ITEM_UNSTABLE:
		telling_function(t, "unstable_tree_search_insert", "mm/ksm.c");
		SAY("%s of %s at 0x%" PRIx64 " meets no equal page and waits in the unstable tree.",
		    named(t, TABLE_ITEM, ARGS(P_ITEM_UNSTABLE)->item, item),
		    named(t, TABLE_MM, ARGS(P_ITEM_UNSTABLE)->mm, mm),
		    (uint64_t)ARGS(P_ITEM_UNSTABLE)->address);
		return true;
	case EVENT_P_ITEM_APPEND:
		telling_function(t, "stable_tree_append", "mm/ksm.c");
		SAY("%s of %s at 0x%" PRIx64 " is merged: it hangs on %s now, %" PRId64
		    " item%s there.",
		    named(t, TABLE_ITEM, ARGS(P_ITEM_APPEND)->item, item),
		    named(t, TABLE_MM, ARGS(P_ITEM_APPEND)->mm, mm),
		    (uint64_t)ARGS(P_ITEM_APPEND)->address,
		    named(t, TABLE_NODE, ARGS(P_ITEM_APPEND)->node, node),
		    ARGS(P_ITEM_APPEND)->hlist_len, plural((uint64_t)ARGS(P_ITEM_APPEND)->hlist_len));
		return true;
	case EVENT_P_ITEM_DETACH:
		telling_function(t, ARGS(P_ITEM_DETACH)->site == SITE_NODE_REMOVED ?
				 "remove_node_from_stable_tree" : "remove_rmap_item_from_tree", "mm/ksm.c");
		SAY("%s of %s at 0x%" PRIx64 " is taken out of its tree: %s.",
		    named(t, TABLE_ITEM, ARGS(P_ITEM_DETACH)->item, item),
		    named(t, TABLE_MM, ARGS(P_ITEM_DETACH)->mm, mm),
		    (uint64_t)ARGS(P_ITEM_DETACH)->address,
		    explain_word(WORDS_DETACH, ARGS(P_ITEM_DETACH)->site, word));
		return true;
	default:
		return false;
	}
}

/* Was there a stable node of that address right before?  Then it is no new one.  Its end, or its being told, may be lost. */
static bool is_known(const struct telling *t, int64_t addr)
{
	struct moment before = { t->step->event - 1, t->when.known_by };
	struct ref ref;
	union row row;

	if (history_find(t->h, TABLE_NODE, (uint64_t)addr, 0, before, &ref) != 0 ||
	    history_row(t->h, ref, before, &row) != 0) {
		t->to->doubtful |= !history_is_whole(t->h, ALL_NODES, (struct ref){ 0 }, before);
		return false;
	}
	t->to->doubtful |= row.fact.doubt != DOUBT_NONE;
	return true;
}

/* The event that follows in the scan; EVENT_UNKNOWN: none. */
static enum event_kind next_kind(const struct telling *t, struct event *ev)
{
	return t->index + 1 < episode_nr_steps(t->e) && episode_step_event(t->e, t->index + 1, ev) == 0 ?
	       (enum event_kind)ev->kind : EVENT_UNKNOWN;
}

/*
 * Out of the tree because its page is gone, or because it is on another memory node: the migrate list takes it
 * up right behind that, and says where it was seen.
 */
static void tell_erase(struct telling *t)
{
	int64_t addr = ARGS(P_NODE_ERASE)->node, kpfn = ARGS(P_NODE_ERASE)->kpfn;
	struct event next;
	bool moves = next_kind(t, &next) == EVENT_P_MIGRATE_ADD && EVENT_ARGS(&next, P_MIGRATE_ADD)->node == addr;
	char node[NAME];

	telling_function(t, !moves ? "remove_node_from_stable_tree" :
			 EVENT_ARGS(&next, P_MIGRATE_ADD)->site == SITE_SEARCH_REPLACED ? "stable_tree_search" :
			 "cmp_and_merge_page", "mm/ksm.c");
	SAY("%s (pfn 0x%" PRIx64 ") leaves the stable tree.", named(t, TABLE_NODE, addr, node), (uint64_t)kpfn);
}

static void tell_insert(struct telling *t)
{
	const struct args_P_NODE_INSERT args = *ARGS(P_NODE_INSERT);
	bool again = is_known(t, args.node);
	char node[NAME];


	telling_function(t, again ? "stable_tree_search" : "stable_tree_insert", "mm/ksm.c");
	named(t, TABLE_NODE, args.node, node);
	if (again)
		SAY("%s (pfn 0x%" PRIx64 ") has no equal page in the stable tree of memory node %" PRId64
		    ": it enters that tree.", node, (uint64_t)args.kpfn, args.nid);
	else
		SAY("pfn 0x%" PRIx64 " becomes a KSM page: %s enters the stable tree of memory node %" PRId64 ".",
		    (uint64_t)args.kpfn, node, args.nid);
}

static bool tell_node(struct telling *t)
{
	char node[NAME], chain[NAME];

	telling_function(t, "stable_tree_insert", "mm/ksm.c");
	switch (t->ev->kind) {
	case EVENT_P_NODE_INSERT:
		tell_insert(t);
		return true;
	case EVENT_P_NODE_ERASE:
		tell_erase(t);
		return true;
	case EVENT_P_NODE_FREE:
		telling_function(t, "free_stable_node", "mm/ksm.c");
		SAY("%s (pfn 0x%" PRIx64 ") is freed.",
		    named(t, TABLE_NODE, ARGS(P_NODE_FREE)->node, node),
		    (uint64_t)ARGS(P_NODE_FREE)->kpfn);
		return true;
	case EVENT_P_CHAIN_MAKE:
		telling_function(t, "alloc_stable_node_chain", "mm/ksm.c");
		/* It is full, or an equal page came from another nid: the event does not say. */
		SAY("%s becomes the first dup of a new chain, %s, so that another page of its content can join.",
		    named(t, TABLE_NODE, ARGS(P_CHAIN_MAKE)->node, node),
		    named(t, TABLE_NODE, ARGS(P_CHAIN_MAKE)->chain, chain));
		return true;
	case EVENT_P_CHAIN_COLLAPSE:
		telling_function(t, "stable_node_dup", "mm/ksm.c");
		SAY("The chain %s has one dup left: %s takes its place as a plain node.",
		    named(t, TABLE_NODE, ARGS(P_CHAIN_COLLAPSE)->chain, chain),
		    named(t, TABLE_NODE, ARGS(P_CHAIN_COLLAPSE)->node, node));
		return true;
	case EVENT_P_CHAIN_FREE:
		telling_function(t, "free_stable_node_chain", "mm/ksm.c");
		SAY("The chain %s is freed.",
		    named(t, TABLE_NODE, ARGS(P_CHAIN_FREE)->node, chain));
		return true;
	case EVENT_P_DUP_ADD:
		telling_function(t, is_known(t, ARGS(P_DUP_ADD)->node) ? "stable_tree_search" :
				 "stable_tree_insert", "mm/ksm.c");
		SAY("%s (pfn 0x%" PRIx64 ") joins the chain %s as a dup.",
		    named(t, TABLE_NODE, ARGS(P_DUP_ADD)->node, node),
		    (uint64_t)ARGS(P_DUP_ADD)->kpfn,
		    named(t, TABLE_NODE, ARGS(P_DUP_ADD)->chain, chain));
		return true;
	case EVENT_P_DUP_DEL:
		telling_function(t, "__stable_node_dup_del", "mm/ksm.c");
		SAY("%s (pfn 0x%" PRIx64 ") leaves its chain.",
		    named(t, TABLE_NODE, ARGS(P_DUP_DEL)->node, node),
		    (uint64_t)ARGS(P_DUP_DEL)->kpfn);
		return true;
	case EVENT_P_DUP_HEAD:
		telling_function(t, "stable_node_dup", "mm/ksm.c");
		SAY("%s, the fullest dup of %s that has room, moves to the head: the next merge tries it first.",
		    named(t, TABLE_NODE, ARGS(P_DUP_HEAD)->node, node),
		    named(t, TABLE_NODE, ARGS(P_DUP_HEAD)->chain, chain));
		return true;
	case EVENT_P_NODE_KPFN:
		telling_function(t, "folio_migrate_ksm", "mm/ksm.c");
		SAY("%s has pfn 0x%" PRIx64 " now.",
		    named(t, TABLE_NODE, ARGS(P_NODE_KPFN)->node, node),
		    (uint64_t)ARGS(P_NODE_KPFN)->kpfn);
		return true;
	case EVENT_P_NODE_REPLACE:
		telling_function(t, "stable_tree_search", "mm/ksm.c");
		SAY("%s takes the place of %s in the stable tree.",
		    named(t, TABLE_NODE, ARGS(P_NODE_REPLACE)->node, node),
		    named(t, TABLE_NODE, ARGS(P_NODE_REPLACE)->old_node, chain));
		return true;
	default:
		return false;
	}
}

/* Without a KSM page it is the first of a pair, which is undone, untraced, when the second fails.
 */
static void merge(struct telling *t, const char *mm)
{
	const struct args_KSM_MERGE_WITH_KSM_PAGE *args = ARGS(KSM_MERGE_WITH_KSM_PAGE);

	if (args->err)
		SAY("A page of %s could not be merged (%" PRId64 "), pfn 0x%" PRIx64 ".", mm,
		    args->err, (uint64_t)args->pfn);
	else if (!args->ksm_page)
		SAY("pfn 0x%" PRIx64
		    " of %s is made a KSM page, the first of a pair: if the second cannot be "
		    "merged this is undone.",
		    (uint64_t)args->pfn, mm);
	else
		SAY("A page of %s is merged with the KSM page of pfn 0x%" PRIx64 ".", mm,
		    (uint64_t)args->pfn);
}

static bool tell_other(struct telling *t)
{
	char node[NAME], mm[NAME], word[24];

	telling_function(t, "ksm_do_scan", "mm/ksm.c");
	switch (t->ev->kind) {
	case EVENT_P_MIGRATE_ADD:
		telling_function(t, ARGS(P_MIGRATE_ADD)->site == SITE_SEARCH_REPLACED ? "stable_tree_search" :
				 "cmp_and_merge_page", "mm/ksm.c");
		SAY("%s (pfn 0x%" PRIx64
		    ") is on another memory node than its tree: it goes onto the migrate list.",
		    named(t, TABLE_NODE, ARGS(P_MIGRATE_ADD)->node, node),
		    (uint64_t)ARGS(P_MIGRATE_ADD)->kpfn);
		return true;
	case EVENT_P_MIGRATE_DEL:
		telling_function(t, ARGS(P_MIGRATE_DEL)->site == SITE_MERGED_BACK ? "stable_tree_search" :
				 ARGS(P_MIGRATE_DEL)->site == SITE_SCAN_CLEANUP ? "scan_get_next_rmap_item" :
				 "remove_node_from_stable_tree", "mm/ksm.c");
		SAY("%s (pfn 0x%" PRIx64 ") leaves the migrate list: %s.",
		    named(t, TABLE_NODE, ARGS(P_MIGRATE_DEL)->node, node),
		    (uint64_t)ARGS(P_MIGRATE_DEL)->kpfn,
		    ARGS(P_MIGRATE_DEL)->site == SITE_MERGED_BACK ? "its place is found" :
		    ARGS(P_MIGRATE_DEL)->site == SITE_SCAN_CLEANUP ? "the scan that begins finds its page gone" :
		    "the node is removed");
		return true;
	case EVENT_P_UNSTABLE_RESET:
		telling_function(t, "scan_get_next_rmap_item", "mm/ksm.c");
		SAY("The unstable tree is thrown away: scan %" PRId64 " builds it anew.",
		    ARGS(P_UNSTABLE_RESET)->seqnr);
		return true;
	case EVENT_P_SCAN_SUM:
		SAY("Of %s in scan %" PRId64 ": %" PRId64 " x %s.",
		    named(t, TABLE_MM, ARGS(P_SCAN_SUM)->mm, mm), ARGS(P_SCAN_SUM)->seqnr,
		    ARGS(P_SCAN_SUM)->nr,
		    explain_word(WORDS_SCAN, ARGS(P_SCAN_SUM)->outcome, word));
		return true;
	case EVENT_KSM_MERGE_ONE_PAGE:
		/* Only of empty pages, and the pfn is the zero page's. */
		telling_function(t, "try_to_merge_one_page", "mm/ksm.c");
		SAY("A page of %s that holds only zeroes %s the kernel's zero page (pfn 0x%" PRIx64 ").",
		    named(t, TABLE_MM, ARGS(KSM_MERGE_ONE_PAGE)->mm, mm),
		    ARGS(KSM_MERGE_ONE_PAGE)->err ? "could not be replaced by" : "is replaced by",
		    (uint64_t)ARGS(KSM_MERGE_ONE_PAGE)->pfn);
		return true;
	case EVENT_KSM_MERGE_WITH_KSM_PAGE:
		telling_function(t, "try_to_merge_with_ksm_page", "mm/ksm.c");
		merge(t, named(t, TABLE_MM, ARGS(KSM_MERGE_WITH_KSM_PAGE)->mm, mm));
		return true;
	case EVENT_KSM_REMOVE_KSM_PAGE:
		telling_function(t, "remove_node_from_stable_tree", "mm/ksm.c");
		SAY("ksmd notices that the KSM page of pfn 0x%" PRIx64
		    " is gone: its stable node is removed.",
		    (uint64_t)ARGS(KSM_REMOVE_KSM_PAGE)->pfn);
		return true;
	case EVENT_KSM_REMOVE_RMAP_ITEM:
		telling_function(t, "remove_node_from_stable_tree", "mm/ksm.c");
		SAY("An rmap_item of %s leaves the stable node of pfn 0x%" PRIx64
		    ", which is removed.",
		    named(t, TABLE_MM, ARGS(KSM_REMOVE_RMAP_ITEM)->mm, mm),
		    (uint64_t)ARGS(KSM_REMOVE_RMAP_ITEM)->pfn);
		return true;
	default:
		return false;
	}
}

/* How many more events of the run there are by the moment that the episode is asked at, and the last of them. */
static uint32_t run_more(const struct telling *t, uint64_t *ret_last)
{
	struct event_index *events = episode_source(t->e)->events;
	uint64_t known_by = episode_moment(t->e).known_by;
	struct event_record record;
	uint32_t more = 0;

	*ret_last = t->step->last_event;
	if (t->step->last_event <= known_by)
		return t->step->nr - 1;
	for (uint64_t n = t->step->event + 1; n <= known_by; n++) {
		if (event_index_kind(events, n) != t->step->verdict || event_index_read(events, n, &record) != 0 ||
		    record.pid != episode_row(t->e)->tid)
			continue;
		*ret_last = n;
		more++;
	}
	return more;
}

/* They say the same of the same process (or scan, or page). */
static void tell_run(struct telling *t)
{
	size_t at = strlen(t->to->text);
	bool reset = t->ev->kind == EVENT_P_UNSTABLE_RESET;
	uint32_t more;
	uint64_t last;

	if (t->step->kind != STEP_SCANNED || t->step->nr < 2)
		return;
	more = run_more(t, &last);
	t->to->doubtful |= history_may_lack(t->h, t->ev->kind, t->step->event, last, t->when.known_by);
	if (!more)
		return;
	if (reset)
		snprintf(t->to->text + at, sizeof(t->to->text) - at, " So %s the %s of %" PRIu32
			 " other memory node%s.", more == 1 ? "is" : "are", more == 1 ? "one" : "ones", more,
			 plural(more));
	else
		snprintf(t->to->text + at, sizeof(t->to->text) - at, " The same %" PRIu32 " time%s more, up to event %"
			 PRIu64 ".", more, plural(more), last);
}

void tell_scan(struct telling *t)
{
	if (t->step->kind == STEP_BEGIN) {
		SAY("ksmd begins scan %" PRId64 " with %" PRId64 " rmap_item%s.", ARGS(KSM_START_SCAN)->seq,
		    ARGS(KSM_START_SCAN)->rmap_entries, plural((uint64_t)ARGS(KSM_START_SCAN)->rmap_entries));
	} else if (t->step->kind == STEP_END) {
		SAY("ksmd ends scan %" PRId64 " with %" PRId64 " rmap_item%s.", ARGS(KSM_STOP_SCAN)->seq,
		    ARGS(KSM_STOP_SCAN)->rmap_entries, plural((uint64_t)ARGS(KSM_STOP_SCAN)->rmap_entries));
	} else if (!tell_item(t) && !tell_node(t) && !tell_other(t)) {
		SAY("ksmd: %s.", event_kind_name(t->ev->kind));
	}
	if (t->step->kind == STEP_BEGIN || t->step->kind == STEP_END)
		telling_function(t, "ksm_do_scan", "mm/ksm.c");
	tell_run(t);
}
