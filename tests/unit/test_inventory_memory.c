/* SPDX-License-Identifier: MIT */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshoal/inventory.h>

#include "base/store.h"
#include "inventory/target.h"
#include "unit/inventory_fixture.h"
#include "unit/scratch.h"

/*
 * What happens when memory is refused, and what is left in memory that is
 * given back. The linker puts these in front of the C library's functions.
 */

#define SECRET "correct horse"

static long allocations_left = -1;
static bool is_watching;
static unsigned leaks;

void *__real_calloc(size_t count, size_t n);
void __real_free(void *memory);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_reallocarray(void *old, size_t count, size_t n);
char *__wrap_strdup(const char *text);
void __wrap_free(void *memory);

static bool must_fail(void)
{
	return allocations_left >= 0 && allocations_left-- == 0;
}

/* Zeroed, so that all of a block may be looked at when it is freed. */
void *__wrap_malloc(size_t n)
{
	return must_fail() ? NULL : __real_calloc(1, n);
}

void *__wrap_calloc(size_t count, size_t n)
{
	return must_fail() ? NULL : __real_calloc(count, n);
}

void *__wrap_reallocarray(void *old, size_t count, size_t n)
{
	char *made = __wrap_calloc(count, n);
	if (!made || !old)
		return made;
	size_t size = malloc_usable_size(old);
	memcpy(made, old, size < count * n ? size : count * n);
	__wrap_free(old);
	return made;
}

char *__wrap_strdup(const char *text)
{
	size_t n = strlen(text) + 1;
	char *copy = __wrap_malloc(n);
	return copy ? memcpy(copy, text, n) : NULL;
}

void __wrap_free(void *memory)
{
	if (is_watching && memory &&
	    memmem(memory, malloc_usable_size(memory), SECRET, strlen(SECRET)))
		leaks++;
	__real_free(memory);
}

static const char contents[] =
	"[web]\n"
	"root@web1:22 'password=" SECRET "' key=a key=~/b key=c var.x=1\n"
	"web2 host=[::1]\n"
	"r[1:3].x port=23\n"
	"[db]\n"
	"db1\n"
	"db2 password-file=f known-hosts=/k timeout=5\n"
	"[prod:children]\n"
	"web\n"
	"db\n"
	"[prod:vars]\n"
	"password=" SECRET "\n"
	"env.A=1\n"
	"[defaults]\n"
	"passphrase-file=pp\n";

static void write_hosts(char *path, void *const *state)
{
	scratch_path(path, state, "hosts");
	scratch_write(path, contents, sizeof contents - 1, 0600);
	assert_int_equal(setenv("HOME", "/home/me", 1), 0);
}

/* Everything that is done with a list. */
static int change(sshoal_hosts *hosts, const sshoal_inventory *inventory,
		  sshoal_error *error)
{
	char *folded = NULL;
	sshoal_setting setting = { .name = NULL };
	int rc = sshoal_hosts_exclude(hosts, inventory, "r[2-3].*,zz", error);
	if (rc == 0)
		rc = sshoal_hosts_sort(hosts, error);
	if (rc == 0)
		rc = sshoal_hosts_shuffle(hosts, error);
	if (rc == 0)
		rc = sshoal_hosts_shard(hosts, 1, 1, error);
	if (rc == 0)
		rc = sshoal_hosts_pick(hosts, sshoal_hosts_count(hosts) - 1,
				       error);
	if (rc == 0)
		rc = sshoal_hosts_fold(&folded, hosts, error);
	free(folded);
	for (size_t i = 0; rc == 0; i++)
		rc = sshoal_hosts_setting(hosts, 0, inventory, i, &setting);
	if (rc == SSHOAL_ENOMEM)
		error->code = rc;
	return rc == SSHOAL_ENOENT ? 0 : rc;
}

