/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * format.h - numbers as people read them, the same in every view.
 *
 * Each function writes into the caller's buffer and returns it, so that it can stand in an
 * argument list.  FORMAT_MAX bytes are enough for every one of them.  Output is plain ASCII: a
 * blank groups thousands ("61 340"), binary units are spelled out ("239.6 MiB").
 */
#ifndef KSMTOP_FORMAT_H
#define KSMTOP_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#define FORMAT_MAX 40

/* 61340 -> "61 340". */
const char *format_count(char *buffer, uint64_t count);
/* What was seen of a number that lost events may add to: 3 -> "3?", and "?" where none was seen; sure: "3". */
const char *format_seen(char *buffer, uint64_t count, bool lacks);
const char *format_seen_duration(char *buffer, uint64_t ns, bool lacks);
/* -310 -> "-310", 1208 -> "+1 208", 0 -> "0". */
const char *format_delta(char *buffer, int64_t delta);
/* Bytes: "812 B", "5.4 MiB", "1.2 TiB". */
const char *format_bytes(char *buffer, uint64_t bytes);
/* A length of time: "850 ns", "1.9 ms", "9.4 s", "12 min". */
const char *format_duration(char *buffer, uint64_t ns);
/* A moment since the start: "+12.481033", microseconds, cut and not rounded. */
const char *format_moment(char *buffer, uint64_t ns);

#endif
