// SPDX-License-Identifier: GPL-2.0-only
/*
 * whatif.c - `ksmtop whatif`: a walk under other rules, and what it would miss.
 *
 * The model is explain/whatif.h's.  An item of the answer is a rule with its counts; a mapping that
 * the rule would not come by is named with process, address and VMA: *missed* if it is known to
 * exist, *maybe* if it only might, and the two are never added up.
 *
 * For a recorded walk the rule in force is marked, with whether the model agrees with the record.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "episode_row.h"
#include "explain/narrate.h"
#include "explain/whatif.h"
#include "explain/words.h"
#include "fields_json.h"

#define TEXT_PLACES 20u
#define WHY_WORDS 5

/* The order of KSMTOP_WALK_ENDS. */
static const char *const why_words[WHY_WORDS] = {
	"all offered", "rmap_one said stop", "rwc->done", "no stable node", "lock contended"
};

static int read_rules(struct query *query, unsigned int *ret_rules)
{
	const char *word;
	int pos = 0;

	*ret_rules = 0;
	while ((word = invocation_next(query->invocation, OPTION_RULE, &pos)) != NULL) {
		int rule = 0;

		while (rule < NR_RULES && strcmp(word, walk_rule_name((enum walk_rule)rule)) != 0)
			rule++;
		if (rule == NR_RULES) {
			diag_set(&query->diag, -EINVAL, "%s is no rule of a walk", word);
			diag_expected(&query->diag, "whole, address or linear");
			return -EINVAL;
		}
		*ret_rules |= 1u << rule;
	}
	if (*ret_rules == 0)
		*ret_rules = ALL_RULES;
	return 0;
}

/* Of a recorded walk as it began, else at the moment; -1: not known. */
static int64_t mapcount_of(const struct whatif *whatif)
{
	if (whatif->walk.number)
		return whatif->walk.begin_lost ? -1 : whatif->walk.totals.walk.mapcount_before;
	return whatif->mappings.mapcount;
}

static int model(struct query *query, struct whatif **ret_whatif)
{
	const char *walk = invocation_value(query->invocation, OPTION_WALK);
	const char *pfn = invocation_value(query->invocation, OPTION_PFN);
	struct episode_source source = query_source(query);
	struct episode_row episode;
	unsigned int rules;
	struct ref node;
	int err = read_rules(query, &rules);

	if (err == 0 && !walk == !pfn) {
		diag_set(&query->diag, -EINVAL, walk ? "--walk and --pfn exclude each other" :
			 "ksmtop whatif wants a walk or a page");
		diag_expected(&query->diag, "either --walk EPISODE or --pfn P");
		diag_advice(&query->diag,
			    "ksmtop episodes FILE --kind walk lists walks, ksmtop list FILE "
			    "nodes pages");
		err = -EINVAL;
	}
	if (err)
		return err;
	if (walk) {
		err = query_episode(query, walk, &episode);
		return err ? err : whatif_walk(&source, episode.ref, query->when, rules, ret_whatif,
					       &query->diag);
	}
	err = query_page(query, pfn, &node);
	return err ? err : whatif_page(&source, node, query->when, rules, ret_whatif, &query->diag);
}

/* ---- JSON ---- */
static uint64_t address_of(const struct whatif *whatif, const struct query *query, struct ref ref)
{
	union row row;

	if (ref_is_none(ref) || history_row(query->history, ref, whatif->when, &row) != 0)
		return 0;
	return ref.table == TABLE_MM ? row.mm.name.addr : row.vma.name.addr;
}

static struct json_object *place_json(const struct query *query, const struct whatif *whatif,
				      const struct whatif_result *result, const struct mapped *place)
{
	struct json_object *object = json_object_new_object();
	char letter[2] = { place->evidence, 0 }, name[96];

	json_object_object_add(object, "pid",
			       place->tgid > 0 ? json_object_new_int(place->tgid) : NULL);
	json_object_object_add(object, "mm", json_hex(address_of(whatif, query, place->mm)));
	json_object_object_add(object, "mm_name",
			       json_text(query_name(query, place->mm, name, sizeof(name))));
	json_object_object_add(object, "address", json_hex(place->address));
	json_object_object_add(object, "vma", json_hex(address_of(whatif, query, place->vma)));
	json_object_object_add(object, "has_item",
			       json_object_new_boolean(!ref_is_none(place->item)));
	json_object_object_add(object, "evidence", json_object_new_string(letter));
	json_object_object_add(object, "doubtful",
			       json_object_new_boolean(result->doubtful || place->doubtful || !place->known));
	return object;
}

