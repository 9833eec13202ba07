/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshoal/inventory.h>

#include "unit/inventory_fixture.h"
#include "unit/scratch.h"

/* What the lines of a hosts file come to. */

struct good {
	const char *contents;
	const char *targets;
};

static void expect_all(void *const *state, const struct good *cases,
		       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		sshoal_inventory *inventory =
			inventory_of(state, cases[i].contents);
		sshoal_hosts *hosts = hosts_of(inventory, NULL);
		sshoal_inventory_free(inventory);
		hosts_expect(hosts, state, cases[i].targets);
		sshoal_hosts_free(hosts);
	}
}

static void a_line_names_a_host(void **state)
{
	static const struct good cases[] = {
		{ "", "" },
		{ "\n\n  \n\t\n", "" },
		{ "# comment\n; comment\n  # comment\n\t; comment\n", "" },
		{ "web1", "web1\n" },
		{ "web1\n", "web1\n" },
		{ "  web1\t\n", "web1\n" },
		{ "web1\r\nweb2\r\n", "web1\nweb2\n" },
		{ "web1\r\nweb2\r", "web1\nweb2\n" },
		{ "\xef\xbb\xbfweb1\n", "web1\n" },
		{ "\xef\xbb\xbf# comment\nweb1\n", "web1\n" },
		{ "\xef\xbb\xbf[g]\nweb1\n", "web1\n" },
		{ "b\na\nc\na\n", "b\na\nc\n" },
		{ "web1 # comment\nweb2 ; comment\nweb3 #\n",
		  "web1\nweb2\nweb3\n" },
		{ "web-1.example.com\nWEB_2\n10.0.0.1\n",
		  "web-1.example.com\nWEB_2\n10.0.0.1\n" },
		{ "w\xc3\xa9"
		  "b\n",
		  "w\xc3\xa9"
		  "b\n" },
		{ "'web1'\n\"web2\"\nwe\\b3\nw'e'\"b\"4\n",
		  "web1\nweb2\nweb3\nweb4\n" },
	};
	expect_all(state, cases, sizeof cases / sizeof *cases);
}

static void an_address_has_user_and_port(void **state)
{
	static const struct good cases[] = {
		{ "root@web1", "web1 user=root\n" },
		{ "web1:2222", "web1 port=2222\n" },
		{ "web1:1\nweb2:65535\nweb3:0022\n",
		  "web1 port=1\nweb2 port=65535\nweb3 port=22\n" },
		{ "root@web1:2222", "web1 user=root port=2222\n" },
		{ "web1 root", "web1 user=root\n" },
		{ "web1:2222 root", "web1 user=root port=2222\n" },
		{ "web1 root key=/k", "web1 user=root key=/k\n" },
		{ "me@corp@web1", "web1 user=me@corp\n" },
		{ "CORP\\\\me@web1", "web1 user=CORP\\me\n" },
		{ "'CORP\\me@web1'", "web1 user=CORP\\me\n" },
		{ "a+b$c.d-e_f@web1", "web1 user=a+b$c.d-e_f\n" },
	};
	expect_all(state, cases, sizeof cases / sizeof *cases);
}

static void ipv6_is_bare_or_in_brackets(void **state)
{
	static const struct good cases[] = {
		{ "::1", "[::1] name=::1\n" },
		{ "[::1]", "[::1] name=::1\n" },
		{ "[::1] user=root # c", "[::1] name=::1 user=root\n" },
		{ "[::1]:22", "[::1] name=::1 port=22\n" },
		{ "root@[::1]", "[::1] name=::1 user=root\n" },
		{ "root@::1", "[::1] name=::1 user=root\n" },
		{ "2001:db8::10 root", "[2001:db8::10] name=2001:db8::10 "
				       "user=root\n" },
		{ "::ffff:10.0.0.1", "[::ffff:10.0.0.1] "
				     "name=::ffff:10.0.0.1\n" },
		{ "fe80::1%eth0", "[fe80::1%eth0] name=fe80::1%eth0\n" },
		{ "user@[fe80::1%eth0.5]:22",
		  "[fe80::1%eth0.5] name=fe80::1%eth0.5 user=user port=22\n" },
		{ "[dead::beef]\n[dead]\nweb1\n",
		  "[dead::beef] name=dead::beef\nweb1\n" },
		{ "web1 host=::1\nweb2 host=[::1]\nweb3 host=fe80::1%2\n",
		  "web1 host=::1\nweb2 host=::1\nweb3 host=fe80::1%2\n" },
	};
	expect_all(state, cases, sizeof cases / sizeof *cases);
}

