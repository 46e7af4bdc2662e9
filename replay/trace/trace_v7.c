/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace_v7.c - the layout of version 7: sections, and options that say where they are.
 *
 * The header names the compression and points to the first options section; options point to all
 * other sections and, at their end, to the next options section.  Every section has a header with
 * its id and size, so the sections can also be found by walking from the first one to the last.
 *
 * That is the hard idea here: there are two ways to everything.  The options are followed first;
 * if they break anywhere, every section that the walk finds and nobody has read is read too, and
 * event data without a BUFFER option is handed to trace_v7_lost.c.
 *
 * Sections of ours are not read here (sections.c), and nor are strings: they only name sections.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "trace/container.h"

enum { MAX_OPTIONS_SECTIONS = 1024 };

/* What the reading of one file has to remember. */
struct v7 {
	struct trace_file *file;
	struct trace_section *sections;
	uint32_t nr_sections, cap_sections;
	uint64_t options_read[MAX_OPTIONS_SECTIONS];
	uint32_t nr_options_read;
	bool broken;  /* the options cannot be trusted to name everything */
	bool has[32]; /* metadata sections that were read */
};

bool trace_section_read(const struct trace_file *file, uint64_t offset,
			struct trace_section *ret_section)
{
	const struct trace_part *part = &file->parts[0];
	struct bytes b;
	uint64_t left;

	if (offset < file->sections_start || offset > part->size ||
	    part->size - offset < TRACE_SECTION_HEADER)
		return false;
	b = bytes_make(part->data + offset, part->size - offset, offset, file->big);
	ret_section->id = bytes_u16(&b);
	ret_section->flags = bytes_u16(&b);
	bytes_u32(&b);
	ret_section->size = bytes_u64(&b);
	ret_section->offset = offset;
	left = bytes_left(&b);
	ret_section->cut = ret_section->size > left;
	if (ret_section->cut)
		ret_section->size = left;
	return true;
}

/* A cursor over a section's contents, inflated if need be. */
static int section_open(struct trace_file *file, const struct trace_section *section,
			struct bytes *ret_b)
{
	uint64_t at = section->offset + TRACE_SECTION_HEADER;
	struct bytes b = bytes_make(file->parts[0].data + at, section->size, at, file->big);
	const uint8_t *inflated;
	uint32_t csize, usize;
	int error;

	if (!(section->flags & TRACE_SECTION_COMPRESSED)) {
		*ret_b = b;
		return 0;
	}
	csize = bytes_u32(&b);
	usize = bytes_u32(&b);
	if (b.failed || csize > bytes_left(&b)) {
		trace_file_damaged(file, at,
				   "compressed section %u claims %" PRIu32 " bytes of %zu",
				   section->id, csize, bytes_left(&b));
		return -EBADMSG;
	}
	error = trace_inflate(file, at, b.p, csize, usize, &inflated);
	if (!error) {
		*ret_b = bytes_make(inflated, usize, at, file->big);
		ret_b->owned = true;
	}
	return error;
}

static int meta_section_parse(struct trace_file *file, uint16_t id, struct bytes *b)
{
	struct trace_text text;
	int error;

	switch (id) {
	case TRACE_OPTION_HEADER_INFO:
		return trace_meta_header_info(file, b);
	case TRACE_OPTION_FTRACE_EVENTS:
		return trace_meta_ftrace_formats(file, b);
	case TRACE_OPTION_EVENT_FORMATS:
		return trace_meta_event_formats(file, b);
	case TRACE_OPTION_KALLSYMS:
		return trace_meta_text(file, b, 4, "kallsyms", &file->kallsyms);
	case TRACE_OPTION_PRINTK:
		return trace_meta_text(file, b, 4, "the list of printk formats", &file->printk);
	case TRACE_OPTION_CMDLINES:
		error = trace_meta_text(file, b, 8, "the list of command lines", &text);
		return error ? error : trace_meta_cmdlines(file, text);
	}
	return 0;
}

static bool is_meta(uint16_t id)
{
	return id >= TRACE_OPTION_HEADER_INFO && id <= TRACE_OPTION_CMDLINES;
}

static int meta_section_read(struct v7 *v7, const struct trace_section *section)
{
	struct bytes b;
	int error;

	if (v7->has[section->id])
		return 0;
	v7->has[section->id] = true;
	error = section_open(v7->file, section, &b);
	return error ? error : meta_section_parse(v7->file, section->id, &b);
}

static bool options_were_read(struct v7 *v7, uint64_t offset)
{
	for (uint32_t i = 0; i < v7->nr_options_read; i++)
		if (v7->options_read[i] == offset)
			return true;
	return false;
}

