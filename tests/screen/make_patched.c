// SPDX-License-Identifier: GPL-2.0-only
/*
 * make_patched.c - writes a small recording as a patched kernel would make it, for the views' goldens.
 *
 * No machine of the test suite runs the patch, yet chains, dups, the unstable tree and anon_vmas
 * must be seen on a screen.  The story: three processes enter KSM; one content reaches
 * max_page_sharing (4), so its node becomes a chain and a second dup joins; another stays plain; a
 * page is rewritten, an mm is forked, a rmap walk runs, a memory failure hits a dup, one process
 * leaves and its dup goes.
 *
 * Formats are expanded from event_table.h, so they follow it by themselves; a record's payload is
 * its struct args behind the common header.  Everything is fixed, no number depends on the machine.
 *
 * Usage: make_patched FILE
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/event.h"
#include "trace/trace_writer.h"

#define PAGE		4096u
#define NR_CPUS		2
#define NR_PAGES	8
#define START_NS	5000000000ull
#define FIRST_ID	1000
#define TEXT_MAX	4096

#define MM(n)		(int64_t)(0xffff888101000000ull + (n) * 0x400)
#define NODE(n)		(int64_t)(0xffff888112c00000ull + (n) * 0x40)
#define ITEM(n)		(int64_t)(0xffff888200000000ull + (n) * 0x40)
#define AV(n)		(int64_t)(0xffff88810b300000ull + (n) * 0x68)
#define VMA(n)		(int64_t)(0xffff88810c000000ull + (n) * 0x98)
#define ADDR(mm, n)	(int64_t)(0x7f0000000000ull + (mm) * 0x10000000ull + (n) * 0x1000)
#define PFN(n)		(0x1a2f40 + (n))
#define KSMD		91

struct member { const char *name; int size, nr; };	/* nr: of an array, else 0 */

#define MEMBER_F(member)	{ #member, 8, 0 },
#define MEMBER_A(member, names)	{ #member, 8, 0 },
#define MEMBER_S(member)	{ #member, 16, 16 },
#define MEMBER_SA(member, names) { #member, 16, 16 },
#define MEMBER_N(member, nr)	{ #member, 4 * (nr), nr },
#define E(kind, fields, names) \
	static const struct member members_##kind[] = { fields(MEMBER_F, MEMBER_A, MEMBER_S, MEMBER_SA, MEMBER_N) { NULL, 0, 0 } };
EVENT_TABLE(E)
#undef E

static const struct kind {
	const char *names;	/* "system:event", the newest first */
	const struct member *members;
	unsigned size;
} kinds[NR_EVENT_KINDS] = {
#define E(kind, fields, names) [EVENT_##kind] = { names, members_##kind, sizeof(struct args_##kind) },
EVENT_TABLE(E)
#undef E
};

struct record {
	uint64_t us;
	int cpu, pid, kind;
	const void *args;
};
#define EV(us, cpu, pid, kind, ...) { us, cpu, pid, EVENT_##kind, &(const struct args_##kind){ __VA_ARGS__ } }
#define APPEND(us, i, mm, n, len) \
	EV(us, 0, KSMD, P_ITEM_APPEND, ITEM(i), MM(mm), ADDR(mm, i), NODE(n), AV(mm), (i), len)

