// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring_writer.c - see ring_writer.h.
 *
 * Written from the kernel's own description of the format (events/header_event and the comments in
 * include/linux/ring_buffer.h), not from the reader in replay/event, so that the two check each
 * other.  Memory errors abort: this is only used by tests and generators.
 */
#include "ring_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TS_SHIFT 27

void ring_init(struct ring *ring, bool big_endian, int long_size, uint32_t page_size)
{
	*ring = (struct ring){ .big_endian = big_endian, .long_size = long_size, .page_size = page_size };
}

void ring_fini(struct ring *ring)
{
	free(ring->pages);
	*ring = (struct ring){ 0 };
}

void ring_put(const struct ring *ring, uint8_t *p, uint64_t value, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		p[ring->big_endian ? size - 1 - i : i] = (uint8_t)(value >> (8 * i));
}

uint32_t ring_room(const struct ring *ring)
{
	return ring->page_size - 8 - (uint32_t)ring->long_size;
}

static uint8_t *page_data(const struct ring *ring)
{
	return ring->pages + (ring->nr_pages - 1) * ring->page_size + 8 + ring->long_size;
}

void ring_set_commit(struct ring *ring, size_t i, uint64_t word)
{
	ring_put(ring, ring->pages + i * ring->page_size + 8, word, (unsigned int)ring->long_size);
}

void ring_close(struct ring *ring)
{
	uint64_t word = ring->commit;

	if (!ring->is_open)
		return;
	if (ring->nr_lost)
		word |= UINT64_C(1) << 31;
	if (ring->nr_lost > 0) {
		word |= UINT64_C(1) << 30;
		ring_put(ring, page_data(ring) + ring->commit, (uint64_t)ring->nr_lost,
			 (unsigned int)ring->long_size);
	}
	ring_set_commit(ring, ring->nr_pages - 1, word);
	ring->is_open = false;
}

void ring_page(struct ring *ring, uint64_t ts_ns, int64_t nr_lost)
{
	uint8_t *page;

	ring_close(ring);
	if (ring->nr_pages == ring->nr_room) {
		ring->nr_room = ring->nr_room ? ring->nr_room * 2 : 16;
		ring->pages = realloc(ring->pages, ring->nr_room * ring->page_size);
		if (!ring->pages)
			abort();
	}
	page = ring->pages + ring->nr_pages++ * ring->page_size;
	memset(page, 0, ring->page_size);
	ring_put(ring, page, ts_ns, 8);
	ring->commit = 0;
	ring->last_ns = ts_ns;
	ring->is_open = true;
	ring->nr_lost = nr_lost;
}

void ring_word(struct ring *ring, uint32_t word)
{
	ring_put(ring, page_data(ring) + ring->commit, word, 4);
	ring->commit += 4;
}

void ring_head(struct ring *ring, unsigned int type_len, uint32_t delta)
{
	ring_word(ring, ring->big_endian ? type_len << TS_SHIFT | delta : delta << 5 | type_len);
}

void ring_stamp(struct ring *ring, uint64_t ts_ns)
{
	ring_head(ring, 31, ts_ns & ((1u << TS_SHIFT) - 1));
	ring_word(ring, (uint32_t)(ts_ns >> TS_SHIFT));
	ring->last_ns = ts_ns;
}

void ring_event(struct ring *ring, uint64_t ts_ns, const void *record, uint32_t size)
{
	uint32_t padded = (size + 3) & ~3u;
	uint64_t delta = ts_ns - ring->last_ns;

	/* Room for a time extend, a long head and the count of lost events. */
	if (!ring->is_open || ring->commit + padded + 16 + 8 > ring_room(ring)) {
		ring_page(ring, ts_ns, 0);
		delta = 0;
	}
	if (delta >> TS_SHIFT) {
		ring_head(ring, 30, delta & ((1u << TS_SHIFT) - 1));
		ring_word(ring, (uint32_t)(delta >> TS_SHIFT));
		delta = 0;
	}
	if (padded <= 28 * 4 && padded > 0) {
		ring_head(ring, padded / 4, (uint32_t)delta);
	} else {
		ring_head(ring, 0, (uint32_t)delta);
		ring_word(ring, size + 4);
	}
	memcpy(page_data(ring) + ring->commit, record, size);
	ring->commit += padded;
	ring->last_ns = ts_ns;
}

