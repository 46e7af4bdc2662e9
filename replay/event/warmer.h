/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * warmer.h - a thread that touches memory before its owner does.
 *
 * A recording that is opened fills hundreds of megabytes of tables from their beginning to their end.
 * The kernel gives each page when it is first written and clears it then; in a virtual machine whose
 * host has to find the page, too, that takes as long as all the rest.  It is no work of whoever
 * builds the tables: another CPU can do it a few megabytes ahead.
 *
 * The warmer writes nothing, it only asks the kernel for the pages (MADV_POPULATE_WRITE, Linux 5.14;
 * without it nothing happens).  So it needs no locks on what it warms: a range that was moved or
 * given back meanwhile, or is something else now, comes to no harm.
 *
 * warmer_warm() may be called often: it is a few instructions a pool unless the pool has come nearer to
 * where it is cold.  It may grow the pool, so no pointer into it may be kept.  One thread calls; the
 * pools stay the caller's.
 */
#ifndef KSMTOP_WARMER_H
#define KSMTOP_WARMER_H

#include "event/pool.h"

struct warmer;

/* 0, -ENOMEM, or the error of making the thread. */
int warmer_new(struct warmer **ret_warmer);
/* Waits for at most one range that is being warmed.  NULL is fine. */
void warmer_free(struct warmer *warmer);
/* Has the pool warmed for what it will grow by next.  NULL: no warmer. */
void warmer_warm(struct warmer *warmer, struct pool *pool);

#endif /* KSMTOP_WARMER_H */
