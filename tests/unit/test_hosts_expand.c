/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshoal/inventory.h>

#include "inventory/hosts.h"
#include "inventory/target.h"
#include "unit/inventory_fixture.h"
#include "unit/processor.h"
#include "unit/scratch.h"

/* What a host expression names, and what its targets are called. */

static const char groups[] = "lone\n"
			     "[web]\nweb2\nweb1\n"
			     "[db]\ndb1\nweb1\n"
			     "[deep]\nd1\n"
			     "[empty]\n"
			     "[mid:children]\ndeep\n"
			     "[prod]\np1\n"
			     "[prod:children]\nweb\nmid\ndb\n"
			     "[tree:children]\nmid\nprod\nweb\n";

static void without_files_a_name_is_taken_as_it_stands(void **state)
{
	static const struct {
		const char *expression;
		const char *targets;
	} cases[] = {
		{ "web1", "web1\n" },
		{ "b,a,b", "b\na\n" },
		{ "root@web1:22", "web1 user=root port=22 user! port!\n" },
		{ "::1,[::1]", "[::1] name=::1\n" },
		{ "[fe80::1%eth0]:22",
		  "[fe80::1%eth0] name=fe80::1%eth0 port=22 port!\n" },
		{ "a,a:22,x@a,x@a:22,a:22",
		  "a\n"
		  "a:22 name=a port=22 port!\n"
		  "x@a name=a user=x user!\n"
		  "x@a:22 name=a user=x port=22 user! port!\n" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		sshoal_hosts *hosts = hosts_of(NULL, cases[i].expression);
		hosts_expect(hosts, state, cases[i].targets);
		sshoal_hosts_free(hosts);
	}
}

static void groups_and_names_add_up_in_order(void **state)
{
	static const struct {
		const char *expression;
		const char *labels;
	} cases[] = {
		{ NULL, "lone web2 web1 db1 d1 p1" },
		{ "@all", "lone web2 web1 db1 d1 p1" },
		{ "@web", "web2 web1" },
		{ "@db,@web", "db1 web1 web2" },
		{ "web1,@web", "web1 web2" },
		{ "@empty", "" },
		{ "@empty,new", "new" },
		{ "@mid", "d1" },
		{ "@prod", "p1 web2 web1 d1 db1" },
		{ "@tree", "d1 p1 web2 web1 db1" },
		{ "@ungrouped", "lone" },
		{ "@ungrouped,@db,@all", "lone db1 web1 web2 d1 p1" },
	};
	sshoal_inventory *inventory = inventory_of(state, groups);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		labels_expect(inventory, cases[i].expression, cases[i].labels);
	sshoal_inventory_free(inventory);
}

static void a_name_picks_up_what_the_files_say(void **state)
{
	static const char contents[] = "[defaults]\ntimeout=5\n"
				       "[g]\nweb1 user=root key=/k\n"
				       "admin@two\ntwo:22\n"
				       "joe@one:23 host=10.0.0.1\n"
				       "[all:vars]\nlogin-timeout=7\n";
	static const struct {
		const char *expression;
		const char *targets;
	} cases[] = {
		{ "web1", "web1 user=root key=/k timeout=5000 login=7000\n" },
		/* The expression is stronger, and a target of its own. */
		{ "joe@web1:9",
		  "web1 user=joe port=9 key=/k timeout=5000 login=7000 user! "
		  "port!\n" },
		{ "web1,root@web1",
		  "root@web1 name=web1 user=root key=/k timeout=5000 "
		  "login=7000\n"
		  "root@web1#2 name=web1 user=root key=/k timeout=5000 "
		  "login=7000 user!\n" },
		/* The name alone is every host of that name. */
		{ "two",
		  "admin@two name=two user=admin timeout=5000 login=7000\n"
		  "two:22 name=two port=22 timeout=5000 login=7000\n" },
		{ "admin@two",
		  "two user=admin timeout=5000 login=7000 user!\n" },
		{ "@all,one",
		  "web1 user=root key=/k timeout=5000 login=7000\n"
		  "admin@two name=two user=admin timeout=5000 login=7000\n"
		  "two:22 name=two port=22 timeout=5000 login=7000\n"
		  "one host=10.0.0.1 user=joe port=23 timeout=5000 "
		  "login=7000\n" },
		{ "one:23", "one host=10.0.0.1 user=joe port=23 timeout=5000 "
			    "login=7000 port!\n" },
		{ "one,joe@one:23", "one host=10.0.0.1 user=joe port=23 "
				    "timeout=5000 login=7000 user! port!\n" },
		{ "one:24,joe@one:24",
		  "one host=10.0.0.1 user=joe port=24 timeout=5000 login=7000 "
		  "user! port!\n" },
		/* One in no file has the defaults. */
		{ "new", "new timeout=5000\n" },
		{ "x@new", "new user=x timeout=5000 user!\n" },
	};
	sshoal_inventory *inventory = inventory_of(state, contents);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		sshoal_hosts *hosts = hosts_of(inventory, cases[i].expression);
		hosts_expect(hosts, state, cases[i].targets);
		sshoal_hosts_free(hosts);
	}
	sshoal_inventory_free(inventory);
}

