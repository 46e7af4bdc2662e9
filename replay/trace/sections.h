/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sections.h - sections of our own inside a trace.dat file.
 *
 * What is not an event (samples) travels in one section that no option points to: libtracecmd
 * passes over such a section without a word, while an unknown *option* makes it warn.  The section
 * is a normal version 7 section (header with id, flags 0, size) whose contents start with a magic,
 * so that it is recognised wherever it lies:
 *
 *	section header	id TRACE_SECTION_SAMPLES
 *	8 bytes		"ksmtopS1"
 *	...		sample blocks (sample.h), each with its own length and checksum
 *
 * It is found through the text of the VERSION option, which ends in
 *	[ksmtop-samples id=0x4b53 offset=N size=N xxh64=H]
 * (H is over the section's contents), or, where that is missing or does not fit, by walking the
 * section headers, or, in a file whose headers are broken, by searching for the magic.
 * `trace-cmd convert` keeps VERSION and drops the section, `trace-cmd split` drops both.
 *
 * Version 6 files and trace-cmd's own recordings have no samples; that is no damage.
 */
#ifndef KSMTOP_SECTIONS_H
#define KSMTOP_SECTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "trace/diag.h"
#include "trace/trace_file.h"

#define TRACE_SECTION_SAMPLES	0x4b53
#define TRACE_SECTION_MAGIC	"ksmtopS1"

enum trace_sections_state {
	TRACE_SECTIONS_NONE,		/* a recording without samples */
	TRACE_SECTIONS_FOUND,		/* there, and as VERSION says */
	TRACE_SECTIONS_UNSURE,		/* there, but not as VERSION says: see diag */
	TRACE_SECTIONS_REMOVED,		/* VERSION names what is not there, or is gone: see diag */
};

/*
 * Where the sample blocks are: `ret_blocks` borrows from the file (mapped), *ret_size bytes; NULL
 * and 0 when there are none.  UNSURE and REMOVED fill the diag with a sentence for the user.
 */
enum trace_sections_state trace_sections_samples(const struct trace_file *file,
						 const void **ret_blocks, size_t *ret_size,
						 struct diag *diag);

#endif /* KSMTOP_SECTIONS_H */
