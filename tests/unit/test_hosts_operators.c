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

#include "unit/inventory_fixture.h"
#include "unit/processor.h"
#include "unit/scratch.h"

/* Ranges, patterns and operators of host expressions; lists made smaller and
 * put into order; and folded. tests/python/nodeset compares with ClusterShell
 * what is no more than names. */

static const char contents[] = "lone\n"
			       "[web]\nweb1\nweb2\nroot@web3\nweb10\n"
			       "[db]\ndb1 user=me\ndb2:5432\n"
			       "[rack1]\nweb1\ndb1\n"
			       "[rack2]\nweb2\n"
			       "[two]\nadmin@twin\ntwin:22\n";

static void ranges_count_from_the_left(void **state)
{
	static const struct {
		const char *expression;
		const char *labels;
	} cases[] = {
		{ "a[1-3]", "a1 a2 a3" },
		{ "a[08-11].x", "a08.x a09.x a10.x a11.x" },
		{ "a[8-11]", "a8 a9 a10 a11" },
		{ "a[3,1,1-2]", "a3 a1 a2" },
		{ "a[1-9/4,7]", "a1 a5 a9 a7" },
		{ "a[00-10/5]", "a00 a05 a10" },
		{ "[1-2][3-4]", "13 14 23 24" },
		{ "a[1-2]-b[1,3]c", "a1-b1c a1-b3c a2-b1c a2-b3c" },
		{ "a0[1-2]9", "a019 a029" },
		{ "10.0.[0-1].[254-255]",
		  "10.0.0.254 10.0.0.255 10.0.1.254 10.0.1.255" },
		{ "x@a[1-2]:22", "a1 a2" },
		{ "a[1-2],a[2-3]", "a1 a2 a3" },
		{ "a[999999999999999998-999999999999999999]",
		  "a999999999999999998 a999999999999999999" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		labels_expect(NULL, cases[i].expression, cases[i].labels);
	sshoal_hosts *hosts = hosts_of(NULL, "a[0-9999]-[0-99]");
	assert_int_equal(sshoal_hosts_count(hosts), 1000000);
	assert_string_equal(sshoal_hosts_name(hosts, 999999), "a9999-99");
	sshoal_hosts_free(hosts);
}

static void a_name_that_becomes_too_long_is_refused(void **state)
{
	char expression[300];
	sshoal_hosts *hosts = NULL;
	(void)state;
	/* The 254 bytes of the first name are no fault of the second. */
	memset(expression, 'a', 253);
	(void)snprintf(expression + 253, 20, "[8-11]");
	hosts = hosts_of(NULL, expression);
	sshoal_hosts_free(hosts);
	memset(expression, 'a', 254);
	(void)snprintf(expression + 254, 20, "[8-11]");
	sshoal_error error = { .text = "" };
	assert_int_equal(sshoal_hosts_expand(&hosts, NULL, expression, &error),
			 SSHOAL_EINVAL);
	assert_non_null(strstr(error.text, "more than 255 bytes"));
}

static void operators_go_from_left_to_right(void **state)
{
	static const struct {
		const char *expression;
		const char *labels;
	} cases[] = {
		{ "@*", "lone web1 web2 web3 web10 db1 db2 admin@twin "
			"twin:22" },
		{ "@all!@web", "lone db1 db2 admin@twin twin:22" },
		{ "@web&@rack1", "web1" },
		{ "@web^@rack1", "web2 web3 web10 db1" },
		{ "@web,@db!@rack1&@db", "db2" },
		{ "@db!@db,web1", "web1" },
		{ "web1!web1", "" },
		{ "web1,web2!web1,web1", "web1 web2" },
		{ "web[1-9]!web[1-2],new",
		  "web3 web4 web5 web6 web7 web8 web9 new" },
		{ "web1^web[1,1-2]", "web2" },
		{ "@rack[1-2]", "web1 db1 web2" },
		{ "@web!@ungrouped", "web1 web2 web3 web10" },
		/* By name, whatever the user and the port. */
		{ "web3,x@web3,web3:9!web3", "" },
		{ "@all!twin", "lone web1 web2 web3 web10 db1 db2" },
		{ "x@web1:22&web1", "web1" },
		{ "@two&admin@twin", "twin" },
		{ "x@web3,web3:9!root@web3", "web3" },
		{ "@db!me@db1", "db2" },
		{ "@db!you@db1", "db1 db2" },
		{ "@db!db2:5432", "db1" },
		{ "@db^x@db1", "me@db1 db2 x@db1" },
	};
	sshoal_inventory *inventory = inventory_of(state, contents);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		labels_expect(inventory, cases[i].expression, cases[i].labels);
	sshoal_inventory_free(inventory);
}

static void patterns_match_names_of_the_files(void **state)
{
	static const struct {
		const char *expression;
		const char *labels;
	} cases[] = {
		{ "web*", "web1 web2 web3 web10" },
		{ "web?", "web1 web2 web3" },
		{ "*1", "web1 db1" },
		{ "*[1-2]", "web1 db1 web2 db2" },
		{ "twin*", "admin@twin twin:22" },
		{ "@all!*b*", "lone admin@twin twin:22" },
		{ "@web&*1*", "web1 web10" },
		{ "@web^*1", "web2 web3 web10 db1" },
		{ "web1,new1,new2!new*", "web1" },
		{ "web1,new1!zzz*", "web1 new1" },
	};
	sshoal_inventory *inventory = inventory_of(state, contents);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		labels_expect(inventory, cases[i].expression, cases[i].labels);
	sshoal_hosts *hosts = hosts_of(inventory, "root@web?");
	hosts_expect(hosts, state,
		     "web1 user=root user!\nweb2 user=root user!\n"
		     "web3 user=root user!\n");
	sshoal_hosts_free(hosts);
	labels_expect(NULL, "a1,a2,b1!a*", "b1");
	hosts = NULL;
	assert_int_equal(sshoal_hosts_expand(&hosts, NULL, "a*", NULL),
			 SSHOAL_ENOENT);
	assert_int_equal(sshoal_hosts_expand(&hosts, inventory, "zz*", NULL),
			 SSHOAL_ENOENT);
	sshoal_inventory_restrict(inventory);
	assert_int_equal(
		sshoal_hosts_expand(&hosts, inventory, "web1!zz*", NULL),
		SSHOAL_ENOENT);
	assert_int_equal(
		sshoal_hosts_expand(&hosts, inventory, "web1!zz", NULL),
		SSHOAL_ENOENT);
	sshoal_inventory_free(inventory);
}

/* The labels of a list, with blanks between. */
static void expect_list(const sshoal_hosts *hosts, const char *expected)
{
	char text[1024] = "";
	for (size_t i = 0; i < sshoal_hosts_count(hosts); i++) {
		size_t n = strlen(text);
		assert_int_equal(
			sshoal_target_index(sshoal_hosts_target(hosts, i)), i);
		(void)snprintf(text + n, sizeof text - n, "%s%s", i ? " " : "",
			       sshoal_hosts_name(hosts, i));
	}
	assert_string_equal(text, expected);
}

static void what_is_excluded_leaves_the_list(void **state)
{
	static const struct {
		const char *expression;
		const char *labels;
	} cases[] = {
		{ "web1", "web2 web3 twin new1 new2" },
		{ "web[1-2],new*", "web3 twin" },
		{ "@web", "twin new1 new2" },
		{ "@web!web3", "web3 twin new1 new2" },
		{ "admin@twin", "web1 web2 web3 new1 new2" },
		{ "x@twin", "web1 web2 web3 twin new1 new2" },
		{ "twin:22", "web1 web2 web3 twin new1 new2" },
		{ "nobody,zz*", "web1 web2 web3 twin new1 new2" },
		{ "*", "" },
	};
	sshoal_inventory *inventory = inventory_of(state, contents);
	sshoal_error error = { .code = 0 };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		sshoal_hosts *hosts =
			hosts_of(inventory, "web[1-3],admin@twin,new1,new2");
		assert_int_equal(sshoal_hosts_exclude(hosts, inventory,
						      cases[i].expression,
						      &error),
				 0);
		expect_list(hosts, cases[i].labels);
		sshoal_hosts_free(hosts);
	}
	/* A name is the label again once it is there once. */
	sshoal_hosts *hosts = hosts_of(NULL, "x@a,y@a,b");
	expect_list(hosts, "x@a y@a b");
	assert_int_equal(sshoal_hosts_exclude(hosts, NULL, "x@a", &error), 0);
	expect_list(hosts, "a b");
	assert_int_equal(sshoal_hosts_exclude(hosts, NULL, "@nope", &error),
			 SSHOAL_ENOENT);
	assert_int_equal(sshoal_hosts_exclude(hosts, NULL, "b,", &error),
			 SSHOAL_EINVAL);
	expect_list(hosts, "a b");
	sshoal_hosts_free(hosts);
	sshoal_inventory_free(inventory);
}

static void shards_are_the_list(void **state)
{
	static const char *const parts[] = { "a1 a4 a7", "a2 a5", "a3 a6" };
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		sshoal_hosts *hosts = hosts_of(NULL, "a[1-7]");
		assert_int_equal(sshoal_hosts_shard(hosts, i + 1, 3, NULL), 0);
		expect_list(hosts, parts[i]);
		sshoal_hosts_free(hosts);
	}
	sshoal_hosts *hosts = hosts_of(NULL, "a[1-2]");
	assert_int_equal(sshoal_hosts_shard(hosts, 0, 3, NULL), SSHOAL_EINVAL);
	assert_int_equal(sshoal_hosts_shard(hosts, 4, 3, NULL), SSHOAL_EINVAL);
	assert_int_equal(sshoal_hosts_shard(hosts, 1, SIZE_MAX, NULL), 0);
	expect_list(hosts, "a1");
	sshoal_hosts_free(hosts);
}