static struct json_object *places_json(const struct query *query, const struct whatif *whatif,
				       const struct whatif_result *result, const struct mapped **places, uint32_t nr)
{
	struct json_object *list = json_object_new_array();

	for (uint32_t i = 0; i < nr; i++)
		json_object_array_add(list, place_json(query, whatif, result, places[i]));
	return list;
}

static void answer_rule(struct query *query, const struct whatif *whatif, enum walk_rule rule)
{
	const struct whatif_result *result = &whatif->rules[rule];
	struct json_object *item = json_object_new_object();
	const struct { const char *name; uint64_t number; } counts[] = {
		{ "nr_iteration_total", result->nr_iteration_total },
		{ "skip_addr_out_of_range", result->skip_addr_out_of_range },
		{ "skip_mm_mismatch", result->skip_mm_mismatch },
		{ "skip_invalid", result->skip_invalid },
		{ "visited", result->visited }, { "holds", result->nr_holds },
	};

	json_object_object_add(item, "rule", json_object_new_string(walk_rule_name(rule)));
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		json_object_object_add(item, counts[i].name,
				       json_object_new_int64((int64_t)counts[i].number));
	json_object_object_add(
		item, "ended_because",
		result->why < WHY_WORDS ? json_object_new_string(why_words[result->why]) : NULL);
	json_object_object_add(item, "missed",
			       places_json(query, whatif, result, result->missed, result->nr_missed));
	json_object_object_add(item, "maybe",
			       places_json(query, whatif, result, result->maybe, result->nr_maybe));
	json_object_object_add(item, "recorded", json_object_new_boolean(result->is_recorded));
	json_object_object_add(item, "agrees",
			       result->is_recorded ? json_object_new_boolean(result->agrees)
						   : NULL);
	json_object_object_add(item, "evidence", json_object_new_string("M"));
	json_object_object_add(item, "doubtful", json_object_new_boolean(result->doubtful));
	answer_item(query, item);
}

static struct json_object *subject_json(const struct query *query, const struct whatif *whatif)
{
	struct json_object *subject = json_object_new_object();
	const struct mapped_list *mappings = &whatif->mappings;
	char name[96];

	json_object_object_add(subject, "episode", whatif->walk.number ?
			       json_object_new_int64(whatif->walk.number) : NULL);
	json_object_object_add(subject, "at", json_object_new_int64((int64_t)whatif->when.t));
	json_object_object_add(subject, "pfn", json_hex(whatif->node.kpfn));
	json_object_object_add(subject, "node", json_hex(whatif->node.name.addr));
	json_object_object_add(subject, "node_name",
			       json_text(query_name(query, whatif->node.ref, name, sizeof(name))));
	json_object_object_add(subject, "mapcount", mapcount_of(whatif) < 0 ? NULL :
			       json_object_new_int64(mapcount_of(whatif)));
	json_object_object_add(subject, "mappings_known",
			       json_object_new_int64(mappings->nr_known));
	json_object_object_add(subject, "mappings_possible", json_object_new_int64(mappings->nr));
	json_object_object_add(subject, "beyond_items", json_object_new_int64(mappings->nr_beyond));
	json_object_object_add(subject, "truncated", json_object_new_boolean(mappings->truncated));
	return subject;
}

/* ---- text ---- */
static void print_places(const struct query *query, const struct whatif *whatif, const char *verb,
			 enum walk_rule rule, const struct mapped **places, uint32_t nr)
{
	char name[96], clean[96 * 4];

	for (uint32_t i = 0; i < nr && (i < TEXT_PLACES || query->plain); i++) {
		narrate_name(query->history, places[i]->mm, whatif->when, name, sizeof(name));
		text_clean(clean, sizeof(clean), name);
		printf("%s%s %s the mapping of %s at 0x%" PRIx64 "%s (%c%s)%s\n",
		       query->plain ? "" : "  ", walk_rule_name(rule), verb, clean,
		       places[i]->address,
		       ref_is_none(places[i]->item) ? ", which no rmap_item is known to lead to" : "",
		       places[i]->evidence, places[i]->doubtful || whatif->rules[rule].doubtful ? "?" : "",
		       query->plain ? "." : "");
	}
	if (nr > TEXT_PLACES && !query->plain)
		printf("  and %" PRIu32 " more, see --json\n", nr - TEXT_PLACES);
}

