/* SPDX-License-Identifier: MIT */
#include "inventory/config.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/pattern.h"
#include "inventory/config_exec.h"
#include "inventory/config_match.h"
#include "inventory/config_words.h"
#include "inventory/name.h"

/*
 * Goes through the lines of a config as ssh does: the first value of a keyword
 * counts, and a Match sees what was set before it. "Match final" has them gone
 * through once more with the name that is connected to.
 */

struct lookup {
	const struct sshoal_config *config;
	const struct config_query *query;
	struct config_values *values;
	const char *name; /* what Host lines are compared with */
	bool is_final;
	bool wants_final;
	sshoal_error *error;
};

static int no_memory(const struct lookup *lookup)
{
	return sshoal__error_code(lookup->error, SSHOAL_ENOMEM);
}

/* Puts a line's place before the text of an error. Returns the code. */
static int at_line(const struct lookup *lookup, const struct config_line *line,
		   int code, const sshoal_error *why)
{
	if (!line)
		return sshoal__error_set(lookup->error, code, "%s", why->text);
	return sshoal__place_error(lookup->error, code, line->place, "%s: %s",
				   line->keyword->name, why->text);
}

static const char *first(const struct lookup *lookup, enum config_id id)
{
	return sshoal__config_values_first(lookup->values, id);
}

static const char *user_of(const struct lookup *lookup)
{
	const char *user = first(lookup, CONFIG_USER);
	return user ? user : lookup->config->self.user;
}

/* Whether a ProxyJump, NULL where there is none, is one. */
static bool is_jump(const char *jump)
{
	return jump && strcasecmp(jump, "none") != 0;
}

/* The name to connect to, as far as it is known; to be freed. */
static int host_of(char **host, const struct lookup *lookup)
{
	const struct config_value *value = sshoal__config_values_get(
		lookup->values, sshoal__config_keyword_of(CONFIG_HOSTNAME), 0);
	if (lookup->is_final || !value) {
		*host = strdup(lookup->name);
		return *host ? 0 : no_memory(lookup);
	}
	const struct config_tokens tokens = { .host = lookup->name };
	sshoal_error why = { .code = 0 };
	int rc = sshoal__config_expand(host, value->text, &tokens,
				       CONFIG_TOKENS_HOST, &why);
	if (rc)
		return at_line(lookup, value->line, rc, &why);
	if (sshoal__name_is_safe_host(*host))
		return 0;
	free(*host);
	return sshoal__config_line_wrong(value->line, lookup->error,
					 "HostName %s: no host has such a name",
					 value->text);
}

/* Makes %x of what is set so far. */
static int set_tokens(struct config_tokens *tokens, const struct lookup *lookup,
		      const char *host, const char *unnamed)
{
	const char *alias = first(lookup, CONFIG_HOST_KEY_ALIAS);
	const char *port = first(lookup, CONFIG_PORT);
	bool has_jump = is_jump(first(lookup, CONFIG_PROXY_JUMP));
	*tokens = (struct config_tokens){
		.self = &lookup->config->self,
		.host = host,
		.original = lookup->query->host,
		.alias = alias ? alias : unnamed,
		.user = user_of(lookup),
		.port = port ? port : "22",
		.jump = has_jump ? first(lookup, CONFIG_PROXY_JUMP) : "",
	};
	if (!sshoal__name_is_safe_user(tokens->user))
		return sshoal__error_set(lookup->error, SSHOAL_EINVAL,
					 "%s: no user has such a name",
					 tokens->user);
	return sshoal__config_tokens_hash(tokens) == 0 ? 0 : no_memory(lookup);
}

static int run_exec(bool *is_true, const struct lookup *lookup,
		    const struct config_line *line, const char *command,
		    const char *host)
{
	struct config_tokens tokens;
	int rc = set_tokens(&tokens, lookup, host, host);
	if (rc)
		return rc;
	char *expanded = NULL;
	sshoal_error why = { .code = 0 };
	rc = sshoal__config_expand(&expanded, command, &tokens,
				   CONFIG_TOKENS_ALL, &why);
	if (rc == 0)
		rc = sshoal__config_exec(is_true, expanded, &why);
	free(expanded);
	return rc ? at_line(lookup, line, rc, &why) : 0;
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
	const char *tag = first(lookup, CONFIG_TAG);
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
		is_true = sshoal__pattern_list_match(list, user_of(lookup));
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
		return sshoal__place_error(
			lookup->error, SSHOAL_EUNSUPPORTED, line->place,
			"Match localnetwork is not supported");
	}
	if (is_true == condition->is_negated)
		*holds = false;
	return 0;
}

