// SPDX-License-Identifier: GPL-2.0-only
/*
 * stale.c - what a KSM page's rmap_items do not know about its mappings, and until when.
 *
 * The places that may map the page come from mapped.c, with the best mapcount that is known for the
 * moment: the last walk's, or with hindsight the next one's if nothing touched the node in between.
 * Items that lead nowhere are looked for apart, since they have no place.
 *
 * When ksmd repairs what is wrong is asked of stale_repair.c.
 */
#include "explain/stale.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/stale_repair.h"
#include "explain/vma_split.h"
#include "explain/words.h"
#include "trace/array.h"
#include "trace/diag.h"

#define PAGE_BITS 12
#define SPANS_LOOK 64u

/* ---- the log ---- */
/* If it was to unmap the page: what for it was is told at its beginning. */
static bool may_have_failed(const struct episode_row *row)
{
	enum { ALL_OFFERED = 0 };	/* KSMTOP_WALK_ENDS */

	return row->ended && row->totals.walk.why == ALL_OFFERED && row->totals.walk.mapcount_after > 0;
}

static bool has_failed(const struct episode_row *row)
{
	return row->ended && walk_left_mappings(&row->totals.walk);
}

static int add_walk(struct stale_log *log, const struct episode_row *row)
{
	const struct walk_totals *walk = &row->totals.walk;

	if (ARRAY_ROOM(log->walks, log->nr, log->room) != 0)
		return -ENOMEM;
	log->walks[log->nr++] = (struct stale_walk){
		.episode = row->ref, .node = row->object, .end = row->fact.died,
		.before = walk->mapcount_before, .after = walk->mapcount_after, .purpose = walk->purpose,
		.doubtful = row->fact.doubt != DOUBT_NONE };
	return 0;
}

static int by_end(const void *a, const void *b)
{
	const struct stale_walk *x = a, *y = b;

	return x->end < y->end ? -1 : x->end > y->end;
}

static int compare_refs(struct ref a, struct ref b)
{
	if (a.table != b.table || a.segment != b.segment)
		return ((uint32_t)a.table << 16 | a.segment) < ((uint32_t)b.table << 16 | b.segment) ? -1 : 1;
	return a.id < b.id ? -1 : a.id > b.id;
}

static int by_node(const void *a, const void *b, void *arg)
{
	const uint32_t *x = a, *y = b;
	const struct stale_walk *walks = arg;
	int order = compare_refs(walks[*x].node, walks[*y].node);

	return order ? order : *x < *y ? -1 : *x > *y;
}

static int sort_log(struct stale_log *log)
{
	uint32_t *nodes = realloc(log->by_node, (log->nr + 1) * sizeof(*nodes));

	if (!nodes)
		return -ENOMEM;
	log->by_node = nodes;
	for (uint32_t i = 0; i < log->nr; i++)
		nodes[i] = i;
	if (log->nr) {
		qsort(log->walks, log->nr, sizeof(*log->walks), by_end);
		qsort_r(nodes, log->nr, sizeof(*nodes), by_node, log->walks);
	}
	return 0;
}

int stale_log_read(struct stale_log *log, const struct episode_source *source)
{
	uint64_t last = history_last(source->history);
	struct history_cursor cursor;
	union row row;
	int ret = 0;

	if (log->upto == last)
		return 0;
	log->nr = 0;
	log->unknown = 0;
	if (history_list(source->history, EPISODES_OF_KIND, ref_of_kind(EPISODE_WALK), moment_hindsight(last),
			 &cursor) != 0)
		return 0;
	while (ret == 0 && history_next(&cursor, &row) > 0)
		if (has_failed(&row.episode))
			ret = add_walk(log, &row.episode);
		else if (row.episode.begin_lost && may_have_failed(&row.episode) &&
			 (!log->unknown || row.episode.fact.died < log->unknown))
			log->unknown = row.episode.fact.died;
	if (ret == 0)
		ret = sort_log(log);
	log->nr = ret ? 0 : log->nr;
	log->upto = ret ? 0 : last;
	return ret;
}

void stale_log_fini(struct stale_log *log)
{
	free(log->walks);
	free(log->by_node);
	memset(log, 0, sizeof(*log));
}

uint32_t stale_log_ended(const struct stale_log *log, uint64_t t)
{
	return (uint32_t)BISECT(0, log->nr, i, log->walks[i].end <= t);
}

