// SPDX-License-Identifier: GPL-2.0-only
/*
 * check.c - the rebuilt state against the kernel's own numbers, at every sample that has any.
 *
 * A difference is not always a fault.  A sample took time: on the patched kernel, which tells every
 * change, it agrees if each file's number lies between the lowest and the highest that the rebuilt state had
 * meanwhile, changes in flight included (build_flight.c), and no further.  On a stock kernel rows that
 * change during a sample make it undecided.
 *
 * A stock kernel does not trace when an item leaves its node, so the rebuilt number may be larger;
 * and what was merged before the recording began, or while events were lost, is unknown, so it may be
 * smaller.  Such differences are told with the reason (severity 1).  What is left contradicts
 * (severity 2): the kernel counts more than its own events can explain, or, with all changes
 * traced, any other number.
 *
 * sysfs: pages_shared is the number of stable nodes that have items, pages_sharing the number of
 * items beyond the first of each node (mm/ksm.c, stable_tree_append()).
 */
#include "history/tables.h"
#include "trace/sample.h"

struct checking {
	const struct history *h;
	finding_fn fn;
	void *arg;
	uint64_t complete_from;		/* event since when every stable item is known; NEVER: not yet */
	uint64_t first_scans_event;
	int64_t first_scans;
	int ret;
};

static const struct { const char *id, *why; } words[NR_FINDINGS] = {
	[FINDING_DUMP_NODE_MISSING] = { "dump-node-missing", "no event led to a stable node that the kernel has" },
	[FINDING_DUMP_NODE_SURPLUS] = { "dump-node-surplus", "no event ended a stable node that the kernel has not" },
	[FINDING_DUMP_NODE_KIND] = { "dump-node-kind", "0 is a plain stable node, 1 a chain, 2 a dup" },
	[FINDING_DUMP_NODE_CHAIN] = { "dump-node-chain", "the chain's number in node#, 0: none" },
	[FINDING_DUMP_NODE_KPFN] = { "dump-node-kpfn", "the stable node's kpfn" },
	[FINDING_DUMP_NODE_NID] = { "dump-node-nid", "the memory node whose tree it is in" },
	[FINDING_DUMP_NODE_PLACE] = { "dump-node-place", "0 is in a tree, 1 on the migrate list, 2 between them" },
	[FINDING_DUMP_NODE_ORDER] = { "dump-node-order", "its place among the nodes of the stable tree" },
	[FINDING_DUMP_NODE_ITEMS] = { "dump-node-items", "rmap_hlist_len" },
	[FINDING_DUMP_DUP_ORDER] = { "dump-dup-order", "its place among the chain's dups" },
	[FINDING_DUMP_ITEM_MISSING] = { "dump-item-missing", "no event led to an rmap_item that the kernel has" },
	[FINDING_DUMP_ITEM_SURPLUS] = { "dump-item-surplus", "no event ended an rmap_item that the kernel has not" },
	[FINDING_DUMP_ITEM_STATE] = { "dump-item-state", "0 is new, 1 unstable, 2 stable" },
	[FINDING_DUMP_ITEM_NODE] = { "dump-item-node", "the stable node's number in node#, 0: none" },
	[FINDING_DUMP_ITEM_ANON_VMA] = { "dump-item-anon-vma", "the anon_vma's number, 0: none" },
	[FINDING_DUMP_ITEM_INDEX] = { "dump-item-index", "linear_page_index" },
	[FINDING_DUMP_ITEM_SEQNR] = { "dump-item-seqnr", "the scan that put it into the unstable tree" },
	[FINDING_DUMP_ITEM_ORDER] = { "dump-item-order", "its place on the stable node's hlist" },
	[FINDING_DUMP_ANON_VMA_MISSING] = { "dump-anon-vma-missing", "no event led to an anon_vma that the kernel has" },
	[FINDING_DUMP_ANON_VMA_ROOT] = { "dump-anon-vma-root", "the number of its root" },
	[FINDING_DUMP_ANON_VMA_PARENT] = { "dump-anon-vma-parent", "the number of its parent" },
	[FINDING_DUMP_VMA_MISSING] = { "dump-vma-missing", "no event led to a VMA that the interval tree has" },
	[FINDING_DUMP_VMA_SURPLUS] = { "dump-vma-surplus", "no event took out a VMA that the interval tree has not" },
	[FINDING_DUMP_VMA_MM] = { "dump-vma-mm", "the number of its mm, from 1; 0: not known" },
	[FINDING_DUMP_VMA_START] = { "dump-vma-start", "vm_start" },
	[FINDING_DUMP_VMA_END] = { "dump-vma-end", "vm_end" },
	[FINDING_DUMP_VMA_PGOFF] = { "dump-vma-pgoff", "vm_pgoff" },
	[FINDING_DUMP_MM_MISSING] = { "dump-mm-missing", "no event made ksmd know an mm that it knows" },
	[FINDING_DUMP_MM_SURPLUS] = { "dump-mm-surplus", "no event made ksmd forget an mm that it does not know" },
	[FINDING_DUMP_MM_TGID] = { "dump-mm-tgid", "the process that the mm belongs to" },
	[FINDING_DUMP_MM_START] = { "dump-mm-start-time", "when its process began" },
	[FINDING_DUMP_MM_COMM] = { "dump-mm-comm", "the first eight bytes of its process's comm, as a number" },
	[FINDING_DUMP_MM_ITEMS] = { "dump-mm-items", "the mm's ksm_rmap_items" },
	[FINDING_DUMP_NODES] = { "dump-nodes", "" },
	[FINDING_DUMP_ITEMS] = { "dump-items", "" },
	[FINDING_DUMP_MMS] = { "dump-mms", "" },
	[FINDING_DUMP_ANON_VMAS] = { "dump-anon-vmas", "" },
	[FINDING_DUMP_VMAS] = { "dump-vmas", "" },
	[FINDING_DUMP_CHAINS] = { "dump-chains", "the kernel's stable_node_chains" },
	[FINDING_DUMP_DUPS] = { "dump-dups", "the kernel's stable_node_dups" },
	[FINDING_DUMP_STABLE_ITEMS] = { "dump-stable-items", "the kernel's pages_shared + pages_sharing" },
	[FINDING_DUMP_SHARED] = { "dump-pages-shared", "the kernel's pages_shared" },
	[FINDING_DUMP_UNSHARED] = { "dump-pages-unshared", "the kernel's pages_unshared" },
};

