/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event_index.h - any event of a recording by its number.
 *
 * Eight bytes an event (which sub-buffer, where in it, which kind) plus a time every few hundred;
 * the record itself stays in the file and is inflated and walked when it is asked for, through a
 * small cache of chunks.  Reading the events of one screen therefore costs a few sub-buffers.
 */
#ifndef KSMTOP_EVENT_INDEX_H
#define KSMTOP_EVENT_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

struct event_index;
struct tep_event;
struct tep_handle;

/* A record as the kernel wrote it.  Borrowed: valid until the next call on the same index. */
struct event_record {
	uint64_t nr, ts_ns;
	const void *data;
	uint32_t size;
	uint16_t stream, cpu, buffer;
	int32_t pid;
	enum event_kind kind;
	const char *comm;		/* the recording's saved command line, "<...>" if unknown */
	struct tep_event *format;	/* NULL: no format description for its type */
	int type;			/* common_type */
};

uint64_t event_index_last(const struct event_index *index);
/* 0, -ENOENT past the last, -EIO where the file cannot be read any more. */
int event_index_read(struct event_index *index, uint64_t nr, struct event_record *ret_record);
/* The typed form: same, decoded through the table.  `ret` and its args are borrowed likewise. */
int event_index_event(struct event_index *index, uint64_t nr, struct event *ret_event);
enum event_kind event_index_kind(const struct event_index *index, uint64_t nr);
uint64_t event_index_time(struct event_index *index, uint64_t nr);
/* The last event with ts <= ns; 0 if none. */
uint64_t event_index_at_time(struct event_index *index, uint64_t ns);

struct tep_handle *event_index_tep(struct event_index *index);
/* "system" and "name" of a record, for any record; "unknown:TYPE" without a format. */
void event_record_name(const struct event_record *record, const char **ret_system, const char **ret_name);
/* "KEY=VALUE ..." exactly as `trace-cmd report -R` prints the fields.  Returns the length needed. */
size_t event_record_fields(struct event_index *index, const struct event_record *record,
			   char *buf, size_t size);
/* The print format's own text, as `trace-cmd report` without -R. */
size_t event_record_info(struct event_index *index, const struct event_record *record,
			 char *buf, size_t size);

/* Which events this recording describes and has: for doctor, reports and the unknown list. */
struct event_type_count {
	const char *system, *name;
	int type;
	enum event_kind kind;
	uint64_t nr;
};
uint32_t event_index_nr_types(const struct event_index *index);
int event_index_type(const struct event_index *index, uint32_t i, struct event_type_count *ret);

/* Streams: "buffer" is "" for the top one. */
uint32_t event_index_nr_streams(const struct event_index *index);
int event_index_stream(const struct event_index *index, uint32_t i, const char **ret_buffer, uint16_t *ret_cpu);

#endif /* KSMTOP_EVENT_INDEX_H */
