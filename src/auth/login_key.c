/* SPDX-License-Identifier: MIT */
#include "auth/login_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/certificate.h>

#include "base/error.h"

/* What ssh(1) finds beside a key file is found here too. */

static char *beside(const char *path, const char *suffix)
{
	size_t size = strlen(path) + strlen(suffix) + 1;
	char *made = malloc(size);
	if (made)
		(void)snprintf(made, size, "%s%s", path, suffix);
	return made;
}

/* The public part, for a key that only the agent may open. Fails as the private
 * one did. */
static int load_public(sshoal_key **key, const char *path, int code)
{
	char *file = beside(path, ".pub");
	sshoal_error ignored;
	int rc = file ? sshoal_key_load_public_file(key, file, &ignored) : code;
	free(file);
	return rc ? code : 0;
}

static int load_plain(sshoal_key **key, const char *path,
		      const struct login_key_plan *plan, sshoal_error *error)
{
	int rc = sshoal_key_load_file(key, path, plan->passphrase, error);
	if (rc == SSHOAL_EPASSPHRASE && plan->has_agent && !plan->passphrase)
		rc = load_public(key, path, rc);
	return rc;
}

int sshoal__login_key_load(sshoal_key **key, const char *path,
			   const struct login_key_plan *plan,
			   sshoal_error *error)
{
	sshoal_key *plain = NULL;
	int rc = load_plain(&plain, path, plan, error);
	if (rc)
		return rc;
	char *file = beside(path, "-cert.pub");
	if (!file) {
		sshoal_key_free(plain);
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	sshoal_error own = { .code = 0 };
	sshoal_key *certified = NULL;
	rc = sshoal_key_attach_certificate(&certified, plain, file, &own);
	free(file);
	if (rc == 0) {
		sshoal_key_free(plain);
		*key = certified;
		return 0;
	}
	if (rc != SSHOAL_ENOENT && plan->skipped) {
		(void)sshoal__error_prefix(&own, "certificate not used");
		plan->skipped(plan->data, rc, own.text);
	}
	*key = plain;
	return 0;
}

int sshoal__login_key_load_certificate(sshoal_key **key, const char *path,
				       sshoal_error *error)
{
	sshoal_key *made = NULL;
	int rc = sshoal_key_load_public_file(&made, path, error);
	if (rc)
		return rc;
	if (!sshoal_key_certificate_kind(made)) {
		sshoal_key_free(made);
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "%s: it holds no certificate", path);
	}
	*key = made;
	return 0;
}
