// SPDX-License-Identifier: GPL-2.0-only
/*
 * written.c - recordings of made-up events for the tests of episodes and explanations.
 *
 * One ring-buffer page per event and CPU would be simplest and largest; here pages are filled as the
 * kernel does: a record's length stands in five bits of words, a longer one in a word of its own, and
 * a time step too large for 27 bits begins a new page.
 */
#include "written.h"

#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/trace_writer.h"

#define PAGE		4096u
#define NR_CPUS		2
#define START_NS	5000000000ull
#define FIRST_ID	1000
#define TEXT_MAX	4096

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

static const struct kind { const char *names; const struct member *members; unsigned size; } kinds[NR_EVENT_KINDS] = {
#define E(kind, fields, names) [EVENT_##kind] = { names, members_##kind, sizeof(struct args_##kind) },
EVENT_TABLE(E)
#undef E
};

struct cpu_pages { uint8_t *data; unsigned nr, at; uint64_t ts; };

static struct trace_text text_of(const char *text)
{
	return (struct trace_text){ text, strlen(text) };
}

static void format_text(int id, const struct kind *kind, const char *name, char *buf)
{
	int offset = 8, at = snprintf(buf, TEXT_MAX, "name: %s\nID: %d\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
		"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n", name, id);

	for (const struct member *m = kind->members; m->name; m++, offset += m[-1].size) {
		char array[16] = "";

		if (m->nr)
			snprintf(array, sizeof(array), "[%d]", m->nr);
		at += snprintf(buf + at, TEXT_MAX - (size_t)at,
			       "\tfield:%s %s%s;\toffset:%d;\tsize:%d;\tsigned:%d;\n",
			       m->nr == 0 ? "long" : m->nr == m->size ? "char" : "u32", m->name, array,
			       offset, m->size, 1);
	}
	snprintf(buf + at, TEXT_MAX - (size_t)at, "\nprint fmt: \"%s\"\n", name);
}

static void put(uint8_t *at, uint64_t value, size_t size)
{
	memcpy(at, &value, size);
}

static void add(struct cpu_pages *pages, const struct written *ev)
{
	unsigned size = 8 + kinds[ev->kind].size;
	uint64_t ts = START_NS + ev->us * 1000;
	uint8_t *page, *at;

	if (!pages->nr || pages->at + size + 8 > PAGE || ts - pages->ts >= 1 << 27) {
		pages->data = realloc(pages->data, (size_t)++pages->nr * PAGE);
		if (!pages->data)
			abort();
		memset(pages->data + (pages->nr - 1) * PAGE, 0, PAGE);
		put(pages->data + (pages->nr - 1) * PAGE, ts, 8);
		pages->at = 16;
		pages->ts = ts;
	}
	page = pages->data + (pages->nr - 1) * PAGE;
	at = page + pages->at;
	put(at, (size <= 112 ? size / 4 : 0) | (ts - pages->ts) << 5, 4);
	at += 4;
	if (size > 112) {
		put(at, size + 4, 4);
		at += 4;
	}
	put(at, (uint64_t)(FIRST_ID + ev->kind), 2);
	put(at + 4, (uint64_t)ev->pid, 4);
	memcpy(at + 8, ev->args, size - 8);
	pages->at = (unsigned)(at + size - page);
	pages->ts = ts;
	put(page + 8, pages->at - 16, 8);
}

static void write_file(const char *path, const struct written *events, size_t nr)
{
	static char texts[NR_EVENT_KINDS][TEXT_MAX], systems[NR_EVENT_KINDS][64];
	struct trace_format formats[NR_EVENT_KINDS];
	struct cpu_pages pages[NR_CPUS] = { 0 };
	struct trace_write_cpu cpus[NR_CPUS];
	struct trace_write_buffer buffer = { "", "mono", cpus, NR_CPUS };
	struct trace_write_options options = { .version = 7, .zstd = true, .long_size = 8, .page_size = PAGE };
	struct trace_meta meta = {
		.header_page = text_of("\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				       "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
				       "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
				       "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n"),
		.header_event = text_of("# compressed entry header\n"), .formats = formats,
		.cmdlines = text_of("91 ksmd\n"), .uname = text_of("Linux lab 6.12 x86_64"),
		.trace_clock = text_of("local global [mono]"), .recorder = text_of("written"),
	};
	struct diag diag = { 0 };
	char name[64];

	for (int kind = EVENT_UNKNOWN + 1; kind < NR_EVENT_KINDS; kind++) {
		if (sscanf(kinds[kind].names, "%63[^:]:%63s", systems[kind], name) != 2)
			abort();
		format_text(FIRST_ID + kind, &kinds[kind], name, texts[kind]);
		formats[meta.nr_formats++] = (struct trace_format){ systems[kind], text_of(texts[kind]) };
	}
	for (size_t i = 0; i < nr; i++)
		add(&pages[events[i].cpu], &events[i]);
	for (uint32_t i = 0; i < NR_CPUS; i++)
		cpus[i] = (struct trace_write_cpu){ i, pages[i].data, (uint64_t)pages[i].nr * PAGE };
	if (trace_write(path, &options, &meta, &buffer, 1, NULL, &diag)) {
		fprintf(stderr, "%s: %s\n", path, diag.what);
		abort();
	}
	for (uint32_t i = 0; i < NR_CPUS; i++)
		free(pages[i].data);
}

struct recording *recording_open_whole(const char *path)
{
	struct recording_options options = { .no_cache = true, .nr_threads = 1 };
	struct recording *recording;
	struct diag diag = { 0 };

	if (recording_open(path, &options, &recording, &diag) != 0)
		return NULL;
	if (recording_load(recording, 0, &diag) < 0) {
		recording_close(recording);
		return NULL;
	}
	return recording;
}

struct recording *written_open(const struct written *events, size_t nr)
{
	const char *dir = getenv("TMPDIR");
	struct recording *recording;
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/ksmtop-written-XXXXXX", dir ? dir : "/tmp");
	fd = mkstemp(path);
	if (fd < 0)
		abort();
	close(fd);
	write_file(path, events, nr);
	recording = recording_open_whole(path);
	unlink(path);
	if (!recording || event_index_last(recording_events(recording)) != nr)
		abort();
	return recording;
}

char **lab_recordings(void)
{
	const char *lab = getenv("KSMTOP_LAB");
	static glob_t found;
	char pattern[4096];
	char *dirs = strdup(lab ? lab : ""), *dir, *rest = dirs;

	globfree(&found);
	glob(TRACES_DIR "/*.dat", 0, NULL, &found);
	while (dirs && (dir = strsep(&rest, ":")) != NULL) {
		if (!*dir)
			continue;
		snprintf(pattern, sizeof(pattern), "%s/*.dat", dir);
		glob(pattern, GLOB_APPEND, NULL, &found);
		snprintf(pattern, sizeof(pattern), "%s/*/*.dat", dir);
		glob(pattern, GLOB_APPEND, NULL, &found);
	}
	free(dirs);
	return found.gl_pathv;
}
