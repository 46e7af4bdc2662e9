/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * history.h - what was true at every moment of a recording.
 *
 * A history is a set of flat tables of spans.  A row says that an object had certain attributes
 * from event `born` up to, not including, event `died`.  The state at t is "the rows whose span
 * contains t"; nothing is re-executed to look at another moment, so backwards costs what forwards
 * costs.  Event numbers are absolute, from 1; t = n is the state after event n, t = 0 before all.
 *
 * Objects.  A kernel address (or a pfn) is reused; an object is (address, generation).  It is named
 * by a struct ref, which is a value: keep it as long as you like, a query answers -ESTALE when the
 * segment that held it was dropped and -ENOENT when the object does not exist at the moment asked.
 *
 * Knowledge.  Every question is asked at a `struct moment`: t, and known_by, the event up to which
 * the observer has seen the recording.  moment_at(t) is what one could know at t; hindsight uses all
 * of it.  Hindsight adds rows and ends doubt; it never changes what was certain.  Every answer
 * carries its evidence and whether it is doubtful, and why.
 *
 * Stock and patched kernels fill the same tables; what a stock kernel cannot tell is absent
 * (ref 0, `has_*` false), never guessed.
 *
 * Costs.  Opening pays for everything that grows with the recording.  Queries: row and counters
 * O(log n); a list costs O(log n) to place and O(log n) a row; none allocates in proportion to the
 * recording.
 */
#ifndef KSMTOP_HISTORY_H
#define KSMTOP_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "history/episode_totals.h"

struct history;

enum table {
	TABLE_NONE,
	TABLE_MM,
	TABLE_ANON_VMA,
	TABLE_VMA,
	TABLE_NODE,
	TABLE_ITEM,
	TABLE_MAPPING,
	TABLE_PAGE,
	TABLE_EPISODE,
	NR_TABLES
};

/* Names one object for good: table, segment and index in it.  All zero names nothing. */
struct ref {
	uint32_t id;
	uint16_t segment;
	uint16_t table;
};

static inline bool ref_is_none(struct ref ref) { return ref.table == TABLE_NONE; }
static inline bool ref_equal(struct ref a, struct ref b)
{
	return a.id == b.id && a.segment == b.segment && a.table == b.table;
}

struct moment {
	uint64_t t;
	uint64_t known_by;
};

#define KNOWN_HINDSIGHT UINT64_MAX
#define NEVER UINT64_MAX		/* `died` of a row that still holds at the end */

static inline struct moment moment_at(uint64_t t) { return (struct moment){ t, t }; }
static inline struct moment moment_hindsight(uint64_t t) { return (struct moment){ t, KNOWN_HINDSIGHT }; }

enum evidence { EVIDENCE_TRACED = 'T', EVIDENCE_DUMPED = 'D', EVIDENCE_INFERRED = 'I', EVIDENCE_MODELLED = 'M' };

enum doubt {
	DOUBT_NONE,
	DOUBT_LOSS,		/* an event that was lost could have changed it */
	DOUBT_UNTRACED,		/* this kernel does not trace the departure of such an object */
	DOUBT_UNKNOWN_BEFORE,	/* it existed before the recording could see it */
	DOUBT_ORDER,		/* events closer than the clocks' skew, order not implied by a lock */
	DOUBT_TENTATIVE,	/* an untraced undo is possible until a later event (merge pairs) */
	DOUBT_PAGE_FLAG,	/* the recording kernel's kpageflags calls every anonymous page a KSM page */
};

/* What every row says of itself, as seen from the moment asked. */
struct fact {
	uint64_t born;		/* event; 0: before the first */
	uint64_t died;		/* event; NEVER */
	uint64_t known;		/* event by which its existence was known (> born for later findings) */
	uint64_t confirmed;	/* last event <= t by which it was certain */
	/*
	 * The object's own: a row ends and another begins when an attribute changes or becomes known.
	 * Born of the first, died of the last of its rows that follow each other without a gap.  In a
	 * life: that row's own.
	 */
	uint64_t first, last;
	char evidence;		/* enum evidence */
	uint8_t doubt;		/* enum doubt; DOUBT_NONE means certain */
};

