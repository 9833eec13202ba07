/* SPDX-License-Identifier: MIT */
#include "ssh/login.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ssh/login_attempts.h"
#include "ssh/prompts.h"
#include "ssh/publickey.h"

/*
 * Methods are tried without asking first which the server takes: its refusals
 * say so, and the tap reads them. After each one the next is chosen anew, so
 * that a server which wants several gets them as it says. Nothing is tried
 * twice: each try uses up a key, the password or one of the times that somebody
 * is asked.
 */

#define USER_MAX 1024
#define PASSWORD_MAX 4096

/* How many proofs a server may want one after the other. */
#define FACTORS_MAX 8

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
	(void)snprintf(attempts->note, sizeof attempts->note, "%.230s",
		       error->text);
}

/* Remembers what the method that was begun with these counts is about to be
 * judged by. */
static void begin(struct attempts *attempts)
{
	attempts->failures = attempts->session->tap.failures;
	attempts->partials = attempts->session->tap.partials;
}

/* Whether what was tried last was right, and more is wanted. */
static bool was_partial(const struct attempts *attempts)
{
	return attempts->session->tap.partials != attempts->partials;
}

/* Repeats one login call of libssh2 until it is over. */
static int finish(const struct attempts *attempts, int rc, sshoal_error *error)
{
	struct session *session = attempts->session;
	if (rc == 0)
		return 0;
	/* libssh2 says the same where no answer could be read. */
	if (!session->ended && !session->tap.disconnect_reason &&
	    session->tap.failures != attempts->failures &&
	    rc == LIBSSH2_ERROR_AUTHENTICATION_FAILED)
		return sshoal__error_code(error, SSHOAL_EAUTH);
	return sshoal__session_fail(session, rc, SSHOAL_ELOST, error);
}

/* --- keys --- */

static void count_refusal(struct attempts *attempts,
			  const struct identity *identity)
{
	if (!sshoal__identity_is_certificate(identity)) {
		attempts->refused_keys++;
		return;
	}
	attempts->refused_certificates++;
	attempts->stray = identity;
}

static int try_key(struct attempts *attempts, sshoal_error *error)
{
	const struct identity *identity =
		&attempts->offers.list[attempts->next_offer++];
	sshoal_error own = { .code = 0 };
	begin(attempts);
	int rc = sshoal__publickey_try(
		attempts->session, attempts->login->user, identity,
		attempts->login->ways.algorithms, attempts->deadline_ms, &own);
	if (rc == SSHOAL_EAUTH) {
		keep_note(attempts, &own);
		/* A server that does not take keys, or not yet, did not judge
		 * it. */
		if (was_partial(attempts))
			attempts->accepted |= SSHOAL_LOGIN_PUBLICKEY;
		else if (!may_try(attempts, "publickey"))
			attempts->next_offer--;
		else
			count_refusal(attempts, identity);
	}
	if (rc && error)
		*error = own;
	return rc;
}

/* --- the password --- */

/* Sends it; *libssh2_code: how it was judged. 0, or as
 * sshoal__session_wait(). */
static int send_password(struct attempts *attempts, int *libssh2_code,
			 sshoal_error *error)
{
	struct session *session = attempts->session;
	const struct login *login = attempts->login;
	int rc = 0;
	do {
		/* Without a callback a change of the password that the server
		 * wants fails this call and nothing else. */
		*libssh2_code = libssh2_userauth_password_ex(
			session->ssh, login->user,
			(unsigned)strlen(login->user), login->password,
			(unsigned)strlen(login->password), NULL);
		if (*libssh2_code == LIBSSH2_ERROR_EAGAIN)
			rc = sshoal__session_wait(session,
						  attempts->deadline_ms, error);
	} while (*libssh2_code == LIBSSH2_ERROR_EAGAIN && rc == 0);
	return rc;
}

static int try_password(struct attempts *attempts, sshoal_error *error)
{
	struct session *session = attempts->session;
	struct tap *tap = &session->tap;
	int code = 0;
	begin(attempts);
	tap->expects_password = true;
	int rc = send_password(attempts, &code, error);
	tap->expects_password = false;
	if (rc)
		return rc;
	/* A server that does not take passwords did not judge it. */
	attempts->password_sent = tap->failures == attempts->failures ||
				  sshoal__list_has(tap->methods, "password") ||
				  was_partial(attempts);
	if (tap->wants_change) {
		tap->wants_change = false;
		attempts->password_refused = true;
		(void)snprintf(attempts->note, sizeof attempts->note,
			       "the password has expired and must be changed: "
			       "log in by hand once and change it");
		return sshoal__error_code(error, SSHOAL_EAUTH);
	}
	rc = finish(attempts, code, error);
	if (rc == SSHOAL_EAUTH && was_partial(attempts))
		attempts->accepted |= SSHOAL_LOGIN_PASSWORD;
	else if (rc == SSHOAL_EAUTH && attempts->password_sent)
		attempts->password_refused = true;
	return rc;
}

/* --- questions --- */

/* The password, if it may be an answer: one that was right is good for a
 * further question after it. */
static const char *password_of(const struct attempts *attempts)
{
	bool is_used = attempts->password_sent &&
		       !(attempts->accepted & SSHOAL_LOGIN_PASSWORD);
	return is_used ? NULL : attempts->login->password;
}

static bool can_answer(const struct attempts *attempts)
{
	return !attempts->prompts_over &&
	       (attempts->login->prompt || password_of(attempts));
}

