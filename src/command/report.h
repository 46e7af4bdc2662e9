/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report.h - the sections of `report` that have a file of their own.
 *
 * report_gaps.c tells what the recording has besides events and what it lacks; `doctor FILE` ends
 * with the same sections.  report_processes.c tells who takes part in KSM at the moment.  Each
 * prints items (--json) or lines; a section without content prints nothing but, for losses and
 * damage, one line that says so.
 */
#ifndef KSMTOP_REPORT_H
#define KSMTOP_REPORT_H

#include "query.h"
#include "trace/sample.h"

/* One JSON item: "section" and the fields. */
void report_item(struct query *query, const char *section, const struct fields *fields);

/*
 * The last sample of that kind, and of that process if pid is not 0, complete at the moment: 0 or
 * -E.  The payload is valid until the next sample is read.
 */
int report_last_sample(const struct query *query, enum sample_kind kind, int32_t pid,
		       struct history_sample *ret_place, struct sample *ret_sample);

/*
 * Of a process that has no mm at the moment: did events tell at some time which one it had?  Then they also told
 * that it is gone, whatever was sampled.
 */
bool report_is_known_gone(const struct query *query, const struct history_sample *sample);
int report_processes(struct query *query);
void report_samples(struct query *query);
void report_losses(struct query *query);
void report_damage(struct query *query);
void report_unknown(struct query *query);

#endif /* KSMTOP_REPORT_H */