struct name {			/* identity, for people */
	uint64_t addr;		/* kernel address, or the pfn of a page */
	uint32_t generation;	/* 1, 2 ... of the same address */
	uint32_t number;	/* the 12 of "node#12"; mms: 0 is "A", 25 "Z", 26 "AA" */
};

enum mm_origin { MM_FOUND, MM_ENTERED, MM_FORKED, MM_EXECED };
struct mm_row {
	struct fact fact;
	struct ref ref;
	struct name name;
	struct ref parent;	/* forked from */
	int32_t tgid;		/* 0: not known */
	char tgid_evidence;	/* the link mm <-> process has evidence of its own */
	bool tgid_doubtful;
	bool in_ksm;		/* ksmd has an mm_slot for it */
	bool exited;		/* stock: the process has; ksmd may still have its items */
	uint8_t origin;		/* enum mm_origin */
	char comm[16];
	uint64_t start_time_ns;	/* 0: not known */
};

struct anon_vma_row {
	struct fact fact;
	struct ref ref;
	struct name name;
	struct ref root, parent;	/* none: it was only named, its VMAs need not all be known */
};

struct vma_row {
	struct fact fact;
	struct ref ref;
	struct name name;
	struct ref anon_vma, mm;
	uint64_t start, end;	/* bytes */
	uint64_t pgoff;		/* pages, vm_pgoff */
	uint64_t flags;		/* vm_flags */
};

enum node_kind { NODE_PLAIN, NODE_CHAIN, NODE_DUP, NODE_UNKNOWN };	/* UNKNOWN: stock kernel */
enum node_place { NODE_IN_TREE, NODE_ON_MIGRATE_LIST, NODE_NOWHERE };
struct node_row {
	struct fact fact;
	struct ref ref;
	struct name name;	/* stock kernel: addr is 0, the node is known by its kpfn only */
	struct ref chain;	/* a dup's chain */
	uint64_t kpfn;		/* 0 for a chain */
	int32_t nid;		/* -1: not known */
	uint8_t kind;		/* enum node_kind */
	uint8_t place;		/* enum node_place */
	uint32_t nr_items;	/* rmap_items on it at the moment (a chain: on all its dups) */
	uint32_t nr_dups;	/* a chain's */
};

enum item_state { ITEM_NEW, ITEM_UNSTABLE, ITEM_STABLE };
struct item_row {
	struct fact fact;
	struct ref ref;
	struct name name;
	struct ref mm, node, anon_vma;
	uint64_t address;	/* user address; 0 and !has_address on a stock kernel */
	uint64_t index;		/* linear_page_index */
	int64_t seqnr;		/* unstable: the scan */
	bool has_address, has_index;
	uint8_t state;		/* enum item_state */
};

struct mapping_row {
	struct fact fact;
	struct ref ref;
	struct ref mm;
	struct ref node;	/* of pfn, if known */
	int32_t tgid;
	uint64_t address;
	uint64_t pfn;
	uint32_t mapcount;	/* of the page when it was sampled, 0: not known */
};

/*
 * The id of a page that has no row of its own: whoever lists pages makes one of its stable node's, which `node` and
 * `fact` are.
 */
#define PAGE_OF_NODE UINT32_MAX

enum page_state { PAGE_KSM = 1, PAGE_POISONED = 2, PAGE_GONE = 4 };
struct page_row {
	struct fact fact;
	struct ref ref;
	struct name name;	/* addr is the pfn */
	struct ref node;
	uint8_t state;		/* enum page_state, or-ed */
};

