/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * formats.h - a recording's own descriptions of its events, bound to the table of events.
 *
 * A recording carries for each event the kernel's format text.  Here it is found out, without
 * libtraceevent, which texts there are (system, name, type); those that event_table.h knows are
 * parsed by libtraceevent and turned into a *binding*: for each member where it lies in the record and
 * how to load it.  The others are parsed when somebody first asks for them (a recording made with
 * `trace-cmd record -e all` describes thousands).
 *
 * Formats are hostile input: see format_guard.c for what libtraceevent gets to see of them.  A field
 * that claims to lie beyond FORMAT_MAX_RECORD is not believed.
 *
 * Bindings never change once made and may be used by any thread; everything that can parse (it
 * says so) belongs to one thread.  Private to replay/event.
 */
#ifndef KSMTOP_FORMATS_H
#define KSMTOP_FORMATS_H

#include <stdbool.h>
#include <stdint.h>

#include "event/damage_list.h"
#include "event/event_members.h"

struct trace_file;
struct tep_handle;
struct tep_event;

#define FORMAT_MAX_RECORD	65536u	/* no record and no field goes beyond */

enum load_op {
	LOAD_U8, LOAD_S8,
	LOAD_U16, LOAD_S16, LOAD_U32, LOAD_S32, LOAD_U64,
	LOAD_SWAPPED_U16, LOAD_SWAPPED_S16, LOAD_SWAPPED_U32, LOAD_SWAPPED_S32, LOAD_SWAPPED_U64,
	LOAD_NUMBERS,		/* an array of 32-bit numbers, of which `size` bytes are wanted */
	LOAD_CHARS,		/* a char array of `size` bytes */
	LOAD_DATA_LOC,		/* __data_loc: a string somewhere in the record */
	LOAD_REL_LOC,		/* __rel_loc: the same, counted from behind the field */
};

struct field_load {
	uint16_t offset, size;	/* in the record */
	uint8_t op;		/* enum load_op */
	uint8_t member;		/* bit in event.present */
	uint16_t place;		/* bytes into the args struct */
};

struct binding {
	uint16_t kind;		/* enum event_kind; EVENT_UNKNOWN: no loads, no args */
	uint16_t args_size;
	uint16_t nr_loads;
	uint16_t size_needed;	/* a record this long has every fixed field */
	uint16_t nr_plain;	/* of the loads the first: of 64 or 32 bits, as nearly all are */
	bool has_all;		/* each member has a load */
	uint32_t present;	/* of such a record; strings elsewhere in it are checked one by one */
	struct field_load loads[EVENT_MAX_MEMBERS];
};

struct format_type {
	const char *system;	/* borrowed from the file */
	char *name;
	uint32_t text;		/* index of the format text in the file */
	uint16_t type;		/* common_type */
	uint16_t binding;	/* index into formats.bindings, 0: not in the table */
	bool parsed;
	struct tep_event *event;	/* NULL: not parsed yet, or unusable */
};

struct formats {
	const struct trace_file *file;
	struct tep_handle *tep;
	bool swap;		/* the file's byte order is not ours */
	bool big_endian;
	bool symbols_parsed;
	uint8_t long_size;	/* the kernel's */
	uint8_t type_offset, type_size, pid_offset;
	uint32_t nr_types;
	struct format_type *types;	/* in order of type */
	uint32_t nr_bindings;
	struct binding *bindings;	/* [0] is the binding of everything unknown */
	uint16_t by_type[65536];	/* common_type -> index into bindings */
};

/* 0 or -ENOMEM.  What cannot be used goes to `damages`. */
int formats_new(const struct trace_file *file, struct formats **ret_formats,
		struct damage_list *damages);
void formats_free(struct formats *formats);

static inline const struct binding *formats_binding(const struct formats *formats, uint16_t type)
{
	return &formats->bindings[formats->by_type[type]];
}

/* The description of a type, NULL if there is none.  O(log n), never parses. */
struct format_type *formats_type(const struct formats *formats, int type);
/* The same as libtraceevent's event: parses the text if that was not done.  NULL: unusable. */
struct tep_event *formats_event(struct formats *formats, int type);
/* Gives libtraceevent the recording's kernel symbols and printk formats, once (200 ms). */
void formats_load_symbols(struct formats *formats);

#endif /* KSMTOP_FORMATS_H */
