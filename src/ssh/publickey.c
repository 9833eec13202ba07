/* SPDX-License-Identifier: MIT */
#include "ssh/publickey.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "auth/key.h"
#include "base/error.h"
#include "base/wait.h"
#include "base/wire.h"
#include "ssh/library.h"
#include "ssh/rsa_sha2.h"

/*
 * Login by public key (RFC 4252 section 7). libssh2 is only given the public
 * key and a callback: keys were decoded once for the whole run, and signing is
 * ours or the agent's.
 */

#define SIGNATURE_MAX 8192

/* LIBSSH2_ERROR_ALGO_UNSUPPORTED, which 1.10's header does not have. */
#define ALGO_UNSUPPORTED (-51)

struct signing {
	struct session *session;
	const struct identity *identity;
	int64_t deadline_ms;
	int code; /* why signing failed, 0 if it did not */
	sshoal_error error;
};

const unsigned char *sshoal__identity_blob(const struct identity *identity,
					   size_t *size_bytes)
{
	if (identity->key)
		return sshoal__key_blob(identity->key, size_bytes);
	*size_bytes = identity->agent_key->blob_size;
	return identity->agent_key->blob;
}

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

static LIBSSH2_USERAUTH_PUBLICKEY_SIGN_FUNC(on_sign)
{
	struct signing *signing = *abstract;
	(void)session;
	char algorithm[64];
	if (!find_algorithm(algorithm, sizeof algorithm, data, data_len))
		return ALGO_UNSUPPORTED;
	struct buffer made = BUFFER_INIT(SIGNATURE_MAX);
	int rc = signing->identity->key ?
			 sshoal__key_sign(signing->identity->key, algorithm,
					  data, data_len, &made) :
			 sign_by_agent(signing, algorithm, data, data_len,
				       &made);
	size_t n = sshoal__buffer_size(&made);
	/* libssh2 frees it as its own. */
	unsigned char *copy =
		rc ? NULL : sshoal__arena_alloc(&signing->session->arena, n);
	if (copy) {
		memcpy(copy, sshoal__buffer_data(&made), n);
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

/* One attempt with the key as libssh2 shall see it. */
static int attempt(struct session *session, const char *user,
		   const unsigned char *blob, size_t size,
		   struct signing *signing, sshoal_error *error)
{
	void *abstract = signing;
	unsigned failures = session->tap.failures;
	for (;;) {
		int rc = libssh2_userauth_publickey(session->ssh, user, blob,
						    size, on_sign, &abstract);
		session->shim = NULL;
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
		if (is_refused(session, failures, rc))
			return sshoal__error_code(error, SSHOAL_EAUTH);
		return sshoal__session_fail(session, rc, SSHOAL_ELOST, error);
	}
}

static int attempt_rsa(struct session *session, const char *user,
		       const unsigned char *blob, size_t size,
		       struct signing *signing, sshoal_error *error)
{
	const char *const *algorithm =
		sshoal__rsa_sha2_algorithms(sshoal__session_banner(session));
	int rc = SSHOAL_EAUTH;
	for (; *algorithm && rc == SSHOAL_EAUTH && !signing->code;
	     algorithm++) {
		struct rsa_sha2 rsa;
		rc = sshoal__rsa_sha2_init(&rsa, *algorithm, blob, size);
		if (rc)
			return sshoal__error_code(error, rc);
		session->shim = &rsa.shim;
		rc = attempt(session, user, rsa.key, size, signing, error);
		session->shim = NULL;
		sshoal__rsa_sha2_fini(&rsa);
	}
	return rc;
}

int sshoal__publickey_try(struct session *session, const char *user,
			  const struct identity *identity, int64_t deadline_ms,
			  sshoal_error *error)
{
	struct signing signing = {
		.session = session,
		.identity = identity,
		.deadline_ms = deadline_ms,
	};
	size_t size;
	const unsigned char *blob = sshoal__identity_blob(identity, &size);
	struct wire wire = sshoal__wire(blob, size);
	if (sshoal__library_is_1_10() && sshoal__wire_is(&wire, "ssh-rsa"))
		return attempt_rsa(session, user, blob, size, &signing, error);
	return attempt(session, user, blob, size, &signing, error);
}