/* One options section; *ret_next is where it says the next one is. */
static int options_read(struct v7 *v7, uint64_t offset, uint64_t *ret_next)
{
	struct trace_section section;
	struct bytes b;
	int error;

	*ret_next = 0;
	if (v7->nr_options_read == MAX_OPTIONS_SECTIONS || options_were_read(v7, offset)) {
		trace_file_damaged(v7->file, offset, "the options sections go round in a circle");
		return -EBADMSG;
	}
	v7->options_read[v7->nr_options_read++] = offset;
	if (!trace_section_read(v7->file, offset, &section) || section.id != TRACE_OPTION_DONE) {
		trace_file_damaged(v7->file, offset, "there is no options section here");
		return -EBADMSG;
	}
	error = section_open(v7->file, &section, &b);
	return error ? error : trace_meta_options(v7->file, &b, ret_next);
}

static int options_follow(struct v7 *v7, uint64_t offset)
{
	int error = 0;

	while (offset && !error)
		error = options_read(v7, offset, &offset);
	return error;
}

/* Every section, in the order of the file, as far as their sizes lead. */
static int sections_walk(struct v7 *v7)
{
	uint64_t offset = v7->file->sections_start;
	struct trace_section section;

	while (v7->nr_sections < TRACE_MAX_SECTIONS &&
	       trace_section_read(v7->file, offset, &section)) {
		if (ARRAY_ROOM(v7->sections, v7->nr_sections, v7->cap_sections))
			return -ENOMEM;
		v7->sections[v7->nr_sections++] = section;
		offset += TRACE_SECTION_HEADER + section.size;
	}
	return 0;
}

static int lost_options_read(struct v7 *v7)
{
	int error = 0;

	for (uint32_t i = 0; i < v7->nr_sections && error != -ENOMEM; i++) {
		const struct trace_section *section = &v7->sections[i];

		if (section->id == TRACE_OPTION_DONE && section->size &&
		    !options_were_read(v7, section->offset))
			error = options_follow(v7, section->offset);
	}
	return error;
}

static int named_sections_read(struct v7 *v7)
{
	struct trace_file *file = v7->file;
	int error = 0;

	for (uint32_t i = 0; i < file->nr_options && error != -ENOMEM; i++) {
		const struct trace_option *option = &file->options[i];
		struct bytes data = bytes_make(option->data, option->size, 0, file->big);
		struct trace_section section;
		uint64_t offset;

		if (!is_meta(option->id))
			continue;
		offset = bytes_u64(&data);
		if (data.failed || !trace_section_read(file, offset, &section) ||
		    section.id != option->id) {
			trace_file_damaged(file, offset, "section %u is not here", option->id);
			v7->broken = true;
			continue;
		}
		error = meta_section_read(v7, &section);
	}
	return error;
}

static int lost_sections_read(struct v7 *v7)
{
	int error = 0;

	for (uint32_t i = 0; i < v7->nr_sections && error != -ENOMEM; i++)
		if (is_meta(v7->sections[i].id))
			error = meta_section_read(v7, &v7->sections[i]);
	return error;
}

/* One line of a BUFFER option's table: cpu, offset, size. */
static int buffer_cpu_read(struct trace_file *file, struct bytes *b, struct trace_cpu *cpu,
			   uint32_t page_size, bool compressed)
{
	uint64_t offset, size;

	cpu->cpu_id = bytes_u32(b);
	offset = bytes_u64(b);
	size = bytes_u64(b);
	if (compressed)
		return trace_chunks_zstd(file, cpu, page_size, offset, size);
	return trace_chunks_raw(file, cpu, page_size, offset, size);
}

static uint32_t page_size_check(struct trace_file *file, const struct trace_option *option,
				uint32_t page_size)
{
	if (page_size >= 512 && page_size <= TRACE_PAGE_MAX && !(page_size & (page_size - 1)))
		return page_size;
	trace_file_damaged(file, option->file_offset,
			   "a buffer's pages of %" PRIu32 " bytes, taken as %" PRIu32, page_size,
			   file->page_size);
	return file->page_size;
}

static int buffer_cpus_read(struct trace_file *file, const struct trace_option *option,
			    struct bytes *b, struct trace_buffer *buffer, bool compressed)
{
	uint32_t nr = bytes_u32(b);
	struct trace_cpu *cpus;
	int error = 0;

	if (nr > bytes_left(b) / 20) {
		trace_file_damaged(file, option->file_offset,
				   "buffer \"%.64s\": the table of %" PRIu32 " cpus is cut",
				   buffer->name, nr);
		nr = (uint32_t)(bytes_left(b) / 20);
	}
	if (trace_cpus_new(file, option->file_offset, &nr, &cpus))
		return -ENOMEM;
	for (uint32_t i = 0; i < nr && !error; i++)
		error = buffer_cpu_read(file, b, &cpus[i], buffer->page_size, compressed);
	trace_buffer_take_cpus(file, buffer, cpus, nr);
	return error;
}

