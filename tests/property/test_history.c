// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_history.c - properties that every history has, on random storms.
 *
 * The history is compared with itself: with one that was fed less, or otherwise, and with a plain
 * recount of its own rows.  What is compared is everything that the public interface shows at a
 * moment: every row of every list, the lists of every object, and the counters.
 *
 * KSMTOP_SEED repeats one storm (the seed is printed when a property fails), KSMTOP_STORMS sets how
 * many there are.
 */
#include <assert.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "storm.h"
#include "trace/diag.h"

static uint64_t first_seed = 1;
static uint32_t nr_storms = 24;

#define STORM_EVENTS 700

/* ---- a picture of one moment ---- */
struct picture {
	union row *rows;
	uint32_t *relations;
	uint32_t nr, room;
	struct history_counters counters;
};

static void picture_add(struct picture *picture, uint32_t relation, const union row *row)
{
	if (picture->nr == picture->room) {
		picture->room = picture->room ? picture->room * 2 : 256;
		picture->rows = realloc(picture->rows, picture->room * sizeof(*picture->rows));
		picture->relations = realloc(picture->relations,
					     picture->room * sizeof(*picture->relations));
		assert(picture->rows && picture->relations);
	}
	picture->relations[picture->nr] = relation;
	picture->rows[picture->nr++] = *row;
}

static void picture_list(struct picture *picture, const struct history *h, enum relation relation,
			 struct ref parent, struct moment when)
{
	struct history_cursor cursor;
	union row row;

	assert_int_equal(history_list(h, relation, parent, when, &cursor), 0);
	while (history_next(&cursor, &row) == 1)
		picture_add(picture, relation, &row);
}

static void picture_parents(struct picture *picture, const struct history *h, enum relation relation,
			    enum table table, struct moment when)
{
	uint32_t nr = picture->nr;

	for (uint32_t i = 0; i < nr; i++)
		if (picture->rows[i].any.ref.table == table && picture->relations[i] <= ALL_EPISODES)
			picture_list(picture, h, relation, picture->rows[i].any.ref, when);
}

static struct picture picture_take(const struct history *h, struct moment when)
{
	struct picture picture = { 0 };

	for (enum relation relation = ALL_MMS; relation <= ALL_EPISODES; relation++)
		picture_list(&picture, h, relation, (struct ref){ 0 }, when);
	picture_parents(&picture, h, ITEMS_OF_NODE, TABLE_NODE, when);
	picture_parents(&picture, h, MAPPINGS_OF_NODE, TABLE_NODE, when);
	picture_parents(&picture, h, DUPS_OF_CHAIN, TABLE_NODE, when);
	picture_parents(&picture, h, ITEMS_OF_MM, TABLE_MM, when);
	picture_parents(&picture, h, MAPPINGS_OF_MM, TABLE_MM, when);
	picture_parents(&picture, h, VMAS_OF_MM, TABLE_MM, when);
	picture_parents(&picture, h, VMAS_OF_ANON_VMA, TABLE_ANON_VMA, when);
	picture_parents(&picture, h, ITEMS_OF_ANON_VMA, TABLE_ANON_VMA, when);
	history_counters(h, when, &picture.counters);
	return picture;
}

static void picture_free(struct picture *picture)
{
	free(picture->rows);
	free(picture->relations);
}

static void print_row(const char *what, const union row *row)
{
	fprintf(stderr, "  %s table %u id %x born %llu died %lld known %llu confirmed %llu %c doubt %u\n",
		what, row->any.ref.table, row->any.ref.id, (unsigned long long)row->fact.born,
		(long long)row->fact.died, (unsigned long long)row->fact.known,
		(unsigned long long)row->fact.confirmed, row->fact.evidence, row->fact.doubt);
}

static void pictures_equal(const struct picture *a, const struct picture *b, const char *what)
{
	uint32_t nr = a->nr < b->nr ? a->nr : b->nr;

	for (uint32_t i = 0; i < nr; i++) {
		if (a->relations[i] == b->relations[i] &&
		    !memcmp(&a->rows[i], &b->rows[i], sizeof(union row)))
			continue;
		fprintf(stderr, "%s: row %u of relations %u, %u\n", what, i, a->relations[i],
			b->relations[i]);
		print_row("one  ", &a->rows[i]);
		print_row("other", &b->rows[i]);
		fail();
	}
	if (a->nr != b->nr) {
		fprintf(stderr, "%s: %u rows, %u rows\n", what, a->nr, b->nr);
		print_row("first too many", a->nr > nr ? &a->rows[nr] : &b->rows[nr]);
		fail();
	}
	if (memcmp(&a->counters, &b->counters, sizeof(a->counters))) {
		fprintf(stderr, "%s: counters differ\n", what);
		for (unsigned i = 0; i < sizeof(a->counters) / 8; i++)
			fprintf(stderr, " %lld/%lld", ((const long long *)&a->counters)[i],
				((const long long *)&b->counters)[i]);
		fail();
	}
}