static void expect_error(const sshoal_inventory *inventory,
			 const char *expression, int code, const char *text)
{
	sshoal_hosts *hosts = NULL;
	sshoal_error error = { .text = "" };
	int rc = sshoal_hosts_expand(&hosts, inventory, expression, &error);
	if (rc != code)
		fail_msg("%s \"%s\" for: %s", sshoal_error_name(rc), error.text,
			 expression);
	assert_int_equal(error.code, code);
	assert_null(hosts);
	if (strncmp(error.text, text, strlen(text)) != 0)
		fail_msg("\"%s\" instead of \"%s\" for: %s", error.text, text,
			 expression);
	assert_int_equal(
		sshoal_hosts_expand(&hosts, inventory, expression, NULL), code);
}

static void a_wrong_expression_is_refused_at_its_column(void **state)
{
	static const struct {
		const char *expression;
		const char *text;
	} cases[] = {
		{ "", "column 1: no host name" },
		{ ",a", "column 1: no host name" },
		{ "a,,b", "column 3: no host name" },
		{ "a,", "column 3: no host name" },
		{ "a, b", "column 3: a blank" },
		{ " a", "column 1: a blank" },
		{ "a\n", "column 2: a control character" },
		{ "a,-b", "column 3: a name that begins with a hyphen" },
		{ "a,b/c", "column 4: a character that no name has" },
		{ "a,b%c", "column 4: a character that no name has" },
		{ "a,b'c", "column 4: a quote" },
		{ "a,x@b:0", "column 7: a port is a number" },
		{ "a,x;y@b", "column 4: a character that no user name" },
		{ "a,-x@b", "column 3: a user name that begins" },
		{ "a,@", "column 4: no group name" },
		{ "a,@b/c", "column 5: a character that no name has" },
		{ "a!", "column 3: no host name" },
		{ "^f", "column 1: no host name" },
		{ "a&&b", "column 3: no host name" },
		{ "@web*", "column 5: a pattern where one name" },
		{ "@web[1-2]/", "column 10: a character that no name has" },
		{ "a,x@b[1-3", "column 6: a bracket that is not closed" },
		{ "a]", "column 2: a range in brackets where one name" },
		{ "a[]", "column 3: no number in the brackets" },
		{ "a[1,]", "column 5: no number in the brackets" },
		{ "a[x]", "column 3: no number in the brackets" },
		{ "a[1 -2]", "column 4: no number in the brackets" },
		{ "a[1:3]", "column 4: a colon in the brackets" },
		{ "a[3-1]", "column 3: a range that goes down" },
		{ "a[1,5/2]", "column 6: a step without a range" },
		{ "a[1-5/0]", "column 8: a step of 0" },
		{ "a[001-10]", "column 3: zeros in front" },
		{ "a[1-010]", "column 3: zeros in front" },
		{ "b,a1[8-11]", "column 6: digits before a range" },
		{ "a[1234567890123456789]", "column 3: a number of more" },
		{ "b,a[0-10000000]", "column 4: more than 10 million" },
		{ "b,a[1-9999]-[1-9999]", "column 13: more than 10 million" },
		{ "a[0-999999999999999999,0-999999999999999999]",
		  "column 2: more than 10 million" },
		{ "a:[1-2]", "column 3: a port is a number" },
		{ "a:2[1-2]", "column 4: a range outside of the name" },
		{ "[::x]:22", "column 1: no IPv6 address" },
		{ "x@a[1-3]/b", "column 9: a character that no name has" },
		{ "a[1-2]b[1-2]c d", "column 14: a blank" },
	};
	sshoal_inventory *inventory = inventory_of(state, groups);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		expect_error(NULL, cases[i].expression, SSHOAL_EINVAL,
			     cases[i].text);
		expect_error(inventory, cases[i].expression, SSHOAL_EINVAL,
			     cases[i].text);
	}
	sshoal_inventory_free(inventory);
}

