/* SPDX-License-Identifier: MIT */
#include "cli/absent.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <sshoal/version.h>

#include "cli/refusal.h"
#include "cli/value.h"

/*
 * People come from ssh, pdsh, clush, pssh and ansible, whose letters differ,
 * and read manuals of later versions. Nobody shall get something else than he
 * meant, or have to guess why not.
 */

/* scp's and sftp's -P is a port; this many hosts at once are rarely meant. */
#define LETTER_P_MAX 1024

/* Options that the manual of a later version has. */
static const char *const later_names[] = {
	"template",
	"keep-going",
};

static const char later_letters[] = "C";

#define FORWARD "forward-agent"

/* No server's request for the agent is answered before libssh2 1.11.1: it would
 * wait for ever. */
static int refuse_forwarding(const char *option, sshoal_error *error)
{
	const char *version = sshoal_version_of("libssh2");
	int major = 0, minor = 0, patch = 0;
	(void)sscanf(version, "%4d.%4d.%4d", &major, &minor, &patch);
	bool fits = major > 1 || minor > 11 || (minor == 11 && patch >= 1);
	return fits ? sshoal__refuse(error, "%s: not in this version", option) :
		      sshoal__refuse(error,
				     "%s: needs libssh2 1.11.1 or later, and "
				     "this is %.20s",
				     option, version);
}

bool sshoal__absent_is_later(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof later_names / sizeof *later_names; i++)
		if (strlen(later_names[i]) == length &&
		    memcmp(later_names[i], name, length) == 0)
			return true;
	return false;
}

int sshoal__absent_name(const char *name, size_t length, sshoal_error *error)
{
	int shown = length > 60 ? 60 : (int)length;
	if (length == strlen(FORWARD) && memcmp(name, FORWARD, length) == 0)
		return refuse_forwarding("--" FORWARD, error);
	if (sshoal__absent_is_later(name, length))
		return sshoal__refuse(error, "--%.*s: not in this version",
				      shown, name);
	return sshoal__refuse(error,
			      "--%.*s: unknown option; \"sshoal help\" lists "
			      "them (names are not abbreviated)",
			      shown, name);
}

int sshoal__absent_letter(char letter, sshoal_error *error)
{
	if (letter == 'T')
		return sshoal__refuse(error,
				      "-T: unknown option; for a limit on "
				      "connecting write --connect-timeout, on "
				      "the command -u or --timeout");
	if (letter == 'A')
		return refuse_forwarding("-A", error);
	if (letter && strchr(later_letters, letter))
		return sshoal__refuse(error, "-%c: not in this version",
				      letter);
	return sshoal__refuse(error,
			      "-%c: unknown option; \"sshoal help\" lists them",
			      letter);
}

int sshoal__absent_command(const char *word, sshoal_error *error)
{
	return sshoal__refuse(error,
			      "\"%.60s\": unknown command; to run it on the "
			      "hosts write: sshoal run -f FILE -- %.60s",
			      word, word);
}

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

int sshoal__absent_meaning(char letter, const char *value, sshoal_error *error)
{
	if (letter == 'f' && is_number(value))
		return sshoal__refuse(error,
				      "-f %.60s: takes a hosts file; for the "
				      "number of hosts at once write -P %.60s "
				      "(a file of this name is ./%.60s)",
				      value, value, value);
	sshoal_error ignored = { .code = 0 };
	uint32_t count;
	if (letter == 'P' && is_number(value) &&
	    sshoal__value_count(&count, "-P", value, 0, LETTER_P_MAX, &ignored))
		return sshoal__refuse(error,
				      "-P %.60s: is the number of hosts at "
				      "once; for a port write -p %.60s, for "
				      "that many hosts --parallel %.60s",
				      value, value, value);
	if (letter == 'o' && !strchr(value, '='))
		return sshoal__refuse(error,
				      "-o \"%.60s\": takes Key=Value as in "
				      "ssh; for a folder of outputs write "
				      "--output-dir",
				      value);
	if (letter == 'w' && value[0] == '^')
		return sshoal__refuse(error,
				      "-w \"%.60s\": for a file of hosts "
				      "write -f \"%.60s\"",
				      value, value + 1);
	return 0;
}