static const struct record story[] = {
	EV(100, 1, 2201, P_MM_ENTER, MM(0), 2201, 1000, "vm-a"),
	EV(110, 1, 2202, P_MM_ENTER, MM(1), 2202, 1001, "vm-b"),
	EV(120, 1, 2417, P_MM_ENTER, MM(2), 2417, 1002, "redis"),
	EV(130, 1, 2201, P_ANON_VMA_NEW, AV(0), AV(0), 0),
	EV(131, 1, 2201, P_VMA_INSERT, AV(0), VMA(0), MM(0), ADDR(0, 0), ADDR(0, 32), 0, 0x80100073),
	EV(140, 1, 2202, P_ANON_VMA_NEW, AV(1), AV(1), 0),
	EV(141, 1, 2202, P_VMA_INSERT, AV(1), VMA(1), MM(1), ADDR(1, 0), ADDR(1, 32), 0, 0x80100073),
	EV(150, 1, 2417, P_ANON_VMA_NEW, AV(2), AV(2), 0),
	EV(151, 1, 2417, P_VMA_INSERT, AV(2), VMA(2), MM(2), ADDR(2, 0), ADDR(2, 32), 0, 0x80100073),
	EV(1000, 0, KSMD, KSM_START_SCAN, 1, 0),
	EV(1001, 0, KSMD, P_UNSTABLE_RESET, 1, 0),
	EV(1010, 0, KSMD, P_ITEM_NEW, ITEM(1), MM(0), ADDR(0, 1)),
	EV(1011, 0, KSMD, P_ITEM_NEW, ITEM(2), MM(0), ADDR(0, 2)),
	EV(1012, 0, KSMD, P_ITEM_NEW, ITEM(3), MM(1), ADDR(1, 3)),
	EV(1013, 0, KSMD, P_ITEM_NEW, ITEM(4), MM(1), ADDR(1, 4)),
	EV(1014, 0, KSMD, P_ITEM_NEW, ITEM(5), MM(2), ADDR(2, 5)),
	EV(1015, 0, KSMD, P_ITEM_NEW, ITEM(6), MM(2), ADDR(2, 6)),
	EV(1016, 0, KSMD, P_ITEM_NEW, ITEM(7), MM(2), ADDR(2, 7)),
	EV(1020, 0, KSMD, P_ITEM_UNSTABLE, ITEM(1), MM(0), ADDR(0, 1), 0, 1),
	EV(1030, 0, KSMD, P_ITEM_UNSTABLE, ITEM(7), MM(2), ADDR(2, 7), 0, 1),
	/* The second equal page is found: the first becomes a KSM page, both hang on its node. */
	EV(1100, 0, KSMD, P_NODE_INSERT, NODE(0), PFN(0), 0, 0),
	APPEND(1101, 1, 0, 0, 1),
	APPEND(1102, 2, 0, 0, 2),
	APPEND(1110, 3, 1, 0, 3),
	APPEND(1120, 4, 1, 0, 4),
	EV(1130, 0, KSMD, P_ITEM_SCAN, ITEM(7), MM(2), ADDR(2, 7), 1, 9),
	EV(1900, 0, KSMD, KSM_STOP_SCAN, 1, 7),
	EV(2000, 1, 2417, P_MM_FORK, MM(2), MM(3), 0, "redis"),
	EV(2001, 1, 2418, P_MM_OWNER, MM(3), 2418, 2000, "redis-save"),
	EV(3000, 0, KSMD, KSM_START_SCAN, 2, 7),
	EV(3001, 0, KSMD, P_UNSTABLE_RESET, 2, 0),
	/* The node is full: it becomes the first dup of a chain, and a second copy joins. */
	EV(3100, 0, KSMD, P_CHAIN_MAKE, NODE(8), NODE(0), 0),
	EV(3101, 0, KSMD, P_DUP_ADD, NODE(8), NODE(1), PFN(1), 0),
	APPEND(3102, 5, 2, 1, 1),
	APPEND(3103, 6, 2, 1, 2),
	EV(3150, 0, KSMD, P_NODE_INSERT, NODE(2), 0x1c0077, 0, NODE(8)),
	APPEND(3151, 7, 2, 2, 1),
	EV(3152, 0, KSMD, P_ITEM_NEW, ITEM(8), MM(3), ADDR(3, 7)),
	APPEND(3153, 8, 3, 2, 2),
	EV(3160, 0, KSMD, P_DUP_HEAD, NODE(8), NODE(1), PFN(1), 0),
	EV(3170, 0, KSMD, P_ITEM_DETACH, ITEM(4), MM(1), ADDR(1, 4), NODE(0), 0),
	EV(3900, 0, KSMD, KSM_STOP_SCAN, 2, 8),
	EV(5000, 1, 88, P_WALK_BEGIN, 1, 0x1c0077, NODE(2), 2, 0, 0, 2, 4),
	EV(5001, 1, 88, P_WALK_ITEM, 1, 1, ITEM(7), AV(2), MM(2), ADDR(2, 7), 0, -1, 1500),
	EV(5002, 1, 88, P_WALK_VMA, 1, 1, ITEM(7), VMA(2), MM(2), 0x80100073, 0, 1, 2, 1),
	EV(5010, 1, 88, P_WALK_UNLOCK, 1, 1, ITEM(7), 0, 0, 9000),
	EV(5020, 1, 88, P_WALK_END, 1, 0, 2, 2, 0, 0, 0, 0, 20000),
	EV(6000, 1, 300, MEMORY_FAILURE_EVENT, PFN(0), 4, 2),
	EV(7000, 1, 2417, P_ITEM_DETACH, ITEM(5), MM(2), ADDR(2, 5), NODE(1), 6),
	EV(7001, 1, 2417, P_ITEM_DETACH, ITEM(6), MM(2), ADDR(2, 6), NODE(1), 6),
	EV(7002, 1, 2417, P_DUP_DEL, NODE(1), PFN(1), 0),
	EV(7003, 1, 2417, P_NODE_FREE, NODE(1), PFN(1), 0),
	EV(7004, 1, 2417, P_ITEM_DETACH, ITEM(7), MM(2), ADDR(2, 7), NODE(2), 6),
	EV(7010, 1, 2417, P_ITEM_FREE, ITEM(5), MM(2), ADDR(2, 5)),
	EV(7011, 1, 2417, P_ITEM_FREE, ITEM(6), MM(2), ADDR(2, 6)),
	EV(7012, 1, 2417, P_ITEM_FREE, ITEM(7), MM(2), ADDR(2, 7)),
	EV(7020, 1, 2417, P_MM_LEAVE, MM(2)),
	EV(7030, 0, KSMD, P_CHAIN_COLLAPSE, NODE(8), NODE(0), PFN(0), 0),
};
#define NR_RECORDS (sizeof(story) / sizeof(*story))

