/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report.h - the sections of `report` that tell what the recording has and lacks.
 *
 * They look at the recording as a whole, not at a moment, and `doctor FILE` ends with the same
 * sections.  Each prints items (--json) or lines; a section without content prints nothing but,
 * for losses and damage, one line that says so.
 */
#ifndef KSMTOP_REPORT_H
#define KSMTOP_REPORT_H

#include "query.h"

/* One JSON item: "section" and the fields. */
void report_item(struct query *query, const char *section, const struct fields *fields);

void report_samples(struct query *query);
void report_losses(struct query *query);
void report_damage(struct query *query);
void report_unknown(struct query *query);

#endif /* KSMTOP_REPORT_H */