static void chance_picks_and_shuffles(void **state)
{
	(void)state;
	bool has_moved = false;
	bool has_differed = false;
	/* That chance leaves things as they are this often is no chance. */
	for (int i = 0; i < 40; i++) {
		sshoal_hosts *hosts = hosts_of(NULL, "a[01-30]");
		assert_int_equal(sshoal_hosts_pick(hosts, 20, NULL), 0);
		assert_int_equal(sshoal_hosts_count(hosts), 20);
		has_differed |= strcmp(sshoal_hosts_name(hosts, 19), "a20");
		for (size_t k = 1; k < 20; k++)
			assert_true(strcmp(sshoal_hosts_name(hosts, k - 1),
					   sshoal_hosts_name(hosts, k)) < 0);
		char *before = NULL;
		char *after = NULL;
		assert_int_equal(sshoal_hosts_fold(&before, hosts, NULL), 0);
		const char *first = sshoal_hosts_name(hosts, 0);
		char was_first[8];
		(void)snprintf(was_first, sizeof was_first, "%s", first);
		assert_int_equal(sshoal_hosts_shuffle(hosts, NULL), 0);
		has_moved |= strcmp(sshoal_hosts_name(hosts, 0), was_first);
		assert_int_equal(sshoal_hosts_fold(&after, hosts, NULL), 0);
		assert_string_equal(before, after);
		assert_int_equal(sshoal_hosts_pick(hosts, 21, NULL), 0);
		assert_int_equal(sshoal_hosts_count(hosts), 20);
		free(before);
		free(after);
		sshoal_hosts_free(hosts);
	}
	assert_true(has_moved);
	assert_true(has_differed);
}

