/* SPDX-License-Identifier: MIT */
#include "inventory/config_tokens.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/path.h"

/* Names that get into a text here were checked before: nothing is quoted. */

#define EXPANDED_MAX ((size_t)64 << 10)
#define RECORD_SIZE ((size_t)64 << 10)

/* A copy of a member of a user's record, NULL where there is none. The user is
 * the caller unless named. 0 or SSHOAL_ENOMEM. */
static int copy_record(const char *name, char **user, char **home)
{
	char *room = malloc(RECORD_SIZE);
	if (!room)
		return SSHOAL_ENOMEM;
	struct passwd entry;
	struct passwd *found = NULL;
	if (name)
		(void)getpwnam_r(name, &entry, room, RECORD_SIZE, &found);
	else
		(void)getpwuid_r(getuid(), &entry, room, RECORD_SIZE, &found);
	int rc = 0;
	if (found && user) {
		*user = strdup(found->pw_name);
		rc = *user ? 0 : SSHOAL_ENOMEM;
	}
	if (found && home && rc == 0) {
		*home = strdup(found->pw_dir);
		rc = *home ? 0 : SSHOAL_ENOMEM;
	}
	free(room);
	return rc;
}

int sshoal__config_self_init(struct config_self *self, sshoal_error *error)
{
	struct config_self made = { .user = NULL };
	int rc = copy_record(NULL, &made.user, NULL);
	if (rc)
		return sshoal__error_code(error, rc);
	if (!made.user)
		return sshoal__error_set(error, SSHOAL_ELOCAL,
					 "no user has the id %lu",
					 (unsigned long)getuid());
	rc = sshoal__path_expand(&made.home, "~/");
	if (rc == SSHOAL_ENOMEM) {
		sshoal__config_self_fini(&made);
		return sshoal__error_code(error, rc);
	}
	size_t n = made.home ? strlen(made.home) : 0;
	if (n > 1 && made.home[n - 1] == '/')
		made.home[n - 1] = '\0';
	(void)snprintf(made.uid, sizeof made.uid, "%lu",
		       (unsigned long)getuid());
	(void)gethostname(made.host, sizeof made.host - 1);
	memcpy(made.short_host, made.host, sizeof made.host);
	made.short_host[strcspn(made.short_host, ".")] = '\0';
	*self = made;
	return 0;
}

void sshoal__config_self_fini(struct config_self *self)
{
	free(self->home);
	free(self->user);
	*self = (struct config_self){ .user = NULL };
}

int sshoal__config_tokens_hash(struct config_tokens *tokens)
{
	const char *const parts[] = { tokens->self->host, tokens->host,
				      tokens->port, tokens->user };
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int size = 0;
	bool is_done =
		context && EVP_DigestInit_ex(context, EVP_sha1(), NULL) == 1;
	for (size_t i = 0; i < sizeof parts / sizeof *parts && is_done; i++)
		is_done = EVP_DigestUpdate(context, parts[i],
					   strlen(parts[i])) == 1;
	is_done = is_done && EVP_DigestFinal_ex(context, digest, &size) == 1;
	EVP_MD_CTX_free(context);
	if (!is_done)
		return SSHOAL_ENOMEM;
	for (unsigned int i = 0; i < size && i < (CONFIG_HASH_SIZE - 1) / 2;
	     i++)
		(void)snprintf(tokens->hash + (size_t)2 * i, 3, "%02x",
			       digest[i]);
	return 0;
}

static const char *value_of(const struct config_tokens *tokens, char letter)
{
	switch (letter) {
	case '%':
		return "%";
	case 'C':
		return tokens->hash;
	case 'd':
		return tokens->self->home;
	case 'h':
		return tokens->host;
	case 'i':
		return tokens->self->uid;
	case 'j':
		return tokens->jump;
	case 'k':
		return tokens->alias;
	case 'L':
		return tokens->self->short_host;
	case 'l':
		return tokens->self->host;
	case 'n':
		return tokens->original;
	case 'p':
		return tokens->port;
	case 'r':
		return tokens->user;
	case 'u':
		return tokens->self->user;
	default:
		return NULL;
	}
}

