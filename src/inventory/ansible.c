/* SPDX-License-Identifier: MIT */
#include "inventory/ansible.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"

/* Ansible's keys are variables like any other; few of them are about SSH. */

#define PREFIX "ansible_"
#define OWN_PREFIX "sshoal_"

/* What is ours under another name. */
static const struct {
	const char *name;
	const char *own;
} keys[] = {
	{ "ansible_host", "host" },
	{ "ansible_ssh_host", "host" },
	{ "ansible_port", "port" },
	{ "ansible_ssh_port", "port" },
	{ "ansible_user", "user" },
	{ "ansible_ssh_user", "user" },
	{ "ansible_password", "password" },
	{ "ansible_ssh_pass", "password" },
	{ "ansible_ssh_password", "password" },
	{ "ansible_private_key_file", "key" },
	{ "ansible_ssh_private_key_file", "key" },
};

static const char *own_key(const char *name)
{
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcmp(keys[i].name, name) == 0)
			return keys[i].own;
	return NULL;
}

/* Whether a line of hosts has a word that is such a key. */
static bool has_key(char *line)
{
	struct words words = sshoal__words(line);
	struct word word;
	const char *why = NULL;
	bool is_first = true;
	while (sshoal__words_next(&words, &word, &why) > 0) {
		if (!is_first &&
		    strncmp(word.text, PREFIX, strlen(PREFIX)) == 0 &&
		    strchr(word.text, '='))
			return true;
		is_first = false;
	}
	return false;
}

/* Whether a line, which is overwritten, has one. */
static bool is_telling(char *line, bool *is_settings)
{
	char *text = line + strspn(line, " \t");
	if (*text == '[' && sshoal__section_is(text)) {
		*is_settings = strstr(text, ":vars]") != NULL ||
			       strstr(text, "[defaults]") != NULL;
		return false;
	}
	if (!*is_settings)
		return has_key(line);
	return strncmp(text, PREFIX, strlen(PREFIX)) == 0 && strchr(text, '=');
}

int sshoal__ansible_is(bool *is_ansible, const char *text, size_t size)
{
	*is_ansible = false;
	/* Most files do not even have the word. */
	if (!memmem(text, size, PREFIX, strlen(PREFIX)))
		return 0;
	bool is_settings = false;
	const char *end = text + size;
	while (!*is_ansible && text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline ? newline : end) - text);
		char *line = strndup(text, n);
		if (!line)
			return SSHOAL_ENOMEM;
		*is_ansible = is_telling(line, &is_settings);
		OPENSSL_cleanse(line, n);
		free(line);
		text += n + 1;
	}
	return 0;
}

static int wrong(const struct reader *reader, struct place place,
		 const char *why)
{
	return sshoal__place_error(reader->error, SSHOAL_EFORMAT, place, "%s",
				   why);
}

/* What only Ansible itself can make a value of. */
static const char *fault_of(const char *text)
{
	if (strstr(text, "{{"))
		return "a template, which only Ansible fills in: write the "
		       "value, or let ansible-inventory --list write a file "
		       "with it";
	if (strncmp(text, "!vault", 6) == 0 ||
	    strncmp(text, "$ANSIBLE_VAULT", 14) == 0)
		return "a value that Ansible encrypted: write a "
		       "sshoal_password-file instead";
	return NULL;
}

/* One that is ours, under its own name or as sshoal_KEY. */
static int read_own(const struct reader *reader,
		    struct reader_settings *settings,
		    const struct setting_source *source, const char *name)
{
	const char *why = fault_of(source->text);
	if (why)
		return wrong(reader, source->text_place, why);
	struct setting_source own = *source;
	own.name = name;
	struct setting setting;
	int rc = sshoal__setting_read(&setting, &own, &reader->inventory->store,
				      reader->error);
	return rc ? rc : sshoal__reader_add(reader, settings, &setting);
}

/* "sshoal_known_hosts" is "known-hosts", since other tools have no hyphens in
 * the names of variables. */
static int read_sshoal(const struct reader *reader,
		       struct reader_settings *settings,
		       const struct setting_source *source)
{
	const char *name = source->name + strlen(OWN_PREFIX);
	char *own = sshoal__store_text(&reader->inventory->store, name,
				       strlen(name));
	if (!own)
		return sshoal__reader_no_memory(reader);
	for (char *p = own; *p && *p != '.'; p++)
		if (*p == '_')
			*p = '-';
	return read_own(reader, settings, source, own);
}

static int check_connection(const struct reader *reader,
			    const struct setting_source *source)
{
	static const char *const known[] = {
		"ssh",
		"smart",
		"paramiko",
		"paramiko_ssh",
		"ansible.builtin.ssh",
		"ansible.builtin.paramiko_ssh",
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i], source->text) == 0)
			return 0;
	return wrong(reader, source->text_place,
		     "a connection that is not SSH: put the host into a file "
		     "of its own, or set ansible_connection=ssh");
}

static bool ends_in(const char *text, const char *end)
{
	size_t n = strlen(text);
	size_t m = strlen(end);
	return n >= m && strcmp(text + n - m, end) == 0;
}

/* What says nothing about SSH: a variable. */
static int read_variable(const struct reader *reader,
			 struct reader_settings *settings,
			 const struct setting_source *source)
{
	size_t n = strlen(source->name);
	char *name = sshoal__store_get(&reader->inventory->store, n + 5);
	if (!name)
		return sshoal__reader_no_memory(reader);
	memcpy(name, "var.", 4);
	memcpy(name + 4, source->name, n);
	struct setting setting = {
		.name = name,
		.text = source->text,
		.place = source->name_place,
		.key = SETTING_VARIABLE,
		.is_secret =
			strncmp(source->name, PREFIX, strlen(PREFIX)) == 0 &&
			(ends_in(source->name, "_pass") ||
			 ends_in(source->name, "_password")),
	};
	return sshoal__reader_add(reader, settings, &setting);
}

int sshoal__ansible_read(const struct reader *reader,
			 struct reader_settings *settings,
			 const struct setting_source *source)
{
	if (!source->name[0])
		return wrong(reader, source->name_place,
			     "no key before the equals sign: write KEY=VALUE");
	if (strncmp(source->name, OWN_PREFIX, strlen(OWN_PREFIX)) == 0)
		return read_sshoal(reader, settings, source);
	const char *own = own_key(source->name);
	/* An empty value is none, as for Ansible. */
	if (own && !source->text[0])
		return 0;
	if (own) {
		struct setting_source here = *source;
		here.folder = NULL;
		return read_own(reader, settings, &here, own);
	}
	if (strcmp(source->name, "ansible_ssh_common_args") == 0 ||
	    strcmp(source->name, "ansible_ssh_extra_args") == 0)
		return sshoal__ansible_args(reader, settings, source);
	if (strcmp(source->name, "ansible_connection") == 0) {
		int rc = check_connection(reader, source);
		if (rc)
			return rc;
	}
	return read_variable(reader, settings, source);
}
