/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <sshoal/known_hosts.h>

#include "unit/trust_fixture.h"

/* Files are changed, and ssh-keygen is asked what it thinks of them. */

static sshoal_known_hosts *open_hosts(const char *path)
{
	sshoal_known_hosts *hosts = NULL;
	sshoal_error error = { .text = "" };
	int rc = sshoal_known_hosts_load(&hosts, path, &error);
	if (rc)
		fail_msg("%s", error.text);
	return hosts;
}

static int ask(sshoal_known_hosts *hosts, const char *host, uint32_t port,
	       const struct key *key)
{
	return sshoal_known_hosts_check(hosts, host, port, key->blob, key->size,
					NULL);
}

static int give(sshoal_known_hosts *hosts, const char *host, uint32_t port,
		const struct key *key)
{
	return sshoal_known_hosts_add(hosts, host, port, key->blob, key->size,
				      NULL);
}

static void save(sshoal_known_hosts *hosts, const char *path)
{
	sshoal_error error = { .text = "" };
	int rc = sshoal_known_hosts_save(hosts, path, &error);
	if (rc)
		fail_msg("%s", error.text);
}

/* How often ssh-keygen finds a name in a file. */
static size_t found(const char *path, const char *name)
{
	int status = 0;
	char *said = run(&status, "ssh-keygen -F '%s' -f '%s' 2>/dev/null",
			 name, path);
	size_t count = count_of(said, "# Host ");
	free(said);
	return count;
}

static void a_check_is_a_clients(void **state)
{
	const struct folder *folder = *state;
	const struct key one = ed25519(1);
	const struct key two = ed25519(2);
	const struct key bad = ed25519(3);
	put(folder->file, "w",
	    "a,b %s\n# comment\nnonsense\n@revoked * %s\n"
	    "[c]:2222 %s\n*.org,!x.org %s\n",
	    one.text, bad.text, one.text, two.text);
	sshoal_known_hosts *hosts = open_hosts(folder->file);
	assert_int_equal(ask(hosts, "A", 0, &one), 0);
	assert_int_equal(ask(hosts, "b", 22, &one), 0);
	assert_int_equal(ask(hosts, "b", 22, &two), SSHOAL_EHOSTKEY_CHANGED);
	assert_int_equal(ask(hosts, "c", 22, &one), SSHOAL_EHOSTKEY_UNKNOWN);
	assert_int_equal(ask(hosts, "c", 2222, &one), 0);
	assert_int_equal(ask(hosts, "a", 99, &one), 0);
	assert_int_equal(ask(hosts, "y.org", 0, &two), 0);
	assert_int_equal(ask(hosts, "x.org", 0, &two), SSHOAL_EHOSTKEY_UNKNOWN);
	assert_int_equal(ask(hosts, "a", 0, &bad), SSHOAL_EHOSTKEY_REVOKED);
	sshoal_error error = { .text = "" };
	assert_int_equal(sshoal_known_hosts_check(hosts, "b", 0, two.blob,
						  two.size, &error),
			 SSHOAL_EHOSTKEY_CHANGED);
	assert_non_null(strstr(error.text, ":1)"));
	assert_int_equal(
		sshoal_known_hosts_check(hosts, "b", 0, two.blob, 9, &error),
		SSHOAL_EHOSTKEY_UNKNOWN);
	sshoal_known_hosts_free(hosts);
}

