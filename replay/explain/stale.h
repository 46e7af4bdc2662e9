/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stale.h - a KSM page's mappings against what its rmap_items lead to.
 *
 * An item is ksmd's belief, a mapping is the fact, and ksmd corrects its belief only when its scan comes
 * by.  Until then a page may have
 *
 *	an unreached mapping	a forked child's, whose parent's item is gone: no walk can find it
 *	an old address		its item remembers the address before an mremap: no walk visits it there
 *	a stale item		no VMA of the item's mm covers its address any more
 *	a changed item		(hindsight) ksmd found later that its page was no longer this one
 *
 * Where not all VMAs were told yet (history_is_whole()) an item without one is none of these: it is untold.
 *
 * For each: since when, for how many whole scans, and when ksmd's scan will repair it: that is a
 * model (M) of where ksmd's cursor is, from what it did in the scan that runs; with hindsight also the
 * event at which it really did.
 *
 * A VMA that is split or grows leaves the interval tree and comes back under the lock of its anon_vma: meanwhile
 * the page is told as it was before, for no walk can look.
 *
 * A page's mapcount is known where a walk of it began or ended (T), or was sampled (D).  It holds for that
 * event; copy on write is not traced.
 *
 * Costs: a page O(items x touches of the node, at most 64); the log O(walks), once.
 */
#ifndef KSMTOP_STALE_H
#define KSMTOP_STALE_H

#include "episode/episode.h"
#include "explain/mapped.h"
#include "explain/whatif.h"

/* ---- the walks of all pages that left mappings ---- */
/* It was to unmap the page, offered all and left a mapcount. */
struct stale_walk {
	struct ref episode, node;
	uint64_t end;			/* event */
	int32_t before, after;		/* mapcount */
	uint8_t purpose;		/* KSMTOP_PURPOSES */
	bool doubtful;
};

/* All zero is an empty one. */
struct stale_log {
	struct stale_walk *walks;	/* as they ended */
	uint32_t *by_node;		/* into them, by node, then as they ended */
	uint32_t nr, room;
	uint64_t upto;			/* events it was made of */
	uint64_t unknown;		/* the first that ended without a beginning and may be one of them, 0: none */
};

/* Makes it anew unless no event came since.  0 or -ENOMEM. */
int stale_log_read(struct stale_log *log, const struct episode_source *source);
void stale_log_fini(struct stale_log *log);
/* How many ended by t: O(log n), as is the next. */
uint32_t stale_log_ended(const struct stale_log *log, uint64_t t);
/* Those of the node that ended by t; the last of them into *ret_newest (may be NULL) if there is one. */
uint32_t stale_log_failures(const struct stale_log *log, struct ref node, uint64_t t, uint32_t *ret_newest);

/* Up to t there may be others, of a node that was made at `born`: in a gap, or without a beginning. */
bool stale_log_lacks(const struct stale_log *log, const struct history *h, uint64_t born, struct moment when);

/* ---- one page ---- */
enum stale_kind { STALE_REACHED, STALE_MOVED, STALE_UNREACHED, STALE_ITEM, STALE_CHANGED, STALE_UNTOLD,
		  NR_STALE_KINDS };

enum stale_repair {
	REPAIR_NONE,		/* nothing is wrong */
	REPAIR_THIS_SCAN,	/* ksmd's running scan has not left that mm yet */
	REPAIR_NEXT_SCAN,
	REPAIR_NEVER,		/* ksmd does not scan there: the mm is not in KSM, the VMA not mergeable */
	REPAIR_UNKNOWN,		/* the VMA or the process is not known */
};

struct stale_entry {
	struct ref mm, vma, item;	/* none where there is none */
	int32_t tgid;			/* 0: not known */
	uint64_t address;		/* of the pte; of an item without one: its own */
	uint64_t item_address;		/* 0 without an item */
	uint64_t since;			/* event from which on it is so; 0: not known, or before the first */
	uint64_t repaired;		/* with hindsight: the event at which it ended, 0: none known */
	uint32_t nr_scans;		/* whole scans that ended since */
	uint8_t kind;			/* enum stale_kind */
	uint8_t repair;			/* enum stale_repair */
	char evidence;
	bool known;			/* the mapping is known to exist; items: that it is so */
	bool moved;			/* its VMA was moved: a walk by address does not come by it */
	bool doubtful;
};

struct stale_page {
	struct node_row node;
	struct stale_entry *entries;	/* by mm and address */
	uint32_t nr;
	uint32_t nr_kinds[NR_STALE_KINDS];
	uint32_t nr_maybe;		/* of the mappings those that might not exist */
	uint32_t nr_beyond;		/* mappings that no item reaches, at least */
	struct mapped_count count;	/* its mapcount; with hindsight the next walk's where nothing came between */
	uint32_t nr_known_then;		/* mappings that were known when that was counted, an earlier event */
	bool truncated;
	bool untold;			/* there may be more items or VMAs than were told: all counts are "at least" */
};

/* 0, -ENOENT (no such node then, or a chain), -ENOMEM. */
int stale_page(const struct episode_source *source, struct ref node, struct moment when,
	       struct stale_page *ret, struct diag *diag);
void stale_page_fini(struct stale_page *page);

const char *stale_kind_text(enum stale_kind kind);	/* "its item has the old address"; static */
const char *stale_repair_text(enum stale_repair repair);	/* "in the scan that runs"; static */

/* ---- why a walk left mappings ---- */
struct stale_failure {
	struct whatif *walk;		/* modelled under its own rule and linear */
	uint32_t nr_left;		/* mapcount at its end */
	uint32_t nr_no_item;		/* no rmap_item leads to them, at least so many */
	uint32_t nr_by_rule;		/* an item does, but the walk's rule did not offer their VMA */
	uint32_t nr_visited;		/* the rest: offered, and rmap_one did not unmap them */
};
int stale_explain(const struct episode_source *source, struct ref walk, struct moment when,
		  struct stale_failure *ret, struct diag *diag);
/* Might it be otherwise, for what a gap hides or was not told? */
bool stale_failure_doubtful(const struct stale_failure *failure);
/* One sentence. */
void stale_failure_text(const struct stale_failure *failure, char *buf, size_t size);
void stale_failure_fini(struct stale_failure *failure);

#endif /* KSMTOP_STALE_H */
