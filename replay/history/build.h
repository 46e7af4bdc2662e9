/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build.h - inside a history: the builder's state and the steps that all its parts share.
 *
 * The builder knows what is alive now and where: maps from addresses to span ids, live counts, the
 * tasks it has seen.  Nothing of it is needed to answer queries, so a cache does not hold it.
 *
 * Errors: running out of memory is remembered in builder.error and returned by history_feed();
 * the steps below then do nothing.
 */
#ifndef KSMTOP_BUILD_H
#define KSMTOP_BUILD_H

#include "history/tables.h"

/* The mappings of a process, or of an mm of which none is known. */
struct owned {
	uint32_t newest;	/* span made last, NO_ID: none */
	uint32_t nr;		/* alive */
};

/* What the builder keeps of each mm; index: the mm's object id. */
struct mm_live {
	uint64_t changed_ns;	/* time of the last change of its items */
	uint32_t items, stable, unstable, vague, merges;
	uint32_t changes;	/* since its counts were last written down */
	uint32_t counted;	/* event of the last struct mm_count */
	uint32_t newest;	/* its item span made last: empty.c */
	struct owned mappings;	/* those that no tgid owns: build_mappings.c */
	bool complete;		/* every stable item it has is known */
	bool exited;		/* ksmd may still have its items: build_exit.c */
	bool dead;
};

/* A process as samples see it: by tgid and start time.  Owns mappings. */
struct process {
	uint64_t start_ticks;	/* as /proc/PID/stat has it */
	struct owned mappings;
	int32_t tgid;
	uint32_t mm;		/* object id, or NO_ID */
	int64_t ksm_pages;	/* how many it mapped, by smaps ... */
	uint64_t ksm_pages_ns;	/* ... at the end of the sweep that ends then */
	char comm[16];
};

/* A thread. */
struct task {
	int32_t pid, tgid;
	uint32_t entered;	/* mm that entered KSM in its context and may be its child's */
	bool tgid_known;
	char comm[16];
};

/* Items on a node now, and how often that changed. */
struct node_live { uint32_t items, changes; };

struct merge_pair { uint64_t pfn; uint32_t span, node; bool active; };

/* How long ksm_thread_mutex has been held, as far as its holder's events show it: build_loss.c. */
struct mutex_run { uint64_t first, quiet_ns; int64_t dump; int32_t pid; uint16_t stream; };
/* An mm that is alive, of those looked up last; key 0: none. */
struct near_mm { uint64_t key; uint32_t mm; };
#define NR_NEAR_MMS 64u

/* What one of the next events is about: build_ahead.c. */
#define AHEAD_GROUP 32u
#define AHEAD_STEPS 4u
#define NR_AHEAD (AHEAD_GROUP * AHEAD_STEPS)
struct ahead { struct addr_spot node, item; uint32_t flags; };

struct near_event { uint64_t event, ts_ns; int32_t pid; uint16_t stream, kind; };
#define NEAR_EVENTS 64u

/* What the builder keeps of each mapping span. */
struct mapping_live {
	uint32_t older;		/* the span of the same owner made before it */
	uint32_t sweep;		/* the sweep that saw it last */
};

/* A VMA that came into or left an interval tree lately: build_unmap.c. */
struct vma_range {
	uint64_t vma, anon_vma, start, end, pgoff;
	uint64_t event, ts_ns;	/* absolute */
	uint32_t mm;
	int32_t pid;
};
#define NR_VMAS_GONE 16u
#define NR_VMAS_CAME 32u

/* The stable node that a burst of ksm_remove_rmap_item names, until ksm_remove_ksm_page. */
struct removal { uint64_t pfn; uint32_t node; };

/* A counter that is changed after its event: not before that, but before the holder's `next` one. */
struct flight { uint64_t event, next; };	/* next 0: not yet */
#define NR_FLIGHTS 64u

struct ksm_page { uint64_t pfn; uint32_t node; };	/* a stable node that there is: its span */

