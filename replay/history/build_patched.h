/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build_patched.h - inside a history: the builder's parts for the patched kernel's events.
 *
 * Spans are named by the id of the span that holds now ("span") or by the object's id ("object").
 */
#ifndef KSMTOP_BUILD_PATCHED_H
#define KSMTOP_BUILD_PATCHED_H

#include "history/build.h"

/* ---- build_tree.c ---- */
uint32_t node_alive(struct builder *b, uint64_t addr);
uint32_t node_get(struct builder *b, uint64_t addr);
uint32_t node_make(struct builder *b, uint64_t addr, const struct node_more *more, uint32_t flags);
/* These attributes from now on; the same ones are no change. */
uint32_t node_change(struct builder *b, uint32_t span, const struct node_more *more);
void node_gone(struct builder *b, uint32_t span);
/* A new place behind `position` (NO_ID: in front) of a nid's tree. */
uint32_t tree_place_new(struct builder *b, uint64_t position, int nid);
/* The key of a dup that becomes its chain's first. */
uint64_t dup_key_of_head(struct builder *b);
bool build_tree_event(struct builder *b, const struct event *ev);

/* ---- build_items.c ---- */
/* The item's span now, found (as state NEW) if it was not known. */
uint32_t item_get(struct builder *b, uint64_t addr, uint32_t mm, uint64_t address, uint32_t flags);
/*
 * The span with these attributes from now on, on `node` (NO_ID: none).  `anew`: an event made it so, which
 * means that it was otherwise just before, even if the row, behind a gap, says the same.
 */
uint32_t item_change(struct builder *b, uint32_t span, uint32_t node, const struct item_more *more,
		     bool anew);
/* `unsure`: no event says so. */
void item_off_node(struct builder *b, uint32_t span, bool unsure);
/* Gives a span that was just found its attributes. */
void item_found_as(struct builder *b, uint32_t span, uint32_t node, const struct item_more *more);
bool build_item_event(struct builder *b, const struct event *ev);

/* ---- build_vmas.c ---- */
/* The object, found if it was not known; NO_ID for address 0. */
uint32_t anon_vma_get(struct builder *b, uint64_t addr);
void anon_vma_change(struct builder *b, uint32_t object, uint32_t root, uint32_t parent);
uint32_t vma_alive(struct builder *b, uint64_t vma, uint32_t anon_vma);
uint32_t vma_make(struct builder *b, uint64_t vma, const struct vma_data *data, uint32_t flags);
/* Ended; SPAN_NAMED_END: by an event that names what the row says. */
void vma_gone(struct builder *b, uint32_t span, uint32_t flags);
void anon_vma_gone(struct builder *b, uint32_t object, uint32_t flags);
bool build_vma_event(struct builder *b, const struct event *ev);

/* ---- build_mappings.c ---- */
uint32_t mapping_alive(struct builder *b, uint32_t owner, uint64_t addr);
uint32_t mapping_make(struct builder *b, uint32_t owner, uint64_t addr, const struct mapping_data *data,
		      uint32_t flags);
void mapping_end(struct builder *b, uint32_t span, uint32_t flags);
/* Makes a span that was carried findable, as the newest of its owner. */
void mapping_set(struct builder *b, uint32_t id);
/* The next one alive in an owner's chain, NO_ID at its end. */
uint32_t mapping_next(struct builder *b, uint32_t *at);
uint32_t mapping_owner(struct builder *b, uint32_t mm);
/*
 * The same pte of the same page, known better from now on: nothing came or went, the object stays.  `end`, `flags`:
 * SPAN_..., of the row that ends and of the one that follows it.
 */
uint32_t mapping_goes_on(struct builder *b, uint32_t id, const struct mapping_data *data, uint32_t end, uint32_t flags);
/* The page of a row that said "maybe" was a KSM page: known from now on, of the same pte. */
void mapping_is_ksm(struct builder *b, uint32_t id);
void mapping_appended(struct builder *b, uint32_t mm, uint64_t addr, uint32_t node);
void mapping_detached(struct builder *b, uint32_t mm, uint64_t addr, uint32_t node, int64_t site);
/* Does that thread run a recovery? */
bool build_recovers(const struct builder *b, int32_t pid);
void mapping_moved(struct builder *b, const struct args_P_RECOVERY_MOVE *args);
void mapping_listed(struct builder *b, const struct args_P_KILL_TASK *args);
void build_mappings_forked(struct builder *b, uint32_t parent, uint32_t child);
/* The item that a walk is at. */
struct walk_place { uint64_t addr, mm, anon_vma, index; bool has_index; };
void mapping_walk_item(struct builder *b, struct walk_place *place, const struct args_P_WALK_ITEM *args);
void mapping_walk_vma(struct builder *b, const struct walk_place *place, const struct walk_totals *walk,
		      const struct args_P_WALK_VMA *args);

/* The owner's mapping span made last, NO_ID: it never had one. */
uint32_t mapping_newest(struct builder *b, uint32_t owner);

/* ---- build_unmap.c ---- */
void build_vma_came(struct builder *b, const struct args_P_VMA_INSERT *args, uint32_t mm);
void build_vma_gone(struct builder *b, const struct event *ev, const struct args_P_VMA_INSERT *args, uint32_t mm);

/* ---- owners.c ---- */
/* Call before any mapping changes: writes down how many each owner has where that is due. */
void owners_change(struct builder *b);

/* ---- build_sweep.c ---- */
struct sample;
void build_sweep(struct builder *b, const struct sample *sample);
/* Every stable node is known: what sweeps could not tell of their pages. */
void build_sweeps_judge(struct builder *b);

/* ---- build_dump.c ---- */
bool build_dump_event(struct builder *b, const struct event *ev);
void build_dump_fini(struct builder *b);

#endif /* KSMTOP_BUILD_PATCHED_H */
