/* SPDX-License-Identifier: MIT */
#include "inventory/ansible.h"

#include <string.h>

#include "base/error.h"

/*
 * "-o Key=Value -i FILE ...", for ssh. Options that say what a key of ours says
 * are taken; those about sharing connections mean nothing here, where each host
 * has one; what is left would change where a login goes, or how safe it is, and
 * is refused.
 */

/* Options of ssh_config that are keys of ours. */
static const struct {
	const char *option;
	const char *own;
} known[] = {
	{ "User", "user" },
	{ "Port", "port" },
	{ "HostName", "host" },
	{ "IdentityFile", "key" },
	{ "UserKnownHostsFile", "known-hosts" },
	{ "ConnectTimeout", "connect-timeout" },
	{ "StrictHostKeyChecking", "host-key-policy" },
	{ "ProxyJump", "jump" },
};

/* Options that mean nothing where each host has one connection, or that are so
 * here anyway. */
static const char *const ignored[] = {
	"ControlMaster",
	"ControlPath",
	"ControlPersist",
	"Compression",
	"ServerAliveInterval",
	"ServerAliveCountMax",
	"TCPKeepAlive",
	"LogLevel",
	"BatchMode",
	"IdentitiesOnly",
	"GSSAPIAuthentication",
	"PreferredAuthentications",
	"ForwardX11",
};

static int wrong(const struct reader *reader,
		 const struct setting_source *source, const char *why)
{
	return sshoal__place_error(reader->error, SSHOAL_EFORMAT,
				   source->text_place, "%s", why);
}

/* What ssh_config's words are as a policy: nothing there turns it off. */
static const char *policy_of(const char *text)
{
	static const struct {
		const char *word;
		const char *policy;
	} words[] = {
		{ "yes", "strict" },
		{ "ask", "strict" },
		{ "accept-new", "accept-new" },
		{ "no", "accept-new" },
		{ "off", "accept-new" },
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasecmp(words[i].word, text) == 0)
			return words[i].policy;
	return text;
}

static int add(const struct reader *reader, struct reader_settings *settings,
	       const struct setting_source *source, const char *name,
	       const char *text)
{
	bool is_policy = strcmp(name, "host-key-policy") == 0;
	struct setting_source own = *source;
	own.name = name;
	own.text = is_policy ? policy_of(text) : text;
	own.folder = NULL;
	own.is_quoted = true; /* where in the value is not known */
	struct setting setting;
	int rc = sshoal__setting_read(&setting, &own, &reader->inventory->store,
				      reader->error);
	return rc ? rc : sshoal__reader_add(reader, settings, &setting);
}

/* "Key=Value" or "Key Value" of -o. */
static int add_option(const struct reader *reader,
		      struct reader_settings *settings,
		      const struct setting_source *source, char *option)
{
	size_t n = strcspn(option, "= \t");
	char *value = option + n + strspn(option + n, "= \t");
	if (!option[n])
		return wrong(reader, source,
			     "-o without a value: write "
			     "-o Key=Value");
	option[n] = '\0';
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		if (strcasecmp(ignored[i], option) == 0)
			return 0;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcasecmp(known[i].option, option) == 0)
			return add(reader, settings, source, known[i].own,
				   value);
	return wrong(reader, source,
		     "an option after -o that is not supported in this "
		     "version: remove it");
}

/* One option with its value. */
static int take(const struct reader *reader, struct reader_settings *settings,
		const struct setting_source *source, char letter, char *value)
{
	switch (letter) {
	case 'i':
		return add(reader, settings, source, "key", value);
	case 'o':
		return add_option(reader, settings, source, value);
	case 'J':
		return add(reader, settings, source, "jump", value);
	case 'F':
		return wrong(reader, source,
			     "-F for ssh is not supported in this version: "
			     "remove it");
	default:
		return wrong(reader, source,
			     "an option for ssh other than -o, -J, -F and -i: "
			     "remove it");
	}
}

int sshoal__ansible_args(const struct reader *reader,
			 struct reader_settings *settings,
			 const struct setting_source *source)
{
	if (strstr(source->text, "{{"))
		return wrong(reader, source,
			     "a template, which only Ansible fills in: write "
			     "the value");
	char *line = sshoal__store_text(&reader->inventory->store, source->text,
					strlen(source->text));
	if (!line)
		return sshoal__reader_no_memory(reader);
	struct words words = sshoal__words(line);
	for (;;) {
		struct word word;
		const char *why = NULL;
		int rc = sshoal__words_next(&words, &word, &why);
		if (rc == 0)
			return 0;
		bool is_option = rc > 0 && word.text[0] == '-';
		char letter = '\0';
		if (is_option)
			letter = word.text[1];
		char *value = letter ? word.text + 2 : NULL;
		if (letter && strchr("ioJF", letter) && !*value) {
			rc = sshoal__words_next(&words, &word, &why);
			value = word.text;
		}
		if (rc < 0)
			return wrong(reader, source, why);
		if (rc == 0)
			return wrong(reader, source,
				     "an option for ssh without its value: "
				     "write it");
		rc = take(reader, settings, source, letter, value);
		if (rc)
			return rc;
	}
}
