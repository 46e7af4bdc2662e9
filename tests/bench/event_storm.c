// SPDX-License-Identifier: GPL-2.0-only
/*
 * event_storm.c - system calls at a steady rate, for measuring a recorder.
 *
 *	event_storm CALLS_PER_SECOND SECONDS
 *
 * Recorded with raw_syscalls:sys_enter, every call is one event of 64 bytes (a KSM merge has 44), so
 * the rate is exact and does not depend on how fast this machine's ksmd is.  Calls come in
 * batches of a millisecond; time that was lost to other processes is made good at once, as ksmd's
 * bursts do.  Prints the number of calls that were made and the rate that was reached.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	uint64_t rate = strtoull(argv[1], NULL, 10);
	uint64_t length = (uint64_t)(strtod(argv[2], NULL) * 1e9);
	uint64_t start = now_ns(), passed, calls = 0;

	while ((passed = now_ns() - start) < length) {
		uint64_t due = passed / 1000 * rate / 1000000;
		for (; calls < due; calls++)
			syscall(SYS_getppid);
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	printf("%llu calls, %.0f a second\n", (unsigned long long)calls,
	       (double)calls * 1e9 / (double)(now_ns() - start));
	return 0;
}
