/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sections.c - finding our own section in a trace.dat.
 *
 * Three ways, each for the case in which the one before fails: the place that the VERSION option
 * names, the walk over all section headers, and where these do not lead to the end of the file a
 * search for the magic.  A section found by the name
 * and with the right checksum is FOUND; one found in any other way is UNSURE, and the reader of the
 * samples relies on the checksums of their blocks alone.
 *
 * The hard case is trace-cmd's own tools: `convert` copies the VERSION text and drops the section,
 * so that the text may point at other bytes of the new file, even past its end.  Nothing at the
 * named place is believed before id, magic and checksum agree.
 *
 * The contents are not looked into here (sample_store.c).
 */
#include "trace/sections.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <xxhash.h>

#include "trace/container.h"

#define MAGIC_SIZE (sizeof(TRACE_SECTION_MAGIC) - 1)

struct named {
	unsigned int id;
	uint64_t offset, size, hash;
};

static bool name_read(const struct trace_file *file, struct named *ret_named)
{
	const char *text = strstr(trace_file_recorder(file).text, "[ksmtop-samples ");

	return text &&
	       sscanf(text,
		      "[ksmtop-samples id=0x%x offset=%" SCNu64 " size=%" SCNu64 " xxh64=%" SCNx64
		      "]",
		      &ret_named->id, &ret_named->offset, &ret_named->size, &ret_named->hash) == 4;
}

static const uint8_t *contents(const struct trace_file *file, const struct trace_section *section)
{
	return file->parts[0].data + section->offset + TRACE_SECTION_HEADER;
}

/* Is there a section of ours at this offset? */
static bool section_is_ours(const struct trace_file *file, uint64_t offset,
			    struct trace_section *ret_section)
{
	return trace_section_read(file, offset, ret_section) &&
	       ret_section->id == TRACE_SECTION_SAMPLES && ret_section->size >= MAGIC_SIZE &&
	       !memcmp(contents(file, ret_section), TRACE_SECTION_MAGIC, MAGIC_SIZE);
}

/* *ret_whole: the headers lead from the first section to the end of the file. */
static bool section_walk(const struct trace_file *file, struct trace_section *ret_section,
			 bool *ret_whole)
{
	uint64_t offset = file->sections_start;

	*ret_whole = false;

	for (int i = 0; i < TRACE_MAX_SECTIONS && trace_section_read(file, offset, ret_section);
	     i++) {
		if (section_is_ours(file, offset, ret_section))
			return true;
		offset += TRACE_SECTION_HEADER + ret_section->size;
		*ret_whole = offset == file->parts[0].size && !ret_section->cut;
	}
	return false;
}

static bool section_search(const struct trace_file *file, struct trace_section *ret_section)
{
	const struct trace_part *part = &file->parts[0];
	const uint8_t *p = part->data, *end = part->data + part->size;

	while (end - p > (ptrdiff_t)MAGIC_SIZE) {
		const uint8_t *magic =
			memmem(p, (size_t)(end - p), TRACE_SECTION_MAGIC, MAGIC_SIZE);
		uint64_t at = magic ? (uint64_t)(magic - part->data) : 0;

		if (!magic)
			break;
		if (at >= TRACE_SECTION_HEADER &&
		    section_is_ours(file, at - TRACE_SECTION_HEADER, ret_section))
			return true;
		p = magic + 1;
	}
	return false;
}

static void take(const struct trace_file *file, const struct trace_section *section,
		 const void **ret_blocks, size_t *ret_size)
{
	*ret_blocks = contents(file, section) + MAGIC_SIZE;
	*ret_size = section->size - MAGIC_SIZE;
}

static enum trace_sections_state spool_samples(const struct trace_file *file,
					       const void **ret_blocks, size_t *ret_size)
{
	const struct trace_part *part = &file->parts[file->samples_part];

	if (!file->samples_part || part->size < MAGIC_SIZE ||
	    memcmp(part->data, TRACE_SECTION_MAGIC, MAGIC_SIZE) != 0)
		return TRACE_SECTIONS_NONE;
	*ret_blocks = part->data + MAGIC_SIZE;
	*ret_size = part->size - MAGIC_SIZE;
	return TRACE_SECTIONS_FOUND;
}

static enum trace_sections_state unsure(const struct trace_file *file,
					const struct trace_section *section, struct diag *diag)
{
	diag_set(diag, -EBADMSG, "the samples are not as the recorder describes them%s",
		 section->cut ? ": the file ends within them" : "");
	diag_offset(diag, file->path, section->offset);
	return TRACE_SECTIONS_UNSURE;
}

static enum trace_sections_state removed(const struct trace_file *file, struct diag *diag)
{
	diag_set(diag, -ENODATA, "the samples were removed by trace-cmd convert or split");
	diag_file(diag, file->path);
	diag_advice(diag, "open the original recording to see counters, mappings and KSM pages");
	return TRACE_SECTIONS_REMOVED;
}

/*
 * `trace-cmd split` drops VERSION too, which every recorder writes: a whole file without it has
 * been through that, and whether there were samples cannot be known.
 */
static bool lost_its_recorder(const struct trace_file *file)
{
	return file->version == 7 && file->nr_options && !file->nr_damages &&
	       !trace_file_recorder(file).size;
}

static enum trace_sections_state perhaps_removed(const struct trace_file *file, struct diag *diag)
{
	removed(file, diag);
	return diag_wrap(diag, "does not say any more who recorded it; if that was ksmtop"),
	       TRACE_SECTIONS_REMOVED;
}

enum trace_sections_state trace_sections_samples(const struct trace_file *file,
						 const void **ret_blocks, size_t *ret_size,
						 struct diag *diag)
{
	struct trace_section section;
	struct named named;
	bool is_named, is_whole;

	*ret_blocks = NULL;
	*ret_size = 0;
	if (file->is_spool)
		return spool_samples(file, ret_blocks, ret_size);
	if (file->version != 7)
		return name_read(file, &named) ? removed(file, diag) : TRACE_SECTIONS_NONE;
	is_named = name_read(file, &named);
	if (is_named && section_is_ours(file, named.offset, &section)) {
		take(file, &section, ret_blocks, ret_size);
		if (named.id == section.id && named.size == section.size && !section.cut &&
		    XXH64(contents(file, &section), section.size, 0) == named.hash)
			return TRACE_SECTIONS_FOUND;
		return unsure(file, &section, diag);
	}
	if (section_walk(file, &section, &is_whole) ||
	    (!is_whole && section_search(file, &section))) {
		take(file, &section, ret_blocks, ret_size);
		return unsure(file, &section, diag);
	}
	if (is_named)
		return removed(file, diag);
	return lost_its_recorder(file) ? perhaps_removed(file, diag) : TRACE_SECTIONS_NONE;
}
