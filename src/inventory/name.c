/* SPDX-License-Identifier: MIT */
#include "inventory/name.h"

#include <arpa/inet.h>
#include <string.h>

#include <sshoal/text.h>

/* A name goes into file names, terminals, shell commands of ProxyCommand and
 * host expressions: what could be read as something else there is refused. */

struct refusal {
	const char *bytes;
	const char *why;
};

/* Why one of the bytes is refused; NULL when none of the table's is. */
static const char *refused(const struct refusal *table, size_t count, char c)
{
	for (size_t i = 0; i < count; i++)
		if (strchr(table[i].bytes, c))
			return table[i].why;
	return NULL;
}

/* What any name may have anywhere. Not isalnum(), which asks the locale. */
static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '_';
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* What a name of any kind must be: short, and harmless text. */
static const char *fault_of_text(const char *text, size_t *at)
{
	size_t n = 0;
	bool is_ascii = true;
	for (; text[n]; n++) {
		if (is_control(text[n])) {
			*at = n;
			return "a control character in a name: remove it";
		}
		if (is_ascii && (unsigned char)text[n] >= 0x80) {
			is_ascii = false;
			*at = n;
		}
	}
	if (!is_ascii && sshoal_text_escape(NULL, 0, text, n) != n)
		return "a character that does not show, or is not UTF-8, in a "
		       "name: remove it";
	if (n <= NAME_MAX_BYTES)
		return NULL;
	*at = NAME_MAX_BYTES;
	return "a name of more than 255 bytes: shorten it";
}

const char *sshoal__name_fault_host(const char *text, size_t *at)
{
	static const struct refusal table[] = {
		{ " \t", "a blank in a name: remove it" },
		{ "[]", "a range in brackets where one name is needed: write "
			"that" },
		{ "*?", "a pattern where one name is needed: write that" },
		{ "'\"`", "a quote in a name: remove it" },
		{ ":", "a colon in a name: write HOST:PORT, or [ADDRESS]:PORT "
		       "for IPv6" },
		{ "/%$\\;&<>|(){},!^@=#~",
		  "a character that no name has: remove it" },
	};
	*at = 0;
	if (!*text)
		return "no host name: write [USER@]HOST[:PORT]";
	if (*text == '-')
		return "a name that begins with a hyphen: remove it";
	if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return "dots are no host name: write [USER@]HOST[:PORT]";
	for (size_t i = 0; text[i]; i++) {
		if (is_plain(text[i]))
			continue;
		const char *why =
			refused(table, sizeof table / sizeof *table, text[i]);
		if (why) {
			*at = i;
			return why;
		}
	}
	return fault_of_text(text, at);
}

const char *sshoal__name_fault_user(const char *text, size_t *at)
{
	static const struct refusal table[] = {
		{ " \t", "a blank in a user name: remove it" },
		{ "'\"`", "a quote in a user name: remove it" },
		{ "/;&<>|(){}",
		  "a character that no user name has: remove it" },
	};
	*at = 0;
	if (!*text)
		return "no user name: write USER@HOST, or HOST alone";
	if (*text == '-')
		return "a user name that begins with a hyphen: remove it";
	size_t i = 0;
	for (; text[i]; i++) {
		const char *why =
			refused(table, sizeof table / sizeof *table, text[i]);
		if (why) {
			*at = i;
			return why;
		}
	}
	if (strchr("\\@", text[i - 1])) {
		*at = i - 1;
		return "a user name that ends in a backslash or an at sign: "
		       "remove it";
	}
	return fault_of_text(text, at);
}

const char *sshoal__name_fault_group(const char *text, size_t *at)
{
	const char *why = sshoal__name_fault_host(text, at);
	if (why && !*text)
		return "no group name: write one";
	return why;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool sshoal__name_is_safe_host(const char *text)
{
	for (const char *p = text; *p; p++)
		if (strchr("'`\"$\\;&<>|(){},", *p) || is_blank(*p) ||
		    is_control(*p))
			return false;
	return *text && *text != '-';
}

bool sshoal__name_is_safe_user(const char *text)
{
	for (const char *p = text; *p; p++)
		if (strchr("'`\";&<>|(){}", *p) || is_control(*p) ||
		    (is_blank(*p) && p[1] == '-') || (*p == '\\' && !p[1]))
			return false;
	return *text && *text != '-';
}

bool sshoal__name_is_ipv6(const char *text)
{
	char address[INET6_ADDRSTRLEN];
	size_t n = strcspn(text, "%");
	if (n >= sizeof address)
		return false;
	memcpy(address, text, n);
	address[n] = '\0';
	struct in6_addr parsed;
	if (inet_pton(AF_INET6, address, &parsed) != 1)
		return false;
	if (!text[n])
		return true;
	/* A scope is an interface's name or number. */
	size_t scope = 0;
	for (const char *p = text + n + 1; *p; p++, scope++)
		if (!is_plain(*p) && *p != '-')
			return false;
	return scope > 0 && scope < 64;
}
