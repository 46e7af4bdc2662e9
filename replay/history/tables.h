/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tables.h - inside a history: the span tables, and what the builder and the queries share.
 *
 * A *span* is one row: an object's attributes from `born` up to, not including, `died`.  Spans lie
 * in their table in the order in which they became known, so that everything known at an event is a
 * prefix.  Events are counted from the segment's base: 32 bits are enough.
 *
 * An object has no record of its own.  It is the ring of its spans: each links to the next, the
 * last one (SPAN_LAST) back to the first (SPAN_FIRST), whose index is the object's id.  Most
 * objects of a stock recording have one span; the ring costs nothing then.
 *
 * Attributes that only this table has lie behind the span in the same row (`data`): an item or a node
 * is 32 bytes then, half a cache line.  For recordings of the patched kernel there is more of them in
 * a second array (`more`), at the same index.
 *
 * `died` is always an event that had been reached when it was written, never a guess about the
 * past: that is what makes a query with known_by = t equal a rebuild of the events up to t.  What
 * was found out late is a span with SPAN_FOUND: it holds from before the first event, and its
 * `born` is the event at which it became known.
 *
 * The items of an mm that dies are not ended one by one: an item's end is the earlier one of its
 * own and its mm's.  span_died() knows that.
 */
#ifndef KSMTOP_TABLES_H
#define KSMTOP_TABLES_H

#include <errno.h>
#include <string.h>

#include "event/event.h"
#include "event/pool.h"
#include "history/addrmap.h"
#include "history/history.h"
#include "history/history_build.h"
#include "history/idmap.h"
#include "trace/array.h"

#define NO_ID UINT32_MAX
#define ALIVE UINT32_MAX	/* span.died of one that has not ended */

enum span_flag {
	SPAN_FIRST	= 1u << 31,	/* the object's first span: its index is the object's id */
	SPAN_LAST	= 1u << 30,	/* link leads back to the first */
	SPAN_FOUND	= 1u << 29,	/* holds from before the first event; born: when it was found */
	SPAN_TENTATIVE	= 1u << 28,	/* first of a merge pair: sure only with its partner */
	SPAN_PARTNER	= 1u << 27,	/* second of a pair: makes the span before it sure */
	/* No item: its event did not name all, the rest is as sure as the span before it. */
	SPAN_DERIVED	= SPAN_PARTNER,
	SPAN_NAMED_END	= 1u << 26,	/* the event that ended it named it: it held until then */
	SPAN_FLAGS	= 0xfc000000u,
};

struct span {
	uint64_t addr_gen;	/* address >> 3 (or the pfn) in 54 bits, generation in 10 */
	uint32_t owner_flags;	/* item: its mm; mapping: see MAPPING_OF_MM; mm: its number; node: see busy.c */
	uint32_t born, died;	/* events since the segment's base */
	uint32_t link;
};

#define MAX_GENERATION 1023u

static inline uint64_t span_addr(const struct span *span)
{
	return (uint64_t)(((int64_t)span->addr_gen >> 10) * 8);
}
static inline uint64_t span_pfn(const struct span *span) { return span->addr_gen >> 10; }
static inline uint32_t span_gen(const struct span *span) { return span->addr_gen & MAX_GENERATION; }
static inline uint32_t span_owner(const struct span *span) { return span->owner_flags & ~SPAN_FLAGS; }
static inline bool span_is(const struct span *span, uint32_t flag) { return span->owner_flags & flag; }

#define OWNER_NONE (NO_ID & ~SPAN_FLAGS)

/* ---- what lies behind and beside the spans ---- */
struct mm_data {
	char comm[16];
	uint64_t start_time_ns;
	int32_t tgid;
	uint32_t parent;		/* object id, or NO_ID */
	char tgid_evidence;
	uint8_t tgid_doubtful, in_ksm, origin;
	uint8_t exited, pad[3];
};

/* At the first span of a node: the item span added last, and the last span of an earlier node
 * of the same pfn (stock kernel). */
struct node_data { uint32_t newest, previous; };
struct node_more {			/* patched */
	uint64_t kpfn;
	uint64_t position;		/* its place in its tree (build_tree.c), or NO_ID */
	uint32_t chain;			/* object id, or NO_ID */
	int16_t nid;
	uint8_t kind, place;
	uint64_t evidence : 8;
	uint64_t dup_key : 56;		/* a dup's place in its chain's hlist, head largest; else 0 */
};
#define DUP_KEY_MAX ((UINT64_C(1) << 56) - 2)

