/* SPDX-License-Identifier: MIT */
#include "unit/inventory_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inventory/target.h"
#include "unit/scratch.h"

/* Targets as text, so that a test shows what it expects as a whole. */

sshoal_inventory *inventory_of(void *const *state, const char *contents)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "hosts");
	scratch_write(path, contents, strlen(contents), 0600);
	sshoal_inventory *inventory = NULL;
	assert_int_equal(sshoal_inventory_new(&inventory), 0);
	sshoal_error error = { .text = "" };
	if (sshoal_inventory_load(inventory, path, &error) != 0)
		fail_msg("%s\nfor:\n%s", error.text, contents);
	return inventory;
}

sshoal_hosts *hosts_of(const sshoal_inventory *inventory,
		       const char *expression)
{
	sshoal_hosts *hosts = NULL;
	sshoal_error error = { .text = "" };
	if (sshoal_hosts_expand(&hosts, inventory, expression, &error) != 0)
		fail_msg("%s\nfor: %s", error.text,
			 expression ? expression : "(all)");
	return hosts;
}

static void write_text(FILE *out, const char *name, const char *text,
		       const char *folder)
{
	size_t n = strlen(folder);
	if (text && strncmp(text, folder, n) == 0 && text[n] == '/')
		(void)fprintf(out, " %s=.%s", name, text + n);
	else if (text)
		(void)fprintf(out, " %s=%s", name, text);
}

static void write_number(FILE *out, const char *name, int64_t number)
{
	if (number)
		(void)fprintf(out, " %s=%lld", name, (long long)number);
}

static void write_target(FILE *out, const sshoal_target *target,
			 const char *folder)
{
	(void)fputs(target->label, out);
	if (strcmp(target->name, target->label) != 0)
		write_text(out, "name", target->name, folder);
	if (strcmp(target->host, target->name) != 0)
		write_text(out, "host", target->host, folder);
	write_text(out, "user", target->user, folder);
	write_number(out, "port", target->port);
	for (size_t i = 0; i < target->key_file_count; i++)
		write_text(out, "key", target->key_files[i], folder);
	write_text(out, "password", target->password, folder);
	write_text(out, "password-file", target->password_file, folder);
	write_text(out, "passphrase-file", target->passphrase_file, folder);
	write_text(out, "known-hosts", target->known_hosts_file, folder);
	write_number(out, "policy", target->host_key_policy);
	write_number(out, "timeout", target->timeout_ms);
	write_number(out, "connect", target->connect_timeout_ms);
	write_number(out, "login", target->login_timeout_ms);
	if (target->user_is_written)
		(void)fputs(" user!", out);
	if (target->port_is_written)
		(void)fputs(" port!", out);
	(void)fputc('\n', out);
}

char *hosts_describe(const sshoal_hosts *hosts, void *const *state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	for (size_t i = 0; i < sshoal_hosts_count(hosts); i++) {
		const sshoal_target *target = sshoal_hosts_target(hosts, i);
		assert_int_equal(sshoal_target_index(target), i);
		write_target(out, target, *state);
	}
	assert_int_equal(fclose(out), 0);
	return text;
}

void hosts_expect(const sshoal_hosts *hosts, void *const *state,
		  const char *expected)
{
	char *text = hosts_describe(hosts, state);
	assert_string_equal(text, expected);
	free(text);
}

void labels_expect(const sshoal_inventory *inventory, const char *expression,
		   const char *expected)
{
	sshoal_hosts *hosts = hosts_of(inventory, expression);
	char text[1024] = "";
	for (size_t i = 0; i < sshoal_hosts_count(hosts); i++) {
		size_t n = strlen(text);
		(void)snprintf(text + n, sizeof text - n, "%s%s", i ? " " : "",
			       sshoal_hosts_name(hosts, i));
	}
	assert_string_equal(text, expected);
	sshoal_hosts_free(hosts);
}