static void a_setting_is_read(void **state)
{
	static const struct good cases[] = {
		{ "web1 host=10.0.0.1 user=root port=2222",
		  "web1 host=10.0.0.1 user=root port=2222\n" },
		{ "web1 password=a=b", "web1 password=a=b\n" },
		{ "web1 'password=a b'", "web1 password=a b\n" },
		{ "web1 password='a b'", "web1 password=a b\n" },
		{ "web1 password=\"a 'b' \\\"c\\\" \\x \\\\\"",
		  "web1 password=a 'b' \"c\" \\x \\\n" },
		{ "web1 password=a\\ b", "web1 password=a b\n" },
		{ "web1 password=a#b;c", "web1 password=a#b;c\n" },
		{ "web1 password='#x'", "web1 password=#x\n" },
		{ "web1 password=$HOME`id`", "web1 password=$HOME`id`\n" },
		{ "web1 password=p\xe4ss", "web1 password=p\xe4ss\n" },
		{ "web1 key=/a/b key='/c d' key=/a/b",
		  "web1 key=/a/b key=/c d\n" },
		{ "web1 key=/a,/b", "web1 key=/a,/b\n" },
		{ "web1 key=id key=sub/id key=./id key=../id",
		  "web1 key=./id key=./sub/id key=././id key=./../id\n" },
		{ "web1 password-file=pw passphrase-file=/pp known-hosts=kh",
		  "web1 password-file=./pw passphrase-file=/pp "
		  "known-hosts=./kh\n" },
		{ "web1 host-key-policy=strict\nweb2 "
		  "host-key-policy=accept-new\nweb3 host-key-policy=off",
		  "web1 policy=1\nweb2 policy=2\nweb3 policy=3\n" },
		{ "web1 timeout=5 connect-timeout=500ms login-timeout=2m",
		  "web1 timeout=5000 connect=500 login=120000\n" },
		{ "web1 timeout=1h\nweb2 timeout=1.5\nweb3 timeout=0.5m",
		  "web1 timeout=3600000\nweb2 timeout=1500\n"
		  "web3 timeout=30000\n" },
		{ "web1 timeout=0\nweb2 timeout=0ms\nweb3 timeout=0.0h",
		  "web1 timeout=-1\nweb2 timeout=-1\nweb3 timeout=-1\n" },
		{ "web1 timeout=0.00001ms\nweb2 timeout=0.0000000000000000001h"
		  "\nweb3 timeout=10000h",
		  "web1 timeout=1\nweb2 timeout=1\n"
		  "web3 timeout=36000000000\n" },
		{ "web1 env.LANG=C var.rack=7 var._a=\n", "web1\n" },
	};
	expect_all(state, cases, sizeof cases / sizeof *cases);
}

static void a_section_has_settings_for_its_hosts(void **state)
{
	static const struct good cases[] = {
		{ "[web]\nweb1\n[db]\ndb1\n", "web1\ndb1\n" },
		{ "[web] # comment\nweb1\n[db];\ndb1\n", "web1\ndb1\n" },
		{ "  [web]\nweb1\n", "web1\n" },
		{ "[web]\nweb1\n[web:vars]\nuser=root\nport = 22\n"
		  "  timeout\t=\t5s  \n",
		  "web1 user=root port=22 timeout=5000\n" },
		{ "[web:vars]\nuser=root\n[web]\nweb1\n", "web1 user=root\n" },
		{ "[web]\nweb1\n[web:vars]\npassword = a b # c\n",
		  "web1 password=a b # c\n" },
		{ "[web]\nweb1\n[web:vars]\npassword = ' a b '\n",
		  "web1 password= a b \n" },
		{ "[web]\nweb1\n[web:vars]\npassword=\"'a'\"\n",
		  "web1 password='a'\n" },
		{ "[web]\nweb1\n[web:vars]\npassword='a\"\n",
		  "web1 password='a\"\n" },
		{ "[web]\nweb1\n[web:vars]\npassword=a\\b\\\\\n",
		  "web1 password=a\\b\\\\\n" },
		{ "[web]\nweb1\n[web:vars]\npassword='\n",
		  "web1 password='\n" },
		{ "[web]\nweb1\n[web:vars]\nkey=a\nkey=b\n; c\n# c\n\n",
		  "web1 key=./a key=./b\n" },
		{ "web1\n[defaults]\nuser = root\nconnect-timeout = 3\n",
		  "web1 user=root connect=3000\n" },
		{ "web1\n[all:vars]\nuser = root\n", "web1 user=root\n" },
		{ "[all]\nweb1\n[ungrouped]\nweb2\n", "web1\nweb2\n" },
		{ "[web]\nweb1\n[prod:children]\nweb\n[prod:vars]\nuser=root\n",
		  "web1 user=root\n" },
		{ "[prod:children]\nweb # c\n'db'\n[web]\nweb1\n[db]\ndb1\n"
		  "[prod:vars]\nuser=root\n",
		  "web1 user=root\ndb1 user=root\n" },
		{ "[all:children]\nweb\n[web]\nweb1\n", "web1\n" },
		{ "[empty]\n[web]\nweb1\n[web]\nweb2\n", "web1\nweb2\n" },
	};
	expect_all(state, cases, sizeof cases / sizeof *cases);
}

