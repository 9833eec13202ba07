/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <sshoal/secret.h>

#include "auth/private_file.h"
#include "auth/secret.h"
#include "unit/scratch.h"

/* A literal with its length, so that it can hold NUL bytes. */
#define TEXT(literal) (literal), sizeof(literal) - 1

static void the_first_line_is_the_secret(void **state)
{
	static const struct {
		const char *contents;
		size_t n;
		const char *secret; /* NULL: refused */
	} cases[] = {
		{ TEXT("hunter2\n"), "hunter2" },
		{ TEXT("hunter2"), "hunter2" },
		{ TEXT("hunter2\r\n"), "hunter2" },
		{ TEXT("hunter2\r"), "hunter2\r" },
		{ TEXT("hunter2\r\r\n"), "hunter2\r" },
		{ TEXT("  two words \nsecond\n"), "  two words " },
		{ TEXT("p\xc3\xa4ss\n"), "p\xc3\xa4ss" },
		{ TEXT(""), NULL },
		{ TEXT("\n"), NULL },
		{ TEXT("\r\n"), NULL },
		{ TEXT("\nhunter2\n"), NULL },
		{ TEXT("hun\0ter2\n"), NULL },
		{ TEXT("hunter2\n\0"), NULL },
	};
	char path[SCRATCH_PATH];
	scratch_path(path, state, "secret");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		scratch_write(path, cases[i].contents, cases[i].n, 0600);
		char *secret = NULL;
		sshoal_error error;
		int rc = sshoal_secret_load_file(&secret, path, &error);
		if (cases[i].secret) {
			assert_int_equal(rc, 0);
			assert_string_equal(secret, cases[i].secret);
		} else {
			assert_int_equal(rc, SSHOAL_EFORMAT);
			assert_null(secret);
			assert_non_null(strstr(error.text, path));
			assert_null(strstr(error.text, "ter2"));
		}
		sshoal_secret_free(secret);
	}
}

static void the_file_may_have_4096_bytes_and_no_more(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "long");
	char text[65536];
	memset(text, 'x', sizeof text);
	char *secret = NULL;
	scratch_write(path, text, 4096, 0600);
	assert_int_equal(sshoal_secret_load_file(&secret, path, NULL), 0);
	assert_int_equal(strlen(secret), 4096);
	sshoal_secret_free(secret);
	static const size_t sizes[] = { 4097, 65536 };
	for (size_t i = 0; i < 2; i++) {
		sshoal_error error;
		scratch_write(path, text, sizes[i], 0600);
		assert_int_equal(sshoal_secret_load_file(&secret, path, &error),
				 SSHOAL_EFORMAT);
		assert_non_null(strstr(error.text, "too large"));
	}
}

static void a_file_open_to_others_is_refused_with_the_chmod(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "open");
	static const unsigned int modes[] = { 0604, 0640, 0644, 0666 };
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		scratch_write(path, "hunter2\n", 8, modes[i]);
		char *secret = NULL;
		sshoal_error error;
		assert_int_equal(sshoal_secret_load_file(&secret, path, &error),
				 SSHOAL_EACCESS);
		char hint[SCRATCH_PATH + 16];
		(void)snprintf(hint, sizeof hint, "chmod 600 %s", path);
		assert_non_null(strstr(error.text, hint));
	}
}

static void what_is_no_file_is_refused(void **state)
{
	char missing[SCRATCH_PATH];
	scratch_path(missing, state, "missing");
	const struct {
		const char *path;
		int code;
	} cases[] = {
		{ missing, SSHOAL_ENOENT },
		{ *state, SSHOAL_EFORMAT },
		{ "/dev/null", SSHOAL_EFORMAT },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *secret = NULL;
		sshoal_error error;
		assert_int_equal(
			sshoal_secret_load_file(&secret, cases[i].path, &error),
			cases[i].code);
		assert_int_equal(error.code, cases[i].code);
		assert_non_null(strstr(error.text, cases[i].path));
	}
	char *secret = NULL;
	assert_int_equal(sshoal_secret_load_file(&secret, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_secret_load_file(NULL, missing, NULL),
			 SSHOAL_EINVAL);
}

/* As bash's <(...) passes it. */
static void a_pipe_is_read_by_its_name(void **state)
{
	(void)state;
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "hunter2\n", 8), 8);
	assert_int_equal(close(ends[1]), 0);
	char path[64];
	(void)snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
	char *secret = NULL;
	assert_int_equal(sshoal_secret_load_file(&secret, path, NULL), 0);
	assert_string_equal(secret, "hunter2");
	sshoal_secret_free(secret);
	/* The pipe's other users still find it as they left it. */
	assert_int_equal(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
	(void)close(ends[0]);
}

