/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * truth_file.h - what a scenario wrote down as it went, from sources of its own: TRACES/NAME.truth.json.
 */
#ifndef KSMTOP_TEST_TRUTH_FILE_H
#define KSMTOP_TEST_TRUTH_FILE_H

#include <json-c/json.h>

#include "explore.h"

static inline struct json_object *open_truth(const char *name)
{
	struct json_object *truth;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.truth.json", traces_folder(), name);
	truth = json_object_from_file(path);
	assert_non_null(truth);
	return truth;
}

static inline int64_t number_of(struct json_object *object, const char *name)
{
	return json_object_get_int64(json_object_object_get(object, name));
}

#endif /* KSMTOP_TEST_TRUTH_FILE_H */