struct item_data {
	uint32_t node;			/* object id, or NO_ID: not on a stable node */
	uint32_t older;			/* the item span added to that node before this one */
};
/*
 * item_more.state beside enum item_state: the kernel's UNSTABLE_FLAG is still on the item, the tree
 * was thrown away before this segment began (or before the item was found).  For everybody: new.
 */
#define ITEM_THROWN 3

struct item_more {			/* patched */
	uint64_t address;
	uint64_t index_seqnr;		/* stable: linear_page_index; unstable: seqnr */
	uint32_t anon_vma;		/* object id, or NO_ID */
	uint8_t state, evidence;
	uint8_t unsure;			/* only that it exists is known: found by name, or left over */
	uint8_t merged;			/* the row begins because ksmd hung it on a node */
};

struct mapping_data {
	uint64_t pfn : 55, maybe : 1, evidence : 8;	/* maybe: no KSM page, for all that a sample shows */
	uint32_t mapcount;		/* 0: not known */
	uint32_t mm;			/* object id, or NO_ID */
};
/* A mapping's owner is a tgid, or this + the object id of an mm whose tgid is not known. */
#define MAPPING_OF_MM (1u << 23)	/* PID_MAX_LIMIT is 1 << 22 */
/*
 * Object ids or NO_ID; newest: the VMA span that was put in last; whole: 1 + the last of struct whole, 0:
 * none.  Those two are kept in the first span.
 */
struct anon_vma_data { uint32_t root, parent, newest, whole; };
struct vma_data { uint64_t start, end, pgoff, flags; uint32_t anon_vma, mm, older, pad; };
/* Stable nodes in order: see build_tree.c. */
struct tree_place { uint32_t next, rank; };
struct tree_head { int32_t nid; uint32_t place; };
struct page_data { uint32_t node; uint8_t state, pad[3]; };

/* ---- a table ---- */
struct spans {
	struct pool spans;		/* rows: struct span, and its data behind it */
	struct pool more;		/* as above, element size 0: none */
	struct pool deaths;		/* uint32_t span ids in the order they died */
	struct pool found;		/* uint32_t span ids with SPAN_FOUND, in the order found */
	struct pool unordered;		/* uint32_t: spans that came in no sure order */
	struct pool carried;		/* struct carried, of the first nr spans (see segment.c) */
	uint32_t first_number;		/* what the first object that is not carried is called */
	struct pool numbers;		/* uint32_t: object id of each number since first_number */
};

/* confirmed: last event that showed it, NEVER: none; doubt: enum doubt of it all the same. */
struct carried { uint64_t origin, born, first, known, confirmed; uint32_t number; uint16_t doubt; uint8_t evidence, pad; };

/* ---- orders: spans sorted by what a list goes by ---- */
enum order_id {
	ORDER_MM_NUMBER, ORDER_NODE, ORDER_ITEM_MM, ORDER_ITEM_ANON, ORDER_MAPPING_TGID,
	ORDER_MAPPING_PFN, ORDER_ANON_VMA, ORDER_VMA_ANON, ORDER_VMA_ALL, ORDER_VMA_MM, ORDER_PAGE,
	ORDER_DUP_CHAIN, ORDER_NODE_KPFN,
	/* By address: find.c.  Nodes, items and VMAs of a patched kernel. */
	ORDER_MM_ADDR, ORDER_NODE_ADDR, ORDER_ITEM_ADDR, ORDER_VMA_ADDR,
	NR_ORDERS
};

#define BLOCK_ROWS 32u
struct block { uint64_t buckets; uint32_t min_born, max_died; };

struct order {
	struct pool rows;		/* uint32_t */
	struct pool blocks;		/* struct block, level by level, BLOCK_ROWS to one */
	struct pool ends;		/* of VMAs: uint64_t, last page index (or byte) in each block */
	struct pool tallies;		/* ORDER_VMA_ANON: uint32_t, see tally.c */
	uint64_t tallied_deaths;	/* deaths that are in them */
	uint64_t nr_sorted;		/* rows of the table that are in it */
	uint32_t bucket_shift;		/* log2 of the events in one of the 64 buckets */
};

