/* SPDX-License-Identifier: MIT */
#include "unit/config_oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

#include <sshoal/config.h>

#include "inventory/config.h"

/* ssh prints defaults too: those are left alone. Where it prints what it will
 * expand later, that is done here. */

enum form {
	FORM_ONE,     /* one value */
	FORM_LINES,   /* a line for each */
	FORM_WORDS,   /* one line with all */
	FORM_DEFAULT, /* one value, which ssh prints even where none is set */
	FORM_LIST     /* likewise, and only compared if it stands alone */
};

static const struct keyword {
	const char *name;
	enum form form;
} keywords[] = {
	{ "hostname", FORM_DEFAULT },
	{ "user", FORM_DEFAULT },
	{ "port", FORM_DEFAULT },
	{ "identityfile", FORM_LINES },
	{ "certificatefile", FORM_LINES },
	{ "sendenv", FORM_LINES },
	{ "setenv", FORM_LINES },
	{ "proxyjump", FORM_ONE },
	{ "proxycommand", FORM_ONE },
	{ "userknownhostsfile", FORM_WORDS },
	{ "globalknownhostsfile", FORM_WORDS },
	{ "canonicaldomains", FORM_WORDS },
	{ "hostkeyalias", FORM_ONE },
	{ "stricthostkeychecking", FORM_DEFAULT },
	{ "connecttimeout", FORM_DEFAULT },
	{ "connectionattempts", FORM_DEFAULT },
	{ "serveraliveinterval", FORM_DEFAULT },
	{ "serveralivecountmax", FORM_DEFAULT },
	{ "addressfamily", FORM_DEFAULT },
	{ "bindaddress", FORM_ONE },
	{ "ciphers", FORM_LIST },
	{ "macs", FORM_LIST },
	{ "kexalgorithms", FORM_LIST },
	{ "hostkeyalgorithms", FORM_LIST },
	{ "pubkeyacceptedalgorithms", FORM_LIST },
	{ "compression", FORM_DEFAULT },
	{ "preferredauthentications", FORM_ONE },
	{ "pubkeyauthentication", FORM_DEFAULT },
	{ "passwordauthentication", FORM_DEFAULT },
	{ "kbdinteractiveauthentication", FORM_DEFAULT },
	{ "numberofpasswordprompts", FORM_DEFAULT },
	{ "batchmode", FORM_DEFAULT },
	{ "identitiesonly", FORM_DEFAULT },
	{ "identityagent", FORM_ONE },
	{ "forwardagent", FORM_DEFAULT },
	{ "hashknownhosts", FORM_DEFAULT },
	{ "verifyhostkeydns", FORM_DEFAULT },
	{ "revokedhostkeys", FORM_ONE },
	{ "controlpath", FORM_ONE },
	{ "tcpkeepalive", FORM_DEFAULT },
	{ "loglevel", FORM_DEFAULT },
};

#define VALUE_MAX 4096

/* What ssh said, and what it would take for %h and so on. */
struct said {
	char text[65536];
	char host[256];
	char hostname[256];
	char user[256];
	char port[16];
};

/* The next line of what ssh said of a keyword, from *at on; NULL at the end. */
static const char *next_said(const char **at, const char *name, size_t *n)
{
	size_t size = strlen(name);
	while (**at) {
		const char *line = *at;
		size_t length = strcspn(line, "\n");
		*at = line + length + (line[length] ? 1 : 0);
		if (length > size && line[size] == ' ' &&
		    strncasecmp(line, name, size) == 0) {
			*n = length - size - 1;
			return line + size + 1;
		}
	}
	return NULL;
}

static void copy_said(char *out, size_t room, const char *text,
		      const char *name)
{
	size_t n = 0;
	const char *value = next_said(&text, name, &n);
	(void)snprintf(out, room, "%.*s", (int)(value ? n : 0),
		       value ? value : "");
}

/* What one line of the script ends with: a number, and a newline. */
#define MARK "== status "

