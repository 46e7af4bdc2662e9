// SPDX-License-Identifier: GPL-2.0-only
/*
 * make_small.c - writes the small recordings over which the golden command lines run.
 *
 * One story, told in different files: two processes enter KSM, ksmd scans, pages are merged, a
 * merge fails, a page's copies go away, one process leaves.  Times, addresses and numbers are
 * fixed, so every answer about these files is known by heart and can stand in a golden file.
 *
 *	small.dat	version 7, zstd, with samples that agree with the story
 *	small-v6.dat	the same events, version 6, no samples
 *	lossy.dat	CPU 1 lost seven events in the middle
 *	wrong.dat	the kernel's counters say what the events rule out
 *	evil.dat	a comm with escape sequences and broken UTF-8, an event nobody knows
 *	cut.dat		small-v6.dat without its end: CPU 0 can be read, CPU 1 cannot
 *	killed.dat.spool/ the recorder was killed: CPU 0's last event is missing, it was read to 5.05 ms
 *	stump.dat	a good half of small.dat, in which no event can be read
 *	empty.dat foreign.dat folder.dat/	no recordings at all
 *
 * Usage: make_small DIRECTORY.  It exits with 1 and a sentence when a file cannot be made.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ring_writer.h"

#define PAGE		4096u
#define NR_CPUS		2
#define MM_A		0xffff888101000000ull
#define MM_B		0xffff888102000000ull
#define ITEM(n)		(0xffff888200000000ull + (n) * 0x40)
#define KSM_PAGE	0xffffea0004000000ull
#define START_NS	1000000000000ull

enum { KSM_ENTER = 700, KSM_EXIT, KSM_START, KSM_STOP, KSM_MERGE_WITH, KSM_REMOVE_PAGE, STRANGE, MIGRATE_START, MIGRATE };

/* Name, size and sign of each field, in the order of the arguments. */
struct format {
	int id;
	const char *system, *name;
	struct { const char *type, *name; int size; bool sign; } fields[6];
};

static const struct format formats[] = {
	{ KSM_ENTER, "ksm", "ksm_enter", { { "void *", "mm", 8, false } } },
	{ KSM_EXIT, "ksm", "ksm_exit", { { "void *", "mm", 8, false } } },
	{ KSM_START, "ksm", "ksm_start_scan", {
		{ "int", "seq", 4, true }, { "u32", "rmap_entries", 4, false } } },
	{ KSM_STOP, "ksm", "ksm_stop_scan", {
		{ "int", "seq", 4, true }, { "u32", "rmap_entries", 4, false } } },
	{ KSM_MERGE_WITH, "ksm", "ksm_merge_with_ksm_page", {
		{ "void *", "ksm_page", 8, false }, { "unsigned long", "pfn", 8, false },
		{ "void *", "rmap_item", 8, false }, { "void *", "mm", 8, false },
		{ "int", "err", 4, true } } },
	{ KSM_REMOVE_PAGE, "ksm", "ksm_remove_ksm_page", { { "unsigned long", "pfn", 8, false } } },
	{ STRANGE, "strange", "never_heard_of", { { "int", "x", 4, true } } },
	/* None happens: without them a page could have been migrated at any time. */
	{ MIGRATE_START, "migrate", "mm_migrate_pages_start", {
		{ "int", "mode", 4, true }, { "int", "reason", 4, true } } },
	{ MIGRATE, "migrate", "mm_migrate_pages", {
		{ "unsigned long", "succeeded", 8, false }, { "unsigned long", "failed", 8, false },
		{ "int", "mode", 4, true }, { "int", "reason", 4, true } } },
};
#define NR_FORMATS (sizeof(formats) / sizeof(*formats))

struct record {
	uint64_t us;		/* since START_NS */
	int cpu, pid, id;
	uint64_t args[6];
	int missed;		/* events lost on this CPU just before */
};

