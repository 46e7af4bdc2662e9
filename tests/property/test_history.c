// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_history.c - properties that every history has, on random storms.
 *
 * The history is compared with itself: with one that was fed less, or otherwise, and with a plain
 * recount of its own rows.  What is compared is everything that the public interface shows at a
 * moment (picture.h).
 *
 * Not here: histories of several segments (test_segments.c), gaps (test_loss.c).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "picture.h"
#include "trace/diag.h"

static uint64_t nr_certain;

static void query_equals_rebuild(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	for (unsigned i = 0; i < 12; i++) {
		uint64_t t = some_moment(h, rng);
		struct history *upto = storm_build(storm, t, storm_random(rng));
		struct picture a = picture_take(h, moment_at(t)), b = picture_take(upto, moment_at(t));

		pictures_equal(&a, &b, "all of it, rebuilt up to t");
		picture_free(&a);
		picture_free(&b);
		history_free(upto);
	}
}

static void batches_do_not_matter(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	struct history *other = storm_build(storm, storm->nr_events, 1 + storm_random(rng));

	for (unsigned i = 0; i < 8; i++) {
		uint64_t t = some_moment(h, rng);
		struct moment when = i % 2 ? moment_at(t) : moment_hindsight(t);
		struct picture a = picture_take(h, when), b = picture_take(other, when);

		pictures_equal(&a, &b, "one batch, many batches");
		picture_free(&a);
		picture_free(&b);
	}
	history_free(other);
}

/* With hindsight nothing that was certain changes, and nothing becomes doubtful. */
static void hindsight_only_helps(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	(void)storm;
	for (unsigned i = 0; i < 12; i++) {
		uint64_t t = some_moment(h, rng);
		struct picture then = picture_take(h, moment_at(t));

		for (uint32_t r = 0; r < then.nr; r++) {
			const union row *a = &then.rows[r];
			union row b;

			if (a->any.ref.table == TABLE_EPISODE)
				continue;
			assert_int_equal(history_row(h, a->any.ref, moment_hindsight(t), &b), 0);
			assert_int_equal(a->fact.born, b.fact.born);
			assert_int_equal(a->fact.evidence, b.fact.evidence);
			if (a->fact.doubt == DOUBT_NONE && b.fact.doubt != DOUBT_NONE) {
				print_row("then     ", a);
				print_row("hindsight", &b);
				fprintf(stderr, "at %llu\n", (unsigned long long)t);
				fail();
			}
			if (a->any.ref.table == TABLE_ITEM)
				assert_true(ref_equal(a->item.node, b.item.node));
		}
		picture_free(&then);
	}
}

/* How many rows the list has; NEVER: there may be more, or one of them is doubtful. */
static uint64_t certain_count(const struct history *h, enum relation relation, struct ref parent,
			      struct moment when)
{
	struct picture rows = { 0 };
	uint64_t nr;

	if (!history_is_whole(h, relation, parent, when))
		return NEVER;
	picture_list(&rows, h, relation, parent, when);
	nr = rows.nr;
	for (uint32_t r = 0; r < rows.nr; r++)
		nr = rows.rows[r].fact.doubt == DOUBT_NONE ? nr : NEVER;
	picture_free(&rows);
	return nr;
}

static void count_stays(const struct history *h, enum relation relation, struct ref parent, uint64_t t)
{
	uint64_t then = certain_count(h, relation, parent, moment_at(t)), later;

	if (then == NEVER)
		return;
	later = certain_count(h, relation, parent, moment_hindsight(t));
	if (then != later) {
		fprintf(stderr, "relation %u of %u:%x at %llu: %lld, with hindsight %lld\n", relation, parent.table,
			parent.id, (unsigned long long)t, (long long)then, (long long)later);
		fail();
	}
	nr_certain++;
}

/* How many there are stays as it was, too, where it was certain: none, or so many. */
static void certain_counts_stay(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	static const struct { enum table table; enum relation relation; } of[] = {
		{ TABLE_MM, ITEMS_OF_MM }, { TABLE_MM, MAPPINGS_OF_MM }, { TABLE_MM, VMAS_OF_MM },
		{ TABLE_NODE, ITEMS_OF_NODE }, { TABLE_NODE, MAPPINGS_OF_NODE }, { TABLE_NODE, DUPS_OF_CHAIN },
		{ TABLE_ANON_VMA, VMAS_OF_ANON_VMA }, { TABLE_ANON_VMA, ITEMS_OF_ANON_VMA },
	};

	(void)storm;
	for (unsigned i = 0; i < 12; i++) {
		uint64_t t = some_moment(h, rng);
		struct picture then = picture_take(h, moment_at(t));

		for (enum relation relation = ALL_MMS; relation < ALL_EPISODES; relation++)
			count_stays(h, relation, (struct ref){ 0 }, t);
		for (uint32_t r = 0; r < then.nr; r++)
			for (unsigned n = 0; n < sizeof(of) / sizeof(*of); n++)
				if (then.relations[r] < ALL_EPISODES &&
				    then.rows[r].any.ref.table == of[n].table)
					count_stays(h, of[n].relation, then.rows[r].any.ref, t);
		picture_free(&then);
	}
}