/* ---- formats ---- */

static struct trace_text text_of(const char *text)
{
	return (struct trace_text){ text, strlen(text) };
}

/* The first "system:event" of a kind. */
static void split_name(const struct kind *kind, char *system, char *name)
{
	if (sscanf(kind->names, "%63[^:]:%63s", system, name) != 2)
		abort();
}

static void format_text(int id, const struct kind *kind, const char *name, char *buf)
{
	int offset = 8, at = snprintf(buf, TEXT_MAX, "name: %s\nID: %d\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
		"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n", name, id);

	for (const struct member *m = kind->members; m->name; m++) {
		char array[16] = "";

		if (m->nr)
			snprintf(array, sizeof(array), "[%d]", m->nr);
		at += snprintf(buf + at, TEXT_MAX - (size_t)at, "\tfield:%s %s%s;\toffset:%d;\tsize:%d;\tsigned:%d;\n",
			       m->nr == 0 ? "unsigned long" : m->nr == m->size ? "char" : "u32", m->name, array, offset,
			       m->size, m->size == 16);
		offset += m->size;
	}
	snprintf(buf + at, TEXT_MAX - (size_t)at, "\nprint fmt: \"%s\"\n", name);
}

/* ---- ring-buffer pages ---- */

struct cpu_pages {
	uint8_t data[NR_PAGES * PAGE];
	unsigned nr, at;
	uint64_t ts;
};

static void put(uint8_t *at, uint64_t value, size_t size)
{
	memcpy(at, &value, size);
}

static void add(struct cpu_pages *pages, const struct record *record)
{
	const struct kind *kind = &kinds[record->kind];
	uint64_t ts = START_NS + record->us * 1000;
	unsigned size = 8 + kind->size;
	uint8_t *page, *at;

	/* A record's length stands in five bits of words; a larger one in a word of its own. */
	if (!pages->nr || pages->at + size + 8 > PAGE || ts - pages->ts >= 1 << 27) {
		if (pages->nr == NR_PAGES)
			abort();
		put(pages->data + pages->nr++ * PAGE, ts, 8);
		pages->at = 16;
		pages->ts = ts;
	}
	page = pages->data + (pages->nr - 1) * PAGE;
	at = page + pages->at;
	if (size <= 112) {
		put(at, size / 4 | (ts - pages->ts) << 5, 4);
		at += 4;
	} else {
		put(at, (ts - pages->ts) << 5, 4);
		put(at + 4, size + 4, 4);
		at += 8;
	}
	put(at, (uint64_t)(FIRST_ID + record->kind), 2);
	put(at + 4, (uint64_t)record->pid, 4);
	memcpy(at + 8, record->args, kind->size);
	pages->at = (unsigned)(at + size - page);
	pages->ts = ts;
	put(page + 8, pages->at - 16, 8);
}

