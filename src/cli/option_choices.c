/* SPDX-License-Identifier: MIT */
#include "cli/option_choices.h"

#include <stddef.h>

#include <sshoal/client.h>
#include <sshoal/key.h>

#include "cli/options.h"

const struct choice sshoal__choices_policies[] = {
	{ "strict", SSHOAL_HOST_KEY_STRICT },
	{ "accept-new", SSHOAL_HOST_KEY_ACCEPT_NEW },
	{ "off", SSHOAL_HOST_KEY_OFF },
	{ NULL, 0 },
};

const struct choice sshoal__choices_key_types[] = {
	{ "rsa", SSHOAL_KEY_RSA },
	{ "ecdsa", SSHOAL_KEY_ECDSA },
	{ "ed25519", SSHOAL_KEY_ED25519 },
	{ NULL, 0 },
};

const struct choice sshoal__choices_outputs[] = {
	{ "lines", OUTPUT_LINES },
	{ "host", OUTPUT_HOST },
	{ "group", OUTPUT_GROUP },
	{ "failed", OUTPUT_FAILED },
	{ "json", OUTPUT_JSON },
	{ "none", OUTPUT_NONE },
	{ NULL, 0 },
};

const struct choice sshoal__choices_progresses[] = {
	{ "auto", PROGRESS_AUTO },
	{ "always", PROGRESS_ALWAYS },
	{ "never", PROGRESS_NEVER },
	{ NULL, 0 },
};
