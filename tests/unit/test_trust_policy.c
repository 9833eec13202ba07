/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/trust_fixture.h"

/* What is decided about a key, by what is on file and by the policy. */

static void a_revoked_key_is_refused_under_every_policy(void **state)
{
	static const uint32_t policies[] = { SSHOAL_HOST_KEY_DEFAULT, STRICT,
					     ACCEPT_NEW, OFF };
	static const char *const revoked[] = { "host", "*", "other,h*",
					       "[host]:2222,host" };
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key good = ed25519(2);
	for (size_t i = 0; i < sizeof revoked / sizeof *revoked; i++) {
		put(folder->file, "w",
		    "host,[host]:2222 %s\nhost %s\n@revoked %s %s\n", key.text,
		    good.text, revoked[i], key.text);
		struct trust *trust = load(folder->file);
		for (size_t p = 0; p < 4; p++) {
			bool added = false;
			sshoal_error error;
			assert_int_equal(sshoal__trust_check(trust, "host",
							     p % 2 ? 22 : 2222,
							     key.blob, key.size,
							     policies[p],
							     &added, &error),
					 SSHOAL_EHOSTKEY_REVOKED);
			char place[256];
			(void)snprintf(place, sizeof place, "(%s:3)",
				       folder->file);
			assert_non_null(strstr(error.text, place));
			assert_non_null(strstr(error.text, "REVOKED"));
			assert_non_null(strstr(error.text, "SHA256:"));
		}
		assert_int_equal(check(trust, "host", 22, &good, STRICT), 0);
		sshoal__trust_free(trust);
	}
}

static void a_key_revoked_for_others_is_not_revoked(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	put(folder->file, "w",
	    "host %s\n@revoked other,[host]:22 %s\n@revoked *,!host %s\n",
	    key.text, key.text, key.text);
	struct trust *trust = load(folder->file);
	assert_int_equal(check(trust, "host", 22, &key, STRICT), 0);
	assert_int_equal(check(trust, "other", 22, &key, OFF),
			 SSHOAL_EHOSTKEY_REVOKED);
	sshoal__trust_free(trust);
}

static void a_revoked_line_can_be_hashed(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	int status = 0;
	put(folder->file, "w", "host %s\n", key.text);
	free(run(&status, "ssh-keygen -H -f %s 2>&1", folder->file));
	char *hashed = contents(folder->file);
	assert_int_equal(strncmp(hashed, "|1|", 3), 0);
	put(folder->file, "w", "@revoked %s", hashed);
	free(hashed);
	struct trust *trust = load(folder->file);
	assert_int_equal(check(trust, "HOST", 22, &key, OFF),
			 SSHOAL_EHOSTKEY_REVOKED);
	assert_int_equal(check(trust, "other", 22, &key, OFF), 0);
	sshoal__trust_free(trust);
}