static const struct record story[] = {
	{ 1000, 1, 3141, KSM_ENTER, { MM_A }, 0 },
	{ 1500, 1, 3200, KSM_ENTER, { MM_B }, 0 },
	{ 2000, 0, 50, KSM_START, { 1, 0 }, 0 },
	{ 2100, 0, 50, KSM_MERGE_WITH, { 0, 0x1a0001, ITEM(1), MM_A, 0 }, 0 },
	{ 2110, 0, 50, KSM_MERGE_WITH, { KSM_PAGE, 0x1a0001, ITEM(2), MM_B, 0 }, 0 },
	{ 2200, 0, 50, KSM_MERGE_WITH, { 0, 0x1a0002, ITEM(3), MM_A, 0 }, 0 },
	{ 2210, 0, 50, KSM_MERGE_WITH, { KSM_PAGE + 64, 0x1a0002, ITEM(4), MM_A, 0 }, 0 },
	{ 2220, 0, 50, KSM_MERGE_WITH, { KSM_PAGE + 64, 0x1a0002, ITEM(5), MM_B, 0 }, 0 },
	{ 2300, 0, 50, KSM_MERGE_WITH, { KSM_PAGE, 0x1b0009, ITEM(6), MM_B, (uint64_t)-14 }, 0 },
	{ 3000, 0, 50, KSM_STOP, { 1, 6 }, 0 },
	{ 5000, 1, 50, KSM_START, { 2, 6 }, 0 },
	{ 5100, 1, 50, KSM_REMOVE_PAGE, { 0x1a0001 }, 0 },
	{ 6000, 1, 50, KSM_STOP, { 2, 6 }, 0 },
	{ 7000, 0, 3200, KSM_EXIT, { MM_B }, 0 },
};
#define NR_RECORDS (sizeof(story) / sizeof(*story))

/* ---- the metadata ---- */

static const char header_page[] =
	"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
	"\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
	"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
	"\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";
static const char header_event[] =
	"# compressed entry header\n"
	"\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n\tarray       :   32 bits\n\n"
	"\tpadding     : type == 29\n\ttime_extend : type == 30\n\ttime_stamp : type == 31\n"
	"\tdata max type_len  == 28\n";

static void format_text(const struct format *format, char *buf, size_t size)
{
	int offset = 8;
	size_t at = (size_t)snprintf(buf, size,
		"name: %s\nID: %d\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
		"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n",
		format->name, format->id);

	for (int i = 0; i < 6 && format->fields[i].name; i++) {
		int field_size = format->fields[i].size;

		offset = (offset + field_size - 1) / field_size * field_size;
		at += (size_t)snprintf(buf + at, size - at,
			"\tfield:%s %s;\toffset:%d;\tsize:%d;\tsigned:%d;\n", format->fields[i].type,
			format->fields[i].name, offset, field_size, format->fields[i].sign);
		offset += field_size;
	}
	snprintf(buf + at, size - at, "\nprint fmt: \"%s\"\n", format->name);
}

/* ---- records ---- */

static const struct format *format_find(int id)
{
	for (size_t i = 0; i < NR_FORMATS; i++)
		if (formats[i].id == id)
			return &formats[i];
	abort();
}

/* Fills in a zeroed payload; returns its size. */
static uint32_t put_payload(const struct ring *ring, uint8_t *at, const struct record *record)
{
	const struct format *format = format_find(record->id);
	uint32_t offset = 8;

	ring_put(ring, at, (uint64_t)record->id, 2);
	ring_put(ring, at + 4, (uint64_t)record->pid, 4);
	for (int i = 0; i < 6 && format->fields[i].name; i++) {
		uint32_t size = (uint32_t)format->fields[i].size;

		offset = (offset + size - 1) / size * size;
		ring_put(ring, at + offset, record->args[i], size);
		offset += size;
	}
	return offset;
}

static void add_record(struct ring rings[NR_CPUS], const struct record *record)
{
	struct ring *ring = &rings[record->cpu];
	uint64_t ts = START_NS + record->us * 1000;
	uint8_t payload[64] = { 0 };

	if (record->missed)
		ring_page(ring, ts, record->missed);
	ring_event(ring, ts, payload, put_payload(ring, payload, record));
}

/* ---- files ---- */

struct variant {
	const char *name;
	int version;
	bool zstd, samples;
	int64_t pages_shared;	/* what the last sample says */
	bool lossy, evil, killed;
};

