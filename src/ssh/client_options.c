/* SPDX-License-Identifier: MIT */
#include "ssh/client_options.h"

#include <stdbool.h>
#include <stddef.h>

#include "auth/key.h"
#include "base/error.h"
#include "base/options.h"
#include "inventory/jump.h"
#include "inventory/name.h"

/* What the struct had in its first release ended before this member. */
#define FIRST_SIZE offsetof(sshoal_client_options, ssh_config_file)

#define KEEPALIVE_LEAST_MS 2000
#define CHANNELS_MOST 1000
#define PROMPTS_MOST 100
#define METHODS_ALL \
	((uint32_t)SSHOAL_LOGIN_PUBLICKEY | SSHOAL_LOGIN_PASSWORD | \
	 SSHOAL_LOGIN_KEYBOARD_INTERACTIVE)

static int wrong(sshoal_error *error, const char *member, const char *why)
{
	return sshoal__error_set(error, SSHOAL_EINVAL, "options.%s: %s", member,
				 why);
}

/* Names from options are held to the rules of those in hosts files. */
static int check_names(const sshoal_client_options *own, sshoal_error *error)
{
	size_t at;
	const char *why = NULL;
	if (own->user)
		why = sshoal__name_fault_user(own->user, &at);
	if (why)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "options.user: \"%.60s\": %s",
					 own->user, why);
	if (own->host && *own->host && !sshoal__name_is_ipv6(own->host))
		why = sshoal__name_fault_host(own->host, &at);
	if (why)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "options.host: \"%.60s\": %s",
					 own->host, why);
	return 0;
}

static int check_jump(const sshoal_client_options *own, sshoal_error *error)
{
	if (own->jump && own->proxy_command)
		return wrong(error, "jump",
			     "it stands beside options.proxy_command: set one "
			     "of them");
	if (!own->jump)
		return 0;
	struct jump jump;
	size_t at = 0;
	const char *why = sshoal__jump_init(&jump, own->jump, &at);
	sshoal__jump_fini(&jump);
	if (why && at == SIZE_MAX)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	if (why)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "jump \"%.200s\": column %zu: %s",
					 own->jump, at + 1, why);
	return 0;
}

static int check_limits(const sshoal_client_options *own, sshoal_error *error)
{
	if (own->connect_timeout_ms < -1 || own->login_timeout_ms < -1)
		return wrong(error, "connect_timeout_ms or login_timeout_ms",
			     "less than -1");
	if (own->keepalive_interval_ms != 0 &&
	    own->keepalive_interval_ms < KEEPALIVE_LEAST_MS)
		return wrong(error, "keepalive_interval_ms",
			     "less than 2000, which is 2 seconds");
	if (own->max_channels > CHANNELS_MOST)
		return wrong(error, "max_channels", "more than 1000");
	return 0;
}

static int check_login(const sshoal_client_options *own, sshoal_error *error)
{
	if (own->certificate_file_count && !own->certificate_files)
		return wrong(error, "certificate_files",
			     "a count without a list");
	for (size_t i = 0; i < own->certificate_file_count; i++)
		if (!own->certificate_files[i])
			return wrong(error, "certificate_files",
				     "one of them is NULL");
	if (own->disabled_methods & ~METHODS_ALL)
		return wrong(error, "disabled_methods", "there is none such");
	if (own->password_prompts > PROMPTS_MOST)
		return wrong(error, "password_prompts", "more than 100");
	return 0;
}

int sshoal__client_options_take(sshoal_client_options *own,
				const sshoal_client_options *given,
				sshoal_error *error)
{
	*own = (sshoal_client_options)SSHOAL_CLIENT_OPTIONS_INIT;
	int rc = sshoal__options_copy(own, sizeof *own, FIRST_SIZE, given,
				      error);
	if (rc)
		return rc;
	if (own->port > 65535)
		return wrong(error, "port", "more than 65535");
	if (own->host_key_policy > SSHOAL_HOST_KEY_OFF)
		return wrong(error, "host_key_policy", "there is none such");
	if (own->key_count && !own->keys)
		return wrong(error, "keys", "a count without a list");
	if (own->key_file_count && !own->key_files)
		return wrong(error, "key_files", "a count without a list");
	rc = sshoal__keys_check(own->keys, own->key_count, error);
	if (rc)
		return rc;
	for (size_t i = 0; i < own->key_file_count; i++)
		if (!own->key_files[i])
			return wrong(error, "key_files", "one of them is NULL");
	rc = check_names(own, error);
	if (rc == 0)
		rc = check_jump(own, error);
	if (rc == 0)
		rc = check_limits(own, error);
	return rc ? rc : check_login(own, error);
}

int sshoal__client_options_plain(const sshoal_client_options *options,
				 sshoal_error *error)
{
	const struct {
		const char *name;
		bool is_set;
	} members[] = {
		{ "ssh_config_file", options->ssh_config_file },
		{ "fd", options->fd },
		{ "bastion", options->bastion },
		{ "cancel", options->cancel },
		{ "host_key", options->host_key },
		{ "prompt", options->prompt },
		{ "log", options->log },
		{ "keepalive_interval_ms", options->keepalive_interval_ms },
		{ "max_channels", options->max_channels },
	};
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (members[i].is_set)
			return wrong(error, members[i].name,
				     "it is for one client, not for a fleet");
	return 0;
}
