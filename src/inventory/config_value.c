/* SPDX-License-Identifier: MIT */
#include "inventory/config_value.h"

#include <limits.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <arpa/inet.h>

#include "base/error.h"
#include "inventory/address.h"
#include "inventory/config_words.h"

/* What OpenSSH refuses is refused; lists of algorithms are not looked into,
 * since which there are differs from build to build. */

/* No line of a person has more values. */
#define LIST_MAX 256

struct check {
	struct config_line *line;
	const char *rest;
	struct store *store;
	sshoal_error *error;
};

static int no_memory(const struct check *check)
{
	return sshoal__error_code(check->error, SSHOAL_ENOMEM);
}

static int wrong(const struct check *check, const char *what)
{
	return sshoal__config_line_wrong(check->line, check->error, "%s: %s",
					 check->line->keyword->name, what);
}

/* Makes a text the only value of the line. */
static int set(const struct check *check, const char *text, size_t n)
{
	char *copy = sshoal__store_text(check->store, text, n);
	if (!copy)
		return no_memory(check);
	check->line->values[0] = copy;
	check->line->count = 1;
	return 0;
}

static int check_texts(const struct check *check, size_t max)
{
	const struct config_line *line = check->line;
	if (line->count == 0)
		return wrong(check, "no argument");
	for (size_t i = 0; i < line->count; i++)
		if (!*line->values[i])
			return wrong(check, "an empty argument: remove it");
	if (line->count > max)
		return wrong(check, max == LIST_MAX ?
					    "more than 256 arguments" :
					    "something after its argument: "
					    "quote what has blanks");
	return 0;
}

static int check_text(const struct check *check)
{
	int rc = check_texts(check, 1);
	if (rc || check->line->keyword->id != CONFIG_IGNORE_UNKNOWN)
		return rc;
	const char *list = check->line->values[0];
	char *lower = sshoal__store_text(check->store, list, strlen(list));
	if (!lower)
		return no_memory(check);
	sshoal__config_lower(lower);
	check->line->values[0] = lower;
	return 0;
}

/* One or two arguments, which become one with a blank between them. */
static int check_pair(const struct check *check)
{
	int rc = check_texts(check, 2);
	if (rc || check->line->count == 1)
		return rc;
	const char *const *values = check->line->values;
	size_t first = strlen(values[0]);
	size_t n = first + 1 + strlen(values[1]);
	char *both = sshoal__store_get(check->store, n + 1);
	if (!both)
		return no_memory(check);
	(void)snprintf(both, n + 1, "%s %s", values[0], values[1]);
	check->line->values[0] = both;
	check->line->count = 1;
	return 0;
}

/* A domain such as "example.org", which gets lower case. */
static bool make_domain(char *text)
{
	size_t n = strlen(text);
	if (strchr(".-_", *text))
		return false;
	sshoal__config_lower(text);
	for (size_t i = 0; i < n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789.-_",
			    text[i]) ||
		    (i > 0 && text[i] == '.' && text[i - 1] == '.'))
			return false;
	if (text[n - 1] == '.')
		text[n - 1] = '\0';
	return true;
}

/* "*", or "SOURCES:TARGETS", which gets lower case. */
static bool make_rule(char *text)
{
	const char *colon = strchr(text, ':');
	sshoal__config_lower(text);
	return strcmp(text, "*") == 0 || (colon && colon[1]);
}

static int check_list(const struct check *check)
{
	int rc = check_texts(check, LIST_MAX);
	if (rc)
		return rc;
	const struct config_line *line = check->line;
	for (size_t i = 0; i < line->count && line->count > 1; i++)
		if (strcasecmp(line->values[i], "none") == 0)
			return wrong(check, "none beside other arguments: it "
					    "stands alone");
	return 0;
}

/* A list of which each argument is made what it means. */
static int check_each(const struct check *check, bool (*make)(char *text),
		      const char *what)
{
	int rc = check_list(check);
	if (rc)
		return rc;
	const struct config_line *line = check->line;
	for (size_t i = 0; i < line->count; i++) {
		const char *text = line->values[i];
		char *made =
			sshoal__store_text(check->store, text, strlen(text));
		if (!made)
			return no_memory(check);
		if (strcasecmp(text, "none") != 0 && !make(made))
			return wrong(check, what);
		line->values[i] = made;
	}
	return 0;
}

