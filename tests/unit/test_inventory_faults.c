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
#include "unit/scratch.h"

/* What is wrong in a hosts file is refused where it stands. */

struct bad {
	const char *contents;
	size_t size;
	const char *where; /* LINE:COLUMN */
	const char *why;   /* a part of the text */
};

/* Loads the contents and fails the test unless the error is this one. */
static void expect_fault(void *const *state, const struct bad *bad)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "hosts");
	scratch_write(path, bad->contents, bad->size, 0600);
	sshoal_inventory *inventory = NULL;
	assert_int_equal(sshoal_inventory_new(&inventory), 0);
	sshoal_error error = { .text = "" };
	int rc = sshoal_inventory_load(inventory, path, &error);
	if (rc != SSHOAL_EFORMAT)
		fail_msg("%s \"%s\" for:\n%s", sshoal_error_name(rc),
			 error.text, bad->contents);
	assert_int_equal(error.code, rc);
	char prefix[SCRATCH_PATH + 32];
	(void)snprintf(prefix, sizeof prefix, "%s:%s: ", path, bad->where);
	if (strncmp(error.text, prefix, strlen(prefix)) != 0)
		fail_msg("\"%s\" is not at %s for:\n%s", error.text, bad->where,
			 bad->contents);
	if (!strstr(error.text + strlen(prefix), bad->why))
		fail_msg("\"%s\" does not say \"%s\"", error.text, bad->why);
	sshoal_hosts *hosts = NULL;
	assert_int_equal(sshoal_hosts_expand(&hosts, inventory, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_inventory_load(inventory, path, NULL),
			 SSHOAL_EINVAL);
	sshoal_inventory_free(inventory);
}

static void expect_faults(void *const *state, const struct bad *cases,
			  size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_fault(state, &cases[i]);
}

static void a_wrong_name_is_refused(void **state)
{
	static const struct bad cases[] = {
		{ TEXT("web1\n  we/b2\n"), "2:5", "no name has" },
		{ TEXT("we%b"), "1:3", "no name has" },
		{ TEXT("'we b'"), "1:1", "blank" },
		{ TEXT("we\\\"b"), "1:1", "quote" },
		{ TEXT("-web"), "1:1", "hyphen" },
		{ TEXT("root@-web"), "1:6", "hyphen" },
		{ TEXT("we$b"), "1:3", "no name has" },
		{ TEXT("a,b"), "1:2", "no name has" },
		{ TEXT("a;b"), "1:2", "no name has" },
		{ TEXT("web1#x"), "1:5", "no name has" },
		{ TEXT("port=22"), "1:5", "no name has" },
		{ TEXT("!web"), "1:1", "no name has" },
		{ TEXT("@web"), "1:1", "no user name" },
		{ TEXT("root@"), "1:6", "no host name" },
		{ TEXT("root@:22"), "1:6", "no host name" },
		{ TEXT(":22"), "1:1", "no host name" },
		{ TEXT("''"), "1:1", "no host name" },
		{ TEXT("."), "1:1", "dots" },
		{ TEXT(".."), "1:1", "dots" },
		{ TEXT("web*"), "1:4", "pattern where one name" },
		{ TEXT("web[01-2]"), "1:5", "zeros in front" },
		{ TEXT("a\nx@web[1:3]web[5:3].x"), "2:15", "goes down" },
		{ TEXT("web[a:3].x"), "1:5", "letter to a number" },
		{ TEXT("web[a:F].x"), "1:5", "small to large" },
		{ TEXT("web[a].x"), "1:6", "letter alone" },
		{ TEXT("web[1:9:0].x"), "1:10", "step of 0" },
		{ TEXT("web[1"), "1:4", "not closed" },
		{ TEXT("web[]"), "1:5", "no number" },
		{ TEXT("web:2[1-2]"), "1:6", "outside of the name" },
		{ TEXT("web[1-2]-'b x'"), "1:1", "blank" },
		{ TEXT("[1-2]we/b"), "1:8", "no name has" },
		{ TEXT("web[1-99999999]"), "1:4", "10 million" },
		{ TEXT("a,b@web1"), "1:2", "set it by user=" },
		{ TEXT("web1 a,b"), "1:7", "set it by user=" },
		{ TEXT("we\xe2\x80\xae"
		       "b"),
		  "1:3", "does not show" },
		{ TEXT("we\xff"
		       "b"),
		  "1:3", "not UTF-8" },
		{ TEXT("we\xc2\x9b"
		       "b"),
		  "1:3", "does not show" },
	};
	expect_faults(state, cases, sizeof cases / sizeof *cases);
}

