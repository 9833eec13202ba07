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

/* Inventories of Ansible as hosts files, in both of their forms.
 * tests/python/ansible compares with Ansible itself. */

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
		hosts_expect(hosts, state, cases[i].targets);
		sshoal_hosts_free(hosts);
		sshoal_inventory_free(inventory);
	}
}

static void keys_of_ansible_are_settings(void **state)
{
	static const struct good cases[] = {
		{ "a ansible_host=10.0.0.1 ansible_port=22 ansible_user=me\n",
		  "a host=10.0.0.1 user=me port=22\n" },
		{ "a ansible_ssh_host=b ansible_ssh_port=23 "
		  "ansible_ssh_user=x\n",
		  "a host=b user=x port=23\n" },
		{ "a ansible_ssh_pass='two words'\n",
		  "a password=two words\n" },
		{ "a ansible_password=\"x\" ansible_become_password=y\n",
		  "a password=x\n" },
		/* Of the current folder, not of the file's. */
		{ "a ansible_ssh_private_key_file=id\n", "a key=id\n" },
		{ "a ansible_private_key_file=/k sshoal_key=own\n",
		  "a key=/k key=./own\n" },
		{ "a ansible_user=x sshoal_known_hosts=/h sshoal_timeout=5\n"
		  "b sshoal_host-key-policy=off sshoal_env.A_B=1\n",
		  "a user=x known-hosts=/h timeout=5000\nb policy=3\n" },
		/* Every other key is a variable. */
		{ "a ansible_user=x user=y port=none anything=\n",
		  "a user=x\n" },
		{ "a ansible_connection=ssh ansible_python_interpreter=/x\n",
		  "a\n" },
		{ "a ansible_user=\n", "a\n" },
		/* The last one counts. */
		{ "a ansible_user=x\na ansible_user=y\n", "a user=y\n" },
		{ "web[1:3] ansible_user=x\n[g]\nweb[01:10:4].[a:b]\n"
		  "[g:vars]\nansible_port = 2222\n",
		  "web1 user=x\nweb2 user=x\nweb3 user=x\n"
		  "web01.a port=2222\nweb01.b port=2222\nweb05.a port=2222\n"
		  "web05.b port=2222\nweb09.a port=2222\nweb09.b port=2222\n" },
		{ "a\n[all:vars]\nansible_user=\"all\"\n"
		  "[p:children]\nc\n[c]\nb\n[p:vars]\nansible_user=p\n"
		  "ansible_port=1\n[c:vars]\nansible_user=c\n",
		  "a user=all\nb user=c port=1\n" },
		/* That word alone makes no inventory of Ansible. */
		{ "a user=x # ansible_user=y\n# ansible_port=1\n",
		  "a user=x\n" },
		{ "a user=x 'password=b ansible_user=y'\n",
		  "a user=x password=b ansible_user=y\n" },
		{ "ansible_host user=x\n", "ansible_host user=x\n" },
	};
	expect_all(state, cases, sizeof cases / sizeof *cases);
}

static void arguments_for_ssh_are_settings(void **state)
{
	static const struct good cases[] = {
		{ "a ansible_ssh_common_args='-i /k -o User=me -oPort=23'\n",
		  "a user=me port=23 key=/k\n" },
		{ "a ansible_ssh_extra_args='-o ControlMaster=auto "
		  "-o ControlPersist=60s -o StrictHostKeyChecking=no "
		  "-o UserKnownHostsFile=/dev/null'\n",
		  "a known-hosts=/dev/null policy=2\n" },
		{ "[all:vars]\n"
		  "ansible_ssh_common_args = '-o \"ConnectTimeout 7\"'\n"
		  "[g]\na\n",
		  "a connect=7000\n" },
		{ "a ansible_ssh_common_args=\n", "a\n" },
	};
	expect_all(state, cases, sizeof cases / sizeof *cases);
}

static void the_json_of_ansible_inventory_is_read(void **state)
{
	static const struct good cases[] = {
		{ "{}", "" },
		{ " \n{\"_meta\":{\"hostvars\":{}},\"all\":{\"children\":"
		  "[\"ungrouped\"]}}",
		  "" },
		{ "{\"_meta\":{\"hostvars\":{\"a\":{\"ansible_port\":23,"
		  "\"ansible_user\":\"me\",\"x\":[1,{\"y\":null}],\"z\":null,"
		  "\"t\":true}}},"
		  "\"all\":{\"children\":[\"ungrouped\",\"g\",\"empty\"]},"
		  "\"ungrouped\":{\"hosts\":[\"z\"]},"
		  "\"g\":{\"hosts\":[\"b\",\"a\"]}}",
		  "z\nb\na user=me port=23\n" },
		/* An inventory script's. */
		{ "{\"g\":[\"a\",\"::1\"],\"p\":{\"children\":[\"g\"],"
		  "\"vars\":{\"ansible_user\":\"p\"}}}",
		  "a user=p\n[::1] name=::1 user=p\n" },
	};
	expect_all(state, cases, sizeof cases / sizeof *cases);
	sshoal_inventory *inventory = inventory_of(state, cases[2].contents);
	labels_expect(inventory, "@g", "b a");
	labels_expect(inventory, "@empty", "");
	labels_expect(inventory, "@ungrouped", "z");
	sshoal_hosts *hosts = hosts_of(inventory, "a");
	static const char *const expected[] = { "me", "23", "[1,{\"y\":null}]",
						"true" };
	for (size_t i = 0; i < 4; i++) {
		sshoal_setting setting;
		bool is_last = i == 3;
		/* Variables come with the last one first. */
		size_t number = i < 2 ? i : is_last ? 2 : 3;
		assert_int_equal(sshoal_hosts_setting(hosts, 0, inventory,
						      number, &setting),
				 0);
		assert_string_equal(setting.value, expected[i]);
		assert_int_equal(setting.line, 0);
		assert_non_null(strstr(setting.file, ": _meta.hostvars.a"));
	}
	sshoal_hosts_free(hosts);
	sshoal_inventory_free(inventory);
}

