/* SPDX-License-Identifier: MIT */
#include "ssh/methods.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "ssh/tap.h"
#include "trust/trust.h"

/*
 * Counter mode with a plain HMAC comes first: it is the fastest that is safe,
 * and the code of the others in libssh2 1.11 had memory faults that a server
 * can reach before anything is checked. Host certificates are never offered:
 * libssh2 does not check who signed them.
 */

#define LIST_MAX 400
#define ALL_KINDS UINT32_MAX

static const char kex[] =
	"mlkem768x25519-sha256,curve25519-sha256,curve25519-sha256@libssh.org,"
	"ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
	"diffie-hellman-group16-sha512,diffie-hellman-group-exchange-sha256,"
	"diffie-hellman-group14-sha256";
static const char ciphers[] =
	"aes128-ctr,aes256-ctr,aes192-ctr,aes256-gcm@openssh.com,"
	"aes128-gcm@openssh.com,chacha20-poly1305@openssh.com";
static const char macs[] =
	"hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com,"
	"hmac-sha2-512-etm@openssh.com,hmac-sha1";

/* In the order they are offered. */
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

static bool is_supported(const char *name, size_t n, const char **names,
			 int count)
{
	for (int i = 0; i < count; i++)
		if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0)
			return true;
	return false;
}

/* Only names that libssh2 knows are given to it: 1.10 strips others itself
 * with a memcpy() onto overlapping memory. */
static void keep_supported(char *out, const char *list, const char **names,
			   int count)
{
	char *at = out;
	while (*list) {
		size_t n = strcspn(list, ",");
		if (is_supported(list, n, names, count)) {
			if (at != out)
				*at++ = ',';
			memcpy(at, list, n);
			at += n;
		}
		list += n;
		if (*list == ',')
			list++;
	}
	*at = '\0';
}

static int set(LIBSSH2_SESSION *ssh, int method, const char *list)
{
	char wanted[LIST_MAX];
	const char **names = NULL;
	int count = libssh2_session_supported_algs(ssh, method, &names);
	if (count <= 0 || strlen(list) >= sizeof wanted)
		return SSHOAL_EPROTOCOL;
	keep_supported(wanted, list, names, count);
	libssh2_free(ssh, names);
	if (!*wanted || libssh2_session_method_pref(ssh, method, wanted) != 0)
		return SSHOAL_EPROTOCOL;
	return 0;
}

/* Adds the names of some kinds to a list. */
static void add_kinds(char *list, size_t size, uint32_t kinds)
{
	size_t used = strlen(list);
	for (size_t i = 0; i < sizeof host_keys / sizeof *host_keys; i++)
		if (kinds & host_keys[i].bit)
			used += (size_t)snprintf(list + used, size - used,
						 "%s%s", used ? "," : "",
						 host_keys[i].names);
}

/* With a kind on file only that kind is offered, so that a host with several
 * keys never looks changed and a host with another never looks new. What is on
 * file for another port only comes first. */
static int set_host_keys(LIBSSH2_SESSION *ssh, uint32_t kinds)
{
	char list[LIST_MAX] = "";
	add_kinds(list, sizeof list, kinds ? kinds : ALL_KINDS);
	if (kinds & TRUST_BARE)
		add_kinds(list, sizeof list, ALL_KINDS & ~kinds);
	return *list ? set(ssh, LIBSSH2_METHOD_HOSTKEY, list) :
		       SSHOAL_EPROTOCOL;
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
		      const char **names, int count)
{
	const char *name = kind->names;
	for (;;) {
		size_t n = strcspn(name, ",");
		char word[64];
		(void)snprintf(word, sizeof word, "%.*s", (int)n, name);
		if (is_supported(name, n, names, count) &&
		    sshoal__list_has(list, word))
			return true;
		if (!name[n])
			return false;
		name += n + 1;
	}
}

uint32_t sshoal__methods_common(LIBSSH2_SESSION *ssh, const char *list)
{
	const char **names = NULL;
	uint32_t kinds = 0;
	int count = libssh2_session_supported_algs(ssh, LIBSSH2_METHOD_HOSTKEY,
						   &names);
	if (count <= 0)
		return 0;
	for (size_t i = 0; i < sizeof host_keys / sizeof *host_keys; i++)
		if (is_common(&host_keys[i], list, names, count))
			kinds |= host_keys[i].bit;
	libssh2_free(ssh, names);
	return kinds;
}

int sshoal__methods_set(LIBSSH2_SESSION *ssh, uint32_t kinds)
{
	static const struct {
		int method;
		const char *list;
	} prefs[] = {
		{ LIBSSH2_METHOD_KEX, kex },
		{ LIBSSH2_METHOD_CRYPT_CS, ciphers },
		{ LIBSSH2_METHOD_CRYPT_SC, ciphers },
		{ LIBSSH2_METHOD_MAC_CS, macs },
		{ LIBSSH2_METHOD_MAC_SC, macs },
	};
	for (size_t i = 0; i < sizeof prefs / sizeof *prefs; i++)
		if (set(ssh, prefs[i].method, prefs[i].list) != 0)
			return SSHOAL_EPROTOCOL;
	return set_host_keys(ssh, kinds);
}