static void entries_can_be_walked(void **state)
{
	const struct folder *folder = *state;
	const struct key one = ed25519(1);
	sshoal_known_host entry;
	put(folder->file, "w", "# x\nA,B %s and a comment\n@revoked * %s\n",
	    one.text, ed25519(3).text);
	sshoal_known_hosts *hosts = open_hosts(folder->file);
	assert_int_equal(sshoal_known_hosts_count(hosts), 2);
	assert_int_equal(sshoal_known_hosts_entry(hosts, 0, &entry), 0);
	assert_string_equal(entry.names, "A,B");
	assert_string_equal(entry.type, "ssh-ed25519");
	assert_string_equal(entry.marker, "");
	assert_string_equal(entry.file, folder->file);
	assert_int_equal(entry.line, 2);
	assert_int_equal(entry.key_size, one.size);
	assert_memory_equal(entry.key, one.blob, one.size);
	assert_int_equal(sshoal_known_hosts_entry(hosts, 1, &entry), 0);
	assert_string_equal(entry.marker, "@revoked");
	assert_int_equal(sshoal_known_hosts_entry(hosts, 2, &entry),
			 SSHOAL_ENOENT);
	size_t at = 0;
	assert_int_equal(sshoal_known_hosts_find(hosts, "b", 0, &at), 0);
	assert_int_equal(at, 0);
	at = 1;
	assert_int_equal(sshoal_known_hosts_find(hosts, "b", 0, &at), 0);
	assert_int_equal(at, 1);
	at = 2;
	assert_int_equal(sshoal_known_hosts_find(hosts, "b", 0, &at),
			 SSHOAL_ENOENT);
	sshoal_known_hosts_free(hosts);
}

static void a_fingerprint_is_that_of_ssh_keygen(void **state)
{
	const struct folder *folder = *state;
	const struct key one = ed25519(1);
	char print[51];
	int status = 0;
	put(folder->file, "w", "%s\n", one.text);
	char *said = run(&status, "ssh-keygen -l -f '%s'", folder->file);
	assert_int_equal(sshoal_known_hosts_fingerprint(one.blob, one.size,
							print, sizeof print),
			 0);
	assert_non_null(strstr(said, print));
	free(said);
	assert_int_equal(
		sshoal_known_hosts_fingerprint(one.blob, one.size, print, 50),
		SSHOAL_EINVAL);
}

static void what_was_added_is_found(void **state)
{
	const struct folder *folder = *state;
	const struct key one = ed25519(1);
	const struct key two = ed25519(2);
	put(folder->file, "w", "old %s", two.text);
	sshoal_known_hosts *hosts = open_hosts(folder->file);
	assert_int_equal(give(hosts, "new", 0, &one), 0);
	assert_int_equal(give(hosts, "new", 0, &one), 0);
	assert_int_equal(give(hosts, "New", 2222, &one), 0);
	assert_int_equal(sshoal_known_hosts_add_hashed(
				 hosts, "secret", 0, one.blob, one.size, NULL),
			 0);
	assert_int_equal(sshoal_known_hosts_add_hashed(
				 hosts, "secret", 0, one.blob, one.size, NULL),
			 0);
	assert_int_equal(give(hosts, "a\nb", 0, &one), SSHOAL_EINVAL);
	assert_int_equal(give(hosts, "*", 0, &one), SSHOAL_EINVAL);
	assert_int_equal(ask(hosts, "new", 0, &one), 0);
	assert_int_equal(ask(hosts, "secret", 0, &one), 0);
	assert_int_equal(sshoal_known_hosts_count(hosts), 4);
	assert_int_equal(found(folder->file, "new"), 0);
	save(hosts, NULL);
	assert_int_equal(found(folder->file, "old"), 1);
	assert_int_equal(found(folder->file, "new"), 1);
	assert_int_equal(found(folder->file, "[new]:2222"), 1);
	assert_int_equal(found(folder->file, "secret"), 1);
	char *text = contents(folder->file);
	assert_null(strstr(text, "secret"));
	assert_int_equal(count_of(text, "\n"), 4);
	free(text);
	assert_int_equal(sshoal_known_hosts_count(hosts), 4);
	assert_int_equal(ask(hosts, "secret", 0, &one), 0);
	sshoal_known_hosts_free(hosts);
}

/* Lines that no change is for, with all that may be odd about them. */
#define ODD \
	"# comment\n\n  \t\nnonsense\r\n|1|x|y ssh-rsa AAAA\n" \
	"\tUPPER,x %s spaces  here \r\n@cert-authority gone %s\n"