const char *history_finding_id(uint64_t value)
{
	return words[value < NR_FINDINGS ? value : 0].id;
}

/* What a dump found, as the builder wrote it down: who did not know then of a gap that still lasted. */
static struct finding finding_of(const struct history *h, const struct stored_finding *stored)
{
	uint16_t id = stored->id < NR_FINDINGS ? stored->id : 0;
	uint8_t severity = stored->severity == 2 && in_gap(h, stored->event) ? 1 : stored->severity;

	return (struct finding){
		.id = words[id].id, .event = stored->event, .object = stored->object,
		.expected = stored->expected, .found = stored->found, .severity = severity,
		.why = !severity ? "agrees" : severity == 1 ?
			"events were lost since the last complete dump" : words[id].why,
	};
}

/* Did rows change while the sample was taken? */
static bool changed_during(const struct history *h, const struct history_sample *at)
{
	uint64_t nr[NR_ACTIVITIES];

	history_activity(h, at->begin, at->end, nr);
	return nr[ACTIVITY_MERGES] || nr[ACTIVITY_ZERO_PAGES] || nr[ACTIVITY_REMOVALS] || nr[ACTIVITY_NODES_GONE] ||
	       nr[ACTIVITY_NODES_MADE] || nr[ACTIVITY_CHAINS] || nr[ACTIVITY_DUPS] || nr[ACTIVITY_ITEMS];
}

static void tell(struct checking *c, struct finding finding)
{
	if (c->ret == 0)
		c->ret = c->fn(&finding, c->arg);
}

/* ---- what may have been read ---- */
#define REACH_EVENTS 4096u	/* a sample during which more happened says nothing */

enum number { NUMBER_SHARED, NUMBER_STABLE, NUMBER_CHAINS, NUMBER_DUPS, NUMBER_MERGING };

/* As it is in the files: pages_shared and pages_sharing are two, and read one after the other. */
static bool rebuilt(const struct history *h, enum number number, struct ref mm, uint64_t t, int64_t ret[2])
{
	struct history_mm_counters of_mm;
	struct history_counters now;

	ret[1] = 0;
	if (number == NUMBER_MERGING) {
		ret[0] = 0;
		if (history_mm_counters(h, mm, moment_at(t), &of_mm) != 0)
			return false;
		ret[0] = (int64_t)of_mm.nr_stable_items;
		return true;
	}
	counters_plain(h, moment_at(t), &now);
	ret[0] = (int64_t)(now.nr_nodes - now.nr_nodes_empty);
	if (number == NUMBER_STABLE)
		ret[1] = (int64_t)now.nr_stable_items - ret[0];
	else if (number != NUMBER_SHARED)
		ret[0] = (int64_t)(number == NUMBER_CHAINS ? now.nr_chains : now.nr_dups);
	return true;
}

