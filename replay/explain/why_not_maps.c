// SPDX-License-Identifier: GPL-2.0-only
/*
 * why_not_maps.c - what a sample of a process' VMAs says of pages that are not shared.
 *
 * A stock kernel traces no VMA.  But the recorder samples /proc/PID/smaps, whose VmFlags say of each VMA
 * whether it is mergeable ("mg"), shared, or made of huge pages: with addresses, which nothing else has there.
 * The sample is of a moment; madvise(MADV_MERGEABLE) and (MADV_UNMERGEABLE) are traced by no kernel,
 * so later than that it is doubtful.
 *
 * What stands in the way of pages in VMAs that are mergeable is why_not_merged.c's question.
 */
#include "explain/why_not_merged.h"
#include "trace/sample.h"

/* NR_NOT_MERGED: nothing stands in the way of the whole VMA, or its flags could not be read. */
static enum not_merged reason_of(const struct sample_map *map)
{
	if (map->flags & (SAMPLE_MAP_SHARED | SAMPLE_MAP_HUGETLB))
		return NOT_MERGED_WRONG_KIND;
	return map->flags & (SAMPLE_MAP_NOFLAGS | SAMPLE_MAP_MERGEABLE) ? NR_NOT_MERGED : NOT_MERGED_NOT_ASKED;
}

int why_not_merged_maps(const struct sample *maps, uint64_t event, uint64_t first, uint64_t last,
			struct moment when, why_not_fn fn, void *arg)
{
	struct sample_iter iter = SAMPLE_ITER(maps);
	struct why_not run = { .reason = NR_NOT_MERGED };
	struct sample_map map;
	int ret = 0;

	while (ret == 0 && sample_next_map(&iter, &map) > 0) {
		enum not_merged reason = reason_of(&map);
		uint64_t start = map.start > first ? map.start : first, end = map.end;

		if (end > last && last != UINT64_MAX)
			end = (last | 4095) + 1;
		if (reason == NR_NOT_MERGED || start >= end || end - start < 4096)
			continue;
		if (run.reason == reason && run.last + 4096 == start) {
			run.last = end - 4096;
			run.nr_pages += (end - start) / 4096;
			continue;
		}
		if (run.reason != NR_NOT_MERGED)
			ret = fn(&run, arg);
		run = (struct why_not){ .reason = reason, .first = start, .last = end - 4096,
					.nr_pages = (end - start) / 4096, .event = event, .seqnr = -1,
					.evidence = EVIDENCE_DUMPED, .doubtful = event < when.t,
					.text = not_merged_text(reason) };
	}
	if (ret == 0 && run.reason != NR_NOT_MERGED)
		ret = fn(&run, arg);
	return ret;
}
