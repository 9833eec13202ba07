/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/processor.h"
#include "unit/trust_fixture.h"

/* Which keys are found for a name and a port; ssh-keygen is the judge. */

/* Names of lines, each with a key of its own; %s is what stands before and
 * behind the key. */
static const char *const names[] = {
	"plain",
	"UPPER",
	"a,b,c",
	"10.0.0.1",
	"::1,fe80::1%eth0",
	"[plain]:2222",
	"[other]:2222,other",
	"[::1]:2222",
	"[plain]:22",
	"*.example.org",
	"*.example.org,!bad.example.org",
	"!bad.example.org",
	"!bad.example.org,*",
	"web?",
	"web??,!web1?",
	"*.*.test",
	"[10.0.0.?]:*",
	"10.0.*.1",
	"*a*b*c*",
	"x,,y",
	",z",
	"[*]:2223",
	"UPPER*.Test",
	"plain",
	"a",
};
#define NAMES (sizeof names / sizeof *names)

static const struct place {
	const char *host;
	uint32_t port;
} places[] = {
	{ "plain", 0 },
	{ "plain", 22 },
	{ "PLAIN", 22 },
	{ "plain", 2222 },
	{ "plain", 2223 },
	{ "plain", 2224 },
	{ "upper", 22 },
	{ "a", 22 },
	{ "b", 22 },
	{ "c", 22 },
	{ "c", 2222 },
	{ "d", 22 },
	{ "10.0.0.1", 22 },
	{ "10.0.0.1", 2222 },
	{ "10.0.7.1", 22 },
	{ "10.0.7.1", 2222 },
	{ "::1", 22 },
	{ "::1", 2222 },
	{ "fe80::1%eth0", 22 },
	{ "fe80::1%ETH0", 22 },
	{ "other", 22 },
	{ "other", 2222 },
	{ "other", 2221 },
	{ "www.example.org", 22 },
	{ "www.example.org", 2222 },
	{ "bad.example.org", 22 },
	{ "Bad.Example.org", 2222 },
	{ "example.org", 22 },
	{ "web1", 22 },
	{ "web12", 22 },
	{ "web22", 22 },
	{ "web222", 22 },
	{ "a.b.test", 22 },
	{ "b.test", 22 },
	{ "xaybzc", 22 },
	{ "aabbccaabbccd", 22 },
	{ "x", 22 },
	{ "y", 22 },
	{ "z", 22 },
	{ "upperhost.test", 22 },
	{ "nowhere", 22 },
};
#define PLACES (sizeof places / sizeof *places)

/* Which of the keys ssh-keygen finds for a name, as bits; its own words. */
static uint64_t oracle(const char *file, const char *name,
		       const struct key *keys)
{
	int status = 0;
	char *text = run(&status, "ssh-keygen -F '%s' -f %s 2>/dev/null", name,
			 file);
	uint64_t found = 0;
	for (size_t i = 0; i < NAMES; i++)
		if (strstr(text, keys[i].text))
			found |= UINT64_C(1) << i;
	free(text);
	return found;
}

static void ask_oracle(const char *file, const struct place *place,
		       const struct key *keys, uint64_t *found, uint64_t *bare)
{
	char name[128];
	char lower[64];
	size_t n = 0;
	for (; place->host[n]; n++)
		lower[n] = place->host[n] >= 'A' && place->host[n] <= 'Z' ?
				   (char)(place->host[n] + 32) :
				   place->host[n];
	lower[n] = '\0';
	bool is_standard = place->port == 0 || place->port == 22;
	(void)snprintf(name, sizeof name, is_standard ? "%s" : "[%s]:%u", lower,
		       (unsigned)place->port);
	*found = oracle(file, name, keys);
	*bare = is_standard ? 0 : oracle(file, lower, keys);
}

static void compare_with_oracle(const char *file, const struct key *keys)
{
	struct trust *trust = load(file);
	size_t found_count = 0;
	for (size_t p = 0; p < PLACES; p++) {
		uint64_t found = 0;
		uint64_t bare = 0;
		ask_oracle(file, &places[p], keys, &found, &bare);
		for (size_t i = 0; i < NAMES; i++) {
			int expected = found >> i & 1 ? 0 :
				       found         ? SSHOAL_EHOSTKEY_CHANGED :
				       bare >> i & 1 ? 0 :
						       SSHOAL_EHOSTKEY_UNKNOWN;
			int got = check(trust, places[p].host, places[p].port,
					&keys[i], STRICT);
			found_count += expected == 0;
			if (got != expected)
				fail_msg("%s port %u with the key of \"%s\": "
					 "%s, not %s",
					 places[p].host,
					 (unsigned)places[p].port, names[i],
					 sshoal_error_name(got),
					 sshoal_error_name(expected));
		}
		uint32_t kinds = found ? TRUST_ED25519 :
				 bare  ? TRUST_ED25519 | TRUST_BARE :
					 0;
		assert_int_equal(sshoal__trust_kinds(trust, places[p].host,
						     places[p].port),
				 kinds);
	}
	/* The oracle has answered at all. */
	assert_true(found_count > PLACES);
	sshoal__trust_free(trust);
}

