/* SPDX-License-Identifier: MIT */
#include "ssh/login_options.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/error.h>

/* Zero is unset for all of them. */

static const char *copy_text(const char *text, bool *failed)
{
	char *copy = text ? strdup(text) : NULL;
	*failed |= text && !copy;
	return copy;
}

int sshoal__login_options_copy(sshoal_client_options *own,
			       const sshoal_client_options *given)
{
	bool failed = false;
	own->agent_path = copy_text(given->agent_path, &failed);
	own->preferred_authentications =
		copy_text(given->preferred_authentications, &failed);
	own->pubkey_accepted_algorithms =
		copy_text(given->pubkey_accepted_algorithms, &failed);
	own->disabled_methods = given->disabled_methods;
	own->identities_only = given->identities_only;
	own->password_prompts = given->password_prompts;
	own->batch_mode = given->batch_mode;
	own->certificate_files = NULL;
	own->certificate_file_count = 0;
	if (given->certificate_file_count == 0)
		return failed ? SSHOAL_ENOMEM : 0;
	const char **files =
		calloc(given->certificate_file_count, sizeof *files);
	if (!files)
		return SSHOAL_ENOMEM;
	own->certificate_files = files;
	own->certificate_file_count = given->certificate_file_count;
	for (size_t i = 0; i < given->certificate_file_count; i++)
		files[i] = copy_text(given->certificate_files[i], &failed);
	return failed ? SSHOAL_ENOMEM : 0;
}

void sshoal__login_options_fini(sshoal_client_options *own)
{
	free((void *)own->agent_path);
	free((void *)own->preferred_authentications);
	free((void *)own->pubkey_accepted_algorithms);
	for (size_t i = 0; i < own->certificate_file_count; i++)
		free((void *)own->certificate_files[i]);
	free((void *)own->certificate_files);
}

void sshoal__login_options_add(sshoal_client_options *own,
			       const sshoal_client_options *weaker)
{
	if (own->certificate_file_count == 0) {
		own->certificate_files = weaker->certificate_files;
		own->certificate_file_count = weaker->certificate_file_count;
	}
	if (!own->agent_path)
		own->agent_path = weaker->agent_path;
	if (!own->preferred_authentications)
		own->preferred_authentications =
			weaker->preferred_authentications;
	if (!own->pubkey_accepted_algorithms)
		own->pubkey_accepted_algorithms =
			weaker->pubkey_accepted_algorithms;
	if (!own->disabled_methods)
		own->disabled_methods = weaker->disabled_methods;
	if (!own->identities_only)
		own->identities_only = weaker->identities_only;
	if (!own->password_prompts)
		own->password_prompts = weaker->password_prompts;
	if (!own->batch_mode)
		own->batch_mode = weaker->batch_mode;
}
