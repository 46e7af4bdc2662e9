// SPDX-License-Identifier: GPL-2.0-only
/*
 * event_list.c - which of this kernel's events a recording enables, and with which filters.
 *
 * A list is built by matching SYSTEM:PATTERN specifications against what tracefs offers.  The
 * defaults come first; each -e then adds to them.  An event named by -e loses the filter that the
 * default list gave it: who asks for signal:signal_generate by name wants every signal.
 *
 * Old and new names of one event (ras: / memory_failure:) are both in the defaults; a kernel has at
 * most one of them.  Enabling is the session's business, decoding that of replay/event.
 */
#include "capture/event_list.h"

#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs.h>

struct event_default {
	const char *system, *pattern;
	const char *alias_of;	/* the newer name's system: absent silently if that one is there */
};

static const struct event_default event_defaults[] = {
	{"ksm", "*", NULL},
	{"ksmtop", "*", NULL},
	{"migrate", "*", NULL},
	{"huge_memory", "*", NULL},
	{"memory_failure", "memory_failure_event", "ras"},
	{"ras", "memory_failure_event", "memory_failure"},
	{"signal", "signal_generate", NULL},
	{"sched", "sched_process_fork", NULL},
	{"sched", "sched_process_exec", NULL},
	{"sched", "sched_process_exit", NULL},
	{"task", "task_newtask", NULL},
	{"task", "task_rename", NULL},
	{"lock", "contention_begin", NULL},
	{"lock", "contention_end", NULL},
};

/* include/trace/events/lock.h: LCB_F_SPIN and LCB_F_MUTEX (a mutex spins first, then sleeps). */
#define CONTENTION_BEGIN_FILTER	"!(flags & 1) || flags & 32"
/* The end does not tell the lock's kind; but an idle CPU and an interrupt can only spin. */
#define CONTENTION_END_FILTER	"common_pid != 0 && !(common_flags & 24)"

static void default_filter(struct capture_event *event)
{
	event->filter[0] = '\0';
	if (!strcmp(event->name, "signal_generate"))
		snprintf(event->filter, sizeof(event->filter), "sig == %d", SIGBUS);
	else if (!strcmp(event->name, "contention_begin"))
		snprintf(event->filter, sizeof(event->filter), CONTENTION_BEGIN_FILTER);
	else if (!strcmp(event->name, "contention_end"))
		snprintf(event->filter, sizeof(event->filter), CONTENTION_END_FILTER);
}

