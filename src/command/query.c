// SPDX-License-Identifier: GPL-2.0-only
/*
 * query.c - opening a recording for a command, and the envelope of JSON answers.
 *
 * A command asks one question at one moment, so everything is loaded before the first answer; the
 * explorer, which must not wait, does its own loading.  While a long load runs and stderr is a
 * terminal, a percentage stands there and is wiped afterwards; nothing else is ever printed here.
 *
 * The answer's head says how much was lost in the whole recording, not up to the moment: it
 * qualifies the file.  What a loss did to the rows of the moment is in their `doubtful`.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "query.h"
#include "view/row_field.h"

#define LOAD_STEP_NS 100000000ull

static void show_progress(const struct recording *recording, bool *shown)
{
	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\rreading %3.0f %%", 100.0 * recording_progress(recording));
	*shown = true;
}

int query_load(struct query *query, const char *path, struct recording **ret_recording)
{
	struct recording_options options = {
		.no_cache = invocation_has(query->invocation, OPTION_NO_CACHE),
	};
	struct recording *recording;
	bool shown = false;
	int err;

	err = recording_open(path, &options, &recording, &query->diag);
	if (err)
		return err;
	while ((err = recording_load(recording, LOAD_STEP_NS, &query->diag)) > 0)
		show_progress(recording, &shown);
	if (shown)
		fputs("\r\033[K", stderr);
	if (err) {
		recording_close(recording);
		return err;
	}
	*ret_recording = recording;
	return 0;
}

int query_moment(struct query *query, const char *text, struct moment *ret_moment)
{
	uint64_t t;
	int err = recording_parse_moment(query->recording, text, query->absolute, &t, &query->diag);

	if (err)
		return err;
	*ret_moment = query->hindsight ? moment_hindsight(t) : moment_at(t);
	return 0;
}

/*
 * Damage must not look like an empty answer.  `report` and `doctor` tell it all themselves; the
 * others say that there is some, and refuse where nothing at all could be read.
 */
static int tell_damage(struct query *query)
{
	enum command_id id = query->invocation->command->id;
	uint32_t nr = recording_nr_damages(query->recording);
	char text[DIAG_TEXT_SIZE];

	if (nr == 0 || id == COMMAND_REPORT || id == COMMAND_DOCTOR)
		return 0;
	if (history_last(query->history) == 0) {
		query->diag = *recording_damage(query->recording, 0);
		return diag_wrap(&query->diag, "no event of this recording can be read");
	}
	fprintf(stderr, "ksmtop: %s%s\n",
		diag_text(recording_damage(query->recording, 0), text, sizeof(text)),
		nr > 1 ? "; ksmtop report has more of this kind" : "");
	return 0;
}

int query_open(struct query *query, const struct invocation *invocation, const char *path)
{
	const char *at = invocation_value(invocation, OPTION_AT);
	const char *filter = invocation_value(invocation, OPTION_FILTER);
	int err;

	*query = (struct query){
		.invocation = invocation,
		.json = invocation_has(invocation, OPTION_JSON),
		.plain = invocation_has(invocation, OPTION_PLAIN),
		.hindsight = invocation_has(invocation, OPTION_HINDSIGHT),
		.absolute = invocation_has(invocation, OPTION_ABSOLUTE),
	};
	if (filter) {
		err = event_filter_new(filter, &query->filter, &query->diag);
		if (err)
			return err;
	}
	err = query_load(query, path, &query->recording);
	if (err)
		return err;
	query->history = recording_history(query->recording);
	err = tell_damage(query);
	if (err)
		return err;
	return query_moment(query, at ? at : "end", &query->when);
}

void query_close(struct query *query)
{
	event_filter_free(query->filter);
	if (query->recording)
		recording_close(query->recording);
}

const char *query_name(const struct query *query, struct ref ref, char *buf, size_t size)
{
	buf[0] = 0;
	if (!ref_is_none(ref))
		recording_object_name(query->recording, ref, buf, size);
	return buf;
}

