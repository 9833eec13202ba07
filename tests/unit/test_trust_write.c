/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/trust_fixture.h"

/* The policy accept-new: what is written, and what happens when it cannot
 * be. */

static void a_new_key_becomes_one_line(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key other = ed25519(2);
	struct trust *trust = load(folder->file);
	mode_t mask = umask(0);
	expect(trust, "Host", &key, 0, true);
	(void)umask(mask);
	expect(trust, "host", &key, 0, false);
	expect(trust, "host", &other, SSHOAL_EHOSTKEY_CHANGED, false);
	bool added = false;
	assert_int_equal(sshoal__trust_check(trust, "Host", 2222, other.blob,
					     other.size, ACCEPT_NEW, &added,
					     NULL),
			 0);
	assert_true(added);
	assert_int_equal(sshoal__trust_kinds(trust, "HOST", 2222),
			 TRUST_ED25519);
	assert_int_equal(check(trust, "host", 2222, &key, STRICT),
			 SSHOAL_EHOSTKEY_CHANGED);
	assert_int_equal(check(trust, "host", 2222, &other, STRICT), 0);
	expect_contents(folder, "host %s\n[host]:2222 %s\n", key.text,
			other.text);
	struct stat status;
	assert_int_equal(stat(folder->file, &status), 0);
	assert_int_equal(status.st_mode, S_IFREG | 0600);
	sshoal__trust_free(trust);
}

static void a_changed_key_is_told_with_its_new_line(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key other = ed25519(2);
	put(folder->file, "w", "# one\n\nx %s", key.text);
	struct trust *trust = load(folder->file);
	expect(trust, "a", &key, 0, true);
	expect(trust, "b", &key, 0, true);
	put(folder->file, "a", "c %s\n", key.text);
	expect(trust, "d", &key, 0, true);
	static const char *const lines[] = { "a:4)", "b:5)", "c:6)", "d:7)" };
	for (size_t i = 0; i < 4; i++) {
		char host[2] = { lines[i][0], '\0' };
		char place[256];
		(void)snprintf(place, sizeof place, "(%s%s", folder->file,
			       lines[i] + 1);
		bool added = false;
		sshoal_error error;
		assert_int_equal(sshoal__trust_check(trust, host, 22,
						     other.blob, other.size,
						     STRICT, &added, &error),
				 SSHOAL_EHOSTKEY_CHANGED);
		if (!strstr(error.text, place))
			fail_msg("\"%s\" is not in \"%s\"", place, error.text);
	}
	sshoal__trust_free(trust);
}

static void a_last_line_without_newline_gets_one(void **state)
{
	static const struct row {
		const char *before;
		const char *between;
	} rows[] = {
		{ "", "" },           { "\n", "" },      { "# x", "\n" },
		{ "# x\n", "" },      { "# x\r", "\n" }, { "# x\r\n", "" },
		{ "# x\n# y", "\n" },
	};
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		put(folder->file, "w", "%s", rows[i].before);
		struct trust *trust = load(folder->file);
		expect(trust, "a", &key, 0, true);
		expect(trust, "b", &key, 0, true);
		sshoal__trust_free(trust);
		expect_contents(folder, "%s%sa %s\nb %s\n", rows[i].before,
				rows[i].between, key.text, key.text);
	}
}

static void the_folder_of_the_home_is_made_and_no_other(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	char path[256];
	char *old = getenv("HOME") ? strdup(getenv("HOME")) : NULL;
	assert_int_equal(setenv("HOME", folder->path, 1), 0);
	struct trust *trust = load("~/.ssh/known_hosts");
	(void)snprintf(path, sizeof path, "%s/.ssh", folder->path);
	assert_int_equal(access(path, F_OK), -1);
	mode_t mask = umask(0);
	expect(trust, "host", &key, 0, true);
	(void)umask(mask);
	sshoal__trust_free(trust);
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode, S_IFDIR | 0700);
	trust = load("~/other/known_hosts");
	expect(trust, "host", &key, SSHOAL_EIO, false);
	sshoal__trust_free(trust);
	(void)snprintf(path, sizeof path, "%s/other", folder->path);
	assert_int_equal(access(path, F_OK), -1);
	if (old)
		(void)setenv("HOME", old, 1);
	free(old);
}

static void a_name_that_would_be_read_otherwise_is_not_written(void **state)
{
	static const char *const hosts[] = {
		"a b", "a\tb", "a\nb",     "a\n",   "a\rb", "a,b",      ",",
		"*",   "a?",   "!a",       "#a",    "@a",   "|1|a",     "[a]",
		"a]",  "[a",   "[a]:2222", "a\x7f", " ",    "@revoked",
	};
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	put(folder->file, "w", "# here\n");
	struct trust *trust = load(folder->file);
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		expect(trust, hosts[i], &key, SSHOAL_EINVAL, false);
		expect(trust, hosts[i], &key, SSHOAL_EINVAL, false);
	}
	expect_contents(folder, "# here\n");
	sshoal__trust_free(trust);
}

