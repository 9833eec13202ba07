/* SPDX-License-Identifier: MIT */
#include "ssh/login.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "ssh/prompts.h"
#include "ssh/publickey.h"

/*
 * Methods are tried without asking first which the server takes: its refusals
 * say so, and the tap reads them. A refused password is never sent twice,
 * whatever the method is called.
 */

#define USER_MAX 1024
#define PASSWORD_MAX 4096

struct attempts {
	struct session *session;
	const struct login *login;
	int64_t deadline_ms;
	size_t keys_offered;
	unsigned failures; /* how many there were before the last method */
	bool password_sent;
	char note[200]; /* why something was not tried or failed here */
};

/* Whether the server may take a method: it has not said, or it says so. */
static bool may_try(const struct attempts *attempts, const char *method)
{
	const struct tap *tap = &attempts->session->tap;
	return tap->failures == 0 || sshoal__list_has(tap->methods, method);
}

static void keep_note(struct attempts *attempts, const sshoal_error *error)
{
	if (strcmp(error->text, sshoal_error_text(SSHOAL_EAUTH)) == 0)
		return;
	(void)snprintf(attempts->note, sizeof attempts->note, "%.190s",
		       error->text);
}

static int try_key(struct attempts *attempts, const struct identity *identity,
		   sshoal_error *error)
{
	if (attempts->keys_offered == LOGIN_KEYS_MAX ||
	    !may_try(attempts, "publickey"))
		return SSHOAL_EAUTH;
	attempts->keys_offered++;
	int rc = sshoal__publickey_try(attempts->session, attempts->login->user,
				       identity, attempts->deadline_ms, error);
	if (rc == SSHOAL_EAUTH && error)
		keep_note(attempts, error);
	return rc;
}

static bool is_same(const struct identity *identity, const sshoal_key *key)
{
	size_t a_size;
	size_t b_size;
	const struct identity other = { .key = key };
	const unsigned char *a = sshoal__identity_blob(identity, &a_size);
	const unsigned char *b = sshoal__identity_blob(&other, &b_size);
	return a_size == b_size && memcmp(a, b, a_size) == 0;
}

static bool is_given(const struct login *login, const struct identity *identity)
{
	for (size_t i = 0; i < login->key_count; i++)
		if (is_same(identity, login->keys[i]))
			return true;
	return false;
}

static bool is_agents(const struct login *login, const sshoal_key *key)
{
	for (size_t i = 0; login->agent && i < login->agent->count; i++) {
		const struct identity identity = {
			.agent_key = &login->agent->keys[i],
		};
		if (is_same(&identity, key))
			return true;
	}
	return false;
}

static int try_keys(struct attempts *attempts, sshoal_error *error)
{
	const struct login *login = attempts->login;
	int rc = SSHOAL_EAUTH;
	for (size_t i = 0; i < login->key_count && rc == SSHOAL_EAUTH; i++) {
		const struct identity identity = { .key = login->keys[i] };
		rc = try_key(attempts, &identity, error);
	}
	size_t agent_count = login->agent ? login->agent->count : 0;
	for (size_t i = 0; i < agent_count && rc == SSHOAL_EAUTH; i++) {
		const struct identity identity = {
			.agent_key = &login->agent->keys[i],
			.agent = login->agent,
		};
		if (!is_given(login, &identity))
			rc = try_key(attempts, &identity, error);
	}
	for (size_t i = 0; i < login->default_key_count && rc == SSHOAL_EAUTH;
	     i++) {
		const struct identity identity = {
			.key = login->default_keys[i],
		};
		if (!is_given(login, &identity) &&
		    !is_agents(login, identity.key))
			rc = try_key(attempts, &identity, error);
	}
	return rc;
}

/* Repeats one login call of libssh2 until it is over. */
static int finish(struct attempts *attempts, int rc, sshoal_error *error)
{
	struct session *session = attempts->session;
	if (rc == 0)
		return 0;
	if (rc == LIBSSH2_ERROR_PASSWORD_EXPIRED)
		return sshoal__error_set(error, SSHOAL_EAUTH,
					 "the password has expired: log in by "
					 "hand once and change it");
	/* libssh2 says the same where no answer could be read. */
	if (!session->ended && !session->tap.disconnect_reason &&
	    session->tap.failures != attempts->failures &&
	    rc == LIBSSH2_ERROR_AUTHENTICATION_FAILED)
		return sshoal__error_code(error, SSHOAL_EAUTH);
	return sshoal__session_fail(session, rc, SSHOAL_ELOST, error);
}

static int try_password(struct attempts *attempts, sshoal_error *error)
{
	struct session *session = attempts->session;
	const struct login *login = attempts->login;
	unsigned failures = session->tap.failures;
	attempts->failures = failures;
	for (;;) {
		int rc = libssh2_userauth_password_ex(
			session->ssh, login->user,
			(unsigned)strlen(login->user), login->password,
			(unsigned)strlen(login->password), NULL);
		if (rc == LIBSSH2_ERROR_EAGAIN) {
			rc = sshoal__session_wait(session,
						  attempts->deadline_ms, error);
			if (rc)
				return rc;
			continue;
		}
		/* A server that does not take passwords did not judge it. */
		attempts->password_sent =
			session->tap.failures == failures ||
			sshoal__list_has(session->tap.methods, "password") ||
			session->tap.partial;
		return finish(attempts, rc, error);
	}
}