/* ---- counters at every so many changes ---- */
struct counts {
	uint32_t event;
	uint32_t nodes, chains, dups, items_new, items_unstable, items_stable, mms, mappings;
	uint32_t anon_vmas, vmas, mms_exited;
	/* Of them doubtful without a gap: known by name only, or perhaps no KSM page. */
	uint32_t vague_nodes, vague_items, vague_mappings;
};
/* A busy node's items after that event; previous, skip: entries further back (busy.c), or NO_ID. */
struct node_count { uint32_t event, nr, previous, skip, depth; };
struct mm_count { uint32_t event, mm, items, stable, merges, vague; };
/* How many mappings the owner had after that event; owner NO_ID begins a round: owners.c. */
struct map_count { uint32_t event, owner, nr; };
/* How many stable nodes had no items after that event: empty.c. */
struct empty_count { uint32_t event, nr; };

/* An event that named an object without making or ending a row of it. */
struct touch { uint32_t event, object; uint8_t table, pad[3]; };

/* The set of an mm's (mm NO_ID: everybody's) stable items was found to be as rebuilt. */
struct confirmation { uint32_t event, group; };

/* All VMAs of an anon_vma were told by that event; older: 1 + the one before it. */
struct whole { uint32_t event, older; };

/* An event named the object as it was, behind a gap. */
struct row_confirmation { uint32_t event, object, table; };

struct segment {
	uint64_t base;			/* events before it; its events are base + 1 ... */
	uint64_t last;			/* events in it */
	uint32_t id;
	struct spans tables[NR_TABLES];
	struct order orders[NR_ORDERS];
	struct pool counts;		/* struct counts */
	struct pool mm_counts;		/* struct mm_count */
	struct pool map_counts;		/* struct map_count */
	struct pool empty_nodes;	/* struct empty_count */
	struct pool busy_nodes;		/* uint32_t: each one's newest of these: */
	struct pool node_counts;	/* struct node_count */
	struct pool tree, tree_heads;	/* struct tree_place, struct tree_head */
	uint64_t tree_ranked;		/* places when they were ranked last */
	struct pool resets;		/* uint32_t: events that threw the unstable trees away */
	struct pool touches;		/* struct touch */
	struct pool confirm_items;	/* struct confirmation by (event) */
	struct pool confirm_nodes;	/* struct confirmation, group 0 */
	struct pool confirm_maps;	/* struct confirmation, group: process */
	struct pool whole_vmas;		/* struct whole */
	struct pool confirm_rows;	/* struct row_confirmation */
	struct pool confirm_order;	/* uint32_t: those by (table, object, event) */
	struct pool activity;		/* 4 bits an event */
	struct pool activity_sums;	/* uint32_t[NR_ACTIVITIES] before each ACTIVITY_BLOCK events */
	struct pool mm_hint;		/* uint64_t: which mms have item spans in each HINT_SPANS */
};

#define ACTIVITY_BLOCK 1024u
/* In four bits: 1 + enum activity, 0 for the last of them, and beside these one of it that tells, not changes. */
#define ACTIVITY_TOLD 15u
#define ACTIVITY_CODE(activity) ((unsigned)(activity) == ACTIVITY_OTHER ? 0u : (unsigned)(activity) + 1)
#define HINT_SPANS 256u

struct episode {
	uint64_t first, last;		/* absolute events; last 0: it still ran at the end */
	uint64_t known;			/* event by which it was known */
	uint64_t begin_ns, end_ns;
	int64_t seqnr;
	struct ref object;
	char comm[16];
	int32_t tid;
	uint8_t kind, flags;		/* flags: enum episode_flag */
	uint8_t pad[2];
	uint64_t seen;			/* the last event of it */
	union episode_totals totals;
};
enum episode_flag { EPISODE_BEGIN_UNSEEN = 1, EPISODE_END_UNSEEN = 2 };

/* Losses lie in the order of `before`, NEVER for a stream that ends in the gap. */
struct stored_loss {
	struct history_loss loss;
	uint64_t before;
	uint64_t earliest;		/* smallest `after` of this one and all that follow */
	/* Events by which it is known, NEVER: it is not, that it hides ... */
	uint64_t mutex_known;		/* ... nothing that needs ksm_thread_mutex */
	uint64_t kinds_known;		/* ... only events of `kinds` */
	uint64_t kinds;			/* bit COUNT_...; COUNT_BIT_OTHER: any that are not counted */
	uint64_t still_root;		/* address of a root anon_vma that was locked all the time, or 0 */
};

