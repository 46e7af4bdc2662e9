// SPDX-License-Identifier: GPL-2.0-only
/*
 * drop.c - taking sub-buffers out of a recording, see drop.h.
 *
 * Every sub-buffer begins with a whole time stamp, so the others need no change but the commit word
 * of the one behind a gap.  Where a gap borders on one that the recording had already, both counts are
 * added; an unknown count stays unknown.
 *
 * The samples go through the project's own reader and writer, so they come out as they went in.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drop.h"
#include "event/subbuf.h"
#include "trace/trace_writer.h"

#define MISSED_EVENTS	(UINT64_C(1) << 31)
#define MISSED_STORED	(UINT64_C(1) << 30)

struct drop_cpu { uint8_t *pages; uint64_t nr_pages; };

struct drop {
	const struct trace_file *file;
	struct drop_cpu *cpus;		/* of all buffers, one after another */
	struct drop_cut *cuts;
	uint32_t nr_cuts;
};

static struct subbuf_layout layout_of(const struct trace_file *file, const struct trace_buffer *buffer)
{
	bool big = trace_file_is_big_endian(file);

	return (struct subbuf_layout){
		.big_endian = big, .swap = big != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__),
		.long_size = (uint8_t)trace_file_long_size(file), .type_size = 2,
		.page_size = buffer->page_size,
	};
}

/* ---- reading ---- */
static int read_cpu(const struct trace_file *file, const struct trace_buffer *buffer,
		    const struct trace_cpu *cpu, struct drop_cpu *ret, struct diag *diag)
{
	uint64_t at = 0;

	ret->pages = malloc(cpu->nr_bytes + 1);
	if (!ret->pages)
		return -ENOMEM;
	for (uint32_t i = 0; i < cpu->nr_chunks; i++) {
		int error = trace_chunk_read(file, &cpu->chunks[i], NULL, ret->pages + at, diag);

		if (error)
			return error;
		at += cpu->chunks[i].usize;
	}
	ret->nr_pages = at / buffer->page_size;
	return 0;
}

static int list_cuts(struct drop *drop, uint32_t b, uint32_t c, const struct drop_cpu *cpu)
{
	const struct trace_buffer *buffer = trace_file_buffer(drop->file, b);
	struct subbuf_layout layout = layout_of(drop->file, buffer);
	struct drop_cut *cuts = realloc(drop->cuts, (drop->nr_cuts + cpu->nr_pages + 1) * sizeof(*cuts));
	uint64_t nr = 0;

	if (!cuts)
		return -ENOMEM;
	drop->cuts = cuts;
	for (uint64_t page = 0; page + 1 < cpu->nr_pages; page++) {
		struct subbuf subbuf;

		subbuf_check(&layout, cpu->pages + page * buffer->page_size, &subbuf);
		if (subbuf.nr_events)
			cuts[drop->nr_cuts++] = (struct drop_cut){ b, c, page, nr, subbuf.nr_events };
		nr += subbuf.nr_events;
	}
	return 0;
}

int drop_open(const struct trace_file *file, struct drop **ret_drop, struct diag *diag)
{
	struct drop *drop = calloc(1, sizeof(*drop));
	uint32_t nr = 0;
	int ret = drop ? 0 : -ENOMEM;

	for (uint32_t b = 0; b < trace_file_nr_buffers(file); b++)
		nr += trace_file_buffer(file, b)->nr_cpus;
	if (ret == 0) {
		drop->file = file;
		drop->cpus = calloc(nr + 1, sizeof(*drop->cpus));
		ret = drop->cpus ? 0 : -ENOMEM;
	}
	nr = 0;
	for (uint32_t b = 0; ret == 0 && b < trace_file_nr_buffers(file); b++) {
		const struct trace_buffer *buffer = trace_file_buffer(file, b);

		for (uint32_t c = 0; ret == 0 && c < buffer->nr_cpus; c++, nr++) {
			ret = read_cpu(file, buffer, &buffer->cpus[c], &drop->cpus[nr], diag);
			if (ret == 0)
				ret = list_cuts(drop, b, c, &drop->cpus[nr]);
		}
	}
	if (ret == 0)
		*ret_drop = drop;
	else
		drop_close(drop);
	return ret == -ENOMEM ? diag_set(diag, ret, "out of memory") : ret;
}

