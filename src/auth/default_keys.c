/* SPDX-License-Identifier: MIT */
#include "auth/default_keys.h"

#include "base/error.h"

void sshoal__default_keys_load(struct default_keys *keys,
			       const struct login_key_plan *plan)
{
	static const char *const files[DEFAULT_KEYS_MAX] = {
		"~/.ssh/id_rsa",
		"~/.ssh/id_ecdsa",
		"~/.ssh/id_ed25519",
	};
	keys->count = 0;
	for (size_t i = 0; i < DEFAULT_KEYS_MAX; i++) {
		sshoal_error error;
		int rc = sshoal__login_key_load(&keys->list[keys->count],
						files[i], plan, &error);
		if (rc == 0)
			keys->count++;
		else if (rc != SSHOAL_ENOENT) {
			(void)sshoal__error_prefix(&error,
						   "default key not used");
			plan->skipped(plan->data, rc, error.text);
		}
	}
}

void sshoal__default_keys_fini(struct default_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		sshoal_key_free(keys->list[i]);
	keys->count = 0;
}