/* A call of migrate_pages() on a stock kernel: moved.c. */
struct page_move {
	uint64_t first, last;		/* absolute events; NEVER: it runs */
	uint64_t earliest;		/* smallest `first` of this one and all that follow */
	uint64_t moved, ended;		/* largest `last` up to this one: of those that moved something, of all */
	uint64_t nothing;		/* it moved no page */
};

#define COUNT_BIT_OTHER	(UINT64_C(1) << 63)
#define ANY_KIND	UINT64_C(0)

struct sample_value { uint16_t name; uint16_t pad[3]; int64_t value; };
struct sample_values { uint64_t first; uint32_t nr, pad; };

/* The rows that a sample made and ended: ranges of span ids, and of places in `deaths`. */
#define NR_SAMPLED_TABLES 4u
struct sample_change {
	uint32_t sample, segment;
	struct { uint32_t born, born_end, died, died_end; } rows[NR_SAMPLED_TABLES];
};

struct builder;

struct history {
	struct history_options options;
	char *table_dir;
	struct segment **segments;	/* oldest first */
	uint32_t nr_segments;
	struct segment *now;		/* the newest */
	struct builder *builder;	/* NULL: mapped from a cache, read only */
	bool patched;
	/* Few enough to be kept for the whole recording, with absolute event numbers. */
	struct pool losses;		/* struct stored_loss */
	struct pool samples;		/* struct history_sample */
	struct pool sample_values;	/* struct sample_values of each sample */
	struct pool values;		/* struct sample_value */
	struct pool names;		/* char[32] */
	struct pool sample_changes;	/* struct sample_change */
	struct pool notables;		/* struct notable */
	struct pool episodes;		/* struct episode */
	/* uint32_t: those of each kind; those whose begin was not seen; all by what they are about. */
	struct pool kinds[NR_EPISODE_KINDS], late_episodes, episodes_about;
	struct pool findings;		/* struct stored_finding */
	struct pool wholes;		/* uint64_t: events at which all items and nodes were told: whole.c */
	struct pool moves;		/* struct page_move, stock */
	void *map;			/* of a cache */
	uint64_t map_size;
};

/* What a dump can find; check.c has the words. */
enum finding_id {
	FINDING_DUMP_NODE_MISSING, FINDING_DUMP_NODE_SURPLUS, FINDING_DUMP_NODE_KIND,
	FINDING_DUMP_NODE_CHAIN, FINDING_DUMP_NODE_KPFN, FINDING_DUMP_NODE_NID, FINDING_DUMP_NODE_PLACE,
	FINDING_DUMP_NODE_ORDER, FINDING_DUMP_NODE_ITEMS, FINDING_DUMP_DUP_ORDER,
	FINDING_DUMP_ITEM_MISSING, FINDING_DUMP_ITEM_SURPLUS, FINDING_DUMP_ITEM_STATE,
	FINDING_DUMP_ITEM_NODE, FINDING_DUMP_ITEM_ANON_VMA, FINDING_DUMP_ITEM_INDEX,
	FINDING_DUMP_ITEM_SEQNR, FINDING_DUMP_ITEM_ORDER,
	FINDING_DUMP_ANON_VMA_MISSING, FINDING_DUMP_ANON_VMA_ROOT, FINDING_DUMP_ANON_VMA_PARENT,
	FINDING_DUMP_VMA_MISSING, FINDING_DUMP_VMA_SURPLUS, FINDING_DUMP_VMA_MM,
	FINDING_DUMP_VMA_START, FINDING_DUMP_VMA_END, FINDING_DUMP_VMA_PGOFF,
	FINDING_DUMP_MM_MISSING, FINDING_DUMP_MM_SURPLUS, FINDING_DUMP_MM_TGID, FINDING_DUMP_MM_START,
	FINDING_DUMP_MM_COMM, FINDING_DUMP_MM_ITEMS,
	FINDING_DUMP_NODES, FINDING_DUMP_ITEMS, FINDING_DUMP_MMS, FINDING_DUMP_ANON_VMAS,
	FINDING_DUMP_VMAS, FINDING_DUMP_CHAINS, FINDING_DUMP_DUPS, FINDING_DUMP_STABLE_ITEMS,
	FINDING_DUMP_SHARED, FINDING_DUMP_UNSHARED,
	NR_FINDINGS
};