static void a_wrong_address_is_refused(void **state)
{
	static const struct bad cases[] = {
		{ TEXT("web1:0"), "1:6", "1 to 65535" },
		{ TEXT("web1:65536"), "1:6", "1 to 65535" },
		{ TEXT("web1:4294967318"), "1:6", "1 to 65535" },
		{ TEXT("web1:"), "1:6", "1 to 65535" },
		{ TEXT("web1:ssh"), "1:6", "1 to 65535" },
		{ TEXT("web1:+22"), "1:6", "1 to 65535" },
		{ TEXT("web1:22:33"), "1:1", "more than one colon" },
		{ TEXT("root@1::2::3"), "1:6", "more than one colon" },
		{ TEXT("x@[::1]x"), "1:8", "after the bracket" },
		{ TEXT("[::1]:0"), "1:7", "1 to 65535" },
		{ TEXT("[::1]22"), "1:6", "after the bracket" },
		{ TEXT("root@[::1"), "1:6", "not closed" },
		{ TEXT("root@web[1-2]:0"), "1:15", "1 to 65535" },
		{ TEXT("root@[::x]"), "1:6", "no IPv6 address" },
		{ TEXT("::1%"), "1:1", "more than one colon" },
		{ TEXT("fe80::1%e/0"), "1:1", "more than one colon" },
		{ TEXT("-o@web1"), "1:1", "hyphen" },
		{ TEXT("a;b@web1"), "1:2", "no user name has" },
		{ TEXT("a`b@web1"), "1:2", "quote" },
		{ TEXT("a/b@web1"), "1:2", "no user name has" },
		{ TEXT("'a b'@web1"), "1:1", "blank" },
		{ TEXT("a\\\\@web1"), "1:1", "backslash" },
		{ TEXT("a@@web1"), "1:2", "at sign" },
		{ TEXT("web1 -x"), "1:6", "hyphen" },
		{ TEXT("web1 a|b"), "1:7", "no user name has" },
		{ TEXT("root@web1 me"), "1:11", "second user" },
		{ TEXT("web1 root me"), "1:11", "neither KEY=VALUE" },
		{ TEXT("web1 port = 22"), "1:11", "no key before" },
		{ TEXT("web1 user=x y"), "1:13", "neither KEY=VALUE" },
	};
	expect_faults(state, cases, sizeof cases / sizeof *cases);
}

static void a_wrong_setting_is_refused(void **state)
{
	static const struct bad cases[] = {
		{ TEXT("web1 usr=root"), "1:6", "unknown key" },
		{ TEXT("web1 =root"), "1:6", "no key before" },
		{ TEXT("web1 User=root"), "1:6", "unknown key" },
		{ TEXT("web1 user="), "1:11", "no value" },
		{ TEXT("web1 key=''"), "1:6", "no value" },
		{ TEXT("web1 user=a;b"), "1:12", "no user name has" },
		{ TEXT("web1 user=-oX"), "1:11", "hyphen" },
		{ TEXT("web1 host=a/b"), "1:12", "no name has" },
		{ TEXT("web1 host=a:22"), "1:12", "port by port=" },
		{ TEXT("web1 host=[web]"), "1:11", "range in brackets" },
		{ TEXT("web1 port=0"), "1:11", "no port" },
		{ TEXT("web1 port=65536"), "1:11", "no port" },
		{ TEXT("web1 port=2x"), "1:11", "no port" },
		{ TEXT("web1 timeout=5d"), "1:14", "no time" },
		{ TEXT("web1 timeout=-1"), "1:14", "no time" },
		{ TEXT("web1 timeout=1."), "1:14", "no time" },
		{ TEXT("web1 timeout=.5"), "1:14", "no time" },
		{ TEXT("web1 timeout=1s2"), "1:14", "no time" },
		{ TEXT("web1 timeout=10001h"), "1:14", "no time" },
		{ TEXT("web1 timeout=10000.0001h"), "1:14", "no time" },
		{ TEXT("web1 timeout=99999999999999999999"), "1:14",
		  "no time" },
		{ TEXT("web1 host-key-policy=no"), "1:22",
		  "strict, accept-new" },
		{ TEXT("web1 key=~root/id"), "1:10", "only \"~/\"" },
		{ TEXT("web1 env.1X=a"), "1:10", "no name of a variable" },
		{ TEXT("web1 env.A-B=a"), "1:11", "no name of a variable" },
		{ TEXT("web1 var.=a"), "1:10", "no name of a variable" },
		{ TEXT("web1 jump=a,b,"), "1:15", "no host name" },
		{ TEXT("web1 jump=a,b:0"), "1:15", "a port is a number" },
		{ TEXT("web1 jump=a,-b"), "1:13", "a hyphen" },
		{ TEXT("web1 sudo-password-file="), "1:25", "no value" },
		{ TEXT("[all:vars]\n user = a b\n"), "2:10", "blank" },
		{ TEXT("[all:vars]\nuser = 'a;b'\n"), "2:10", "no user name" },
		{ TEXT("[all:vars]\n  user\n"), "2:3", "write KEY = VALUE" },
		{ TEXT("[defaults]\nuser =\n"), "2:7", "no value" },
		{ TEXT("[defaults]\nusr = x\n"), "2:1", "unknown key" },
	};
	expect_faults(state, cases, sizeof cases / sizeof *cases);
}