static int try_prompts(struct attempts *attempts, sshoal_error *error)
{
	const struct login *login = attempts->login;
	struct prompting prompting = {
		.password = attempts->password_sent ? NULL : login->password,
		.ask = login->prompt,
		.data = login->prompt_data,
	};
	bool had_password = prompting.password != NULL;
	attempts->failures = attempts->session->tap.failures;
	int libssh2_code;
	int rc = sshoal__prompts_try(attempts->session, login->user, &prompting,
				     &attempts->deadline_ms, &libssh2_code,
				     error);
	attempts->password_sent |= had_password && !prompting.password;
	if (prompting.unexpected)
		(void)snprintf(attempts->note, sizeof attempts->note,
			       "the server asked for something else than one "
			       "password");
	return rc ? rc : finish(attempts, libssh2_code, error);
}

static int try_secrets(struct attempts *attempts, sshoal_error *error)
{
	const struct login *login = attempts->login;
	int rc = SSHOAL_EAUTH;
	if (login->password && may_try(attempts, "password"))
		rc = try_password(attempts, error);
	bool can_answer =
		login->prompt || (login->password && !attempts->password_sent);
	if (rc == SSHOAL_EAUTH && can_answer &&
	    may_try(attempts, "keyboard-interactive"))
		rc = try_prompts(attempts, error);
	return rc;
}

/* With nothing to try, asks what the server takes, which also logs in where no
 * proof is wanted (RFC 4252 section 5.2). */
static int try_none(struct attempts *attempts, sshoal_error *error)
{
	struct session *session = attempts->session;
	const char *user = attempts->login->user;
	for (;;) {
		const char *list = libssh2_userauth_list(
			session->ssh, user, (unsigned)strlen(user));
		if (list) {
			(void)snprintf(session->tap.methods,
				       sizeof session->tap.methods, "%s", list);
			return SSHOAL_EAUTH;
		}
		if (libssh2_userauth_authenticated(session->ssh))
			return 0;
		int rc = libssh2_session_last_errno(session->ssh);
		if (rc != LIBSSH2_ERROR_EAGAIN)
			return finish(attempts, rc, error);
		rc = sshoal__session_wait(session, attempts->deadline_ms,
					  error);
		if (rc)
			return rc;
	}
}

static int explain(const struct attempts *attempts, sshoal_error *error)
{
	const struct tap *tap = &attempts->session->tap;
	const struct login *login = attempts->login;
	char tried[64] = "nothing to log in with";
	if (attempts->keys_offered)
		(void)snprintf(tried, sizeof tried, "refused %zu key%s%s",
			       attempts->keys_offered,
			       attempts->keys_offered > 1 ? "s" : "",
			       login->password ? " and the password" : "");
	else if (login->password)
		(void)snprintf(tried, sizeof tried, "refused the password");
	bool key = !attempts->keys_offered &&
		   sshoal__list_has(tap->methods, "publickey");
	bool password =
		!login->password &&
		(sshoal__list_has(tap->methods, "password") ||
		 sshoal__list_has(tap->methods, "keyboard-interactive"));
	return sshoal__error_set(
		error, SSHOAL_EAUTH,
		"login as %.64s: %s; the server takes %s%s%s%s%s", login->user,
		tried, tap->methods[0] ? tap->methods : "nothing it named",
		attempts->note[0] ? "; " : "", attempts->note,
		key ? "; try a key (-i) or an ssh-agent" : "",
		password ? "; try a password (-k)" : "");
}

static int try_all(struct attempts *attempts, sshoal_error *error)
{
	struct tap *tap = &attempts->session->tap;
	int rc = try_keys(attempts, error);
	if (rc == SSHOAL_EAUTH)
		rc = try_secrets(attempts, error);
	if (rc == SSHOAL_EAUTH && !attempts->keys_offered &&
	    !attempts->login->password && !attempts->login->prompt &&
	    tap->failures == 0)
		rc = try_none(attempts, error);
	return rc;
}

int sshoal__session_login(struct session *session, const struct login *login,
			  int64_t deadline_ms, sshoal_error *error)
{
	struct attempts attempts = {
		.session = session,
		.login = login,
		.deadline_ms = deadline_ms,
	};
	if (strlen(login->user) > USER_MAX ||
	    (login->password && strlen(login->password) > PASSWORD_MAX))
		return sshoal__error_set(error, SSHOAL_EAUTH,
					 "user name or password too long");
	sshoal__session_limit(session, deadline_ms);
	sshoal_error own = { .code = 0 };
	int rc = try_all(&attempts, &own);
	if (rc == 0) {
		session->logged_in = true;
		session->arena.wipe = false;
		return 0;
	}
	bool plain = strcmp(own.text, sshoal_error_text(SSHOAL_EAUTH)) == 0 ||
		     !own.text[0] || attempts.note[0];
	if (rc == SSHOAL_EAUTH && plain)
		return explain(&attempts, error);
	/* OpenSSH ends the connection itself after too many refusals. */
	if (rc == SSHOAL_ELOST && session->tap.disconnect_reason &&
	    session->tap.failures)
		rc = SSHOAL_EAUTH;
	return sshoal__error_set(error, rc, "login as %.64s: %s", login->user,
				 own.text);
}