/* A stock kernel's, as the sample left them: rebuilt() knows of those behind it at the same event, too. */
static bool as_kept(const struct history_sample *at, enum number number, int64_t ret[2])
{
	int64_t value = number == NUMBER_SHARED ? at->nodes : at->items;

	if (value < 0 || number == NUMBER_CHAINS || number == NUMBER_DUPS)
		return false;
	ret[0] = value;
	ret[1] = 0;
	return true;
}

/* Or was it longer ago than what is kept of a live recording? */
static bool is_too_long(const struct history *h, const struct history_sample *at)
{
	return at->from > at->to || at->to - at->from > REACH_EVENTS || at->from < h->segments[0]->base;
}

/* Did the rebuilt state have that number while the sample was taken? */
static bool was_met(const struct history *h, const struct history_sample *at, enum number number,
		    struct ref mm, int64_t expected)
{
	int64_t lo[2] = { INT64_MAX / 4, INT64_MAX / 4 }, hi[2] = { 0 }, value[2];

	if (!h->patched || is_too_long(h, at))
		return false;
	for (uint64_t t = at->from; t <= at->to; t++) {
		if (!rebuilt(h, number, mm, t, value))
			continue;
		for (unsigned i = 0; i < 2; i++) {
			lo[i] = value[i] < lo[i] ? value[i] : lo[i];
			hi[i] = value[i] > hi[i] ? value[i] : hi[i];
		}
		if (expected >= lo[0] + lo[1] && expected <= hi[0] + hi[1])
			return true;
	}
	return false;
}

/* The reason why a rebuilt number that differs may do so; *ret_severity accordingly. */
static const char *judge(const struct checking *c, const struct history_sample *at, int64_t expected,
			 int64_t found, uint8_t *ret_severity)
{
	*ret_severity = 1;
	if (changed_during(c->h, at) && (!c->h->patched || is_too_long(c->h, at)))
		return "pages were merged or removed while the sample was taken";
	if (lost_between(c->h, c->complete_from == NEVER ? 0 : c->complete_from,
			 at->to > at->end ? at->to : at->end, (struct exclusion){ 0 }))
		return "events were lost before";
	if (c->complete_from == NEVER && expected > found)
		return "pages were merged before the recording began";
	if (!c->h->patched && found > expected)
		return "this kernel does not trace when an item leaves its stable node";
	if (c->complete_from == NEVER && c->h->patched)
		return "no complete dump says what was there before the recording began";
	*ret_severity = 2;
	return "the recorded events do not explain the kernel's number";
}

static void compare(struct checking *c, const struct history_sample *at, const char *id,
		    enum number number, struct ref mm, int64_t expected)
{
	struct finding finding = { .id = id, .event = at->end, .object = mm, .expected = expected,
				   .why = "agrees" };
	int64_t value[2];

	if (!as_kept(at, number, value) && !rebuilt(c->h, number, mm, at->end, value))
		return;
	finding.found = value[0] + value[1];
	if (finding.found != expected && was_met(c->h, at, number, mm, expected))
		finding.why = "agrees with the state while the sample was taken";
	else if (finding.found != expected)
		finding.why = judge(c, at, expected, finding.found, &finding.severity);
	tell(c, finding);
}

/* A counter of the sample, unless it is a number that no kernel counts to: sums of them must not overflow. */
static int counter(const struct checking *c, uint32_t i, const char *name, int64_t *ret)
{
	int64_t value;
	int err = history_sample_counter(c->h, i, name, &value);

	if (err == 0 && (value < 0 || value > INT64_MAX / 4))
		return -ERANGE;
	if (err == 0)
		*ret = value;
	return err;
}

/*
 * full_scans is ksm_scan.seqnr, which counts on with each scan and begins anew when run becomes 2: seen in
 * the seqnr of the next scan, and until then as a count of 0 (unmerge_and_remove_all_rmap_items()).
 */
static int64_t scans_ended(const struct checking *c, uint64_t upto)
{
	int64_t ended = c->first_scans, seqnr = c->first_scans - 1;

	for (uint64_t i = 0; i < c->h->kinds[EPISODE_SCAN].nr; i++) {
		const struct episode *episode = pool_at(&c->h->episodes,
							*(uint32_t *)pool_at(&c->h->kinds[EPISODE_SCAN], i));

		if (episode->last <= c->first_scans_event || episode->last > upto)
			continue;
		if (episode->seqnr >= 0 && episode->seqnr < seqnr)
			ended = episode->seqnr;
		seqnr = episode->seqnr >= 0 ? episode->seqnr : seqnr;
		ended++;
	}
	return ended;
}