/* ---- events ---- */

struct ring_field {
	const char *type, *name;
	int size;		/* 0: the kernel's long; -16: char[16]; -4: __data_loc char[] */
	bool is_signed;
};

struct ring_event_type {
	int type;
	const char *system, *name, *print;
	struct ring_field fields[6];
};

static const struct ring_event_type types[] = {
	{ RING_KSM_ENTER, "ksm", "ksm_enter", "\"mm %p\", REC->mm", { { "void *", "mm", 0, false } } },
	{ RING_MERGE, "ksm", "ksm_merge_with_ksm_page",
	  "\"%spfn %lu rmap_item %p mm %p error %d\", (REC->ksm_page ? \"ksm \" : \"\"), REC->pfn, "
	  "REC->rmap_item, REC->mm, REC->err",
	  { { "void *", "ksm_page", 0, false }, { "unsigned long", "pfn", 0, false },
	    { "void *", "rmap_item", 0, false }, { "void *", "mm", 0, false }, { "int", "err", 4, true } } },
	{ RING_REMOVE_PAGE, "ksm", "ksm_remove_ksm_page", "\"pfn %lu\", REC->pfn",
	  { { "unsigned long", "pfn", 0, false } } },
	{ RING_REMOVE_ITEM, "ksm", "ksm_remove_rmap_item",
	  "\"pfn %lu rmap_item %p mm %p\", REC->pfn, REC->rmap_item, REC->mm",
	  { { "unsigned long", "pfn", 0, false }, { "void *", "rmap_item", 0, false },
	    { "void *", "mm", 0, false } } },
	{ RING_START_SCAN, "ksm", "ksm_start_scan", "\"seq %d rmap size %d\", REC->seq, REC->rmap_entries",
	  { { "int", "seq", 4, true }, { "u32", "rmap_entries", 4, false } } },
	{ RING_STOP_SCAN, "ksm", "ksm_stop_scan", "\"seq %d rmap size %d\", REC->seq, REC->rmap_entries",
	  { { "int", "seq", 4, true }, { "u32", "rmap_entries", 4, false } } },
	{ RING_SIGNAL, "signal", "signal_generate", "\"sig=%d comm=%s pid=%d\", REC->sig, REC->comm, REC->pid",
	  { { "int", "sig", 4, true }, { "int", "code", 4, true }, { "char", "comm", -16, false },
	    { "pid_t", "pid", 4, true } } },
	{ RING_FORK, "sched", "sched_process_fork",
	  "\"comm=%s pid=%d child_comm=%s child_pid=%d\", __get_str(parent_comm), REC->parent_pid, "
	  "__get_str(child_comm), REC->child_pid",
	  { { "__data_loc char[]", "parent_comm", -4, false }, { "pid_t", "parent_pid", 4, true },
	    { "__data_loc char[]", "child_comm", -4, false }, { "pid_t", "child_pid", 4, true } } },
	{ RING_THING, "made", "thing", "\"%lu %d\", REC->big, REC->small",
	  { { "unsigned long", "big", 0, false }, { "short", "small", 2, true } } },
};
#define NR_RING_TYPES (sizeof(types) / sizeof(types[0]))

static int field_size(const struct ring *ring, const struct ring_field *field)
{
	return field->size == 0 ? ring->long_size : field->size < 0 ? -field->size : field->size;
}

static uint32_t field_offset(const struct ring *ring, const struct ring_field *field, uint32_t at)
{
	uint32_t align = field->size == -16 ? 1 : (uint32_t)field_size(ring, field);

	return (at + align - 1) / align * align;
}