/* The word of a list with commas that text is, its length in *n; NULL for
 * none. */
static const char *find_word(const char *words, const char *text, size_t *n)
{
	size_t size = strlen(text);
	for (;;) {
		*n = strcspn(words, ",");
		if (*n == size && strncasecmp(words, text, size) == 0)
			return words;
		if (!words[*n])
			return NULL;
		words += *n + 1;
	}
}

static int check_choice(const struct check *check)
{
	int rc = check_texts(check, 1);
	if (rc)
		return rc;
	size_t n = 0;
	const char *word = find_word(check->line->keyword->words,
				     check->line->values[0], &n);
	if (!word)
		return sshoal__config_line_wrong(
			check->line, check->error, "%s %s: it is one of %s",
			check->line->keyword->name, check->line->values[0],
			check->line->keyword->words);
	if (strncmp(word, "true", n) == 0)
		return set(check, "yes", 3);
	if (strncmp(word, "false", n) == 0)
		return set(check, "no", 2);
	return set(check, word, n);
}

static int check_number(const struct check *check)
{
	int rc = check_texts(check, 1);
	if (rc)
		return rc;
	int64_t number = 0;
	const char *text = check->line->values[0];
	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9')
			return wrong(check, "a number is needed");
		number = number * 10 + (*p - '0');
		if (number > INT_MAX)
			return wrong(check, "a number that is too large");
	}
	return 0;
}

/* A port's number, or the one that the system's list of services gives a name;
 * 0 for none. */
static uint32_t read_port(const char *text)
{
	size_t zeros = strspn(text, "0");
	uint32_t port = sshoal__address_port(text + zeros);
	if (port)
		return port;
	struct servent entry;
	struct servent *found = NULL;
	char room[4096];
	if (getservbyname_r(text, "tcp", &entry, room, sizeof room, &found) !=
	    0)
		return 0;
	return found ? ntohs((uint16_t)found->s_port) : 0;
}

static int check_port(const struct check *check)
{
	int rc = check_texts(check, 1);
	if (rc)
		return rc;
	char text[16];
	uint32_t port = read_port(check->line->values[0]);
	if (!port)
		return wrong(check, "a port is a number from 1 to 65535");
	int n = snprintf(text, sizeof text, "%u", port);
	return set(check, text, (size_t)n);
}

static int64_t unit_of(char letter)
{
	switch (letter) {
	case 's':
	case 'S':
		return 1;
	case 'm':
	case 'M':
		return 60;
	case 'h':
	case 'H':
		return 3600;
	case 'd':
	case 'D':
		return 86400;
	case 'w':
	case 'W':
		return 604800;
	default:
		return 0;
	}
}

/* Seconds of a time such as 90, 2m or 1h30m; -1 for what is none. */
static int64_t read_time(const char *text)
{
	int64_t total = 0;
	while (*text) {
		int64_t number = 0;
		const char *digits = text;
		for (; *text >= '0' && *text <= '9'; text++) {
			number = number * 10 + (*text - '0');
			if (number > INT_MAX)
				return -1;
		}
		int64_t unit = *text ? unit_of(*text++) : 1;
		if (text == digits || unit == 0 ||
		    (*digits < '0' || *digits > '9'))
			return -1;
		total += number * unit;
		if (total > INT_MAX)
			return -1;
	}
	return total;
}

static int check_time(const struct check *check)
{
	int rc = check_texts(check, 1);
	if (rc)
		return rc;
	const char *text = check->line->values[0];
	if (strcmp(text, "none") == 0) {
		check->line->count = 0;
		return 0;
	}
	int64_t seconds = read_time(text);
	if (seconds < 0)
		return wrong(check, "a time is needed, such as 90 or 1m30s");
	char number[24];
	int n = snprintf(number, sizeof number, "%lld", (long long)seconds);
	return set(check, number, (size_t)n);
}

