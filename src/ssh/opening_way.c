/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/error.h"
#include "inventory/config_values.h"
#include "ssh/bastion.h"
#include "ssh/opening.h"
#include "ssh/proxy_line.h"

/*
 * The way to a host that is not reached directly. A socket or a bastion that
 * was given is stronger than options, and these are stronger than ssh_config.
 * What logs in to a jump host is its own: agent, default keys, and what
 * ssh_config says of it.
 */

void sshoal__opening_configure_way(struct opening *opening,
				   const struct config_values *values)
{
	opening->config_jump =
		sshoal__config_values_first(values, CONFIG_PROXY_JUMP);
	opening->config_command =
		sshoal__config_values_first(values, CONFIG_PROXY_COMMAND);
	opening->passes_fd = sshoal__proxy_passes_fd(values);
}

static bool is_some(const char *text)
{
	return text && strcasecmp(text, "none") != 0;
}

static int find_jump(struct opening *opening, const char *text,
		     bool is_configured, sshoal_error *error)
{
	size_t at = 0;
	const char *why = sshoal__jump_init(&opening->jump, text, &at);
	if (why && at == SIZE_MAX)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	if (why)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "%.200s: jump \"%.100s\": %s",
					 opening->typed, text, why);
	/* One of its own jump hosts is reached directly. */
	if (is_configured && sshoal__jump_has(&opening->jump, opening->typed))
		opening->jump.count = 0;
	return 0;
}

static int find_command(struct opening *opening, const char *command,
			sshoal_error *error)
{
	const sshoal_client_options *own = &opening->options;
	return sshoal__proxy_line(&opening->proxy_command, command, own->host,
				  opening->typed, own->port, opening->user,
				  error);
}

int sshoal__opening_find_way(struct opening *opening, sshoal_error *error)
{
	const sshoal_client_options *own = &opening->options;
	if (own->fd || own->bastion)
		return 0;
	bool is_given = own->jump || own->proxy_command;
	const char *jump = is_given ? own->jump : opening->config_jump;
	if (is_some(jump))
		return find_jump(opening, jump, !is_given, error);
	if (is_given && is_some(own->proxy_command))
		return find_command(opening, own->proxy_command, error);
	if (is_given || !is_some(opening->config_command))
		return 0;
	if (opening->passes_fd) {
		(void)sshoal__proxy_refuse_fd(error);
		return sshoal__error_prefix(error, "%.200s", opening->typed);
	}
	opening->proxy_command = strdup(opening->config_command);
	return opening->proxy_command ?
		       0 :
		       sshoal__error_code(error, SSHOAL_ENOMEM);
}

/* What a jump host is opened with. */
static sshoal_client_options hop_options(const struct opening *opening,
					 const struct jump_hop *hop)
{
	const sshoal_client_options *own = &opening->options;
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.host = hop->name;
	options.user = hop->user;
	options.port = hop->port;
	options.passphrase = own->passphrase;
	options.use_agent = own->use_agent;
	options.use_default_keys = own->use_default_keys;
	options.known_hosts_file = opening->given_known_hosts;
	options.host_key_policy = opening->given_policy;
	options.connect_timeout_ms = opening->given_connect_ms;
	options.login_timeout_ms = own->login_timeout_ms;
	options.ssh_config_file = own->ssh_config_file;
	options.cancel = own->cancel;
	options.host_key = own->host_key;
	options.prompt = own->prompt;
	options.log = own->log;
	options.data = own->data;
	return options;
}

int sshoal__opening_jump(struct opening *opening, sshoal_error *error)
{
	size_t depth = opening->depth + opening->jump.count;
	if (depth > JUMP_HOPS_MAX)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "more than %d jump hosts before it, "
					 "or they go round in a circle",
					 JUMP_HOPS_MAX);
	for (size_t i = 0; i < opening->jump.count; i++) {
		const struct jump_hop *hop = &opening->jump.hops[i];
		sshoal_client_options options = hop_options(opening, hop);
		options.bastion = opening->jumped;
		sshoal_bastion *next = NULL;
		sshoal_error why = { .code = 0 };
		int rc = sshoal__bastion_open(&next, &options, depth, &why);
		if (rc)
			return sshoal__error_set(error, rc, "jump host %.480s",
						 why.text);
		/* The next one keeps it. */
		sshoal_bastion_close(opening->jumped);
		opening->jumped = next;
	}
	opening->options.bastion = opening->jumped;
	opening->connect_deadline_ms =
		sshoal__deadline_in(opening->connect_timeout_ms);
	return 0;
}