uint32_t ring_record(const struct ring *ring, int type, int32_t pid, const uint64_t *values,
		     const char *const *strings, uint8_t *dst)
{
	const struct ring_event_type *t = types;
	uint32_t at = 8, end = 8;

	ring_put(ring, dst, (uint64_t)type, 2);
	ring_put(ring, dst + 2, 0, 2);
	ring_put(ring, dst + 4, (uint32_t)pid, 4);
	while (t < types + NR_RING_TYPES && t->type != type)
		t++;
	if (t == types + NR_RING_TYPES)
		return 8;
	for (const struct ring_field *f = t->fields; f < t->fields + 6 && f->name; f++)
		end = field_offset(ring, f, end) + (uint32_t)field_size(ring, f);
	memset(dst + 8, 0, end - 8);
	for (const struct ring_field *f = t->fields; f < t->fields + 6 && f->name; f++) {
		at = field_offset(ring, f, at);
		if (f->size == -16) {
			strncpy((char *)dst + at, *strings++, 16);
		} else if (f->size == -4) {
			uint32_t length = (uint32_t)strlen(*strings) + 1;

			ring_put(ring, dst + at, length << 16 | end, 4);
			memcpy(dst + end, *strings++, length);
			end += length;
		} else {
			ring_put(ring, dst + at, *values++, (unsigned int)field_size(ring, f));
		}
		at += (uint32_t)field_size(ring, f);
	}
	return end;
}

static const char *keep(struct ring_meta *meta, char *text)
{
	if (!text)
		abort();
	return meta->texts[meta->nr_texts++] = text;
}

static char *format_text(const struct ring *ring, const struct ring_event_type *t)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	uint32_t at = 8;

	fprintf(f, "name: %s\nID: %d\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
		"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n", t->name, t->type);
	for (const struct ring_field *field = t->fields; field < t->fields + 6 && field->name; field++) {
		at = field_offset(ring, field, at);
		fprintf(f, "\tfield:%s %s%s;\toffset:%u;\tsize:%d;\tsigned:%d;\n", field->type, field->name,
			field->size == -16 ? "[16]" : "", at, field_size(ring, field), field->is_signed);
		at += (uint32_t)field_size(ring, field);
	}
	fprintf(f, "\nprint fmt: %s\n", t->print);
	fclose(f);
	return text;
}

void ring_meta_init(struct ring_meta *meta, const struct ring *ring)
{
	char *page = NULL;

	memset(meta, 0, sizeof(*meta));
	if (asprintf(&page, "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
		     "\tfield: local_t commit;\toffset:8;\tsize:%d;\tsigned:1;\n"
		     "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
		     "\tfield: char data;\toffset:%d;\tsize:%u;\tsigned:0;\n", ring->long_size,
		     8 + ring->long_size, ring_room(ring)) < 0)
		abort();
	meta->meta.header_page = trace_text_of(keep(meta, page));
	meta->meta.header_event = trace_text_of("# compressed entry header\n");
	for (size_t i = 0; i < NR_RING_TYPES; i++) {
		const char *text = keep(meta, format_text(ring, &types[i]));

		meta->formats[i] = (struct trace_format){ types[i].system, { text, strlen(text) } };
	}
	meta->meta.formats = meta->formats;
	meta->meta.nr_formats = NR_RING_TYPES;
	meta->meta.cmdlines = trace_text_of("37 ksmd\n3141 qemu\n");
	meta->meta.uname = trace_text_of("Linux made 6.18 x86_64");
	meta->meta.trace_clock = trace_text_of("local global [mono]\n");
	meta->meta.recorder = trace_text_of("made");
}

void ring_meta_fini(struct ring_meta *meta)
{
	for (uint32_t i = 0; i < meta->nr_texts; i++)
		free(meta->texts[i]);
	memset(meta, 0, sizeof(*meta));
}