static int event_add(struct event_list *list, const char *system, const char *name, bool by_user)
{
	for (size_t i = 0; i < list->nr_events; i++) {
		struct capture_event *event = &list->events[i];
		if (strcmp(event->system, system) || strcmp(event->name, name))
			continue;
		if (by_user)
			event->filter[0] = '\0';
		return 0;
	}
	struct capture_event *grown = reallocarray(list->events, list->nr_events + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->events = grown;
	struct capture_event *event = &grown[list->nr_events];
	*event = (struct capture_event){.system = strdup(system), .name = strdup(name)};
	if (!event->system || !event->name) {
		free(event->system);
		free(event->name);
		return -ENOMEM;
	}
	if (!by_user)
		default_filter(event);
	list->nr_events++;
	return 0;
}

/* Adds what matches.  The number of events that matched, or -ENOMEM. */
static int events_match(struct event_list *list, const char *system, const char *pattern,
			bool by_user)
{
	char **names = tracefs_system_events(NULL, system);
	int nr = 0;

	for (size_t i = 0; names && names[i]; i++) {
		if (fnmatch(pattern, names[i], 0))
			continue;
		if (event_add(list, system, names[i], by_user)) {
			tracefs_list_free(names);
			return -ENOMEM;
		}
		nr++;
	}
	tracefs_list_free(names);
	return nr;
}

static void absent_add(struct event_list *list, const char *system, const char *pattern)
{
	size_t size = strlen(list->absent);
	snprintf(list->absent + size, sizeof(list->absent) - size, "%s%s:%s", size ? ", " : "", system,
		 pattern);
}

static int events_add_defaults(struct event_list *list)
{
	for (size_t i = 0; i < sizeof(event_defaults) / sizeof(event_defaults[0]); i++) {
		const struct event_default *one = &event_defaults[i];
		int nr = events_match(list, one->system, one->pattern, false);
		if (nr < 0)
			return nr;
		/* of two spellings the newer one, which comes first, is named as absent */
		bool older = one->alias_of && !strcmp(one->system, "ras");
		if (!nr && !older)
			absent_add(list, one->system, one->pattern);
	}
	return 0;
}

static int unknown_event(struct diag *diag, const char *spec, const char *system, bool has_system)
{
	diag_set(diag, -EINVAL, "there is no event \"%s\" on this kernel", spec);
	if (has_system)
		diag_advice(diag, "ls /sys/kernel/tracing/events/%s shows its events", system);
	else
		diag_advice(diag, "ls /sys/kernel/tracing/events shows the systems");
	return -EINVAL;
}

/* One -e: SYSTEM or SYSTEM:PATTERN, the system possibly a pattern too. */
static int events_add_spec(struct event_list *list, const char *spec, struct diag *diag)
{
	const char *colon = strchr(spec, ':');
	char system[64];
	size_t length = colon ? (size_t)(colon - spec) : strlen(spec);

	if (!length || length >= sizeof(system) || (colon && !colon[1]))
		return diag_set(diag, -EINVAL, "\"%s\" is not SYSTEM or SYSTEM:EVENT", spec);
	memcpy(system, spec, length);
	system[length] = '\0';

	char **systems = tracefs_event_systems(NULL);
	bool has_system = false;
	int nr = 0, err = 0;
	for (size_t i = 0; systems && systems[i] && err >= 0; i++) {
		if (fnmatch(system, systems[i], 0))
			continue;
		has_system = true;
		err = events_match(list, systems[i], colon ? colon + 1 : "*", true);
		nr += err > 0 ? err : 0;
	}
	tracefs_list_free(systems);
	if (err < 0)
		return diag_set(diag, err, "out of memory");
	return nr ? 0 : unknown_event(diag, spec, system, has_system);
}

static int event_compare(const void *a, const void *b)
{
	const struct capture_event *x = a, *y = b;
	int c = strcmp(x->system, y->system);
	return c ? c : strcmp(x->name, y->name);
}

int event_list_make(const struct capture_options *options, struct event_list *ret_list,
		    struct diag *diag)
{
	struct event_list list = {0};
	char **ksm = tracefs_system_events(NULL, "ksm");
	int err = 0;

	list.has_ksm = ksm && ksm[0];
	tracefs_list_free(ksm);
	if (options->only && !options->nr_events) {
		diag_set(diag, -EINVAL, "--only leaves no event to record");
		diag_advice(diag, "name the events to record with -e SYSTEM:EVENT");
		return -EINVAL;
	}
	if (!options->only && !list.has_ksm) {
		diag_set(diag, -ENODEV, "this kernel has no ksm events");
		diag_advice(diag, "they came with Linux 6.4 and need CONFIG_KSM and CONFIG_FTRACE; "
				  "other events can be recorded with --only -e SYSTEM:EVENT");
		return -ENODEV;
	}
	if (!options->only && events_add_defaults(&list))
		err = diag_set(diag, -ENOMEM, "out of memory");
	for (size_t i = 0; !err && i < options->nr_events; i++)
		err = events_add_spec(&list, options->events[i], diag);
	if (err) {
		event_list_fini(&list);
		return err;
	}
	qsort(list.events, list.nr_events, sizeof(list.events[0]), event_compare);
	*ret_list = list;
	return 0;
}

void event_list_fini(struct event_list *list)
{
	for (size_t i = 0; i < list->nr_events; i++) {
		free(list->events[i].system);
		free(list->events[i].name);
	}
	free(list->events);
	*list = (struct event_list){0};
}

/* The events from `first` on that belong to one system; whether none of them has a filter. */
static size_t system_events(const struct event_list *list, size_t first, bool *ret_plain)
{
	size_t i = first;
	*ret_plain = true;
	for (; i < list->nr_events && !strcmp(list->events[i].system, list->events[first].system); i++)
		*ret_plain = *ret_plain && !list->events[i].filter[0];
	return i - first;
}

void event_list_text(const struct event_list *list, char *buf, size_t size)
{
	size_t used = 0;
	buf[0] = '\0';
	for (size_t i = 0; i < list->nr_events && used + 1 < size;) {
		const struct capture_event *event = &list->events[i];
		bool plain;
		size_t nr = system_events(list, i, &plain);
		const char *comma = i ? ", " : "";

		if (nr > 1 && plain) {
			used += (size_t)snprintf(buf + used, size - used, "%s%s (%zu)", comma,
						 event->system, nr);
			i += nr;
			continue;
		}
		used += (size_t)snprintf(buf + used, size - used, "%s%s:%s%s%s", comma, event->system,
					 event->name, event->filter[0] ? " if " : "", event->filter);
		i++;
	}
}
