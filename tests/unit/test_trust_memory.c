/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/trust_fixture.h"

/* Without memory no key is let in. The linker puts these in front of the C
 * library's functions; the n-th allocation from now on fails, and no other. */

static long allocations_left = -1;

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);

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

/* Plain, pattern, revoked and hashed lines; the hashed one is for "hashed". */
static void put_lines(const struct folder *folder)
{
	put(folder->file, "w",
	    "known,also,[known]:2222 %s\n"
	    "|1|AAAAAAAAAAAAAAAAAAAAAAAAAAA=|XMizH0/16/K7kTjp7VrfqxZPozA= "
	    "%s\n"
	    "*.test,!no.test %s\n"
	    "@revoked * %s\n"
	    "@cert-authority * %s\n",
	    ed25519(1).text, ed25519(1).text, ed25519(1).text, ed25519(3).text,
	    ed25519(4).text);
}

/* Enough names that the index has to grow more than once. */
static void put_many(const struct folder *folder)
{
	put_lines(folder);
	for (unsigned i = 0; i < 60; i++)
		put(folder->file, "a", "n%u,m%u,o%u %s\n", i, i, i,
		    ed25519(i).text);
}

static void loading_fails_as_a_whole(void **state)
{
	const struct folder *folder = *state;
	const char *path = folder->file;
	put_many(folder);
	long n = 0;
	for (;; n++) {
		struct trust *trust = NULL;
		sshoal_error error = { .code = 0 };
		allocations_left = n;
		int rc = sshoal__trust_load(&trust, &path, 1, NULL, NULL,
					    &error);
		bool all_done = allocations_left >= 0;
		allocations_left = -1;
		if (all_done) {
			assert_int_equal(rc, 0);
			sshoal__trust_free(trust);
			break;
		}
		assert_int_equal(rc, SSHOAL_ENOMEM);
		assert_int_equal(error.code, SSHOAL_ENOMEM);
		assert_null(trust);
	}
	assert_true(n > 15);
}

static const struct row {
	const char *host;
	uint32_t number; /* the key's */
	uint32_t policy;
	int rc;
} rows[] = {
	{ "known", 1, STRICT, 0 },
	{ "known", 2, ACCEPT_NEW, SSHOAL_EHOSTKEY_CHANGED },
	{ "known", 3, OFF, SSHOAL_EHOSTKEY_REVOKED },
	{ "hashed", 1, STRICT, 0 },
	{ "hashed", 2, ACCEPT_NEW, SSHOAL_EHOSTKEY_CHANGED },
	{ "hashed", 3, OFF, SSHOAL_EHOSTKEY_REVOKED },
	{ "no.test", 1, STRICT, SSHOAL_EHOSTKEY_UNKNOWN },
	{ "new", 1, ACCEPT_NEW, 0 },
	{ "since", 1, ACCEPT_NEW, 0 },
	{ "since", 2, ACCEPT_NEW, SSHOAL_EHOSTKEY_CHANGED },
};

/* One check in which the n-th allocation fails; false when it has not so
 * many. */
static bool check_row(const struct folder *folder, const struct row *row,
		      bool is_replaced, long n)
{
	const struct key key = ed25519(row->number);
	put_many(folder);
	struct trust *trust = load(folder->file);
	if (is_replaced)
		assert_int_equal(remove(folder->file), 0);
	put(folder->file, "a", "since,[since]:22 %s\n", ed25519(1).text);
	char *before = contents(folder->file);
	bool added = false;
	allocations_left = n;
	int rc = sshoal__trust_check(trust, row->host, 22, key.blob, key.size,
				     row->policy, &added, NULL);
	bool has_failed = allocations_left < 0;
	allocations_left = -1;
	char *after = contents(folder->file);
	if (rc != row->rc && (rc != SSHOAL_ENOMEM || !has_failed))
		fail_msg("%s with key %u: %s", row->host, (unsigned)row->number,
			 sshoal_error_name(rc));
	if (rc)
		assert_string_equal(after, before);
	else
		assert_int_equal(strlen(after) > strlen(before), added);
	free(after);
	free(before);
	/* With memory again, the answer is right. */
	assert_int_equal(check(trust, row->host, 22, &key, row->policy),
			 row->rc);
	sshoal__trust_free(trust);
	return has_failed;
}

static void a_check_without_memory_lets_no_key_in(void **state)
{
	long most = 0;
	for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
		long n = 0;
		while (check_row(*state, &rows[i / 2], i % 2, n))
			n++;
		most = n > most ? n : most;
	}
	assert_true(most > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRUST_TEST(loading_fails_as_a_whole),
		TRUST_TEST(a_check_without_memory_lets_no_key_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