static void sample_ksm(struct sample_builder *builder, uint64_t us, int64_t shared, int64_t sharing)
{
	char number[32];

	sample_begin(builder, SAMPLE_KSM, 0, START_NS + us * 1000);
	snprintf(number, sizeof(number), "%" PRId64, shared);
	sample_add_pair(builder, "pages_shared", number);
	snprintf(number, sizeof(number), "%" PRId64, sharing);
	sample_add_pair(builder, "pages_sharing", number);
	sample_add_pair(builder, "run", "1");
	sample_add_pair(builder, "full_scans", us < 3000 ? "0" : "1");
	sample_end(builder, START_NS + us * 1000 + 20000);
}

static void add_samples(struct sample_builder *builder, const struct variant *variant)
{
	sample_begin(builder, SAMPLE_HOST, 0, START_NS);
	sample_add_pair(builder, "release", "6.18.0-golden");
	sample_add_pair(builder, "patch", "no");
	sample_add_pair(builder, "machine", "x86_64");
	sample_add_pair(builder, "page_size", "4096");
	sample_end(builder, START_NS + 1000);
	sample_ksm(builder, 100, 0, 0);
	sample_ksm(builder, 3500, variant->pages_shared, 3);
	sample_begin(builder, SAMPLE_PROCESS, 3141, START_NS + 3600000);
	sample_add_pair(builder, "comm", "qemu");
	sample_add_pair(builder, "ppid", "1");
	sample_add_pair(builder, "ksm_merging_pages", "3");
	sample_add_pair(builder, "ksm_process_profit", "11264");
	sample_end(builder, START_NS + 3620000);
}

/* How far each CPU's events were on disk, as the recorder says once a second. */
static void add_on_disk(struct sample_builder *builder, uint64_t us0, uint64_t us1)
{
	char number[32];

	sample_begin(builder, SAMPLE_READ, 0, START_NS + us1 * 1000);
	snprintf(number, sizeof(number), "%" PRIu64, (uint64_t)(START_NS + us0 * 1000));
	sample_add_pair(builder, "0", number);
	snprintf(number, sizeof(number), "%" PRIu64, (uint64_t)(START_NS + us1 * 1000));
	sample_add_pair(builder, "1", number);
	sample_end(builder, START_NS + us1 * 1000);
}

static void die(const char *name, const struct diag *diag)
{
	char text[DIAG_TEXT_SIZE];

	fprintf(stderr, "make_small: %s: %s\n", name, diag_text(diag, text, sizeof(text)));
	exit(1);
}

static void fill_rings(struct ring rings[NR_CPUS], const struct variant *variant)
{
	for (size_t i = 0; i < NR_RECORDS; i++) {
		struct record record = story[i];

		if (variant->killed && record.us == 7000)
			continue;
		if (variant->lossy && record.id == KSM_START && record.cpu == 1)
			record.missed = 7;
		add_record(rings, &record);
	}
	if (variant->evil) {
		struct record record = { 8000, 0, 666, STRANGE, { 42 }, 0 };

		add_record(rings, &record);
	}
}

static void write_spool(const struct variant *variant, const struct trace_meta *meta,
			const struct trace_write_cpu cpus[NR_CPUS], struct sample_builder *samples)
{
	const uint32_t ids[NR_CPUS] = { 0, 1 };
	struct trace_spool_options options = { .page_size = PAGE, .nr_cpus = NR_CPUS, .cpu_ids = ids,
					       .clock = "mono" };
	struct trace_spool *spool;
	struct diag diag = { 0 };

	add_on_disk(samples, 5050, 5500);
	if (trace_spool_create(variant->name, &options, meta, &spool, &diag))
		die(variant->name, &diag);
	for (uint32_t i = 0; i < NR_CPUS; i++)
		if (trace_spool_append(spool, i, cpus[i].data, cpus[i].size, &diag))
			die(variant->name, &diag);
	if (trace_spool_append_samples(spool, samples, &diag))
		die(variant->name, &diag);
	trace_spool_close(spool);
}

