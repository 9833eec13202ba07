/* SPDX-License-Identifier: MIT */
#include "inventory/config_lookup.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/pattern.h"
#include "inventory/config_exec.h"
#include "inventory/config_match.h"
#include "inventory/config_words.h"

/* A condition sees what was set before it, as in ssh. Its command is run only
 * when all before it hold. */

static int run_exec(bool *is_true, const struct lookup *lookup,
		    const struct config_line *line, const char *command,
		    const char *host)
{
	struct config_tokens tokens;
	int rc = sshoal__config_tokens(&tokens, lookup, host, host);
	if (rc)
		return rc;
	char *expanded = NULL;
	sshoal_error why = { .code = 0 };
	rc = sshoal__config_expand(&expanded, command, &tokens,
				   CONFIG_TOKENS_ALL, &why);
	if (rc == 0)
		rc = sshoal__config_exec(is_true, expanded,
					 lookup->query->cancel_fd, &why);
	free(expanded);
	return rc ? sshoal__config_at_line(lookup, line, rc, &why) : 0;
}

/* Whether a name matches a list in lower case, whatever its own letters. */
static bool is_listed(const char *list, const char *name)
{
	char lower[NI_MAXHOST];
	size_t n = strlen(name);
	if (n >= sizeof lower)
		return false;
	memcpy(lower, name, n + 1);
	sshoal__config_lower(lower);
	return sshoal__pattern_list_match(list, lower);
}

/* Whether one condition holds. With may_run false no command is run, and *holds
 * stays as it is. */
static int check_condition(bool *holds, struct lookup *lookup,
			   const struct config_line *line,
			   const struct config_condition *condition,
			   const char *host, bool may_run)
{
	const char *list = condition->argument;
	const char *tag = sshoal__config_so_far(lookup, CONFIG_TAG);
	bool is_true = true;
	switch (condition->criterion) {
	case CONFIG_MATCH_ALL:
		break;
	case CONFIG_MATCH_FINAL:
		lookup->wants_final = true;
		is_true = lookup->is_final;
		break;
	case CONFIG_MATCH_CANONICAL:
		is_true = lookup->is_final;
		break;
	case CONFIG_MATCH_HOST:
		is_true = is_listed(list, host);
		break;
	case CONFIG_MATCH_ORIGINAL_HOST:
		is_true = is_listed(list, lookup->query->host);
		break;
	case CONFIG_MATCH_USER:
		is_true = sshoal__pattern_list_match(
			list, sshoal__config_user(lookup));
		break;
	case CONFIG_MATCH_LOCAL_USER:
		is_true = sshoal__pattern_list_match(list,
						     lookup->config->self.user);
		break;
	case CONFIG_MATCH_TAGGED:
		is_true = sshoal__pattern_list_match(list, tag ? tag : "");
		break;
	case CONFIG_MATCH_EXEC:
		if (may_run) {
			int rc = run_exec(&is_true, lookup, line, list, host);
			if (rc)
				return rc;
		}
		break;
	case CONFIG_MATCH_LOCAL_NETWORK:
	case CONFIG_MATCH_COMMAND:
	case CONFIG_MATCH_SESSION_TYPE:
	case CONFIG_MATCH_VERSION:
		return sshoal__place_error(
			lookup->error, SSHOAL_EUNSUPPORTED, line->place,
			"Match %s is not supported", condition->name);
	}
	if (is_true == condition->is_negated)
		*holds = false;
	return 0;
}

int sshoal__config_condition_check(bool *holds, struct lookup *lookup,
				   const struct config_line *line,
				   bool may_hold)
{
	char *host = NULL;
	int rc = sshoal__config_host(&host, lookup);
	if (rc)
		return rc;
	bool is_match = true;
	const struct config_condition *condition = line->conditions;
	for (; condition && rc == 0; condition = condition->next)
		rc = check_condition(&is_match, lookup, line, condition, host,
				     is_match && may_hold);
	free(host);
	if (rc == 0)
		*holds = is_match && may_hold;
	return rc;
}
