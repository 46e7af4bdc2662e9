/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fields_json.h - a list of named values as a JSON object, or as a sentence.
 *
 * Addresses and page numbers become strings, what is not known becomes null.  Neither can fail but
 * for memory, where json-c gives an object that lacks something.
 */
#ifndef KSMTOP_FIELDS_JSON_H
#define KSMTOP_FIELDS_JSON_H

#include "view/fields.h"

struct json_object;

/* A new object with all of them. */
struct json_object *fields_json(const struct fields *fields);
/*
 * One line for people and screen readers: "name node#12, kind plain, ... since event 7 (inferred,
 * doubtful: why)."  The first `from` fields and those not known are left out.
 */
void fields_sentence(const struct fields *fields, int from);
/* The same of a row of a life.  It was only learned when it begins; when it ends, more was. */
struct span_words { bool learned, learned_more; };
void fields_life(const struct fields *fields, struct span_words words);

#endif /* KSMTOP_FIELDS_JSON_H */