/* Loads and expands. */
static int work_through(const char *path, sshoal_hosts **hosts)
{
	sshoal_inventory *inventory = NULL;
	int rc = sshoal_inventory_new(&inventory);
	if (rc)
		return rc;
	sshoal_error error = { .code = 0 };
	rc = sshoal_inventory_load(inventory, path, &error);
	if (rc == 0)
		rc = sshoal_hosts_expand(hosts, inventory,
					 "@prod,x@web1:1,web2,new,new:1,x@new"
					 ",n[1-2]-[1-3]!n1-2&*[1-3]^r1.x,@prod"
					 ",new,x@new,new:1",
					 &error);
	if (rc == 0)
		rc = change(*hosts, inventory, &error);
	if (rc) {
		sshoal_hosts_free(*hosts);
		*hosts = NULL;
	}
	assert_int_equal(rc, error.code);
	sshoal_inventory_free(inventory);
	return rc;
}

static void without_memory_there_is_no_half_of_anything(void **state)
{
	char path[SCRATCH_PATH];
	write_hosts(path, state);
	for (long n = 0;; n++) {
		assert_in_range(n, 0, 1000);
		sshoal_hosts *hosts = NULL;
		allocations_left = n;
		int rc = work_through(path, &hosts);
		bool is_unused = allocations_left >= 0;
		allocations_left = -1;
		if (is_unused) {
			assert_int_equal(rc, 0);
			assert_int_equal(sshoal_hosts_count(hosts), 13);
			sshoal_hosts_free(hosts);
			assert_in_range(n, 50, 1000);
			return;
		}
		assert_int_equal(rc, SSHOAL_ENOMEM);
		assert_null(hosts);
	}
}

static void labels_change_only_together(void **state)
{
	(void)state;
	sshoal_hosts *hosts = hosts_of(NULL, "a,x@a,b,x@b:1");
	struct sshoal_target *targets[3];
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
			sshoal__target_copy(&targets[i],
					    sshoal_hosts_target(hosts, i)),
			0);
	sshoal_hosts_free(hosts);
	for (long n = 0;; n++) {
		allocations_left = n;
		int rc = sshoal__target_label_all(targets + 1, 2);
		bool is_unused = allocations_left >= 0;
		allocations_left = -1;
		assert_string_equal(targets[1]->label, is_unused ? "a" : "x@a");
		if (is_unused) {
			assert_int_equal(rc, 0);
			break;
		}
		assert_int_equal(rc, SSHOAL_ENOMEM);
		assert_int_equal(targets[1]->index, 1);
	}
	for (size_t i = 0; i < 3; i++)
		sshoal__target_free(targets[i]);
}

static void freed_memory_holds_no_password(void **state)
{
	char path[SCRATCH_PATH];
	write_hosts(path, state);
	leaks = 0;
	is_watching = true;
	sshoal_hosts *hosts = NULL;
	assert_int_equal(work_through(path, &hosts), 0);
	/* Chance has put them into an order. */
	size_t i = 0;
	while (!sshoal_hosts_target(hosts, i)->password)
		i++;
	struct sshoal_target *copy = NULL;
	assert_int_equal(
		sshoal__target_copy(&copy, sshoal_hosts_target(hosts, i)), 0);
	assert_string_equal(copy->password, SECRET);
	sshoal__target_free(copy);
	sshoal_hosts_free(hosts);
	assert_int_equal(leaks, 0);
	struct store store = STORE_INIT;
	assert_non_null(sshoal__store_text(&store, SECRET, strlen(SECRET)));
	sshoal__store_fini(&store);
	assert_int_equal(leaks, 0);
	/* The watch itself works. */
	char *proof = __wrap_strdup(SECRET);
	__wrap_free(proof);
	is_watching = false;
	assert_int_equal(leaks, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_memory_there_is_no_half_of_anything),
		cmocka_unit_test(labels_change_only_together),
		cmocka_unit_test(freed_memory_holds_no_password),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
