/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/error.h"
#include "trust/hashed.h"
#include "unit/processor.h"
#include "unit/trust_fixture.h"

/* Hashed host names: each name that is asked for is compared with each line
 * once, whoever asks. The linker puts these in front of the real functions. */

static _Atomic long checks;
static _Atomic long checks_left = -1; /* before one fails; -1: none does */

int __real_sshoal__hasher_check(struct hasher *hasher,
				const struct hashed *hashed);
int __wrap_sshoal__hasher_check(struct hasher *hasher,
				const struct hashed *hashed);

int __wrap_sshoal__hasher_check(struct hasher *hasher,
				const struct hashed *hashed)
{
	checks++;
	if (checks_left >= 0 && checks_left-- == 0) {
		checks_left = 0;
		return SSHOAL_ENOMEM;
	}
	return __real_sshoal__hasher_check(hasher, hashed);
}

static int set_up(void **state)
{
	checks = 0;
	checks_left = -1;
	return folder_setup(state);
}

/* "|1|salt|hash", with another salt for each number. */
static void write_hashed(FILE *file, const char *name, uint32_t number,
			 const struct key *key)
{
	unsigned char salt[HASHED_SIZE] = { 0 };
	unsigned char hash[HASHED_SIZE];
	unsigned char text[2][32];
	memcpy(salt, &number, sizeof number);
	assert_non_null(HMAC(EVP_sha1(), salt, sizeof salt,
			     (const unsigned char *)name, strlen(name), hash,
			     NULL));
	(void)EVP_EncodeBlock(text[0], salt, sizeof salt);
	(void)EVP_EncodeBlock(text[1], hash, sizeof hash);
	(void)fprintf(file, "|1|%s|%s %s\n", (char *)text[0], (char *)text[1],
		      key->text);
}

/* Lines for host0 and on, each with a key of its own. */
static struct trust *load_hashed(const struct folder *folder, uint32_t count)
{
	FILE *file = fopen(folder->file, "we");
	assert_non_null(file);
	for (uint32_t i = 0; i < count; i++) {
		char name[32];
		const struct key key = ed25519(i);
		(void)snprintf(name, sizeof name, "host%u", (unsigned)i);
		write_hashed(file, name, i, &key);
	}
	assert_int_equal(fclose(file), 0);
	return load(folder->file);
}

#define THREADS 16
#define HOSTS 50
#define LINES 500

struct job {
	struct trust *trust;
	uint32_t first;
	unsigned failures;
};

static void *ask_for_all(void *data)
{
	struct job *job = data;
	for (uint32_t i = 0; i < HOSTS; i++) {
		char name[32];
		uint32_t number = (job->first + i) % HOSTS;
		const struct key key = ed25519(number);
		const struct key other = ed25519(number + 1);
		(void)snprintf(name, sizeof name, "Host%u", (unsigned)number);
		job->failures += sshoal__trust_kinds(job->trust, name, 22) !=
				 TRUST_ED25519;
		job->failures += check(job->trust, name, 22, &key, STRICT) != 0;
		job->failures += check(job->trust, name, 22, &other, STRICT) !=
				 SSHOAL_EHOSTKEY_CHANGED;
	}
	return NULL;
}

static void a_name_is_compared_once_for_all_threads(void **state)
{
	struct trust *trust = load_hashed(*state, LINES);
	pthread_t threads[THREADS];
	struct job jobs[THREADS];
	for (uint32_t i = 0; i < THREADS; i++) {
		jobs[i] = (struct job){ .trust = trust, .first = i / 2 * 3 };
		assert_int_equal(pthread_create(&threads[i], NULL, ask_for_all,
						&jobs[i]),
				 0);
	}
	for (uint32_t i = 0; i < THREADS; i++) {
		(void)pthread_join(threads[i], NULL);
		assert_int_equal(jobs[i].failures, 0);
	}
	assert_int_equal(checks, HOSTS * LINES);
	sshoal__trust_free(trust);
}

static void a_port_makes_a_second_name_only_where_the_first_is_new(void **state)
{
	struct trust *trust = load_hashed(*state, LINES);
	const struct key key = ed25519(3);
	for (int i = 0; i < 5; i++)
		assert_int_equal(check(trust, "host3", 2222, &key, STRICT), 0);
	assert_int_equal(checks, 2 * LINES);
	sshoal__trust_free(trust);
}

static void lines_that_came_later_are_compared_alone(void **state)
{
	const struct folder *folder = *state;
	struct trust *trust = load_hashed(folder, LINES);
	const struct key key = ed25519(1);
	assert_int_equal(check(trust, "later", 22, &key, STRICT),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	assert_int_equal(checks, LINES);
	FILE *file = fopen(folder->file, "ae");
	assert_non_null(file);
	write_hashed(file, "later", 1, &key);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(check(trust, "later", 22, &key, ACCEPT_NEW), 0);
	assert_int_equal(checks, LINES + 1);
	assert_int_equal(check(trust, "later", 22, &key, STRICT), 0);
	assert_int_equal(checks, LINES + 1);
	sshoal__trust_free(trust);
}

static void what_cannot_be_compared_is_refused(void **state)
{
	static const uint32_t policies[] = { STRICT, ACCEPT_NEW, OFF };
	const struct folder *folder = *state;
	const struct key key = ed25519(7);
	const struct key other = ed25519(8);
	for (long left = 0; left < 20; left++) {
		struct trust *trust = load_hashed(folder, 20);
		checks_left = left;
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(
				check(trust, "host7", 22, &key, policies[i]),
				SSHOAL_ENOMEM);
			assert_int_equal(
				check(trust, "host7", 22, &other, policies[i]),
				SSHOAL_ENOMEM);
		}
		assert_int_equal(sshoal__trust_kinds(trust, "host7", 22), 0);
		/* What was missed is made up for. */
		checks_left = -1;
		assert_int_equal(check(trust, "host7", 22, &key, STRICT), 0);
		assert_int_equal(check(trust, "host7", 22, &other, ACCEPT_NEW),
				 SSHOAL_EHOSTKEY_CHANGED);
		sshoal__trust_free(trust);
	}
}

#define MANY 100000

static void look_up_some(struct trust *trust, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++) {
		char name[32];
		const struct key key = ed25519(i);
		(void)snprintf(name, sizeof name, "host%u", (unsigned)i);
		if (check(trust, name, 22, &key, STRICT) != 0)
			fail_msg("%s is not found", name);
	}
}

static void of_100000_lines_a_name_is_found_quickly_again(void **state)
{
	struct trust *trust = load_hashed(*state, MANY);
	int64_t start_us = processor_us();
	look_up_some(trust, 0, 4);
	int64_t first_us = processor_us() - start_us;
	start_us = processor_us();
	for (int i = 0; i < 100; i++)
		look_up_some(trust, 0, 4);
	int64_t again_us = processor_us() - start_us;
	sshoal__trust_free(trust);
	print_message("100,000 hashed lines: a name takes %.1f ms, again "
		      "%.2f us\n",
		      (double)first_us / 4000, (double)again_us / 400);
	assert_int_equal(checks, 4 * MANY);
	assert_true(again_us / 100 < first_us / 10);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, set_up, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_name_is_compared_once_for_all_threads),
		TEST(a_port_makes_a_second_name_only_where_the_first_is_new),
		TEST(lines_that_came_later_are_compared_alone),
		TEST(what_cannot_be_compared_is_refused),
		TEST(of_100000_lines_a_name_is_found_quickly_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