int query_check_filter(struct query *query, const char *whose, struct filter_names *names)
{
	int err = 0;

	if (query->filter && event_filter_events(query->filter)) {
		err = diag_set(&query->diag, -EINVAL, "%s is an event: it is about \"%.80s\"",
			       whose, event_filter_events(query->filter));
		diag_expected(&query->diag, "an expression without events and ':' in front");
	} else if (query->filter) {
		err = event_filter_check(query->filter, names, whose, &query->diag);
	}
	filter_names_fini(names);
	return err;
}

int query_page(struct query *query, const char *pfn, struct ref *ret_node)
{
	char text[64];
	union row row;
	struct ref ref = { 0 };
	int err;

	snprintf(text, sizeof(text), "pfn:%.40s", pfn);
	err = recording_parse_object(query->recording, text, query->when, &ref, &query->diag);
	if (err == 0 && ref.table == TABLE_PAGE) {
		err = history_row(query->history, ref, query->when, &row);
		ref = err ? (struct ref){ 0 } : row.page.node;
	}
	if (err == 0 && ref.table == TABLE_NODE &&
	    history_row(query->history, ref, query->when, &row) == 0) {
		*ret_node = ref;
		return 0;
	}
	if (err == -EINVAL)
		diag_set(&query->diag, err, "%.40s is no page number", pfn);
	else
		diag_set(&query->diag, -ENOENT, "there is no KSM page %s after event %" PRIu64, pfn,
			 query->when.t);
	diag_file(&query->diag, recording_path(query->recording));
	diag_expected(&query->diag, "the number of a KSM page, such as 0x1a2f40");
	diag_advice(&query->diag, "ksmtop list %s nodes shows them, --at T those of another moment",
		    recording_path(query->recording));
	return -ENOENT;
}

struct json_object *json_hex(uint64_t number)
{
	char text[24];

	if (!number)
		return NULL;
	snprintf(text, sizeof(text), "0x%" PRIx64, number);
	return json_object_new_string(text);
}

struct json_object *json_text(const char *text)
{
	char clean[4096];

	text_clean(clean, sizeof(clean), text);
	return json_object_new_string(clean);
}

bool query_lookup_row(void *argument, const char *name, struct filter_value *ret)
{
	struct query_lookup *lookup = argument;

	return row_value(lookup->query->recording, lookup->row, lookup->query->when, name,
			 lookup->text, ret);
}

bool query_wants_row(struct query *query, const union row *row)
{
	struct query_lookup lookup = { .query = query, .row = row };

	return !query->filter || event_filter_match_row(query->filter, query_lookup_row, &lookup);
}

/* ---- the envelope ---- */

/* CPUs beyond this share the last place: a hostile file cannot make the list long. */
#define LOST_CPUS 4096

static struct json_object *lost_json(struct query *query)
{
	struct event_index *events = recording_events(query->recording);
	struct json_object *lost = json_object_new_object();
	struct json_object *by_cpu = json_object_new_array();
	uint64_t total = 0, unknown = 0;
	uint64_t counts[LOST_CPUS] = { 0 };
	uint32_t nr_cpus = 0;
	uint32_t nr = history_nr_losses(query->history);

	for (uint32_t i = 0; i < event_index_nr_streams(events); i++) {
		const char *buffer;
		uint16_t cpu;

		if (event_index_stream(events, i, &buffer, &cpu) == 0 && cpu < LOST_CPUS &&
		    cpu >= nr_cpus)
			nr_cpus = cpu + 1u;
	}
	for (uint32_t i = 0; i < nr; i++) {
		struct history_loss loss;
		const char *buffer;
		uint16_t cpu;

		if (history_loss(query->history, i, &loss))
			continue;
		total += loss.nr_lost;
		unknown += loss.nr_lost == 0;
		if (event_index_stream(events, loss.stream, &buffer, &cpu) == 0)
			counts[cpu < LOST_CPUS ? cpu : LOST_CPUS - 1] += loss.nr_lost;
	}
	for (uint32_t i = 0; i < nr_cpus; i++)
		json_object_array_add(by_cpu, json_object_new_int64((int64_t)counts[i]));
	json_object_object_add(lost, "events", json_object_new_int64((int64_t)total));
	json_object_object_add(lost, "by_cpu", by_cpu);
	json_object_object_add(lost, "gaps", json_object_new_int64(nr));
	json_object_object_add(lost, "unknown_gaps", json_object_new_int64((int64_t)unknown));
	return lost;
}

