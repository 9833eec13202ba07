/* SPDX-License-Identifier: MIT */
#include "unit/deep.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/scratch.h"

/* Trees whose paths are longer than the system takes. */

int deep_make(const char *path, const char *name, size_t levels)
{
	int at = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(at, -1);
	for (size_t i = 0; i < levels; i++) {
		assert_int_equal(mkdirat(at, name, 0700), 0);
		int next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_int_not_equal(next, -1);
		(void)close(at);
		at = next;
	}
	return at;
}

void deep_remove(const char *path)
{
	const char *const argv[] = { "rm", "-rf", "--", path, NULL };
	scratch_run(argv, NULL, 0);
}

char *deep_path(const char *path, const char *name, size_t levels)
{
	size_t head = strlen(path);
	size_t n = strlen(name);
	char *deep = malloc(head + levels * (n + 1) + 1);
	assert_non_null(deep);
	memcpy(deep, path, head);
	for (size_t i = 0; i < levels; i++) {
		deep[head++] = '/';
		memcpy(deep + head, name, n);
		head += n;
	}
	deep[head] = '\0';
	return deep;
}