/* Adds the value of the token at *at, and moves behind it. */
static int add_token(struct buffer *out, const char **at,
		     const struct config_tokens *tokens, const char *allowed,
		     sshoal_error *error)
{
	char letter = (*at)[1];
	if (!letter || (letter != '%' && !strchr(allowed, letter)))
		return sshoal__error_set(
			error, SSHOAL_EFORMAT,
			"%%%c is no token here: write %%%% for "
			"a percent sign",
			letter ? letter : ' ');
	const char *value = value_of(tokens, letter);
	if (!value)
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "%%%c: you have no home folder",
					 letter);
	*at += 2;
	int rc = sshoal__buffer_append(out, value, strlen(value));
	return rc ? sshoal__error_code(error, rc) : 0;
}

/* Likewise for "${NAME}". */
static int add_variable(struct buffer *out, const char **at,
			sshoal_error *error)
{
	char name[256];
	size_t n = strcspn(*at + 2, "}");
	if (!(*at)[2 + n] || n == 0 || n >= sizeof name)
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "a variable is written as ${NAME}");
	memcpy(name, *at + 2, n);
	name[n] = '\0';
	const char *value = getenv(name);
	if (!value)
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "the environment has no %s", name);
	*at += n + 3;
	int rc = sshoal__buffer_append(out, value, strlen(value));
	return rc ? sshoal__error_code(error, rc) : 0;
}

static int expand(struct buffer *out, const char *text,
		  const struct config_tokens *tokens, const char *allowed,
		  bool with_variables, sshoal_error *error)
{
	const char *stops = with_variables ? "%$" : "%";
	while (*text) {
		size_t plain = strcspn(text, stops);
		if (plain == 0 && *text == '$' && text[1] != '{')
			plain = 1;
		int rc = sshoal__buffer_append(out, text, plain);
		if (rc)
			return sshoal__error_code(error, rc);
		text += plain;
		if (plain == 0 && *text == '%')
			rc = add_token(out, &text, tokens, allowed, error);
		else if (plain == 0)
			rc = add_variable(out, &text, error);
		if (rc)
			return rc;
	}
	int rc = sshoal__buffer_append(out, "", 1);
	return rc ? sshoal__error_code(error, rc) : 0;
}

/* The buffer's bytes, which are a string, as memory of its own. */
static int take(char **taken, struct buffer *out, sshoal_error *error)
{
	*taken = strdup((const char *)sshoal__buffer_data(out));
	return *taken ? 0 : sshoal__error_code(error, SSHOAL_ENOMEM);
}

int sshoal__config_expand(char **expanded, const char *text,
			  const struct config_tokens *tokens,
			  const char *allowed, sshoal_error *error)
{
	struct buffer out = BUFFER_INIT(EXPANDED_MAX);
	int rc = expand(&out, text, tokens, allowed, false, error);
	if (rc == 0)
		rc = take(expanded, &out, error);
	sshoal__buffer_fini(&out);
	return rc;
}

/* Adds the home that a leading "~" means, and moves behind it. */
static int add_home(struct buffer *out, const char **text,
		    const struct config_tokens *tokens, sshoal_error *error)
{
	size_t n = strcspn(*text, "/");
	char *home = NULL;
	int rc = 0;
	if (n == 1) {
		home = tokens->self->home ? strdup(tokens->self->home) : NULL;
		rc = tokens->self->home && !home ? SSHOAL_ENOMEM : 0;
	} else {
		char *name = strndup(*text + 1, n - 1);
		rc = name ? copy_record(name, NULL, &home) : SSHOAL_ENOMEM;
		free(name);
	}
	if (rc == 0 && !home)
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "%.*s: no such home folder", (int)n,
					 *text);
	if (rc == 0)
		rc = sshoal__buffer_append(out, home, strlen(home));
	free(home);
	*text += n;
	return rc ? sshoal__error_code(error, rc) : 0;
}

int sshoal__config_expand_path(char **expanded, const char *text,
			       const struct config_tokens *tokens,
			       sshoal_error *error)
{
	struct buffer out = BUFFER_INIT(EXPANDED_MAX);
	int rc = 0;
	if (*text == '~')
		rc = add_home(&out, &text, tokens, error);
	if (rc == 0)
		rc = expand(&out, text, tokens, CONFIG_TOKENS_ALL, true, error);
	if (rc == 0)
		rc = take(expanded, &out, error);
	sshoal__buffer_fini(&out);
	return rc;
}
