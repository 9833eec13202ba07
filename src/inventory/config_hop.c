/* SPDX-License-Identifier: MIT */
#include "inventory/config_value.h"

#include <string.h>

#include "inventory/address.h"
#include "inventory/name.h"

/* One hop of a ProxyJump. Its names end up in commands of ssh(1): what may not
 * stand there is refused. */

#define HOP_MAX 1024

static bool is_port(const char *text)
{
	return !*text || sshoal__address_port(text) != 0;
}

/* Takes "host:port" or "[host]:port" apart. */
static bool is_place(char *text)
{
	char *host = text;
	char *port = NULL;
	if (*text == '[') {
		host = text + 1;
		char *close = strchr(host, ']');
		if (!close || (close[1] && close[1] != ':'))
			return false;
		port = close[1] ? close + 2 : NULL;
		*close = '\0';
	} else {
		char *colon = strchr(text, ':');
		if (colon) {
			*colon = '\0';
			port = colon + 1;
		}
	}
	return (!port || is_port(port)) && sshoal__name_is_safe_host(host);
}

bool sshoal__config_hop_is_valid(const char *text)
{
	static const char scheme[] = "ssh://";
	char copy[HOP_MAX + 1];
	bool is_uri = strncmp(text, scheme, sizeof scheme - 1) == 0;
	if (is_uri)
		text += sizeof scheme - 1;
	size_t n = strlen(text);
	if (n == 0 || n > HOP_MAX)
		return false;
	memcpy(copy, text, n + 1);
	if (is_uri && copy[n - 1] == '/')
		copy[n - 1] = '\0';
	char *place = copy;
	char *sign = strrchr(copy, '@');
	if (sign) {
		*sign = '\0';
		place = sign + 1;
		if (!sshoal__name_is_safe_user(copy))
			return false;
	}
	return is_place(place);
}