static int check_match(bool *holds, struct lookup *lookup,
		       const struct config_line *line, bool may_hold)
{
	char *host = NULL;
	int rc = host_of(&host, lookup);
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

/* Takes names that match a pattern out of what is sent. */
static void unsend(struct config_values *values, const char *pattern)
{
	for (size_t i = values->count; i > 0; i--)
		if (values->list[i - 1].keyword->id == CONFIG_SEND_ENV &&
		    sshoal__pattern_match(pattern, values->list[i - 1].text))
			sshoal__config_values_drop(values, i - 1);
}

static bool has_value(const struct config_values *values,
		      const struct config_keyword *keyword, const char *text)
{
	for (size_t i = 0; i < values->count; i++)
		if (values->list[i].keyword == keyword &&
		    strcmp(values->list[i].text, text) == 0)
			return true;
	return false;
}

/* Whether a line comes too late. A ProxyCommand and a ProxyJump exclude each
 * other, but for one that is no jump. */
static bool is_settled(const struct lookup *lookup,
		       const struct config_keyword *keyword)
{
	if (keyword->flags & CONFIG_MANY)
		return false;
	if (keyword->id == CONFIG_PROXY_COMMAND &&
	    is_jump(first(lookup, CONFIG_PROXY_JUMP)))
		return true;
	if (keyword->id == CONFIG_PROXY_JUMP &&
	    first(lookup, CONFIG_PROXY_COMMAND))
		return true;
	if (keyword->id == CONFIG_HOSTNAME && lookup->is_final)
		return true;
	return sshoal__config_values_get(lookup->values, keyword, 0) != NULL;
}

static int apply(struct lookup *lookup, const struct config_line *line)
{
	const struct config_keyword *keyword = line->keyword;
	if (keyword->kind == CONFIG_KIND_IGNORED || is_settled(lookup, keyword))
		return 0;
	if (keyword->id == CONFIG_USER &&
	    !sshoal__name_is_safe_user(line->values[0]))
		return sshoal__config_line_wrong(
			line, lookup->error, "User %s: no user has such a name",
			line->values[0]);
	bool is_many = keyword->flags & CONFIG_MANY;
	for (size_t i = 0; i < line->count; i++) {
		const char *text = line->values[i];
		if (keyword->id == CONFIG_SEND_ENV && *text == '-')
			unsend(lookup->values, text + 1);
		else if ((!is_many ||
			  !has_value(lookup->values, keyword, text)) &&
			 sshoal__config_values_add(lookup->values, keyword,
						   text, line) != 0)
			return no_memory(lookup);
	}
	return 0;
}

static int check_unknown(const struct lookup *lookup,
			 const struct config_line *line)
{
	const char *ignored = first(lookup, CONFIG_IGNORE_UNKNOWN);
	if (ignored && sshoal__pattern_list_match(ignored, line->name))
		return 0;
	return sshoal__config_line_wrong(line, lookup->error,
					 "%s: OpenSSH knows no such option",
					 line->name);
}

/* Goes through a file; with is_active false nothing in it can count. */
static int walk(struct lookup *lookup, const struct config_file *file,
		bool is_active)
{
	bool may_hold = is_active;
	int rc = 0;
	const struct config_line *line = file->lines;
	for (; line && rc == 0; line = line->next) {
		if (!line->keyword) {
			rc = check_unknown(lookup, line);
		} else if (line->keyword->kind == CONFIG_KIND_HOST) {
			is_active = may_hold && sshoal__config_match_host(
							line, lookup->name);
		} else if (line->keyword->kind == CONFIG_KIND_MATCH) {
			rc = check_match(&is_active, lookup, line, may_hold);
		} else if (line->keyword->kind == CONFIG_KIND_INCLUDE) {
			const struct config_file *each = line->files;
			for (; each && rc == 0; each = each->next)
				rc = walk(lookup, each, is_active);
		} else if (is_active) {
			rc = apply(lookup, line);
		}
	}
	return rc;
}

static int walk_all(struct lookup *lookup)
{
	int rc = 0;
	const struct config_file *file = lookup->config->files;
	for (; file && rc == 0; file = file->next)
		rc = walk(lookup, file, true);
	return rc;
}

/* The program's own words come first. */
static int seed(const struct lookup *lookup)
{
	const struct config_query *query = lookup->query;
	int rc = 0;
	if (query->user) {
		const char *user =
			sshoal__config_values_text(lookup->values, query->user);
		rc = user ? sshoal__config_values_add(
				    lookup->values,
				    sshoal__config_keyword_of(CONFIG_USER),
				    user, NULL) :
			    SSHOAL_ENOMEM;
	}
	if (rc == 0 && query->port) {
		char number[16];
		(void)snprintf(number, sizeof number, "%u", query->port);
		const char *port =
			sshoal__config_values_text(lookup->values, number);
		rc = port ? sshoal__config_values_add(
				    lookup->values,
				    sshoal__config_keyword_of(CONFIG_PORT),
				    port, NULL) :
			    SSHOAL_ENOMEM;
	}
	return rc ? no_memory(lookup) : 0;
}

/* A numeric address in its usual form, a name in lower case. */
static void make_canonical(char out[NI_MAXHOST], const char *host)
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found = NULL;
	size_t n = strnlen(host, NI_MAXHOST - 1);
	memcpy(out, host, n);
	out[n] = '\0';
	if (getaddrinfo(host, NULL, &hints, &found) != 0) {
		sshoal__config_lower(out);
		return;
	}
	char numeric[NI_MAXHOST];
	if (getnameinfo(found->ai_addr, found->ai_addrlen, numeric,
			sizeof numeric, NULL, 0, NI_NUMERICHOST) == 0)
		memcpy(out, numeric, sizeof numeric);
	freeaddrinfo(found);
}

