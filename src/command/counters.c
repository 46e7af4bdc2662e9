// SPDX-License-Identifier: GPL-2.0-only
/*
 * counters.c - the rebuilt counters by name, and the kernel's own beside them.
 *
 * The words differ: the kernel's pages_sharing is how many *more* mappings share the pages_shared,
 * so stable items answer to the sum of both (mm/ksm.c, pages_sharing_show()).  full_scans counts
 * since boot and the recording's scans since its start, so those two are not set side by side.
 * pages_shared does not count stable nodes without items, so they have a line of their own: ksmd has
 * not noticed yet that their page is gone.
 *
 * What a recording cannot tell (a stock kernel's chains, dups and anon_vmas; mappings without
 * samples) is left out of the list instead of being told as zero; a count of events none of which can be
 * in it, since it does not describe them, is told as not known.  Where such events may have been lost there
 * may have been more of them.
 */
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "trace/sample.h"

/* A file of /sys/kernel/mm/ksm in a sample, or the sum of two joined by '+'. */
static bool kernel_value(const struct history *history, uint32_t sample, const char *files,
			 int64_t *ret)
{
	const char *plus = strchr(files, '+');
	char first[64];
	int64_t a, b = 0;
	size_t length = plus ? (size_t)(plus - files) : strlen(files);

	if (length >= sizeof(first))
		return false;
	memcpy(first, files, length);
	first[length] = 0;
	if (history_sample_counter(history, sample, first, &a) ||
	    (plus && history_sample_counter(history, sample, plus + 1, &b)))
		return false;
	*ret = a + b;
	return true;
}

/* May the number be another: some of its rows are doubtful, or there may be more than was told so far? */
static bool is_unsure(const char *name, const struct history_counters *now)
{
	bool nodes = now->nr_doubtful_nodes || now->more_nodes, items = now->nr_doubtful_items || now->more_items;

	if (strcmp(name, "nodes_empty") == 0)
		return nodes || items;
	if (strstr(name, "items"))
		return items;
	if (strcmp(name, "nodes") == 0 || strcmp(name, "chains") == 0 || strcmp(name, "dups") == 0)
		return nodes;
	return strcmp(name, "mms") == 0 ? now->more_mms : strcmp(name, "vmas") == 0 ? now->more_vmas :
	       strcmp(name, "anon_vmas") == 0 ? now->more_anon_vmas : now->more_mappings;
}

/* Does the recording describe that event?  One that it does not cannot be in it. */
static bool describes(struct event_index *events, enum event_kind kind)
{
	struct event_type_count type;

	for (uint32_t i = 0; event_index_type(events, i, &type) == 0; i++)
		if (type.kind == kind)
			return true;
	return false;
}

/* Sets `untold` and `unsure` of a count of events: a stock kernel has others for the same thing. */
static void judge_events(struct recording *recording, struct moment when, struct counter *counter)
{
	static const struct { const char *name; enum event_kind stock[2], patched[2]; } told[] = {
		/* Without the beginning of a recovery what it moves looks like merges. */
		{ "merges", { EVENT_KSM_MERGE_WITH_KSM_PAGE }, { EVENT_P_ITEM_APPEND, EVENT_P_RECOVERY_BEGIN } },
		{ "zero_pages", { EVENT_KSM_MERGE_ONE_PAGE }, { EVENT_KSM_MERGE_ONE_PAGE } },
		{ "merge_failures", { EVENT_KSM_MERGE_WITH_KSM_PAGE, EVENT_KSM_MERGE_ONE_PAGE },
		  { EVENT_KSM_MERGE_WITH_KSM_PAGE, EVENT_KSM_MERGE_ONE_PAGE } },
		{ "removals", { EVENT_KSM_REMOVE_RMAP_ITEM }, { EVENT_P_ITEM_DETACH } },
		{ "nodes_gone", { EVENT_KSM_REMOVE_KSM_PAGE }, { EVENT_P_NODE_FREE } },
		{ "scans", { EVENT_KSM_START_SCAN }, { EVENT_KSM_START_SCAN } },
	};
	const struct history *h = recording_history(recording);

	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++) {
		const enum event_kind *kinds = history_is_patched(h) ? told[i].patched : told[i].stock;

		if (strcmp(told[i].name, counter->name) != 0)
			continue;
		counter->untold = true;
		for (int j = 0; j < 2 && kinds[j] != EVENT_UNKNOWN; j++) {
			if (!describes(recording_events(recording), kinds[j]))
				continue;
			counter->untold = false;
			counter->unsure |= may_lack_by(h, when, kinds[j]);
		}
		if (counter->unsure)
			counter->note = "some may have been lost";
	}
}