static bool is_before(const struct stale_log *log, uint32_t at, struct ref node, uint32_t walk)
{
	int order = compare_refs(log->walks[at].node, node);

	return order < 0 || (order == 0 && at < walk);
}

/* First place in `by_node` of a walk of that node that is no earlier than `walk`, or of a node behind it. */
static uint32_t node_lower(const struct stale_log *log, struct ref node, uint32_t walk)
{
	return (uint32_t)BISECT(0, log->nr, i, is_before(log, log->by_node[i], node, walk));
}

uint32_t stale_log_failures(const struct stale_log *log, struct ref node, uint64_t t, uint32_t *ret_newest)
{
	uint32_t first = node_lower(log, node, 0), end = node_lower(log, node, stale_log_ended(log, t));

	if (ret_newest && end > first)
		*ret_newest = log->by_node[end - 1];
	return end - first;
}

bool stale_log_lacks(const struct stale_log *log, const struct history *h, uint64_t born, struct moment when)
{
	return (log->unknown && log->unknown <= when.t) ||
	       (history_nr_losses(h) && history_may_lack(h, EVENT_P_WALK_END, born, when.t, when.known_by));
}

/* ---- words ---- */
const char *stale_kind_text(enum stale_kind kind)
{
	static const char *const texts[NR_STALE_KINDS] = {
		[STALE_REACHED] = "its item leads to it",
		[STALE_MOVED] = "its item has the old address",
		[STALE_UNREACHED] = "no item is known to lead to it",
		[STALE_ITEM] = "item, but no VMA there",
		[STALE_CHANGED] = "item, but another page",
		[STALE_UNTOLD] = "item, and not all VMAs are known yet",
	};

	return (unsigned)kind < NR_STALE_KINDS ? texts[kind] : "?";
}

const char *stale_repair_text(enum stale_repair repair)
{
	switch (repair) {
	case REPAIR_NONE: return "nothing to repair";
	case REPAIR_THIS_SCAN: return "in the scan that runs";
	case REPAIR_NEXT_SCAN: return "in the next scan";
	case REPAIR_NEVER: return "never: ksmd does not scan there";
	default: return "not known";
	}
}

/* ---- the mapcount ---- */
/* The next walk of the node that begins after t and is known by then. */
static bool next_walk(const struct history *h, struct ref node, struct moment when, union row *ret_row)
{
	struct moment then = moment_at(when.known_by < history_last(h) ? when.known_by : history_last(h));
	struct history_cursor before, cursor;
	union row row;

	if (then.t <= when.t || history_list(h, EPISODES_ABOUT, node, moment_at(when.t), &before) != 0 ||
	    history_list(h, EPISODES_ABOUT, node, then, &cursor) != 0)
		return false;
	history_seek_end(&before);
	if (history_prev(&before, &row) > 0 && history_seek(&cursor, row.any.ref) == 0)
		(void)history_next(&cursor, &row);
	while (history_next(&cursor, ret_row) > 0)
		if (ret_row->episode.kind == EPISODE_WALK && !ret_row->episode.begin_lost)
			return true;
	return false;
}

static void find_mapcount(const struct episode_source *source, struct moment when, struct stale_page *page)
{
	const struct history *h = source->history;
	struct ref node = page->node.ref;
	union row next;
	uint64_t touch;

	mapped_count(source, node, when, &page->count);
	if (page->count.mapcount >= 0 || !next_walk(h, node, when, &next))
		return;
	/* Hindsight: what the next walk found was so before, if nothing happened to the node until then. */
	touch = history_touch(h, node, when.t, 1);
	if (!touch || touch >= next.fact.born)
		page->count = (struct mapped_count){ next.episode.totals.walk.mapcount_before, next.fact.born,
						     EVIDENCE_TRACED };
}

/* ---- since when ---- */
/* From one covering VMA to what covered after it, until nothing did. */
static uint64_t uncovered_since(const struct episode_source *source, const struct item_row *item, struct moment when)
{
	struct moment then = { item->fact.born, when.known_by };
	const struct history *h = source->history;
	uint64_t back;
	union row row;

	if (then.t < history_first(h))
		then.t = history_first(h) - 1;
	for (uint32_t i = 0; i < SPANS_LOOK && then.t <= when.t; i++) {
		/* Seen with what is known now: the VMA may have been found later. */
		back = mapped_item_vma(h, item, then, &row) ? 0 : vma_comes_back(source, then.t, when.t, NULL);
		if (back) {
			then.t = back;
			continue;
		}
		if (!mapped_item_vma(h, item, then, &row))
			return i || then.t >= history_first(h) ? then.t : 0;
		if (row.fact.died == NEVER || row.fact.died > when.t)
			return 0;
		then.t = row.fact.died;
	}
	return 0;
}