struct stored_finding {
	uint64_t event;
	struct ref object;
	int64_t expected, found;
	uint16_t id;			/* enum finding_id */
	uint8_t severity, pad[5];
};

/* ---- access ---- */
#define ROW_SIZE(type) ((sizeof(struct span) + sizeof(struct type) + 7) / 8 * 8)
static const uint16_t row_sizes[NR_TABLES] = {
	[TABLE_NONE] = sizeof(struct span), [TABLE_MM] = ROW_SIZE(mm_data),
	[TABLE_ANON_VMA] = ROW_SIZE(anon_vma_data), [TABLE_VMA] = ROW_SIZE(vma_data),
	[TABLE_NODE] = ROW_SIZE(node_data), [TABLE_ITEM] = ROW_SIZE(item_data),
	[TABLE_MAPPING] = ROW_SIZE(mapping_data), [TABLE_PAGE] = ROW_SIZE(page_data),
	[TABLE_EPISODE] = sizeof(struct span),
};

static inline struct span *span_at(const struct segment *seg, enum table table, uint32_t i)
{
	return (struct span *)((char *)seg->tables[table].spans.data + (size_t)i * row_sizes[table]);
}
static inline uint32_t nr_spans(const struct segment *seg, enum table table)
{
	return (uint32_t)seg->tables[table].spans.nr;
}
static inline void *data_at(const struct segment *seg, enum table table, uint32_t i)
{
	return span_at(seg, table, i) + 1;
}
static inline void *more_at(const struct segment *seg, enum table table, uint32_t i)
{
	return pool_at(&seg->tables[table].more, i);
}

/* The object of a span: its first span. */
static inline uint32_t span_object(const struct segment *seg, enum table table, uint32_t i)
{
	const struct span *span = span_at(seg, table, i);

	while (!span_is(span, SPAN_FIRST)) {
		if (span_is(span, SPAN_LAST))
			return span->link;
		i = span->link;
		span = span_at(seg, table, i);
	}
	return i;
}

/* From when on it holds. */
static inline uint32_t span_born(const struct span *span)
{
	return span_is(span, SPAN_FOUND) ? 0 : span->born;
}

/* Until when it holds, the mm's end included. */
uint32_t span_died(const struct segment *seg, enum table table, const struct span *span);

/* Does it hold at local event t as seen by someone who knows the events up to `known`? */
static inline bool span_holds(const struct segment *seg, enum table table, const struct span *span,
			      uint32_t t, uint32_t known)
{
	return span->born <= known && span_born(span) <= t && t < span->died &&
	       (table != TABLE_ITEM || t < span_died(seg, table, span));
}

/* The object's last span by the ring, and the one that holds at a moment (NO_ID: none). */
uint32_t object_last(const struct segment *seg, enum table table, uint32_t object);
uint32_t object_span(const struct segment *seg, enum table table, uint32_t object, uint32_t t,
		     uint32_t known);

/* ---- moments and segments ---- */
struct place { const struct segment *seg; uint32_t t, known; uint64_t known_by; };
/* 0, or -ESTALE when that moment's segment was dropped. */
int history_place(const struct history *h, struct moment when, struct place *ret);
struct ref make_ref(const struct segment *seg, enum table table, uint32_t object);
/* The object in that segment: 0, -ENOENT, -ESTALE, -EINVAL for a nonsense ref. */
int ref_object(const struct history *h, const struct segment *seg, struct ref ref, uint32_t *ret);
uint32_t object_number(const struct segment *seg, enum table table, uint32_t object);
/* The object's place in the next segment, if it went over the seam; false: it did not. */
bool next_place(const struct history *h, const struct place *place, enum table table, uint32_t id,
		struct place *ret_place, uint32_t *ret_id);

