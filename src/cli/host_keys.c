/* SPDX-License-Identifier: MIT */
#include "cli/host_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What hosts showed beside what is on file. A key is changed where another of
 * its type is on file; and so are all keys of a host of which none is on file
 * but others are: somebody who has none of the host's keys would show just
 * that. A further key of a host that has shown one of those on file is unknown.
 */

static const char *name_of(const struct key_store *store)
{
	return store->file ? store->file : "~/.ssh/known_hosts";
}

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* The store of a file, which is read if it has not been. */
static int find_store(struct host_keys *keys, const char *file,
		      struct key_store **found, sshoal_error *error)
{
	struct key_store **at = &keys->stores;
	while (*at && !is_same((*at)->file, file))
		at = &(*at)->next;
	*found = *at;
	if (*at)
		return 0;
	struct key_store *store = calloc(1, sizeof *store);
	if (!store) {
		*error = (sshoal_error){ SSHOAL_ENOMEM, "out of memory" };
		return SSHOAL_ENOMEM;
	}
	store->file = file;
	store->name = name_of(store);
	*at = store;
	*found = store;
	return sshoal_known_hosts_load(&store->hosts, file, error);
}

static struct outcome outcome_of(const sshoal_target *target)
{
	struct outcome outcome = {
		.host = { .label = sshoal_target_label(target),
			  .index = sshoal_target_index(target) },
		.exit_status = -1,
	};
	for (int i = 0; i < SSHOAL_PHASE_COUNT; i++)
		outcome.phase_ms[i] = -1;
	return outcome;
}

static sshoal_error said_by(const sshoal_fleet *fleet, int code)
{
	sshoal_error error = { .code = code };
	(void)snprintf(error.text, sizeof error.text, "%s",
		       sshoal_fleet_error_text(fleet));
	return error;
}

int sshoal__host_keys_init(struct host_keys *keys, sshoal_fleet *fleet,
			   const sshoal_hosts *hosts, sshoal_error *error)
{
	*keys = (struct host_keys){ .count = sshoal_hosts_count(hosts) };
	keys->hosts = calloc(keys->count + 1, sizeof *keys->hosts);
	if (!keys->hosts) {
		keys->count = 0;
		*error = (sshoal_error){ SSHOAL_ENOMEM, "out of memory" };
		return SSHOAL_ENOMEM;
	}
	int rc = 0;
	for (size_t i = 0; i < keys->count && rc == 0; i++) {
		struct keyed_host *host = &keys->hosts[i];
		host->outcome = outcome_of(sshoal_hosts_target(hosts, i));
		rc = sshoal_fleet_known_as(fleet, i, &host->known_as);
		if (rc)
			*error = said_by(fleet, rc);
		else
			rc = find_store(keys, host->known_as.known_hosts_file,
					&host->store, error);
	}
	return rc;
}

static void fini_keys(struct keyed_host *host)
{
	for (size_t i = 0; i < host->key_count; i++) {
		free(host->keys[i].blob);
		free(host->keys[i].type);
	}
	free(host->keys);
	host->keys = NULL;
	host->key_count = 0;
}

void sshoal__host_keys_fini(struct host_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		fini_keys(&keys->hosts[i]);
		free(keys->hosts[i].address);
		free(keys->hosts[i].error);
	}
	free(keys->hosts);
	while (keys->stores) {
		struct key_store *store = keys->stores;
		keys->stores = store->next;
		sshoal_known_hosts_free(store->hosts);
		free(store);
	}
	*keys = (struct host_keys){ .count = 0 };
}

static int add_key(struct keyed_host *host, const char *type, const void *blob,
		   size_t size, enum key_state state)
{
	struct host_key *keys =
		reallocarray(host->keys, host->key_count + 1, sizeof *keys);
	if (!keys)
		return SSHOAL_ENOMEM;
	host->keys = keys;
	struct host_key *key = &keys[host->key_count];
	*key = (struct host_key){ .size = size, .state = state };
	key->blob = malloc(size ? size : 1);
	key->type = strdup(type);
	if (!key->blob || !key->type) {
		free(key->blob);
		free(key->type);
		return SSHOAL_ENOMEM;
	}
	memcpy(key->blob, blob, size);
	host->key_count++;
	return sshoal_known_hosts_fingerprint(blob, size, key->fingerprint,
					      sizeof key->fingerprint);
}

static char *copy_text(const char *text, bool *failed)
{
	char *copy = text ? strdup(text) : NULL;
	*failed |= text && !copy;
	return copy;
}

int sshoal__host_keys_hold(struct host_keys *keys, const sshoal_result *result)
{
	struct keyed_host *host = &keys->hosts[sshoal_result_index(result)];
	const char *label = host->outcome.host.label;
	bool failed = false;
	host->outcome = sshoal__outcome_read(result);
	host->address = copy_text(host->outcome.address, &failed);
	host->error = copy_text(host->outcome.error, &failed);
	host->outcome.host.label = label;
	host->outcome.address = host->address;
	host->outcome.error = host->error;
	host->outcome.signal = NULL;
	for (size_t i = 0; i < sshoal_result_host_key_count(result); i++) {
		const sshoal_host_key *key = sshoal_result_host_key(result, i);
		failed |= add_key(host, key->type, key->blob, key->blob_size,
				  KEY_KNOWN) != 0;
	}
	return failed ? SSHOAL_ENOMEM : 0;
}

