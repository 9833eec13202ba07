/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "scarcity.h"
#include "ssh/rsa_sha2.h"

#define SHA512 "rsa-sha2-512"
#define SHA256 "rsa-sha2-256"
#define SHA1 "ssh-rsa"
#define ALL SHA512 "," SHA256 "," SHA1

static void each_server_is_asked_for_what_it_knows(void **state)
{
	(void)state;
	static const struct {
		const char *banner, *algorithms;
	} table[] = {
		{ "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7", SHA512 },
		{ "SSH-2.0-OpenSSH_10.0p2 Debian-7", SHA512 },
		{ "SSH-2.0-OpenSSH_10.0", SHA512 },
		{ "SSH-2.0-OpenSSH_8.8", SHA512 },
		{ "SSH-2.0-OpenSSH_7.2p2", SHA512 },
		{ "SSH-2.0-OpenSSH_7.10", SHA512 },
		{ "SSH-2.0-OpenSSH_7.1p1", SHA1 },
		{ "SSH-2.0-OpenSSH_6.6.1p1 Ubuntu-2", SHA1 },
		{ "SSH-2.0-OpenSSH_5.3", SHA1 },
		{ "SSH-1.99-OpenSSH_3.9p1", SHA1 },
		{ "SSH-2.0-OpenSSH_for_Windows_8.1", ALL },
		{ "SSH-2.0-OpenSSH", ALL },
		{ "SSH-2.0-OpenSSH_", ALL },
		{ "SSH-2.0-OpenSSH_9", ALL },
		{ "SSH-2.0-OpenSSH_x.y", ALL },
		{ "SSH-2.0-dropbear_2022.83", SHA256 },
		{ "SSH-2.0-dropbear_2020.79", SHA256 },
		{ "SSH-2.0-dropbear_2020.78", SHA1 },
		{ "SSH-2.0-dropbear_2019.78", SHA1 },
		{ "SSH-2.0-dropbear_0.52", SHA1 },
		{ "SSH-2.0-dropbear", ALL },
		{ "SSH-2.0-AsyncSSH_2.10.1", ALL },
		{ "SSH-2.0-libssh_0.10.6", ALL },
		{ "SSH-2.0-Cisco-1.25", ALL },
		{ "SSH-2.0-Go", ALL },
		{ "", ALL },
		{ "SSH-2.0-OpenSSH_99999999999999999999.1", ALL },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char list[100] = "";
		const char *const *name =
			sshoal__rsa_sha2_algorithms(table[i].banner);
		for (; *name; name++) {
			if (*list)
				strcat(list, ",");
			strcat(list, *name);
		}
		if (strcmp(list, table[i].algorithms) != 0)
			fail_msg("\"%s\": %s, not %s", table[i].banner, list,
				 table[i].algorithms);
	}
}

/* Not a key, but as one begins. */
static const unsigned char true_key[] = "\0\0\0\7ssh-rsa"
					"\0\0\0\3\1\0\1"
					"\0\0\0\4modulus, cut short";
#define KEY_SIZE (sizeof true_key - 1)

static void the_key_is_the_true_one_from_the_second_allocation_on(void **state)
{
	(void)state;
	static const char *const names[] = { SHA512, SHA256 };
	for (size_t i = 0; i < 2; i++) {
		struct rsa_sha2 rsa;
		unsigned char block[1];
		assert_int_equal(sshoal__rsa_sha2_init(&rsa, names[i], true_key,
						       KEY_SIZE),
				 0);
		for (int allocation = 0; allocation < 2; allocation++) {
			/* What libssh2 takes the name from. */
			assert_memory_equal(rsa.key, "\0\0\0\14", 4);
			assert_memory_equal(rsa.key + 4, names[i], 12);
			rsa.shim.given(&rsa.shim, block);
		}
		for (int allocation = 2; allocation < 5; allocation++) {
			assert_memory_equal(rsa.key, true_key, KEY_SIZE);
			rsa.shim.given(&rsa.shim, block);
		}
		assert_int_equal(rsa.size, KEY_SIZE);
		sshoal__rsa_sha2_fini(&rsa);
		assert_null(rsa.key);
		sshoal__rsa_sha2_fini(&rsa);
	}
}

static void a_key_without_room_for_the_name_is_refused(void **state)
{
	(void)state;
	for (size_t size = 0; size < 30; size++) {
		struct rsa_sha2 rsa = { .key = NULL };
		int rc = sshoal__rsa_sha2_init(&rsa, SHA512, true_key, size);
		assert_int_equal(rc, size < 16 ? SSHOAL_EINVAL : 0);
		sshoal__rsa_sha2_fini(&rsa);
	}
}

static void refused_memory_is_told(void **state)
{
	(void)state;
	struct rsa_sha2 rsa;
	scarcity_of_memory(0);
	int rc = sshoal__rsa_sha2_init(&rsa, SHA512, true_key, KEY_SIZE);
	scarcity_of_memory(NO_SCARCITY);
	assert_int_equal(rc, SSHOAL_ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_server_is_asked_for_what_it_knows),
		cmocka_unit_test(
			the_key_is_the_true_one_from_the_second_allocation_on),
		cmocka_unit_test(a_key_without_room_for_the_name_is_refused),
		cmocka_unit_test(refused_memory_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