/* ---- segment.c ---- */
int segment_new(const struct history *h, uint32_t id, uint64_t base, struct segment **ret);
void segment_free(struct segment *seg);
/* Every pool of a segment, for memory, saving and mapping: returns their number. */
#define MAX_SEGMENT_POOLS 160
uint32_t segment_pools(struct segment *seg, struct pool *ret[MAX_SEGMENT_POOLS]);
#define MAX_HISTORY_POOLS 24
uint32_t history_pools(struct history *h, struct pool *ret[MAX_HISTORY_POOLS]);

/* The item's state at a moment: a reset of the unstable trees is in no row. */
uint8_t item_state(const struct segment *seg, uint32_t span, uint32_t t);
/* Numbers the places of the trees in order. */
void tree_rank(const struct segment *seg);

/* ---- order.c ---- */
/* Sorted up to the table's last row; -ENOMEM. */
int order_ready(const struct history *h, const struct segment *seg, enum order_id id);
enum table order_table(enum order_id id);
struct order_key { uint64_t k2; uint32_t k1; };
struct order_key order_key_of(const struct segment *seg, enum order_id id, uint32_t row);
/* ORDER_NODE of a patched kernel: the rows of a nid (-1: not known, or in no tree) begin at {order_nid(nid), 0}. */
uint32_t order_nid(int64_t nid);
/* First position whose key is >= {k1, k2}. */
uint64_t order_lower(const struct segment *seg, enum order_id id, uint32_t k1, uint64_t k2);
/* Where that row lies. */
uint64_t order_position(const struct segment *seg, enum order_id id, uint32_t row);
/* First position >= at, < hi / last position < at, >= lo of a row that holds; `hi` / NO_POSITION. */
#define NO_POSITION UINT64_MAX
uint64_t order_next(const struct place *place, enum order_id id, uint64_t at, uint64_t hi);
/* The same for VMAs that reach the page index (ORDER_VMA_ALL: the address) `first` or beyond. */
uint64_t order_next_reaching(const struct place *place, enum order_id id, uint64_t first, uint64_t at,
			     uint64_t hi);
uint64_t order_prev(const struct place *place, enum order_id id, uint64_t at, uint64_t lo);

/* ---- tally.c: how many rows in [lo, hi) of the order hold; ORDER_VMA_ANON only ---- */
int tally_make(const struct segment *seg, enum order_id id, struct order *order);
uint64_t tally(const struct place *place, enum order_id id, uint64_t lo, uint64_t hi);

/* ---- row.c, list.c, find.c ---- */
void row_fill(const struct history *h, const struct place *place, enum table table, uint32_t span,
	      union row *ret);
enum table relation_table(enum relation relation);
/* history_next() without filling in the row; not of episodes. */
int list_next_span(struct history_cursor *cursor, const struct place *place, uint32_t *ret_row);
/* The node of a pfn at a moment: the one there is, none if there are two. */
struct ref node_ref_of_pfn(const struct history *h, const struct place *place, uint64_t pfn);
int episode_fill(const struct history *h, uint32_t i, struct moment when, union row *ret);

/* ---- fact.c ---- */
void fact_fill(const struct history *h, const struct place *place, enum table table, uint32_t span,
	       struct fact *ret);
/* fact.first and .last: of the object that span `id` is a row of. */
void fact_extent(const struct history *h, const struct place *place, enum table table, uint32_t object,
		 uint32_t id, struct fact *ret);
/* fact.evidence of a row. */
char evidence_of(const struct history *h, const struct segment *seg, enum table table, uint32_t id);
/* Is it known by name only? */
bool is_vague(const struct segment *seg, enum table table, uint32_t id);

/* ---- confirmed.c ---- */
/* The confirmations around t, absolute events or NEVER; doubt: what its beginning leaves open. */
struct around { uint64_t before, after; enum doubt doubt; };
void confirmed_around(const struct history *h, const struct place *place, enum table table, uint32_t id,
		      struct around *ret);

/* ---- named.c ---- */
/* Sorts the rows confirmed one by one; false without memory. */
bool confirm_rows_ready(const struct segment *seg);
/* How many of them lie in front of the object's first one after local event t, in their order; the i-th. */
uint64_t named_upto(const struct segment *seg, enum table table, uint32_t object, uint32_t t);
const struct row_confirmation *named_at(const struct segment *seg, uint64_t i);
/* The last event up to local event t that confirmed the object, as it was then; NEVER. */
uint64_t named_before(const struct segment *seg, enum table table, uint32_t object, uint32_t t);
/*
 * Stock: did ksmd merge a page of the mapping's mm with the mapping's page behind event a, up to b?  True where
 * that is in another segment.  O(log n + items that came to the node since a).
 */