static void names_are_sorted_with_their_numbers(void **state)
{
	(void)state;
	sshoal_hosts *hosts = hosts_of(NULL, "b,a10,a9,a2:22,a1,x@a1,::1");
	assert_int_equal(sshoal_hosts_sort(hosts, NULL), 0);
	expect_list(hosts, "[::1] a1 x@a1 a2 a9 a10 b");
	sshoal_hosts_free(hosts);
}

/* The expression must name the targets of the list, in any order, which is
 * sorted. */
static void expect_same(sshoal_hosts *hosts, const sshoal_inventory *inventory,
			const char *expression)
{
	sshoal_hosts *again = hosts_of(inventory, expression);
	size_t count = sshoal_hosts_count(hosts);
	assert_int_equal(sshoal_hosts_count(again), count);
	assert_int_equal(sshoal_hosts_sort(hosts, NULL), 0);
	assert_int_equal(sshoal_hosts_sort(again, NULL), 0);
	for (size_t i = 0; i < count; i++) {
		const sshoal_target *a = sshoal_hosts_target(hosts, i);
		const sshoal_target *b = sshoal_hosts_target(again, i);
		const char *user = sshoal_target_user(a);
		const char *same = sshoal_target_user(b);
		assert_string_equal(sshoal_target_name(a),
				    sshoal_target_name(b));
		assert_string_equal(user ? user : "", same ? same : "");
		assert_int_equal(sshoal_target_port(a), sshoal_target_port(b));
	}
	sshoal_hosts_free(again);
}

