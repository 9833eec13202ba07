/* SPDX-License-Identifier: MIT */
#include "inventory/address.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The user ends at the last "@", as for ssh(1). A name with two colons or more
 * is an IPv6 address as a whole: a port after it needs brackets. */

#define PORT_FAULT "a port is a number from 1 to 65535: write HOST:PORT"

uint32_t sshoal__address_port(const char *text)
{
	uint32_t port = 0;
	size_t n = 0;
	for (; text[n]; n++) {
		if (text[n] < '0' || text[n] > '9' || n == 5)
			return 0;
		port = port * 10 + (uint32_t)(text[n] - '0');
	}
	return port <= 65535 ? port : 0;
}

static const char *read_port(struct address *address, const char *text,
			     size_t port_at, size_t *at)
{
	address->port = sshoal__address_port(text + port_at);
	address->port_at = port_at;
	*at = port_at;
	return address->port ? NULL : PORT_FAULT;
}

static const char *read_brackets(struct address *address, char *text,
				 size_t *at)
{
	size_t open = address->name_at;
	char *close = strchr(text + open, ']');
	*at = open;
	if (!close)
		return "a bracket that is not closed: write [ADDRESS]:PORT";
	*close = '\0';
	if (!sshoal__name_is_ipv6(text + open + 1))
		return "no IPv6 address in the brackets: correct it";
	address->name = text + open + 1;
	size_t after = (size_t)(close - text) + 1;
	if (!text[after])
		return NULL;
	*at = after;
	if (text[after] != ':')
		return "something after the bracket: write [ADDRESS]:PORT";
	return read_port(address, text, after + 1, at);
}

static const char *read_name(struct address *address, char *text, size_t *at)
{
	char *name = text + address->name_at;
	char *colon = strchr(name, ':');
	address->name = name;
	if (colon && strchr(colon + 1, ':')) {
		*at = address->name_at;
		return sshoal__name_is_ipv6(name) ?
			       NULL :
			       "more than one colon and no IPv6 address: write "
			       "HOST:PORT, or [ADDRESS]:PORT for IPv6";
	}
	size_t offset = 0;
	if (colon)
		*colon = '\0';
	const char *why = sshoal__name_fault_host(name, &offset);
	*at = address->name_at + offset;
	if (why || !colon)
		return why;
	return read_port(address, text, (size_t)(colon - text) + 1, at);
}

const char *sshoal__address_fault_user(const char *text, size_t *at)
{
	*at = *text == '@' ? 0 : strcspn(text, ",!^[]*?");
	return text[*at] ? "a character of host expressions in a user name: "
			   "set it by user=" :
			   NULL;
}

static const char *check_user(const char *text, size_t *at)
{
	const char *why = sshoal__name_fault_user(text, at);
	return why ? why : sshoal__address_fault_user(text, at);
}

const char *sshoal__address_parse(struct address *address, char *text,
				  size_t *at)
{
	struct address read = { .name = NULL };
	char *sign = strrchr(text, '@');
	if (sign) {
		*sign = '\0';
		read.user = text;
		read.name_at = (size_t)(sign - text) + 1;
		const char *why = check_user(text, at);
		if (why)
			return why;
	}
	const char *why = text[read.name_at] == '[' ?
				  read_brackets(&read, text, at) :
				  read_name(&read, text, at);
	if (!why)
		*address = read;
	return why;
}

/* What is written, and what did not fit but counts. */
struct writer {
	char *out;
	size_t size;
	size_t length;
};

static void write_part(struct writer *writer, const char *text)
{
	size_t n = strlen(text);
	if (writer->length + n < writer->size)
		memcpy(writer->out + writer->length, text, n);
	else if (writer->length < writer->size)
		writer->size = writer->length + 1;
	writer->length += n;
}

size_t sshoal__address_write(char *out, size_t size, const char *user,
			     const char *name, uint32_t port)
{
	bool is_ipv6 = strchr(name, ':') != NULL;
	struct writer writer = { .out = out, .size = size };
	if (user) {
		write_part(&writer, user);
		write_part(&writer, "@");
	}
	if (is_ipv6)
		write_part(&writer, "[");
	write_part(&writer, name);
	if (is_ipv6)
		write_part(&writer, "]");
	if (port) {
		char number[16];
		(void)snprintf(number, sizeof number, ":%u", port);
		write_part(&writer, number);
	}
	if (size > 0)
		out[writer.length < size ? writer.length : writer.size - 1] =
			'\0';
	return writer.length;
}
