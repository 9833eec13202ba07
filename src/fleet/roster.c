/* SPDX-License-Identifier: MIT */
#include "fleet/roster.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "inventory/hop.h"
#include "inventory/hosts.h"
#include "ssh/login_options.h"

/* Targets are copies: what they were made from may go. */

static void fini_entry(struct roster_entry *entry)
{
	for (size_t i = 0; i < entry->key_count; i++)
		sshoal_key_free(entry->keys[i]);
	free(entry->keys);
	if (entry->passphrase)
		OPENSSL_cleanse(entry->passphrase, strlen(entry->passphrase));
	free(entry->passphrase);
	sshoal__login_options_fini(&entry->ways);
	sshoal__target_free(entry->target);
	sshoal_inventory_free((sshoal_inventory *)entry->inventory);
}

static void truncate_to(struct roster *roster, size_t count)
{
	while (roster->count > count)
		fini_entry(&roster->entries[--roster->count]);
}

int sshoal__roster_new(struct roster **roster)
{
	struct roster *made = calloc(1, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	atomic_init(&made->refs, 1);
	*roster = made;
	return 0;
}

struct roster *sshoal__roster_ref(struct roster *roster)
{
	(void)atomic_fetch_add(&roster->refs, 1);
	return roster;
}

void sshoal__roster_free(struct roster *roster)
{
	if (!roster || atomic_fetch_sub(&roster->refs, 1) != 1)
		return;
	truncate_to(roster, 0);
	free(roster->entries);
	free(roster);
}

static struct roster_entry *add_entry(struct roster *roster)
{
	if (roster->count == roster->capacity) {
		size_t capacity = roster->capacity ? roster->capacity * 2 : 64;
		struct roster_entry *entries = reallocarray(
			roster->entries, capacity, sizeof *entries);
		if (!entries)
			return NULL;
		roster->entries = entries;
		roster->capacity = capacity;
	}
	struct roster_entry *entry = &roster->entries[roster->count++];
	*entry = (struct roster_entry){ .target = NULL };
	return entry;
}

static char *copy_text(const char *text, bool *failed)
{
	char *copy = text ? strdup(text) : NULL;
	*failed |= text && !copy;
	return copy;
}

static bool add_key_file(struct sshoal_target *target, const char *path)
{
	if (!path)
		return true;
	target->key_files[target->key_file_count] = strdup(path);
	return target->key_files[target->key_file_count++] != NULL;
}

static bool copy_key_files(struct sshoal_target *target,
			   const sshoal_client_options *options)
{
	size_t count = options->key_file_count + 1;
	target->key_files = calloc(count, sizeof *target->key_files);
	if (!target->key_files)
		return false;
	bool done = add_key_file(target, options->key_file);
	for (size_t i = 0; done && i < options->key_file_count; i++)
		done = add_key_file(target, options->key_files[i]);
	return done;
}

static struct sshoal_target *make_target(const sshoal_client_options *options)
{
	struct sshoal_target *target = calloc(1, sizeof *target);
	if (!target)
		return NULL;
	bool failed = false;
	target->name = copy_text(options->host, &failed);
	target->host = copy_text(options->host, &failed);
	target->user = copy_text(options->user, &failed);
	target->password = copy_text(options->password, &failed);
	target->known_hosts_file =
		copy_text(options->known_hosts_file, &failed);
	target->jump = copy_text(options->jump, &failed);
	target->proxy_command = copy_text(options->proxy_command, &failed);
	target->connect_timeout_ms = options->connect_timeout_ms;
	target->login_timeout_ms = options->login_timeout_ms;
	target->port = options->port;
	target->host_key_policy = options->host_key_policy;
	if (failed || !copy_key_files(target, options)) {
		sshoal__target_free(target);
		return NULL;
	}
	return target;
}

static int fill_entry(struct roster_entry *entry,
		      const sshoal_client_options *options)
{
	bool failed = false;
	entry->target = make_target(options);
	entry->passphrase = copy_text(options->passphrase, &failed);
	failed |= sshoal__login_options_copy(&entry->ways, options) != 0;
	entry->keys = calloc(options->key_count ? options->key_count : 1,
			     sizeof(sshoal_key *));
	if (!entry->target || !entry->keys || failed)
		return SSHOAL_ENOMEM;
	for (size_t i = 0; i < options->key_count; i++)
		entry->keys[i] = sshoal_key_ref(options->keys[i]);
	entry->key_count = options->key_count;
	entry->use_agent = options->use_agent;
	entry->use_default_keys = options->use_default_keys;
	entry->is_own = 1;
	return 0;
}

int sshoal__roster_add(struct roster *roster,
		       const sshoal_client_options *options,
		       sshoal_error *error)
{
	if (!options->host || !*options->host)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "options.host: it is missing");
	if (options->port > 65535)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "options.port: %u is over 65535",
					 options->port);
	if (options->host_key_policy > SSHOAL_HOST_KEY_OFF)
		return sshoal__error_set(
			error, SSHOAL_EINVAL,
			"options.host_key_policy: there is no policy %u",
			options->host_key_policy);
	size_t before = roster->count;
	struct roster_entry *entry = add_entry(roster);
	int rc = entry ? fill_entry(entry, options) : SSHOAL_ENOMEM;
	if (rc == 0)
		return 0;
	truncate_to(roster, before);
	return sshoal__error_code(error, rc);
}

int sshoal__roster_add_hosts(struct roster *roster, const sshoal_hosts *hosts,
			     sshoal_error *error)
{
	size_t before = roster->count;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < sshoal_hosts_count(hosts); i++) {
		struct roster_entry *entry = add_entry(roster);
		rc = entry ? sshoal__target_copy(
				     &entry->target,
				     sshoal_hosts_target(hosts, i)) :
			     SSHOAL_ENOMEM;
		if (rc == 0)
			entry->inventory =
				sshoal__inventory_ref(hosts->inventory);
	}
	if (rc == 0)
		return 0;
	truncate_to(roster, before);
	return sshoal__error_code(error, rc);
}

int sshoal__roster_label(struct roster *roster)
{
	if (roster->labelled == roster->count)
		return 0;
	struct sshoal_target **targets = calloc(roster->count, sizeof *targets);
	if (!targets)
		return SSHOAL_ENOMEM;
	for (size_t i = 0; i < roster->count; i++)
		targets[i] = roster->entries[i].target;
	int rc = sshoal__target_label_all(targets, roster->count);
	free(targets);
	if (rc == 0)
		roster->labelled = roster->count;
	return rc;
}