static void print_rule(const struct query *query, const struct whatif *whatif, enum walk_rule rule)
{
	const struct whatif_result *result = &whatif->rules[rule];
	uint64_t skipped =
		result->skip_addr_out_of_range + result->skip_mm_mismatch + result->skip_invalid;
	const char *record = !result->is_recorded ? ""
			     : result->agrees     ? "as recorded: model and record agree"
						  : "as recorded: the model differs";

	if (query->plain)
		printf("Rule %s: %" PRIu64 " VMA%s offered, %" PRIu64 " visited, %" PRIu64
		       " skipped, %" PRIu32 " known mapping%s missed, %" PRIu32
		       " possible one%s%s%s%s.\n",
		       walk_rule_name(rule), result->nr_iteration_total,
		       plural(result->nr_iteration_total), result->visited, skipped,
		       result->nr_missed, plural(result->nr_missed), result->nr_maybe,
		       plural(result->nr_maybe), record[0] ? "; " : "", record,
		       result->doubtful ? "; doubtful" : "");
	else
		printf("%-8s %10" PRIu64 " %8" PRIu64 " %10" PRIu64 " %9" PRIu64 " %8" PRIu64
		       " %7" PRIu32 " %6" PRIu32 " M%s  %s\n",
		       walk_rule_name(rule), result->nr_iteration_total, result->visited,
		       result->skip_addr_out_of_range, result->skip_mm_mismatch,
		       result->skip_invalid, result->nr_missed, result->nr_maybe,
		       result->doubtful ? "?" : " ", record);
}

static void print_subject(const struct query *query, const struct whatif *whatif)
{
	char name[96];

	query_name(query, whatif->node.ref, name, sizeof(name));
	if (whatif->walk.number)
		printf("Walk %" PRIu32 " of %s, pfn 0x%" PRIx64 ", all of it from event %" PRIu64, whatif->walk.number,
		       name, whatif->node.kpfn, whatif->walk.fact.born);
	else
		printf("A walk of %s, pfn 0x%" PRIx64 ", after event %" PRIu64, name,
		       whatif->node.kpfn, whatif->when.t);
	if (mapcount_of(whatif) >= 0)
		printf(", mapcount %" PRId64 "%s", mapcount_of(whatif), whatif->walk.number ? " then" : "");
	if (whatif->walk.number && whatif->walk.totals.walk.purpose == PURPOSE_MIGRATED)
		printf(": %" PRIu32 " migration entr%s to put back known, %" PRIu32 " more possible.\n",
		       whatif->mappings.nr_known, whatif->mappings.nr_known == 1 ? "y" : "ies",
		       whatif->mappings.nr - whatif->mappings.nr_known);
	else
		printf(": %" PRIu32 " mapping%s known, %" PRIu32 " more possible.\n", whatif->mappings.nr_known,
		       plural(whatif->mappings.nr_known), whatif->mappings.nr - whatif->mappings.nr_known);
	if (whatif->mappings.nr_beyond)
		printf("At least %" PRIu32 " mapping%s no rmap_item is known to lead to.\n",
		       whatif->mappings.nr_beyond,
		       whatif->mappings.nr_beyond == 1 ? " exists that" : "s exist that");
}

static void print_text(struct query *query, const struct whatif *whatif)
{
	print_subject(query, whatif);
	if (!query->plain)
		printf("\n%-8s %10s %8s %10s %9s %8s %7s %6s EV\n", "RULE", "OFFERED", "VISITED",
		       "OUTSIDE", "OTHER MM", "INVALID", "MISSED", "MAYBE");
	for (enum walk_rule rule = 0; rule < NR_RULES; rule++)
		if (whatif->rules[rule].is_modelled)
			print_rule(query, whatif, rule);
	for (enum walk_rule rule = 0; rule < NR_RULES; rule++) {
		const struct whatif_result *result = &whatif->rules[rule];

		print_places(query, whatif, "misses", rule, result->missed, result->nr_missed);
		print_places(query, whatif, "might miss", rule, result->maybe, result->nr_maybe);
	}
}

static int whatif(struct query *query)
{
	struct whatif *whatif;
	int err = query_check_told(query, TABLE_ANON_VMA, "anon_vmas, through which a walk goes");

	if (err == 0)
		err = model(query, &whatif);
	if (err)
		return err;
	if (query->json) {
		answer_begin(query, "whatif", recording_path(query->recording));
		for (enum walk_rule rule = 0; rule < NR_RULES; rule++)
			if (whatif->rules[rule].is_modelled)
				answer_rule(query, whatif, rule);
		answer_end(query, "subject", subject_json(query, whatif));
	} else {
		print_text(query, whatif);
	}
	whatif_free(whatif);
	return 0;
}

int whatif_command(const struct invocation *invocation, struct diag *diag)
{
	struct query query;
	int err = query_open(&query, invocation, invocation->args[0]);

	if (err == 0)
		err = whatif(&query);
	*diag = query.diag;
	query_close(&query);
	return err ? STATUS_FAILED : STATUS_FINE;
}
