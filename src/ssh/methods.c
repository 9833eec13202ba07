/* SPDX-License-Identifier: MIT */
#include "ssh/methods.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "ssh/tap.h"
#include "trust/trust.h"

/* Which algorithms there are is in algorithms.c; which of them a host is offered
 * depends on the keys that are on file for it. */

#define ALL_KINDS UINT32_MAX

/* Which algorithms prove a kind of key. */
static const struct kind {
	uint32_t bit;
	const char *names;
} host_keys[] = {
	{ TRUST_ED25519, "ssh-ed25519" },
	{ TRUST_ECDSA_256, "ecdsa-sha2-nistp256" },
	{ TRUST_ECDSA_384, "ecdsa-sha2-nistp384" },
	{ TRUST_ECDSA_521, "ecdsa-sha2-nistp521" },
	{ TRUST_RSA, "rsa-sha2-512,rsa-sha2-256,ssh-rsa" },
};

/* Whether an algorithm proves a key of one of some kinds. One of a kind that
 * known hosts are not told apart by does for any. */
static bool is_of_kinds(const char *name, uint32_t kinds)
{
	for (size_t i = 0; i < sizeof host_keys / sizeof *host_keys; i++)
		if (sshoal__list_has(host_keys[i].names, name))
			return kinds & host_keys[i].bit;
	return kinds & TRUST_OTHER;
}

/* Adds the names of a list that are of some kinds, or that are not. */
static void add_kinds(char list[ALGORITHMS_MAX], const char *from,
		      uint32_t kinds, bool are_of)
{
	size_t used = strlen(list);
	while (*from) {
		char name[64];
		size_t n = strcspn(from, ",");
		(void)snprintf(name, sizeof name, "%.*s", (int)n, from);
		if (is_of_kinds(name, kinds) == are_of)
			used += (size_t)snprintf(list + used,
						 ALGORITHMS_MAX - used, "%s%s",
						 used ? "," : "", name);
		from += n + (from[n] == ',');
	}
}

/* With a kind on file only that kind is offered, so that a host with several
 * keys never looks changed and a host with another never looks new. What is on
 * file for another port only comes first. */
static void choose_host_keys(char list[ALGORITHMS_MAX], uint32_t kinds)
{
	char all[ALGORITHMS_MAX];
	if (!kinds)
		return;
	memcpy(all, list, ALGORITHMS_MAX);
	*list = '\0';
	add_kinds(list, all, kinds, true);
	if (kinds & TRUST_BARE)
		add_kinds(list, all, kinds, false);
}

bool sshoal__methods_offers(const char *list, uint32_t kinds)
{
	for (size_t i = 0; i < sizeof host_keys / sizeof *host_keys; i++) {
		const char *name = host_keys[i].names;
		while (kinds & host_keys[i].bit) {
			size_t n = strcspn(name, ",");
			char word[64];
			(void)snprintf(word, sizeof word, "%.*s", (int)n, name);
			if (sshoal__list_has(list, word))
				return true;
			if (!name[n])
				break;
			name += n + 1;
		}
	}
	return false;
}

/* Whether a list has one of a kind's names that libssh2 knows. */
static bool is_common(const struct kind *kind, const char *list,
		      const char *supported)
{
	const char *name = kind->names;
	for (;;) {
		size_t n = strcspn(name, ",");
		char word[64];
		(void)snprintf(word, sizeof word, "%.*s", (int)n, name);
		if (sshoal__list_has(supported, word) &&
		    sshoal__list_has(list, word))
			return true;
		if (!name[n])
			return false;
		name += n + 1;
	}
}

uint32_t sshoal__methods_common(LIBSSH2_SESSION *ssh, const char *list)
{
	char supported[ALGORITHMS_MAX];
	uint32_t kinds = 0;
	if (sshoal__algorithms_usual(supported, ssh, ALGORITHM_HOST_KEYS))
		return 0;
	for (size_t i = 0; i < sizeof host_keys / sizeof *host_keys; i++)
		if (is_common(&host_keys[i], list, supported))
			kinds |= host_keys[i].bit;
	return kinds;
}

/* Only names that libssh2 knows are given to it: 1.10 strips others itself
 * with a memcpy() onto overlapping memory. */
static int set(LIBSSH2_SESSION *ssh, enum algorithm_kind kind,
	       const struct algorithms *algorithms, uint32_t kinds)
{
	static const int methods[][2] = {
		[ALGORITHM_KEX] = { LIBSSH2_METHOD_KEX, -1 },
		[ALGORITHM_HOST_KEYS] = { LIBSSH2_METHOD_HOSTKEY, -1 },
		[ALGORITHM_CIPHERS] = { LIBSSH2_METHOD_CRYPT_CS,
					LIBSSH2_METHOD_CRYPT_SC },
		[ALGORITHM_MACS] = { LIBSSH2_METHOD_MAC_CS,
				     LIBSSH2_METHOD_MAC_SC },
	};
	char list[ALGORITHMS_MAX];
	const char *own = algorithms ? algorithms->lists[kind] : NULL;
	int rc = 0;
	if (own)
		(void)snprintf(list, sizeof list, "%s", own);
	else
		rc = sshoal__algorithms_usual(list, ssh, kind);
	if (rc)
		return rc;
	if (kind == ALGORITHM_HOST_KEYS)
		choose_host_keys(list, kinds);
	if (!*list)
		return own ? SSHOAL_EUNSUPPORTED : SSHOAL_EPROTOCOL;
	for (size_t i = 0; i < 2; i++)
		if (methods[kind][i] >= 0 &&
		    libssh2_session_method_pref(ssh, methods[kind][i], list))
			return SSHOAL_EPROTOCOL;
	return 0;
}

static int set_compression(LIBSSH2_SESSION *ssh)
{
	static const char list[] = "zlib@openssh.com,none";
	if (libssh2_session_flag(ssh, LIBSSH2_FLAG_COMPRESS, 1) ||
	    libssh2_session_method_pref(ssh, LIBSSH2_METHOD_COMP_CS, list) ||
	    libssh2_session_method_pref(ssh, LIBSSH2_METHOD_COMP_SC, list))
		return SSHOAL_EPROTOCOL;
	return 0;
}

int sshoal__methods_set(LIBSSH2_SESSION *ssh, uint32_t kinds,
			const struct algorithms *algorithms)
{
	for (int kind = 0; kind < ALGORITHM_KINDS; kind++) {
		int rc = set(ssh, (enum algorithm_kind)kind, algorithms, kinds);
		if (rc)
			return rc;
	}
	return algorithms && algorithms->compression ? set_compression(ssh) : 0;
}
