/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/options.h"

/* Three releases of one struct. */

struct first {
	size_t size;
	uint64_t one;
};

struct second {
	size_t size;
	uint64_t one;
	uint64_t two;
};

struct third {
	size_t size;
	uint64_t one;
	uint64_t two;
	uint64_t three;
};

#define OWN \
	{ \
		.size = 99, .one = 11, .two = 22 \
	}

static int copy(struct second *own, const void *given, sshoal_error *error)
{
	return sshoal__options_copy(own, sizeof *own, sizeof(struct first),
				    given, error);
}

static void without_a_struct_the_defaults_stay(void **state)
{
	(void)state;
	struct second own = OWN;
	assert_int_equal(copy(&own, NULL, NULL), 0);
	assert_int_equal(own.size, sizeof own);
	assert_int_equal(own.one, 11);
	assert_int_equal(own.two, 22);
}

static void a_struct_of_the_same_release_is_copied(void **state)
{
	(void)state;
	struct second own = OWN;
	struct second given = { .size = sizeof given, .one = 1, .two = 2 };
	assert_int_equal(copy(&own, &given, NULL), 0);
	assert_int_equal(own.size, sizeof own);
	assert_int_equal(own.one, 1);
	assert_int_equal(own.two, 2);
}

static void an_older_struct_leaves_later_members_at_their_default(void **state)
{
	(void)state;
	struct second own = OWN;
	/* On the heap, so that a sanitizer sees a read past its end. */
	struct first *given = malloc(sizeof *given);
	assert_non_null(given);
	*given = (struct first){ .size = sizeof *given, .one = 1 };
	assert_int_equal(copy(&own, given, NULL), 0);
	free(given);
	assert_int_equal(own.size, sizeof own);
	assert_int_equal(own.one, 1);
	assert_int_equal(own.two, 22);
}

static void a_later_struct_is_taken_when_its_tail_is_zero(void **state)
{
	(void)state;
	struct second own = OWN;
	struct third given = { .size = sizeof given, .one = 1, .two = 2 };
	assert_int_equal(copy(&own, &given, NULL), 0);
	assert_int_equal(own.size, sizeof own);
	assert_int_equal(own.one, 1);
	assert_int_equal(own.two, 2);
}

static void assert_refused(const void *given)
{
	const struct second before = OWN;
	struct second own = OWN;
	sshoal_error error = { .code = 0 };
	assert_int_equal(copy(&own, given, &error), SSHOAL_EINVAL);
	assert_int_equal(error.code, SSHOAL_EINVAL);
	assert_int_equal(strncmp(error.text, "size: ", 6), 0);
	assert_memory_equal(&own, &before, sizeof own);
	assert_int_equal(copy(&own, given, NULL), SSHOAL_EINVAL);
}

static void a_later_struct_with_a_member_in_use_is_refused(void **state)
{
	(void)state;
	struct third given = { .size = sizeof given, .three = 1 };
	assert_refused(&given);
	unsigned char *last = (unsigned char *)&given + sizeof given - 1;
	given.three = 0;
	*last = 1;
	assert_refused(&given);
}

static void a_size_that_cannot_be_is_refused(void **state)
{
	(void)state;
	static const size_t sizes[] = { 0,
					1,
					sizeof(size_t),
					sizeof(struct first) - 1,
					OPTIONS_MAX_BYTES + 1,
					SIZE_MAX };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct third given = { .size = sizes[i], .one = 1 };
		assert_refused(&given);
	}
}

static void the_largest_size_is_read_to_its_end(void **state)
{
	(void)state;
	unsigned char *given = calloc(1, OPTIONS_MAX_BYTES);
	assert_non_null(given);
	const size_t size = OPTIONS_MAX_BYTES;
	memcpy(given, &size, sizeof size);
	struct second own = OWN;
	assert_int_equal(copy(&own, given, NULL), 0);
	given[OPTIONS_MAX_BYTES - 1] = 1;
	assert_refused(given);
	free(given);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_struct_the_defaults_stay),
		cmocka_unit_test(a_struct_of_the_same_release_is_copied),
		cmocka_unit_test(
			an_older_struct_leaves_later_members_at_their_default),
		cmocka_unit_test(a_later_struct_is_taken_when_its_tail_is_zero),
		cmocka_unit_test(
			a_later_struct_with_a_member_in_use_is_refused),
		cmocka_unit_test(a_size_that_cannot_be_is_refused),
		cmocka_unit_test(the_largest_size_is_read_to_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