static void the_nearer_setting_counts(void **state)
{
	static const struct good cases[] = {
		{ "[g]\nweb1 user=line\n[g:vars]\nuser=group\n"
		  "[all:vars]\nuser=all\n[defaults]\nuser=default\n",
		  "web1 user=line\n" },
		{ "[g]\nline@web1\n[g:vars]\nuser=group\n",
		  "web1 user=line\n" },
		{ "[g]\nweb1\n[g:vars]\nuser=group\n"
		  "[all:vars]\nuser=all\n[defaults]\nuser=default\n",
		  "web1 user=group\n" },
		{ "[g]\nweb1\n[all:vars]\nuser=all\n"
		  "[defaults]\nuser=default\n",
		  "web1 user=all\n" },
		/* A child is stronger, whatever the names are. */
		{ "[a]\nweb1\n[z:children]\na\n[a:vars]\nuser=child\n"
		  "[z:vars]\nuser=parent\nport=7\n",
		  "web1 user=child port=7\n" },
		/* Of two equally deep groups the later name counts. */
		{ "[b]\nweb1\n[a]\nweb1\n[a:vars]\nuser=a\n[b:vars]\nuser=b\n",
		  "web1 user=b\n" },
		{ "[a]\nweb1\n[b]\nweb1\n[a:vars]\nuser=a\n[b:vars]\nuser=b\n",
		  "web1 user=b\n" },
		/* The deeper one counts, also where it is no descendant. */
		{ "[z]\nweb1\n[a]\nweb1\n[top:children]\na\n"
		  "[a:vars]\nuser=deep\n[z:vars]\nuser=flat\n",
		  "web1 user=deep\n" },
		/* As deep as the longest way: b is below a and top. */
		{ "[top:children]\na\nb\n[a:children]\nb\n[b]\nweb1\n[c]"
		  "\nweb1\n"
		  "[top2:children]\nc\n[b:vars]\nuser=b\n[c:vars]\nuser=c\n",
		  "web1 user=b\n" },
		/* What two parents say: the stronger parent's. */
		{ "[x]\nweb1\n[p:children]\nx\n[q:children]\nx\n"
		  "[p:vars]\nuser=p\nport=1\n[q:vars]\nuser=q\n",
		  "web1 user=q port=1\n" },
		/* Keys are replaced as a whole. */
		{ "[g]\nweb1 key=/own\n[g:vars]\nkey=/a\nkey=/b\n",
		  "web1 key=/own\n" },
		/* A password and a password file stand for the same. */
		{ "[g]\nweb1 password-file=/f\n[g:vars]\npassword=x\n",
		  "web1 password-file=/f\n" },
		{ "[g]\nweb1 password=x\n[g:vars]\npassword-file=/f\n",
		  "web1 password=x\n" },
		{ "[g]\nweb1\n[g:vars]\npassword-file=/f\n"
		  "[defaults]\npassword=x\n",
		  "web1 password-file=/f\n" },
		/* None is a value like any other. */
		{ "[g]\nweb1 timeout=0\n[g:vars]\ntimeout=5\n",
		  "web1 timeout=-1\n" },
	};
	expect_all(state, cases, sizeof cases / sizeof *cases);
}

static void lines_of_one_host_merge(void **state)
{
	static const struct good cases[] = {
		{ "web1 user=root\nweb1 port=22\n",
		  "web1 user=root port=22\n" },
		{ "web1 user=root\n[g]\nweb1\n", "web1 user=root\n" },
		{ "web1 user=root\nweb1 user=root port=0022\nweb1 port=22\n",
		  "web1 user=root port=22\n" },
		{ "web1 key=/a\nweb1 key=/b\n", "web1 key=/a key=/b\n" },
		{ "root@web1 port=22\nweb1 root\n",
		  "web1 user=root port=22\n" },
		{ "web1 var.a=1\nweb1 var.a=1 var.b=2\n[g]\nweb1\n"
		  "[g:vars]\nvar.a=2\n",
		  "web1\n" },
		/* Another user or port, as written, is another target. */
		{ "web1\nroot@web1\nweb1:22\nroot@web1:22\nweb1 root\n",
		  "web1\n"
		  "root@web1 name=web1 user=root\n"
		  "web1:22 name=web1 port=22\n"
		  "root@web1:22 name=web1 user=root port=22\n" },
	};
	expect_all(state, cases, sizeof cases / sizeof *cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_names_a_host),
		cmocka_unit_test(an_address_has_user_and_port),
		cmocka_unit_test(ipv6_is_bare_or_in_brackets),
		cmocka_unit_test(a_setting_is_read),
		cmocka_unit_test(a_section_has_settings_for_its_hosts),
		cmocka_unit_test(the_nearer_setting_counts),
		cmocka_unit_test(lines_of_one_host_merge),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