/* That ksmd's last item there was of another page is known then: no mapping. */
static bool is_disproved(const struct episode_source *source, const struct stale_entry *entry, uint64_t touch,
			 struct moment when)
{
	union row mm;

	return !entry->known && !ref_is_none(entry->mm) &&
	       history_row(source->history, entry->mm, when, &mm) == 0 &&
	       mapped_found_changed(source, touch, mm.mm.name.addr, entry->address);
}

/* Since when no item leads to it: the last one left, or never did since its VMA is there. */
static uint64_t unreached_since(const struct history *h, const struct mapped *place, struct moment when)
{
	union row row;

	return place->left ? place->left : history_row(h, place->vma, when, &row) == 0 ? row.fact.born : 0;
}

/* ---- the entries ---- */
static int add_entry(struct stale_page *page, uint32_t *room, const struct stale_entry *entry)
{
	if (ARRAY_ROOM(page->entries, page->nr, *room) != 0)
		return -ENOMEM;
	page->entries[page->nr++] = *entry;
	page->nr_kinds[entry->kind]++;
	return 0;
}

/* Does its linear_page_index differ from its address, as in a VMA that mremap() moved? */
static bool is_moved(const struct history *h, const struct mapped *place, struct moment when)
{
	union row row;

	return !ref_is_none(place->item) && history_row(h, place->item, when, &row) == 0 &&
	       row.item.has_index && row.item.index != place->address >> PAGE_BITS;
}

static int add_places(const struct episode_source *source, struct moment when, struct stale_page *page,
		      uint32_t *room, const struct mapped_list *list)
{
	const struct history *h = source->history;
	int ret = 0;

	for (uint32_t i = 0; ret == 0 && i < list->nr; i++) {
		const struct mapped *place = &list->list[i];
		struct stale_entry entry = {
			.mm = place->mm, .vma = place->vma, .item = place->item, .tgid = place->tgid,
			.address = place->address, .item_address = place->item_address,
			.evidence = place->evidence, .known = place->known, .doubtful = place->doubtful,
			.moved = is_moved(h, place, when),
			.kind = ref_is_none(place->item) ? STALE_UNREACHED :
				place->item_address == place->address ? STALE_REACHED : STALE_MOVED };

		if (entry.kind == STALE_UNREACHED) {
			entry.doubtful |= list->untold;	/* an item that was not told may lead to it */
			if (is_disproved(source, &entry, place->left, when))
				continue;
			entry.since = unreached_since(h, place, when);
		}
		ret = add_entry(page, room, &entry);
		page->nr_maybe += !place->known;
	}
	page->nr_beyond = list->nr_beyond;
	page->untold = list->untold;
	page->truncated = list->truncated;
	return ret;
}

/* The mapping was moved and goes by its new place: then its item is told there. */
static bool told_with_place(const struct mapped_list *list, struct ref item)
{
	for (uint32_t i = 0; i < list->nr; i++)
		if (ref_equal(list->list[i].item, item) && list->list[i].own &&
		    list->list[i].item_address != list->list[i].address)
			return true;
	return false;
}

/* When the page was written to is not traced: it may still be this one now. */
static void change_entry(struct stale_page *page, const struct stale_entry *item)
{
	for (uint32_t i = 0; i < page->nr; i++) {
		struct stale_entry *entry = &page->entries[i];

		if (entry->kind != STALE_REACHED || entry->address != item->address ||
		    !ref_equal(entry->mm, item->mm))
			continue;
		page->nr_kinds[entry->kind]--;
		page->nr_kinds[STALE_CHANGED]++;
		entry->kind = STALE_CHANGED;
		entry->repaired = item->repaired;
		entry->doubtful = true;
	}
}

