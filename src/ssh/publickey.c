/* SPDX-License-Identifier: MIT */
#include "ssh/publickey.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auth/key.h"
#include "base/error.h"
#include "base/wait.h"
#include "base/wire.h"
#include "ssh/certificate_tail.h"
#include "ssh/library.h"
#include "ssh/login_ways.h"
#include "ssh/rsa_sha2.h"

/*
 * Login by public key (RFC 4252 section 7). libssh2 is only given the public
 * key and a callback: keys were decoded once for the whole run, and signing is
 * ours or the agent's.
 */

#define SIGNATURE_MAX 8192

/* Room for the name of an algorithm (RFC 4251 section 6: at most 64). */
#define ALGORITHM_SIZE 65

/* LIBSSH2_ERROR_ALGO_UNSUPPORTED, which 1.10's header does not have. */
#define ALGO_UNSUPPORTED (-51)

struct signing {
	struct session *session;
	const struct identity *identity;
	const char *user;
	const char *algorithms; /* that may be used; NULL: all */
	unsigned char *packet;  /* libssh2 1.10's request, where it has to be
				   mended; else NULL */
	struct certificate_tail tail; /* what mends it */
	int64_t deadline_ms;
	int code; /* why signing failed, 0 if it did not */
	sshoal_error error;
};

/* The algorithm stands in what is signed (RFC 4252 section 7); nothing else
 * tells which one libssh2 chose. */
static bool find_algorithm(char *out, size_t out_size, const void *data,
			   size_t n)
{
	struct wire wire = sshoal__wire(data, n);
	size_t length;
	(void)sshoal__wire_string(&wire, &length);
	(void)sshoal__wire_byte(&wire);
	(void)sshoal__wire_string(&wire, &length);
	(void)sshoal__wire_string(&wire, &length);
	(void)sshoal__wire_string(&wire, &length);
	(void)sshoal__wire_byte(&wire);
	const unsigned char *name = sshoal__wire_string(&wire, &length);
	if (!name || length >= out_size)
		return false;
	memcpy(out, name, length);
	out[length] = '\0';
	return true;
}

/* Waits for one of the permits to talk to the agent. */
static int take_permit(const struct signing *signing)
{
	int fd = signing->identity->agent->permits;
	for (;;) {
		uint64_t one;
		if (read(fd, &one, sizeof one) == (ssize_t)sizeof one)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return SSHOAL_EIO;
		struct pollfd wanted = { .fd = fd, .events = POLLIN };
		int n = sshoal__wait_any(&wanted, 1, signing->deadline_ms,
					 signing->session->cancel_fd);
		if (n < 0)
			return n;
	}
}

static void return_permit(const struct signing *signing)
{
	uint64_t one = 1;
	ssize_t n;
	do {
		n = write(signing->identity->agent->permits, &one, sizeof one);
	} while (n < 0 && errno == EINTR);
}

static int sign_by_agent(struct signing *signing, const char *algorithm,
			 const void *data, size_t n, struct buffer *signature)
{
	const struct identity *identity = signing->identity;
	int cancel_fd = signing->session->cancel_fd;
	int rc = take_permit(signing);
	if (rc)
		return sshoal__error_set(&signing->error, rc,
					 "waiting for the ssh-agent: %s",
					 sshoal_error_text(rc));
	struct agent *agent = NULL;
	rc = sshoal__agent_open(&agent, identity->agent->path,
				signing->deadline_ms, cancel_fd,
				&signing->error);
	if (rc == 0)
		rc = sshoal__agent_sign(agent, identity->agent_key, algorithm,
					data, n, signature,
					signing->deadline_ms, cancel_fd,
					&signing->error);
	sshoal__agent_close(agent);
	return_permit(signing);
	return rc;
}

/* Cuts the algorithm of a certificate down to that of its key. */
static bool make_plain(char *algorithm)
{
	size_t n = strlen(algorithm);
	size_t suffix = strlen(CERTIFICATE_SUFFIX);
	if (n <= suffix ||
	    strcmp(algorithm + n - suffix, CERTIFICATE_SUFFIX) != 0)
		return false;
	algorithm[n - suffix] = '\0';
	return true;
}