static void a_cert_authority_is_no_host_key(void **state)
{
	const struct folder *folder = *state;
	const struct key authority = ed25519(1);
	const struct key key = ed25519(2);
	put(folder->file, "w", "@cert-authority *.test %s\n", authority.text);
	struct warnings warnings;
	struct trust *trust = load_warned(folder->file, &warnings);
	assert_string_equal(warnings.text, "");
	assert_int_equal(sshoal__trust_kinds(trust, "a.test", 22), 0);
	bool added = false;
	sshoal_error error;
	assert_int_equal(sshoal__trust_check(trust, "a.test", 22,
					     authority.blob, authority.size,
					     STRICT, &added, &error),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	assert_non_null(strstr(error.text, "@cert-authority"));
	assert_non_null(strstr(error.text, "/known_hosts:1"));
	assert_int_equal(check(trust, "a.test", 22, &key, STRICT),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	assert_int_equal(check(trust, "a.test", 22, &key, ACCEPT_NEW), 0);
	sshoal__trust_free(trust);
}

static void another_type_than_on_file_is_a_changed_key(void **state)
{
	const struct folder *folder = *state;
	struct key rsa;
	struct key ecdsa;
	const struct key key = ed25519(1);
	key_make(&rsa, "ssh-rsa", 1);
	key_make(&ecdsa, "ecdsa-sha2-nistp256", 1);
	put(folder->file, "w", "host %s\nhost %s\n", rsa.text, ecdsa.text);
	struct trust *trust = load(folder->file);
	assert_int_equal(check(trust, "host", 22, &rsa, STRICT), 0);
	assert_int_equal(check(trust, "host", 22, &ecdsa, STRICT), 0);
	assert_int_equal(check(trust, "host", 22, &key, STRICT),
			 SSHOAL_EHOSTKEY_CHANGED);
	assert_int_equal(check(trust, "host", 22, &key, ACCEPT_NEW),
			 SSHOAL_EHOSTKEY_CHANGED);
	assert_int_equal(check(trust, "host", 22, &key, OFF), 0);
	sshoal__trust_free(trust);
}

static void off_accepts_what_is_not_revoked_and_writes_nothing(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key other = ed25519(2);
	put(folder->file, "w", "host %s\n", key.text);
	struct trust *trust = load(folder->file);
	bool added = true;
	assert_int_equal(sshoal__trust_check(trust, "host", 22, other.blob,
					     other.size, OFF, &added, NULL),
			 0);
	assert_false(added);
	assert_int_equal(check(trust, "new", 22, &other, OFF), 0);
	assert_int_equal(
		check(trust, "new", 22, &other, SSHOAL_HOST_KEY_DEFAULT),
		SSHOAL_EHOSTKEY_UNKNOWN);
	char *text = contents(folder->file);
	assert_int_equal(count_of(text, "\n"), 1);
	free(text);
	sshoal__trust_free(trust);
}

static void a_damaged_key_is_accepted_by_no_policy(void **state)
{
	const struct folder *folder = *state;
	struct trust *trust = load(folder->file);
	struct key key = ed25519(1);
	for (size_t size = 0; size < key.size; size++) {
		key.size = size;
		assert_int_equal(check(trust, "host", 22, &key, OFF),
				 SSHOAL_EHOSTKEY_UNKNOWN);
		assert_int_equal(check(trust, "host", 22, &key, ACCEPT_NEW),
				 SSHOAL_EHOSTKEY_UNKNOWN);
		key = ed25519(1);
	}
	key.size++;
	assert_int_equal(check(trust, "host", 22, &key, OFF),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	assert_int_equal(access(folder->file, F_OK), -1);
	sshoal__trust_free(trust);
}

static void a_wrong_host_or_port_is_an_invalid_argument(void **state)
{
	const struct folder *folder = *state;
	struct trust *trust = load(folder->file);
	const struct key key = ed25519(1);
	char host[600];
	memset(host, 'h', sizeof host - 1);
	host[sizeof host - 1] = '\0';
	assert_int_equal(check(trust, "", 22, &key, OFF), SSHOAL_EINVAL);
	assert_int_equal(check(trust, host, 22, &key, OFF), SSHOAL_EINVAL);
	assert_int_equal(check(trust, "host", 65536, &key, OFF), SSHOAL_EINVAL);
	assert_int_equal(check(trust, "host", 65535, &key, OFF), 0);
	assert_int_equal(sshoal__trust_kinds(trust, host, 22), 0);
	sshoal__trust_free(trust);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRUST_TEST(a_revoked_key_is_refused_under_every_policy),
		TRUST_TEST(a_key_revoked_for_others_is_not_revoked),
		TRUST_TEST(a_revoked_line_can_be_hashed),
		TRUST_TEST(a_cert_authority_is_no_host_key),
		TRUST_TEST(another_type_than_on_file_is_a_changed_key),
		TRUST_TEST(off_accepts_what_is_not_revoked_and_writes_nothing),
		TRUST_TEST(a_damaged_key_is_accepted_by_no_policy),
		TRUST_TEST(a_wrong_host_or_port_is_an_invalid_argument),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
