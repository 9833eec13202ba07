/* SPDX-License-Identifier: MIT */
#include "inventory/config_lookup.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "inventory/name.h"

/* What a look-up knows at any point of it. Names are checked before they get
 * into a text. */

int sshoal__config_no_memory(const struct lookup *lookup)
{
	return sshoal__error_code(lookup->error, SSHOAL_ENOMEM);
}

int sshoal__config_at_line(const struct lookup *lookup,
			   const struct config_line *line, int code,
			   const sshoal_error *why)
{
	if (!line)
		return sshoal__error_set(lookup->error, code, "%s", why->text);
	return sshoal__place_error(lookup->error, code, line->place, "%s: %s",
				   line->keyword->name, why->text);
}

const char *sshoal__config_so_far(const struct lookup *lookup,
				  enum config_id id)
{
	return sshoal__config_values_first(lookup->values, id);
}

const char *sshoal__config_user(const struct lookup *lookup)
{
	const char *user = sshoal__config_so_far(lookup, CONFIG_USER);
	return user ? user : lookup->config->self.user;
}

bool sshoal__config_is_jump(const char *jump)
{
	return jump && strcasecmp(jump, "none") != 0;
}

int sshoal__config_host(char **host, const struct lookup *lookup)
{
	const struct config_value *value = sshoal__config_values_get(
		lookup->values, sshoal__config_keyword_of(CONFIG_HOSTNAME), 0);
	if (lookup->is_final || !value) {
		*host = strdup(lookup->name);
		return *host ? 0 : sshoal__config_no_memory(lookup);
	}
	const struct config_tokens tokens = { .host = lookup->name };
	sshoal_error why = { .code = 0 };
	int rc = sshoal__config_expand(host, value->text, &tokens,
				       CONFIG_TOKENS_HOST, &why);
	if (rc)
		return sshoal__config_at_line(lookup, value->line, rc, &why);
	if (sshoal__name_is_safe_host(*host))
		return 0;
	free(*host);
	return sshoal__config_line_wrong(value->line, lookup->error,
					 "HostName %s: no host has such a name",
					 value->text);
}

int sshoal__config_tokens(struct config_tokens *tokens,
			  const struct lookup *lookup, const char *host,
			  const char *unnamed)
{
	const char *alias =
		sshoal__config_so_far(lookup, CONFIG_HOST_KEY_ALIAS);
	const char *port = sshoal__config_so_far(lookup, CONFIG_PORT);
	bool has_jump = sshoal__config_is_jump(
		sshoal__config_so_far(lookup, CONFIG_PROXY_JUMP));
	*tokens = (struct config_tokens){
		.self = &lookup->config->self,
		.host = host,
		.original = lookup->query->host,
		.alias = alias ? alias : unnamed,
		.user = sshoal__config_user(lookup),
		.port = port ? port : "22",
		.jump = has_jump ? sshoal__config_so_far(lookup,
							 CONFIG_PROXY_JUMP) :
				   "",
	};
	if (!sshoal__name_is_safe_user(tokens->user))
		return sshoal__error_set(lookup->error, SSHOAL_EINVAL,
					 "%s: no user has such a name",
					 tokens->user);
	return sshoal__config_tokens_hash(tokens) == 0 ?
		       0 :
		       sshoal__config_no_memory(lookup);
}