void drop_close(struct drop *drop)
{
	uint32_t nr = 0;

	if (!drop)
		return;
	for (uint32_t b = 0; drop->cpus && b < trace_file_nr_buffers(drop->file); b++)
		nr += trace_file_buffer(drop->file, b)->nr_cpus;
	for (uint32_t i = 0; i < nr; i++)
		free(drop->cpus[i].pages);
	free(drop->cpus);
	free(drop->cuts);
	free(drop);
}

uint32_t drop_nr_cuts(const struct drop *drop) { return drop->nr_cuts; }
const struct drop_cut *drop_cut(const struct drop *drop, uint32_t i) { return &drop->cuts[i]; }

uint32_t drop_choose(const struct drop *drop, uint64_t seed, uint32_t nr, struct drop_cut *ret)
{
	uint32_t chosen = 0;

	/* Each in turn, with the chance that leaves every choice of nr equally likely. */
	for (uint32_t i = 0; i < drop->nr_cuts && chosen < nr; i++) {
		uint64_t z = (seed += 0x9e3779b97f4a7c15ull);

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
		z = (z ^ z >> 27) * 0x94d049bb133111ebull;
		if ((z ^ z >> 31) % (drop->nr_cuts - i) < nr - chosen)
			ret[chosen++] = drop->cuts[i];
	}
	return chosen;
}

/* ---- writing ---- */
static void put_long(const struct subbuf_layout *layout, uint8_t *p, uint64_t value)
{
	for (unsigned i = 0; i < layout->long_size; i++)
		p[layout->big_endian ? layout->long_size - 1 - i : i] = (uint8_t)(value >> 8 * i);
}

/* Says in a sub-buffer that events were lost before it; nr_lost -1: not known how many. */
static void mark(const struct subbuf_layout *layout, uint8_t *page, int64_t nr_lost)
{
	uint32_t head = subbuf_head_size(layout);
	uint64_t word, flags = MISSED_EVENTS;
	struct subbuf subbuf;

	subbuf_check(layout, page, &subbuf);
	word = subbuf.commit;
	if (subbuf.nr_lost < 0 || nr_lost < 0)
		nr_lost = -1;
	else
		nr_lost += subbuf.nr_lost;
	if (nr_lost >= 0 && word + layout->long_size <= layout->page_size - head) {
		flags |= MISSED_STORED;
		put_long(layout, page + head + word, (uint64_t)nr_lost);
	}
	put_long(layout, page + 8, word | flags);
}

static bool is_cut(const struct drop_cut *cuts, uint32_t nr, uint32_t b, uint32_t c, uint64_t page,
		   uint64_t *ret_events)
{
	for (uint32_t i = 0; i < nr; i++) {
		if (cuts[i].buffer != b || cuts[i].cpu != c || cuts[i].page != page)
			continue;
		*ret_events = cuts[i].nr_events;
		return true;
	}
	return false;
}