static int add_item(const struct episode_source *source, struct stale_page *page, uint32_t *room,
		    const struct item_row *item, const struct mapped_list *list, struct moment when)
{
	struct stale_entry entry = {
		.mm = item->mm, .item = item->ref, .address = item->address, .item_address = item->address,
		.evidence = EVIDENCE_INFERRED, .known = true, .doubtful = item->fact.doubt != DOUBT_NONE,
		.kind = STALE_ITEM };
	bool whole;
	union row row;

	if (!item->has_index || ref_is_none(item->anon_vma))
		return 0;
	if (history_row(source->history, item->mm, when, &row) == 0)
		entry.tgid = row.mm.tgid;
	if (item->fact.died != NEVER && item->fact.died <= when.known_by)
		entry.repaired = item->fact.died;
	whole = history_is_whole(source->history, VMAS_OF_ANON_VMA, item->anon_vma, when);
	if (!mapped_item_vma(source->history, item, when, &row)) {
		if (told_with_place(list, item->ref))
			return 0;
		if (!whole) {
			entry.kind = STALE_UNTOLD;
			entry.known = false;
			return add_entry(page, room, &entry);
		}
		entry.since = uncovered_since(source, item, when);
		return add_entry(page, room, &entry);
	}
	if (entry.repaired && mapped_found_changed(source, entry.repaired, 0, 0))
		change_entry(page, &entry);
	return 0;
}

static int add_items(const struct episode_source *source, struct stale_page *page, uint32_t *room,
		     const struct mapped_list *list, struct moment when)
{
	struct history_cursor cursor;
	union row row;
	int more, ret = history_list(source->history, ITEMS_OF_NODE, page->node.ref, when, &cursor);

	while (ret == 0 && (more = history_next(&cursor, &row)) != 0)
		ret = more < 0 ? more : add_item(source, page, room, &row.item, list, when);
	return ret;
}

static int compare(const void *a, const void *b)
{
	const struct stale_entry *x = a, *y = b;

	if (x->tgid != y->tgid)
		return x->tgid < y->tgid ? -1 : 1;
	if (x->mm.id != y->mm.id)
		return x->mm.id < y->mm.id ? -1 : 1;
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return (int)x->kind - (int)y->kind;
}

/* A mapcount makes sure of its own event only; later it still tells how many there were. */
static int count_then(const struct episode_source *source, struct moment when, struct stale_page *page)
{
	struct moment then = { page->count.event, when.known_by };
	struct mapped_list list;
	int ret;

	if (!page->nr_maybe || page->count.mapcount <= 0 || !then.t || then.t >= when.t)
		return 0;
	ret = mapped_find(source, page->node.ref, then, page->count.mapcount, MAPPED_PTES, &list);
	if (ret)
		return ret;
	mapped_judge(&list, page->count.mapcount);
	page->nr_known_then = list.nr_known;
	mapped_fini(&list);
	return 0;
}

static int fill(const struct episode_source *source, struct moment when, struct stale_page *page)
{
	struct repairs repairs;
	struct mapped_list list;
	uint32_t room = 0;
	int ret;

	find_mapcount(source, when, page);
	ret = mapped_find(source, page->node.ref, when, page->count.mapcount, MAPPED_PTES, &list);
	if (ret)
		return ret;
	mapped_judge_then(&list, &page->count, when);
	if (list.nr > list.nr_reached)
		ret = mapped_former(source, page->node.ref, when, false, &list);
	if (ret == 0)
		ret = add_places(source, when, page, &room, &list);
	if (ret == 0)
		ret = add_items(source, page, &room, &list, when);
	if (ret == 0)
		ret = count_then(source, when, page);
	mapped_fini(&list);
	if (ret)
		return ret;
	if (page->nr)
		qsort(page->entries, page->nr, sizeof(*page->entries), compare);
	repairs_init(&repairs, source, page->node.ref, when);
	for (uint32_t i = 0; i < page->nr; i++)
		repairs_find(&repairs, &page->entries[i]);
	return 0;
}

int stale_page(const struct episode_source *source, struct ref node, struct moment when,
	       struct stale_page *ret_page, struct diag *diag)
{
	struct stale_page page = { .count.mapcount = -1 };
	bool unsure = false;
	union row row;
	int ret = node.table == TABLE_NODE ? history_row(source->history, node, when, &row) : -ENOENT;

	if (ret == 0 && row.node.kind == NODE_CHAIN)
		ret = -ENOENT;
	if (ret == 0) {
		page.node = row.node;
		ret = fill(source, vma_split_before(source, when, &unsure), &page);
		for (uint32_t i = 0; unsure && i < page.nr; i++)
			page.entries[i].doubtful |= page.entries[i].kind == STALE_ITEM;
		page.untold |= unsure;
	}
	if (ret) {
		stale_page_fini(&page);
		return diag_set(diag, ret, ret == -ENOENT ? "there is no such KSM page at that moment"
							  : "its mappings cannot be read");
	}
	*ret_page = page;
	return 0;
}

