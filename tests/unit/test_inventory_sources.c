/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
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

#include <sshoal/inventory.h>

#include "unit/inventory_fixture.h"
#include "unit/scratch.h"

/* Where hosts files come from, and who may read them. */

static sshoal_inventory *new_inventory(void)
{
	sshoal_inventory *inventory = NULL;
	assert_int_equal(sshoal_inventory_new(&inventory), 0);
	return inventory;
}

/* Loads a path into a new inventory and gives back the code. */
static int load(const char *path, sshoal_error *error)
{
	sshoal_inventory *inventory = new_inventory();
	int rc = sshoal_inventory_load(inventory, path, error);
	sshoal_inventory_free(inventory);
	return rc;
}

static void a_password_others_can_read_is_refused(void **state)
{
	static const struct {
		const char *contents;
		unsigned mode;
		const char *where; /* NULL: accepted */
	} cases[] = {
		{ "web1\nweb2 port=2 password=x\n", 0600, NULL },
		{ "web1\nweb2 port=2 password=x\n", 0400, NULL },
		{ "web1\nweb2 port=2 password=x\n", 0640, NULL },
		{ "web1\nweb2 port=2 password=x\n", 0644, "2:13" },
		{ "web1\nweb2 port=2 password=x\n", 0604, "2:13" },
		{ "web1\nweb2 port=2 password=x\n", 0620, "2:13" },
		{ "web1\nweb2 port=2 password=x\n", 0602, "2:13" },
		{ "[all:vars]\n password = x\n", 0600, NULL },
		{ "[all:vars]\n password = x\n", 0644, "2:2" },
		{ "[defaults]\npassword=x\n", 0666, "2:1" },
		{ "web1 password-file=/f key=/k\n", 0666, NULL },
		{ "web1 var.password=x\n", 0666, NULL },
	};
	char path[SCRATCH_PATH];
	scratch_path(path, state, "hosts");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		scratch_write(path, cases[i].contents,
			      strlen(cases[i].contents), cases[i].mode);
		sshoal_error error = { .text = "" };
		int rc = load(path, &error);
		assert_int_equal(rc, cases[i].where ? SSHOAL_EACCESS : 0);
		char text[512] = "";
		if (cases[i].where)
			(void)snprintf(text, sizeof text,
				       "%s:%s: a password in a file that "
				       "others can read or change: chmod 600 "
				       "%s",
				       path, cases[i].where, path);
		assert_string_equal(error.text, text);
	}
}

static void what_is_no_file_is_an_error(void **state)
{
	char path[SCRATCH_PATH];
	sshoal_error error = { .text = "" };
	scratch_path(path, state, "missing");
	assert_int_equal(load(path, &error), SSHOAL_ENOENT);
	assert_non_null(strstr(error.text, path));
	assert_non_null(strstr(error.text, "No such file"));
	assert_int_equal(load(*state, &error), SSHOAL_EIO);
	assert_non_null(strstr(error.text, "a folder"));
	scratch_write(path, "web1\n", 5, 0000);
	if (geteuid() != 0) {
		assert_int_equal(load(path, &error), SSHOAL_EACCESS);
		assert_non_null(strstr(error.text, "Permission denied"));
	}
	assert_int_equal(load(NULL, NULL), SSHOAL_EINVAL);
	assert_int_equal(sshoal_inventory_load(NULL, path, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_inventory_new(NULL), SSHOAL_EINVAL);
	sshoal_inventory_free(NULL);
	sshoal_inventory_restrict(NULL);
}

/* A pipe that holds these bytes, closed for writing. */
static int pipe_with(const char *text)
{
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	size_t n = strlen(text);
	assert_int_equal(write(fds[1], text, n), (ssize_t)n);
	assert_int_equal(close(fds[1]), 0);
	return fds[0];
}

static void a_pipe_is_read_once_whatever_its_mode(void **state)
{
	int fd = pipe_with("web1 password=x key=id\n");
	char path[64];
	(void)snprintf(path, sizeof path, "/dev/fd/%d", fd);
	sshoal_inventory *inventory = new_inventory();
	assert_int_equal(sshoal_inventory_load(inventory, path, NULL), 0);
	char here[4096];
	assert_non_null(getcwd(here, sizeof here));
	char expected[sizeof here + 64];
	(void)snprintf(expected, sizeof expected, "web1 key=%s/id password=x\n",
		       here);
	sshoal_hosts *hosts = hosts_of(inventory, NULL);
	hosts_expect(hosts, state, expected);
	sshoal_hosts_free(hosts);
	sshoal_inventory_free(inventory);
	assert_int_equal(close(fd), 0);
}

static void a_hyphen_is_standard_input(void **state)
{
	(void)state;
	int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
	int fd = pipe_with("web1\nweb2 x=1\n");
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(close(fd), 0);
	sshoal_error error = { .text = "" };
	assert_int_equal(load("-", &error), SSHOAL_EFORMAT);
	assert_memory_equal(error.text, "-:2:6: ", 7);
	/* It stays open, at its end. */
	assert_int_equal(load("-", &error), 0);
	(void)close(STDIN_FILENO);
	assert_int_equal(load("-", &error), SSHOAL_EIO);
	assert_non_null(strstr(error.text, "-: cannot be read"));
	if (saved >= 0) {
		assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
		(void)close(saved);
	}
}

static void paths_start_at_the_files_folder(void **state)
{
	char here[4096];
	assert_non_null(getcwd(here, sizeof here));
	char folder[SCRATCH_PATH];
	char path[SCRATCH_PATH];
	scratch_path(folder, state, "sub");
	scratch_path(path, state, "sub/hosts");
	assert_int_equal(mkdir(folder, 0700), 0);
	static const char text[] = "web1 key=a key=/b key=~/c known-hosts=~/d";
	scratch_write(path, text, sizeof text - 1, 0600);
	assert_int_equal(chdir(*state), 0);
	assert_int_equal(setenv("HOME", "/home/me", 1), 0);
	static const char *const ways[] = { "sub/hosts", "./sub/hosts",
					    "sub/../sub/hosts" };
	static const char *const keys[] = { "/sub/a", "/./sub/a",
					    "/sub/../sub/a" };
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		sshoal_inventory *inventory = new_inventory();
		assert_int_equal(
			sshoal_inventory_load(inventory, ways[i], NULL), 0);
		char expected[512];
		(void)snprintf(expected, sizeof expected,
			       "web1 key=.%s key=/b key=/home/me/c "
			       "known-hosts=/home/me/d\n",
			       keys[i]);
		sshoal_hosts *hosts = hosts_of(inventory, NULL);
		hosts_expect(hosts, state, expected);
		sshoal_hosts_free(hosts);
		sshoal_inventory_free(inventory);
	}
	assert_int_equal(chdir(here), 0);
}