enum episode_kind {
	EPISODE_SCAN, EPISODE_WALK, EPISODE_KILL_LIST, EPISODE_RECOVERY, EPISODE_COLLAPSE,
	EPISODE_MIGRATION, NR_EPISODE_KINDS
};
struct episode_row {
	struct fact fact;	/* born .. died: first and last event (died is the last one's number) */
	struct ref ref;
	uint32_t number;	/* from 1 in the order they began, over all kinds */
	uint8_t kind;
	int32_t tid;
	char comm[16];
	struct ref object;	/* what it is about: node, page or mm */
	int64_t seqnr;		/* a scan's */
	uint64_t begin_ns, end_ns;	/* of these two events */
	bool ended;		/* its totals are final */
	bool begin_lost, end_lost;	/* the event was never seen */
	union episode_totals totals;	/* none for a scan */
};

union row {
	struct fact fact;	/* every row begins with it ... */
	struct { struct fact fact_; struct ref ref; } any;	/* ... and its ref */
	struct mm_row mm;
	struct anon_vma_row anon_vma;
	struct vma_row vma;
	struct node_row node;
	struct item_row item;
	struct mapping_row mapping;
	struct page_row page;
	struct episode_row episode;
};

/* The object's short stable name: "node#12", "mm A", "pfn 0x1a2f40", "0x7f0000001000 of pid 3141".  Returns buf. */
const char *history_short_name(const union row *row, char *buf, size_t size);

/* The row of `ref` at `when`: 0, -ENOENT (not alive then), -ESTALE (segment dropped). */
int history_row(const struct history *h, struct ref ref, struct moment when, union row *ret_row);

/* ---- extent ---- */
uint64_t history_first(const struct history *h);	/* first event retained (1 offline) */
uint64_t history_last(const struct history *h);		/* last event built so far, 0: none */
bool history_is_patched(const struct history *h);	/* ksmtop:* state events are there */
bool history_has(const struct history *h, enum table table);	/* can this recording fill it */

/* ---- lists ---- */
/*
 * A relation names an ordered list that an object (or the recording) has.  Order in brackets.
 * Lists that hold for one moment are walked with a cursor; the cursor is a value on the stack.
 */
enum relation {
	ALL_MMS,		/* by number */
	ALL_NODES,		/* patched: those in no tree as they left it, then nid and tree order with a chain's dups
				   behind it; stock: kpfn */
	ALL_ITEMS,		/* mm number, address (stock: item address) */
	ALL_ANON_VMAS,		/* address */
	ALL_VMAS,		/* anon_vma, start */
	ALL_MAPPINGS,		/* tgid, address */
	ALL_PAGES,		/* pfn */
	ALL_EPISODES,		/* number; not by moment: every episode begun by `when` */
	DUPS_OF_CHAIN,		/* hlist order, head first */
	ITEMS_OF_NODE,		/* hlist order (newest first), as the kernel walks it */
	MAPPINGS_OF_NODE,	/* tgid, address */
	ITEMS_OF_MM,		/* address */
	MAPPINGS_OF_MM,		/* address */
	VMAS_OF_ANON_VMA,	/* interval-tree order: pgoff, then birth */
	VMAS_BY_START,		/* of an anon_vma: start, then birth */
	ITEMS_OF_ANON_VMA,
	VMAS_OF_MM,
	NODES_BY_PFN,		/* of ALL_NODES those with a page, by kpfn */
	NODES_OF_NID,		/* of ALL_NODES those of one tree; parent: ref_of_nid(); patched only */
	NODES_OFF_TREES,	/* of ALL_NODES those in no tree, on the migrate list or on the way, and those whose
				   place nothing told; patched only */
	/*
	 * Items that have left the node by then, the last that came first, each as it was before it left
	 * (fact.died).  Forward only.
	 */
	ITEMS_GONE_FROM_NODE,
	EPISODES_OF_KIND,	/* of ALL_EPISODES; parent: ref_of_kind() */
	EPISODES_ABOUT,		/* of ALL_EPISODES those whose `object` is the parent, a node or an mm */
	NR_RELATIONS
};