static void every_name_is_found_as_ssh_keygen_finds_it(void **state)
{
	const struct folder *folder = *state;
	struct key keys[NAMES];
	put(folder->file, "w", "# a comment\n\n   \n");
	for (uint32_t i = 0; i < NAMES; i++) {
		keys[i] = ed25519(i);
		put(folder->file, "a", "%s%s%s%s%s", i % 3 ? "" : " \t",
		    names[i], i % 2 ? " " : "\t ", keys[i].text,
		    i % 4 ? " a comment\n" : "\n");
	}
	compare_with_oracle(folder->file, keys);
	int status = 0;
	free(run(&status, "ssh-keygen -H -f %s 2>&1", folder->file));
	assert_int_equal(status, 0);
	char *text = contents(folder->file);
	assert_true(count_of(text, "|1|") > 10);
	free(text);
	compare_with_oracle(folder->file, keys);
}

static void kinds_are_those_on_file_and_not_revoked(void **state)
{
	static const struct row {
		const char *host;
		uint32_t port;
		uint32_t kinds;
	} rows[] = {
		{ "all", 22,
		  TRUST_ED25519 | TRUST_ECDSA_256 | TRUST_ECDSA_384 |
			  TRUST_ECDSA_521 | TRUST_RSA | TRUST_OTHER },
		{ "all", 0,
		  TRUST_ED25519 | TRUST_ECDSA_256 | TRUST_ECDSA_384 |
			  TRUST_ECDSA_521 | TRUST_RSA | TRUST_OTHER },
		{ "all", 2222, TRUST_RSA },
		{ "all", 2223,
		  TRUST_ED25519 | TRUST_ECDSA_256 | TRUST_ECDSA_384 |
			  TRUST_ECDSA_521 | TRUST_RSA | TRUST_OTHER |
			  TRUST_BARE },
		{ "revoked", 22, TRUST_RSA },
		{ "revoked", 2222, TRUST_RSA | TRUST_BARE },
		{ "none", 22, 0 },
		{ "", 22, 0 },
	};
	static const char *const types[] = {
		"ssh-ed25519",
		"ecdsa-sha2-nistp256",
		"ecdsa-sha2-nistp384",
		"ecdsa-sha2-nistp521",
		"ssh-rsa",
		"ssh-dss",
	};
	const struct folder *folder = *state;
	struct key key;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		key_make(&key, types[i], 1);
		put(folder->file, "a", "all %s\n", key.text);
	}
	key_make(&key, "ssh-rsa", 1);
	put(folder->file, "a", "[all]:2222 %s\nrevoked %s\n", key.text,
	    key.text);
	key = ed25519(7);
	put(folder->file, "a", "revoked %s\n@revoked *d %s\n", key.text,
	    key.text);
	struct trust *trust = load(folder->file);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(
			sshoal__trust_kinds(trust, rows[i].host, rows[i].port),
			rows[i].kinds);
	sshoal__trust_free(trust);
}

static void the_bare_name_vouches_for_a_key_but_not_against_one(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key other = ed25519(2);
	put(folder->file, "w", "host %s\n", key.text);
	struct trust *trust = load(folder->file);
	assert_int_equal(check(trust, "host", 2222, &key, STRICT), 0);
	assert_int_equal(check(trust, "host", 2222, &key, ACCEPT_NEW), 0);
	assert_int_equal(check(trust, "host", 2222, &other, STRICT),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	char *text = contents(folder->file);
	assert_int_equal(count_of(text, "\n"), 1);
	free(text);
	sshoal__trust_free(trust);
	/* What is on file for the port counts alone. */
	put(folder->file, "w", "host %s\n[host]:2222 %s\n", key.text,
	    other.text);
	trust = load(folder->file);
	assert_int_equal(check(trust, "host", 2222, &key, STRICT),
			 SSHOAL_EHOSTKEY_CHANGED);
	assert_int_equal(check(trust, "host", 2222, &other, STRICT), 0);
	assert_int_equal(check(trust, "host", 22, &other, STRICT),
			 SSHOAL_EHOSTKEY_CHANGED);
	sshoal__trust_free(trust);
}

#define MANY 100000

static void a_file_of_100000_lines_is_quick(void **state)
{
	const struct folder *folder = *state;
	FILE *file = fopen(folder->file, "we");
	assert_non_null(file);
	for (uint32_t i = 0; i < MANY; i++)
		(void)fprintf(file, "host%u.example.org,10.%u.%u.%u %s\n",
			      (unsigned)i, (unsigned)(i >> 16),
			      (unsigned)(i >> 8 & 255), (unsigned)(i & 255),
			      ed25519(i).text);
	assert_int_equal(fclose(file), 0);
	int64_t start_us = processor_us();
	struct trust *trust = load(folder->file);
	int64_t loaded_us = processor_us();
	for (uint32_t i = 0; i < MANY; i++) {
		char host[64];
		struct key key = ed25519(i);
		(void)snprintf(host, sizeof host, "host%u.example.org",
			       (unsigned)i);
		if (check(trust, host, 22, &key, STRICT) != 0)
			fail_msg("%s is not found", host);
	}
	int64_t found_us = processor_us();
	sshoal__trust_free(trust);
	print_message("100,000 lines: read in %.0f ms, looked up in %.1f us "
		      "each (making the test's key included)\n",
		      (double)(loaded_us - start_us) / 1000,
		      (double)(found_us - loaded_us) / MANY);
	/* Generous: sanitizers and valgrind are allowed ten times and more. */
	assert_true(loaded_us - start_us < 20 * 1000000);
	assert_true(found_us - loaded_us < 60 * 1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRUST_TEST(every_name_is_found_as_ssh_keygen_finds_it),
		TRUST_TEST(kinds_are_those_on_file_and_not_revoked),
		TRUST_TEST(the_bare_name_vouches_for_a_key_but_not_against_one),
		TRUST_TEST(a_file_of_100000_lines_is_quick),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
