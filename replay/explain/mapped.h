/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mapped.h - who maps a KSM page at a moment, as far as it can be known.
 *
 * An item is ksmd's belief, a mapping is the fact.  Of a page the history knows items, the VMAs in the
 * interval trees of their anon_vmas, and sampled mappings.  A pte that maps the page was there when
 * an item was merged, or was inherited by fork, and follows its VMA through mremap: it lies
 * where the item's linear_page_index lies in some VMA of the item's anon_vma.  All such places
 * are the *possible* mappings.  Items that left the node (the parent's, after a fork) may have left
 * mappings behind; their places are looked at when the mapcount says that there are more than the
 * items lead to.  The history's own rows tell of more: what was sampled, and what a fork inherited and
 * no item of that process leads to.  Whether a place still maps the page is not traced (COW is not), so:
 *
 *	none		a walk or a recovery took the pte away, and nothing has shown it since: until then no place
 *	known, T	the walk itself, a kill list or a recovery saw the pte, or takes it away later on
 *	known, D or I	the history's row of it is not doubtful
 *	known, I	the page's mapcount equals the number of possible mappings, all of which were told
 *			and none of which rests on a doubtful sample alone
 *	maybe, I	none of these
 *
 * A mapcount larger than the number of places that items lead to proves mappings that no item can
 * reach (`nr_beyond`).
 */
#ifndef KSMTOP_MAPPED_H
#define KSMTOP_MAPPED_H

#include "episode/episode.h"

struct mapped {
	struct ref mm, vma, item;	/* item: that leads to it now, may be none; vma may be none */
	uint64_t address;		/* where the pte lies */
	uint64_t item_address;		/* where the item says that it is; 0 without an item */
	uint64_t left;			/* event: the last item that led to it left the node; 0: not looked for */
	uint64_t gone;			/* event: a walk or a recovery took the pte away; 0: none did, or it came back */
	int32_t tgid;			/* 0: not known */
	bool known;
	bool own;			/* of the item's own mm (false: a fork of it) */
	bool doubtful;
	char evidence;			/* enum evidence */
};

struct mapped_list {
	struct mapped *list;		/* by mm, then address */
	uint32_t nr, room;
	uint32_t nr_known;
	int64_t mapcount;		/* what was compared with, -1: not known */
	uint32_t nr_reached;		/* places that an item of the node leads to */
	uint32_t nr_beyond;		/* mappings that exist and that no item reaches, at least */
	bool untold;			/* there may be more items, VMAs of theirs or mappings than were told by then */
	bool truncated;			/* more than MAPPED_MAX places, or more items left than are looked at */
};

#define MAPPED_MAX 1000000u

/* Which ptes: those that map the page, or its migration entries, which a walk is to put back (remove_migration_ptes()). */
enum mapped_kind { MAPPED_PTES, MAPPED_ENTRIES };
/*
 * All possible mappings of a stable node's page, not judged yet.  `mapcount`: how many there may be, so that more
 * places are looked for; -1: nobody counted, all are.  An entry is known (T) where the walk that made it told of it; others
 * are possible only where that walk is not there as a whole, or the page may have been mapped since.  0 or -E.
 */
int mapped_find(const struct episode_source *source, struct ref node, struct moment when, int64_t mapcount,
		enum mapped_kind kind, struct mapped_list *ret);
/*
 * Sets `left` where an item that left the node led to; `with_new`: adds the places that are not there yet, as
 * mapped_find() does where the mapcount says that there are more.  O(items that left).
 */
int mapped_former(const struct episode_source *source, struct ref node, struct moment when, bool with_new,
		  struct mapped_list *list);
void mapped_fini(struct mapped_list *list);
struct mapped_count {
	int64_t mapcount;	/* -1: nobody counted */
	uint64_t event;		/* at which it was so */
	char evidence;		/* 0: nobody counted */
};
/*
 * The best that is known of the page's mapcount: what its last walk or recovery told by `when`, or a
 * sample that is newer.  It holds for that event; copy on write is not traced.
 */
void mapped_count(const struct episode_source *source, struct ref node, struct moment when,
		  struct mapped_count *ret);
/* What mapped_judge() may be told of it: the mapcount where it was counted at that very moment, else -1. */
int64_t mapped_count_then(const struct mapped_count *count, struct moment when);
/*
 * May a VMA be of that mm?  Of a VMA whose mm was not known when it was told this is so if anything was lost, or if
 * there are mms of which nobody told.
 */
bool mapped_may_be_own(const struct history *h, const struct vma_row *vma, struct ref mm, struct moment when);
/* A VMA of the item's own mm that holds its index and covers its address: true, and its row. */
bool mapped_item_vma(const struct history *h, const struct item_row *item, struct moment when, union row *ret_row);
/*
 * Did ksmd find at event n, which took an item from its node, that the page there was another one?
 * Its mm and address: 0 for any.
 */
bool mapped_found_changed(const struct episode_source *source, uint64_t n, uint64_t mm, uint64_t address);
/* Marks the place as seen by an event; adds it if it is new.  0 or -ENOMEM. */
int mapped_seen(struct mapped_list *list, struct ref mm, struct ref vma, uint64_t address);
/* The place, NULL if it is none. */
const struct mapped *mapped_at(const struct mapped_list *list, struct ref mm, struct ref vma,
			       uint64_t address);
/* Compares the number of places with the mapcount of that moment, -1: not known.  Call once all are in. */
void mapped_judge(struct mapped_list *list, int64_t mapcount);
/* The same at that moment; where as many are known as were counted, the others are none and go. */
void mapped_judge_then(struct mapped_list *list, const struct mapped_count *count, struct moment when);
/* Drops the places that are not known: returns how many. */
uint32_t mapped_drop_unknown(struct mapped_list *list);

#endif /* KSMTOP_MAPPED_H */
