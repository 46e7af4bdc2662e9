/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * episode.h - an episode opened: its steps, in its own units, forwards and backwards.
 *
 * A row of the history says that an episode ran and what it came to.  Opened, it is a flat array of
 * *steps*, one for each of its events, in their order.  Opening costs what the episode is long
 * (the kinds of the events between its first and last are looked at, its own are decoded), not what
 * the recording is.  A step is a small descriptor; the event behind it is read when asked for.
 *
 * Walks.  A walk takes and drops the lock of one anon_vma after the other: each *hold* is one item in
 * one pass.  The patched kernel writes an event for a VMA that it visited and sums the ones it
 * skipped; a hold therefore knows how many VMAs it was offered, but the skipped ones themselves are
 * looked up in the rebuilt interval tree when somebody opens that hold (episode_hold_vmas(),
 * evidence I).  A position in a walk is (step, VMA of the hold).
 *
 * Recoveries go on behind their last event, to the kill list, the unmapping and the verdict of the
 * same memory failure: such steps carry STEP_AFTER.
 *
 * Contention.  lock:contention_begin/end name a lock by address; an anon_vma is locked by its root's
 * rwsem, the second member of struct anon_vma (include/linux/rmap.h, 6.12), 8 bytes in.
 *
 * Ownership: the source is borrowed and must outlive what is opened; arrays that are handed out belong
 * to the opened episode, a hold's VMAs only until another hold is asked for.  Not thread safe.
 * Errors: 0 or -E, and a diag where an input is to blame.
 */
#ifndef KSMTOP_EPISODE_H
#define KSMTOP_EPISODE_H

#include "event/event_index.h"
#include "history/history.h"

struct diag;

/* What an episode is read from: the two parts of a recording. */
struct episode_source {
	const struct history *history;
	struct event_index *events;
};

enum step_kind {
	STEP_BEGIN, STEP_END,
	STEP_ITEM,		/* walk: this item's anon_vma was locked */
	STEP_VMA,		/* walk: a VMA that the interval tree offered */
	STEP_UNLOCK,		/* walk: released; carries the sums of what had no event */
	STEP_TASK,		/* kill list: a task was put on it */
	STEP_SEARCH,		/* recovery: the chain was looked for */
	STEP_DUP,		/* recovery: a dup was judged */
	STEP_COPY,		/* recovery: a fresh copy, or its failure */
	STEP_NODE,		/* recovery: a dup joins or leaves the chain, a node is freed */
	STEP_MOVE,		/* recovery: a mapping was moved */
	STEP_ITEM_MOVED,	/* recovery: an rmap_item changed its stable node */
	STEP_PAGE,		/* collapse: one of the 512 pages */
	STEP_WALK,		/* migration, recovery: a walk (ref: that episode) */
	STEP_KILL_LIST,		/* recovery: a kill list (ref: that episode) */
	STEP_SIGNAL,		/* SIGBUS sent */
	STEP_VERDICT,		/* memory_failure_event: how the failure was handled */
	STEP_PTE,		/* migration: a pte became a migration entry, or the reverse */
	STEP_PAGE_MOVED,	/* migration: the stable node has a new page (folio_migrate_ksm()) */
	STEP_SCANNED,		/* scan: events of ksmd, those that are alike folded into one step */
	NR_STEP_KINDS
};

/* The phases of a recovery, as its view numbers them. */
enum recovery_phase { PHASE_FAULT, PHASE_CHAIN, PHASE_HEALTHY, PHASE_COPY, PHASE_MOVE, PHASE_UNLINK,
		      PHASE_KILL, NR_PHASES };

enum step_flag { STEP_AFTER = 1,	/* behind the episode's own last event */
		 STEP_TURN = 2 };	/* scan: what its story turns on, never folded */
#define MOVE_FAILED 255			/* verdict of a mapping that could not be moved */

#define NO_STEP UINT32_MAX

struct step {
	uint64_t event;		/* the event of this step, the first of a folded run */
	uint64_t last_event;	/* the last of a run, else the same */
	struct ref ref;		/* item, VMA, node or episode that it is about; may be none */
	uint32_t hold;		/* walk: index of the hold, else NO_STEP */
	uint32_t nr;		/* events in a run, else 1 */
	uint8_t kind;		/* enum step_kind */
	uint8_t phase;		/* recovery: enum recovery_phase, NR_PHASES: not known; walk: pass; collapse: 0 .. 4 */
	uint8_t verdict;	/* VMA: KSMTOP_VERDICTS; dup, collapse step; move target, MOVE_FAILED; copy: failed;
				   scan: enum event_kind */
	uint8_t flags;
};

/*
 * One item in one pass, its anon_vma locked.  Where its walk_item was lost it begins with what is left of it: neither
 * its address nor what the interval tree was asked for is known then.
 */
struct hold {
	uint64_t begin, end;		/* walk_item and walk_unlock; end 0: not seen */
	uint64_t first, last;		/* pages that the interval tree was asked for */
	uint64_t address;		/* of the item */
	uint64_t item_addr;		/* where the item itself is */
	uint64_t waited_ns, held_ns;
	uint64_t nr_outside, nr_other_mm, nr_visited, nr_invalid;	/* sums and events together */
	uint64_t nr_offered;		/* of all four */
	uint64_t nr_before;		/* offered in the holds before this one */
	struct ref item, anon_vma, mm;	/* none where the history does not know them */
	uint32_t first_step, nr_steps;	/* item, VMAs, unlock */
	uint8_t pass;			/* 1 or 2 */
	bool begin_lost;		/* its walk_item is not in the recording */
	bool lacks;			/* some of its events may be missing: the counts are at least these */
};