/* Prints what only one of them has; both are sorted by relation and bytes. */
static void print_differences(const struct picture *a, const struct picture *b)
{
	for (uint32_t i = 0, j = 0; i < a->nr || j < b->nr;) {
		int order = i == a->nr ? 1 : j == b->nr ? -1 :
			    (int)a->relations[i] - (int)b->relations[j];

		if (order == 0)
			order = memcmp(&a->rows[i], &b->rows[j], sizeof(union row));
		if (order < 0)
			print_row("only one  ", &a->rows[i]);
		if (order > 0)
			print_row("only other", &b->rows[j]);
		i += order <= 0;
		j += order >= 0;
	}
}

/* ---- storms ---- */
static struct history *build(const struct storm *storm, uint64_t last, uint64_t batch_seed)
{
	struct history_options options = { .stock = !storm->patched };
	struct history *h;

	assert_int_equal(history_new(&options, &h), 0);
	assert_int_equal(storm_feed(storm, h, 0, last, batch_seed), 0);
	assert_int_equal(history_last(h), last);
	return h;
}

typedef void (*property_fn)(const struct storm *storm, const struct history *h, uint64_t *rng);

static uint64_t some_moment(const struct history *h, uint64_t *rng)
{
	return storm_random(rng) % (history_last(h) + 1);
}

static void for_storms(property_fn property)
{
	for (uint32_t i = 0; i < nr_storms; i++) {
		uint64_t seed = first_seed + i, rng = seed * 77;
		struct storm *storm = storm_new(seed, STORM_EVENTS, seed % 2, seed % 4 >= 2);
		struct history *h = build(storm, storm->nr_events, 0);

		fprintf(stderr, "\rKSMTOP_SEED=%llu ", (unsigned long long)seed);
		property(storm, h, &rng);
		history_free(h);
		storm_free(storm);
	}
	fprintf(stderr, "\r");
}

/* ---- properties ---- */
static void query_equals_rebuild(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	for (unsigned i = 0; i < 12; i++) {
		uint64_t t = some_moment(h, rng);
		struct history *upto = build(storm, t, storm_random(rng));
		struct picture a = picture_take(h, moment_at(t)), b = picture_take(upto, moment_at(t));

		pictures_equal(&a, &b, "all of it, rebuilt up to t");
		picture_free(&a);
		picture_free(&b);
		history_free(upto);
	}
}

