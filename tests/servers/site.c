/* SPDX-License-Identifier: MIT */
#include "servers/site.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int make_files(struct site *site)
{
	const struct keypair_plan ed25519 = { .type = "ed25519" };
	const struct passwd *self = getpwuid(getuid());
	if (!self || scratch_new(&site->scratch))
		return -1;
	(void)snprintf(site->user, sizeof site->user, "%s", self->pw_name);
	scratch_path(site->key, site->scratch, "key");
	scratch_path(site->host_key, site->scratch, "host_key");
	scratch_path(site->known_hosts, site->scratch, "known_hosts");
	scratch_path(site->authorized_keys, site->scratch, "authorized_keys");
	if (keypair_make(site->key, &ed25519) ||
	    keypair_make(site->host_key, &ed25519))
		return -1;
	return keypair_publish(site->key, site->authorized_keys, "%s", "");
}

int site_start(struct site *site, const struct sshd_plan *plan)
{
	*site = (struct site){ .scratch = NULL };
	struct sshd_plan own =
		plan ? *plan : (struct sshd_plan){ .max_startups = 0 };
	if (make_files(site)) {
		site_stop(site);
		return -1;
	}
	if (!own.host_keys[0])
		own.host_keys[0] = site->host_key;
	if (!own.authorized_keys)
		own.authorized_keys = site->authorized_keys;
	if (sshd_start(&site->sshd, site->scratch, &own) ||
	    keypair_publish(own.host_keys[0], site->known_hosts, "[127.*]:%u ",
			    (unsigned)site->sshd.port)) {
		site_stop(site);
		return -1;
	}
	return 0;
}

void site_stop(struct site *site)
{
	sshd_stop(&site->sshd);
	scratch_free(site->scratch);
	site->scratch = NULL;
}

sshoal_client_options site_options(const struct site *site, const char *host)
{
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.host = host;
	options.user = site->user;
	options.port = site->sshd.port;
	options.key_file = site->key;
	options.known_hosts_file = site->known_hosts;
	options.connect_timeout_ms = SITE_LIMIT_MS;
	options.login_timeout_ms = SITE_LIMIT_MS;
	return options;
}

int site_setup(void **state)
{
	struct site *site = calloc(1, sizeof *site);
	if (!site || site_start(site, NULL)) {
		free(site);
		return -1;
	}
	*state = site;
	return 0;
}

int site_teardown(void **state)
{
	struct site *site = *state;
	site_stop(site);
	free(site);
	return 0;
}
