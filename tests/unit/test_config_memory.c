/* SPDX-License-Identifier: MIT */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshoal/config.h>

#include "unit/scratch.h"

/* What happens when memory is refused: each allocation in turn. The linker puts
 * these in front of the C library's functions. */

static long allocations_left = -1;

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_reallocarray(void *old, size_t count, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_reallocarray(void *old, size_t count, size_t n);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t n);
int __wrap_asprintf(char **out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

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

void *__wrap_reallocarray(void *old, size_t count, size_t n)
{
	return must_fail() ? NULL : __real_reallocarray(old, count, n);
}

char *__wrap_strdup(const char *text)
{
	return __wrap_strndup(text, strlen(text));
}

char *__wrap_strndup(const char *text, size_t n)
{
	size_t size = strnlen(text, n);
	char *copy = __wrap_malloc(size + 1);
	if (copy) {
		memcpy(copy, text, size);
		copy[size] = '\0';
	}
	return copy;
}

int __wrap_asprintf(char **out, const char *format, ...)
{
	if (must_fail())
		return -1;
	va_list list;
	va_start(list, format);
	int n = vasprintf(out, format, list);
	va_end(list);
	return n;
}

static const char contents[] = "Include ~/no-such-folder/*\n"
			       "Host web*\n"
			       "HostName %h.org\n"
			       "User u\n"
			       "ProxyJump a,b\n"
			       "IdentityFile ~/%h\n"
			       "IdentityFile ~root/%h\n"
			       "RekeyLimit 1G 1h\n"
			       "ConnectTimeout 1m\n"
			       "SendEnv A B C D E F G\n"
			       "IgnoreUnknown abc\n"
			       "Match host *.org exec \"test %h = web1.org\"\n"
			       "Port 22\n"
			       "HostKeyAlias x\n"
			       "UserKnownHostsFile ~/%k ${HOME}/x\n"
			       "Match final\n"
			       "PubkeyAuthentication true\n";

static int work_through(const char *path, sshoal_client_options *options)
{
	sshoal_config *config = NULL;
	sshoal_error error = { .code = 0 };
	int rc = sshoal_config_load(&config, path, &error);
	if (rc == 0)
		rc = sshoal_config_lookup(config, "web1", options, &error);
	assert_int_equal(rc, error.code);
	if (rc == 0)
		assert_string_equal(options->host, "web1.org");
	else
		assert_null(options->host);
	sshoal_config_free(config);
	return rc;
}

static void without_memory_there_is_no_half_of_anything(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "config");
	scratch_write(path, contents, sizeof contents - 1, 0600);
	for (long n = 0;; n++) {
		assert_in_range(n, 0, 1000);
		sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
		allocations_left = n;
		int rc = work_through(path, &options);
		bool is_unused = allocations_left >= 0;
		allocations_left = -1;
		if (is_unused) {
			assert_int_equal(rc, 0);
			assert_in_range(n, 30, 1000);
			return;
		}
		assert_int_equal(rc, SSHOAL_ENOMEM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_memory_there_is_no_half_of_anything),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
