// SPDX-License-Identifier: GPL-2.0-only
/*
 * fields_json.c - a list of named values as a JSON object, or as a sentence.
 *
 * Both walk the list in its order.  The sentence turns the tail that every row has (born, died,
 * evidence, doubtful) into words: "since event 7 until 12 (traced)".
 *
 * Texts in a list are printable UTF-8 already (fields.c), so nothing is checked here again.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "fields_json.h"

static struct json_object *field_json(const struct named_value *field)
{
	char buf[32];

	switch (field->kind) {
	case VALUE_NUMBER:
		return json_object_new_int64(field->number);
	case VALUE_HEX:
	case VALUE_TEXT:
		return json_object_new_string(field_show(field, buf, sizeof(buf)));
	case VALUE_BOOL:
		return json_object_new_boolean(field->number != 0);
	default:
		return NULL;
	}
}

struct json_object *fields_json(const struct fields *fields)
{
	struct json_object *object = json_object_new_object();

	for (int i = 0; i < fields->nr; i++)
		json_object_object_add_ex(object, fields->list[i].name, field_json(&fields->list[i]),
					  JSON_C_OBJECT_KEY_IS_CONSTANT);
	return object;
}

/* The evidence in words, as the end of a sentence. */
static void evidence_sentence(const struct fields *fields)
{
	const struct named_value *evidence = fields_find(fields, "evidence");
	const struct named_value *doubt = fields_find(fields, "doubt");

	if (!evidence || evidence->kind != VALUE_TEXT)
		return;
	printf(" (%s", evidence->text[0] == 'T' ? "traced" : evidence->text[0] == 'D' ? "sampled" :
	       evidence->text[0] == 'I' ? "inferred" : "modelled");
	if (doubt && doubt->kind == VALUE_TEXT)
		printf(", doubtful: %s", doubt->text);
	putchar(')');
}

static void since_event(const char *words, int64_t number)
{
	if (number)
		printf("%s event %" PRId64, words, number);
	else
		printf("%s before the first event", words);
}

static void span_sentence(const struct fields *fields, struct span_words words)
{
	const struct named_value *born = fields_find(fields, "born"), *died = fields_find(fields, "died"),
				 *since = fields_find(fields, "since"), *known = fields_find(fields, "known");

	if (!born)
		return;
	if (since && since->number != born->number) {
		since_event(", there since", since->number);
		since_event(", like this since", born->number);
	} else {
		since_event(words.learned && known->number == born->number ? ", known since" : ", since", born->number);
	}
	if (words.learned && known->number != born->number)
		printf(", known since event %" PRId64, known->number);
	if (died->kind == VALUE_NUMBER)
		printf(words.learned_more ? ", more is known from %" PRId64 " on" : " until %" PRId64, died->number);
}

static void sentence(const struct fields *fields, int from, struct span_words span)
{
	const char *separator = "";
	char buf[64], words[64];

	for (int i = from; i < fields->nr; i++) {
		const struct named_value *field = &fields->list[i];

		if (strcmp(field->name, "since") == 0 || strcmp(field->name, "evidence") == 0)
			break;
		if (field->kind == VALUE_NOTHING)
			continue;
		snprintf(words, sizeof(words), "%s", field->name);
		for (char *c = words; *c; c++)
			if (*c == '_')
				*c = ' ';
		printf("%s%s %s", separator, strncmp(words, "nr ", 3) == 0 ? words + 3 : words,
		       field_show(field, buf, sizeof(buf)));
		separator = ", ";
	}
	span_sentence(fields, span);
	evidence_sentence(fields);
	puts(".");
}

void fields_sentence(const struct fields *fields, int from)
{
	sentence(fields, from, (struct span_words){ 0 });
}

void fields_life(const struct fields *fields, struct span_words words)
{
	sentence(fields, 0, words);
}