/* What a refusal of answers means for further tries. */
static void judge_answers(struct attempts *attempts,
			  const struct prompting *prompting)
{
	const struct tap *tap = &attempts->session->tap;
	uint32_t most = attempts->login->ways.prompts;
	if (was_partial(attempts)) {
		attempts->accepted |= SSHOAL_LOGIN_KEYBOARD_INTERACTIVE;
		attempts->answers[0] = '\0';
		attempts->prompts_over = tap->partials >= FACTORS_MAX;
		return;
	}
	if (prompting->gave_up || prompting->repeated) {
		attempts->prompts_over = true;
		return;
	}
	/* Which of several answers was wrong is not told. */
	attempts->password_refused |=
		prompting->gave_password && !prompting->asked;
	attempts->answers_refused |= prompting->asked;
	attempts->prompts++;
	attempts->prompts_over =
		!prompting->asked || attempts->prompts >= (most ? most : 1);
}

static int try_prompts(struct attempts *attempts, sshoal_error *error)
{
	const struct login *login = attempts->login;
	struct prompting prompting = {
		.password = password_of(attempts),
		.is_further = (attempts->accepted &
			       ~(uint32_t)SSHOAL_LOGIN_PUBLICKEY) != 0,
		.ask = login->prompt,
		.data = login->prompt_data,
		.refused = attempts->answers,
	};
	begin(attempts);
	int code;
	int rc = sshoal__prompts_try(attempts->session, login->user, &prompting,
				     &attempts->deadline_ms, &code, error);
	attempts->password_sent |= prompting.gave_password;
	if (prompting.unexpected)
		(void)snprintf(attempts->note, sizeof attempts->note,
			       "the server asked for something else than one "
			       "password: \"%s\"",
			       prompting.question);
	if (rc == 0)
		rc = finish(attempts, code, error);
	if (rc == SSHOAL_EAUTH)
		judge_answers(attempts, &prompting);
	return rc;
}

/* --- which is next --- */

static bool is_open(const struct attempts *attempts,
		    enum sshoal_login_method method)
{
	if (!may_try(attempts, sshoal__login_method_name(method)))
		return false;
	switch (method) {
	case SSHOAL_LOGIN_PUBLICKEY:
		return attempts->next_offer < attempts->offers.count &&
		       !attempts->session->spoiled;
	case SSHOAL_LOGIN_PASSWORD:
		return attempts->login->password && !attempts->password_sent;
	case SSHOAL_LOGIN_KEYBOARD_INTERACTIVE:
		return can_answer(attempts);
	}
	return false;
}

/* The method to try next; 0: there is none. */
static int choose(const struct attempts *attempts)
{
	static const enum sshoal_login_method methods[] = {
		SSHOAL_LOGIN_PUBLICKEY,
		SSHOAL_LOGIN_PASSWORD,
		SSHOAL_LOGIN_KEYBOARD_INTERACTIVE,
	};
	int chosen = 0;
	int best = -1;
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		int rank = sshoal__login_ways_rank(&attempts->login->ways,
						   methods[i]);
		if (rank < 0 || (best >= 0 && rank > best) ||
		    !is_open(attempts, methods[i]))
			continue;
		best = rank;
		chosen = (int)methods[i];
	}
	return chosen;
}

/* With nothing to try, asks what the server takes, which also logs in where no
 * proof is wanted (RFC 4252 section 5.2). */
static int try_none(struct attempts *attempts, sshoal_error *error)
{
	struct session *session = attempts->session;
	const char *user = attempts->login->user;
	begin(attempts);
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

static int try_all(struct attempts *attempts, sshoal_error *error)
{
	int method = choose(attempts);
	int rc = method ? SSHOAL_EAUTH : try_none(attempts, error);
	for (; method && rc == SSHOAL_EAUTH; method = choose(attempts)) {
		if (method == SSHOAL_LOGIN_PUBLICKEY)
			rc = try_key(attempts, error);
		else if (method == SSHOAL_LOGIN_PASSWORD)
			rc = try_password(attempts, error);
		else
			rc = try_prompts(attempts, error);
		if (attempts->session->failed)
			break;
	}
	return rc;
}

/* Tells what became of the password. */
static void judge_password(const struct attempts *attempts, int rc)
{
	struct session *session = attempts->session;
	if (attempts->password_refused)
		session->password = PASSWORD_REFUSED;
	else if (attempts->password_sent && (rc == 0 || attempts->accepted))
		session->password = PASSWORD_ACCEPTED;
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
	sshoal__offers_make(&attempts.offers, login);
	sshoal_error own = { .code = 0 };
	int rc = try_all(&attempts, &own);
	judge_password(&attempts, rc);
	OPENSSL_cleanse(attempts.answers, sizeof attempts.answers);
	if (rc == 0) {
		session->logged_in = true;
		session->arena.wipe = false;
		return 0;
	}
	bool plain = strcmp(own.text, sshoal_error_text(SSHOAL_EAUTH)) == 0 ||
		     !own.text[0] || attempts.note[0];
	if (rc == SSHOAL_EAUTH && plain)
		return sshoal__login_explain(&attempts, error);
	/* OpenSSH ends the connection itself after too many refusals. */
	if (rc == SSHOAL_ELOST && session->tap.disconnect_reason &&
	    session->tap.failures)
		rc = SSHOAL_EAUTH;
	return sshoal__error_set(error, rc, "login as %.64s: %s", login->user,
				 own.text);
}