static void a_name_in_no_file_is_refused_when_restricted(void **state)
{
	sshoal_inventory *inventory = inventory_of(state, groups);
	labels_expect(inventory, "lone,new", "lone new");
	expect_error(inventory, "lone,@nope", SSHOAL_ENOENT,
		     "column 7: no group nope: the hosts files have none");
	expect_error(NULL, "@web", SSHOAL_ENOENT,
		     "column 2: no group web: no hosts file is loaded");
	expect_error(NULL, "@all", SSHOAL_ENOENT,
		     "column 2: no group all: no hosts file is loaded");
	sshoal_inventory_restrict(inventory);
	expect_error(inventory, "lone,new", SSHOAL_ENOENT,
		     "column 6: no host new: the hosts files have none");
	expect_error(inventory, "lone,root@new:22", SSHOAL_ENOENT,
		     "column 11: no host new: the hosts files have none");
	labels_expect(inventory, "root@lone:22,@web", "lone web2 web1");
	sshoal_inventory_free(inventory);
}

static void a_wrong_call_is_refused(void **state)
{
	(void)state;
	sshoal_hosts *hosts = NULL;
	assert_int_equal(sshoal_hosts_expand(NULL, NULL, "a", NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_hosts_expand(&hosts, NULL, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_hosts_count(NULL), 0);
	assert_null(sshoal_hosts_target(NULL, 0));
	sshoal_hosts_free(NULL);
	hosts = hosts_of(NULL, "a,b");
	assert_null(sshoal_hosts_target(hosts, 2));
	assert_null(sshoal_hosts_name(hosts, 2));
	assert_string_equal(sshoal_hosts_name(hosts, 1), "b");
	sshoal_hosts_free(hosts);
}

/* Labels of targets from several lists, which can be alike. */
static void labels_are_unique_whatever_the_targets(void **state)
{
	(void)state;
	static struct {
		const char *name;
		const char *user;
		uint32_t port;
		const char *label;
	} const cases[] = {
		{ "a", NULL, 0, "a" },
		{ "a", NULL, 0, "a#3" },
		{ "a", "x", 0, "x@a#2" },
		{ "x@a", NULL, 0, "x@a" },
		{ "a#2", NULL, 0, "a#2" },
		{ "::1", NULL, 22, "[::1]:22" },
		{ "::1", "x", 22, "x@[::1]:22" },
		{ "::1", "x", 22, "x@[::1]:22#2" },
		{ "::1", "x", 22, "x@[::1]:22#3" },
		{ "b", "x", 22, "b" },
		{ "fe80::1%e", NULL, 0, "[fe80::1%e]" },
	};
	enum { COUNT = sizeof cases / sizeof *cases };
	struct sshoal_target *targets[COUNT];
	for (size_t i = 0; i < COUNT; i++) {
		struct sshoal_target draft = {
			.name = (char *)(uintptr_t)cases[i].name,
			.user = (char *)(uintptr_t)cases[i].user,
			.port = cases[i].port,
		};
		assert_int_equal(sshoal__target_copy(&targets[i], &draft), 0);
	}
	for (int round = 0; round < 2; round++) {
		assert_int_equal(sshoal__target_label_all(targets, COUNT), 0);
		for (size_t i = 0; i < COUNT; i++) {
			assert_string_equal(sshoal_target_label(targets[i]),
					    cases[i].label);
			assert_int_equal(sshoal_target_index(targets[i]), i);
		}
	}
	for (size_t i = 0; i < COUNT; i++)
		sshoal__target_free(targets[i]);
	assert_int_equal(sshoal__target_label_all(NULL, 0), 0);
}

static void a_copy_has_every_member(void **state)
{
	static const char contents[] =
		"u@h:1 host=x key=/a key=/b password=p passphrase-file=/pp "
		"known-hosts=/kh host-key-policy=off timeout=1 "
		"connect-timeout=2 login-timeout=3\n"
		"u@h:2 password-file=/pf\n";
	sshoal_inventory *inventory = inventory_of(state, contents);
	sshoal_hosts *hosts = hosts_of(inventory, "u@h:1,u@h:2");
	sshoal_inventory_free(inventory);
	char *expected = hosts_describe(hosts, state);
	struct sshoal_target *copies[2];
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			sshoal__target_copy(&copies[i],
					    sshoal_hosts_target(hosts, i)),
			0);
	sshoal_hosts_free(hosts);
	/* The list frees what is in it: put the copies into another's place. */
	hosts = hosts_of(NULL, "a,b");
	for (size_t i = 0; i < 2; i++) {
		sshoal__target_free(hosts->targets[i]);
		hosts->targets[i] = copies[i];
	}
	hosts_expect(hosts, state, expected);
	sshoal_hosts_free(hosts);
	free(expected);
}

static void accessors_take_null_and_halves(void **state)
{
	(void)state;
	struct sshoal_target target = { .index = 7 };
	assert_string_equal(sshoal_target_label(NULL), "");
	assert_string_equal(sshoal_target_name(NULL), "");
	assert_string_equal(sshoal_target_host(NULL), "");
	assert_null(sshoal_target_user(NULL));
	assert_int_equal(sshoal_target_port(NULL), 0);
	assert_int_equal(sshoal_target_index(NULL), 0);
	target.name = (char *)(uintptr_t) "n";
	assert_string_equal(sshoal_target_label(&target), "n");
	assert_string_equal(sshoal_target_host(&target), "n");
	assert_int_equal(sshoal_target_index(&target), 7);
	sshoal__target_free(NULL);
}

#define MANY 100000

/* Writes MANY lines, or names with commas, by a format of two numbers. */
static char *write_many(const char *format, const char *head)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	(void)fputs(head, out);
	for (unsigned i = 0; i < MANY; i++)
		(void)fprintf(out, format, i, i % 60000 + 1);
	assert_int_equal(fclose(out), 0);
	return text;
}

