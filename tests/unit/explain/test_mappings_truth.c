// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_mappings_truth.c - the lab's recordings: where pages are mapped at the end, as the lab itself saw.
 *
 * A truth file lists (pid, address, pfn) as the scenario read them from /proc/PID/pagemap when all was
 * over; pfn 0 means that the page was no longer there.  Each must be a row of the history with that
 * pfn, whether it was sampled, traced by a walk or by recovery, or inferred; and where the page is
 * gone no row may claim it for certain.
 *
 * walk-fork-address is not among them: two of its processes were there before the recording, are in
 * no sample, and the walks by address never come to them.
 */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "walk_story.h"

static const char *traces;

static bool find_row(const struct history *h, int32_t pid, uint64_t address, union row *ret)
{
	struct history_cursor cursor;

	assert_int_equal(history_list(h, ALL_MAPPINGS, (struct ref){ 0 }, moment_at(history_last(h)),
				      &cursor), 0);
	while (history_next(&cursor, ret) == 1)
		if (ret->mapping.tgid == pid && ret->mapping.address == address)
			return true;
	return false;
}

static uint64_t number(struct json_object *object, const char *key)
{
	return strtoull(json_object_get_string(json_object_object_get(object, key)), NULL, 0);
}

/* Returns how many were compared. */
static uint32_t compare(const char *name, uint32_t *ret_traced)
{
	char path[4096];
	struct json_object *truth, *mappings;
	struct recording *recording;
	const struct history *h;
	uint32_t nr = 0;

	snprintf(path, sizeof(path), "%s/%s.truth.json", traces, name);
	truth = json_object_from_file(path);
	snprintf(path, sizeof(path), "%s/%s.dat", traces, name);
	recording = recording_open_whole(path);
	assert_non_null(truth);
	assert_non_null(recording);
	h = written_source(recording).history;
	mappings = json_object_object_get(truth, "mappings");
	for (size_t i = 0; i < json_object_array_length(mappings); i++) {
		struct json_object *m = json_object_array_get_idx(mappings, i);
		int32_t pid = (int32_t)number(m, "pid");
		uint64_t address = number(m, "address"), pfn = number(m, "pfn");
		union row row;
		bool is_there;

		if (strcmp(json_object_get_string(json_object_object_get(m, "when")), "after"))
			continue;
		is_there = find_row(h, pid, address, &row);
		if (pfn && (!is_there || row.mapping.pfn != pfn))
			fail_msg("%s: pid %d at %llx: %s", name, pid, (unsigned long long)address,
				 is_there ? "another pfn" : "no row");
		if (!pfn && is_there && row.fact.doubt == DOUBT_NONE)
			fail_msg("%s: pid %d at %llx is gone", name, pid, (unsigned long long)address);
		*ret_traced += is_there && row.fact.evidence == EVIDENCE_TRACED;
		nr++;
	}
	json_object_put(truth);
	recording_close(recording);
	return nr;
}

static void at_the_end(void **state)
{
	static const char *const names[] = {
		"poison-alloc-fails", "poison-copy-fails", "poison-fork", "poison-kill", "poison-no-dup",
		"poison-recover", "poison-search-17161", "walk-20k-2-linear",
		"walk-fork-linear", "walk-fork-whole", "walk-mremap-address", "walk-mremap-linear",
		"walk-mremap-whole",
	};
	uint32_t nr = 0, nr_traced = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		nr += compare(names[i], &nr_traced);
	print_message("%u mappings, of which %u are traced\n", nr, nr_traced);
	assert_true(nr > 60);
	assert_true(nr_traced > 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(at_the_end) };

	if (argc != 2)
		return 1;
	traces = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