static void test_certain_counts_stay(void **state)
{
	(void)state;
	for_storms(certain_counts_stay);
	assert_true(nr_certain > 0);
}

static void back_is_like_forward(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	(void)storm;
	for (unsigned i = 0; i < 6; i++) {
		uint64_t t = some_moment(h, rng);

		for (enum relation relation = ALL_MMS; relation <= ALL_EPISODES; relation++) {
			struct picture rows = { 0 };
			struct history_cursor cursor;
			union row row;

			picture_list(&rows, h, relation, (struct ref){ 0 }, moment_at(t));
			assert_int_equal(history_list(h, relation, (struct ref){ 0 }, moment_at(t),
						      &cursor), 0);
			history_seek_end(&cursor);
			for (uint32_t r = rows.nr; r > 0; r--) {
				assert_int_equal(history_prev(&cursor, &row), 1);
				assert_memory_equal(&row, &rows.rows[r - 1], sizeof(row));
			}
			assert_int_equal(history_prev(&cursor, &row), 0);
			for (uint32_t r = 0; r < rows.nr; r++) {
				assert_int_equal(history_seek(&cursor, rows.rows[r].any.ref), 0);
				assert_int_equal(history_next(&cursor, &row), 1);
				assert_memory_equal(&row, &rows.rows[r], sizeof(row));
			}
			picture_free(&rows);
		}
	}
}

/* One of which it is known that it has no items: empty.c. */
static bool is_empty(const struct history *h, const struct node_row *node)
{
	if (node->nr_items || node->kind == NODE_CHAIN)
		return false;
	return history_is_patched(h) ? node->kind != NODE_UNKNOWN : node->fact.born != 0;
}

static void recount(const struct history *h, const union row *row, struct history_counters *n)
{
	bool doubtful = row->fact.doubt != DOUBT_NONE;

	switch (row->any.ref.table) {
	case TABLE_MM:
		n->nr_mms++;
		n->nr_doubtful_mms += doubtful;
		break;
	case TABLE_VMA: n->nr_vmas++; break;
	case TABLE_ANON_VMA: n->nr_anon_vmas++; break;
	case TABLE_NODE:
		n->nr_nodes += row->node.kind != NODE_CHAIN;
		n->nr_chains += row->node.kind == NODE_CHAIN;
		n->nr_dups += row->node.kind == NODE_DUP;
		n->nr_nodes_empty += is_empty(h, &row->node);
		n->nr_doubtful_nodes += doubtful;
		break;
	case TABLE_ITEM:
		n->nr_stable_items += row->item.state == ITEM_STABLE;
		n->nr_unstable_items += row->item.state == ITEM_UNSTABLE;
		n->nr_new_items += row->item.state == ITEM_NEW;
		n->nr_doubtful_items += doubtful;
		break;
	case TABLE_MAPPING:
		n->nr_mappings++;
		n->nr_doubtful_mappings += doubtful;
		break;
	default: break;
	}
}

static void expect_counters(const struct history_counters *n, const struct history_counters *all)
{
	assert_int_equal(n->nr_mms, all->nr_mms);
	assert_int_equal(n->nr_nodes, all->nr_nodes);
	assert_int_equal(n->nr_chains, all->nr_chains);
	assert_int_equal(n->nr_dups, all->nr_dups);
	assert_int_equal(n->nr_nodes_empty, all->nr_nodes_empty);
	assert_int_equal(n->nr_vmas, all->nr_vmas);
	assert_int_equal(n->nr_anon_vmas, all->nr_anon_vmas);
	assert_int_equal(n->nr_stable_items, all->nr_stable_items);
	assert_int_equal(n->nr_unstable_items, all->nr_unstable_items);
	assert_int_equal(n->nr_new_items, all->nr_new_items);
	assert_int_equal(n->nr_mappings, all->nr_mappings);
	assert_int_equal(n->nr_doubtful_nodes, all->nr_doubtful_nodes);
	assert_int_equal(n->nr_doubtful_mms, all->nr_doubtful_mms);
	assert_int_equal(n->nr_doubtful_items, all->nr_doubtful_items);
	assert_int_equal(n->nr_doubtful_mappings, all->nr_doubtful_mappings);
}