struct builder {
	struct history *h;
	struct segment *seg;
	int error;
	uint32_t now;			/* event, since the segment's base */
	uint64_t now_ns;
	struct addrmap addrs[NR_TABLES];	/* address or pfn -> last span */
	struct idmap vma_map, mapping_map;	/* (VMA, anon_vma), (owner, address) -> last span */
	struct idmap past_maps[NR_TABLES];	/* address or pfn -> index into past, of the dead */
	struct pool past[NR_TABLES];		/* uint64_t addr_gen */
	struct counts counts;
	uint32_t counts_changes;	/* since counts were last written down */
	uint32_t counts_event;		/* event of the last change */
	uint64_t changed_ns;		/* its time */
	uint32_t activity_sums[NR_ACTIVITIES];
	struct pool node_items;		/* struct node_live, by object id */
	struct pool mm_items;		/* uint32_t: the item span of the same mm made before each */
	uint32_t nr_empty, nr_empty_written;
	struct pool mappings;		/* struct mapping_live, by span id */
	uint32_t mapping_changes;	/* since they were counted: owners.c */
	uint32_t mapping_event;		/* of the last change */
	uint32_t nr_sweeps;
	struct vma_range vmas_gone[NR_VMAS_GONE], vmas_came[NR_VMAS_CAME];
	uint32_t nr_vmas_gone, nr_vmas_came;
	struct mm_live *mms;
	uint32_t nr_mms_room;
	struct idmap task_map, process_map;
	struct task *tasks;
	struct process *processes;
	uint32_t nr_tasks, nr_processes, room_tasks, room_processes;
	struct merge_pair pair;
	struct removal removal;		/* node NO_ID: none */
	struct near_mm near_mms[NR_NEAR_MMS];
	uint32_t scan;			/* episode that runs, or NO_ID */
	/* Stock: build_exit.c. */
	struct pool leavers;		/* uint32_t: mms that exited and may still have items */
	uint64_t nr_behind;		/* of those, the first: the cursor was seen since they did */
	uint32_t cursor;		/* where ksmd was seen last, NO_ID: nowhere yet */
	struct running *running;	/* episodes of the other kinds that run: build_episode.c */
	uint32_t nr_running;
	bool items_complete;		/* every stable item is known */
	bool page_flag_is_exact;	/* kpageflags tells KSM pages from other anonymous ones */
	/* Where it does not, struct ksm_page by pfn, as of that many changes in that segment: build_sweep.c */
	struct pool ksm_pages;
	uint64_t ksm_pages_changes, ksm_pages_segment;
	uint64_t nr_dup_keys;		/* given out: build_tree.c */
	uint64_t loss_now;		/* absolute event of the last loss, 0: none */
	uint32_t removals_in_a_row;
	struct dump *dump;		/* the one that runs or ran last: build_dump.c */
	bool dump_seen, dump_complete;	/* there was one; and nothing was lost since */
	int64_t reset_seqnr;		/* the scan that threw the unstable trees away last */
	/* The scan whose unstable trees were there at the last event that names its scan, and that event (absolute). */
	int64_t tree_seqnr;		/* -1: none did */
	uint64_t tree_event;
	struct pool anon_vmas_dumped;	/* uint8_t by object id: all its VMAs were */
	struct mutex_run run;
	uint64_t losses_judged;		/* those before that one need no more look at the run */
	struct pool stream_counts;	/* by stream: build_counts.c */
	bool counts_filtered;		/* not all that is counted is recorded */
	struct flight flights[NR_FLIGHTS];	/* modulo: build_flight.c */
	uint64_t nr_flights;
	uint64_t samples_followed;	/* those before that one had an event under the mutex behind them */
	struct near_event near[NEAR_EVENTS];
	struct ahead ahead[NR_AHEAD];	/* modulo: by the event's place in its batch */
	/* To place a sample's begin: times at every so many events, and of all that are late. */
	struct pool times;		/* uint64_t, first of each TIME_EVENTS */
	uint64_t late_times[512];	/* by event modulo LATE_EVENTS */
};

