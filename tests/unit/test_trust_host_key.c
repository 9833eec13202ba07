/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "unit/trust_fixture.h"

/* What a key's bytes say of it: its fingerprint and its type. */

static void fingerprints_and_types_are_those_of_ssh_keygen(void **state)
{
	static const struct row {
		const char *option;
		const char *type;
	} rows[] = {
		{ "-t ed25519", "ssh-ed25519" },
		{ "-t ecdsa -b 256", "ecdsa-sha2-nistp256" },
		{ "-t ecdsa -b 384", "ecdsa-sha2-nistp384" },
		{ "-t ecdsa -b 521", "ecdsa-sha2-nistp521" },
		{ "-t rsa -b 2048", "ssh-rsa" },
	};
	const struct folder *folder = *state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int status = 0;
		free(run(&status, "ssh-keygen -q %s -N '' -f %s/%zu",
			 rows[i].option, folder->path, i));
		assert_int_equal(status, 0);
		char *list = run(&status, "ssh-keygen -lf %s/%zu.pub",
				 folder->path, i);
		char *public = run(&status, "cat %s/%zu.pub", folder->path, i);
		unsigned char blob[2048];
		char *base64 = strchr(public, ' ') + 1;
		int n = (int)strcspn(base64, " ");
		int size = EVP_DecodeBlock(blob, (unsigned char *)base64, n);
		for (int end = n; base64[end - 1] == '='; end--)
			size--;
		char print[TRUST_FINGERPRINT_SIZE];
		char type[65];
		assert_int_equal(
			sshoal__trust_fingerprint(print, blob, (size_t)size),
			0);
		assert_int_equal(strlen(print), TRUST_FINGERPRINT_SIZE - 1);
		if (strncmp(strchr(list, ' ') + 1, print, strlen(print)) != 0)
			fail_msg("%s is not in %s", print, list);
		assert_true(sshoal__trust_key_type(type, sizeof type, blob,
						   (size_t)size));
		assert_string_equal(type, rows[i].type);
		free(public);
		free(list);
	}
}

static void a_blob_without_a_printable_type_has_none(void **state)
{
	(void)state;
	static const struct row {
		const char *bytes;
		size_t size;
		size_t room;
	} rows[] = {
		{ "", 0, 65 },
		{ "\0\0\0", 3, 65 },
		{ "\0\0\0\0", 4, 65 },
		{ "\0\0\0\5abcd", 8, 65 },
		{ "\0\0\0\4ab d", 8, 65 },
		{ "\0\0\0\4ab\nd", 8, 65 },
		{ "\0\0\0\4ab\0d", 8, 65 },
		{ "\0\0\0\4ab\xc3\xa4", 8, 65 },
		{ "\0\0\0\4ab\x7f"
		  "d",
		  8, 65 },
		{ "\0\0\0\4abcd", 8, 4 },
		{ "\xff\xff\xff\xff"
		  "abcd",
		  8, 65 },
	};
	char type[65] = "unchanged";
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (sshoal__trust_key_type(type, rows[i].room,
					   (const unsigned char *)rows[i].bytes,
					   rows[i].size))
			fail_msg("row %zu has the type %s", i, type);
	assert_string_equal(type, "unchanged");
	assert_true(sshoal__trust_key_type(
		type, 5, (const unsigned char *)"\0\0\0\4abcd", 8));
	assert_string_equal(type, "abcd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRUST_TEST(fingerprints_and_types_are_those_of_ssh_keygen),
		TRUST_TEST(a_blob_without_a_printable_type_has_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