/* The pages that stay, in memory of their own. */
static int without(const struct drop *drop, const struct drop_cut *cuts, uint32_t nr, uint32_t b,
		   uint32_t c, const struct drop_cpu *cpu, struct trace_write_cpu *ret)
{
	const struct trace_buffer *buffer = trace_file_buffer(drop->file, b);
	struct subbuf_layout layout = layout_of(drop->file, buffer);
	uint8_t *data = malloc(cpu->nr_pages * buffer->page_size + 1);
	int64_t lost = 0;
	bool gap = false;

	if (!data)
		return -ENOMEM;
	*ret = (struct trace_write_cpu){ .cpu_id = buffer->cpus[c].cpu_id, .data = data };
	for (uint64_t page = 0; page < cpu->nr_pages; page++) {
		const uint8_t *from = cpu->pages + page * buffer->page_size;
		struct subbuf subbuf;
		uint64_t events;

		if (is_cut(cuts, nr, b, c, page, &events)) {
			subbuf_check(&layout, from, &subbuf);
			lost = lost < 0 || subbuf.nr_lost < 0 ? -1 : lost + subbuf.nr_lost + (int64_t)events;
			gap = true;
			continue;
		}
		memcpy(data + ret->size, from, buffer->page_size);
		if (gap)
			mark(&layout, data + ret->size, lost);
		ret->size += buffer->page_size;
		gap = false;
		lost = 0;
	}
	return 0;
}

static void copy_sample(struct sample_builder *to, const struct sample *sample)
{
	struct sample_iter iter = SAMPLE_ITER(sample);
	struct sample_range range;
	struct sample_page page;
	struct sample_loss loss;
	struct sample_map map;
	const char *name, *value;

	sample_begin(to, sample->kind, sample->tgid, sample->begin_ns);
	switch (sample->kind) {
	case SAMPLE_HOST: case SAMPLE_KSM: case SAMPLE_PROCESS: case SAMPLE_READ:
	case SAMPLE_NAMES: case SAMPLE_KSM_PAGES:
		while (sample_next_pair(&iter, &name, &value) == 1)
			sample_add_pair(to, name, value);
		break;
	case SAMPLE_MAPS:
		while (sample_next_map(&iter, &map) == 1)
			sample_add_map(to, &map);
		break;
	case SAMPLE_PAGES:
		sample_add_pages_head(to, 4096, sample_is_complete(sample));
		while (sample_next_range(&iter, &range) == 1)
			sample_add_range(to, range.start, range.end);
		while (sample_next_page(&iter, &page) == 1)
			sample_add_page(to, page.addr, page.pfn, page.mapcount);
		break;
	case SAMPLE_LOSS:
		while (sample_next_loss(&iter, &loss) == 1)
			sample_add_loss(to, &loss);
		break;
	case SAMPLE_NOTE:
		sample_add_text(to, sample_text(sample));
		break;
	}
	sample_end(to, sample->end_ns);
}

static int copy_samples(const struct trace_file *file, struct sample_builder *to)
{
	struct sample_store *store;
	struct sample sample;
	int ret = sample_store_new(file, &store);

	for (uint32_t i = 0; ret == 0 && i < sample_store_nr(store); i++) {
		ret = sample_store_read(store, i, &sample);
		if (ret == 0)
			copy_sample(to, &sample);
	}
	if (ret == 0)
		sample_store_free(store);
	return ret;
}

/* "PID COMM" lines; NULL without memory. */
static char *cmdlines_text(const struct trace_file *file)
{
	uint32_t nr = trace_file_nr_cmdlines(file);
	size_t room = 1, at = 0;
	char *text;

	for (uint32_t i = 0; i < nr; i++)
		room += strlen(trace_file_cmdline(file, i)->comm) + 16;
	text = malloc(room);
	if (text)
		text[0] = 0;
	for (uint32_t i = 0; text && i < nr; i++)
		at += (size_t)snprintf(text + at, room - at, "%d %s\n", trace_file_cmdline(file, i)->pid,
				       trace_file_cmdline(file, i)->comm);
	return text;
}

/* What says how the time stamps are to be read has to stay. */
static uint32_t time_options(const struct trace_file *file, struct trace_option *ret, uint32_t room)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < trace_file_nr_options(file) && nr < room; i++) {
		const struct trace_option *option = trace_file_option(file, i);

		if (option->id == TRACE_OPTION_DATE || option->id == TRACE_OPTION_OFFSET ||
		    option->id == TRACE_OPTION_TIME_SHIFT || option->id == TRACE_OPTION_TSC2NSEC)
			ret[nr++] = *option;
	}
	return nr;
}

