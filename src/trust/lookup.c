/* SPDX-License-Identifier: MIT */
#include "trust/lookup.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "trust/host_key.h"
#include "trust/line.h"
#include "trust/trust.h"

/*
 * What is on file for a host, as ssh(1) looks it up: under "[host]:port", or
 * "host" where the port is 22. On another port the bare name vouches for the
 * very key as well, but says nothing against another one; what is revoked is
 * so under both names.
 */

#define SSH_PORT 22

int sshoal__query_init(struct query *query, const char *host, uint32_t port)
{
	size_t size = strlen(host);
	if (size == 0 || size > QUERY_HOST_MAX || port > UINT16_MAX)
		return SSHOAL_EINVAL;
	*query = (struct query){
		.host = host,
		.port = port ? port : SSH_PORT,
	};
	char *bare = query->port == SSH_PORT ? query->name : query->bare;
	memcpy(bare, host, size + 1);
	sshoal__line_lower(bare, size);
	if (query->port != SSH_PORT)
		(void)snprintf(query->name, sizeof query->name, "[%.*s]:%u",
			       QUERY_HOST_MAX, bare, (unsigned)query->port);
	return 0;
}

bool sshoal__query_set_key(struct query *query, const unsigned char *key,
			   size_t key_size)
{
	char type[HOST_KEY_TYPE_SIZE];
	if (key_size > LINE_KEY_MAX ||
	    !sshoal__host_key_is_sound(key, key_size) ||
	    !sshoal__trust_key_type(type, sizeof type, key, key_size))
		return false;
	query->kind = sshoal__host_key_kind(type);
	query->key = key;
	query->key_size = key_size;
	return true;
}

static bool is_key(const struct entry *entry, const unsigned char *key,
		   size_t key_size)
{
	return entry->key_size == key_size &&
	       memcmp(entry->key, key, key_size) == 0;
}

/* The first entry that has a key. */
struct search {
	const unsigned char *key;
	size_t key_size;
	const struct entry *found;
};

static void search_visit(const struct entry *entry, void *data)
{
	struct search *search = data;
	if (!search->found && is_key(entry, search->key, search->key_size))
		search->found = entry;
}

static int find_revoked(const struct known_hosts *hosts,
			const struct query *query, struct search *search)
{
	struct index *index = hosts->lines[LINE_REVOKED];
	int rc = sshoal__index_find(index, query->name, search_visit, search);
	if (rc || !query->bare[0])
		return rc;
	return sshoal__index_find(index, query->bare, search_visit, search);
}

/* The entries of the name itself. */
struct named {
	const struct query *query;
	struct findings *findings;
};

static void named_visit(const struct entry *entry, void *data)
{
	const struct named *named = data;
	const struct query *query = named->query;
	struct findings *findings = named->findings;
	bool same = is_key(entry, query->key, query->key_size);
	if (same && !findings->same)
		findings->same = entry;
	const struct entry *other = findings->other;
	if (!same && (!other || (other->kind != query->kind &&
				 entry->kind == query->kind)))
		findings->other = entry;
}

static void first_visit(const struct entry *entry, void *data)
{
	const struct entry **first = data;
	if (!*first)
		*first = entry;
}

int sshoal__lookup_key(const struct known_hosts *hosts,
		       const struct query *query, struct findings *findings)
{
	struct search revoked = {
		.key = query->key,
		.key_size = query->key_size,
		.found = findings->revoked,
	};
	int rc = find_revoked(hosts, query, &revoked);
	if (rc)
		return rc;
	findings->revoked = revoked.found;
	struct named named = { .query = query, .findings = findings };
	rc = sshoal__index_find(hosts->lines[LINE_KEY], query->name,
				named_visit, &named);
	if (rc)
		return rc;
	rc = sshoal__index_find(hosts->lines[LINE_AUTHORITY], query->name,
				first_visit, &findings->authority);
	if (rc || !query->bare[0] || findings->same || findings->other)
		return rc;
	struct search bare = {
		.key = query->key,
		.key_size = query->key_size,
		.found = findings->bare,
	};
	rc = sshoal__index_find(hosts->lines[LINE_KEY], query->bare,
				search_visit, &bare);
	findings->bare = bare.found;
	return rc;
}

/* The kinds of the entries that are visited. */
struct counting {
	const struct known_hosts *hosts;
	const struct query *query;
	uint32_t kinds;
	int rc;
};

static void counting_visit(const struct entry *entry, void *data)
{
	struct counting *counting = data;
	struct search revoked = {
		.key = entry->key,
		.key_size = entry->key_size,
	};
	int rc = find_revoked(counting->hosts, counting->query, &revoked);
	if (rc)
		counting->rc = rc;
	else if (!revoked.found)
		counting->kinds |= entry->kind;
}

int sshoal__lookup_kinds(const struct known_hosts *hosts,
			 const struct query *query,
			 struct findings_kinds *kinds)
{
	struct index *index = hosts->lines[LINE_KEY];
	struct counting named = { .hosts = hosts, .query = query };
	int rc = sshoal__index_find(index, query->name, counting_visit, &named);
	if (rc == 0)
		rc = named.rc;
	if (rc)
		return rc;
	kinds->named |= named.kinds;
	if (!query->bare[0] || kinds->named)
		return 0;
	struct counting bare = { .hosts = hosts, .query = query };
	rc = sshoal__index_find(index, query->bare, counting_visit, &bare);
	if (rc == 0)
		rc = bare.rc;
	if (rc)
		return rc;
	kinds->bare |= bare.kinds;
	return 0;
}
