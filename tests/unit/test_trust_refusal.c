/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/trust_fixture.h"

/* What a refused key is told with, and the commands that lead out of it. */

static void a_changed_key_is_told_with_both_fingerprints(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key other = ed25519(2);
	struct key rsa;
	key_make(&rsa, "ssh-rsa", 1);
	put(folder->file, "w", "\n[host]:2222 %s\n[host]:2222 %s\n", rsa.text,
	    key.text);
	struct trust *trust = load(folder->file);
	char got[TRUST_FINGERPRINT_SIZE];
	char expected[TRUST_FINGERPRINT_SIZE];
	(void)sshoal__trust_fingerprint(got, other.blob, other.size);
	(void)sshoal__trust_fingerprint(expected, key.blob, key.size);
	bool added = false;
	sshoal_error error = { .code = 0 };
	assert_int_equal(sshoal__trust_check(trust, "host", 2222, other.blob,
					     other.size, ACCEPT_NEW, &added,
					     &error),
			 SSHOAL_EHOSTKEY_CHANGED);
	char text[600];
	(void)snprintf(text, sizeof text,
		       "HOST KEY CHANGED for host:2222: got ED25519 %s, "
		       "expected ED25519 %s (%s:3); somebody may be listening "
		       "in; if the change is right replace the key: sshoal "
		       "trust -w host:2222 --replace host:2222 --known-hosts "
		       "%s",
		       got, expected, folder->file, folder->file);
	assert_string_equal(error.text, text);
	assert_int_equal(error.code, SSHOAL_EHOSTKEY_CHANGED);
	sshoal__trust_free(trust);
}

static void an_unknown_key_is_told_with_the_way_out(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	struct trust *trust = load(folder->file);
	char print[TRUST_FINGERPRINT_SIZE];
	(void)sshoal__trust_fingerprint(print, key.blob, key.size);
	bool added = false;
	sshoal_error error = { .code = 0 };
	assert_int_equal(sshoal__trust_check(trust, "fe80::1", 2222, key.blob,
					     key.size, STRICT, &added, &error),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	char text[600];
	(void)snprintf(text, sizeof text,
		       "host key of [fe80::1]:2222 is not known: ED25519 %s; "
		       "add it with: sshoal trust -w '[fe80::1]:2222' "
		       "--known-hosts %s "
		       "(compare the fingerprint first), or use "
		       "--host-key-policy accept-new",
		       print, folder->file);
	assert_string_equal(error.text, text);
	sshoal__trust_free(trust);
}

/* No text is cut inside a command: without room it has none. */
static void long_names_leave_no_half_commands(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key other = ed25519(2);
	char host[512];
	for (size_t n = 1; n < sizeof host; n += 10) {
		memset(host, 'h', n);
		host[n] = '\0';
		put(folder->file, "w", "%s %s\n", host, key.text);
		struct trust *trust = load(folder->file);
		bool added = false;
		sshoal_error error;
		assert_int_equal(sshoal__trust_check(trust, host, 22,
						     other.blob, other.size,
						     STRICT, &added, &error),
				 SSHOAL_EHOSTKEY_CHANGED);
		const char *command = strstr(error.text, "sshoal trust");
		size_t end = strlen(error.text) - strlen(folder->file);
		if (command)
			assert_string_equal(error.text + end, folder->file);
		assert_true(command ? n < 100 : n > 30);
		host[0] = 'x';
		assert_int_equal(sshoal__trust_check(trust, host, 22,
						     other.blob, other.size,
						     STRICT, &added, &error),
				 SSHOAL_EHOSTKEY_UNKNOWN);
		command = strstr(error.text, "sshoal trust");
		end = strlen(error.text) - strlen(" accept-new");
		if (command || n < 350)
			assert_string_equal(error.text + end, " accept-new");
		assert_true(command ? n < 200 : n > 100);
		sshoal__trust_free(trust);
	}
}

static void words_in_commands_are_quoted(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	char path[256];
	(void)snprintf(path, sizeof path, "%s/it's a file", folder->path);
	struct trust *trust = load(path);
	bool added = false;
	sshoal_error error;
	assert_int_equal(sshoal__trust_check(trust, "a$(reboot)\n", 22,
					     key.blob, key.size, STRICT, &added,
					     &error),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	char text[300];
	(void)snprintf(text, sizeof text,
		       "sshoal trust -w 'a$(reboot) :22' --known-hosts "
		       "'%s/it'\\''s a file' ",
		       folder->path);
	if (!strstr(error.text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, error.text);
	sshoal__trust_free(trust);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRUST_TEST(a_changed_key_is_told_with_both_fingerprints),
		TRUST_TEST(an_unknown_key_is_told_with_the_way_out),
		TRUST_TEST(long_names_leave_no_half_commands),
		TRUST_TEST(words_in_commands_are_quoted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
