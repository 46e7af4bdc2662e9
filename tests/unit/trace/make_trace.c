/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * make_trace.c - builds ring-buffer pages and metadata of a made-up machine.
 *
 * A page is what the kernel's ring buffer hands out: 8 bytes of time, a long with the number of
 * bytes that follow, then records.  A record's first 32 bits hold its length in words and the time
 * since the record before; which bits they are depends on the machine's byte order.
 *
 * No padding, no time extends: the event layer's tests have those.
 */
#include "make_trace.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char header_page_8[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				    "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
				    "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
				    "\tfield: char data;\toffset:16;\tsize:%u;\tsigned:0;\n";
static const char header_page_4[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				    "\tfield: local_t commit;\toffset:8;\tsize:4;\tsigned:1;\n"
				    "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
				    "\tfield: char data;\toffset:12;\tsize:%u;\tsigned:0;\n";
static const char header_event[] =
	"# compressed entry header\n"
	"\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n\tarray       :   32 bits\n\n"
	"\tpadding     : type == 29\n\ttime_extend : type == 30\n\ttime_stamp : type == 31\n"
	"\tdata max type_len  == 28\n";
static const char format_tick[] =
	"name: tick\nID: 700\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
	"\tfield:u32 number;\toffset:8;\tsize:4;\tsigned:0;\n"
	"\tfield:u32 twice;\toffset:12;\tsize:4;\tsigned:0;\n\n"
	"print fmt: \"number=%u twice=%u\", REC->number, REC->twice\n";
static const char format_print[] =
	"name: print\nID: 5\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
	"\tfield:unsigned long ip;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:char buf[];\toffset:16;\tsize:0;\tsigned:0;\n\n"
	"print fmt: \"%ps: %s\", (void *)REC->ip, REC->buf\n";
static const char cmdlines[] = "100 alpha\n101 two words\n102 ksmd\n";
static const char *const stats[] = {
	"CPU: 0\nentries: 1\noverrun: 20\ncommit overrun: 3\nbytes: 4\ndropped events: 5\nread "
	"events: 6\n",
	"CPU: 1\nentries: 11\noverrun: 0\ncommit overrun: 0\nbytes: 4\ndropped events: 0\nread "
	"events: 16\n",
};

static void put16(uint8_t *p, uint16_t v, bool big)
{
	v = big ? htobe16(v) : htole16(v);
	memcpy(p, &v, 2);
}

static void put32(uint8_t *p, uint32_t v, bool big)
{
	v = big ? htobe32(v) : htole32(v);
	memcpy(p, &v, 4);
}

static void put64(uint8_t *p, uint64_t v, bool big)
{
	v = big ? htobe64(v) : htole64(v);
	memcpy(p, &v, 8);
}

static void event_put(uint8_t *p, uint32_t cpu, uint32_t n, uint32_t delta, bool big)
{
	put32(p, big ? 4u << 27 | delta : delta << 5 | 4u, big);
	put16(p + 4, MADE_EVENT_ID, big);
	p[6] = p[7] = 0;
	put32(p + 8, 100 + cpu, big);
	put32(p + 12, n, big);
	put32(p + 16, 2 * n, big);
}

uint8_t *made_pages(const struct trace_write_options *options, uint32_t cpu, uint32_t nr_pages,
		    uint32_t *ret_nr_events)
{
	uint32_t head = 8 + (uint32_t)options->long_size, page = options->page_size, n = 0;
	uint32_t per_page = (page - head) / 20;
	uint8_t *pages = calloc(nr_pages ? nr_pages : 1, page);

	if (!pages)
		abort();
	for (uint32_t i = 0; i < nr_pages; i++) {
		uint8_t *p = pages + (size_t)i * page;

		put64(p, made_time(cpu, n), options->big_endian);
		if (options->long_size == 8)
			put64(p + 8, per_page * 20, options->big_endian);
		else
			put32(p + 8, per_page * 20, options->big_endian);
		for (uint32_t k = 0; k < per_page; k++, n++)
			event_put(p + head + k * 20, cpu, n, k ? 1000 : 0, options->big_endian);
	}
	*ret_nr_events = n;
	return pages;
}

void made_init(struct made *made, const struct trace_write_options *options, uint32_t nr_buffers,
	       uint32_t nr_pages)
{
	static const char *const names[] = {"", "second", "third one"};
	char *header_page;
	int len;

	memset(made, 0, sizeof(*made));
	made->options = *options;
	made->nr_buffers = nr_buffers;
	len = asprintf(&header_page, options->long_size == 8 ? header_page_8 : header_page_4,
		       options->page_size - 8 - (uint32_t)options->long_size);
	if (len <= 0)
		abort();
	made->formats[0] = (struct trace_format){"made", trace_text_of(format_tick)};
	made->formats[1] = (struct trace_format){"ftrace", trace_text_of(format_print)};
	made->stats[0] = trace_text_of(stats[0]);
	made->stats[1] = trace_text_of(stats[1]);
	made->meta = (struct trace_meta){
		.header_page = {header_page, (size_t)len},
		.header_event = trace_text_of(header_event),
		.formats = made->formats,
		.nr_formats = 2,
		.kallsyms = trace_text_of("ffffffff81000000 T _text\nffffffff81000100 t ksm_do_scan\n"),
		.printk = trace_text_of("0xffffffff82000000 : \"hello %d\\n\"\n"),
		.cmdlines = trace_text_of(cmdlines),
		.uname = trace_text_of("Linux made 6.12.0 made"),
		.trace_clock = trace_text_of("local global [mono]\n"),
		.recorder = trace_text_of("ksmtop test"),
		.cpu_stats = made->stats,
		.nr_cpu_stats = 2,
	};
	for (uint32_t b = 0; b < nr_buffers; b++) {
		made->buffers[b] =
			(struct trace_write_buffer){names[b], "mono", made->cpus[b], MADE_NR_CPUS};
		for (uint32_t c = 0; c < MADE_NR_CPUS; c++) {
			uint32_t pages = c == 1 ? 0 : nr_pages + b, nr;

			made->cpus[b][c].cpu_id = c;
			made->cpus[b][c].data = made_pages(options, c, pages, &nr);
			made->cpus[b][c].size = (uint64_t)pages * options->page_size;
			if (b == 0 && c == 0)
				made->nr_events = nr;
		}
	}
}

void made_fini(struct made *made)
{
	for (uint32_t b = 0; b < made->nr_buffers; b++)
		for (uint32_t c = 0; c < MADE_NR_CPUS; c++)
			free((void *)made->cpus[b][c].data);
	free((void *)made->meta.header_page.text);
}

char *made_path(const char *suffix)
{
	static unsigned int count;
	const char *dir = getenv("TMPDIR");
	char *path;
	int len = asprintf(&path, "%s/ksmtop-test-%d-%u%s", dir ? dir : "/tmp", (int)getpid(),
			   count++, suffix);

	if (len <= 0)
		abort();
	return path;
}

char *made_write(const struct made *made, const struct sample_builder *samples)
{
	char *path = made_path(".dat");
	char text[DIAG_TEXT_SIZE];
	struct diag diag = {0};

	if (trace_write(path, &made->options, &made->meta, made->buffers, made->nr_buffers, samples,
			&diag)) {
		fprintf(stderr, "%s\n", diag_text(&diag, text, sizeof(text)));
		abort();
	}
	return path;
}

uint8_t *made_slurp(const char *path, size_t *ret_size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	long size;

	if (!f)
		abort();
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	data = malloc((size_t)size + 1);
	if (!data || fread(data, 1, (size_t)size, f) != (size_t)size)
		abort();
	fclose(f);
	*ret_size = (size_t)size;
	return data;
}

void made_spit(const char *path, const void *data, size_t size)
{
	FILE *f;

	/* A new file each time: some file systems flush one that was truncated when it is closed.
	 */
	unlink(path);
	f = fopen(path, "wb");
	if (!f)
		abort();
	if (size && fwrite(data, 1, size, f) != size)
		abort();
	fclose(f);
}
