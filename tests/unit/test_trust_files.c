/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/trust_fixture.h"

/* Which known-hosts files are read, and what becomes of those that are not. */

static void several_files_count_together(void **state)
{
	const struct folder *folder = *state;
	char second[256];
	char missing[256];
	(void)snprintf(second, sizeof second, "%s/second", folder->path);
	(void)snprintf(missing, sizeof missing, "%s/missing", folder->path);
	const struct key one = ed25519(1);
	const struct key two = ed25519(2);
	const struct key three = ed25519(3);
	put(folder->file, "w", "host %s\n", one.text);
	put(second, "w", "\nhost %s\n@revoked * %s\n", two.text, three.text);
	const char *const files[] = { folder->file, missing, second };
	struct trust *trust = NULL;
	assert_int_equal(sshoal__trust_load(&trust, files, 3, NULL, NULL, NULL),
			 0);
	assert_int_equal(check(trust, "host", 22, &one, STRICT), 0);
	assert_int_equal(check(trust, "host", 22, &two, STRICT), 0);
	assert_int_equal(check(trust, "host", 22, &three, OFF),
			 SSHOAL_EHOSTKEY_REVOKED);
	assert_int_equal(access(missing, F_OK), -1);
	sshoal__trust_free(trust);
}

static void without_files_nothing_is_known_or_added(void **state)
{
	(void)state;
	const struct key key = ed25519(1);
	struct trust *trust = NULL;
	assert_int_equal(sshoal__trust_load(&trust, NULL, 0, NULL, NULL, NULL),
			 0);
	assert_int_equal(check(trust, "host", 22, &key, STRICT),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	assert_int_equal(check(trust, "host", 22, &key, ACCEPT_NEW),
			 SSHOAL_EIO);
	sshoal__trust_free(trust);
	sshoal__trust_free(NULL);
}

static int load_code(const char *path, sshoal_error *error)
{
	struct trust *const untouched = (struct trust *)&path;
	struct trust *trust = untouched;
	int rc = sshoal__trust_load(&trust, &path, 1, NULL, NULL, error);
	if (rc == 0)
		sshoal__trust_free(trust);
	else
		assert_ptr_equal(trust, untouched);
	return rc;
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
	const struct folder *folder = *state;
	sshoal_error error;
	assert_int_equal(load_code(folder->path, &error), SSHOAL_EIO);
	assert_non_null(strstr(error.text, folder->path));
	put(folder->file, "w", "x");
	char below[256];
	(void)snprintf(below, sizeof below, "%s/below", folder->file);
	assert_int_equal(load_code(below, &error), SSHOAL_EIO);
	assert_int_equal(truncate(folder->file, (off_t)257 << 20), 0);
	assert_int_equal(load_code(folder->file, &error), SSHOAL_EIO);
	assert_non_null(strstr(error.text, "larger than 256 MiB"));
	assert_int_equal(load_code("/proc/self/mem", &error), SSHOAL_EIO);
	assert_int_equal(load_code("/dev/null", &error), 0);
}

static void a_file_of_somebody_else_is_not_permitted(void **state)
{
	const struct folder *folder = *state;
	sshoal_error error;
	put(folder->file, "w", "x");
	assert_int_equal(chmod(folder->path, 0755), 0);
	assert_int_equal(chmod(folder->file, 0), 0);
	bool is_root = geteuid() == 0;
	if (is_root)
		assert_int_equal(seteuid(65534), 0);
	int rc = load_code(folder->file, &error);
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(rc, SSHOAL_EACCESS);
}

static void a_tilde_is_the_home(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	put(folder->file, "w", "host %s\n", key.text);
	char *old = getenv("HOME") ? strdup(getenv("HOME")) : NULL;
	assert_int_equal(setenv("HOME", folder->path, 1), 0);
	struct trust *trust = load("~/known_hosts");
	if (old)
		(void)setenv("HOME", old, 1);
	free(old);
	assert_int_equal(check(trust, "host", 22, &key, STRICT), 0);
	sshoal_error error;
	bool added = false;
	assert_int_equal(sshoal__trust_check(trust, "host", 22, ed25519(2).blob,
					     key.size, STRICT, &added, &error),
			 SSHOAL_EHOSTKEY_CHANGED);
	assert_non_null(strstr(error.text, folder->file));
	sshoal__trust_free(trust);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRUST_TEST(several_files_count_together),
		TRUST_TEST(without_files_nothing_is_known_or_added),
		TRUST_TEST(a_file_that_cannot_be_read_is_an_error),
		TRUST_TEST(a_file_of_somebody_else_is_not_permitted),
		TRUST_TEST(a_tilde_is_the_home),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
