/* SPDX-License-Identifier: MIT */
#include "fleet/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/options.h"
#include "inventory/config.h"
#include "ssh/client_options.h"
#include "ssh/login_options.h"

#include <sshoal/secret.h>

/* Options are copied member by member where they point somewhere, so that a
 * caller's strings may go as soon as the call returned. */

#define LOGINS_MOST 65536

int sshoal__settings_client(sshoal_client_options *own,
			    const sshoal_client_options *given,
			    sshoal_error *error)
{
	int rc = sshoal__client_options_take(own, given, error);
	return rc ? rc : sshoal__client_options_plain(own, error);
}

static const char *copy_text(const char *text, bool *failed)
{
	char *copy = text ? strdup(text) : NULL;
	*failed |= text && !copy;
	return copy;
}

static void fini_client(sshoal_client_options *client)
{
	free((void *)client->user);
	sshoal_secret_free((char *)client->password);
	sshoal_secret_free((char *)client->passphrase);
	free((void *)client->key_file);
	free((void *)client->known_hosts_file);
	free((void *)client->jump);
	free((void *)client->proxy_command);
	for (size_t i = 0; i < client->key_file_count && client->key_files; i++)
		free((void *)client->key_files[i]);
	free((void *)client->key_files);
	sshoal__login_options_fini(client);
}

/* Key objects and the host are a single target's. */
static int own_client(sshoal_client_options *own,
		      const sshoal_client_options *given)
{
	bool failed = false;
	const char **files = calloc(given->key_file_count + 1, sizeof *files);
	for (size_t i = 0; files && i < given->key_file_count; i++)
		files[i] = copy_text(given->key_files[i], &failed);
	*own = *given;
	own->host = NULL;
	own->keys = NULL;
	own->key_count = 0;
	own->user = copy_text(given->user, &failed);
	own->password = copy_text(given->password, &failed);
	own->passphrase = copy_text(given->passphrase, &failed);
	own->key_file = copy_text(given->key_file, &failed);
	own->known_hosts_file = copy_text(given->known_hosts_file, &failed);
	own->jump = copy_text(given->jump, &failed);
	own->proxy_command = copy_text(given->proxy_command, &failed);
	own->key_files = files;
	failed |= sshoal__login_options_copy(own, given) != 0;
	return failed || !files ? SSHOAL_ENOMEM : 0;
}

static int check(const sshoal_fleet_options *options, sshoal_error *error)
{
	const struct {
		const char *name;
		uint32_t value, most;
	} members[] = {
		{ "parallel", options->parallel, 1000000 },
		{ "logins", options->logins, LOGINS_MOST },
		{ "logins_per_address", options->logins_per_address,
		  LOGINS_MOST },
		{ "connect_rate", options->connect_rate, 1000000 },
		{ "retries", options->retries, 1000 },
		{ "flags", options->flags,
		  SSHOAL_FLEET_NO_PASSWORD_PROBE | SSHOAL_FLEET_CUT_OUTPUT },
		{ "serial_percent", options->serial_percent, 100 },
		{ "has_max_fail", options->has_max_fail, 1 },
		{ "max_fail_percent", options->max_fail_percent, 100 },
	};
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (members[i].value > members[i].most)
			return sshoal__error_set(
				error, SSHOAL_EINVAL,
				"fleet options.%s: %u is over %u",
				members[i].name, members[i].value,
				members[i].most);
	return 0;
}

/* The caller's texts of the checks become the fleet's. What has failed before
 * leaves none. */
static int own_checks(sshoal_fleet_options *options, int rc,
		      sshoal_error *error)
{
	bool failed = false;
	const char *remote = options->check;
	const char *local = options->check_local;
	options->check = NULL;
	options->check_local = NULL;
	if (rc)
		return rc;
	if ((remote && !*remote) || (local && !*local))
		return sshoal__error_set(
			error, SSHOAL_EINVAL, "fleet options.%s: it is empty",
			remote && !*remote ? "check" : "check_local");
	options->check = copy_text(remote, &failed);
	options->check_local = copy_text(local, &failed);
	return failed ? sshoal__error_code(error, SSHOAL_ENOMEM) : 0;
}

static int fill(struct settings *settings, const sshoal_fleet_options *given,
		sshoal_error *error)
{
	sshoal_fleet_options *options = &settings->options;
	int rc = 0;
	if (given)
		rc = sshoal__options_copy(options, sizeof *options,
					  FLEET_OPTIONS_FIRST_SIZE, given,
					  error);
	rc = own_checks(options, rc, error);
	if (rc == 0)
		rc = check(options, error);
	sshoal_client_options defaults;
	sshoal_client_options overrides;
	if (rc == 0)
		rc = sshoal__settings_client(&defaults, options->defaults,
					     error);
	if (rc == 0)
		rc = sshoal__settings_client(&overrides, options->overrides,
					     error);
	if (rc)
		return rc;
	settings->config = sshoal__config_ref(options->config);
	if (own_client(&settings->defaults, &defaults) == 0 &&
	    own_client(&settings->overrides, &overrides) == 0)
		return 0;
	return sshoal__error_code(error, SSHOAL_ENOMEM);
}

int sshoal__settings_new(struct settings **settings,
			 const sshoal_fleet_options *given, sshoal_error *error)
{
	struct settings *made = calloc(1, sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	atomic_init(&made->refs, 1);
	made->options = (sshoal_fleet_options)SSHOAL_FLEET_OPTIONS_INIT;
	int rc = fill(made, given, error);
	if (rc) {
		sshoal__settings_free(made);
		return rc;
	}
	*settings = made;
	return 0;
}

struct settings *sshoal__settings_ref(struct settings *settings)
{
	(void)atomic_fetch_add(&settings->refs, 1);
	return settings;
}

void sshoal__settings_free(struct settings *settings)
{
	if (!settings || atomic_fetch_sub(&settings->refs, 1) != 1)
		return;
	free((void *)settings->options.check);
	free((void *)settings->options.check_local);
	fini_client(&settings->defaults);
	fini_client(&settings->overrides);
	sshoal_config_free(settings->config);
	free(settings);
}