#define TIME_EVENTS 64u
#define LATE_EVENTS 512u

/* ---- rows ---- */
/*
 * A new span of the object whose last span is `before` (NO_ID: a new object) from now on.  Returns
 * its id, NO_ID without memory.
 */
uint32_t build_span(struct builder *b, enum table table, uint32_t before, uint64_t addr_gen,
		    uint32_t owner, uint32_t flags);
/* Ends a span now. */
void build_end(struct builder *b, enum table table, uint32_t span, uint32_t flags);
/* Notes that item span `id` is of that mm. */
void build_hint(struct builder *b, uint32_t id, uint32_t mm);
void build_touch(struct builder *b, enum table table, uint32_t object);
/* Call before anything changes at the event `now`: writes counts down where that is due. */
void build_changes(struct builder *b);
void build_mm_changes(struct builder *b, uint32_t mm);
/* What these do when it is due. */
void build_write_counts(struct builder *b);
void build_write_mm_counts(struct builder *b, uint32_t mm);
void build_activity(struct builder *b, enum activity activity);
void build_activity_told(struct builder *b);	/* the event is a record of a dump */
void build_notable(struct builder *b, enum notable_kind kind, unsigned severity, uint64_t value,
		   struct ref ref);
/* Forces the counts after this event to be written down (many rows ended at once). */
void build_counts_due(struct builder *b);
/* Writes all counts down as they are now. */
void build_settle_counts(struct builder *b);
void build_fail(struct builder *b, int error);

/* One more element, zero; NULL without memory, which is remembered. */
static inline void *build_grow(struct builder *b, struct pool *pool)
{
	void *p;

	if (pool->nr < pool->nr_room)
		return pool_at(pool, pool->nr++);
	p = pool_grow(pool, 1);
	if (!p)
		build_fail(b, -ENOMEM);
	return p;
}

static inline uint64_t addr_key(uint64_t addr, uint32_t gen)
{
	return (addr >> 3) << 10 | (gen > MAX_GENERATION ? MAX_GENERATION : gen);
}
static inline uint64_t pfn_key(uint64_t pfn, uint32_t gen)
{
	return pfn << 10 | (gen > MAX_GENERATION ? MAX_GENERATION : gen);
}

/*
 * The generation of a new object with that address; `old` is build_find()'s answer.  SPAN_FOUND goes
 * from *flags if there was one before: then it was not there from the beginning.
 */
uint32_t build_generation(struct builder *b, enum table table, uint64_t key, uint32_t old,
			  uint32_t *flags);
/* The newest generation that is remembered of rows in earlier segments, 0: none. */
uint32_t build_past_generation(const struct builder *b, enum table table, uint64_t key);
/* Was there an object with that address whose rows are all in earlier segments? */
bool build_was_there(const struct builder *b, enum table table, uint64_t key);
/* Remembers the generation of an object that is not carried over a seam. */
void build_remember(struct builder *b, enum table table, uint64_t addr_gen);

/*
 * The maps' spread and bits: neighbours are 64 bytes apart, or pages; items fill their slabs.  The nodes of a
 * stock kernel are found by pfn, and the pages that are merged lie anywhere: few have a neighbour.
 */
#define ITEM_SPREAD 3u
#define ITEM_BITS 6u
#define PFN_SPREAD 0u
#define PFN_BITS 2u
#define OTHER_BITS 4u

/* Keys of the maps have 54 bits, like those in rows: address >> 3, or a pfn. */
static inline uint64_t build_key(uint64_t key)
{
	return key << 10 >> 10;
}

/* The last span with that address or pfn, alive or not; NO_ID. */
static inline uint32_t build_find(struct builder *b, enum table table, uint64_t key)
{
	return addrmap_find(&b->addrs[table], build_key(key));
}