void stale_page_fini(struct stale_page *page)
{
	free(page->entries);
	memset(page, 0, sizeof(*page));
}

/* ---- why a walk left mappings ---- */
static bool offered_by(const struct whatif_result *result, const struct mapped *place)
{
	for (uint32_t i = 0; i < result->nr_missed; i++)
		if (result->missed[i] == place)
			return false;
	for (uint32_t i = 0; i < result->nr_maybe; i++)
		if (result->maybe[i] == place)
			return false;
	return true;
}

int stale_explain(const struct episode_source *source, struct ref walk, struct moment when,
		  struct stale_failure *ret_failure, struct diag *diag)
{
	struct stale_failure failure = { 0 };
	const struct whatif_result *own, *linear;
	enum walk_rule rule;
	int ret = whatif_walk(source, walk, when, ALL_RULES & ~(1u << RULE_WHOLE), &failure.walk, diag);

	if (ret)
		return ret;
	rule = failure.walk->walk.totals.walk.rule;
	if (rule == RULE_WHOLE) {
		whatif_free(failure.walk);
		ret = whatif_walk(source, walk, when, ALL_RULES, &failure.walk, diag);
		if (ret)
			return ret;
	}
	failure.nr_left = failure.walk->walk.totals.walk.mapcount_after > 0 ?
			  (uint32_t)failure.walk->walk.totals.walk.mapcount_after : 0;
	if (rule < NR_RULES) {
		own = &failure.walk->rules[rule];
		linear = &failure.walk->rules[RULE_LINEAR];
		for (uint32_t i = 0; i < own->nr_missed; i++)
			if (!ref_is_none(own->missed[i]->item) && offered_by(linear, own->missed[i]))
				failure.nr_by_rule++;
		/* With an unknown number of mappings the rule's own misses are all that can be told apart. */
		failure.nr_no_item = failure.walk->mappings.nr_beyond;
	}
	if (failure.nr_by_rule > failure.nr_left)
		failure.nr_by_rule = failure.nr_left;
	if (failure.nr_no_item > failure.nr_left - failure.nr_by_rule)
		failure.nr_no_item = failure.nr_left - failure.nr_by_rule;
	failure.nr_visited = failure.nr_left - failure.nr_by_rule - failure.nr_no_item;
	*ret_failure = failure;
	return 0;
}

bool stale_failure_doubtful(const struct stale_failure *failure)
{
	uint8_t rule = failure->walk->walk.totals.walk.rule;

	return failure->walk->walk.begin_lost || failure->walk->walk.fact.doubt != DOUBT_NONE ||
	       failure->walk->mappings.untold || failure->walk->rules[RULE_LINEAR].doubtful ||
	       (rule < NR_RULES && failure->walk->rules[rule].doubtful);
}

void stale_failure_text(const struct stale_failure *failure, char *buf, size_t size)
{
	const struct walk_totals *walk = &failure->walk->walk.totals.walk;
	char purpose[24], parts[3][96] = { "", "", "" };
	char rule[24];

	if (failure->nr_no_item)
		snprintf(parts[0], sizeof(parts[0]), " no rmap_item is known to lead to %" PRIu32 " of them;",
			 failure->nr_no_item);
	if (failure->nr_by_rule)
		snprintf(parts[1], sizeof(parts[1]), " %" PRIu32 " lie%s in moved VMAs, which the rule \"%s\" does not "
			 "ask for;", failure->nr_by_rule, failure->nr_by_rule == 1 ? "s" : "", explain_word(WORDS_RULE, walk->rule, rule));
	if (failure->nr_visited)
		snprintf(parts[2], sizeof(parts[2]), " %" PRIu32 " %s offered or not known, and stayed;",
			 failure->nr_visited, failure->nr_visited == 1 ? "was" : "were");
	snprintf(buf, size, "The walk (%s) left %" PRIu32 " of %" PRId32 " mapping%s:%s%s%s",
		 explain_word(WORDS_PURPOSE, walk->purpose, purpose), failure->nr_left, walk->mapcount_before,
		 plural(walk->mapcount_before < 0 ? 0 : (uint64_t)walk->mapcount_before), parts[0], parts[1], parts[2]);
	if (*buf && buf[strlen(buf) - 1] == ';')
		buf[strlen(buf) - 1] = '.';
}

void stale_failure_fini(struct stale_failure *failure)
{
	whatif_free(failure->walk);
	memset(failure, 0, sizeof(*failure));
}