struct history_cursor {
	const struct history *history;
	struct moment when;
	enum relation relation;
	struct ref parent;
	uint64_t at, lo, hi;	/* private */
	uint64_t first;		/* private: stabbing */
	uint64_t end, late, late_end;	/* private: episodes */
};

/* The parent of NODES_OF_NID: a memory node is no object, only a number. */
static inline struct ref ref_of_nid(uint32_t nid) { return (struct ref){ .id = nid }; }
static inline struct ref ref_of_kind(uint32_t kind) { return (struct ref){ .id = kind }; }

/* `parent` is {0} for the ALL_ lists.  The cursor stands before the first row. */
int history_list(const struct history *h, enum relation relation, struct ref parent,
		 struct moment when, struct history_cursor *ret_cursor);
/*
 * The VMAs of an anon_vma whose pages [vm_pgoff, vm_pgoff + pages) meet [first, last], in the
 * interval tree's order, as anon_vma_interval_tree_foreach() offers them: O(log n + answers).
 * Forward only: history_next().
 */
int history_vmas_stab(const struct history *h, struct ref anon_vma, uint64_t first, uint64_t last,
		      struct moment when, struct history_cursor *ret_cursor);
/* Those that cover the address, by start: the same way. */
int history_vmas_covering(const struct history *h, struct ref anon_vma, uint64_t address,
			  struct moment when, struct history_cursor *ret_cursor);
/*
 * How many VMAs stand before `vma` in the anon_vma's interval tree at that moment ({0}: all of them):
 * O(log^2 n).
 */
int history_vmas_before(const struct history *h, struct ref anon_vma, struct ref vma,
			struct moment when, uint64_t *ret_nr);
/* Next / previous row alive at the moment: 1 and *ret_row, 0 at the end, or -E. */
int history_next(struct history_cursor *cursor, union row *ret_row);
int history_prev(struct history_cursor *cursor, union row *ret_row);
/* Places the cursor just before `ref` (or before where it would stand): the next row is it. */
int history_seek(struct history_cursor *cursor, struct ref ref);
/* Places it by key: the list's leading order key (pfn, address, number). */
int history_seek_key(struct history_cursor *cursor, uint64_t key);
void history_seek_end(struct history_cursor *cursor);
/* How many rows the list has at the moment; `ret_doubtful` may be NULL. */
int history_count(const struct history *h, enum relation relation, struct ref parent,
		  struct moment when, uint64_t *ret_nr, uint64_t *ret_doubtful);

/*
 * Was all of that list told by then?  If not, its rows are so many at least, and that there is none says
 * nothing.  Hindsight may make it whole, never the reverse.  Episodes are the recording's own: always.
 */
bool history_is_whole(const struct history *h, enum relation relation, struct ref parent, struct moment when);

/* ---- sweeps: every row that holds at the moment, in no order (sweep.c) ---- */
/* Objects as places in the moment's segment, below history_sweep_room(); NOT_SWEPT: none. */
#define NOT_SWEPT UINT32_MAX
struct swept_node { uint64_t kpfn; uint32_t node; uint8_t kind; };
struct swept_item { uint32_t node, mm, anon_vma; };	/* of those on a stable node */
struct swept_vma { uint32_t anon_vma, mm; };
struct swept_mapping { uint32_t node, mapcount; };	/* of those that do not follow from an item */
/* Return non-zero to stop: that is what the sweep then returns. */
typedef int (*history_sweep_node_fn)(const struct swept_node *node, void *arg);
typedef int (*history_sweep_item_fn)(const struct swept_item *item, void *arg);
typedef int (*history_sweep_vma_fn)(const struct swept_vma *vma, void *arg);
typedef int (*history_sweep_mapping_fn)(const struct swept_mapping *mapping, void *arg);
uint32_t history_sweep_room(const struct history *h, enum table table, struct moment when);
struct ref history_swept(const struct history *h, enum table table, uint32_t index, struct moment when);
int history_sweep_nodes(const struct history *h, struct moment when, history_sweep_node_fn fn, void *arg);
int history_sweep_items(const struct history *h, struct moment when, history_sweep_item_fn fn, void *arg);
int history_sweep_vmas(const struct history *h, struct moment when, history_sweep_vma_fn fn, void *arg);
int history_sweep_mappings(const struct history *h, struct moment when, history_sweep_mapping_fn fn,
			   void *arg);

