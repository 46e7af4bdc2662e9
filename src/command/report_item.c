// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_item.c - what the sections of `ksmtop report` have in common.
 *
 * Every section tells its things as JSON items under its own name, and some stand beside the last sample
 * that was complete by the moment: a sample says when it was taken, never that it still holds.
 *
 * Which sections there are, and in which order, is report.c's.
 */
#include <errno.h>
#include <json-c/json.h>

#include "fields_json.h"
#include "report.h"

void report_item(struct query *query, const char *section, const struct fields *fields)
{
	struct json_object *item = json_object_new_object();
	struct json_object *rest = fields_json(fields);

	json_object_object_add(item, "section", json_object_new_string(section));
	json_object_object_foreach(rest, key, value)
		json_object_object_add(item, key, json_object_get(value));
	json_object_put(rest);
	answer_item(query, item);
}

int report_last_sample(const struct query *query, enum sample_kind kind, int32_t pid,
		       struct history_sample *ret_place, struct sample *ret_sample)
{
	int index = history_sample_before(query->history, (uint16_t)kind, pid, query->when.t);

	if (index < 0 || history_sample(query->history, (uint32_t)index, ret_place))
		return -ENOENT;
	return recording_sample(query->recording, ret_place->index, ret_sample);
}