static void *write_late(void *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	bool is_written = write(fd, "hun", 3) == 3 && write(fd, "ter2", 4) == 4;
	(void)close(fd);
	return is_written ? path : NULL;
}

static void a_fifo_whose_writer_comes_late_is_read(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "fifo");
	assert_int_equal(mkfifo(path, 0600), 0);
	pthread_t writer;
	assert_int_equal(pthread_create(&writer, NULL, write_late, path), 0);
	char *secret = NULL;
	assert_int_equal(sshoal_secret_load_file(&secret, path, NULL), 0);
	assert_string_equal(secret, "hunter2");
	sshoal_secret_free(secret);
	void *written = NULL;
	assert_int_equal(pthread_join(writer, &written), 0);
	assert_non_null(written);
	assert_int_equal(unlink(path), 0);
}

static void a_pipe_that_never_ends_is_given_up(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "silent");
	assert_int_equal(mkfifo(path, 0600), 0);
	struct private_file file;
	sshoal_error error;
	/* Nobody writes; then one writes and does not close. */
	assert_int_equal(
		sshoal__private_file_read(&file, path, 4096, 30, -1, &error),
		SSHOAL_EIO);
	assert_non_null(strstr(error.text, "not closed in time"));
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, "hunter2\n", 8), 8);
	assert_int_equal(
		sshoal__private_file_read(&file, path, 4096, 30, -1, &error),
		SSHOAL_EIO);
	assert_null(strstr(error.text, "hunter2"));
	(void)close(fd);
	assert_int_equal(unlink(path), 0);
}

static void a_cancel_ends_the_wait_for_a_pipe(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "waiting");
	assert_int_equal(mkfifo(path, 0600), 0);
	int cancel_fd = eventfd(1, EFD_CLOEXEC);
	assert_int_not_equal(cancel_fd, -1);
	char *secret = NULL;
	sshoal_error error;
	assert_int_equal(sshoal__secret_load(&secret, path, cancel_fd, &error),
			 SSHOAL_ECANCELLED);
	assert_null(secret);
	(void)close(cancel_fd);
	assert_int_equal(unlink(path), 0);
}

static void a_tilde_is_the_home(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "homely");
	scratch_write(path, "hunter2\n", 8, 0600);
	const char *before = getenv("HOME");
	char *home = before ? strdup(before) : NULL;
	assert_int_equal(setenv("HOME", *state, 1), 0);
	char *secret = NULL;
	int rc = sshoal_secret_load_file(&secret, "~/homely", NULL);
	if (home)
		(void)setenv("HOME", home, 1);
	else
		(void)unsetenv("HOME");
	free(home);
	assert_int_equal(rc, 0);
	assert_string_equal(secret, "hunter2");
	sshoal_secret_free(secret);
	sshoal_secret_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_line_is_the_secret),
		cmocka_unit_test(the_file_may_have_4096_bytes_and_no_more),
		cmocka_unit_test(
			a_file_open_to_others_is_refused_with_the_chmod),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(a_pipe_is_read_by_its_name),
		cmocka_unit_test(a_fifo_whose_writer_comes_late_is_read),
		cmocka_unit_test(a_pipe_that_never_ends_is_given_up),
		cmocka_unit_test(a_cancel_ends_the_wait_for_a_pipe),
		cmocka_unit_test(a_tilde_is_the_home),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