/*
 * A hundred thousand of everything in a time that any quadratic step would
 * exceed many times; the limit allows for slow machines and for valgrind.
 */
static void many_hosts_take_little_time(void **state)
{
	static const struct {
		const char *head;
		const char *format;
		size_t count;
	} cases[] = {
		{ "", "web%06u.example.com # %u\n", MANY },
		{ "[g]\n", "root@web%06u:%u key=/k var.a=1 timeout=5\n", MANY },
		{ "", "u%u@127.0.0.1:%u\n", MANY },
		{ "", "[g%06u:children]\nx%06u\n", 0 },
		{ "web1\n[defaults]\n", "var.x%u = %u\n", 1 },
	};
	char path[SCRATCH_PATH];
	scratch_path(path, state, "many");
	int64_t start_us = processor_us();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = write_many(cases[i].format, cases[i].head);
		FILE *file = fopen(path, "we");
		assert_non_null(file);
		assert_int_equal(fputs(text, file) < 0, 0);
		assert_int_equal(fclose(file), 0);
		free(text);
		sshoal_inventory *inventory = NULL;
		assert_int_equal(sshoal_inventory_new(&inventory), 0);
		int rc = sshoal_inventory_load(inventory, path, NULL);
		assert_int_equal(rc, cases[i].count ? 0 : SSHOAL_EFORMAT);
		if (rc == 0) {
			sshoal_hosts *hosts = hosts_of(inventory, NULL);
			assert_int_equal(sshoal_hosts_count(hosts),
					 cases[i].count);
			sshoal_hosts_free(hosts);
		}
		sshoal_inventory_free(inventory);
	}
	assert_in_range(processor_us() - start_us, 0, 60000000);
}

