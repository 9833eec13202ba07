/* SPDX-License-Identifier: MIT */
#include "inventory/config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/options.h"

/* What a config's values are among a client's options. Only what the program
 * has not set is set. */

/* The options of the first release end with this member. */
#define FIRST_SIZE \
	(offsetof(sshoal_client_options, use_default_keys) + sizeof(uint32_t))

static const char *first(const struct config_values *values, const char *name)
{
	const struct config_value *value = sshoal__config_values_get(
		values, sshoal__config_keyword_find(name), 0);
	return value ? value->text : NULL;
}

int sshoal__config_check_trust(const struct config_values *values,
			       sshoal_error *error)
{
	static const enum config_id ids[] = {
		CONFIG_KNOWN_HOSTS_COMMAND,
		CONFIG_REVOKED_HOST_KEYS,
		CONFIG_VERIFY_HOST_KEY_DNS,
	};
	const struct config_value *refusal = sshoal__config_values_get(
		values, sshoal__config_keyword_of(CONFIG_REFUSE_CONNECTION), 0);
	if (refusal)
		return sshoal__place_error(
			error, SSHOAL_EUNSUPPORTED, refusal->line->place,
			"RefuseConnection: %.200s", refusal->text);
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		const struct config_value *value = sshoal__config_values_get(
			values, sshoal__config_keyword_of(ids[i]), 0);
		if (value && strcmp(value->text, "no") != 0)
			return sshoal__place_error(
				error, SSHOAL_EUNSUPPORTED, value->line->place,
				"%s is not supported, and host keys would be "
				"checked less strictly without it",
				value->keyword->name);
	}
	return 0;
}

static uint32_t policy_of(const char *word)
{
	if (!word)
		return SSHOAL_HOST_KEY_DEFAULT;
	return strcmp(word, "yes") == 0 || strcmp(word, "ask") == 0 ?
		       SSHOAL_HOST_KEY_STRICT :
		       SSHOAL_HOST_KEY_ACCEPT_NEW;
}

/* Seconds as milliseconds; 0 where nothing is set. */
static int64_t ms_of(const char *seconds)
{
	return seconds ? strtoll(seconds, NULL, 10) * 1000 : 0;
}

static uint32_t number_of(const char *text)
{
	return text ? (uint32_t)strtoul(text, NULL, 10) : 0;
}

static void fill_times(sshoal_client_options *options,
		       const struct config_values *values)
{
	const char *connect = first(values, "ConnectTimeout");
	int64_t interval_ms = ms_of(first(values, "ServerAliveInterval"));
	if (options->connect_timeout_ms == 0 && connect)
		options->connect_timeout_ms =
			ms_of(connect) ? ms_of(connect) : -1;
	/* The client asks at most every other second. */
	if (options->keepalive_interval_ms == 0)
		options->keepalive_interval_ms =
			interval_ms == 1000 ? 2000 : interval_ms;
	if (options->keepalive_count == 0)
		options->keepalive_count =
			number_of(first(values, "ServerAliveCountMax"));
}

static bool is_yes(const struct config_values *values, const char *name)
{
	const char *text = first(values, name);
	return text && strcmp(text, "yes") == 0;
}

static uint32_t disabled_methods(const struct config_values *values)
{
	static const struct {
		const char *keyword;
		enum sshoal_login_method method;
	} methods[] = {
		{ "PubkeyAuthentication", SSHOAL_LOGIN_PUBLICKEY },
		{ "PasswordAuthentication", SSHOAL_LOGIN_PASSWORD },
		{ "KbdInteractiveAuthentication",
		  SSHOAL_LOGIN_KEYBOARD_INTERACTIVE },
	};
	uint32_t disabled = 0;
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		const char *text = first(values, methods[i].keyword);
		if (text && strcmp(text, "no") == 0)
			disabled |= (uint32_t)methods[i].method;
	}
	return disabled;
}

void sshoal__config_fill_login(sshoal_client_options *options,
			       const struct config_values *values)
{
	if (!options->certificate_files &&
	    options->certificate_file_count == 0 &&
	    values->certificate_file_count > 0) {
		options->certificate_files = values->certificate_files;
		options->certificate_file_count =
			values->certificate_file_count;
	}
	if (!options->agent_path)
		options->agent_path = first(values, "IdentityAgent");
	if (!options->preferred_authentications)
		options->preferred_authentications =
			first(values, "PreferredAuthentications");
	if (!options->pubkey_accepted_algorithms)
		options->pubkey_accepted_algorithms =
			first(values, "PubkeyAcceptedAlgorithms");
	if (options->disabled_methods == 0)
		options->disabled_methods = disabled_methods(values);
	if (options->identities_only == 0)
		options->identities_only = is_yes(values, "IdentitiesOnly");
	if (options->password_prompts == 0)
		options->password_prompts =
			number_of(first(values, "NumberOfPasswordPrompts"));
	if (options->batch_mode == 0)
		options->batch_mode = is_yes(values, "BatchMode");
}

static void fill(sshoal_client_options *options, const char *host,
		 const struct config_values *values)
{
	const char *known_hosts = first(values, "UserKnownHostsFile");
	if (!options->host || strcmp(options->host, host) == 0)
		options->host = values->hostname;
	if (!options->user)
		options->user = first(values, "User");
	if (options->port == 0)
		options->port = number_of(first(values, "Port"));
	if (!options->key_files && options->key_file_count == 0 &&
	    values->key_file_count > 0) {
		options->key_files = values->key_files;
		options->key_file_count = values->key_file_count;
	}
	if (!options->known_hosts_file && known_hosts)
		options->known_hosts_file =
			strcasecmp(known_hosts, "none") == 0 ? "/dev/null" :
							       known_hosts;
	if (options->host_key_policy == SSHOAL_HOST_KEY_DEFAULT)
		options->host_key_policy =
			policy_of(first(values, "StrictHostKeyChecking"));
	fill_times(options, values);
	sshoal__config_fill_login(options, values);
}

int sshoal__config_fill(sshoal_client_options *options, const char *host,
			const struct config_values *values, sshoal_error *error)
{
	int rc = sshoal__config_check_trust(values, error);
	if (rc)
		return rc;
	sshoal_client_options own = SSHOAL_CLIENT_OPTIONS_INIT;
	rc = sshoal__options_copy(&own, sizeof own, FIRST_SIZE, options, error);
	if (rc)
		return rc;
	fill(&own, host, values);
	/* A program of an older release has a shorter struct. */
	size_t size = options->size;
	memcpy(options, &own, size < sizeof own ? size : sizeof own);
	options->size = size;
	return 0;
}
