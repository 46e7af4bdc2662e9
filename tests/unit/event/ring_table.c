// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring_table.c - see ring_table.h.
 *
 * The X-macro table gives each kind its members' names and sizes; a format's text and a record's
 * size both come from them, so they cannot drift apart.  Members that the program knows under
 * several names get the newest.  Memory errors abort: only tests and generators use this.
 */
#include "ring_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ID	1000
#define HEAD_SIZE	8u
#define RECORD_MAX	256u

struct member { const char *name; int size, nr; };	/* nr: of an array, else 0 */

#define MEMBER_F(member)	{ #member, 8, 0 },
#define MEMBER_A(member, names)	{ #member, 8, 0 },
#define MEMBER_S(member)	{ #member, 16, 16 },
#define MEMBER_SA(member, names) { #member, 16, 16 },
#define MEMBER_N(member, nr)	{ #member, 4 * (nr), nr },
#define E(kind, fields, names) \
	static const struct member members_##kind[] = { \
		fields(MEMBER_F, MEMBER_A, MEMBER_S, MEMBER_SA, MEMBER_N) { NULL, 0, 0 } }; \
	_Static_assert(sizeof(struct args_##kind) <= RECORD_MAX - HEAD_SIZE, "a record is small");
EVENT_TABLE(E)
#undef E

static const struct kind {
	const char *names;	/* "system:event", the newest first */
	const struct member *members;
	uint32_t size;
} kinds[NR_EVENT_KINDS] = {
#define E(kind, fields, names) [EVENT_##kind] = { names, members_##kind, sizeof(struct args_##kind) },
EVENT_TABLE(E)
#undef E
};

static char *format_text(int id, const struct kind *kind)
{
	size_t system = strcspn(kind->names, ":") + 1, name = strcspn(kind->names + system, " ");
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	unsigned int offset = HEAD_SIZE;

	if (!f)
		abort();
	fprintf(f, "name: %.*s\nID: %d\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
		"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n", (int)name,
		kind->names + system, id);
	for (const struct member *m = kind->members; m->name; m++) {
		char array[16] = "";

		if (m->nr)
			snprintf(array, sizeof(array), "[%d]", m->nr);
		fprintf(f, "\tfield:%s %s%s;\toffset:%u;\tsize:%d;\tsigned:%d;\n",
			m->nr == 0 ? "unsigned long" : m->nr == m->size ? "char" : "u32", m->name, array,
			offset, m->size, m->size == 16);
		offset += (unsigned int)m->size;
	}
	fprintf(f, "\nprint fmt: \"%.*s\"\n", (int)name, kind->names + system);
	fclose(f);
	return text;
}

void ring_table_init(struct ring_table *table, uint32_t page_size)
{
	*table = (struct ring_table){
		.meta = { .header_event = trace_text_of("# compressed entry header\n"),
			  .trace_clock = trace_text_of("local global [mono]"), .formats = table->formats } };
	if (asprintf(&table->texts[NR_EVENT_KINDS],
		     "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
		     "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
		     "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
		     "\tfield: char data;\toffset:16;\tsize:%u;\tsigned:1;\n", page_size - 16) < 0)
		abort();
	table->meta.header_page = trace_text_of(table->texts[NR_EVENT_KINDS]);
	for (int kind = EVENT_UNKNOWN + 1; kind < NR_EVENT_KINDS; kind++) {
		table->texts[kind] = format_text(FIRST_ID + kind, &kinds[kind]);
		table->systems[kind] = strndup(kinds[kind].names, strcspn(kinds[kind].names, ":"));
		if (!table->texts[kind] || !table->systems[kind])
			abort();
		table->formats[table->meta.nr_formats++] =
			(struct trace_format){ table->systems[kind], trace_text_of(table->texts[kind]) };
	}
}

void ring_table_fini(struct ring_table *table)
{
	for (int i = 0; i <= NR_EVENT_KINDS; i++)
		free(table->texts[i]);
	for (int i = 0; i < NR_EVENT_KINDS; i++)
		free(table->systems[i]);
	memset(table, 0, sizeof(*table));
}

void ring_table_event(struct ring *ring, uint64_t ts_ns, int32_t pid, enum event_kind kind,
		      const void *args)
{
	uint8_t record[RECORD_MAX] = { 0 };

	ring_put(ring, record, (uint64_t)(FIRST_ID + kind), 2);
	ring_put(ring, record + 4, (uint32_t)pid, 4);
	memcpy(record + HEAD_SIZE, args, kinds[kind].size);
	ring_event(ring, ts_ns, record, HEAD_SIZE + kinds[kind].size);
}

void ring_table_story(struct ring *rings, uint64_t start_ns, const struct written *events, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		ring_table_event(&rings[events[i].cpu], start_ns + events[i].us * 1000, events[i].pid,
				 (enum event_kind)events[i].kind, events[i].args);
}

int ring_table_write(const struct ring_table *table, struct ring *rings, uint32_t nr_rings, int level,
		     const struct sample_builder *samples, const char *path, struct diag *diag)
{
	struct trace_write_options options = { .version = 7, .zstd = true, .level = level, .long_size = 8,
					       .page_size = rings[0].page_size };
	struct trace_write_cpu cpus[RING_CPUS];
	struct trace_write_buffer buffer = { "", "mono", cpus, nr_rings };

	if (nr_rings > RING_CPUS)
		abort();
	for (uint32_t i = 0; i < nr_rings; i++) {
		ring_close(&rings[i]);
		cpus[i] = (struct trace_write_cpu){ i, rings[i].pages, rings[i].nr_pages * rings[i].page_size };
	}
	return trace_write(path, &options, &table->meta, &buffer, 1, samples, diag);
}
