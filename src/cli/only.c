/* SPDX-License-Identifier: MIT */
#include "cli/only.h"

#include <string.h>

#include "cli/refusal.h"

/* A list of what a host can have come to; who is in any of it is meant. */

static bool is_word(const char *text, size_t n, const char *word)
{
	return word && strlen(word) == n && memcmp(text, word, n) == 0;
}

/* Nothing was run there, and the host is to blame or the way to it. */
static void add_no_contact(struct only *only)
{
	for (int i = SSHOAL_STATUS_DNS; i <= SSHOAL_STATUS_CHANNEL; i++)
		only->statuses[i] = true;
}

static bool add_ran(struct only *only, const char *text, size_t n)
{
	static const char lead[] = "ran=";
	size_t skip = sizeof lead - 1;
	if (n < skip || memcmp(text, lead, skip) != 0)
		return false;
	for (int i = SSHOAL_RAN_NO; i <= SSHOAL_RAN_YES; i++) {
		if (!is_word(text + skip, n - skip, sshoal_ran_name(i)))
			continue;
		only->rans[i] = true;
		return true;
	}
	return false;
}

static bool add(struct only *only, const char *text, size_t n)
{
	if (is_word(text, n, "no-contact")) {
		add_no_contact(only);
		return true;
	}
	if (is_word(text, n, "unfinished")) {
		only->statuses[CHAIN_UNFINISHED] = true;
		return true;
	}
	for (int i = 0; i < SSHOAL_STATUS_COUNT; i++) {
		if (!is_word(text, n, sshoal_status_name(i)))
			continue;
		only->statuses[i] = true;
		return true;
	}
	return add_ran(only, text, n);
}

int sshoal__only_parse(struct only *only, const char *text, sshoal_error *error)
{
	*only = (struct only){ .rans = { false } };
	if (!text) {
		for (int i = 0; i < CHAIN_STATUS_COUNT; i++)
			only->statuses[i] = i != SSHOAL_STATUS_OK;
		return 0;
	}
	for (;;) {
		size_t n = strcspn(text, ",");
		if (!add(only, text, n))
			return sshoal__refuse(
				error,
				"--only \"%.*s\": write words of STATUS such "
				"as failed,timeout, no-contact, unfinished, or "
				"ran=no, ran=unknown, ran=yes",
				n > 60 ? 60 : (int)n, text);
		if (!text[n])
			return 0;
		text += n + 1;
	}
}

bool sshoal__only_has(const struct only *only, const struct chain_host *host)
{
	return only->statuses[host->status] || only->rans[host->ran];
}