static void json_print(struct json_object *object)
{
	fputs(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
					     JSON_C_TO_STRING_NOSLASHESCAPE), stdout);
}

static void json_print_text(const char *text)
{
	struct json_object *object = json_text(text);

	json_print(object);
	json_object_put(object);
}

static struct json_object *lost_nothing(void)
{
	struct json_object *lost = json_object_new_object();

	json_object_object_add(lost, "events", json_object_new_int64(0));
	json_object_object_add(lost, "by_cpu", json_object_new_array());
	json_object_object_add(lost, "gaps", json_object_new_int64(0));
	json_object_object_add(lost, "unknown_gaps", json_object_new_int64(0));
	return lost;
}

void answer_begin(struct query *query, const char *schema, const char *path)
{
	struct json_object *lost = path ? lost_json(query) : lost_nothing();
	uint64_t known_by = query->when.known_by;

	if (known_by == KNOWN_HINDSIGHT)
		known_by = history_last(query->history);
	printf("{\"schema\":\"ksmtop/%s\",\"version\":1,\"file\":", schema);
	if (path)
		json_print_text(path);
	else
		fputs("null", stdout);
	printf(",\"at\":%" PRIu64 ",\"known_by\":%" PRIu64 ",\"lost\":", query->when.t, known_by);
	json_print(lost);
	fputs(",\"items\":[", stdout);
	json_object_put(lost);
}

void answer_item(struct query *query, struct json_object *item)
{
	fputs(query->nr_items++ ? ",\n" : "\n", stdout);
	json_print(item);
	json_object_put(item);
}

int query_check_told(struct query *query, enum table table, const char *what)
{
	if (history_has(query->history, table))
		return 0;
	diag_set(&query->diag, -ENODATA, "this recording cannot tell of %s", what);
	diag_advice(&query->diag, "ksmtop doctor %s says what would", recording_path(query->recording));
	return -ENODATA;
}

bool query_may_be_more(const struct query *query, enum relation relation)
{
	const struct ref none = { 0 };
	bool is_told = relation == ALL_NODES || relation == ALL_ITEMS ||
		       (relation == ALL_MMS && history_is_patched(query->history));
	uint64_t nr = 0;

	return !history_is_whole(query->history, relation, none, query->when) &&
	       (is_told || history_count(query->history, relation, none, query->when, &nr, NULL) != 0 || !nr);
}

bool may_lack_by(const struct history *h, struct moment when, enum event_kind kind)
{
	return history_may_lack(h, (uint16_t)kind, 0, when.t < history_last(h) ? when.t : NEVER, when.known_by);
}

bool tells_of_episodes(const struct history *h, int kind)
{
	return kind <= EPISODE_SCAN || history_is_patched(h);
}

void answer_end(struct query *query, const char *name, struct json_object *extra)
{
	fputs(query->nr_items ? "\n]" : "]", stdout);
	if (name) {
		printf(",\"%s\":", name);
		json_print(extra);
		json_object_put(extra);
	}
	if (query->at_least)
		fputs(",\"at_least\":true", stdout);
	fputs("}\n", stdout);
}

/* ---- words ---- */

const char *evidence_text(char evidence, bool doubtful, char buf[3])
{
	buf[0] = evidence ? evidence : '-';
	buf[1] = doubtful ? '?' : 0;
	buf[2] = 0;
	return buf;
}