/* What of the rest of a line is a command. */
static const char *command_of(const struct check *check)
{
	return check->rest + strspn(check->rest, CONFIG_BLANKS "=");
}

static int check_command(const struct check *check)
{
	const char *command = command_of(check);
	if (!*command)
		return wrong(check, "no argument");
	return set(check, command, strlen(command));
}

static int check_jump(const struct check *check)
{
	const char *text = command_of(check);
	size_t n = strcspn(text, "#");
	while (n > 0 && strchr(CONFIG_BLANKS, text[n - 1]))
		n--;
	int rc = set(check, text, n);
	if (rc || strcasecmp(check->line->values[0], "none") == 0)
		return rc;
	char *copy = sshoal__store_text(check->store, text, n);
	if (!copy)
		return no_memory(check);
	for (char *hop = copy; hop;) {
		char *comma = strchr(hop, ',');
		if (comma)
			*comma++ = '\0';
		if (!sshoal__config_hop_is_valid(hop))
			return wrong(check, "each jump is "
					    "[user@]host[:port]");
		hop = comma;
	}
	return 0;
}

static int check_agent(const struct check *check)
{
	int rc = check_texts(check, 1);
	if (rc)
		return rc;
	size_t n = 0;
	const char *word =
		find_word("yes,no,true,false", check->line->values[0], &n);
	if (!word)
		return 0;
	return *word == 'y' || *word == 't' ? set(check, "yes", 3) :
					      set(check, "no", 2);
}

static int check_send(const struct check *check)
{
	const struct config_line *line = check->line;
	for (size_t i = 0; i < line->count; i++)
		if (!*line->values[i] || strchr(line->values[i], '='))
			return wrong(check, "names of variables are needed");
	return line->count <= LIST_MAX ? 0 :
					 wrong(check, "more than 256 names");
}

/* Keeps the first setting of each variable. */
static int check_set(const struct check *check)
{
	struct config_line *line = check->line;
	size_t kept = 0;
	if (line->count > LIST_MAX)
		return wrong(check, "more than 256 variables");
	for (size_t i = 0; i < line->count; i++) {
		const char *equals = strchr(line->values[i], '=');
		if (!equals)
			return wrong(check, "NAME=VALUE is needed");
		size_t n = (size_t)(equals - line->values[i]) + 1;
		size_t same = 0;
		while (same < kept &&
		       strncmp(line->values[same], line->values[i], n) != 0)
			same++;
		if (same == kept)
			line->values[kept++] = line->values[i];
	}
	line->count = kept;
	return 0;
}

int sshoal__config_value_check(struct config_line *line, const char *rest,
			       struct store *store, sshoal_error *error)
{
	const struct check check = {
		.line = line,
		.rest = rest,
		.store = store,
		.error = error,
	};
	switch (line->keyword->kind) {
	case CONFIG_KIND_HOST:
	case CONFIG_KIND_INCLUDE:
		return check_texts(&check, SIZE_MAX);
	case CONFIG_KIND_CHOICE:
		return check_choice(&check);
	case CONFIG_KIND_TEXT:
		return check_text(&check);
	case CONFIG_KIND_TEXTS:
		return check_pair(&check);
	case CONFIG_KIND_LIST:
		return check_list(&check);
	case CONFIG_KIND_DOMAINS:
		return check_each(&check, make_domain,
				  "names of domains are needed");
	case CONFIG_KIND_RULES:
		return check_each(&check, make_rule,
				  "SOURCES:TARGETS is needed");
	case CONFIG_KIND_NUMBER:
		return check_number(&check);
	case CONFIG_KIND_PORT:
		return check_port(&check);
	case CONFIG_KIND_TIME:
		return check_time(&check);
	case CONFIG_KIND_COMMAND:
		return check_command(&check);
	case CONFIG_KIND_JUMP:
		return check_jump(&check);
	case CONFIG_KIND_AGENT:
		return check_agent(&check);
	case CONFIG_KIND_SEND:
		return check_send(&check);
	case CONFIG_KIND_SET:
		return check_set(&check);
	case CONFIG_KIND_MATCH:
	case CONFIG_KIND_IGNORED:
		break;
	}
	return 0;
}