static void add_query(FILE *script, const char *path,
		      const struct oracle_query *query)
{
	(void)fprintf(script, "ssh -G -F '%s'", path);
	if (query->port)
		(void)fprintf(script, " -p %u", query->port);
	if (query->user)
		(void)fprintf(script, " -l '%s'", query->user);
	for (size_t i = 0; query->words[i]; i++)
		(void)fprintf(script, " -o '%s'", query->words[i]);
	(void)fprintf(script,
		      " -- '%s' 2>/dev/null </dev/null\n"
		      "echo '" MARK "'$?\n",
		      query->host);
}

/* Has one shell run ssh for all queries. */
static FILE *ask_ssh(const char *path, const struct oracle_query *queries,
		     size_t count, const char *names)
{
	char *script = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&script, &size);
	assert_non_null(out);
	if (names)
		(void)fprintf(out, "LD_PRELOAD='%s'\nexport LD_PRELOAD\n",
			      names);
	for (size_t i = 0; i < count; i++)
		add_query(out, path, &queries[i]);
	assert_int_equal(fclose(out), 0);
	FILE *pipe = popen(script, "re");
	free(script);
	assert_non_null(pipe);
	return pipe;
}

/* Reads what ssh said to one query; whether it liked it. */
static bool read_said(struct said *said, FILE *pipe)
{
	char line[VALUE_MAX];
	size_t used = 0;
	bool is_good = false;
	said->text[0] = '\0';
	while (fgets(line, sizeof line, pipe)) {
		if (strncmp(line, MARK, sizeof MARK - 1) == 0) {
			is_good = strcmp(line + sizeof MARK - 1, "0\n") == 0;
			break;
		}
		size_t n = strlen(line);
		assert_true(used + n < sizeof said->text);
		memcpy(said->text + used, line, n + 1);
		used += n;
	}
	copy_said(said->host, sizeof said->host, said->text, "host");
	copy_said(said->hostname, sizeof said->hostname, said->text,
		  "hostname");
	copy_said(said->user, sizeof said->user, said->text, "user");
	copy_said(said->port, sizeof said->port, said->text, "port");
	return is_good;
}

static const char *token(const struct said *said, char letter)
{
	switch (letter) {
	case 'd':
		return getenv("HOME");
	case 'h':
		return said->hostname;
	case 'n':
		return said->host;
	case 'p':
		return said->port;
	case 'r':
		return said->user;
	case 'u':
		return getenv("USER");
	default:
		return "%";
	}
}

/* Expands what ssh prints as it stands in the file. */
static void expand(char out[VALUE_MAX], const struct said *said,
		   const char *text, bool is_path)
{
	size_t used = 0;
	if (is_path && strncmp(text, "~/", 2) == 0) {
		used = (size_t)snprintf(out, VALUE_MAX, "%s", getenv("HOME"));
		text++;
	}
	for (; *text && used < VALUE_MAX - 256; text++) {
		if (*text == '%' && text[1])
			used += (size_t)snprintf(out + used, VALUE_MAX - used,
						 "%s", token(said, *++text));
		else
			out[used++] = *text;
	}
	out[used] = '\0';
}

/* Puts what ssh said into the form the library has. */
static void normalise(char out[VALUE_MAX], const struct said *said,
		      const char *name, const char *value, size_t n)
{
	char text[VALUE_MAX];
	(void)snprintf(text, sizeof text, "%.*s", (int)n, value);
	bool is_key = strcmp(name, "identityfile") == 0 ||
		      strcmp(name, "certificatefile") == 0;
	if (is_key || strcmp(name, "proxycommand") == 0)
		expand(out, said, text, is_key);
	else if (strcmp(text, "true") == 0)
		(void)snprintf(out, VALUE_MAX, "yes");
	else if (strcmp(text, "false") == 0)
		(void)snprintf(out, VALUE_MAX, "no");
	else
		(void)snprintf(out, VALUE_MAX, "%s", text);
}

