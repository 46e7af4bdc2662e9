/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event.h - a typed event, and the batches in which they travel.
 *
 * An event is one ring-buffer record, bound through event_table.h to a logical kind.  What the
 * kernel calls an event name or field may differ from recording to recording; above this layer
 * nobody sees that.  Records that the table does not know keep EVENT_UNKNOWN: they are numbered,
 * indexed, counted and printable, but carry no arguments.
 *
 * Numbers.  Events are numbered from 1 over all buffers and CPUs of a recording in time order
 * (ties: lower stream first, then file order).  Times are the trace clock's, in nanoseconds after
 * the corrections that trace-cmd applies (offset, tsc2nsec).  A *stream* is one CPU of one buffer.
 *
 * Ownership.  A batch and everything in it belongs to the event_source and lives until its next
 * call.  Nothing here is shared between sources: any number of recordings may be open at once.
 */
#ifndef KSMTOP_EVENT_H
#define KSMTOP_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "event/event_table.h"

#define V(event, name) COUNT_##event,
enum ksmtop_count { KSMTOP_COUNTED(V) KSMTOP_NR_COUNTS };
#undef V

enum event_kind {
	EVENT_UNKNOWN,
#define E(kind, fields, names) EVENT_##kind,
	EVENT_TABLE(E)
#undef E
	NR_EVENT_KINDS
};

/* One struct per kind: struct args_KSM_ENTER { int64_t mm; }; and so on. */
#define EVENT_F(member)		int64_t member;
#define EVENT_A(member, names)	int64_t member;
#define EVENT_S(member)		char member[16];
#define EVENT_SA(member, names)	char member[16];
#define EVENT_N(member, nr)	uint32_t member[nr];
#define E(kind, fields, names) \
	struct args_##kind { fields(EVENT_F, EVENT_A, EVENT_S, EVENT_SA, EVENT_N) };
EVENT_TABLE(E)
#undef E
#undef EVENT_F
#undef EVENT_A
#undef EVENT_S
#undef EVENT_SA
#undef EVENT_N

struct event {
	uint64_t ts_ns;
	const void *args;	/* a struct args_KIND, 8-byte aligned; NULL for EVENT_UNKNOWN */
	uint32_t present;	/* bit i: the i-th member of the kind's list was in the record */
	int32_t pid;		/* common_pid: the thread that ran, 0 for the idle task */
	uint16_t kind;		/* enum event_kind */
	uint16_t stream;	/* which (buffer, CPU): index into event_source's streams */
	uint32_t loss;		/* 0, or 1 + index into batch.losses: events were lost just before */
};

/* Args of event `ev`, which must be of that kind. */
#define EVENT_ARGS(ev, kind) ((const struct args_##kind *)(ev)->args)

/*
 * Events of one stream that the kernel dropped (or that damage made unreadable) between two
 * events of that stream that we do have.
 */
struct event_loss {
	uint64_t after_nr;	/* number of the stream's last event before the gap, 0 if none */
	uint64_t before_nr;	/* number of its first event after the gap; 0 if the stream ends in it */
	uint64_t after_ns;	/* their times (0 / UINT64_MAX where there is none) */
	uint64_t before_ns;
	uint64_t nr_lost;	/* 0: unknown how many */
	uint16_t stream;
	uint16_t cause;		/* enum event_loss_cause */
};

enum event_loss_cause {
	LOSS_OVERRUN,		/* the ring buffer said so */
	LOSS_DAMAGE,		/* this part of the file cannot be read */
	LOSS_CUT,		/* the stream ends in it: the file or the recorder did */
};

/*
 * Consecutive events; events[i] has number first_nr + i.  At the end of the recording a batch may
 * hold no events but losses whose before_nr is 0 (streams that end in a gap).
 */
struct event_batch {
	uint64_t first_nr;
	uint32_t nr_events;
	uint32_t nr_losses;
	const struct event *events;
	const struct event_loss *losses;
};

/* "ksm:ksm_enter"-like first name of a kind; "unknown" for EVENT_UNKNOWN. */
const char *event_kind_name(enum event_kind kind);

#endif /* KSMTOP_EVENT_H */