static int sign(struct signing *signing, const char *plain, const void *data,
		size_t n, struct buffer *made)
{
	const struct identity *identity = signing->identity;
	return identity->key ?
		       sshoal__key_sign(identity->key, plain, data, n, made) :
		       sign_by_agent(signing, plain, data, n, made);
}

/* Has a certificate's signature written as it has to be, by a libssh2 that
 * does not. *n becomes the size that libssh2 has to be given. */
static int mend(struct signing *signing, const char *offered, const char *plain,
		const struct buffer *made, size_t *n)
{
	size_t blob_size;
	(void)sshoal__identity_blob(signing->identity, &blob_size);
	/* The request up to there (RFC 4252 section 7). */
	size_t at = 1 + 4 + strlen(signing->user) + 4 +
		    strlen("ssh-connection") + 4 + strlen("publickey") + 1 + 4 +
		    strlen(offered) + 4 + blob_size;
	return sshoal__certificate_tail_init(
		&signing->tail, signing->packet + at, offered, plain, made, n);
}

/* What libssh2 is given, which it frees as its own; NULL without memory. */
static unsigned char *hand_over(struct signing *signing,
				const struct buffer *made, size_t n, bool mends)
{
	unsigned char *copy = sshoal__arena_alloc(&signing->session->arena, n);
	size_t size = sshoal__buffer_size(made);
	if (!copy)
		return NULL;
	memcpy(copy, sshoal__buffer_data(made), n < size ? n : size);
	if (mends) {
		signing->tail.signature = copy;
		signing->session->shim = &signing->tail.shim;
	}
	return copy;
}

static LIBSSH2_USERAUTH_PUBLICKEY_SIGN_FUNC(on_sign)
{
	struct signing *signing = *abstract;
	(void)session;
	char offered[ALGORITHM_SIZE];
	char plain[ALGORITHM_SIZE];
	if (!find_algorithm(offered, sizeof offered, data, data_len) ||
	    !sshoal__algorithm_is_accepted(signing->algorithms, offered))
		return ALGO_UNSUPPORTED;
	memcpy(plain, offered, sizeof plain);
	bool mends = make_plain(plain) && signing->packet;
	struct buffer made = BUFFER_INIT(SIGNATURE_MAX);
	int rc = sign(signing, plain, data, data_len, &made);
	size_t n = sshoal__buffer_size(&made);
	if (rc == 0 && mends)
		rc = mend(signing, offered, plain, &made, &n);
	unsigned char *copy = rc ? NULL : hand_over(signing, &made, n, mends);
	if (copy) {
		*sig = copy;
		*sig_len = n;
	}
	sshoal__buffer_fini(&made);
	if (rc == 0 && !copy)
		rc = SSHOAL_ENOMEM;
	signing->code = rc;
	if (rc && !signing->error.text[0])
		(void)sshoal__error_set(&signing->error, rc, "signing: %s",
					sshoal_error_text(rc));
	return rc ? LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED : 0;
}

/* Whether the server said no. libssh2 also says PUBLICKEY_UNVERIFIED when it
 * met a damaged packet or had no memory, so its refusal must have been seen. */
static bool is_refused(const struct session *session, unsigned failures, int rc)
{
	if (session->ended || session->tap.disconnect_reason)
		return false;
	if (rc == LIBSSH2_ERROR_METHOD_NONE || rc == ALGO_UNSUPPORTED)
		return true;
	return session->tap.failures != failures &&
	       (rc == LIBSSH2_ERROR_AUTHENTICATION_FAILED ||
		rc == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED);
}

/* One attempt with the key as libssh2 shall see it. rsa: what changes its
 * first call; NULL: nothing does. */
