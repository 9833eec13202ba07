/* SPDX-License-Identifier: MIT */
#include "ssh/login_attempts.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <sshoal/certificate.h>

#include "base/error.h"

/* A server says no and which methods it takes. Why it did can only be guessed,
 * so the text says what it was shown. */

struct text {
	char bytes[400];
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text,
						      const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	size_t room = sizeof text->bytes - text->used;
	int n = vsnprintf(text->bytes + text->used, room, format, arguments);
	va_end(arguments);
	if (n > 0)
		text->used += (size_t)n < room ? (size_t)n : room - 1;
}

/* What goes before the next of several things. */
static const char *joint(unsigned *count, const char *first)
{
	return (*count)++ == 0 ? first : " and ";
}

static void add_accepted(struct text *text, uint32_t accepted)
{
	unsigned count = 0;
	if (accepted & SSHOAL_LOGIN_PUBLICKEY)
		add(text, "%sthe key", joint(&count, "accepted "));
	if (accepted & SSHOAL_LOGIN_PASSWORD)
		add(text, "%sthe password", joint(&count, "accepted "));
	if (accepted & SSHOAL_LOGIN_KEYBOARD_INTERACTIVE)
		add(text, "%sthe answers", joint(&count, "accepted "));
}

static void add_counted(struct text *text, unsigned number, const char *what,
			const char *before)
{
	add(text, "%s%u %s%s", before, number, what, number > 1 ? "s" : "");
}

static void add_refused(struct text *text, const struct attempts *attempts)
{
	const char *first = attempts->accepted ? ", then refused " : "refused ";
	unsigned count = 0;
	if (attempts->refused_certificates)
		add_counted(text, attempts->refused_certificates, "certificate",
			    joint(&count, first));
	if (attempts->refused_keys)
		add_counted(text, attempts->refused_keys, "key",
			    joint(&count, first));
	if (attempts->password_refused)
		add(text, "%sthe password", joint(&count, first));
	if (attempts->answers_refused)
		add(text, "%sthe answers", joint(&count, first));
	if (count == 0)
		add(text, attempts->accepted ? " and wants more" :
					       "nothing to log in with");
}

static void add_time(struct text *text, const char *before, uint64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm parts;
	char shown[32];
	if (seconds > INT64_MAX || !gmtime_r(&when, &parts) ||
	    strftime(shown, sizeof shown, "%Y-%m-%d %H:%M UTC", &parts) == 0)
		return;
	add(text, "%s%s", before, shown);
}

static bool names(const sshoal_key *key, const char *user)
{
	size_t count = sshoal_key_certificate_principal_count(key);
	for (size_t i = 0; i < count; i++)
		if (strcmp(sshoal_key_certificate_principal(key, i), user) == 0)
			return true;
	return false;
}

/* What is wrong with a certificate, as far as it can be seen here. */
static void add_certificate(struct text *text, const sshoal_key *key,
			    const char *user)
{
	uint64_t now = (uint64_t)time(NULL);
	uint64_t after = sshoal_key_certificate_valid_after(key);
	uint64_t before = sshoal_key_certificate_valid_before(key);
	const char *first = sshoal_key_certificate_principal(key, 0);
	size_t count = sshoal_key_certificate_principal_count(key);
	add(text, "; the certificate \"%.40s\" ",
	    sshoal_key_certificate_id(key));
	if (now >= before)
		add_time(text, "expired on ", before);
	else if (now < after)
		add_time(text, "is not valid before ", after);
	else if (count == 0)
		add(text, "names no user");
	else if (!names(key, user))
		add(text, "is for %.40s%s, not for %.40s", first,
		    count > 1 ? " and others" : "", user);
	else
		add(text, "may be of an authority that the server does not "
			  "trust");
}

static void add_stray(struct text *text, const struct attempts *attempts)
{
	const struct identity *identity = attempts->stray;
	sshoal_key *own = NULL;
	const sshoal_key *key = identity->certified;
	if (!key && identity->agent_key &&
	    sshoal_key_load_public_blob(&own, identity->agent_key->blob,
					identity->agent_key->blob_size, NULL,
					NULL) == 0)
		key = own;
	if (key && sshoal_key_certificate_kind(key))
		add_certificate(text, key, attempts->login->user);
	sshoal_key_free(own);
}

static bool is_tried(const struct attempts *attempts)
{
	return attempts->refused_keys || attempts->refused_certificates ||
	       (attempts->accepted & SSHOAL_LOGIN_PUBLICKEY);
}

/* What could be tried besides. */
static void add_hints(struct text *text, const struct attempts *attempts)
{
	const char *methods = attempts->session->tap.methods;
	const struct login *login = attempts->login;
	bool asks = sshoal__list_has(methods, "keyboard-interactive");
	if (!is_tried(attempts) && sshoal__list_has(methods, "publickey"))
		add(text, "; try a key (-i) or an ssh-agent");
	if (attempts->offers.wants_agent)
		add(text, "; a key whose private part only an ssh-agent can "
			  "open was not in one");
	if (!login->password && (asks || sshoal__list_has(methods, "password")))
		add(text, "; try a password (-k)");
	else if (asks && !login->prompt && login->password)
		add(text, "; what else the server asks can be answered at a "
			  "terminal");
}

int sshoal__login_explain(const struct attempts *attempts, sshoal_error *error)
{
	const char *methods = attempts->session->tap.methods;
	struct text text = { .used = 0 };
	add_accepted(&text, attempts->accepted);
	add_refused(&text, attempts);
	add(&text, "; the server %stakes %s",
	    attempts->accepted ? "still " : "",
	    methods[0] ? methods : "nothing it named");
	if (attempts->note[0])
		add(&text, "; %s", attempts->note);
	if (attempts->stray)
		add_stray(&text, attempts);
	add_hints(&text, attempts);
	return sshoal__error_set(error, SSHOAL_EAUTH, "login as %.64s: %s",
				 attempts->login->user, text.bytes);
}