static void removing_keeps_every_other_line(void **state)
{
	const struct folder *folder = *state;
	const char *one = ed25519(1).text;
	char rsa[6000];
	struct key key;
	key_make(&key, "ssh-rsa", 1);
	(void)snprintf(rsa, sizeof rsa, "%s", key.text);
	put(folder->file, "w",
	    ODD "gone %s\n[gone]:2222 %s\ngone,stays %s c\na,GONE,b %s\n"
		"gone %s\n*.gone,gone %s\ngone,!x %s\nlast %s",
	    one, one, one, one, one, one, rsa, one, one, one);
	sshoal_known_hosts *hosts = open_hosts(folder->file);
	assert_int_equal(
		sshoal_known_hosts_remove(hosts, "Gone", 0, "ssh-rsa", NULL),
		0);
	assert_int_equal(
		sshoal_known_hosts_remove(hosts, "gone", 0, "ssh-rsa", NULL),
		SSHOAL_ENOENT);
	assert_int_equal(
		sshoal_known_hosts_remove(hosts, "gone", 0, NULL, NULL), 0);
	assert_int_equal(chmod(folder->file, 0640), 0);
	save(hosts, NULL);
	expect_contents(folder,
			ODD "[gone]:2222 %s\nstays %s c\na,b %s\n*.gone %s\n"
			    "last %s",
			one, one, one, one, one, one, one);
	struct stat status;
	assert_int_equal(stat(folder->file, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
	assert_int_equal(ask(hosts, "gone", 0, &key), SSHOAL_EHOSTKEY_UNKNOWN);
	assert_int_equal(
		sshoal_known_hosts_remove(hosts, "gone", 0, NULL, NULL),
		SSHOAL_ENOENT);
	sshoal_known_hosts_free(hosts);
}

static void it_removes_what_ssh_keygen_removes(void **state)
{
	const struct folder *folder = *state;
	static const struct {
		const char *host;
		uint32_t port;
		const char *name;
	} rows[] = { { "h3", 0, "h3" },
		     { "H5", 22, "h5" },
		     { "h7", 2207, "[h7]:2207" },
		     { "nobody", 0, "nobody" } };
	for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
		int status = 0;
		char other[160];
		(void)snprintf(other, sizeof other, "%s.other", folder->file);
		put(folder->file, "w", "# begin\n");
		for (unsigned n = 0; n < 20; n++)
			put(folder->file, "a", "h%u %s\n[h%u]:%u %s\n", n / 2,
			    ed25519(n).text, n, 2200 + n, ed25519(n).text);
		if (i % 2)
			free(run(&status, "ssh-keygen -q -H -f '%s' 2>&1",
				 folder->file));
		assert_int_equal(status, 0);
		free(run(&status, "cp '%s' '%s'", folder->file, other));
		free(run(&status, "ssh-keygen -q -R '%s' -f '%s' 2>&1",
			 rows[i / 2].name, other));
		sshoal_known_hosts *hosts = open_hosts(folder->file);
		(void)sshoal_known_hosts_remove(hosts, rows[i / 2].host,
						rows[i / 2].port, NULL, NULL);
		save(hosts, NULL);
		sshoal_known_hosts_free(hosts);
		assert_int_equal(found(folder->file, rows[i / 2].name), 0);
		char *theirs = contents(other);
		expect_contents(folder, "%s", theirs);
		free(theirs);
	}
}

static void what_others_add_meanwhile_stays(void **state)
{
	const struct folder *folder = *state;
	const struct key one = ed25519(1);
	const char *text = one.text;
	put(folder->file, "w", "a %s\nb %s\n", text, text);
	sshoal_known_hosts *hosts = open_hosts(folder->file);
	assert_int_equal(sshoal_known_hosts_remove(hosts, "a", 0, NULL, NULL),
			 0);
	assert_int_equal(give(hosts, "mine", 0, &one), 0);
	assert_int_equal(give(hosts, "theirs", 0, &one), 0);
	assert_int_equal(give(hosts, "brief", 0, &one), 0);
	assert_int_equal(
		sshoal_known_hosts_remove(hosts, "brief", 0, NULL, NULL), 0);
	put(folder->file, "a", "theirs %s\n# more\n", text);
	save(hosts, folder->file);
	expect_contents(folder, "b %s\ntheirs %s\n# more\nmine %s\n", text,
			text, text);
	assert_int_equal(ask(hosts, "theirs", 0, &one), 0);
	assert_int_equal(sshoal_known_hosts_count(hosts), 3);
	/* Only added: the file stays the same one. */
	struct stat before;
	struct stat after;
	assert_int_equal(stat(folder->file, &before), 0);
	assert_int_equal(give(hosts, "c", 0, &one), 0);
	save(hosts, NULL);
	assert_int_equal(stat(folder->file, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_true(after.st_size > before.st_size);
	sshoal_known_hosts_free(hosts);
}

static void a_link_stays_a_link(void **state)
{
	const struct folder *folder = *state;
	char link[160];
	struct stat status;
	(void)snprintf(link, sizeof link, "%s.link", folder->file);
	put(folder->file, "w", "a %s\nb %s\n", ed25519(1).text,
	    ed25519(1).text);
	assert_int_equal(symlink(folder->file, link), 0);
	sshoal_known_hosts *hosts = open_hosts(link);
	assert_int_equal(sshoal_known_hosts_remove(hosts, "a", 0, NULL, NULL),
			 0);
	save(hosts, NULL);
	assert_int_equal(lstat(link, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	expect_contents(folder, "b %s\n", ed25519(1).text);
	sshoal_known_hosts_free(hosts);
}

static void several_files_are_kept_apart(void **state)
{
	const struct folder *folder = *state;
	const struct key one = ed25519(1);
	char second[160];
	char copy[160];
	(void)snprintf(second, sizeof second, "%s.second", folder->file);
	(void)snprintf(copy, sizeof copy, "%s.copy", folder->file);
	put(folder->file, "w", "a %s\n# first", one.text);
	put(second, "w", "a %s\nb %s\n", one.text, one.text);
	sshoal_known_hosts *hosts = open_hosts(folder->file);
	assert_int_equal(sshoal_known_hosts_add_file(hosts, second, NULL), 0);
	assert_int_equal(sshoal_known_hosts_count(hosts), 3);
	assert_int_equal(sshoal_known_hosts_remove(hosts, "a", 0, NULL, NULL),
			 0);
	assert_int_equal(give(hosts, "c", 0, &one), 0);
	save(hosts, copy);
	char *text = contents(copy);
	char expected[1024];
	(void)snprintf(expected, sizeof expected, "# first\nc %s\nb %s\n",
		       one.text, one.text);
	assert_string_equal(text, expected);
	free(text);
	expect_contents(folder, "a %s\n# first", one.text);
	save(hosts, NULL);
	expect_contents(folder, "# first\nc %s\n", one.text);
	text = contents(second);
	(void)snprintf(expected, sizeof expected, "b %s\n", one.text);
	assert_string_equal(text, expected);
	free(text);
	assert_int_equal(sshoal_known_hosts_count(hosts), 2);
	sshoal_known_hosts_free(hosts);
}

static void hosts_without_a_file_can_be_saved(void **state)
{
	const struct folder *folder = *state;
	const struct key one = ed25519(1);
	sshoal_known_hosts *hosts = open_hosts("");
	assert_int_equal(give(hosts, "a", 0, &one), 0);
	assert_int_equal(ask(hosts, "a", 0, &one), 0);
	assert_int_equal(sshoal_known_hosts_save(hosts, NULL, NULL),
			 SSHOAL_EINVAL);
	save(hosts, folder->file);
	expect_contents(folder, "a %s\n", one.text);
	sshoal_known_hosts_free(hosts);
}

/* Adds many names, a save for each, and removes every other one. */
static void work(const char *path, unsigned number)
{
	const struct key key = ed25519(number);
	for (unsigned i = 0; i < 20; i++) {
		char name[32];
		sshoal_known_hosts *hosts = NULL;
		(void)snprintf(name, sizeof name, "p%u-%u", number, i);
		if (sshoal_known_hosts_load(&hosts, path, NULL) != 0 ||
		    give(hosts, name, 0, &key) != 0 ||
		    sshoal_known_hosts_save(hosts, NULL, NULL) != 0)
			_exit(1);
		if (i % 2 && (sshoal_known_hosts_remove(hosts, name, 0, NULL,
							NULL) != 0 ||
			      sshoal_known_hosts_save(hosts, NULL, NULL) != 0))
			_exit(2);
		sshoal_known_hosts_free(hosts);
	}
	_exit(0);
}

static void processes_lose_nothing_of_each_other(void **state)
{
	const struct folder *folder = *state;
	pid_t pids[4];
	put(folder->file, "w", "# first\n");
	for (unsigned i = 0; i < 4; i++) {
		pids[i] = fork();
		assert_int_not_equal(pids[i], -1);
		if (pids[i] == 0)
			work(folder->file, i);
	}
	for (unsigned i = 0; i < 4; i++) {
		int status = 0;
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	sshoal_known_hosts *hosts = open_hosts(folder->file);
	assert_int_equal(sshoal_known_hosts_count(hosts), 40);
	for (unsigned n = 0; n < 4; n++) {
		const struct key key = ed25519(n);
		for (unsigned i = 0; i < 20; i++) {
			char name[32];
			(void)snprintf(name, sizeof name, "p%u-%u", n, i);
			assert_int_equal(ask(hosts, name, 0, &key),
					 i % 2 ? SSHOAL_EHOSTKEY_UNKNOWN : 0);
		}
	}
	sshoal_known_hosts_free(hosts);
}

static void a_failed_save_changes_nothing(void **state)
{
	const struct folder *folder = *state;
	const struct key one = ed25519(1);
	char path[160];
	sshoal_error error = { .text = "" };
	put(folder->file, "w", "a %s\n", one.text);
	(void)snprintf(path, sizeof path, "%s/none/known_hosts", folder->path);
	sshoal_known_hosts *hosts = open_hosts(folder->file);
	assert_int_equal(sshoal_known_hosts_save(hosts, path, &error),
			 SSHOAL_EIO);
	assert_non_null(strstr(error.text, path));
	assert_int_equal(sshoal_known_hosts_save(hosts, "/dev/null", NULL),
			 SSHOAL_EIO);
	assert_int_equal(sshoal_known_hosts_load(&hosts, folder->path, &error),
			 SSHOAL_EIO);
	sshoal_known_hosts_free(hosts);
}

static void nothing_is_an_invalid_argument(void **state)
{
	const struct folder *folder = *state;
	const struct key one = ed25519(1);
	sshoal_known_host entry;
	size_t at = 0;
	sshoal_known_hosts *hosts = open_hosts(folder->file);
	assert_int_equal(sshoal_known_hosts_load(NULL, "", NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_known_hosts_add_file(hosts, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_known_hosts_check(hosts, "a", 0, NULL, 0, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(ask(NULL, "a", 0, &one), SSHOAL_EINVAL);
	assert_int_equal(ask(hosts, NULL, 0, &one), SSHOAL_EINVAL);
	assert_int_equal(ask(hosts, "", 0, &one), SSHOAL_EINVAL);
	assert_int_equal(ask(hosts, "a", 65536, &one), SSHOAL_EINVAL);
	assert_int_equal(give(NULL, "a", 0, &one), SSHOAL_EINVAL);
	assert_int_equal(sshoal_known_hosts_add(hosts, "a", 0, NULL, 3, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_known_hosts_remove(NULL, "a", 0, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_known_hosts_remove(hosts, NULL, 0, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_known_hosts_save(NULL, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_known_hosts_save(hosts, "", NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_known_hosts_entry(hosts, 0, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_known_hosts_entry(NULL, 0, &entry),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_known_hosts_find(hosts, "a", 0, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_known_hosts_find(hosts, NULL, 0, &at),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_known_hosts_count(NULL), 0);
	sshoal_known_hosts_free(NULL);
	sshoal_known_hosts_free(hosts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRUST_TEST(a_check_is_a_clients),
		TRUST_TEST(entries_can_be_walked),
		TRUST_TEST(a_fingerprint_is_that_of_ssh_keygen),
		TRUST_TEST(what_was_added_is_found),
		TRUST_TEST(removing_keeps_every_other_line),
		TRUST_TEST(it_removes_what_ssh_keygen_removes),
		TRUST_TEST(what_others_add_meanwhile_stays),
		TRUST_TEST(a_link_stays_a_link),
		TRUST_TEST(several_files_are_kept_apart),
		TRUST_TEST(hosts_without_a_file_can_be_saved),
		TRUST_TEST(processes_lose_nothing_of_each_other),
		TRUST_TEST(a_failed_save_changes_nothing),
		TRUST_TEST(nothing_is_an_invalid_argument),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