/* The next entry that gives a host a key, without those that are marked. */
static bool next_entry(const struct keyed_host *host, size_t *at,
		       sshoal_known_host *entry)
{
	const sshoal_known_hosts *hosts = host->store->hosts;
	while (sshoal_known_hosts_find(hosts, host->known_as.host,
				       host->known_as.port, at) == 0 &&
	       sshoal_known_hosts_entry(hosts, *at, entry) == 0) {
		(*at)++;
		if (!*entry->marker)
			return true;
	}
	return false;
}

int sshoal__host_keys_hold_filed(struct keyed_host *host)
{
	sshoal_known_host entry;
	size_t at = 0;
	int rc = 0;
	while (rc == 0 && next_entry(host, &at, &entry))
		rc = add_key(host, entry.type, entry.key, entry.key_size,
			     KEY_REMOVED);
	return rc;
}

/* Finds what is on file in the place of a key: one of its type, else any.
 * Whether it is one of its type. */
static bool find_on_file(const struct keyed_host *host, struct host_key *key)
{
	sshoal_known_host entry;
	size_t at = 0;
	while (next_entry(host, &at, &entry)) {
		bool is_alike = strcmp(entry.type, key->type) == 0;
		if (!is_alike && key->on_file[0])
			continue;
		(void)sshoal_known_hosts_fingerprint(entry.key, entry.key_size,
						     key->on_file,
						     sizeof key->on_file);
		if (is_alike)
			return true;
	}
	return false;
}

static int state_of(int rc, enum key_state *state)
{
	switch (rc) {
	case 0:
		*state = KEY_KNOWN;
		return 0;
	case SSHOAL_EHOSTKEY_UNKNOWN:
		*state = KEY_UNKNOWN;
		return 0;
	case SSHOAL_EHOSTKEY_CHANGED:
		*state = KEY_CHANGED;
		return 0;
	case SSHOAL_EHOSTKEY_REVOKED:
		*state = KEY_REVOKED;
		return 0;
	default:
		return rc;
	}
}

/* The states of a host's keys; error has the text of the worst. */
static int compare_keys(struct keyed_host *host, sshoal_error *error)
{
	bool has_known = false;
	enum key_state worst = KEY_KNOWN;
	for (size_t i = 0; i < host->key_count; i++) {
		struct host_key *key = &host->keys[i];
		sshoal_error text = { .code = 0 };
		int rc = state_of(sshoal_known_hosts_check(host->store->hosts,
							   host->known_as.host,
							   host->known_as.port,
							   key->blob, key->size,
							   &text),
				  &key->state);
		if (rc)
			return rc;
		has_known |= key->state == KEY_KNOWN;
		if (key->state > worst) {
			worst = key->state;
			*error = text;
		}
	}
	for (size_t i = 0; i < host->key_count; i++) {
		struct host_key *key = &host->keys[i];
		if (key->state == KEY_CHANGED && !find_on_file(host, key) &&
		    has_known) {
			key->state = KEY_UNKNOWN;
			key->on_file[0] = '\0';
		}
	}
	return 0;
}

bool sshoal__host_keys_has(const struct keyed_host *host, enum key_state state)
{
	for (size_t i = 0; i < host->key_count; i++)
		if (host->keys[i].state == state)
			return true;
	return false;
}

int sshoal__host_keys_set(struct keyed_host *host, int status,
			  const char *error)
{
	char *copy = NULL;
	if (error) {
		copy = strdup(error);
		if (!copy)
			return SSHOAL_ENOMEM;
	}
	free(host->error);
	host->error = copy;
	host->outcome.error = copy;
	host->outcome.status = status;
	return 0;
}

static int compare_host(struct keyed_host *host)
{
	sshoal_error error = { .code = 0 };
	int rc = compare_keys(host, &error);
	if (rc)
		return rc;
	if (sshoal__host_keys_has(host, KEY_REVOKED))
		return sshoal__host_keys_set(
			host, SSHOAL_STATUS_HOST_KEY_REVOKED, error.text);
	if (sshoal__host_keys_has(host, KEY_CHANGED))
		return sshoal__host_keys_set(
			host, SSHOAL_STATUS_HOST_KEY_CHANGED, error.text);
	if (sshoal__host_keys_has(host, KEY_UNKNOWN))
		return sshoal__host_keys_set(
			host, SSHOAL_STATUS_HOST_KEY_UNKNOWN,
			"its keys were not added to the known hosts");
	return 0;
}

int sshoal__host_keys_compare(struct host_keys *keys)
{
	int rc = 0;
	for (size_t i = 0; i < keys->count && rc == 0; i++)
		if (keys->hosts[i].outcome.status == SSHOAL_STATUS_OK)
			rc = compare_host(&keys->hosts[i]);
	return rc;
}