/* The last event of an episode that is in the recording, whether or not its end is. */
uint64_t history_episode_seen(const struct history *h, struct ref episode);

/* ---- finding ---- */
/* Object by kernel address or pfn; generation 0: the one alive at `when`, else the last before it. */
int history_find(const struct history *h, enum table table, uint64_t addr, uint32_t generation,
		 struct moment when, struct ref *ret_ref);
int history_find_number(const struct history *h, enum table table, uint32_t number, struct ref *ret_ref);
int history_find_pid(const struct history *h, int32_t pid, struct moment when, struct ref *ret_mm);

/* ---- the life of one object, and change ---- */
/* Its rows in order of birth (every span it had): *ret_row of the i-th, -ENOENT past the last. */
int history_life(const struct history *h, struct ref ref, uint32_t i, uint64_t known_by, union row *ret_row);
/* The same of a page: the rows, of whichever stable nodes, whose kpfn it was.  O(log n + i). */
int history_pfn_life(const struct history *h, uint64_t pfn, uint32_t i, uint64_t known_by, union row *ret_row);
/* The nearest event after (dir > 0) or before (dir < 0) t that touched it; 0: none. */
uint64_t history_touch(const struct history *h, struct ref ref, uint64_t t, int dir);
/* Did event n touch it?  O(log n + what n changed). */
bool history_touches(const struct history *h, struct ref ref, uint64_t n);
/*
 * A sample's findings are written down at the last event before it was complete, which did not cause
 * them.  If the object's change at event n is one of those: the sample's number, else -ENOENT.
 */
int history_changed_by_sample(const struct history *h, struct ref ref, uint64_t n);
/*
 * Did the object not change at event n: was it only told there, by a record of a state dump, by a sample, or by its
 * name in an event about something else?  What is learned so was there before, nobody knew since when.
 */
bool history_learned(const struct history *h, struct ref ref, uint64_t n);
/* Is event n such a record of a dump?  Whatever changes in the rows there, and in their numbers, was learned. */
bool history_tells(const struct history *h, uint64_t n);
/* The objects that event n touched (changed, or named): up to `max`, returns how many there are. */
uint32_t history_touched(const struct history *h, uint64_t n, struct ref *ret_refs, uint32_t max);

/* Rows born or died in (a, b]; for the views' change marks and for `diff`. */
struct history_change { struct ref ref; uint64_t event; bool born, died; };
typedef int (*history_change_fn)(const struct history_change *change, void *arg);
/* Calls fn in event order until it returns non-zero (then returns that). */
int history_changes(const struct history *h, uint64_t a, uint64_t b, history_change_fn fn, void *arg);

/* ---- counters ---- */
struct history_counters {
	uint64_t nr_mms, nr_nodes, nr_chains, nr_dups;	/* nr_nodes: with a page (plain + dups) */
	uint64_t nr_nodes_empty;	/* of nr_nodes: without items, ksmd has not noticed yet */
	uint64_t nr_stable_items, nr_unstable_items, nr_new_items;
	uint64_t nr_mappings, nr_anon_vmas, nr_vmas;
	uint64_t nr_doubtful_items, nr_doubtful_mappings, nr_doubtful_nodes, nr_doubtful_mms;
	/* Events so far, as of enum activity. */
	uint64_t nr_merges, nr_zero_pages, nr_merge_failures, nr_removals, nr_nodes_gone, nr_scans;
	uint64_t nr_lost;				/* events lost so far (known counts) */
	int64_t scan_seqnr;				/* of the scan that runs or ran last, -1: none yet */
	bool scan_running;
	/* There may be more than was told so far: history_is_whole(). */
	bool more_mms, more_nodes, more_items, more_mappings, more_anon_vmas, more_vmas;
};
/*
 * With hindsight, or where events were lost, those that are doubtful are counted row by row.  history_totals()
 * leaves them 0.
 */