static void several_files_make_one_inventory(void **state)
{
	char first[SCRATCH_PATH];
	char second[SCRATCH_PATH];
	scratch_path(first, state, "first");
	scratch_path(second, state, "second");
	static const char one[] = "[web]\nweb1 user=a\n[web:vars]\nport=1\n";
	static const char two[] = "[web]\nweb2\nweb1\n[defaults]\ntimeout=5\n";
	static const char bad[] = "[web]\nweb2\n\nweb1 user=b\n";
	scratch_write(first, one, sizeof one - 1, 0600);
	scratch_write(second, two, sizeof two - 1, 0600);
	sshoal_inventory *inventory = new_inventory();
	assert_int_equal(sshoal_inventory_load(inventory, first, NULL), 0);
	assert_int_equal(sshoal_inventory_load(inventory, first, NULL), 0);
	assert_int_equal(sshoal_inventory_load(inventory, second, NULL), 0);
	sshoal_hosts *hosts = hosts_of(inventory, NULL);
	hosts_expect(hosts, state,
		     "web1 user=a port=1 timeout=5000\n"
		     "web2 port=1 timeout=5000\n");
	sshoal_hosts_free(hosts);
	scratch_write(second, bad, sizeof bad - 1, 0600);
	sshoal_error error = { .text = "" };
	assert_int_equal(sshoal_inventory_load(inventory, second, &error),
			 SSHOAL_EFORMAT);
	char expected[512];
	(void)snprintf(expected, sizeof expected,
		       "%s:4:6: user is something else in %s line 2: keep one",
		       second, first);
	assert_string_equal(error.text, expected);
	sshoal_inventory_free(inventory);
}

static void a_long_file_name_leaves_room_for_the_reason(void **state)
{
	(void)state;
	char path[1024] = "";
	for (size_t i = 0; i < 200; i++)
		(void)strcat(path, "/../");
	(void)strcat(path, *state);
	(void)strcat(path, "/hosts");
	sshoal_inventory_free(inventory_of(state, "web1\n"));
	char plain[SCRATCH_PATH];
	scratch_path(plain, state, "hosts");
	scratch_write(plain, "web1 x=1", 8, 0600);
	sshoal_error error = { .text = "" };
	assert_int_equal(load(path, &error), SSHOAL_EFORMAT);
	assert_memory_equal(error.text, "...", 3);
	assert_non_null(strstr(error.text, "/hosts:1:6: unknown key"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_password_others_can_read_is_refused),
		cmocka_unit_test(what_is_no_file_is_an_error),
		cmocka_unit_test(a_pipe_is_read_once_whatever_its_mode),
		cmocka_unit_test(a_hyphen_is_standard_input),
		cmocka_unit_test(paths_start_at_the_files_folder),
		cmocka_unit_test(several_files_make_one_inventory),
		cmocka_unit_test(a_long_file_name_leaves_room_for_the_reason),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
