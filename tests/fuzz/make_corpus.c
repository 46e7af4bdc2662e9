/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * make_corpus.c - the fuzzers' first recordings: one small file of each form, into a directory.
 *
 * Made anew by the build instead of kept in the tree, so that it is always a corpus of what the
 * writer writes today.  Small files, because a fuzzer's rounds cost what the file costs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "make_trace.h"

static const struct trace_write_options forms[] = {
	{.version = 7, .zstd = true, .long_size = 8, .page_size = 4096, .chunk_pages = 1},
	{.version = 7, .long_size = 8, .page_size = 512},
	{.version = 6, .long_size = 8, .page_size = 512},
	{.version = 7, .zstd = true, .big_endian = true, .long_size = 4, .page_size = 1024},
	{.version = 6, .big_endian = true, .long_size = 4, .page_size = 1024},
};

static void samples_make(struct sample_builder *samples)
{
	sample_builder_init(samples);
	sample_begin(samples, SAMPLE_KSM, 0, 1000);
	sample_add_pair(samples, "pages_sharing", "12");
	sample_end(samples, 1001);
	sample_begin(samples, SAMPLE_MAPS, 5, 1002);
	sample_add_map(samples, &(struct sample_map){0x1000, 0x9000, 1, 3, "[heap]"});
	sample_end(samples, 1003);
	sample_begin(samples, SAMPLE_PAGES, 5, 1004);
	sample_add_pages_head(samples, 4096, true);
	sample_add_range(samples, 0x1000, 0x9000);
	sample_add_page(samples, 0x2000, 77, 3);
	sample_end(samples, 1005);
	sample_begin(samples, SAMPLE_LOSS, 0, 1006);
	sample_add_loss(samples, &(struct sample_loss){1, 2, 3, 4, 5, 6});
	sample_end(samples, 1007);
}

/* Options that only some recordings have: the reader's rarer paths. */
static void options_make(struct trace_option *options, uint8_t *shift)
{
	static const uint32_t tsc[4] = {5, 2, 9, 0};
	static const uint32_t head[4] = {7, 0, 1, 1};

	memcpy(shift, head, sizeof(head));
	memset(shift + 16, 1, 4 + 2 * 24);
	memcpy(shift + 16, &(uint32_t){2}, 4);
	options[0] = (struct trace_option){.id = TRACE_OPTION_OFFSET, .size = 3, .data = "-5"};
	options[1] = (struct trace_option){.id = TRACE_OPTION_TSC2NSEC, .size = 16, .data = tsc};
	options[2] =
		(struct trace_option){.id = TRACE_OPTION_TIME_SHIFT, .size = 68, .data = shift};
}

int main(int argc, char **argv)
{
	struct sample_builder samples;
	struct trace_option options[3];
	uint8_t shift[68];

	if (argc != 2) {
		fprintf(stderr, "usage: make_corpus DIRECTORY\n");
		return 2;
	}
	mkdir(argv[1], 0755);
	samples_make(&samples);
	options_make(options, shift);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct made made;
		char *path, name[4096];

		made_init(&made, &forms[i], 2, 3);
		made.meta.options = options;
		made.meta.nr_options = i % 2 ? 0 : 3;
		path = made_write(&made, forms[i].version == 7 ? &samples : NULL);
		snprintf(name, sizeof(name), "mv '%s' '%s/form-%zu.dat'", path, argv[1], i);
		if (system(name) != 0)
			return 1;
		free(path);
		made_fini(&made);
	}
	sample_builder_fini(&samples);
	return 0;
}