/* ---- samples ---- */

static void sample_ksm(struct sample_builder *builder, uint64_t us, const char *shared, const char *sharing,
		       const char *scans)
{
	static const char *const fixed[][2] = {
		{ "run", "1" }, { "pages_to_scan", "100" }, { "sleep_millisecs", "20" },
		{ "max_page_sharing", "4" }, { "merge_across_nodes", "1" }, { "smart_scan", "1" },
		{ "pages_unshared", "0" }, { "pages_volatile", "0" }, { "ksm_zero_pages", "0" },
		{ "pages_skipped", "0" }, { "stable_node_chains", "0" }, { "stable_node_dups", "0" },
	};

	sample_begin(builder, SAMPLE_KSM, 0, START_NS + us * 1000);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		sample_add_pair(builder, fixed[i][0], fixed[i][1]);
	sample_add_pair(builder, "pages_shared", shared);
	sample_add_pair(builder, "pages_sharing", sharing);
	sample_add_pair(builder, "full_scans", scans);
	sample_add_pair(builder, "general_profit", "11776");
	sample_end(builder, START_NS + us * 1000 + 20000);
}

int main(int argc, char **argv)
{
	static struct cpu_pages pages[NR_CPUS];
	static char texts[NR_EVENT_KINDS][TEXT_MAX], systems[NR_EVENT_KINDS][64];
	struct trace_format formats[NR_EVENT_KINDS];
	struct trace_write_cpu cpus[NR_CPUS];
	struct trace_write_buffer buffer = { "", "mono", cpus, NR_CPUS };
	struct trace_write_options options = { .version = 7, .zstd = true, .long_size = 8, .page_size = PAGE };
	struct trace_meta meta = {
		.header_page = text_of("\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				       "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
				       "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
				       "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n"),
		.header_event = text_of("# compressed entry header\n"),
		.formats = formats, .cmdlines = text_of("91 ksmd\n2201 vm-a\n2202 vm-b\n2417 redis\n88 kcompactd0\n"),
		.uname = text_of("Linux lab 6.18.0-ksmtop x86_64"),
		.trace_clock = text_of("local global [mono]"), .recorder = text_of("make_patched"),
	};
	struct sample_builder samples;
	char name[64], text[DIAG_TEXT_SIZE];
	struct diag diag = { 0 };

	if (argc != 2) {
		fprintf(stderr, "usage: make_patched FILE\n");
		return 2;
	}
	for (int kind = EVENT_UNKNOWN + 1; kind < NR_EVENT_KINDS; kind++) {
		split_name(&kinds[kind], systems[kind], name);
		format_text(FIRST_ID + kind, &kinds[kind], name, texts[kind]);
		formats[meta.nr_formats++] = (struct trace_format){ systems[kind], text_of(texts[kind]) };
	}
	for (size_t i = 0; i < NR_RECORDS; i++)
		add(&pages[story[i].cpu], &story[i]);
	for (uint32_t i = 0; i < NR_CPUS; i++)
		cpus[i] = (struct trace_write_cpu){ i, pages[i].data, pages[i].nr * PAGE };
	sample_builder_init(&samples);
	sample_ksm(&samples, 50, "0", "0", "0");
	sample_ksm(&samples, 1950, "1", "3", "1");
	sample_ksm(&samples, 4000, "3", "4", "2");
	if (trace_write(argv[1], &options, &meta, &buffer, 1, &samples, &diag)) {
		fprintf(stderr, "make_patched: %s\n", diag_text(&diag, text, sizeof(text)));
		return 1;
	}
	sample_builder_fini(&samples);
	return 0;
}
