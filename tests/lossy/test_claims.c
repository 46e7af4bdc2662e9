// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_claims.c - what is explained of a recording with gaps is not denied by the recording without them.
 *
 *	test_claims [-v] DIRECTORY SEEDS [SECONDS [NAME]]
 *
 * Recordings are made as in test_shipped.c, which compares the rows.  Here it is what follows from rows: what-if
 * walks, blast radius, stale pages, why pages are not merged, what check finds violated, and each line of each
 * story.  At several moments, with and without hindsight, whatever is not called doubtful must be said of the whole
 * recording as well, and a list that is said to be whole must lack nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explained.h"
#include "pair.h"

#define NR_MOMENTS	6u
#define MANY_NODES	200u
#define MANY_EVENTS	9000u		/* then so many moments are too slow */
#define SHOWN_MAX	60u

static bool verbose;
static unsigned nr_shown;

enum topic { WALKS, PAGES, PROCESSES, CHECK, STORIES, NR_TOPICS };
static const char *const topics[NR_TOPICS] = { "what-if", "pages", "why not merged", "check", "stories" };
static struct compared totals[NR_TOPICS];

struct asked { struct pair *pair; struct moment when; enum topic topic; };

static void wrong(const char *text, const char *what, void *arg)
{
	const struct asked *asked = arg;

	if (nr_shown++ >= SHOWN_MAX && !verbose)
		return;
	fprintf(stderr, "%s seed %llu cuts %u event %llu (%llu)%s, %s: %s %s\n", asked->pair->name,
		(unsigned long long)asked->pair->seed, asked->pair->nr_cuts, (unsigned long long)asked->when.t,
		(unsigned long long)asked->pair->real[asked->when.t],
		asked->when.t == asked->when.known_by ? "" : " hindsight", topics[asked->topic], text, what);
}

static void collect(const struct side *side, enum topic topic, struct moment when, struct claims *claims)
{
	switch (topic) {
	case WALKS: explained_walks(side, when.known_by, claims); break;
	case PAGES: explained_pages(side, when, claims); break;
	case PROCESSES: explained_processes(side, when, claims); break;
	case CHECK: explained_check(side, claims); break;
	default: explained_stories(side, when.known_by, claims); break;
	}
}

/* A sample's findings stand at the last event before it, which may have been lost. */
static void collect_late(const struct side *side, enum topic topic, uint64_t t, uint64_t next, struct claims *claims)
{
	const struct history *h = side->source.history;
	struct history_sample sample;

	if (next == t + 1 || topic > PROCESSES)
		return;
	for (uint32_t i = 0; history_sample(h, i, &sample) == 0; i++)
		if (sample.end > t && sample.end < next && sample.end + 1 != next) {
			collect(side, topic, moment_hindsight(sample.end), claims);
			t = sample.end;
		}
	collect(side, topic, moment_hindsight(next - 1), claims);
}

static struct side side_of(struct recording *recording, const struct pair *pair)
{
	struct side side = { .source = { recording_history(recording), recording_events(recording) },
			     .whole = recording_history(pair->whole), .last = pair->last,
			     .one_of = 1 };
	uint64_t nr_nodes = 0;

	history_count(side.whole, ALL_NODES, (struct ref){ 0 }, moment_hindsight(history_last(side.whole)), &nr_nodes,
		      NULL);
	side.one_of += (uint32_t)(nr_nodes / MANY_NODES);
	side.real = recording == pair->lossy ? pair->real : NULL;
	return side;
}

static void ask(struct pair *pair, enum topic topic, struct moment when)
{
	struct side lossy = side_of(pair->lossy, pair), whole = side_of(pair->whole, pair);
	struct asked asked = { pair, when, topic };
	uint64_t t = pair->real[when.t];
	struct claims said, real;
	uint64_t at;
	struct compared compared;

	claims_init(&said);
	claims_init(&real);
	collect(&lossy, topic, when, &said);
	if (when.known_by == when.t)
		collect(&whole, topic, moment_at(t), &real);
	collect(&whole, topic, moment_hindsight(t), &real);
	at = real.nr;
	collect_late(&whole, topic, t, when.t < pair->last ? pair->real[when.t + 1] : t + 1, &real);
	for (; at < real.nr; at++)
		real.list[at].other = true;
	compared = claims_compare(&real, &said, wrong, &asked);
	totals[topic].nr_certain += compared.nr_certain;
	totals[topic].nr_doubtful += compared.nr_doubtful;
	totals[topic].nr_wrong += compared.nr_wrong;
	totals[topic].nr_whole += compared.nr_whole;
	claims_fini(&said);
	claims_fini(&real);
}

static void ask_at(struct pair *pair, uint64_t t)
{
	if (!t || t > pair->last)
		return;
	ask(pair, PAGES, moment_at(t));
	ask(pair, PAGES, moment_hindsight(t));
	ask(pair, PROCESSES, moment_at(t));
	ask(pair, PROCESSES, moment_hindsight(t));
}

static void look(struct pair *pair, void *arg)
{
	const struct history *h = recording_history(pair->lossy);
	bool many = pair->last > MANY_EVENTS;
	uint64_t step = pair->last / (many ? 1 : NR_MOMENTS) + 1;
	(void)arg;

	for (uint64_t t = 1; t <= pair->last; t += step) {
		ask_at(pair, t);
		ask(pair, WALKS, moment_at(t));
		ask(pair, STORIES, moment_at(t));
	}
	for (uint32_t i = 0; i < history_nr_losses(h); i++) {
		struct history_loss loss;

		history_loss(h, i, &loss);
		if (!many)
			ask_at(pair, loss.after);
		for (uint64_t t = loss.before; loss.before && t < loss.before + (many ? 1 : 2) && t <= pair->last; t++)
			ask_at(pair, t);
	}
	ask_at(pair, pair->last);
	ask(pair, WALKS, moment_hindsight(pair->last));
	ask(pair, STORIES, moment_hindsight(pair->last));
	ask(pair, CHECK, moment_hindsight(pair->last));
}

int main(int argc, char **argv)
{
	struct pairs pairs;
	uint64_t nr_wrong = 0, nr_certain = 0;
	unsigned nr;

	for (; argc > 1 && argv[1][0] == '-'; argc--, argv++)
		verbose |= strcmp(argv[1], "-v") == 0;
	if (!pairs_asked(&pairs, argc, argv)) {
		fprintf(stderr, "usage: test_claims [-v] DIRECTORY SEEDS [SECONDS [NAME]]\n");
		return 2;
	}
	nr = pairs_each(&pairs, look, NULL);
	printf("%u recordings with gaps\n", nr);
	for (enum topic topic = 0; topic < NR_TOPICS; topic++) {
		const struct compared *c = &totals[topic];

		printf("%-16s %10llu certain claims, %10llu doubtful, %8llu lists that lack nothing: %llu wrong\n",
		       topics[topic], (unsigned long long)c->nr_certain, (unsigned long long)c->nr_doubtful,
		       (unsigned long long)c->nr_whole, (unsigned long long)c->nr_wrong);
		nr_wrong += c->nr_wrong;
		nr_certain += c->nr_certain;
	}
	return nr_wrong || !nr || !nr_certain;
}