bool merged_between(const struct history *h, const struct place *place, uint32_t mapping, uint64_t a, uint64_t b);

/* ---- losses.c, kinds.c, moved.c: what may have happened and was not told ---- */
/* Does a gap that began before it last beyond it? */
bool in_gap(const struct history *h, uint64_t event);
/*
 * Did a gap overlap (a, b) that may hide a change?  Less what an observer at `known_by` can exclude of a
 * row that changes only under ksm_thread_mutex, or under the lock of the root anon_vma at `root`, or by events of
 * `kinds`.  `moves`: it names its page, which may be migrated.
 */
struct exclusion { uint64_t known_by, root, kinds; bool mutex, moves; };
bool lost_between(const struct history *h, uint64_t a, uint64_t b, struct exclusion less);
/* What gaps cannot have changed of that row, for the observer of the place. */
struct exclusion exclusion_of(const struct history *h, const struct place *place, enum table table,
			      uint32_t id);
/* May the row have changed between the two, and nobody told: in a gap, or by a migration? */
bool hidden_between(const struct history *h, uint64_t a, uint64_t b, struct exclusion less);
/* Which events change it, as in stored_loss.kinds, of a patched kernel; ANY_KIND: nobody knows. */
uint64_t kinds_of_row(const struct segment *seg, enum table table, uint32_t id);
/* Which can bring a mapping of a known mm; leaving: take it so that no event that names it need bring it back. */
uint64_t kinds_of_mapping(bool leaving);
uint64_t kinds_of_list(enum relation relation);
uint64_t kinds_of_episode(enum episode_kind kind);
/*
 * Up to which event what is known of pfns at `event` holds, for an observer at `known_by`: the begin of the first
 * migration that ends behind it, NEVER if there is none.
 */
uint64_t moves_from(const struct history *h, uint64_t event, uint64_t known_by);

/* ---- whole.c ---- */
/* The event that made the object or, where that was lost, named it first; 0: it may be older than the recording. */
uint64_t made_at(const struct segment *seg, enum table table, uint32_t object);
/* history_is_whole() of VMAS_OF_ANON_VMA. */
bool vmas_are_whole(const struct history *h, const struct place *place, uint32_t anon_vma);

/* ---- counters.c, doubtful.c, empty.c, owners.c, busy.c: how many rows hold ---- */
/* history_counters() without the doubtful ones. */
void counters_plain(const struct history *h, struct moment when, struct history_counters *ret);
void counts_at(const struct history *h, const struct place *place, struct counts *ret);
void count_span(const struct segment *seg, enum table table, uint32_t id, uint32_t t,
		struct counts *counts, int by);
bool mm_has_vague_items(const struct history *h, struct ref mm, struct moment when);
uint32_t empty_nodes_at(const struct place *place);
/* How many mappings the owner has at the moment. */
uint64_t mappings_of(const struct place *place, uint32_t owner);
uint32_t node_nr_items(const struct place *place, uint32_t node);

/* ---- episode_list.c: the relations of TABLE_EPISODE ---- */
/* Makes `episodes_about` what it is to be; -ENOMEM. */
int episodes_ready(const struct history *h);
int episode_list(const struct history *h, struct history_cursor *cursor);
int episode_list_step(struct history_cursor *cursor, int dir, union row *ret_row);
void episode_seek(struct history_cursor *cursor, uint32_t i);
uint64_t episode_count(struct history_cursor *cursor);
/* How many of that kind were known at t, and the last of them (NULL: none). */
uint64_t episodes_known(const struct history *h, enum episode_kind kind, uint64_t t,
			const struct episode **ret_last);

/* Is it a record of a state dump? */
bool event_tells(const struct segment *seg, uint32_t t);

/* ---- sorted arrays of structs that begin with a uint32_t event ---- */
/* How many elements have event <= t. */
uint64_t pool_events_upto(const struct pool *pool, uint32_t t);
/* The same for spans by born. */
uint64_t spans_known_upto(const struct segment *seg, enum table table, uint32_t t);
uint64_t deaths_upto(const struct segment *seg, enum table table, uint32_t t);

#endif /* KSMTOP_TABLES_H */