static void strict_and_off_write_nothing(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	struct trust *trust = load(folder->file);
	assert_int_equal(check(trust, "host", 22, &key, STRICT),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	assert_int_equal(check(trust, "host", 22, &key, OFF), 0);
	assert_int_equal(access(folder->file, F_OK), -1);
	sshoal__trust_free(trust);
}

static void a_file_that_cannot_be_written_lets_no_key_in(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	struct trust *trust = load(folder->file);
	assert_int_equal(mkdir(folder->file, 0700), 0);
	expect(trust, "host", &key, SSHOAL_EIO, false);
	expect(trust, "host", &key, SSHOAL_EIO, false);
	assert_int_equal(rmdir(folder->file), 0);
	assert_int_equal(symlink("/dev/full", folder->file), 0);
	expect(trust, "host", &key, SSHOAL_EIO, false);
	expect(trust, "host", &key, SSHOAL_EIO, false);
	assert_int_equal(unlink(folder->file), 0);
	assert_int_equal(symlink("/proc/none/here", folder->file), 0);
	expect(trust, "host", &key, SSHOAL_EIO, false);
	assert_int_equal(unlink(folder->file), 0);
	assert_int_equal(sshoal__trust_kinds(trust, "host", 22), 0);
	assert_int_equal(check(trust, "host", 22, &key, STRICT),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	/* And when it can be, it does. */
	expect(trust, "host", &key, 0, true);
	sshoal__trust_free(trust);
}

static void a_file_of_somebody_else_is_not_permitted(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	assert_int_equal(chmod(folder->path, 0755), 0);
	put(folder->file, "w", "# mine\n");
	assert_int_equal(chmod(folder->file, 0444), 0);
	struct trust *trust = load(folder->file);
	bool is_root = geteuid() == 0;
	if (is_root)
		assert_int_equal(seteuid(65534), 0);
	bool added = false;
	sshoal_error error = { .code = 0 };
	int rc = sshoal__trust_check(trust, "host", 22, key.blob, key.size,
				     ACCEPT_NEW, &added, &error);
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(rc, SSHOAL_EACCESS);
	assert_non_null(strstr(error.text, folder->file));
	expect_contents(folder, "# mine\n");
	sshoal__trust_free(trust);
}

/* In a process of its own, whose files may not grow beyond a limit. */
static int write_at_limit(const struct folder *folder)
{
	const struct key key = ed25519(1);
	struct trust *trust = load(folder->file);
	const struct rlimit limit = { .rlim_cur = 40, .rlim_max = 40 };
	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 2;
	bool added = false;
	sshoal_error error = { .text = "" };
	int rc = sshoal__trust_check(trust, "host", 22, key.blob, key.size,
				     ACCEPT_NEW, &added, &error);
	bool is_told = strstr(error.text, "could not be written in full");
	int again = check(trust, "host", 22, &key, STRICT);
	sshoal__trust_free(trust);
	return rc != SSHOAL_EIO || !is_told || added ||
	       again != SSHOAL_EHOSTKEY_UNKNOWN;
}

static void what_a_short_write_left_is_cut_off(void **state)
{
	const struct folder *folder = *state;
	put(folder->file, "w", "# without a newline");
	pid_t child = fork();
	if (child == 0)
		_exit(write_at_limit(folder));
	assert_true(child > 0);
	int status = -1;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	expect_contents(folder, "# without a newline");
}

static void a_device_takes_keys_for_the_process_alone(void **state)
{
	(void)state;
	const struct key key = ed25519(1);
	const struct key other = ed25519(2);
	struct trust *trust = load("/dev/null");
	expect(trust, "host", &key, 0, true);
	expect(trust, "host", &key, 0, false);
	expect(trust, "host", &other, SSHOAL_EHOSTKEY_CHANGED, false);
	sshoal__trust_free(trust);
}

static void ssh_keygen_finds_what_was_written(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	struct trust *trust = load(folder->file);
	static const char *const hosts[] = { "host", "10.0.0.1", "fe80::1%e0" };
	for (size_t i = 0; i < 3; i++) {
		char command[512];
		bool added = false;
		expect(trust, hosts[i], &key, 0, true);
		(void)snprintf(command, sizeof command,
			       "ssh-keygen -F '%s' -f %s >/dev/null", hosts[i],
			       folder->file);
		assert_int_equal(system(command), 0);
		assert_int_equal(sshoal__trust_check(trust, hosts[i], 2222,
						     ed25519(2).blob, key.size,
						     ACCEPT_NEW, &added, NULL),
				 0);
		assert_true(added);
		(void)snprintf(command, sizeof command,
			       "ssh-keygen -F '[%s]:2222' -f %s >/dev/null",
			       hosts[i], folder->file);
		assert_int_equal(system(command), 0);
	}
	sshoal__trust_free(trust);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRUST_TEST(a_new_key_becomes_one_line),
		TRUST_TEST(a_changed_key_is_told_with_its_new_line),
		TRUST_TEST(a_last_line_without_newline_gets_one),
		TRUST_TEST(the_folder_of_the_home_is_made_and_no_other),
		TRUST_TEST(a_name_that_would_be_read_otherwise_is_not_written),
		TRUST_TEST(strict_and_off_write_nothing),
		TRUST_TEST(a_file_that_cannot_be_written_lets_no_key_in),
		TRUST_TEST(a_file_of_somebody_else_is_not_permitted),
		TRUST_TEST(what_a_short_write_left_is_cut_off),
		TRUST_TEST(a_device_takes_keys_for_the_process_alone),
		TRUST_TEST(ssh_keygen_finds_what_was_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