static void expect_mm_counters(const struct history *h, struct ref mm, struct moment when)
{
	struct history_mm_counters counters;
	uint64_t nr;

	assert_int_equal(history_count(h, ITEMS_OF_MM, mm, when, &nr, &(uint64_t){ 0 }), 0);
	assert_int_equal(history_mm_counters(h, mm, when, &counters), 0);
	assert_int_equal(nr, counters.nr_items);
}

static void counters_equal_recounts(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	(void)storm;
	for (unsigned i = 0; i < 16; i++) {
		uint64_t t = some_moment(h, rng);
		struct moment when = i % 2 ? moment_at(t) : moment_hindsight(t);
		struct picture all = picture_take(h, when);
		struct history_counters n = { 0 };

		for (uint32_t r = 0; r < all.nr; r++)
			if (all.relations[r] <= ALL_EPISODES)
				recount(h, &all.rows[r], &n);
		expect_counters(&n, &all.counters);
		for (uint32_t r = 0; r < all.nr; r++)
			if (all.relations[r] == ALL_MMS)
				expect_mm_counters(h, all.rows[r].any.ref, when);
		picture_free(&all);
	}
}

/* ---- changes: what was there at a, and the changes since, is what is there at b ---- */
struct alive { struct ref refs[4096]; uint32_t nr; uint64_t event; };

static int apply_change(const struct history_change *change, void *arg)
{
	struct alive *alive = arg;
	uint32_t i = 0;

	assert_true(change->event >= alive->event);
	alive->event = change->event;
	while (i < alive->nr && !ref_equal(alive->refs[i], change->ref))
		i++;
	if (change->born && i == alive->nr && alive->nr < 4096)
		alive->refs[alive->nr++] = change->ref;
	if (change->died && !change->born && i < alive->nr)
		alive->refs[i] = alive->refs[--alive->nr];
	return 0;
}

static void changes_lead_from_a_to_b(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	(void)storm;
	for (unsigned i = 0; i < 8; i++) {
		uint64_t a = some_moment(h, rng), b = some_moment(h, rng);
		struct alive *alive = calloc(1, sizeof(*alive));
		struct picture now;
		uint32_t nr = 0;

		if (a > b) {
			uint64_t swap = a;

			a = b;
			b = swap;
		}
		now = picture_take(h, moment_at(a));
		for (uint32_t r = 0; r < now.nr; r++)
			if (now.relations[r] < ALL_EPISODES)
				alive->refs[alive->nr++] = now.rows[r].any.ref;
		picture_free(&now);
		assert_int_equal(history_changes(h, a, b, apply_change, alive), 0);
		now = picture_take(h, moment_at(b));
		for (uint32_t r = 0; r < now.nr; r++) {
			uint32_t k = 0;

			if (now.relations[r] >= ALL_EPISODES)
				continue;
			nr++;
			while (k < alive->nr && !ref_equal(alive->refs[k], now.rows[r].any.ref))
				k++;
			if (k == alive->nr) {
				print_row("not told", &now.rows[r]);
				fprintf(stderr, "between %llu and %llu\n", (unsigned long long)a,
					(unsigned long long)b);
				fail();
			}
		}
		assert_int_equal(nr, alive->nr);
		picture_free(&now);
		free(alive);
	}
}

/* Stepping along an object's touches meets its row's ends, and the same events backwards. */
static void touches_go_both_ways(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	struct picture all = picture_take(h, moment_at(some_moment(h, rng)));

	(void)storm;
	for (uint32_t r = 0; r < all.nr && r < 60; r++) {
		struct ref ref = all.rows[r].any.ref;
		uint64_t events[2048], t = 0, nr = 0;

		while ((t = history_touch(h, ref, t, 1)) != 0 && nr < 2048) {
			struct ref touched[64];
			uint32_t n = history_touched(h, t, touched, 64), i = 0;

			while (ref.table != TABLE_MAPPING && ref.table != TABLE_EPISODE && i < n &&
			       i < 64 && !ref_equal(touched[i], ref))
				i++;
			if (ref.table != TABLE_MAPPING && ref.table != TABLE_EPISODE && n < 64)
				assert_true(i < n || history_row(h, ref, moment_at(t), &all.rows[r]) != 0);
			assert_true(history_touches(h, ref, t));
			if (t > 1 && (!nr || events[nr - 1] != t - 1))
				assert_false(history_touches(h, ref, t - 1));
			events[nr++] = t;
		}
		for (t = history_last(h) + 1; nr > 0; nr--) {
			t = history_touch(h, ref, t, -1);
			assert_int_equal(t, events[nr - 1]);
		}
		assert_int_equal(history_touch(h, ref, t, -1), 0);
	}
	picture_free(&all);
}

