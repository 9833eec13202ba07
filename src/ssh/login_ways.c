/* SPDX-License-Identifier: MIT */
#include "ssh/login_ways.h"

#include <stddef.h>
#include <string.h>

#include "base/pattern.h"

/* Passwords come before questions: where both ask for the same, the former
 * needs fewer messages. */
static const struct {
	enum sshoal_login_method method;
	const char *name;
} methods[] = {
	{ SSHOAL_LOGIN_PUBLICKEY, "publickey" },
	{ SSHOAL_LOGIN_PASSWORD, "password" },
	{ SSHOAL_LOGIN_KEYBOARD_INTERACTIVE, "keyboard-interactive" },
};

#define METHODS (sizeof methods / sizeof *methods)

struct login_ways sshoal__login_ways_of(const sshoal_client_options *options)
{
	return (struct login_ways){
		.preferred = options->preferred_authentications,
		.algorithms = options->pubkey_accepted_algorithms,
		.disabled = options->disabled_methods,
		.prompts = options->password_prompts,
		.identities_only = options->identities_only != 0,
	};
}

const char *sshoal__login_method_name(enum sshoal_login_method method)
{
	for (size_t i = 0; i < METHODS; i++)
		if (methods[i].method == method)
			return methods[i].name;
	return "";
}

/* The place of a word in a comma list, -1: it is not there. */
static int place_in(const char *list, const char *word)
{
	size_t n = strlen(word);
	int place = 0;
	while (*list) {
		size_t length = strcspn(list, ",");
		if (length == n && memcmp(list, word, n) == 0)
			return place;
		place++;
		list += length + (list[length] == ',');
	}
	return -1;
}

int sshoal__login_ways_rank(const struct login_ways *ways,
			    enum sshoal_login_method method)
{
	if (ways->disabled & (uint32_t)method)
		return -1;
	if (ways->preferred)
		return place_in(ways->preferred,
				sshoal__login_method_name(method));
	int rank = 0;
	while (methods[rank].method != method)
		rank++;
	return rank;
}

bool sshoal__algorithm_is_accepted(const char *list, const char *name)
{
	if (!list || *list == '+' || *list == '^')
		return true;
	if (*list == '-')
		return !sshoal__pattern_list_match(list + 1, name);
	return sshoal__pattern_list_match(list, name);
}