static void what_is_folded_is_the_same_list_again(void **state)
{
	static const struct {
		const char *expression;
		const char *folded;
	} cases[] = {
		{ "web*", "web[1-3,10]" },
		{ "@all", "admin@twin,db[1-2],lone,twin:22,web[1-3,10]" },
		{ "admin@twin", "admin@twin" },
		{ "web3,x@web3", "root@web3,x@web3" },
		{ "x@web[1-3]:22", "x@web[1-3]:22" },
		{ "db1,me@db1", "db1,me@db1" },
		{ "::1,[::2]:22,[::3]:22", "[::1],[::2]:22,[::3]:22" },
		{ "u1@new,u2@new", "u1@new,u2@new" },
		{ "new:1,new:2", "new:1,new:2" },
		{ "@web!@web", "" },
	};
	sshoal_inventory *inventory = inventory_of(state, contents);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		sshoal_hosts *hosts = hosts_of(inventory, cases[i].expression);
		char *folded = NULL;
		assert_int_equal(sshoal_hosts_fold(&folded, hosts, NULL), 0);
		assert_string_equal(folded, cases[i].folded);
		if (*folded)
			expect_same(hosts, inventory, folded);
		free(folded);
		sshoal_hosts_free(hosts);
	}
	sshoal_inventory_free(inventory);
}

static void names_fold_but_for_what_is_no_name(void **state)
{
	static const struct {
		const char *names[4];
		const char *folded;
	} cases[] = {
		{ { "a2", "a1", "a2" }, "a[1-2]" },
		{ { "u1@a1:22", "u1@a2:22" }, "u1@a[1-2]:22" },
		{ { "x@a#2", "x@a#3" }, "x@a#2,x@a#3" },
		{ { "[::1]:22", "[::2]:22", "::3" }, "::3,[::1]:22,[::2]:22" },
		{ { "a%1", "a%2" }, "a%[1-2]" },
		{ { "a1234567890123456789", "a1" }, "a1,a1234567890123456789" },
		{ { "" }, "" },
	};
	(void)state;
	char *folded = NULL;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t count = 0;
		while (count < 4 && cases[i].names[count])
			count++;
		assert_int_equal(
			sshoal_names_fold(&folded, cases[i].names, count, NULL),
			0);
		assert_string_equal(folded, cases[i].folded);
		free(folded);
	}
	assert_int_equal(sshoal_names_fold(&folded, NULL, 0, NULL), 0);
	assert_string_equal(folded, "");
	free(folded);
	assert_int_equal(sshoal_names_fold(&folded, NULL, 1, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_names_fold(NULL, NULL, 0, NULL), SSHOAL_EINVAL);
}

/* Ranges and folding of a hundred thousand, also where no box fits another:
 * the limit allows for slow machines and for valgrind. */