static void wrong_quotes_are_refused(void **state)
{
	static const struct bad cases[] = {
		{ TEXT("web1 password='a b\n"), "1:15", "single quote" },
		{ TEXT("web1 password=a\"b\n"), "1:16", "double quote" },
		{ TEXT("web1 password=\"a\\\"\n"), "1:15", "double quote" },
		{ TEXT("web1 \\\nuser=x"), "1:6", "backslash at the end" },
		{ TEXT("'web1"), "1:1", "single quote" },
		{ TEXT("[a:children]\n'b\n"), "2:1", "single quote" },
	};
	expect_faults(state, cases, sizeof cases / sizeof *cases);
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	static const struct bad cases[] = {
		{ TEXT("web1\nwe\0b\n"), "2:3", "NUL" },
		{ TEXT("\xff\xfew\0e\0"), "1:4", "NUL" },
		{ TEXT("web1 \x1b[31m"), "1:6", "control character" },
		{ TEXT("web1\x7f"), "1:5", "control character" },
		{ TEXT("web1\rweb2\n"), "1:5", "control character" },
		{ TEXT("# a\fb\n"), "1:4", "control character" },
	};
	expect_faults(state, cases, sizeof cases / sizeof *cases);
}

static void a_wrong_section_is_refused(void **state)
{
	static const struct bad cases[] = {
		{ TEXT("[web\nweb1"), "1:1", "not closed" },
		{ TEXT("[]\n"), "1:2", "no group name" },
		{ TEXT("[a b]\n"), "1:3", "blank" },
		{ TEXT("  [a,b]\n"), "1:5", "no name has" },
		{ TEXT("[web] x\n"), "1:7", "only a comment" },
		{ TEXT("[web:hosts]\n"), "1:6", "no such kind" },
		{ TEXT("[1:3]\n"), "1:4", "no such kind" },
		{ TEXT("[web:]\n"), "1:6", "no such kind" },
		{ TEXT("[defaults:vars]\n"), "1:11", "write [defaults]" },
		{ TEXT("[ungrouped:vars]\n"), "1:12", "without a group" },
		{ TEXT("[web:vars]\nuser=x\n"), "1:2", "no group web" },
		{ TEXT("[a:children]\n b\n"), "2:2", "no group b" },
		{ TEXT("[a:children]\na b\n"), "2:3", "one group a line" },
		{ TEXT("[a:children]\na=b\n"), "2:2", "no name has" },
		{ TEXT("[a:children]\nall\n"), "2:1", "group of everything" },
		{ TEXT("[a:children]\ndefaults\n"), "2:1", "no group" },
	};
	expect_faults(state, cases, sizeof cases / sizeof *cases);
}

static void a_group_inside_itself_is_refused(void **state)
{
	static const struct bad cases[] = {
		{ TEXT("[a:children]\na\n"), "2:1", "a is inside itself" },
		{ TEXT("[a:children]\nb\n[b:children]\nc\n[c:children]\n  a\n"
		       "[d:children]\na\n[e]\n"),
		  "6:3", "take a out of [c:children]" },
		{ TEXT("[c:children]\na\nx\n[x:children]\ny\n[y]\n"
		       "[b:children]\nc\n[a:children]\nb\n"),
		  "10:1", "take b out of [a:children]" },
	};
	expect_faults(state, cases, sizeof cases / sizeof *cases);
}

static void a_contradiction_names_both_lines(void **state)
{
	static const struct bad cases[] = {
		{ TEXT("web1 user=a user=a"), "1:13", "set twice in line 1" },
		{ TEXT("a@web1 user=a"), "1:8", "set twice in line 1" },
		{ TEXT("web1 a user=a"), "1:8", "set twice in line 1" },
		{ TEXT("web1:1 port=1"), "1:8", "set twice in line 1" },
		{ TEXT("web1 var.a=1 var.a=1"), "1:14", "twice in line 1" },
		{ TEXT("web1 user=a\nweb2\nweb1 port=1 user=b"), "3:13",
		  "user is something else in line 1" },
		{ TEXT("web1 port=1\n[g]\nweb1 port=2"), "3:6",
		  "port is something else in line 1" },
		{ TEXT("web1 timeout=1\nweb1 timeout=0"), "2:6",
		  "timeout is something else in line 1" },
		{ TEXT("web1 var.a=1\nweb1 var.a=2"), "2:6",
		  "var.a is something else in line 1" },
		{ TEXT("[defaults]\nuser=a\nuser=b\n"), "3:1",
		  "user is something else in line 2" },
		{ TEXT("web1 password=a\nweb1 password-file=/f"), "2:6",
		  "password-file stands beside password in line 1" },
		{ TEXT("web1 password-file=/f password=a"), "1:23",
		  "password stands beside password-file in line 1" },
	};
	expect_faults(state, cases, sizeof cases / sizeof *cases);
}

