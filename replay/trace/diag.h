/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * diag.h - what is wrong with an input, told once and told well.
 *
 * A function that can find fault with a file, a text or a setting takes a `struct diag *` and
 * fills it when it returns an error: where (file, and a byte offset, an event number or a line),
 * what was found, what was expected, what to do about it, and the chain of causes below it.  The
 * library never prints; whoever is at the top calls diag_text() and prints one sentence.
 *
 * A diag is a plain value: no heap, nothing to free, copied by assignment, {0} is "nothing".
 * Overlong texts are cut at a character with "..." at the end; control bytes from an input become
 * '?' so that a hostile file cannot talk to the terminal.  Every function accepts a NULL diag and
 * then only passes the error through.
 *
 *	error = diag_set(diag, -EBADMSG, "section 18 claims %u bytes", size);
 *	diag_offset(diag, path, offset);
 *	diag_expected(diag, "at most %" PRIu64, left);
 */
#ifndef KSMTOP_DIAG_H
#define KSMTOP_DIAG_H

#include <stddef.h>
#include <stdint.h>

enum diag_place {
	DIAG_NOWHERE,
	DIAG_FILE,	/* the file as a whole */
	DIAG_OFFSET,	/* .at is a byte offset in .file */
	DIAG_EVENT,	/* .at is an event number (from 1) in .file */
	DIAG_LINE,	/* .at is a line, .column a column, both from 1 */
};

struct diag {
	int error;		/* -E..., 0 while nothing is wrong */
	enum diag_place place;
	uint64_t at;
	uint32_t column;
	char file[256];
	char what[240];		/* what was found, a clause without a full stop */
	char expected[160];	/* what should have been there, or "" */
	char advice[240];	/* what to do: a command or a clause, or "" */
	char cause[480];	/* the sentences underneath, outermost first, or "" */
};

/* Starts a diag afresh (place, expectation, advice and causes are emptied).  Returns `error`. */
int diag_set(struct diag *diag, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Where it is: in `file` (copied) as a whole, at a byte, an event, or a line and column from 1. */
void diag_file(struct diag *diag, const char *file);
void diag_offset(struct diag *diag, const char *file, uint64_t offset);
void diag_event(struct diag *diag, const char *file, uint64_t number);
void diag_line(struct diag *diag, const char *file, uint32_t line, uint32_t column);

/* What should have been there, and what to do: each replaces what was said before, "" takes it away. */
void diag_expected(struct diag *diag, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void diag_advice(struct diag *diag, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Puts a new statement on top: what the diag said until now becomes its cause.  The error, file
 * and advice stay (an advice given later replaces it).  Returns the error.
 */
int diag_wrap(struct diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * The whole diag as one sentence without a newline, for example
 *	run.dat: byte 4096: section 18 claims 900 bytes (expected at most 512); run ... to mend it
 * Writes at most `size` bytes with the NUL and returns `buf`.  DIAG_TEXT_SIZE is always enough.
 */
#define DIAG_TEXT_SIZE 1600
const char *diag_text(const struct diag *diag, char *buf, size_t size);

#endif /* KSMTOP_DIAG_H */