/* A stock kernel tells of the items that a node had when it went, but not of the last: remove_node_from_stable_tree(). */
static void stock_removals(const struct history *h, const struct history_counters *now, struct counter *list, int nr)
{
	for (int i = 0; i < nr; i++)
		if (strcmp(list[i].name, "removals") == 0 && !history_is_patched(h) && now->nr_nodes_gone &&
		    !list[i].note)
			list[i].note = "without the last of each node";
}

/* Of some gaps nobody counted what they hid. */
static void judge_lost(const struct history *h, struct moment when, struct counter *counter)
{
	counter->unsure = history_nr_uncounted(h, when.t) > 0;
	counter->unknown = counter->unsure && !counter->value;
	counter->note = counter->unknown ? "nobody counted them" : counter->unsure ? "those that were counted" : NULL;
}

int counters_at(struct recording *recording, struct moment when, struct counter *list)
{
	const struct history *history = recording_history(recording);
	struct history_counters now = { 0 };
	struct history_sample sample = { 0 };
	int index = history_sample_before(history, SAMPLE_KSM, 0, when.t);
	int nr = 0;

	history_counters(history, when, &now);
#define COUNTER(name_, text_, value_, doubtful_, evidence_, kernel_)				\
	list[nr++] = (struct counter){ .name = name_, .text = text_, .kernel = kernel_,		\
		.evidence = evidence_, .value = (int64_t)(value_), .doubtful = (int64_t)(doubtful_) }
	COUNTER("mms", "processes in KSM", now.nr_mms, now.nr_doubtful_mms, EVIDENCE_INFERRED, NULL);
	COUNTER("nodes", "stable pages", now.nr_nodes - now.nr_nodes_empty, now.nr_doubtful_nodes,
		EVIDENCE_INFERRED, "pages_shared");
	COUNTER("stable_items", "items on them", now.nr_stable_items, now.nr_doubtful_items,
		EVIDENCE_INFERRED, "pages_shared+pages_sharing");
	COUNTER("nodes_empty", "stable nodes without items", now.nr_nodes_empty, 0, EVIDENCE_INFERRED,
		NULL);
	if (now.nr_nodes_empty)
		list[nr - 1].note = "ksmd has not noticed yet";
	if (history_is_patched(history)) {
		COUNTER("chains", "chains", now.nr_chains, 0, EVIDENCE_INFERRED, "stable_node_chains");
		COUNTER("dups", "dups", now.nr_dups, 0, EVIDENCE_INFERRED, "stable_node_dups");
		COUNTER("unstable_items", "items in the unstable tree", now.nr_unstable_items, 0,
			EVIDENCE_INFERRED, "pages_unshared");
		COUNTER("new_items", "items in no tree", now.nr_new_items, 0, EVIDENCE_INFERRED, NULL);
		COUNTER("anon_vmas", "anon_vmas", now.nr_anon_vmas, 0, EVIDENCE_INFERRED, NULL);
		COUNTER("vmas", "VMAs in them", now.nr_vmas, 0, EVIDENCE_INFERRED, NULL);
	}
	if (history_has(history, TABLE_MAPPING))
		COUNTER("mappings", "mappings of KSM pages", now.nr_mappings,
			now.nr_doubtful_mappings, EVIDENCE_INFERRED, NULL);
	for (int i = 0; i < nr; i++)
		list[i].unsure = list[i].doubtful || is_unsure(list[i].name, &now);
	COUNTER("merges", "merges so far", now.nr_merges, 0, EVIDENCE_TRACED, NULL);
	COUNTER("zero_pages", "merges with the zero page", now.nr_zero_pages, 0, EVIDENCE_TRACED, NULL);
	COUNTER("merge_failures", "merges that failed", now.nr_merge_failures, 0, EVIDENCE_TRACED, NULL);
	COUNTER("removals", "removals noticed", now.nr_removals, 0, EVIDENCE_TRACED, NULL);
	COUNTER("nodes_gone", "stable nodes gone", now.nr_nodes_gone, 0, EVIDENCE_TRACED, NULL);
	COUNTER("scans", "scans begun", now.nr_scans, 0, EVIDENCE_TRACED, NULL);
	for (int i = 0; i < nr; i++)
		judge_events(recording, when, &list[i]);
	stock_removals(history, &now, list, nr);
	COUNTER("lost", "events lost so far", now.nr_lost, 0, EVIDENCE_TRACED, NULL);
	judge_lost(history, when, &list[nr - 1]);
#undef COUNTER
	if (index < 0 || history_sample(history, (uint32_t)index, &sample))
		return nr;
	for (int i = 0; i < nr; i++) {
		if (!list[i].kernel)
			continue;
		list[i].has_kernel = kernel_value(history, (uint32_t)index, list[i].kernel,
						  &list[i].kernel_value);
		list[i].kernel_event = sample.end;
		list[i].kernel_doubtful = history_sample_outdated(history, (uint32_t)index,
								  (struct ref){ 0 }, when.t);
	}
	return nr;
}
