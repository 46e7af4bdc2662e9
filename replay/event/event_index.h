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
struct trace_file;
struct diag;

/*
 * An empty index over `file` (borrowed, must outlive it); an event_source fills it.  With a
 * directory (may be NULL) the big array lives in an unlinked file there.  0 or -ENOMEM.
 */
int event_index_new(const struct trace_file *file, const char *table_dir,
		    struct event_index **ret_index);
void event_index_free(struct event_index *index);

/*
 * Saving a complete index at a POOL_ALIGN-ed offset of fd, and mapping it again over the same
 * file: 0, -E of writing; -EBADMSG and diag if what is there does not belong to this file.
 * Mapping reads a few pages and checks ranges when an event is read, so a damaged cache answers -EIO or wrongly,
 * but never crashes.
 */
int event_index_save(struct event_index *index, int fd, uint64_t offset, uint64_t *ret_end);
int event_index_map(const struct trace_file *file, int fd, uint64_t offset, uint64_t end,
		    struct event_index **ret_index, struct diag *diag);

/* What of the recording's formats or data cannot be used, in the order in which it was found. */
uint32_t event_index_nr_damages(const struct event_index *index);
const struct diag *event_index_damage(const struct event_index *index, uint32_t i);
/* Damages that were found but not kept, because there were too many. */
uint64_t event_index_nr_more_damages(const struct event_index *index);
/* Bytes of its arrays, and how many are anonymous memory. */
void event_index_memory(const struct event_index *index, uint64_t *ret_bytes, uint64_t *ret_anon_bytes);

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
	const char *system, *name;	/* "unknown" and the type's number without a format */
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
/* The same as its members. */
void event_record_name(const struct event_record *record, const char **ret_system, const char **ret_name);
/* "KEY=VALUE ..." exactly as `trace-cmd report -R` prints the fields.  Returns the length needed. */
size_t event_record_fields(struct event_index *index, const struct event_record *record,
			   char *buf, size_t size);
/*
 * The same field by field: `text` is the VALUE part.  Calls fn until it returns non-zero, and returns
 * that; 0 at the end.  FIELD_HEX: text is "0x...".
 */
enum field_kind { FIELD_NUMBER, FIELD_HEX, FIELD_STRING };
typedef int (*event_field_fn)(const char *name, const char *text, enum field_kind kind, void *arg);
int event_record_each_field(struct event_index *index, const struct event_record *record,
			    event_field_fn fn, void *arg);

/*
 * What the print format of that event calls that value of the field ("copy_poisoned_page"); NULL: it does
 * not say.  Borrowed from the index.  O(types).
 */
const char *event_index_symbol(struct event_index *index, const char *system, const char *name,
			       const char *field, int64_t value);

/* Which events this recording describes and has: for doctor, reports and the unknown list. */
struct event_type_count {
	const char *system, *name;
	int type;
	enum event_kind kind;
	uint64_t nr;
};
uint32_t event_index_nr_types(const struct event_index *index);
/* Those that are described, then those that are not but occur.  -ENOENT past the last. */
int event_index_type(struct event_index *index, uint32_t i, struct event_type_count *ret);

/* Streams: "buffer" is "" for the top one. */
uint32_t event_index_nr_streams(const struct event_index *index);
int event_index_stream(const struct event_index *index, uint32_t i, const char **ret_buffer, uint16_t *ret_cpu);

struct warmer;

/* Has memory made ready for what is appended next. */
void event_index_warm(struct event_index *index, struct warmer *warmer);

#endif /* KSMTOP_EVENT_INDEX_H */