static void a_saved_history_is_the_same(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	FILE *file = tmpfile();
	struct history *mapped;
	struct diag diag;
	uint64_t size;

	(void)storm;
	assert_int_equal(history_save((struct history *)h, fileno(file), 65536, &size), 0);
	assert_int_equal(history_map(fileno(file), 65536, size, &mapped, &diag), 0);
	for (unsigned i = 0; i < 4; i++) {
		uint64_t t = some_moment(h, rng);
		struct moment when = i % 2 ? moment_at(t) : moment_hindsight(t);
		struct picture a = picture_take(h, when), b = picture_take(mapped, when);

		pictures_equal(&a, &b, "built, mapped");
		picture_free(&a);
		picture_free(&b);
	}
	history_free(mapped);
	/* One byte changed anywhere, and it is refused or the same. */
	for (unsigned i = 0; i < 20; i++) {
		uint64_t at = 65536 + storm_random(rng) % size;
		char byte;

		assert_int_equal(pread(fileno(file), &byte, 1, (off_t)at), 1);
		byte ^= 1 << storm_random(rng) % 8;
		assert_int_equal(pwrite(fileno(file), &byte, 1, (off_t)at), 1);
		if (history_map(fileno(file), 65536, size, &mapped, &diag) == 0) {
			struct picture a = picture_take(h, moment_at(99));
			struct picture b = picture_take(mapped, moment_at(99));

			pictures_equal(&a, &b, "padding changed");
			picture_free(&a);
			picture_free(&b);
			history_free(mapped);
		}
		byte ^= 0;
	}
	fclose(file);
}

/* Asking an interval is what passing over all VMAs gives, in the same order. */
static void stabbing_is_filtering(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	(void)storm;
	for (unsigned i = 0; i < 6; i++) {
		struct moment when = moment_at(some_moment(h, rng));
		struct picture trees = { 0 };

		picture_list(&trees, h, ALL_ANON_VMAS, (struct ref){ 0 }, when);
		for (uint32_t r = 0; r < trees.nr; r++) {
			uint64_t first = 1 + storm_random(rng) % 70, last = first + storm_random(rng) % 9;
			struct history_cursor all, some;
			union row a, b;

			assert_int_equal(history_list(h, VMAS_OF_ANON_VMA, trees.rows[r].any.ref, when,
						      &all), 0);
			assert_int_equal(history_vmas_stab(h, trees.rows[r].any.ref, first, last, when,
							   &some), 0);
			while (history_next(&all, &a) == 1) {
				uint64_t end = a.vma.pgoff + ((a.vma.end - a.vma.start) >> 12) - 1;

				if (a.vma.pgoff > last || end < first)
					continue;
				assert_int_equal(history_next(&some, &b), 1);
				assert_memory_equal(&a, &b, sizeof(a));
			}
			assert_int_equal(history_next(&some, &b), 0);
		}
		picture_free(&trees);
	}
}

static uint64_t address_of(const union row *row)
{
	switch (row->any.ref.table) {
	case TABLE_MM: return row->mm.name.addr;
	case TABLE_NODE: return row->node.name.addr ? row->node.name.addr : row->node.kpfn;
	case TABLE_ITEM: return row->item.name.addr;
	case TABLE_ANON_VMA: return row->anon_vma.name.addr;
	case TABLE_VMA: return row->vma.name.addr;
	case TABLE_PAGE: return row->page.name.addr;
	default: return 0;
	}
}

/* An address and a generation name one object; a VMA is a row in each of its anon_vmas. */
static void addresses_are_found(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	(void)storm;
	for (unsigned i = 0; i < 6; i++) {
		struct moment when = moment_at(some_moment(h, rng));
		struct picture all = picture_take(h, when);

		for (uint32_t r = 0; r < all.nr; r++) {
			const union row *row = &all.rows[r];
			uint64_t addr = address_of(row);
			struct ref found;
			union row other;

			if (!addr)
				continue;
			assert_int_equal(history_find(h, row->any.ref.table, addr,
						      row->node.name.generation, when, &found), 0);
			if (row->any.ref.table != TABLE_VMA)
				assert_true(ref_equal(found, row->any.ref));
			assert_int_equal(history_find(h, row->any.ref.table, addr, 0, when, &found), 0);
			assert_int_equal(history_row(h, found, when, &other), 0);
			assert_int_equal(address_of(&other), addr);
		}
		picture_free(&all);
	}
}

