// SPDX-License-Identifier: GPL-2.0-only
/*
 * teller.c - how a line of a story gets to whoever listens.
 *
 * A story is handed over line by line, never kept: one of a million steps needs no memory.  The listener
 * can end it with any answer but 0; whoever goes on telling then is not heard.
 *
 * What is told is story.c's and aftermath.c's.
 */
#include "explain/teller.h"

#include <stdarg.h>
#include <stdio.h>

void teller_hand_over(struct teller *t, const struct story_line *line)
{
	if (t->ret == 0)
		t->ret = t->fn(line, t->arg);
}

void teller_say(struct teller *t, enum story_part part, uint64_t event, char evidence, const char *format, ...)
{
	struct story_line line = { .part = part, .event = event, .step = NO_STEP,
				   .narration = { .evidence = evidence, .doubtful = t->doubtful } };
	va_list args;

	va_start(args, format);
	vsnprintf(line.narration.text, sizeof(line.narration.text), format, args);
	va_end(args);
	teller_hand_over(t, &line);
}
