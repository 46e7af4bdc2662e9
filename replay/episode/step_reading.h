/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * step_reading.h - an episode's events on their way to steps; for step.c and step_scan.c.
 */
#ifndef KSMTOP_STEP_READING_H
#define KSMTOP_STEP_READING_H

#include "episode/opened.h"

struct reading {
	struct opened_episode *e;
	uint64_t n;			/* the event that is looked at */
	uint32_t walk, kill_list;	/* number of the next nested episode to look for */
	uint8_t phase;			/* recovery */
	bool over;
	int64_t mm, said;		/* scan: what the last step's events are alike in */
	uint32_t sure_steps;		/* scan: those that are not another one's ... */
	uint64_t sure;			/* ... for this event, the last so far, says so; 0: none did */
	/* migration: the item whose anon_vma its thread holds, and the pte that it has changed there */
	bool holds;
	uint64_t held_address;
	uint32_t pte_step, nr_ptes;
};

/* A step of the event that is looked at, at the end; NULL: no memory.  Valid until the next one. */
struct step *step_add(struct reading *r, enum step_kind kind);

/* May an event of that kind be one of a scan's?  And is it, as a step: 0 or -ENOMEM. */
bool step_scan_kind(enum event_kind kind);
int step_scan_event(struct reading *r, const struct event *ev);
/* What came behind the last event that says which scan it is of may be the next one's, if that began in a gap. */
void step_scan_drop_unsure(struct reading *r);

#endif /* KSMTOP_STEP_READING_H */
