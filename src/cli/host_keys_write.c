/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/host_keys.h"

/*
 * What is to be written is collected for each file, and written there at once.
 * A key counts as written when it is looked up afterwards and found; where a
 * file could not be written, its hosts are as they were.
 */

/* Whether a host's keys, once they are on file, are all that is. */
static bool is_rewritten(const struct keyed_host *host)
{
	return host->is_replaced && sshoal__host_keys_has(host, KEY_CHANGED);
}

static int drop(const struct keyed_host *host, sshoal_error *error)
{
	int rc = sshoal_known_hosts_remove(host->store->hosts,
					   host->known_as.host,
					   host->known_as.port, NULL, error);
	return rc == SSHOAL_ENOENT ? 0 : rc;
}

static int add(const struct keyed_host *host, const struct host_key *key,
	       bool hash, sshoal_error *error)
{
	if (hash)
		return sshoal_known_hosts_add_hashed(
			host->store->hosts, host->known_as.host,
			host->known_as.port, key->blob, key->size, error);
	return sshoal_known_hosts_add(host->store->hosts, host->known_as.host,
				      host->known_as.port, key->blob, key->size,
				      error);
}

/* Adds those keys that are to be. */
static int add_all(const struct keyed_host *host, bool hash,
		   sshoal_error *error)
{
	bool is_whole = is_rewritten(host);
	int rc = 0;
	for (size_t i = 0; i < host->key_count && rc == 0; i++) {
		const struct host_key *key = &host->keys[i];
		if (is_whole || key->state == KEY_UNKNOWN)
			rc = add(host, key, hash, error);
	}
	return rc;
}

static int note_failure(struct keyed_host *host, int rc,
			const sshoal_error *error)
{
	host->is_taken = false;
	if (rc == SSHOAL_ENOMEM)
		return rc;
	return sshoal__host_keys_set(host, SSHOAL_STATUS_LOCAL, error->text);
}

static void save_all(struct host_keys *keys)
{
	for (struct key_store *store = keys->stores; store; store = store->next)
		store->failure = sshoal_known_hosts_save(store->hosts, NULL,
							 &store->error);
}

/* Looks at what is on file in the end. */
static int verify(struct keyed_host *host)
{
	struct key_store *store = host->store;
	sshoal_error error = { .code = 0 };
	size_t added = 0;
	if (store->failure)
		return note_failure(host, store->failure, &store->error);
	for (size_t i = 0; i < host->key_count; i++) {
		struct host_key *key = &host->keys[i];
		int rc = sshoal_known_hosts_check(
			store->hosts, host->known_as.host, host->known_as.port,
			key->blob, key->size, &error);
		if (rc)
			return note_failure(host, rc, &error);
		added += key->state != KEY_KNOWN;
	}
	for (size_t i = 0; i < host->key_count; i++) {
		struct host_key *key = &host->keys[i];
		if (key->state == KEY_UNKNOWN)
			key->state = KEY_ADDED;
		else if (key->state == KEY_CHANGED)
			key->state = KEY_REPLACED;
	}
	store->added += added;
	store->added_hosts += added > 0;
	return sshoal__host_keys_set(host, SSHOAL_STATUS_OK, NULL);
}

int sshoal__host_keys_write(struct host_keys *keys, bool hash)
{
	sshoal_error error = { .code = 0 };
	int rc = 0;
	/* First what goes, so that what comes is looked up once. */
	for (size_t i = 0; i < keys->count && rc == 0; i++) {
		struct keyed_host *host = &keys->hosts[i];
		if (!host->is_taken || !is_rewritten(host))
			continue;
		int dropped = drop(host, &error);
		if (dropped)
			rc = note_failure(host, dropped, &error);
	}
	for (size_t i = 0; i < keys->count && rc == 0; i++) {
		struct keyed_host *host = &keys->hosts[i];
		int added =
			host->is_taken ?
				add_all(host, hash || host->known_as.hash_names,
					&error) :
				0;
		if (added)
			rc = note_failure(host, added, &error);
	}
	if (rc)
		return rc;
	save_all(keys);
	for (size_t i = 0; i < keys->count && rc == 0; i++)
		if (keys->hosts[i].is_taken)
			rc = verify(&keys->hosts[i]);
	return rc;
}

int sshoal__host_keys_remove(struct host_keys *keys)
{
	sshoal_error error = { .code = 0 };
	int rc = 0;
	for (size_t i = 0; i < keys->count && rc == 0; i++) {
		struct keyed_host *host = &keys->hosts[i];
		rc = sshoal__host_keys_hold_filed(host);
		int dropped = rc ? 0 : drop(host, &error);
		if (dropped)
			rc = note_failure(host, dropped, &error);
	}
	if (rc)
		return rc;
	save_all(keys);
	for (size_t i = 0; i < keys->count && rc == 0; i++) {
		struct keyed_host *host = &keys->hosts[i];
		if (host->store->failure && host->key_count > 0)
			rc = note_failure(host, host->store->failure,
					  &host->store->error);
	}
	return rc;
}
