/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/error.h>

#include "cli/host_keys.h"
#include "report/alike.h"

/* What a person and a program are told of host keys. Many hosts of a fleet
 * often have the same ones: those are shown once. */

const char *sshoal__host_keys_word(enum key_state state)
{
	switch (state) {
	case KEY_KNOWN:
		return "known";
	case KEY_UNKNOWN:
		return "unknown";
	case KEY_CHANGED:
		return "changed";
	case KEY_REVOKED:
		return "revoked";
	case KEY_ADDED:
		return "added";
	case KEY_REPLACED:
		return "replaced";
	case KEY_REMOVED:
		return "removed";
	}
	return "";
}

/* As ssh-keygen -l calls a type. */
static const char *title_of(const char *type)
{
	if (strcmp(type, "ssh-ed25519") == 0)
		return "ED25519";
	if (strcmp(type, "ssh-rsa") == 0)
		return "RSA";
	return strncmp(type, "ecdsa-sha2-", 11) == 0 ? "ECDSA" : type;
}

/* The word for a host: its worst key's. What can do harm is written large. */
static const char *headline_of(const struct keyed_host *host)
{
	static const struct {
		enum key_state state;
		const char *word;
	} words[] = {
		{ KEY_REVOKED, "REVOKED" }, { KEY_CHANGED, "CHANGED" },
		{ KEY_UNKNOWN, "unknown" }, { KEY_REPLACED, "replaced" },
		{ KEY_ADDED, "added" },     { KEY_REMOVED, "removed" },
		{ KEY_KNOWN, "known" },
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (sshoal__host_keys_has(host, words[i].state))
			return words[i].word;
	return "no key on file";
}

/* Adds one key's line; a known key of a host that has others says so. */
static int put_key(char **text, const struct host_key *key)
{
	char note[100] = "";
	if (key->state == KEY_CHANGED)
		(void)snprintf(note, sizeof note, " (CHANGED, on file is %s)",
			       key->on_file[0] ? key->on_file : "another");
	else if (key->state == KEY_REVOKED)
		(void)snprintf(note, sizeof note, " (REVOKED)");
	else if (key->state == KEY_KNOWN)
		(void)snprintf(note, sizeof note, " (known)");
	char *more = NULL;
	if (asprintf(&more, "%s\n%s %s%s", *text, title_of(key->type),
		     key->fingerprint, note) < 0)
		return SSHOAL_ENOMEM;
	free(*text);
	*text = more;
	return 0;
}

static int describe(char **text, const struct keyed_host *host)
{
	*text = strdup(headline_of(host));
	int rc = *text ? 0 : SSHOAL_ENOMEM;
	bool is_known = rc == 0 && strcmp(*text, "known") == 0;
	for (size_t i = 0; i < host->key_count && rc == 0 && !is_known; i++)
		rc = put_key(text, &host->keys[i]);
	return rc;
}

/* Whether a host is shown: those that were not reached have the summary. */
static bool is_shown(const struct keyed_host *host, bool only_open)
{
	if (host->key_count == 0)
		return !only_open && host->outcome.status == SSHOAL_STATUS_OK;
	return !only_open || sshoal__host_keys_has(host, KEY_UNKNOWN) ||
	       sshoal__host_keys_has(host, KEY_CHANGED) ||
	       sshoal__host_keys_has(host, KEY_REVOKED);
}

int sshoal__host_keys_show(const struct host_keys *keys,
			   struct console *console, int stream, bool only_open)
{
	struct alike *hosts = calloc(keys->count + 1, sizeof *hosts);
	char **texts = calloc(keys->count + 1, sizeof *texts);
	int rc = hosts && texts ? 0 : SSHOAL_ENOMEM;
	for (size_t i = 0; i < keys->count && rc == 0; i++) {
		if (!is_shown(&keys->hosts[i], only_open))
			continue;
		rc = describe(&texts[i], &keys->hosts[i]);
		hosts[i] = (struct alike){
			.label = keys->hosts[i].outcome.host.label,
			.text = texts[i],
		};
	}
	if (rc == 0)
		rc = sshoal__alike_print(console, stream, hosts, keys->count);
	for (size_t i = 0; texts && i < keys->count; i++)
		free(texts[i]);
	free(texts);
	free(hosts);
	return rc;
}

static int tell(const struct keyed_host *host, struct report *report)
{
	struct outcome outcome = host->outcome;
	struct outcome_key *keys = calloc(host->key_count + 1, sizeof *keys);
	if (!keys)
		return SSHOAL_ENOMEM;
	for (size_t i = 0; i < host->key_count; i++) {
		const struct host_key *key = &host->keys[i];
		keys[i] = (struct outcome_key){
			.type = key->type,
			.fingerprint = key->fingerprint,
			.state = sshoal__host_keys_word(key->state),
			.on_file = key->on_file[0] ? key->on_file : NULL,
		};
	}
	outcome.keys = keys;
	outcome.key_count = host->key_count;
	int rc = sshoal__report_tell(report, &outcome);
	free(keys);
	return rc;
}

int sshoal__host_keys_tell(const struct host_keys *keys, struct report *report)
{
	int rc = 0;
	for (size_t i = 0; i < keys->count; i++) {
		int told = tell(&keys->hosts[i], report);
		rc = rc ? rc : told;
	}
	return rc;
}