/* All that ssh said of a keyword, each value once. */
static void join_said(char out[VALUE_MAX], const struct said *said,
		      const char *name)
{
	const char *at = said->text;
	size_t n = 0;
	const char *value;
	out[0] = '\0';
	for (value = next_said(&at, name, &n); value;
	     value = next_said(&at, name, &n)) {
		char one[VALUE_MAX + 2];
		normalise(one, said, name, value, n);
		(void)strncat(one, "\n", 2);
		if (!strstr(out, one))
			(void)strncat(out, one, VALUE_MAX - strlen(out) - 1);
	}
}

static const char *own(const struct config_values *values, const char *name,
		       size_t index)
{
	const struct config_keyword *keyword =
		sshoal__config_keyword_find(name);
	if (keyword->id == CONFIG_HOSTNAME)
		return index == 0 ? values->hostname : NULL;
	const struct config_value *value =
		sshoal__config_values_get(values, keyword, index);
	if (value && strcmp(value->text, "off") == 0)
		return "no";
	return value ? value->text : NULL;
}

static void join_own(char out[VALUE_MAX], const struct config_values *values,
		     const struct keyword *keyword)
{
	size_t used = 0;
	const char *value;
	out[0] = '\0';
	for (size_t i = 0; (value = own(values, keyword->name, i)); i++)
		used += (size_t)snprintf(
			out + used, VALUE_MAX - used, "%s%s",
			i > 0 && keyword->form == FORM_WORDS ? " " : "", value),
			used +=
			keyword->form == FORM_WORDS ?
				0 :
				(size_t)snprintf(out + used, VALUE_MAX - used,
						 "\n");
	if (used && keyword->form == FORM_WORDS)
		(void)snprintf(out + used, VALUE_MAX - used, "\n");
}

static void compare_keyword(const struct config_values *values,
			    const struct said *said,
			    const struct keyword *keyword, const char *text,
			    const struct oracle_query *query)
{
	char theirs[VALUE_MAX];
	char ours[VALUE_MAX];
	join_said(theirs, said, keyword->name);
	join_own(ours, values, keyword);
	bool is_default = keyword->form != FORM_ONE &&
			  strcmp(keyword->name, "sendenv") != 0 &&
			  strcmp(keyword->name, "setenv") != 0 &&
			  strcmp(keyword->name, "certificatefile") != 0;
	if (!ours[0] && is_default)
		return;
	if (keyword->form == FORM_LIST && strchr("+-^", ours[0]))
		return;
	bool same = keyword->form == FORM_DEFAULT ?
			    strcasecmp(ours, theirs) == 0 :
			    strcmp(ours, theirs) == 0;
	if (!same)
		fail_msg("%s of %s:\nssh: %s\nown: %s\nin:\n%s", keyword->name,
			 query->host, theirs, ours, text);
}

static size_t count_words(const struct oracle_query *query)
{
	size_t count = 0;
	while (query->words[count])
		count++;
	return count;
}

static void compare_one(const struct said *said, bool is_good, const char *path,
			const char *text, const struct oracle_query *query)
{
	sshoal_config *config = NULL;
	const struct config_values *values = NULL;
	sshoal_error error = { .text = "" };
	const struct config_query asked = { .host = query->host,
					    .user = query->user,
					    .port = query->port,
					    .cancel_fd = -1 };
	int rc = sshoal_config_load_with(&config, path, query->words,
					 count_words(query), &error);
	if (rc == 0)
		rc = sshoal__config_values(&values, config, &asked, &error);
	if (is_good != (rc == 0))
		fail_msg("ssh takes%s this for %s, the library says \"%s\":\n"
			 "%s",
			 is_good ? "" : " not", query->host, error.text, text);
	if (rc)
		assert_int_equal(rc, error.code);
	for (size_t i = 0; is_good && i < sizeof keywords / sizeof *keywords;
	     i++)
		compare_keyword(values, said, &keywords[i], text, query);
	sshoal_config_free(config);
}

void oracle_compare(const char *path, const char *text,
		    const struct oracle_query *queries, size_t count,
		    const char *names)
{
	static struct said said;
	FILE *pipe = ask_ssh(path, queries, count, names);
	for (size_t i = 0; i < count; i++) {
		bool is_good = read_said(&said, pipe);
		compare_one(&said, is_good, path, text, &queries[i]);
	}
	(void)pclose(pipe);
}