static void write_variant(const struct variant *variant)
{
	struct ring rings[NR_CPUS];
	static char texts[NR_FORMATS][2048];
	struct trace_format list[NR_FORMATS];
	struct trace_write_cpu cpus[NR_CPUS];
	struct trace_write_buffer buffer = { "", "mono", cpus, NR_CPUS };
	struct trace_write_options options = {
		.version = variant->version, .zstd = variant->zstd, .long_size = 8, .page_size = PAGE,
	};
	struct trace_meta meta = {
		.header_page = trace_text_of(header_page), .header_event = trace_text_of(header_event),
		.formats = list, .nr_formats = NR_FORMATS,
		.cmdlines = trace_text_of(variant->evil ?
				    "50 ksmd\n3141 q\033[31mu\xff\n3200 web server\n666 \xc3\xa9vil\n" :
				    "50 ksmd\n3141 qemu\n3200 web server\n"),
		.uname = trace_text_of("Linux golden 6.18.0-golden x86_64"),
		.trace_clock = trace_text_of("local global [mono]"), .recorder = trace_text_of("make_small"),
	};
	struct sample_builder samples;
	struct diag diag = { 0 };

	for (uint32_t i = 0; i < NR_CPUS; i++)
		ring_init(&rings[i], false, 8, PAGE);
	fill_rings(rings, variant);
	for (size_t i = 0; i < NR_FORMATS; i++) {
		format_text(&formats[i], texts[i], sizeof(texts[i]));
		list[i] = (struct trace_format){ formats[i].system, trace_text_of(texts[i]) };
	}
	for (uint32_t i = 0; i < NR_CPUS; i++) {
		ring_close(&rings[i]);
		cpus[i] = (struct trace_write_cpu){ i, rings[i].pages, rings[i].nr_pages * PAGE };
	}
	sample_builder_init(&samples);
	add_samples(&samples, variant);
	if (variant->killed)
		write_spool(variant, &meta, cpus, &samples);
	else if (trace_write(variant->name, &options, &meta, &buffer, 1,
			variant->samples ? &samples : NULL, &diag))
		die(variant->name, &diag);
	sample_builder_fini(&samples);
	for (uint32_t i = 0; i < NR_CPUS; i++)
		ring_fini(&rings[i]);
}

/* ---- what is no recording ---- */

static void write_bytes(const char *name, const void *bytes, size_t size)
{
	FILE *file = fopen(name, "w");

	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file)) {
		perror(name);
		exit(1);
	}
}

/* The first `twelfths` twelfths of a file. */
static void cut(const char *from, const char *to, unsigned twelfths)
{
	static char bytes[1 << 20];
	FILE *file = fopen(from, "r");
	size_t size = file ? fread(bytes, 1, sizeof(bytes), file) : 0;

	if (!size) {
		perror(from);
		exit(1);
	}
	fclose(file);
	write_bytes(to, bytes, size * twelfths / 12);
}

int main(int argc, char **argv)
{
	static const struct variant variants[] = {
		{ "small.dat", 7, true, true, 2, false, false, false },
		{ "small-v6.dat", 6, false, false, 2, false, false, false },
		{ "lossy.dat", 7, true, true, 2, true, false, false },
		{ "wrong.dat", 7, true, true, 5, false, false, false },
		{ "evil.dat", 7, true, true, 2, false, true, false },
		{ "killed.dat.spool", 7, true, true, 2, false, false, true },
	};

	if (argc != 2 || (mkdir(argv[1], 0777) && errno != EEXIST) || chdir(argv[1])) {
		perror(argc == 2 ? argv[1] : "usage: make_small DIRECTORY");
		return 1;
	}
	for (size_t i = 0; i < sizeof(variants) / sizeof(*variants); i++)
		write_variant(&variants[i]);
	write_bytes("empty.dat", "", 0);
	write_bytes("foreign.dat", "This is a letter, not a recording.\n", 35);
	cut("small-v6.dat", "cut.dat", 10);
	cut("small.dat", "stump.dat", 7);
	if (mkdir("folder.dat", 0777) && errno != EEXIST)
		return 1;
	return 0;
}
