// SPDX-License-Identifier: GPL-2.0-only
/*
 * why_maps.c - from a process to the sample of its VMAs.
 *
 * The history knows where on the events' line a sample stands, the recording has what is in it, and
 * explain/why_not_maps.c judges that.
 *
 * A sample that cannot be read (damaged) is as good as none: the recording's damages are told elsewhere.
 */
#include "why_maps.h"

int why_maps(struct recording *recording, int32_t tgid, uint64_t first, uint64_t last, struct moment when,
	     why_not_fn fn, void *arg)
{
	const struct history *h = recording_history(recording);
	struct history_sample at;
	struct sample sample;
	int i = tgid > 0 && !history_is_patched(h) ? history_sample_before(h, SAMPLE_MAPS, tgid, when.t) : -1;

	if (i < 0 || history_sample(h, (uint32_t)i, &at) != 0 ||
	    recording_sample(recording, at.index, &sample) != 0 || sample.kind != SAMPLE_MAPS)
		return 0;
	return why_not_merged_maps(&sample, at.end, first, last, when, fn, arg);
}