static void check_scans(struct checking *c, const struct history_sample *at, int64_t full_scans)
{
	int64_t ended, expected = full_scans;
	struct finding finding = { .id = "counter-full-scans", .event = at->end };

	if (c->first_scans < 0) {
		c->first_scans = full_scans;
		c->first_scans_event = at->end;
		return;
	}
	ended = scans_ended(c, at->end);
	finding.expected = expected;
	finding.found = ended;
	finding.why = "agrees";
	if (expected == 0 && ended) {
		finding.severity = 1;
		finding.why = "run became 2, which begins the count anew";
	} else if (expected != ended) {
		/* The counter and the event are a few instructions apart: one may be on either side. */
		bool near = expected - ended <= 1 && ended - expected <= 1;

		finding.severity = near || lost_between(c->h, c->first_scans_event, at->end, (struct exclusion){ 0 }) ? 1 : 2;
		finding.why = near ? "a scan ended while a sample was taken" :
			      finding.severity == 1 ? "events were lost before"
						    : "the recorded scans do not explain full_scans";
	}
	tell(c, finding);
}

/* Nothing is merged, and what was rebuilt says the same: from here on all is known. */
static bool none_is_merged(const struct checking *c, const struct history_sample *at, int64_t merged)
{
	int64_t value[2];

	return merged == 0 && !changed_during(c->h, at) &&
	       (as_kept(at, NUMBER_STABLE, value) ||
		rebuilt(c->h, NUMBER_STABLE, (struct ref){ 0 }, at->end, value)) && value[0] + value[1] == 0;
}

static void check_ksm(struct checking *c, uint32_t i, const struct history_sample *at)
{
	int64_t shared, sharing, value;
	struct ref none = { 0 };

	if (counter(c, i, "full_scans", &value) == 0)
		check_scans(c, at, value);
	if (counter(c, i, "pages_shared", &shared) != 0 ||
	    counter(c, i, "pages_sharing", &sharing) != 0)
		return;
	if (none_is_merged(c, at, shared + sharing))
		c->complete_from = at->end;
	compare(c, at, "counter-pages-shared", NUMBER_SHARED, none, shared);
	compare(c, at, "counter-pages-shared-and-sharing", NUMBER_STABLE, none, shared + sharing);
	if (!c->h->patched)
		return;
	if (counter(c, i, "stable_node_chains", &value) == 0)
		compare(c, at, "counter-stable-node-chains", NUMBER_CHAINS, none, value);
	if (counter(c, i, "stable_node_dups", &value) == 0)
		compare(c, at, "counter-stable-node-dups", NUMBER_DUPS, none, value);
}

static void check_process(struct checking *c, uint32_t i, const struct history_sample *at)
{
	struct moment when = moment_at(at->end);
	union row row;
	struct ref mm;
	int64_t merging;

	if (counter(c, i, "ksm_merging_pages", &merging) != 0 ||
	    history_find_pid(c->h, at->tgid, when, &mm) != 0 ||
	    history_row(c->h, mm, when, &row) != 0 || row.mm.tgid_doubtful)
		return;
	/* An mm that entered KSM under our eyes had nothing merged before. */
	if (row.mm.origin != MM_FOUND && c->complete_from == NEVER) {
		c->complete_from = row.fact.born;
		compare(c, at, "counter-merging-pages", NUMBER_MERGING, mm, merging);
		c->complete_from = NEVER;
		return;
	}
	compare(c, at, "counter-merging-pages", NUMBER_MERGING, mm, merging);
}

static void check_dumps(struct checking *c, uint64_t *at, uint64_t upto)
{
	for (; *at < c->h->findings.nr; ++*at) {
		const struct stored_finding *stored = pool_at(&c->h->findings, *at);

		if (stored->event > upto)
			return;
		if (stored->id == FINDING_DUMP_CHAINS)	/* told by complete dumps only */
			c->complete_from = stored->event;
		tell(c, finding_of(c->h, stored));
	}
}

int history_check(const struct history *h, finding_fn fn, void *arg)
{
	struct checking c = { .h = h, .fn = fn, .arg = arg, .complete_from = NEVER, .first_scans = -1 };
	uint64_t dumped = 0;

	for (uint32_t i = 0; i < h->samples.nr && c.ret == 0; i++) {
		const struct history_sample *at = pool_at(&h->samples, i);

		check_dumps(&c, &dumped, at->end);
		if (at->end < h->segments[0]->base)
			continue;
		if (at->kind == SAMPLE_KSM)
			check_ksm(&c, i, at);
		else if (at->kind == SAMPLE_PROCESS)
			check_process(&c, i, at);
	}
	check_dumps(&c, &dumped, UINT64_MAX);
	return c.ret;
}
