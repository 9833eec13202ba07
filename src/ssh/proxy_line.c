/* SPDX-License-Identifier: MIT */
#include "ssh/proxy_line.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "inventory/config_tokens.h"
#include "inventory/name.h"

/* A shell reads the line, and nothing in it is quoted: no name that a shell
 * could take for something else gets there. */

int sshoal__proxy_line(char **line, const char *command, const char *host,
		       const char *typed, uint32_t port, const char *user,
		       sshoal_error *error)
{
	char number[16];
	(void)snprintf(number, sizeof number, "%u", port);
	const struct config_tokens tokens = {
		.host = host,
		.original = typed,
		.user = user ? user : "",
		.port = number,
	};
	if (!sshoal__name_is_safe_host(host) ||
	    !sshoal__name_is_safe_host(typed))
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "%.200s: no name that may stand in a "
					 "proxy command",
					 host);
	if (user && !sshoal__name_is_safe_user(user))
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "%.200s: no user that may stand in a "
					 "proxy command",
					 user);
	int rc = sshoal__config_expand(line, command, &tokens,
				       CONFIG_TOKENS_PROXY, error);
	return rc ? sshoal__error_prefix(error, "proxy command") : 0;
}

bool sshoal__proxy_passes_fd(const struct config_values *values)
{
	const struct config_value *value = sshoal__config_values_get(
		values, sshoal__config_keyword_find("ProxyUseFdpass"), 0);
	return value && strcmp(value->text, "yes") == 0;
}

int sshoal__proxy_refuse_fd(sshoal_error *error)
{
	return sshoal__error_set(error, SSHOAL_EUNSUPPORTED,
				 "ProxyUseFdpass yes is not supported: give it "
				 "a ProxyCommand that passes the bytes on, "
				 "such as nc %%h %%p");
}
