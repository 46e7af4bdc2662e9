// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_pool.c - growing, a disk that is full, saving and mapping.
 *
 * Protects the promise that a full disk is never a SIGBUS: a limit on file sizes stands for the
 * disk, and the elements must survive the move to anonymous memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "event/pool.h"

static void fill(struct pool *pool, uint64_t nr)
{
	for (uint64_t i = pool->nr; i < nr; i++) {
		uint64_t *p = pool_grow(pool, 1);

		assert_non_null(p);
		assert_int_equal(*p, 0);
		*p = i * 3 + 1;
	}
}

static void check(const struct pool *pool, uint64_t nr)
{
	assert_int_equal(pool->nr, nr);
	for (uint64_t i = 0; i < nr; i++)
		assert_int_equal(*(uint64_t *)pool_at(pool, i), i * 3 + 1);
}

static void test_grows(void **state)
{
	static const char *const dirs[] = { NULL, "/tmp", "/nonexistent" };

	(void)state;
	for (int i = 0; i < 3; i++) {
		uint64_t bytes, anon;
		struct pool pool;

		pool_init(&pool, sizeof(uint64_t), dirs[i]);
		fill(&pool, 300000);
		check(&pool, 300000);
		assert_int_equal(pool_resize(&pool, 10), 0);
		assert_int_equal(pool_resize(&pool, 12), 0);
		assert_int_equal(*(uint64_t *)pool_at(&pool, 11), 0);
		assert_int_equal(pool_reserve(&pool, UINT64_MAX / 8), -ENOMEM);
		pool_memory(&pool, &bytes, &anon);
		assert_int_equal(anon, i == 1 ? 0 : bytes);
		pool_fini(&pool);
		pool_fini(&pool);
	}
}

static void test_full_disk(void **state)
{
	struct rlimit old, limit;
	uint64_t bytes, anon;
	struct pool pool;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = (struct rlimit){ 1 << 20, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	pool_init(&pool, sizeof(uint64_t), "/tmp");
	fill(&pool, 1 << 16);
	pool_memory(&pool, &bytes, &anon);
	assert_int_equal(anon, 0);
	fill(&pool, 1 << 19);
	pool_memory(&pool, &bytes, &anon);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(anon, bytes);
	check(&pool, 1 << 19);
	pool_fini(&pool);
}

static void test_saves(void **state)
{
	char path[] = "/tmp/test-pool-XXXXXX";
	int fd = mkstemp(path);
	uint64_t end;
	struct pool pool, mapped;

	(void)state;
	assert_true(fd >= 0);
	unlink(path);
	pool_init(&pool, sizeof(uint64_t), NULL);
	fill(&pool, 100001);
	assert_int_equal(pool_save(&pool, fd, POOL_ALIGN, &end), 0);
	assert_int_equal(end % POOL_ALIGN, 0);
	assert_true(end >= POOL_ALIGN + 100001 * 8);
	assert_int_equal(pool_map(&mapped, sizeof(uint64_t), fd, POOL_ALIGN, 100001), 0);
	check(&mapped, 100001);
	pool_fini(&mapped);
	assert_int_equal(pool_map(&mapped, sizeof(uint64_t), fd, 1, 1), -EINVAL);
	assert_int_equal(pool_map(&mapped, sizeof(uint64_t), fd, 0, UINT64_MAX), -EINVAL);
	pool_fini(&pool);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_saves),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