/* ksmd goes from mm to mm, and its partners' are few: most are among those looked up last. */
static inline struct near_mm *build_near_mm(struct builder *b, uint64_t key)
{
	return &b->near_mms[key * 0x9e3779b97f4a7c15u >> 58];
}

/* Makes `span` what the key finds from now on. */
static inline void build_set(struct builder *b, enum table table, uint64_t key, uint32_t span)
{
	if (addrmap_set(&b->addrs[table], build_key(key), span) != 0)
		build_fail(b, -ENOMEM);
}

/*
 * Before events[at] and those behind it are applied, at = 0, AHEAD_GROUP, 2 * AHEAD_GROUP ...; `anew`: the
 * first of a batch or of a segment.
 */
void build_ahead(struct builder *b, const struct event *events, uint32_t nr, uint32_t at, bool anew);
/* Before events[at] is applied. */
void build_turn_to(struct builder *b, uint32_t at);

/* Writes down that a set was found as rebuilt (or dumped), now. */
void build_confirm(struct builder *b, struct pool *pool, uint32_t group);
/*
 * Was all that belongs to the object (NO_ID: to anybody) told at some time: an mm's or a node's items, an
 * anon_vma's VMAs?  Then what is named later was not there before the beginning: no SPAN_FOUND.
 */
bool build_was_whole(const struct builder *b, enum table parent, uint32_t object);
/* Every item and node that is there now is known: whole.c. */
void build_all_told(struct builder *b);
void build_dump_lost(struct builder *b);
void build_dump_give_up(struct builder *b);
bool build_dump_runs(const struct builder *b);
/* Starts a new segment with what is alive, drops the oldest. */
int segment_seal(struct builder *b);
/* What is remembered of a pair whose anon_vma is there; kept in past_maps like generations. */
uint64_t build_vma_past(const struct builder *b, uint64_t vma, uint32_t anon_vma);
/* Makes the VMA span findable by its pair. */
void build_vma_set(struct builder *b, uint32_t id);
/* Fills in what lies beside a new item span, and counts it.  `more`: patched only. */
void item_place(struct builder *b, uint32_t id, uint32_t mm, uint32_t node, const struct item_more *more);

/* ---- mms and tasks: build_task.c ---- */
uint32_t build_mm_alive(struct builder *b, uint64_t addr);	/* the object, NO_ID: none */
uint32_t build_mm(struct builder *b, uint64_t addr);		/* alive, found if need be */
uint32_t build_mm_new(struct builder *b, uint64_t addr, const struct mm_data *data, bool found);
void build_mm_end(struct builder *b, uint64_t addr);
/* build_items.c: this event names the scan that runs, or ran last: its unstable trees are there. */
void build_tree_of(struct builder *b, int64_t seqnr);
/*
 * A changed copy of the mm's attributes from now on.  `named`: the event says all of them, so that the row
 * begins anew even if they are the same.
 */
void build_mm_update(struct builder *b, uint32_t mm, const struct mm_data *data, bool named);
struct mm_data *build_mm_data(struct builder *b, uint32_t mm);
const char *build_task_comm(struct builder *b, int32_t pid);	/* 16 bytes, zeroes if not known */
/* The process's mappings, or those of an mm whose process is not known, have gone. */
void build_mappings_end(struct builder *b, struct process *process);
void build_mappings_of_mm_end(struct builder *b, uint32_t mm);
/* The mm is known to be the process's: its mappings are, too. */
void build_mm_is_of(struct builder *b, uint32_t mm, struct process *process);
/* No process has that mm any more. */
void build_process_left(struct builder *b, uint32_t mm);
struct process *build_process(struct builder *b, int32_t tgid);
/* Before an event, where VMAs wait to be judged. */
void build_unmap_settle(struct builder *b, const struct event *ev);
void build_unmap_carry(struct builder *b, const uint32_t *mms, uint32_t nr_mms);
bool build_task_event(struct builder *b, const struct event *ev);