static int buffer_read(struct v7 *v7, const struct trace_option *option)
{
	struct trace_file *file = v7->file;
	struct bytes b = bytes_make(option->data, option->size, option->file_offset, file->big);
	uint64_t offset = bytes_u64(&b);
	const char *name = bytes_string(&b), *clock = bytes_string(&b);
	struct trace_section section;
	struct trace_buffer *buffer;
	bool compressed = file->zstd;

	if (!name || !clock || file->nr_buffers >= TRACE_MAX_BUFFERS) {
		trace_file_damaged(file, option->file_offset, "the description of a buffer is cut");
		v7->broken = true;
		return 0;
	}
	buffer = trace_file_add_buffer(file, name, clock, file->page_size);
	if (!buffer)
		return -ENOMEM;
	if (option->id == TRACE_OPTION_BUFFER_TEXT) {
		buffer->is_text = true;
		trace_file_damaged(file, offset,
				   "buffer \"%.64s\" is a latency tracer's text, no events", name);
		return 0;
	}
	buffer->page_size = page_size_check(file, option, bytes_u32(&b));
	if (trace_section_read(file, offset, &section) && section.id == TRACE_OPTION_BUFFER)
		compressed = section.flags & TRACE_SECTION_COMPRESSED;
	else if (offset && offset < file->parts[0].size)
		trace_file_damaged(file, offset,
				   "the data of buffer \"%.64s\" has no section header", name);
	return buffer_cpus_read(file, option, &b, buffer, compressed);
}

static bool buffer_is_named(const struct trace_file *file, uint64_t offset)
{
	for (uint32_t i = 0; i < file->nr_options; i++) {
		const struct trace_option *option = &file->options[i];
		struct bytes b = bytes_make(option->data, option->size, 0, file->big);

		if (option->id == TRACE_OPTION_BUFFER && bytes_u64(&b) == offset)
			return true;
	}
	return false;
}

static int buffers_read(struct v7 *v7)
{
	struct trace_file *file = v7->file;
	int error = 0;

	/* The top instance first, whatever the order in the file. */
	for (int top = 1; top >= 0; top--)
		for (uint32_t i = 0; i < file->nr_options && error != -ENOMEM; i++) {
			const struct trace_option *option = &file->options[i];
			bool is_top = option->size > 8 && !((const char *)option->data)[8];

			if ((option->id == TRACE_OPTION_BUFFER ||
			     option->id == TRACE_OPTION_BUFFER_TEXT) &&
			    is_top == (bool)top)
				error = buffer_read(v7, option);
		}
	return error;
}

static int lost_buffers_read(struct v7 *v7)
{
	uint32_t nr_lost = 0;
	int error = 0;

	for (uint32_t i = 0; i < v7->nr_sections && error != -ENOMEM; i++) {
		const struct trace_section *section = &v7->sections[i];

		if (section->id != TRACE_OPTION_BUFFER || nr_lost >= TRACE_MAX_BUFFERS ||
		    v7->file->nr_buffers >= TRACE_MAX_BUFFERS)
			continue;
		if (buffer_is_named(v7->file, section->offset))
			continue;
		nr_lost++;
		error = trace_v7_read_lost(v7->file, section);
	}
	return error;
}

static int sections_read(struct v7 *v7)
{
	int error = options_follow(v7, v7->file->options_start);

	v7->broken = error != 0 || !v7->file->options_start;
	if (error != -ENOMEM)
		error = sections_walk(v7);
	if (error != -ENOMEM && v7->broken)
		error = lost_options_read(v7);
	if (error != -ENOMEM)
		error = named_sections_read(v7);
	if (error != -ENOMEM && v7->broken)
		error = lost_sections_read(v7);
	if (error != -ENOMEM)
		error = buffers_read(v7);
	if (error != -ENOMEM && v7->broken)
		error = lost_buffers_read(v7);
	return error;
}

static int compression_refuse(const struct trace_file *file, const char *name, struct diag *diag)
{
	diag_set(diag, -EOPNOTSUPP, "is compressed with %.32s, which is not read here", name);
	diag_file(diag, file->path);
	diag_expected(diag, "zstd or none");
	diag_advice(diag,
		    "run `trace-cmd convert --compression zstd -i %s -o NEW.dat` and open NEW.dat",
		    file->path);
	return -EOPNOTSUPP;
}

int trace_v7_read(struct trace_file *file, struct bytes *b, struct diag *diag)
{
	const char *name = bytes_string(b), *version = bytes_string(b);
	struct v7 *v7;
	int error;

	if (!name || !version) {
		trace_file_damaged(file, 18, "the file ends within its header");
		return -EBADMSG;
	}
	if (strcmp(name, "none") != 0 && strcmp(name, "zstd") != 0)
		return compression_refuse(file, name, diag);
	file->zstd = !strcmp(name, "zstd");
	file->options_start = bytes_u64(b);
	file->sections_start = bytes_at(b);
	v7 = calloc(1, sizeof(*v7));
	if (!v7)
		return -ENOMEM;
	v7->file = file;
	error = sections_read(v7);
	free(v7->sections);
	free(v7);
	return error;
}
