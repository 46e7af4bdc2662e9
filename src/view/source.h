/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source.h - makes the session's source of an opened recording.
 *
 * Both are borrowed by the source: the recording must outlive it.  Call source_init() again after
 * each recording_load(), before session_set_source(), so that the frame knows how far it is.
 */
#ifndef KSMTOP_SOURCE_H
#define KSMTOP_SOURCE_H

#include "recording.h"
#include "session.h"

void source_init(struct source *source, struct recording *recording);

#endif /* KSMTOP_SOURCE_H */