/* Loads contents that are wrong; the text must have both parts. */
static void expect_fault(void *const *state, const char *contents,
			 const char *where, const char *why)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "hosts");
	scratch_write(path, contents, strlen(contents), 0600);
	sshoal_inventory *inventory = NULL;
	sshoal_error error = { .text = "" };
	assert_int_equal(sshoal_inventory_new(&inventory), 0);
	assert_int_equal(sshoal_inventory_load(inventory, path, &error),
			 SSHOAL_EFORMAT);
	char prefix[SCRATCH_PATH + 64];
	(void)snprintf(prefix, sizeof prefix, "%s:%s: ", path, where);
	if (strncmp(error.text, prefix, strlen(prefix)) != 0 ||
	    !strstr(error.text, why))
		fail_msg("\"%s\" is not at %s, or not \"%s\"", error.text,
			 where, why);
	sshoal_inventory_free(inventory);
}

static void what_only_ansible_can_do_is_refused(void **state)
{
	static const struct {
		const char *contents;
		const char *where;
		const char *why;
	} cases[] = {
		{ "a ansible_host={{x}}", "1:16", "a template" },
		{ "a ansible_password='!vault |'", "1:3", "encrypted" },
		{ "a ansible_connection=local", "1:22", "not SSH" },
		{ "a\n[g]\na ansible_port=x", "3:16", "no port" },
		{ "a ansible_user=x sshoal_usr=1", "1:18", "unknown key" },
		{ "a ansible_ssh_common_args='-F b'", "1:3", "-F for ssh" },
		{ "a ansible_ssh_common_args='-J ,b'", "1:3", "no host" },
		{ "a ansible_ssh_common_args=-C", "1:27", "other than -o" },
		{ "a ansible_ssh_common_args=x", "1:27", "other than -o" },
		{ "a ansible_ssh_common_args='-i'", "1:3", "without its" },
		{ "a ansible_ssh_common_args='-o ProxyCommand=x'", "1:3",
		  "not supported" },
		{ "a ansible_ssh_common_args='-o Port=0'", "1:3", "no port" },
		{ "a ansible_ssh_common_args='-o User'", "1:3",
		  "-o Key=Value" },
		{ "a ansible_ssh_common_args=\"-i 'x\"", "1:3",
		  "single quote" },
		{ "a ansible_ssh_common_args={{y}}", "1:27", "a template" },
		{ "a ansible_user=x =y", "1:18", "no key" },
		/* JSON names the way, and the line where it is none. */
		{ "{\n \"g\": x}", "2:7", "no JSON" },
		{ "{\"g\":{\"hosts\":[1]}}", " g", "no string" },
		{ "{\"g\":{\"hosts\":[\"a b\"]}}", " g", "blank" },
		{ "{\"g\":{\"children\":[\"all\"]}}", " g", "everything" },
		{ "{\"g\":{\"children\":[\"g\"]}}", " g", "inside itself" },
		{ "{\"g\":{\"children\":1}}", " g", "no list of groups" },
		{ "{\"g\":{\"hosts\":{}}}", " g", "no list of hosts" },
		{ "{\"g\":3}", " g", "neither a group" },
		{ "{\"a b\":[]}", " a b", "blank" },
		{ "{\"_meta\":{\"hostvars\":{\"a\":[]}}}", " _meta.hostvars.a",
		  "no object" },
		{ "{\"_meta\":{\"hostvars\":{\"a\":{\"ansible_port\":0}}}}",
		  " _meta.hostvars.a.ansible_port", "no port" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect_fault(state, cases[i].contents, cases[i].where,
			     cases[i].why);
}

static void passwords_of_ansible_need_a_private_file(void **state)
{
	static const char *const contents[] = {
		"a ansible_password=x",
		"a ansible_become_pass=x",
		("{\"_meta\":{\"hostvars\":{\"a\":"
		 "{\"ansible_ssh_pass\":\"x\"}}}}"),
	};
	char path[SCRATCH_PATH];
	scratch_path(path, state, "open");
	for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
		scratch_write(path, contents[i], strlen(contents[i]), 0644);
		sshoal_inventory *inventory = NULL;
		sshoal_error error = { .text = "" };
		assert_int_equal(sshoal_inventory_new(&inventory), 0);
		assert_int_equal(sshoal_inventory_load(inventory, path, &error),
				 SSHOAL_EACCESS);
		assert_non_null(strstr(error.text, "chmod 600"));
		sshoal_inventory_free(inventory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_ansible_are_settings),
		cmocka_unit_test(arguments_for_ssh_are_settings),
		cmocka_unit_test(the_json_of_ansible_inventory_is_read),
		cmocka_unit_test(what_only_ansible_can_do_is_refused),
		cmocka_unit_test(passwords_of_ansible_need_a_private_file),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