void history_counters(const struct history *h, struct moment when, struct history_counters *ret);
void history_totals(const struct history *h, struct moment when, struct history_counters *ret);

struct history_mm_counters { uint64_t nr_items, nr_stable_items, nr_mappings, nr_merges; };
int history_mm_counters(const struct history *h, struct ref mm, struct moment when,
			struct history_mm_counters *ret);

/*
 * What a count of that list is worth: the weakest evidence of its rows, and whether any of them is
 * doubtful.  A list too long to be looked through is told as inferred and, unless its whole set is
 * confirmed or nothing can be doubtful, as doubtful.  A list that is not whole is doubtful: there may be more.
 */
struct history_worth { char evidence; bool doubtful; };
struct history_worth history_worth(const struct history *h, enum relation relation, struct ref parent,
				   struct moment when);
/* The second alone; without a look at the rows where they are counted: all of a table, the items of an mm. */
bool history_doubts(const struct history *h, enum relation relation, struct ref parent, struct moment when);
/* Did items of the mm come or go, or it itself, after event a and up to b, as far as is traced? */
bool history_mm_changed(const struct history *h, struct ref mm, uint64_t a, uint64_t b);

/* ---- samples (sysfs, /proc) placed on the events' line ---- */
struct history_sample {
	/*
	 * Events: what changed by event `begin` was done when it began (that is a moment earlier
	 * than its time), and it was complete before event `end` + 1.
	 */
	uint64_t begin, end;
	/*
	 * Patched: the states that its counters may have been read in are those after the events from `from`
	 * to `to`, which reach beyond its time by a change in flight at most (build_flight.c).
	 */
	uint64_t from, to;
	uint64_t begin_ns, end_ns;
	/*
	 * Stock: the rebuilt numbers as this sample left them, before a later one at the same event: stable
	 * nodes with items, and items on them (a process': its mm's).  -1: none.
	 */
	int64_t nodes, items;
	uint32_t index;		/* into the recording's samples (trace/sample.h) */
	uint16_t kind;		/* enum sample_kind */
	int32_t tgid;
};
uint32_t history_nr_samples(const struct history *h);
int history_sample(const struct history *h, uint32_t i, struct history_sample *ret);
/* The last sample of that kind (and tgid, if not 0) completed at or before t: index or -ENOENT. */
int history_sample_before(const struct history *h, uint16_t kind, int32_t tgid, uint64_t t);
/*
 * Has what the sample counted changed between its begin and t, as far as is traced?  Of a process' sample
 * `mm` is its mm ({0}: not known).
 */
bool history_sample_outdated(const struct history *h, uint32_t i, struct ref mm, uint64_t t);
/* A sysfs counter of /sys/kernel/mm/ksm in that sample: 0 or -ENOENT (the kernel has no such file). */
int history_sample_counter(const struct history *h, uint32_t sample, const char *name, int64_t *ret);

/* ---- losses, notable moments, scans ---- */
struct history_loss { uint64_t after, before, nr_lost, after_ns, before_ns; uint16_t stream, cause; };
uint32_t history_nr_losses(const struct history *h);
int history_loss(const struct history *h, uint32_t i, struct history_loss *ret);
/* Gaps that had ended by t, at the end of the recording all, of which nobody counted what they hid. */
uint32_t history_nr_uncounted(const struct history *h, uint64_t t);

/*
 * May an event of that kind (enum event_kind; EVENT_UNKNOWN: any) have been lost between events a and b, as far as is
 * known by then?
 */
