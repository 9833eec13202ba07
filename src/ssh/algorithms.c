/* SPDX-License-Identifier: MIT */
#include "ssh/algorithms.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/pattern.h"

/*
 * Counter mode with a plain HMAC comes first: it is the fastest that is safe,
 * and the code of the others in libssh2 1.11 had memory faults that a server
 * can reach before anything is checked. Host certificates are never offered:
 * libssh2 does not check who signed them.
 */

#define NAME_SIZE 64

static const struct kind {
	const char *keyword;
	const char *usual;
	int method; /* of libssh2 */
} kinds[] = {
	[ALGORITHM_KEX] = { "KexAlgorithms",
			    "mlkem768x25519-sha256,curve25519-sha256,"
			    "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,"
			    "ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
			    "diffie-hellman-group16-sha512,"
			    "diffie-hellman-group-exchange-sha256,"
			    "diffie-hellman-group14-sha256",
			    LIBSSH2_METHOD_KEX },
	[ALGORITHM_HOST_KEYS] = { "HostKeyAlgorithms",
				  "ssh-ed25519,ecdsa-sha2-nistp256,"
				  "ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
				  "rsa-sha2-512,rsa-sha2-256,ssh-rsa",
				  LIBSSH2_METHOD_HOSTKEY },
	[ALGORITHM_CIPHERS] = { "Ciphers",
				"aes128-ctr,aes256-ctr,aes192-ctr,"
				"aes256-gcm@openssh.com,"
				"aes128-gcm@openssh.com,"
				"chacha20-poly1305@openssh.com",
				LIBSSH2_METHOD_CRYPT_CS },
	[ALGORITHM_MACS] = { "MACs",
			     "hmac-sha2-256,hmac-sha2-512,"
			     "hmac-sha2-256-etm@openssh.com,"
			     "hmac-sha2-512-etm@openssh.com,hmac-sha1",
			     LIBSSH2_METHOD_MAC_CS },
};

/* What libssh2 lists and is never offered by name. */
static const char *const never[] = { "none", "*-cert-v01@openssh.com",
				     "ext-info-*", "kex-strict-*" };

/* The next name of a list with commas; false at its end. */
static bool next_name(char name[NAME_SIZE], const char **list)
{
	while (**list == ',')
		(*list)++;
	size_t n = strcspn(*list, ",");
	if (n == 0)
		return false;
	(void)snprintf(name, NAME_SIZE, "%.*s", (int)n, *list);
	*list += n;
	return true;
}

static bool has_name(const char *list, const char *name)
{
	char each[NAME_SIZE];
	while (next_name(each, &list))
		if (strcmp(each, name) == 0)
			return true;
	return false;
}

/* Adds a name, once, as far as there is room. */
static void add_name(char *list, size_t size, const char *name)
{
	size_t used = strlen(list);
	if (!has_name(list, name) && used + strlen(name) + 2 <= size)
		(void)snprintf(list + used, size - used, "%s%s",
			       used ? "," : "", name);
}

/* Adds the names of a list that one of another's patterns matches, in the order
 * of the patterns; those that match nothing to left_out. */
static void add_matching(char list[ALGORITHMS_MAX], const char *names,
			 const char *patterns, char *left_out, size_t size)
{
	char pattern[NAME_SIZE];
	while (next_name(pattern, &patterns)) {
		const char *at = names;
		char name[NAME_SIZE];
		bool is_found = false;
		while (next_name(name, &at)) {
			if (!sshoal__pattern_match(pattern, name))
				continue;
			add_name(list, ALGORITHMS_MAX, name);
			is_found = true;
		}
		if (!is_found && left_out)
			add_name(left_out, size, pattern);
	}
}

static bool is_never(const char *name)
{
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (sshoal__pattern_match(never[i], name))
			return true;
	return false;
}

/* What libssh2 speaks. */
static int list_all(char list[ALGORITHMS_MAX], LIBSSH2_SESSION *session,
		    enum algorithm_kind kind)
{
	const char **names = NULL;
	int count = libssh2_session_supported_algs(session, kinds[kind].method,
						   &names);
	if (count == LIBSSH2_ERROR_ALLOC)
		return SSHOAL_ENOMEM;
	*list = '\0';
	for (int i = 0; i < count; i++)
		if (!is_never(names[i]))
			add_name(list, ALGORITHMS_MAX, names[i]);
	if (count > 0)
		libssh2_free(session, names);
	return *list ? 0 : SSHOAL_EPROTOCOL;
}

int sshoal__algorithms_usual(char list[ALGORITHMS_MAX],
			     LIBSSH2_SESSION *session, enum algorithm_kind kind)
{
	char all[ALGORITHMS_MAX];
	int rc = list_all(all, session, kind);
	if (rc)
		return rc;
	*list = '\0';
	add_matching(list, all, kinds[kind].usual, NULL, 0);
	return *list ? 0 : SSHOAL_EPROTOCOL;
}

static void take_out(char list[ALGORITHMS_MAX], const char *usual,
		     const char *patterns)
{
	char name[NAME_SIZE];
	while (next_name(name, &usual)) {
		const char *at = patterns;
		char pattern[NAME_SIZE];
		bool is_out = false;
		while (!is_out && next_name(pattern, &at))
			is_out = sshoal__pattern_match(pattern, name);
		if (!is_out)
			add_name(list, ALGORITHMS_MAX, name);
	}
}

/* Puts together what a setting means. */
static void combine(char list[ALGORITHMS_MAX], const char *setting,
		    const char *usual, const char *all, char *left_out,
		    size_t size)
{
	*list = '\0';
	switch (*setting) {
	case '-':
		take_out(list, usual, setting + 1);
		return;
	case '+':
		add_matching(list, usual, "*", NULL, 0);
		add_matching(list, all, setting + 1, left_out, size);
		return;
	case '^':
		add_matching(list, all, setting + 1, left_out, size);
		add_matching(list, usual, "*", NULL, 0);
		return;
	default:
		add_matching(list, all, setting, left_out, size);
	}
}

int sshoal__algorithms_read(char list[ALGORITHMS_MAX], enum algorithm_kind kind,
			    const char *setting, char *left_out, size_t size,
			    sshoal_error *error)
{
	char usual[ALGORITHMS_MAX];
	char all[ALGORITHMS_MAX];
	LIBSSH2_SESSION *session =
		libssh2_session_init_ex(NULL, NULL, NULL, NULL);
	if (!session)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	int rc = list_all(all, session, kind);
	if (rc == 0)
		rc = sshoal__algorithms_usual(usual, session, kind);
	(void)libssh2_session_free(session);
	if (rc == SSHOAL_ENOMEM)
		return sshoal__error_code(error, rc);
	*left_out = '\0';
	*list = '\0';
	if (rc == 0)
		combine(list, setting, usual, all, left_out, size);
	if (*list)
		return 0;
	return sshoal__error_set(error, SSHOAL_EUNSUPPORTED,
				 "%s %.200s: libssh2 %s speaks none of them",
				 kinds[kind].keyword, setting,
				 libssh2_version(0));
}

const char *sshoal__algorithms_keyword(enum algorithm_kind kind)
{
	return kinds[kind].keyword;
}