/* Settles which name is connected to. */
static int settle_host(struct lookup *lookup)
{
	char *host = NULL;
	int rc = host_of(&host, lookup);
	if (rc)
		return rc;
	char canonical[NI_MAXHOST];
	make_canonical(canonical, host);
	free(host);
	lookup->values->hostname =
		sshoal__config_values_text(lookup->values, canonical);
	if (!lookup->values->hostname)
		return no_memory(lookup);
	lookup->name = lookup->values->hostname;
	const struct config_value *value = sshoal__config_values_get(
		lookup->values,
		sshoal__config_keyword_of(CONFIG_CANONICALIZE_HOSTNAME), 0);
	if (value && strcmp(value->text, "no") != 0)
		return sshoal__place_error(
			lookup->error, SSHOAL_EUNSUPPORTED, value->line->place,
			"CanonicalizeHostname %s is not supported",
			value->text);
	return 0;
}

static int expand_value(const struct lookup *lookup, struct config_value *value,
			const struct config_tokens *tokens)
{
	sshoal_error why = { .code = 0 };
	char *expanded = NULL;
	int rc = value->keyword->flags & CONFIG_PATH ?
			 sshoal__config_expand_path(&expanded, value->text,
						    tokens, &why) :
			 sshoal__config_expand(&expanded, value->text, tokens,
					       CONFIG_TOKENS_PROXY, &why);
	if (rc)
		return at_line(lookup, value->line, rc, &why);
	if (strcmp(expanded, value->text) != 0) {
		value->text =
			sshoal__config_values_text(lookup->values, expanded);
		rc = value->text ? 0 : no_memory(lookup);
	}
	free(expanded);
	return rc;
}

/* Drops what "none" clears and replaces tokens. */
static int expand_values(struct lookup *lookup)
{
	struct config_values *values = lookup->values;
	for (size_t i = values->count; i > 0; i--)
		if ((values->list[i - 1].keyword->flags & CONFIG_CLEARS) &&
		    strcasecmp(values->list[i - 1].text, "none") == 0)
			sshoal__config_values_drop(values, i - 1);
	struct config_tokens tokens;
	int rc = set_tokens(&tokens, lookup, values->hostname,
			    lookup->query->host);
	for (size_t i = 0; i < values->count && rc == 0; i++)
		if (values->list[i].keyword->flags &
		    (CONFIG_PATH | CONFIG_TOKENS))
			rc = expand_value(lookup, &values->list[i], &tokens);
	return rc;
}

/* Lists the identity files that are there; ssh passes over the others. */
static int list_keys(const struct lookup *lookup)
{
	struct config_values *values = lookup->values;
	values->key_files =
		calloc(values->count + 1, sizeof *values->key_files);
	if (!values->key_files)
		return no_memory(lookup);
	for (size_t i = 0; i < values->count; i++) {
		const struct config_value *value = &values->list[i];
		if (value->keyword->id == CONFIG_IDENTITY_FILE &&
		    strcasecmp(value->text, "none") != 0 &&
		    access(value->text, F_OK) == 0)
			values->key_files[values->key_file_count++] =
				value->text;
	}
	return 0;
}

static int check_query(const struct config_query *query, sshoal_error *error)
{
	if (strlen(query->host) >= NI_MAXHOST ||
	    !sshoal__name_is_safe_host(query->host))
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "%s: no host has such a name",
					 query->host);
	if (query->user && !sshoal__name_is_safe_user(query->user))
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "%s: no user has such a name",
					 query->user);
	if (query->port > UINT16_MAX)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "%u: a port is at most 65535",
					 query->port);
	return 0;
}

int sshoal__config_work_out(struct config_values *values,
			    const struct sshoal_config *config,
			    const struct config_query *query,
			    sshoal_error *error)
{
	struct lookup lookup = {
		.config = config,
		.query = query,
		.values = values,
		.name = query->host,
		.error = error,
	};
	int rc = check_query(query, error);
	if (rc == 0)
		rc = seed(&lookup);
	if (rc == 0)
		rc = walk_all(&lookup);
	if (rc == 0)
		rc = settle_host(&lookup);
	if (rc == 0 && lookup.wants_final) {
		lookup.is_final = true;
		rc = walk_all(&lookup);
	}
	if (rc == 0)
		rc = expand_values(&lookup);
	return rc ? rc : list_keys(&lookup);
}
