/* SPDX-License-Identifier: MIT */
#include "inventory/config_match.h"

#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/pattern.h"
#include "inventory/config_words.h"

static const struct criterion {
	const char *name;
	enum config_criterion criterion;
	bool has_argument;
	bool is_lower; /* its argument matches in letters of any case */
} criteria[] = {
	{ "all", CONFIG_MATCH_ALL, false, false },
	{ "canonical", CONFIG_MATCH_CANONICAL, false, false },
	{ "final", CONFIG_MATCH_FINAL, false, false },
	{ "host", CONFIG_MATCH_HOST, true, true },
	{ "originalhost", CONFIG_MATCH_ORIGINAL_HOST, true, true },
	{ "user", CONFIG_MATCH_USER, true, false },
	{ "localuser", CONFIG_MATCH_LOCAL_USER, true, false },
	{ "tagged", CONFIG_MATCH_TAGGED, true, false },
	{ "exec", CONFIG_MATCH_EXEC, true, false },
	{ "localnetwork", CONFIG_MATCH_LOCAL_NETWORK, true, false },
	{ "command", CONFIG_MATCH_COMMAND, true, false },
	{ "sessiontype", CONFIG_MATCH_SESSION_TYPE, true, false },
	{ "version", CONFIG_MATCH_VERSION, true, false },
};

static const struct criterion *find(const char *name)
{
	for (size_t i = 0; i < sizeof criteria / sizeof *criteria; i++)
		if (strcasecmp(criteria[i].name, name) == 0)
			return &criteria[i];
	return NULL;
}

/* The next token, NULL at the end of the line or a comment. */
static char *next(char **rest)
{
	char *token = sshoal__config_token_next(rest);
	return token && *token && *token != '#' ? token : NULL;
}

/* "all" stands alone, or after one other condition. */
static int check_all(const struct config_line *line, size_t before, char **rest,
		     sshoal_error *error)
{
	if (before > 1 || next(rest))
		return sshoal__config_line_wrong(
			line, error,
			"Match: all stands alone, or after canonical or final");
	*rest = NULL;
	return 0;
}

static int read_condition(struct config_condition *condition,
			  const struct config_line *line, const char *name,
			  char **rest, sshoal_error *error)
{
	condition->is_negated = *name == '!';
	const struct criterion *found = find(name + condition->is_negated);
	if (!found)
		return sshoal__config_line_wrong(
			line, error, "Match: %s is no condition", name);
	condition->criterion = found->criterion;
	condition->name = found->name;
	if (!found->has_argument)
		return 0;
	char *argument = next(rest);
	if (!argument)
		return sshoal__config_line_wrong(
			line, error, "Match: no argument after %s", name);
	if (found->is_lower)
		sshoal__config_lower(argument);
	condition->argument = argument;
	return 0;
}

int sshoal__config_match_parse(struct config_line *line, const char *rest,
			       struct store *store, sshoal_error *error)
{
	char *at = sshoal__store_text(store, rest, strlen(rest));
	if (!at)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	struct config_condition **last = &line->conditions;
	size_t count = 0;
	for (const char *name = next(&at); name; name = next(&at)) {
		struct config_condition *made =
			sshoal__store_get(store, sizeof *made);
		if (!made)
			return sshoal__error_code(error, SSHOAL_ENOMEM);
		int rc = read_condition(made, line, name, &at, error);
		if (rc == 0 && made->criterion == CONFIG_MATCH_ALL)
			rc = check_all(line, count, &at, error);
		if (rc)
			return rc;
		*last = made;
		last = &made->next;
		count++;
	}
	if (count == 0)
		return sshoal__config_line_wrong(line, error,
						 "Match: no condition");
	return 0;
}

bool sshoal__config_match_host(const struct config_line *line, const char *name)
{
	bool is_match = false;
	for (size_t i = 0; i < line->count; i++) {
		const char *pattern = line->values[i];
		bool is_negated = *pattern == '!';
		if (!sshoal__pattern_match(pattern + is_negated, name))
			continue;
		if (is_negated)
			return false;
		is_match = true;
	}
	return is_match;
}