static void a_secret_is_in_no_error(void **state)
{
	static const char *const lines[] = {
		"web1 password=hunter2 password=x",
		"web1 password=x\nweb1 password=hunter2",
		"web1 password=hunter2\nweb1 password=x",
		"web1 password=my hunter2",
		"web1 password=my hunter2==",
		"web1 password='hunter2",
		"web1 password=hunter2 password-file=/f",
		"web1 pasword=hunter2",
		"web1 ansible_password={{hunter2}}",
		"web1 ansible_ssh_common_args=hunter2",
		"web1 ansible_port=hunter2",
		"web1 env.A=hunter2\nweb1 env.A=b",
		"[defaults]\npasword = hunter2",
	};
	char path[SCRATCH_PATH];
	scratch_path(path, state, "hosts");
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		scratch_write(path, lines[i], strlen(lines[i]), 0600);
		sshoal_inventory *inventory = NULL;
		assert_int_equal(sshoal_inventory_new(&inventory), 0);
		sshoal_error error = { .text = "" };
		assert_int_equal(sshoal_inventory_load(inventory, path, &error),
				 SSHOAL_EFORMAT);
		assert_null(strstr(error.text, "hunter"));
		sshoal_inventory_free(inventory);
	}
}

/* LEFT, then n times x, then RIGHT. */
static struct bad long_case(const char *left, size_t n, const char *right)
{
	struct bad made = { .size = strlen(left) + n + strlen(right) };
	char *contents = malloc(made.size + 1);
	assert_non_null(contents);
	memcpy(contents, left, strlen(left));
	memset(contents + strlen(left), 'x', n);
	memcpy(contents + strlen(left) + n, right, strlen(right) + 1);
	made.contents = contents;
	return made;
}

static void what_is_too_long_is_refused(void **state)
{
	struct bad line = long_case("web1\nweb2 var.a=", 1048576 - 10, "\n");
	line.where = "2:1048577";
	line.why = "more than 1 MiB";
	struct bad name = long_case("web1\n", 256, "\n");
	name.where = "2:256";
	name.why = "more than 255 bytes";
	struct bad user = long_case("", 256, "@web1");
	user.where = "1:256";
	user.why = "more than 255 bytes";
	expect_fault(state, &line);
	expect_fault(state, &name);
	expect_fault(state, &user);
	free((char *)(uintptr_t)line.contents);
	free((char *)(uintptr_t)name.contents);
	free((char *)(uintptr_t)user.contents);
	struct bad bearable = long_case("web2 var.a=", 1048576 - 11, "\n");
	sshoal_inventory_free(inventory_of(state, bearable.contents));
	free((char *)(uintptr_t)bearable.contents);
	bearable = long_case("", 255, "\n");
	sshoal_inventory_free(inventory_of(state, bearable.contents));
	free((char *)(uintptr_t)bearable.contents);
}

static void more_keys_than_anybody_takes_are_refused(void **state)
{
	char contents[2048] = "web1";
	struct bad bad = { .contents = contents, .why = "more than 64 keys" };
	for (unsigned i = 0; i < 65; i++)
		(void)snprintf(contents + strlen(contents),
			       sizeof contents - strlen(contents), " key=/k%u",
			       i);
	char where[32];
	(void)snprintf(where, sizeof where, "1:%zu", strlen(contents) - 7);
	bad.size = strlen(contents);
	bad.where = where;
	expect_fault(state, &bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_name_is_refused),
		cmocka_unit_test(a_wrong_address_is_refused),
		cmocka_unit_test(a_wrong_setting_is_refused),
		cmocka_unit_test(wrong_quotes_are_refused),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
		cmocka_unit_test(a_wrong_section_is_refused),
		cmocka_unit_test(a_group_inside_itself_is_refused),
		cmocka_unit_test(a_contradiction_names_both_lines),
		cmocka_unit_test(a_secret_is_in_no_error),
		cmocka_unit_test(what_is_too_long_is_refused),
		cmocka_unit_test(more_keys_than_anybody_takes_are_refused),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