static void batches_do_not_matter(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	struct history *other = build(storm, storm->nr_events, 1 + storm_random(rng));

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

static void counters_equal_recounts(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	(void)storm;
	for (unsigned i = 0; i < 16; i++) {
		uint64_t t = some_moment(h, rng);
		struct moment when = i % 2 ? moment_at(t) : moment_hindsight(t);
		struct picture all = picture_take(h, when);
		struct history_counters n = { 0 };

		for (uint32_t r = 0; r < all.nr; r++) {
			const union row *row = &all.rows[r];
			bool doubtful = row->fact.doubt != DOUBT_NONE;

			if (all.relations[r] > ALL_EPISODES)
				continue;
			switch (row->any.ref.table) {
			case TABLE_MM: n.nr_mms++; break;
			case TABLE_VMA: n.nr_vmas++; break;
			case TABLE_ANON_VMA: n.nr_anon_vmas++; break;
			case TABLE_NODE:
				n.nr_nodes += row->node.kind != NODE_CHAIN;
				n.nr_chains += row->node.kind == NODE_CHAIN;
				n.nr_dups += row->node.kind == NODE_DUP;
				n.nr_doubtful_nodes += doubtful;
				break;
			case TABLE_ITEM:
				n.nr_stable_items += row->item.state == ITEM_STABLE;
				n.nr_unstable_items += row->item.state == ITEM_UNSTABLE;
				n.nr_new_items += row->item.state == ITEM_NEW;
				n.nr_doubtful_items += doubtful;
				break;
			case TABLE_MAPPING:
				n.nr_mappings++;
				n.nr_doubtful_mappings += doubtful;
				break;
			default: break;
			}
		}
		assert_int_equal(n.nr_mms, all.counters.nr_mms);
		assert_int_equal(n.nr_nodes, all.counters.nr_nodes);
		assert_int_equal(n.nr_chains, all.counters.nr_chains);
		assert_int_equal(n.nr_dups, all.counters.nr_dups);
		assert_int_equal(n.nr_vmas, all.counters.nr_vmas);
		assert_int_equal(n.nr_anon_vmas, all.counters.nr_anon_vmas);
		assert_int_equal(n.nr_stable_items, all.counters.nr_stable_items);
		assert_int_equal(n.nr_unstable_items, all.counters.nr_unstable_items);
		assert_int_equal(n.nr_new_items, all.counters.nr_new_items);
		assert_int_equal(n.nr_mappings, all.counters.nr_mappings);
		assert_int_equal(n.nr_doubtful_nodes, all.counters.nr_doubtful_nodes);
		assert_int_equal(n.nr_doubtful_items, all.counters.nr_doubtful_items);
		assert_int_equal(n.nr_doubtful_mappings, all.counters.nr_doubtful_mappings);
		for (uint32_t r = 0; r < all.nr; r++) {
			struct history_mm_counters mm;
			uint64_t nr;

			if (all.relations[r] != ALL_MMS)
				continue;
			assert_int_equal(history_count(h, ITEMS_OF_MM, all.rows[r].any.ref, when, &nr,
						       &(uint64_t){ 0 }), 0);
			assert_int_equal(history_mm_counters(h, all.rows[r].any.ref, when, &mm), 0);
			if (i % 2)
				assert_int_equal(nr, mm.nr_items);
		}
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
	if (change->died)
		assert_true(i < alive->nr || change->born || true);
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

/* ---- segments: what is retained answers as one history fed at once ---- */
/* Refs name a segment, addresses do not.  Generations and numbers count what a seam forgets. */
static void number_ref(const struct history *h, struct ref *ref, struct moment when)
{
	union row row;

	if (ref_is_none(*ref) || ref->table == TABLE_MAPPING || ref->table == TABLE_EPISODE) {
		*ref = (struct ref){ .table = ref->table };
		return;
	}
	if (history_row(h, *ref, when, &row) != 0) {
		*ref = (struct ref){ 0 };	/* gone by then: a seam may have forgotten it */
		return;
	}
	/* Every named row has its name at the same place. */
	ref->id = (uint32_t)(row.node.name.addr ^ row.node.kpfn * (ref->table == TABLE_NODE));
	ref->segment = 0;
}

static void without_refs(const struct history *h, union row *row, struct moment when)
{
	enum table table = row->any.ref.table;

	number_ref(h, &row->any.ref, when);
	switch (table) {
	case TABLE_MM:
		number_ref(h, &row->mm.parent, when);
		row->mm.name.generation = row->mm.name.number = 0;
		break;
	case TABLE_NODE:
		number_ref(h, &row->node.chain, when);
		row->node.name.generation = row->node.name.number = 0;
		break;
	case TABLE_ITEM:
		number_ref(h, &row->item.mm, when);
		number_ref(h, &row->item.node, when);
		number_ref(h, &row->item.anon_vma, when);
		row->item.name.generation = row->item.name.number = 0;
		break;
	case TABLE_MAPPING:
		number_ref(h, &row->mapping.mm, when);
		number_ref(h, &row->mapping.node, when);
		break;
	case TABLE_ANON_VMA:
		number_ref(h, &row->anon_vma.root, when);
		number_ref(h, &row->anon_vma.parent, when);
		row->anon_vma.name.generation = row->anon_vma.name.number = 0;
		break;
	case TABLE_VMA:
		number_ref(h, &row->vma.anon_vma, when);
		number_ref(h, &row->vma.mm, when);
		row->vma.name.generation = row->vma.name.number = 0;
		break;
	case TABLE_PAGE:
		number_ref(h, &row->page.node, when);
		row->page.name.generation = row->page.name.number = 0;
		break;
	default:
		break;
	}
}

static int by_bytes(const void *a, const void *b) { return memcmp(a, b, sizeof(union row)); }

/* As a set for each relation: the order of equal keys may differ behind a seam. */
static struct picture picture_plain(const struct history *h, struct moment when)
{
	struct picture picture = picture_take(h, when);
	uint32_t first = 0;

	for (uint32_t i = 0; i < picture.nr; i++)
		without_refs(h, &picture.rows[i], when);
	for (uint32_t i = 1; i <= picture.nr; i++) {
		if (i < picture.nr && picture.relations[i] == picture.relations[first])
			continue;
		qsort(&picture.rows[first], i - first, sizeof(union row), by_bytes);
		first = i;
	}
	/* Totals of events count what is retained. */
	picture.counters.nr_merges = picture.counters.nr_merge_failures = 0;
	picture.counters.nr_removals = 0;
	return picture;
}

static void segments_answer_like_one(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	struct history_options options = {
		.stock = !storm->patched, .segment_events = 60 + (uint32_t)(storm_random(rng) % 200),
		.keep_segments = (uint32_t)(storm_random(rng) % 4),
	};
	struct history *live;

	assert_int_equal(history_new(&options, &live), 0);
	assert_int_equal(storm_feed(storm, live, 0, storm->nr_events, 1 + storm_random(rng)), 0);
	for (unsigned i = 0; i < 10; i++) {
		uint64_t t = some_moment(h, rng);
		struct picture a, b;

		if (t < history_first(live)) {
			struct history_cursor cursor;

			if (t < history_first(live) - 1)
				assert_int_equal(history_list(live, ALL_ITEMS, (struct ref){ 0 },
							      moment_at(t), &cursor), -ESTALE);
			continue;
		}
		a = picture_plain(h, moment_at(t));
		b = picture_plain(live, moment_at(t));
		if (a.nr != b.nr || memcmp(a.rows, b.rows, a.nr * sizeof(*a.rows)))
			print_differences(&a, &b);
		pictures_equal(&a, &b, "one segment, many");
		picture_free(&a);
		picture_free(&b);
	}
	/* A ref taken in one segment is good in the next, or says that it is stale. */
	for (unsigned i = 0; i < 4; i++) {
		uint64_t t = history_first(live) + storm_random(rng) %
			     (history_last(live) - history_first(live) + 1);
		struct picture then = picture_take(live, moment_at(t));

		for (uint32_t r = 0; r < then.nr; r++) {
			union row row;
			int ret = history_row(live, then.rows[r].any.ref, moment_at(history_last(live)),
					      &row);

			assert_true(ret == 0 || ret == -ENOENT || ret == -ESTALE);
			if (ret == 0)
				assert_true(ref_equal(row.any.ref, then.rows[r].any.ref));
		}
		picture_free(&then);
	}
	history_free(live);
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

static int count_findings(const struct finding *finding, void *arg)
{
	assert_non_null(finding->why);
	assert_true(finding->severity <= 2);
	assert_true((finding->severity == 0) == (finding->expected == finding->found));
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

#define PROPERTY(name) static void test_##name(void **state) { (void)state; for_storms(name); }
PROPERTY(segments_answer_like_one)
PROPERTY(stabbing_is_filtering)
PROPERTY(query_equals_rebuild)
PROPERTY(batches_do_not_matter)
PROPERTY(hindsight_only_helps)
PROPERTY(back_is_like_forward)
PROPERTY(counters_equal_recounts)
PROPERTY(changes_lead_from_a_to_b)
PROPERTY(touches_go_both_ways)
PROPERTY(a_saved_history_is_the_same)
PROPERTY(checking_is_total)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segments_answer_like_one),
		cmocka_unit_test(test_stabbing_is_filtering),
		cmocka_unit_test(test_query_equals_rebuild),
		cmocka_unit_test(test_batches_do_not_matter),
		cmocka_unit_test(test_hindsight_only_helps),
		cmocka_unit_test(test_back_is_like_forward),
		cmocka_unit_test(test_counters_equal_recounts),
		cmocka_unit_test(test_changes_lead_from_a_to_b),
		cmocka_unit_test(test_touches_go_both_ways),
		cmocka_unit_test(test_a_saved_history_is_the_same),
		cmocka_unit_test(test_checking_is_total),
	};

	if (getenv("KSMTOP_SEED")) {
		first_seed = strtoull(getenv("KSMTOP_SEED"), NULL, 10);
		nr_storms = 1;
	}
	if (getenv("KSMTOP_STORMS"))
		nr_storms = (uint32_t)strtoul(getenv("KSMTOP_STORMS"), NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
