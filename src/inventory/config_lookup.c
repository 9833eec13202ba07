/* SPDX-License-Identifier: MIT */
#include "inventory/config_lookup.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/pattern.h"
#include "inventory/config_match.h"
#include "inventory/config_words.h"
#include "inventory/name.h"

/*
 * Goes through the lines of a config as ssh does: the first value of a keyword
 * counts, and a Match sees what was set before it. "Match final" has them gone
 * through once more with the name that is connected to.
 */

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
	    sshoal__config_is_jump(
		    sshoal__config_so_far(lookup, CONFIG_PROXY_JUMP)))
		return true;
	if (keyword->id == CONFIG_PROXY_JUMP &&
	    sshoal__config_so_far(lookup, CONFIG_PROXY_COMMAND))
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
			return sshoal__config_no_memory(lookup);
	}
	return 0;
}

static int check_unknown(const struct lookup *lookup,
			 const struct config_line *line)
{
	const char *ignored =
		sshoal__config_so_far(lookup, CONFIG_IGNORE_UNKNOWN);
	if (ignored && sshoal__pattern_list_match(ignored, line->name))
		return 0;
	return sshoal__config_line_wrong(line, lookup->error,
					 "%s: OpenSSH knows no such option",
					 line->name);
}

/* NOLINTBEGIN(misc-no-recursion): files that were read have a maximum depth. */

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
			rc = sshoal__config_condition_check(&is_active, lookup,
							    line, may_hold);
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

/* NOLINTEND(misc-no-recursion) */

static int walk_all(struct lookup *lookup)
{
	int rc = 0;
	const struct config_file *file = lookup->config->files;
	if (file && file == lookup->config->given && lookup->query->is_hop)
		file = file->next;
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
	return rc ? sshoal__config_no_memory(lookup) : 0;
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
	int rc = sshoal__config_host(&host, lookup);
	if (rc)
		return rc;
	char canonical[NI_MAXHOST];
	make_canonical(canonical, host);
	free(host);
	rc = sshoal__config_canonicalize(canonical, lookup);
	if (rc)
		return rc;
	lookup->values->hostname =
		sshoal__config_values_text(lookup->values, canonical);
	if (!lookup->values->hostname)
		return sshoal__config_no_memory(lookup);
	lookup->name = lookup->values->hostname;
	return 0;
}

static int expand_value(const struct lookup *lookup, struct config_value *value,
			const struct config_tokens *tokens)
{
	sshoal_error why = { .code = 0 };
	char *expanded = NULL;
	int rc = (value->keyword->flags & CONFIG_PATH) ?
			 sshoal__config_expand_path(&expanded, value->text,
						    tokens, &why) :
			 sshoal__config_expand(&expanded, value->text, tokens,
					       CONFIG_TOKENS_PROXY, &why);
	if (rc)
		return sshoal__config_at_line(lookup, value->line, rc, &why);
	if (strcmp(expanded, value->text) != 0) {
		value->text =
			sshoal__config_values_text(lookup->values, expanded);
		rc = value->text ? 0 : sshoal__config_no_memory(lookup);
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
	int rc = sshoal__config_tokens(&tokens, lookup, values->hostname,
				       lookup->query->host);
	for (size_t i = 0; i < values->count && rc == 0; i++)
		if (values->list[i].keyword->flags &
		    (CONFIG_PATH | CONFIG_TOKENS))
			rc = expand_value(lookup, &values->list[i], &tokens);
	return rc;
}

/* Lists the files of a keyword that are there; ssh passes over the others. */
static int list_files(const struct lookup *lookup, enum config_id id,
		      const char ***files, size_t *count)
{
	const struct config_values *values = lookup->values;
	*files = calloc(values->count + 1, sizeof **files);
	if (!*files)
		return sshoal__config_no_memory(lookup);
	for (size_t i = 0; i < values->count; i++) {
		const struct config_value *value = &values->list[i];
		if (value->keyword->id == id &&
		    strcasecmp(value->text, "none") != 0 &&
		    access(value->text, F_OK) == 0)
			(*files)[(*count)++] = value->text;
	}
	return 0;
}

static int list_keys(const struct lookup *lookup)
{
	struct config_values *values = lookup->values;
	int rc = list_files(lookup, CONFIG_IDENTITY_FILE, &values->key_files,
			    &values->key_file_count);
	return rc ? rc :
		    list_files(lookup, CONFIG_CERTIFICATE_FILE,
			       &values->certificate_files,
			       &values->certificate_file_count);
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
			    struct sshoal_config *config,
			    const struct config_query *query,
			    sshoal_error *error)
{
	struct lookup lookup = {
		.config = config,
		.late = &config->late,
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
