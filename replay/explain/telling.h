/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * telling.h - inside explain/: a step that is being told.
 */
#ifndef KSMTOP_TELLING_H
#define KSMTOP_TELLING_H

#include <stdio.h>

#include "explain/narrate.h"

#define TOLD_NAME_MAX 64

struct telling {
	struct opened_episode *e;
	const struct history *h;
	const struct step *step;
	uint32_t index;		/* of the step */
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
/* narrate_collapse.c: a step of a collapse. */
void tell_collapse(struct telling *t);
/* narrate_recovery.c: a step of a memory failure: its kill list, its recovery. */
void tell_kill(struct telling *t);
void tell_recovery(struct telling *t);

/* narrate.c: one that the history never met goes by its kernel address. */
const char *telling_name(const struct telling *t, struct ref ref, const char *word, int64_t addr,
			 char buf[TOLD_NAME_MAX]);

#endif /* KSMTOP_TELLING_H */
