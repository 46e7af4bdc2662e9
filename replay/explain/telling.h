/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * telling.h - inside explain/: a step that is being told.
 */
#ifndef KSMTOP_TELLING_H
#define KSMTOP_TELLING_H

#include <stdio.h>

#include "explain/narrate.h"

struct telling {
	struct opened_episode *e;
	const struct history *h;
	const struct step *step;
	const struct event *ev;
	struct moment when;
	struct narration *to;
};

#define SAY(...) snprintf(t->to->text, sizeof(t->to->text), __VA_ARGS__)
#define ARGS(kind) EVENT_ARGS(t->ev, kind)

static inline void telling_function(struct telling *t, const char *function, const char *file)
{
	t->to->function = function;
	t->to->file = file;
}

/* narrate_scan.c: a step of a scan. */
void tell_scan(struct telling *t);

#endif /* KSMTOP_TELLING_H */