static void long_expressions_take_little_time(void **state)
{
	(void)state;
	int64_t start_us = processor_us();
	char *names = write_many("web%06u:%u,", "");
	names[strlen(names) - 1] = '\0';
	sshoal_hosts *hosts = hosts_of(NULL, names);
	assert_int_equal(sshoal_hosts_count(hosts), MANY);
	sshoal_hosts_free(hosts);
	free(names);
	names = write_many("u%u@::1,[::1]:%u,", "");
	names[strlen(names) - 1] = '\0';
	hosts = hosts_of(NULL, names);
	assert_int_equal(sshoal_hosts_count(hosts), MANY + 60000);
	sshoal_hosts_free(hosts);
	free(names);
	assert_in_range(processor_us() - start_us, 0, 60000000);
}

/* A chain of groups as long as the file, and a tree as wide. */
static void many_groups_take_little_time(void **state)
{
	int64_t start_us = processor_us();
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	for (unsigned i = 0; i < MANY / 10; i++)
		(void)fprintf(out,
			      "[c%u:children]\nc%u\n[w:children]\nw%u\n"
			      "[w%u]\nh%u\n",
			      i, i + 1, i, i, i);
	(void)fprintf(out, "[c%u]\nlast\n[c0:vars]\nuser=root\n", MANY / 10);
	assert_int_equal(fclose(out), 0);
	sshoal_inventory *inventory = inventory_of(state, text);
	free(text);
	sshoal_hosts *hosts = hosts_of(inventory, "@c0");
	hosts_expect(hosts, state, "last user=root\n");
	sshoal_hosts_free(hosts);
	hosts = hosts_of(inventory, "@w");
	assert_int_equal(sshoal_hosts_count(hosts), MANY / 10);
	sshoal_hosts_free(hosts);
	sshoal_inventory_free(inventory);
	assert_in_range(processor_us() - start_us, 0, 60000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_files_a_name_is_taken_as_it_stands),
		cmocka_unit_test(groups_and_names_add_up_in_order),
		cmocka_unit_test(a_name_picks_up_what_the_files_say),
		cmocka_unit_test(a_wrong_expression_is_refused_at_its_column),
		cmocka_unit_test(a_name_in_no_file_is_refused_when_restricted),
		cmocka_unit_test(a_wrong_call_is_refused),
		cmocka_unit_test(labels_are_unique_whatever_the_targets),
		cmocka_unit_test(a_copy_has_every_member),
		cmocka_unit_test(accessors_take_null_and_halves),
		cmocka_unit_test(many_hosts_take_little_time),
		cmocka_unit_test(long_expressions_take_little_time),
		cmocka_unit_test(many_groups_take_little_time),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