static void many_names_take_little_time(void **state)
{
	static const char *const expressions[] = {
		"web[00000-99999].example.com",
		"r[1-100]-n[1-1000]",
		"a[1-20]-[1-20]-[1-15/2]-[1-20]!a[1-19/2]-[1-20]-[1-4]-[1-19/"
		"3]",
		"@all!x[1-50000]",
		"x[1-50000]^x[25000-90000]&x[1-99999/2]",
	};
	int64_t start_us = processor_us();
	sshoal_inventory *inventory = inventory_of(state, "y[1:50000]\n");
	for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++) {
		sshoal_hosts *hosts = hosts_of(inventory, expressions[i]);
		char *folded = NULL;
		assert_int_equal(sshoal_hosts_fold(&folded, hosts, NULL), 0);
		sshoal_hosts *again = hosts_of(inventory, folded);
		assert_int_equal(sshoal_hosts_count(again),
				 sshoal_hosts_count(hosts));
		sshoal_hosts_free(again);
		sshoal_hosts_free(hosts);
		free(folded);
	}
	sshoal_inventory_free(inventory);
	assert_in_range(processor_us() - start_us, 0, 60000000);
}

static void settings_say_where_they_are_from(void **state)
{
	static const char text[] = "web1 user=me password=hush key=/a\n"
				   "web1 key=/b var.x=own\n"
				   "[g]\nweb1\n[g:vars]\nport = 2222\n"
				   "var.x = group\nvar.y = group\n"
				   "[p:children]\ng\n[p:vars]\nvar.y=parent\n"
				   "var.z=parent\n[all:vars]\nenv.E=all\n"
				   "[defaults]\nvar.x=d\nvar.d=d\ntimeout=5s\n";
	static const struct {
		const char *name;
		const char *value;
		uint32_t line;
	} expected[] = {
		{ "user", "x", 0 },        { "port", "2222", 6 },
		{ "key", "/a", 1 },        { "key", "/b", 2 },
		{ "password", NULL, 1 },   { "timeout", "5s", 19 },
		{ "var.x", "own", 2 },     { "var.y", "group", 8 },
		{ "var.z", "parent", 13 }, { "env.E", "all", 15 },
		{ "var.d", "d", 18 },
	};
	sshoal_inventory *inventory = inventory_of(state, text);
	sshoal_hosts *hosts = hosts_of(inventory, "x@web1,new:9");
	sshoal_setting setting;
	size_t count = sizeof expected / sizeof *expected;
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(
			sshoal_hosts_setting(hosts, 0, inventory, i, &setting),
			0);
		assert_string_equal(setting.name, expected[i].name);
		if (expected[i].value)
			assert_string_equal(setting.value, expected[i].value);
		else
			assert_null(setting.value);
		assert_int_equal(setting.is_secret, !expected[i].value);
		assert_int_equal(setting.line, expected[i].line);
		assert_true(!setting.file == !expected[i].line);
	}
	assert_int_equal(
		sshoal_hosts_setting(hosts, 0, inventory, count, &setting),
		SSHOAL_ENOENT);
	assert_int_equal(sshoal_hosts_setting(hosts, 1, inventory, 0, &setting),
			 0);
	assert_string_equal(setting.name, "port");
	assert_string_equal(setting.value, "9");
	assert_null(setting.file);
	assert_int_equal(sshoal_hosts_setting(hosts, 2, inventory, 0, &setting),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_hosts_setting(hosts, 0, NULL, 0, &setting),
			 SSHOAL_EINVAL);
	sshoal_hosts_free(hosts);
	sshoal_inventory_free(inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_count_from_the_left),
		cmocka_unit_test(a_name_that_becomes_too_long_is_refused),
		cmocka_unit_test(operators_go_from_left_to_right),
		cmocka_unit_test(patterns_match_names_of_the_files),
		cmocka_unit_test(what_is_excluded_leaves_the_list),
		cmocka_unit_test(shards_are_the_list),
		cmocka_unit_test(chance_picks_and_shuffles),
		cmocka_unit_test(names_are_sorted_with_their_numbers),
		cmocka_unit_test(what_is_folded_is_the_same_list_again),
		cmocka_unit_test(names_fold_but_for_what_is_no_name),
		cmocka_unit_test(many_names_take_little_time),
		cmocka_unit_test(settings_say_where_they_are_from),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