static int count_node(const struct swept_node *node, void *arg)
{
	uint64_t *sums = arg;

	sums[0]++;
	sums[1] += node->kpfn * (node->kind + 1u);
	return 0;
}

static int count_item(const struct swept_item *item, void *arg)
{
	uint64_t *sums = arg;

	sums[2]++;
	sums[3] += item->node != NOT_SWEPT && item->mm != NOT_SWEPT;
	sums[4] += item->anon_vma != NOT_SWEPT;
	return 0;
}

static int count_vma(const struct swept_vma *vma, void *arg)
{
	uint64_t *sums = arg;

	sums[5]++;
	sums[6] += vma->mm != NOT_SWEPT;
	return 0;
}

/* Going past all rows meets those that lists have. */
static void sweeping_is_listing(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	(void)storm;
	for (unsigned i = 0; i < 6; i++) {
		uint64_t t = some_moment(h, rng), sums[7] = { 0 }, listed[7] = { 0 };
		struct moment when = i % 2 ? moment_at(t) : moment_hindsight(t);
		struct picture rows = { 0 };

		assert_int_equal(history_sweep_nodes(h, when, count_node, sums), 0);
		assert_int_equal(history_sweep_items(h, when, count_item, sums), 0);
		assert_int_equal(history_sweep_vmas(h, when, count_vma, sums), 0);
		picture_list(&rows, h, ALL_NODES, (struct ref){ 0 }, when);
		picture_list(&rows, h, ALL_ITEMS, (struct ref){ 0 }, when);
		picture_list(&rows, h, ALL_VMAS, (struct ref){ 0 }, when);
		for (uint32_t r = 0; r < rows.nr; r++) {
			const union row *row = &rows.rows[r];

			if (row->any.ref.table == TABLE_NODE) {
				listed[0]++;
				listed[1] += row->node.kpfn * (row->node.kind + 1u);
			} else if (row->any.ref.table == TABLE_VMA) {
				listed[5]++;
				listed[6] += !ref_is_none(row->vma.mm);
			} else if (row->item.state == ITEM_STABLE && !ref_is_none(row->item.node)) {
				listed[2]++;
				listed[3]++;
				listed[4] += !ref_is_none(row->item.anon_vma);
			}
		}
		assert_memory_equal(sums, listed, sizeof(sums));
		picture_free(&rows);
	}
}

static int count_findings(const struct finding *finding, void *arg)
{
	assert_non_null(finding->why);
	assert_true(finding->severity <= 2);
	/* A counter that was read while it changed agrees with a number that is not the one of its event. */
	assert_true((finding->severity == 0) == (strncmp(finding->why, "agrees", 6) == 0));
	assert_true(finding->severity == 0 || finding->expected != finding->found);
	++*(uint32_t *)arg;
	return 0;
}

static void checking_is_total(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	uint32_t nr = 0;

	(void)rng;
	assert_int_equal(history_check(h, count_findings, &nr), 0);
	assert_true(nr > 0 || storm->nr_samples == 0);
}

PROPERTY(stabbing_is_filtering)
PROPERTY(sweeping_is_listing)
PROPERTY(query_equals_rebuild)
PROPERTY(batches_do_not_matter)
PROPERTY(hindsight_only_helps)
PROPERTY(back_is_like_forward)
PROPERTY(counters_equal_recounts)
PROPERTY(changes_lead_from_a_to_b)
PROPERTY(touches_go_both_ways)
PROPERTY(a_saved_history_is_the_same)
PROPERTY(addresses_are_found)
PROPERTY(checking_is_total)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stabbing_is_filtering),
		cmocka_unit_test(test_sweeping_is_listing),
		cmocka_unit_test(test_query_equals_rebuild),
		cmocka_unit_test(test_batches_do_not_matter),
		cmocka_unit_test(test_hindsight_only_helps),
		cmocka_unit_test(test_certain_counts_stay),
		cmocka_unit_test(test_back_is_like_forward),
		cmocka_unit_test(test_counters_equal_recounts),
		cmocka_unit_test(test_changes_lead_from_a_to_b),
		cmocka_unit_test(test_touches_go_both_ways),
		cmocka_unit_test(test_a_saved_history_is_the_same),
		cmocka_unit_test(test_addresses_are_found),
		cmocka_unit_test(test_checking_is_total),
	};

	properties_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