static int attempt(const unsigned char *blob, size_t size, struct rsa_sha2 *rsa,
		   struct signing *signing, sshoal_error *error)
{
	struct session *session = signing->session;
	void *abstract = signing;
	unsigned failures = session->tap.failures;
	session->shim = rsa ? &rsa->shim : NULL;
	for (;;) {
		int rc = libssh2_userauth_publickey(session->ssh, signing->user,
						    blob, size, on_sign,
						    &abstract);
		session->shim = NULL;
		if (rsa)
			signing->packet = rsa->packet;
		if (signing->code == SSHOAL_ETIMEOUT ||
		    signing->code == SSHOAL_ECANCELLED ||
		    signing->code == SSHOAL_ENOMEM)
			return sshoal__error_set(error, signing->code, "%s",
						 signing->error.text);
		if (rc == 0)
			return 0;
		if (signing->code)
			return sshoal__error_set(error, SSHOAL_EAUTH, "%s",
						 signing->error.text);
		if (rc == LIBSSH2_ERROR_EAGAIN) {
			int waited = sshoal__session_wait(
				session, signing->deadline_ms, error);
			if (waited)
				return waited;
			continue;
		}
		/* libssh2 1.11 goes on with what is left of this key when
		 * it is given the next. */
		if (rc == LIBSSH2_ERROR_METHOD_NONE)
			session->spoiled = true;
		if (is_refused(session, failures, rc))
			return sshoal__error_code(error, SSHOAL_EAUTH);
		return sshoal__session_fail(session, rc, SSHOAL_ELOST, error);
	}
}

/* The same under an algorithm's name, on a libssh2 that knows none but the
 * key's type. */
static int attempt_as(const char *algorithm, const unsigned char *blob,
		      size_t size, struct signing *signing, sshoal_error *error)
{
	struct rsa_sha2 rsa;
	int rc = sshoal__rsa_sha2_init(&rsa, algorithm, blob, size);
	if (rc)
		return sshoal__error_code(error, rc);
	rc = attempt(rsa.key, size, &rsa, signing, error);
	sshoal__certificate_tail_fini(&signing->tail);
	sshoal__rsa_sha2_fini(&rsa);
	return rc;
}

static int attempt_rsa(const char *suffix, const unsigned char *blob,
		       size_t size, struct signing *signing,
		       sshoal_error *error)
{
	const struct session *session = signing->session;
	unsigned partials = session->tap.partials;
	const char *const *algorithm =
		sshoal__rsa_sha2_algorithms(sshoal__session_banner(session));
	int rc = sshoal__error_code(error, SSHOAL_EAUTH);
	/* What was enough for a part is not shown again. */
	for (; *algorithm && rc == SSHOAL_EAUTH && !signing->code;
	     algorithm++) {
		char name[ALGORITHM_SIZE];
		if (session->tap.partials != partials)
			break;
		(void)snprintf(name, sizeof name, "%s%s", *algorithm, suffix);
		if (sshoal__algorithm_is_accepted(signing->algorithms, name))
			rc = attempt_as(name, blob, size, signing, error);
	}
	return rc;
}

/* libssh2 1.10 signs RSA by SHA-1 alone and knows no certificates but those of
 * ECDSA keys. */
static int attempt_1_10(const unsigned char *blob, size_t size,
			struct signing *signing, sshoal_error *error)
{
	struct wire rsa = sshoal__wire(blob, size);
	struct wire certified_rsa = rsa;
	struct wire certified_ed25519 = rsa;
	if (sshoal__wire_is(&rsa, "ssh-rsa"))
		return attempt_rsa("", blob, size, signing, error);
	if (sshoal__wire_is(&certified_rsa, "ssh-rsa" CERTIFICATE_SUFFIX))
		return attempt_rsa(CERTIFICATE_SUFFIX, blob, size, signing,
				   error);
	if (sshoal__wire_is(&certified_ed25519,
			    "ssh-ed25519" CERTIFICATE_SUFFIX))
		return attempt_as("ssh-ed25519" CERTIFICATE_SUFFIX, blob, size,
				  signing, error);
	return attempt(blob, size, NULL, signing, error);
}

int sshoal__publickey_try(struct session *session, const char *user,
			  const struct identity *identity,
			  const char *algorithms, int64_t deadline_ms,
			  sshoal_error *error)
{
	struct signing signing = {
		.session = session,
		.identity = identity,
		.user = user,
		.algorithms = algorithms,
		.deadline_ms = deadline_ms,
	};
	size_t size;
	const unsigned char *blob = sshoal__identity_blob(identity, &size);
	if (sshoal__library_is_1_10())
		return attempt_1_10(blob, size, &signing, error);
	return attempt(blob, size, NULL, &signing, error);
}
