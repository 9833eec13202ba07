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

/* The lines of a known-hosts file: which are read and which are skipped. */

static void line_ends_and_blanks_do_not_matter(void **state)
{
	static const char *const formats[] = {
		"host %s",        "host %s\n",
		"host %s\r\n",    "host %s comment\r\n",
		"\thost\t\t%s\t", "\r\n\n#\n# x\n  host   %s  x y z\r\n",
		"host %s\n\r",    "\n\n\nhost %s\n\n\n",
	};
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		char text[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(text, sizeof text, formats[i], key.text);
#pragma GCC diagnostic pop
		put(folder->file, "w", "%s", text);
		struct trust *trust = load(folder->file);
		int rc = check(trust, "host", 22, &key, STRICT);
		sshoal__trust_free(trust);
		if (rc)
			fail_msg("\"%s\": %s", text, sshoal_error_name(rc));
	}
}

static void a_bad_line_is_skipped_with_a_warning(void **state)
{
	static const struct row {
		const char *before; /* "%" is the key's base64 */
		const char *why;
	} rows[] = {
		{ "bad", "no key type" },
		{ "bad ssh-ed25519", "no key" },
		{ "bad # comment", "the key is not base64" },
		{ "bad ssh-ed25519 !!!!", "the key is not base64" },
		{ "bad ssh-ed25519 AAAA=AAA", "the key is not base64" },
		{ "bad ssh-ed25519 AAAAC3", "the key is not base64" },
		{ "bad ssh-ed25519 AAAAC3Nz",
		  "the key is not of the type before it" },
		{ "bad ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA", "damaged key" },
		{ "bad ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAAWEA",
		  "damaged key" },
		{ "bad ssh-rsa AAAAB3NzaC1yc2EAAAABAwAAAAA=", "damaged key" },
		{ "bad ssh-rsa %", "the key is not of the type before it" },
		{ "bad % ssh-ed25519", "the key is not base64" },
		{ "bad 1024 35 1234567890123", "a key of SSH protocol 1" },
		{ "@unknown bad ssh-ed25519 %", "unknown marker" },
		{ "@ bad ssh-ed25519 %", "unknown marker" },
		{ "@REVOKED bad ssh-ed25519 %", "unknown marker" },
		{ "@revoked", "no host names" },
		{ "@revoked @revoked bad ssh-ed25519 %",
		  "more than one marker" },
		{ "|1|bad|bad ssh-ed25519 %", "damaged hashed host name" },
		{ "|2|AAAAAAAAAAAAAAAAAAAAAAAAAAA=|"
		  "AAAAAAAAAAAAAAAAAAAAAAAAAAA= ssh-ed25519 %",
		  "damaged hashed host name" },
		{ "|1|AAAAAAAAAAAAAAAAAAAAAAAAAAA=|"
		  "AAAAAAAAAAAAAAAAAAAAAAAAAAA=,bad ssh-ed25519 %",
		  "damaged hashed host name" },
		{ "|1|AAAAAAAAAAAAAAAAAAAAAAAAAAAA|"
		  "AAAAAAAAAAAAAAAAAAAAAAAAAAA= ssh-ed25519 %",
		  "damaged hashed host name" },
	};
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const char *base64 = strchr(key.text, ' ') + 1;
	struct warnings warnings;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *line = rows[i].before;
		int n = (int)strcspn(line, "%");
		put(folder->file, "w", "# first\n%.*s%s%s\ngood %s\n", n, line,
		    line[n] ? base64 : "", line[n] ? line + n + 1 : "",
		    key.text);
		char expected[512];
		(void)snprintf(expected, sizeof expected, "%s:2: %s\n",
			       folder->file, rows[i].why);
		struct trust *trust = load_warned(folder->file, &warnings);
		assert_string_equal(warnings.text, expected);
		int rc = check(trust, "good", 22, &key, STRICT);
		int bad = check(trust, "bad", 22, &key, STRICT);
		sshoal__trust_free(trust);
		if (rc || bad != SSHOAL_EHOSTKEY_UNKNOWN)
			fail_msg("\"%s\": %s, %s", line, sshoal_error_name(rc),
				 sshoal_error_name(bad));
	}
}

static void a_nul_byte_spoils_only_its_line(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	struct warnings warnings;
	put(folder->file, "w", "bad");
	put_bytes(folder->file, "a", "\0", 1);
	put(folder->file, "a", " %s\ngood %s\n", key.text, key.text);
	struct trust *trust = load_warned(folder->file, &warnings);
	assert_non_null(strstr(warnings.text, ":1: a NUL byte\n"));
	assert_int_equal(check(trust, "good", 22, &key, STRICT), 0);
	assert_int_equal(check(trust, "bad", 22, &key, STRICT),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	sshoal__trust_free(trust);
}

/* Writes a line of n bytes, without its newline, that ends in "host KEY". */
static void put_long_line(const char *path, size_t n, const struct key *key)
{
	char *line = malloc(n + 1);
	if (!line)
		fail_msg("out of memory");
	memset(line, 'x', n);
	char end[256];
	size_t end_size =
		(size_t)snprintf(end, sizeof end, ",long %s", key->text);
	memcpy(line + n - end_size, end, end_size);
	line[n] = '\n';
	put_bytes(path, "a", line, n + 1);
	free(line);
}

static void a_line_may_have_64_KiB(void **state)
{
	static const struct row {
		size_t size;
		bool good;
	} rows[] = {
		{ 4096, true },   { 65535, true },   { 65536, true },
		{ 65537, false }, { 65538, false },  { 65539, false },
		{ 65540, false }, { 131073, false }, { 1000000, false },
	};
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key last = ed25519(2);
	struct key rsa;
	key_make(&rsa, "ssh-rsa", 4); /* of 16384 bits */
	struct warnings warnings;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		put(folder->file, "w", "rsa %s\n", rsa.text);
		put_long_line(folder->file, rows[i].size, &key);
		put(folder->file, "a", "last %s", last.text);
		struct trust *trust = load_warned(folder->file, &warnings);
		if (!strstr(warnings.text, ":2: longer than 64 KiB\n") !=
		    rows[i].good)
			fail_msg("%zu: \"%s\"", rows[i].size, warnings.text);
		assert_int_equal(check(trust, "long", 22, &key, STRICT),
				 rows[i].good ? 0 : SSHOAL_EHOSTKEY_UNKNOWN);
		assert_int_equal(check(trust, "rsa", 22, &rsa, STRICT), 0);
		assert_int_equal(check(trust, "last", 22, &last, STRICT), 0);
		sshoal__trust_free(trust);
	}
	/* The last line may be the long one, and have no newline. */
	put_bytes(folder->file, "w", "", 0);
	put_long_line(folder->file, 70000, &key);
	assert_int_equal(truncate(folder->file, 70000), 0);
	struct trust *trust = load_warned(folder->file, &warnings);
	assert_non_null(strstr(warnings.text, ":1: longer than 64 KiB\n"));
	sshoal__trust_free(trust);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRUST_TEST(line_ends_and_blanks_do_not_matter),
		TRUST_TEST(a_bad_line_is_skipped_with_a_warning),
		TRUST_TEST(a_nul_byte_spoils_only_its_line),
		TRUST_TEST(a_line_may_have_64_KiB),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