static int write_buffers(const struct drop *drop, const struct trace_write_buffer *buffers,
			 uint32_t nr_buffers, const char *path, struct diag *diag)
{
	const struct trace_file *file = drop->file;
	struct trace_write_options options = {
		.version = 7, .zstd = true, .big_endian = trace_file_is_big_endian(file),
		.long_size = trace_file_long_size(file),
		.page_size = trace_file_buffer(file, 0)->page_size, .level = 1,
	};
	char clock[64], recorder[64], *cmdlines = cmdlines_text(file);
	struct trace_format *formats = calloc(trace_file_nr_formats(file) + 1, sizeof(*formats));
	struct trace_option more[16];
	struct trace_meta meta = {
		.header_page = trace_file_header_page(file), .header_event = trace_file_header_event(file),
		.formats = formats, .nr_formats = trace_file_nr_formats(file),
		.kallsyms = trace_file_kallsyms(file), .printk = trace_file_printk(file),
		.uname = trace_file_uname(file), .options = more,
		.nr_options = time_options(file, more, 16),
	};
	struct sample_builder samples;
	int ret = formats && cmdlines ? 0 : -ENOMEM;

	for (uint32_t i = 0; ret == 0 && i < meta.nr_formats; i++)
		formats[i] = *trace_file_format(file, i);
	meta.cmdlines = (struct trace_text){ cmdlines, cmdlines ? strlen(cmdlines) : 0 };
	meta.trace_clock = (struct trace_text){ clock, (size_t)snprintf(clock, sizeof(clock), "[%s]",
									buffers[0].clock) };
	/* Without where the samples were: the writer says where they are now. */
	meta.recorder = (struct trace_text){ recorder, (size_t)snprintf(recorder, sizeof(recorder), "%.*s",
		(int)strcspn(trace_file_recorder(file).text, "["), trace_file_recorder(file).text) };
	if (meta.recorder.size >= sizeof(recorder))
		meta.recorder.size = sizeof(recorder) - 1;
	sample_builder_init(&samples);
	if (ret == 0)
		ret = copy_samples(file, &samples);
	if (ret == 0)
		ret = trace_write(path, &options, &meta, buffers, nr_buffers, &samples, diag);
	sample_builder_fini(&samples);
	free(formats);
	free(cmdlines);
	return ret;
}

int drop_write(const struct drop *drop, const struct drop_cut *cuts, uint32_t nr, const char *path,
	       struct diag *diag)
{
	uint32_t nr_buffers = trace_file_nr_buffers(drop->file), at = 0;
	struct trace_write_buffer *buffers = calloc(nr_buffers + 1, sizeof(*buffers));
	int ret = buffers && nr_buffers ? 0 : -EINVAL;

	for (uint32_t b = 0; ret == 0 && b < nr_buffers; b++) {
		const struct trace_buffer *buffer = trace_file_buffer(drop->file, b);
		struct trace_write_cpu *cpus = calloc(buffer->nr_cpus + 1, sizeof(*cpus));

		buffers[b] = (struct trace_write_buffer){ buffer->name, buffer->clock, cpus, 0 };
		for (uint32_t c = 0; cpus && ret == 0 && c < buffer->nr_cpus; c++) {
			ret = without(drop, cuts, nr, b, c, &drop->cpus[at++], &cpus[c]);
			buffers[b].nr_cpus += ret == 0;
		}
	}
	if (ret == 0)
		ret = write_buffers(drop, buffers, nr_buffers, path, diag);
	for (uint32_t b = 0; buffers && b < nr_buffers; b++) {
		for (uint32_t c = 0; c < buffers[b].nr_cpus; c++)
			free((void *)buffers[b].cpus[c].data);
		free((void *)buffers[b].cpus);
	}
	free(buffers);
	return ret;
}
