// SPDX-License-Identifier: GPL-2.0-only
/*
 * lossy.c - makes a recording with gaps out of one without.
 *
 *	lossy IN OUT [SEED [NR]]
 *
 * Takes NR (default 1) sub-buffers, chosen by SEED (default 1), out of IN and marks the gaps as the
 * kernel does (drop.h).  OUT is a trace.dat version 7 with zstd that ksmtop, trace-cmd and KernelShark
 * open; each says that events were lost.  Prints one line for each sub-buffer that went.
 */
#include <stdio.h>
#include <stdlib.h>

#include "drop.h"

#define MAX_CUTS 1000u

int main(int argc, char **argv)
{
	static struct drop_cut cuts[MAX_CUTS];
	uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
	uint32_t nr = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 1;
	struct trace_file *file = NULL;
	struct drop *drop = NULL;
	char text[DIAG_TEXT_SIZE];
	struct diag diag = { 0 };
	int ret;

	if (argc < 3 || argc > 5 || nr > MAX_CUTS) {
		fprintf(stderr, "usage: lossy IN OUT [SEED [NR]]\n");
		return 2;
	}
	ret = trace_file_open(argv[1], &file, &diag);
	if (ret == 0)
		ret = drop_open(file, &drop, &diag);
	if (ret == 0) {
		nr = drop_choose(drop, seed, nr, cuts);
		ret = drop_write(drop, cuts, nr, argv[2], &diag);
	}
	for (uint32_t i = 0; ret == 0 && i < nr; i++)
		printf("cpu %u: sub-buffer %llu with %llu events\n",
		       trace_file_buffer(file, cuts[i].buffer)->cpus[cuts[i].cpu].cpu_id,
		       (unsigned long long)cuts[i].page, (unsigned long long)cuts[i].nr_events);
	if (ret != 0)
		fprintf(stderr, "lossy: %s\n", diag_text(&diag, text, sizeof(text)));
	drop_close(drop);
	trace_file_close(file);
	return ret ? 2 : 0;
}