bool history_may_lack(const struct history *h, uint16_t kind, uint64_t a, uint64_t b, uint64_t known_by);
/* The same of any that merges a page, behind event a and up to the moment. */
bool history_may_lack_merges(const struct history *h, uint64_t a, struct moment when);
/* The same of any event that an episode of that kind is made of. */
bool history_may_lack_steps(const struct history *h, enum episode_kind kind, uint64_t a, uint64_t b,
			    uint64_t known_by);

enum notable_kind {
	NOTABLE_LOSS, NOTABLE_SCAN, NOTABLE_CHAIN_MADE, NOTABLE_CHAIN_GONE,
	NOTABLE_POISON, NOTABLE_KILL_LIST, NOTABLE_SIGBUS, NOTABLE_RECOVERY,
	NOTABLE_SLOW_WALK,	/* it held a lock long: `value` is the longest hold */
	NOTABLE_WALK_LEFT,	/* walk_left_mappings(): `value` is how many; of a migration's walks the first */
	NOTABLE_MIGRATION_FAILED, /* of KSM pages */
	NOTABLE_COLLAPSE_FAILED,
	NOTABLE_MASS_REMOVAL, NOTABLE_MM_ENTERED, NOTABLE_MM_LEFT, NOTABLE_FINDING
};
struct notable { uint64_t event, ts_ns, value; uint16_t kind; uint8_t severity; struct ref ref; };
/* severity 0 seen, 1 worth a look, 2 fault.  In event order. */
uint32_t history_nr_notables(const struct history *h);
int history_notable(const struct history *h, uint32_t i, struct notable *ret);
/* Of a NOTABLE_FINDING's `value`: its identifier (struct finding). */
const char *history_finding_id(uint64_t value);
/* The nearest notable after / before t with at least that severity: index or -ENOENT. */
int history_notable_near(const struct history *h, uint64_t t, int dir, uint8_t severity);

/* The nearest scan boundary (begin or end) after / before t: event, 0: none. */
uint64_t history_scan_step(const struct history *h, uint64_t t, int dir);

/* ---- activity, for the timeline: totals of state changes in (a, b], O(log n) ---- */
/*
 * A merge is ksmd's: an item hangs on a stable node.  A page that it made the zero page is no KSM page: apart, on both
 * kernels.  A removal is an item that leaves a stable node; that a node has gone is apart.  ITEMS: an item went into or
 * out of a tree otherwise: out of the unstable one, on its way to another node, moved by a recovery.
 */
enum activity { ACTIVITY_MERGES, ACTIVITY_ZERO_PAGES, ACTIVITY_MERGE_FAILURES, ACTIVITY_REMOVALS,
		ACTIVITY_NODES_MADE, ACTIVITY_NODES_GONE, ACTIVITY_CHAINS, ACTIVITY_DUPS, ACTIVITY_WALKS, ACTIVITY_POISON,
		ACTIVITY_MIGRATIONS, ACTIVITY_COLLAPSES, ACTIVITY_CONTENTION, ACTIVITY_ITEMS, ACTIVITY_OTHER, NR_ACTIVITIES };
void history_activity(const struct history *h, uint64_t a, uint64_t b, uint64_t ret_nr[NR_ACTIVITIES]);

/* ---- reconciliation with the kernel's own numbers, and invariants ---- */
struct finding {
	const char *id;		/* a stable identifier, such as "counter-pages-shared" */
	uint64_t event;
	struct ref object;
	int64_t expected, found;	/* the kernel's number, and the rebuilt one */
	uint8_t severity;	/* 0 agrees (or changed while it was read: why), 1 undecided, 2 contradicts */
	const char *why;	/* one sentence, static */
};
typedef int (*finding_fn)(const struct finding *finding, void *arg);
/* Every comparison made, those that agree too (severity 0), in event order. */
int history_check(const struct history *h, finding_fn fn, void *arg);

/* Bytes of the tables and indexes, and of those how much is anonymous memory. */
void history_memory(const struct history *h, uint64_t *ret_bytes, uint64_t *ret_anon_bytes);

#endif /* KSMTOP_HISTORY_H */
