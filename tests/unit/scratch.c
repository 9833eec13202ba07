/* SPDX-License-Identifier: MIT */
#include "unit/scratch.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A folder for one test program, and the programs it asks for a second
 * opinion. */

int scratch_setup(void **state)
{
	char *folder = strdup("/tmp/sshoal-unit-XXXXXX");
	if (!folder || !mkdtemp(folder))
		return -1;
	*state = folder;
	return 0;
}

int scratch_setup_in_memory(void **state)
{
	char *folder = strdup("/dev/shm/sshoal-unit-XXXXXX");
	if (!folder || !mkdtemp(folder)) {
		free(folder);
		return scratch_setup(state);
	}
	*state = folder;
	return 0;
}

static int remove_entry(const char *path, const struct stat *status, int kind,
			struct FTW *at)
{
	(void)status;
	(void)kind;
	(void)at;
	return remove(path);
}

int scratch_teardown(void **state)
{
	int rc = nftw(*state, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(*state);
	return rc;
}

void scratch_path(char path[SCRATCH_PATH], void *const *state, const char *name)
{
	int n = snprintf(path, SCRATCH_PATH, "%s/%s", (const char *)*state,
			 name);
	assert_in_range(n, 1, SCRATCH_PATH - 1);
}

void scratch_write(const char *path, const void *bytes, size_t n,
		   unsigned int mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

size_t scratch_read(const char *path, char *bytes, size_t room)
{
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	size_t n = fread(bytes, 1, room, file);
	assert_in_range(n, 0, room - 1);
	bytes[n] = '\0';
	(void)fclose(file);
	return n;
}

static void become(const char *const *argv, int out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0)
		_exit(126);
	(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

void scratch_run(const char *const *argv, char *out, size_t out_size)
{
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0)
		become(argv, ends[1]);
	(void)close(ends[1]);
	char chunk[4096];
	size_t length = 0;
	for (;;) {
		ssize_t n = read(ends[0], chunk, sizeof chunk);
		if (n <= 0)
			break;
		if (!out)
			continue;
		assert_in_range(length + (size_t)n, 0, out_size - 1);
		memcpy(out + length, chunk, (size_t)n);
		length += (size_t)n;
	}
	(void)close(ends[0]);
	if (out)
		out[length] = '\0';
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		print_message("%s failed with status %d\n", argv[0], status);
	assert_int_equal(status, 0);
}

void scratch_keygen(const char *path, const char *type, const char *bits)
{
	const char *const argv[] = { "ssh-keygen", "-q", "-t", type, "-b",
				     bits,         "-N", "",   "-C", "scratch",
				     "-f",         path, NULL };
	scratch_run(argv, NULL, 0);
}
