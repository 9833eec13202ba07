/* SPDX-License-Identifier: MIT */
#include "auth/default_keys.h"

#include "base/error.h"

void sshoal__default_keys_load(struct default_keys *keys,
			       const char *passphrase,
			       default_key_skipped_fn *skipped, void *data)
{
	static const char *const files[DEFAULT_KEYS_MAX] = {
		"~/.ssh/id_rsa",
		"~/.ssh/id_ecdsa",
		"~/.ssh/id_ed25519",
	};
	keys->count = 0;
	for (size_t i = 0; i < DEFAULT_KEYS_MAX; i++) {
		sshoal_error error;
		int rc = sshoal_key_load_file(&keys->list[keys->count],
					      files[i], passphrase, &error);
		if (rc == 0)
			keys->count++;
		else if (rc != SSHOAL_ENOENT) {
			(void)sshoal__error_prefix(&error,
						   "default key not used");
			skipped(data, rc, error.text);
		}
	}
}

void sshoal__default_keys_fini(struct default_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		sshoal_key_free(keys->list[i]);
	keys->count = 0;
}
