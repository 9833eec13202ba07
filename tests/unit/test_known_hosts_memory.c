/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshoal/known_hosts.h>

#include "unit/trust_fixture.h"

/* Without memory nothing is half done. The linker puts these in front of the C
 * library's functions; the n-th allocation from now on fails, and no other. */

static long allocations_left = -1;

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_reallocarray(void *old, size_t count, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_reallocarray(void *old, size_t count, size_t n);
char *__wrap_strdup(const char *text);

static bool must_fail(void)
{
	return allocations_left >= 0 && allocations_left-- == 0;
}

void *__wrap_malloc(size_t n)
{
	return must_fail() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t n)
{
	return must_fail() ? NULL : __real_calloc(count, n);
}

void *__wrap_reallocarray(void *old, size_t count, size_t n)
{
	return must_fail() ? NULL : __real_reallocarray(old, count, n);
}

char *__wrap_strdup(const char *text)
{
	size_t n = strlen(text) + 1;
	char *copy = __wrap_malloc(n);
	return copy ? memcpy(copy, text, n) : NULL;
}

/* Each step that fails for want of memory is done again with it. */
static int again(int rc, unsigned *refused)
{
	if (rc == 0)
		return 0;
	assert_int_equal(rc, SSHOAL_ENOMEM);
	assert_true(allocations_left < 0);
	++*refused;
	return rc;
}

static void work_through(const struct folder *folder, unsigned *refused)
{
	const struct key one = ed25519(1);
	sshoal_known_hosts *hosts = NULL;
	while (again(sshoal_known_hosts_load(&hosts, folder->file, NULL),
		     refused))
		assert_null(hosts);
	assert_int_equal(sshoal_known_hosts_count(hosts), 5);
	while (again(sshoal_known_hosts_check(hosts, "a", 0, one.blob, one.size,
					      NULL),
		     refused))
		continue;
	while (again(sshoal_known_hosts_add_hashed(hosts, "new", 0, one.blob,
						   one.size, NULL),
		     refused))
		assert_int_equal(sshoal_known_hosts_count(hosts), 5);
	while (again(sshoal_known_hosts_remove(hosts, "a", 0, NULL, NULL),
		     refused))
		assert_int_equal(sshoal_known_hosts_count(hosts), 6);
	assert_int_equal(sshoal_known_hosts_count(hosts), 4);
	while (again(sshoal_known_hosts_save(hosts, NULL, NULL), refused))
		continue;
	sshoal_known_hosts_free(hosts);
}

static void every_step_is_done_or_not(void **state)
{
	const struct folder *folder = *state;
	const char *one = ed25519(1).text;
	for (long n = 0;; n++) {
		unsigned refused = 0;
		assert_in_range(n, 0, 1000);
		put(folder->file, "w",
		    "a %s\nb,a %s\na %s\n# c\n*.x %s\n@revoked y %s\n", one,
		    one, one, one, one);
		allocations_left = n;
		work_through(folder, &refused);
		bool is_unused = allocations_left >= 0;
		allocations_left = -1;
		char *text = contents(folder->file);
		assert_int_equal(count_of(text, "\n"), 5);
		assert_int_equal(count_of(text, "a ssh-"), 0);
		assert_int_equal(count_of(text, "b ssh-"), 1);
		assert_int_equal(count_of(text, "|1|"), 1);
		free(text);
		if (is_unused) {
			assert_in_range(n, 40, 1000);
			return;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRUST_TEST(every_step_is_done_or_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