/* A VMA that the interval tree offered in a hold, in the tree's order. */
struct hold_vma {
	struct vma_row vma;
	uint64_t event;			/* its walk_vma, 0: only summed */
	int32_t mapcount_before, mapcount_after;	/* with an event only */
	uint8_t verdict;		/* KSMTOP_VERDICTS */
	uint8_t answer;			/* rmap_one's */
	char evidence;			/* T with an event, else I */
	bool doubtful;
};

/* Somebody who waited for the lock of an anon_vma that the walk held. */
struct waiter {
	uint64_t begin, end;		/* contention_begin, contention_end; 0: not seen */
	uint64_t begin_ns, end_ns;
	uint64_t doing;			/* the next event of that thread, 0: none near */
	int32_t tid;
	uint32_t hold;			/* the hold that it began to wait in */
	bool is_write;			/* it wanted to change the interval tree */
};

struct opened_episode;

/* Opens the episode `ref` as known at `when`: 0, -ENOENT, -ENOMEM, -EIO and diag. */
int episode_open(const struct episode_source *source, struct ref ref, struct moment when,
		 struct opened_episode **ret_episode, struct diag *diag);
/* The same, but of a scan each event is a step of its own, however alike they are. */
int episode_open_unfolded(const struct episode_source *source, struct ref ref, struct moment when,
			  struct opened_episode **ret_episode, struct diag *diag);
void episode_close(struct opened_episode *episode);

const struct episode_row *episode_row(const struct opened_episode *episode);
const struct episode_source *episode_source(const struct opened_episode *episode);
struct moment episode_moment(const struct opened_episode *episode);	/* that it was opened at */
uint32_t episode_nr_steps(const struct opened_episode *episode);
const struct step *episode_step(const struct opened_episode *episode, uint32_t i);
/* The decoded event of a step; `ret` and its args are valid until the index is read again. */
int episode_step_event(const struct opened_episode *episode, uint32_t i, struct event *ret);

/* ---- walks ---- */
uint32_t episode_nr_holds(const struct opened_episode *episode);
const struct hold *episode_hold(const struct opened_episode *episode, uint32_t i);
/*
 * The VMAs of a hold in the interval tree's order, O(log n + VMAs).  `*ret_agrees` (may be NULL):
 * the rebuilt set explains every event and sum of the hold.
 */
int episode_hold_vmas(struct opened_episode *episode, uint32_t hold, const struct hold_vma **ret_vmas,
		      uint32_t *ret_nr, bool *ret_agrees);
/* Who waited for a lock while the walk held it, in order; none for other kinds. */
int episode_waiters(struct opened_episode *episode, const struct waiter **ret_waiters,
		    uint32_t *ret_nr);

/* ---- moving ---- */
enum episode_unit {
	UNIT_EVENT,		/* the next step */
	UNIT_VMA,		/* walk: the next VMA offered, with or without an event */
	UNIT_ITEM,		/* walk: the next hold */
	UNIT_PASS,		/* walk: the next pass */
	UNIT_VISIT,		/* walk: the next VMA visited */
	UNIT_MAPPING,		/* recovery: the next mapping moved, migration: the next pte */
	UNIT_PHASE,		/* recovery: the next phase */
	UNIT_SKIP,		/* walk: the next run of VMAs skipped for one reason, events or not: its first */
	UNIT_STEP,		/* all but bookkeeping: items that change their node, unlocks */
	UNIT_WALK,		/* migration: the next walk, or its end */
	NR_UNITS
};

#define NO_VMA UINT32_MAX

/* A value; {0, NO_VMA} is the first step. */
struct episode_cursor { uint32_t step, vma; };

/* One unit forward (dir > 0) or back: true, or false and the cursor stays.  */
bool episode_move(struct opened_episode *episode, struct episode_cursor *cursor,
		  enum episode_unit unit, int dir);
/* To that VMA of that hold: false, and the cursor stays, if it was offered no such one. */
bool episode_move_to_vma(struct opened_episode *episode, struct episode_cursor *cursor, uint32_t hold,
			 uint32_t vma);
/* The first (dir < 0) or last step. */
void episode_move_to_end(const struct opened_episode *episode, struct episode_cursor *cursor, int dir);
/* The last step whose event is at most t, on its VMA if it is of one; the first step before all. */
struct episode_cursor episode_cursor_at(struct opened_episode *episode, uint64_t t);
/* The event at which other views stand with this cursor. */
uint64_t episode_cursor_event(const struct opened_episode *episode, struct episode_cursor cursor);

/*
 * How long it took: the kernel's own figure where there is one, else what lies between its first and last
 * event.  False: it has not ended, or its beginning or its end was not seen.
 */
bool episode_duration(const struct episode_row *episode, uint64_t *ret_ns);

#endif /* KSMTOP_EPISODE_H */
