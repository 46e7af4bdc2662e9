// SPDX-License-Identifier: GPL-2.0-only
/*
 * symbol.c - what a number of the kernel's is called, in the recording's own words.
 *
 * A print format has the names of an enumeration beside its numbers (__print_symbolic).  They are
 * those of the kernel that was recorded, so that a number which another event of it carries bare (a
 * scan_result, a migrate reason) can be named without a copy of the enumeration here, which the next
 * kernel would make wrong.
 *
 * The description was parsed by libtraceevent from a file that is not trusted: whatever is not of the
 * expected shape names nothing.  Not here: values that no event of the recording describes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <traceevent/event-parse.h>

#include "event/decoder.h"
#include "event/index.h"

static const char *symbol_of(const struct tep_print_arg *arg, const char *field, int64_t value)
{
	const struct tep_print_arg *of = arg->symbol.field;

	if (!of || of->type != TEP_PRINT_FIELD || !of->field.name || strcmp(of->field.name, field) != 0)
		return NULL;
	for (const struct tep_print_flag_sym *sym = arg->symbol.symbols; sym; sym = sym->next) {
		char *end;
		long long number;

		if (!sym->value || !sym->str)
			continue;
		errno = 0;
		number = strtoll(sym->value, &end, 0);
		if (!errno && end != sym->value && !*end && number == value)
			return sym->str;
	}
	return NULL;
}

const char *event_index_symbol(struct event_index *index, const char *system, const char *name,
			       const char *field, int64_t value)
{
	struct formats *formats = index->decoder->formats;
	const char *found = NULL;

	for (uint32_t i = 0; !found && i < formats->nr_types; i++) {
		const struct format_type *type = &formats->types[i];
		const struct tep_event *event;

		if (strcmp(type->system, system) != 0 || strcmp(type->name, name) != 0)
			continue;
		event = formats_event(formats, type->type);
		for (const struct tep_print_arg *arg = event ? event->print_fmt.args : NULL; arg && !found;
		     arg = arg->next)
			if (arg->type == TEP_PRINT_SYMBOL)
				found = symbol_of(arg, field, value);
	}
	return found;
}
