/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sshoal/text.h>

/*
 * The one table of errors: each code once, with its name and fixed text. Text
 * from elsewhere enters an error here and nowhere else, and is made harmless.
 */
static const struct entry {
	int code;
	const char *name;
	const char *text;
} table[] = {
	{ SSHOAL_OK, "SSHOAL_OK", "success" },
	{ SSHOAL_EINVAL, "SSHOAL_EINVAL", "invalid argument" },
	{ SSHOAL_ENOMEM, "SSHOAL_ENOMEM", "out of memory" },
	{ SSHOAL_ETIMEOUT, "SSHOAL_ETIMEOUT", "time limit reached" },
	{ SSHOAL_ECANCELLED, "SSHOAL_ECANCELLED", "cancelled" },
	{ SSHOAL_ECLOSED, "SSHOAL_ECLOSED", "closed" },
	{ SSHOAL_EFULL, "SSHOAL_EFULL", "full" },
	{ SSHOAL_EEMPTY, "SSHOAL_EEMPTY", "empty" },
	{ SSHOAL_ENOENT, "SSHOAL_ENOENT", "not found" },
	{ SSHOAL_EACCESS, "SSHOAL_EACCESS", "not permitted" },
	{ SSHOAL_EIO, "SSHOAL_EIO", "local input or output failed" },
	{ SSHOAL_EFORMAT, "SSHOAL_EFORMAT", "wrong format" },
	{ SSHOAL_EPASSPHRASE, "SSHOAL_EPASSPHRASE",
	  "passphrase missing or wrong" },
	{ SSHOAL_EUNSUPPORTED, "SSHOAL_EUNSUPPORTED", "not supported" },
	{ SSHOAL_ELIMIT, "SSHOAL_ELIMIT", "size or count limit passed" },
	{ SSHOAL_ELOCAL, "SSHOAL_ELOCAL", "out of local resources" },
	{ SSHOAL_EDNS, "SSHOAL_EDNS", "name not resolved" },
	{ SSHOAL_EREFUSED, "SSHOAL_EREFUSED", "connection refused" },
	{ SSHOAL_EUNREACHABLE, "SSHOAL_EUNREACHABLE", "host unreachable" },
	{ SSHOAL_EPROTOCOL, "SSHOAL_EPROTOCOL", "protocol error" },
	{ SSHOAL_EBUSY, "SSHOAL_EBUSY", "server busy" },
	{ SSHOAL_EHOSTKEY_UNKNOWN, "SSHOAL_EHOSTKEY_UNKNOWN",
	  "host key not known" },
	{ SSHOAL_EHOSTKEY_CHANGED, "SSHOAL_EHOSTKEY_CHANGED",
	  "host key changed" },
	{ SSHOAL_EHOSTKEY_REVOKED, "SSHOAL_EHOSTKEY_REVOKED",
	  "host key revoked" },
	{ SSHOAL_EAUTH, "SSHOAL_EAUTH", "login refused" },
	{ SSHOAL_ECHANNEL, "SSHOAL_ECHANNEL", "channel refused" },
	{ SSHOAL_ELOST, "SSHOAL_ELOST", "connection lost" },
	{ SSHOAL_ENOSTATUS, "SSHOAL_ENOSTATUS", "no exit status" },
	{ SSHOAL_EEXIST, "SSHOAL_EEXIST", "exists already" },
	{ SSHOAL_EREMOTE, "SSHOAL_EREMOTE",
	  "file operation failed on the server" },
	{ SSHOAL_ECHANGED, "SSHOAL_ECHANGED", "file changed meanwhile" },
	{ SSHOAL_EDIFFER, "SSHOAL_EDIFFER",
	  "contents differ from what was sent" },
	{ SSHOAL_ETRANSFER, "SSHOAL_ETRANSFER",
	  "some files were not transferred" },
};

static const struct entry *find(int code)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].code == code)
			return &table[i];
	return NULL;
}

const char *sshoal_error_name(int code)
{
	const struct entry *entry = find(code);
	return entry ? entry->name : "SSHOAL_E?";
}

const char *sshoal_error_text(int code)
{
	const struct entry *entry = find(code);
	return entry ? entry->text : "unknown error";
}

/* One line of harmless text, cut where it does not fit. */
static void write_text(sshoal_error *error, const char *raw)
{
	char line[sizeof error->text];
	size_t n = strnlen(raw, sizeof line - 1);
	memcpy(line, raw, n);
	for (size_t i = 0; i < n; i++)
		if (line[i] == '\n' || line[i] == '\t')
			line[i] = ' ';
	while (n > 0 && line[n - 1] == ' ')
		n--;
	(void)sshoal_text_escape(error->text, sizeof error->text, line, n);
}

int sshoal__error_set(sshoal_error *error, int code, const char *format, ...)
{
	if (!error)
		return code;
	char raw[sizeof error->text];
	va_list list;
	va_start(list, format);
	(void)vsnprintf(raw, sizeof raw, format, list);
	va_end(list);
	error->code = code;
	write_text(error, raw);
	return code;
}

int sshoal__error_code(sshoal_error *error, int code)
{
	return sshoal__error_set(error, code, "%s", sshoal_error_text(code));
}

int sshoal__error_prefix(sshoal_error *error, const char *format, ...)
{
	if (!error)
		return SSHOAL_OK;
	char prefix[sizeof error->text];
	va_list list;
	va_start(list, format);
	(void)vsnprintf(prefix, sizeof prefix, format, list);
	va_end(list);
	char raw[sizeof prefix + sizeof error->text + 2];
	(void)snprintf(raw, sizeof raw, "%s: %s", prefix, error->text);
	write_text(error, raw);
	return error->code;
}

int sshoal__error_from_errno(int number)
{
	switch (number) {
	case ENOMEM:
		return SSHOAL_ENOMEM;
	case ENOENT:
	case ENOTDIR:
		return SSHOAL_ENOENT;
	case EACCES:
	case EPERM:
		return SSHOAL_EACCESS;
	case EMFILE:
	case ENFILE:
	case EAGAIN:
	case ENOBUFS:
	case EADDRNOTAVAIL:
		return SSHOAL_ELOCAL;
	default:
		return SSHOAL_EIO;
	}
}