/* ---- mms that exit on a stock kernel: build_exit.c ---- */
void build_mm_exits(struct builder *b, uint64_t addr);
/* ksmd is seen at an item of that mm; at the list's head, where a scan begins or ends. */
void build_cursor_at_mm(struct builder *b, uint32_t mm);
void build_cursor_at_head(struct builder *b, bool begin);
/* The kernel counts no item at all. */
void build_leavers_gone(struct builder *b);
/* Over a seam: ids[old object id] is the new one. */
void build_leavers_carry(struct builder *b, const uint32_t *ids, uint32_t nr);

/* ---- the parts: each returns whether the event was its own ---- */
bool build_stock_event(struct builder *b, const struct event *ev);
void build_around_event(struct builder *b, const struct event *ev);
void build_episode_event(struct builder *b, const struct event *ev);
void build_note_removals(struct builder *b, const struct event *ev);
/* Before the event is applied. */
void build_note_event(struct builder *b, const struct event *ev);
/* Is it emitted by whoever holds ksm_thread_mutex? */
bool build_is_under_mutex(uint16_t kind);
/* Before the event is applied: which samples may have seen its change, or not have seen it. */
void build_note_flight(struct builder *b, const struct event *ev);
/* The first state that a sample which began behind event `begin` may have seen: an event, as of samples. */
uint64_t build_flight_from(const struct builder *b, uint64_t begin);
/* The object of a new span was changed before at that event. */
void build_note_order(struct builder *b, enum table table, uint32_t span, uint32_t changed_before);
/* The event names the object as it is in the rows. */
void build_confirm_row(struct builder *b, enum table table, uint32_t object);
/* `ev`: the event behind the gap, not applied yet, or NULL. */
void build_loss(struct builder *b, const struct event_loss *loss, const struct event *ev);
/* Is the row doubtful to who knows the events so far?  False as long as nothing was lost. */
bool build_is_doubtful(const struct builder *b, enum table table, uint32_t id);
/* A migration begins, or ends: moved.c.  The first says what the second is told, NO_ID where no row needs it. */
uint32_t build_move_begins(struct builder *b, uint64_t first);
void build_move_ends(struct builder *b, uint32_t move, bool nothing);
bool build_move_runs(const struct builder *b);
/* Of which kinds were the events that went: build_counts.c. */
void build_count(struct builder *b, const struct event *ev);
void build_counts_init(struct builder *b);
/* The root anon_vma whose VMAs are being dumped under its lock by that event since `after`; 0: none. */
uint64_t build_dump_root(const struct builder *b, const struct event *ev, uint64_t after);
int build_sample(struct builder *b, const struct sample *sample, uint32_t index);
/* Around what a sample does: writes down which rows it changed. */
void sample_change_begin(const struct builder *b, struct sample_change *ret);
void sample_change_end(struct builder *b, struct sample_change *change);
int builder_new(struct history *h, struct builder **ret);
void builder_free(struct builder *b);

/* Items and nodes alike on both kernels. */
void item_counts(struct builder *b, uint32_t span, int by);
/* The part of it that is the patched kernel's. */
void item_state_counts(struct builder *b, uint32_t span, int by);
void build_item_end(struct builder *b, uint32_t span, uint32_t flags);
/* ---- nodes without items: empty.c ---- */
/* A node's row begins (by 1) or ends (-1). */
void empty_node_counts(struct builder *b, uint32_t span, int by);
/* The number of items on the node has changed, as often before: busy.c. */
void busy_node_counts(struct builder *b, uint32_t node, struct node_live *live);
void empty_mm_gone(struct builder *b, uint32_t mm);
/* Counts anew in a segment that was just begun. */
void empty_carry(struct builder *b);
void empty_write(struct builder *b);
/* Before the next event and before anybody asks: writes the number down if it has changed. */
static inline void empty_settle(struct builder *b)
{
	if (b->nr_empty != b->nr_empty_written)
		empty_write(b);
}

#endif /* KSMTOP_BUILD_H */
