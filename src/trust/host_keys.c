/* SPDX-License-Identifier: MIT */
#include "trust/host_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/path.h"
#include "trust/lookup.h"
#include "trust/refusal.h"
#include "trust/rewrite.h"
#include "trust/trust.h"

/*
 * Known hosts for a program that wants to look at them. Who decides on a key is
 * the same index as a client's, made of the records when it is needed.
 */

static int new_hosts(struct sshoal_known_hosts **hosts)
{
	struct sshoal_known_hosts *made = calloc(1, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	made->scratch = malloc(sizeof *made->scratch);
	if (!made->scratch) {
		free(made);
		return SSHOAL_ENOMEM;
	}
	*hosts = made;
	return 0;
}

void sshoal__host_keys_forget(struct sshoal_known_hosts *hosts)
{
	sshoal__known_hosts_free(hosts->index);
	hosts->index = NULL;
}

/* Reads a file behind those that are there; all of it or nothing. */
static int read_file(struct sshoal_known_hosts *hosts, struct host_file *file,
		     sshoal_error *error)
{
	struct buffer bytes = BUFFER_INIT(REWRITE_MAX);
	size_t before = hosts->list.count;
	int rc = sshoal__rewrite_read(&bytes, file->path, error);
	if (rc == 0) {
		rc = sshoal__record_list_read(&hosts->list, hosts->scratch,
					      &bytes, file->path);
		if (rc)
			(void)sshoal__error_code(error, rc);
	}
	sshoal__buffer_fini(&bytes);
	while (rc && hosts->list.count > before)
		sshoal__record_list_drop(&hosts->list, hosts->list.count - 1);
	return rc;
}

int sshoal_known_hosts_add_file(sshoal_known_hosts *hosts, const char *path,
				sshoal_error *error)
{
	if (!hosts || !path || !*path)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	char *expanded = NULL;
	int rc = sshoal__path_expand(&expanded, path);
	if (rc == SSHOAL_ENOENT)
		return sshoal__error_set(error, SSHOAL_EIO,
					 "%s: you have no home folder", path);
	if (rc)
		return sshoal__error_code(error, rc);
	size_t size = strlen(expanded) + 1;
	struct host_file *file = calloc(1, sizeof *file + size);
	if (file)
		memcpy(file->path, expanded, size);
	free(expanded);
	if (!file)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	rc = read_file(hosts, file, error);
	if (rc) {
		free(file);
		return rc;
	}
	struct host_file **last = &hosts->files;
	while (*last)
		last = &(*last)->next;
	*last = file;
	sshoal__host_keys_forget(hosts);
	return 0;
}

int sshoal_known_hosts_load(sshoal_known_hosts **hosts, const char *path,
			    sshoal_error *error)
{
	if (!hosts)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	struct sshoal_known_hosts *made = NULL;
	int rc = new_hosts(&made);
	if (rc)
		return sshoal__error_code(error, rc);
	size_t count = 0;
	const char *const *usual = sshoal__trust_usual_files(&count);
	if (path && *path)
		rc = sshoal_known_hosts_add_file(made, path, error);
	for (size_t i = 0; !path && i < count && rc == 0; i++)
		rc = sshoal_known_hosts_add_file(made, usual[i], error);
	if (rc) {
		sshoal_known_hosts_free(made);
		return rc;
	}
	*hosts = made;
	return 0;
}

/* Makes the index of the records. */
static int make_index(struct sshoal_known_hosts *hosts)
{
	if (hosts->index)
		return 0;
	struct known_hosts *made = NULL;
	int rc = sshoal__known_hosts_new(&made);
	for (size_t i = 0; i < hosts->list.count && rc == 0; i++) {
		const struct record *from = hosts->list.records[i];
		struct record *parsed = NULL;
		rc = sshoal__record_new(&parsed, hosts->scratch, from->text,
					strlen(from->text), from->file,
					from->number);
		if (rc > 0)
			rc = sshoal__index_add(made->lines[from->marker],
					       hosts->scratch, from->file,
					       from->number);
		sshoal__record_free(parsed);
	}
	if (rc) {
		sshoal__known_hosts_free(made);
		return rc;
	}
	hosts->index = made;
	return 0;
}

/* What is on file for a host and its key. */
static int look_up(struct sshoal_known_hosts *hosts, struct query *query,
		   const void *key, size_t key_size, struct findings *findings)
{
	if (!sshoal__query_set_key(query, key, key_size))
		return SSHOAL_EINVAL;
	int rc = make_index(hosts);
	return rc ? rc : sshoal__lookup_key(hosts->index, query, findings);
}

static int start_query(struct query *query,
		       const struct sshoal_known_hosts *hosts, const char *host,
		       uint32_t port, sshoal_error *error)
{
	if (!hosts || !host)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	int rc = sshoal__query_init(query, host, port);
	return rc ? sshoal__error_set(error, rc, "%s: no host or port", host) :
		    0;
}

int sshoal_known_hosts_check(sshoal_known_hosts *hosts, const char *host,
			     uint32_t port, const void *key, size_t key_size,
			     sshoal_error *error)
{
	struct query query;
	struct findings findings = { .same = NULL };
	int rc = start_query(&query, hosts, host, port, error);
	if (rc)
		return rc;
	if (!key)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	rc = look_up(hosts, &query, key, key_size, &findings);
	if (rc == SSHOAL_EINVAL)
		return sshoal__error_set(error, SSHOAL_EHOSTKEY_UNKNOWN,
					 "host key of %s is damaged", host);
	if (rc)
		return sshoal__error_code(error, rc);
	if (findings.revoked)
		return sshoal__refuse_revoked(&query, &findings, error);
	if (findings.same)
		return 0;
	if (findings.other)
		return sshoal__refuse_changed(&query, &findings, error);
	if (findings.bare)
		return 0;
	return sshoal__refuse_unknown(&query, &findings,
				      hosts->files ? hosts->files->path : NULL,
				      error);
}

/* Adds a line to the records and to what is to be saved; to both or none. */
static int add_text(struct sshoal_known_hosts *hosts, const char *text,
		    const char *name)
{
	struct host_file *file = hosts->files;
	struct record *record = NULL;
	int rc = sshoal__record_new(&record, hosts->scratch, text, strlen(text),
				    file ? file->path : "", 0);
	if (rc <= 0)
		return rc < 0 ? rc : SSHOAL_EINVAL;
	rc = sshoal__record_list_add(&hosts->list, record);
	if (rc) {
		sshoal__record_free(record);
		return rc;
	}
	if (file)
		rc = sshoal__changes_add(&file->changes, NULL, text, name);
	if (rc) {
		sshoal__record_list_drop(&hosts->list, hosts->list.count - 1);
		return rc;
	}
	/* The next check makes the index anew, unless this did. */
	if (hosts->index &&
	    sshoal__index_add(hosts->index->lines[LINE_KEY], hosts->scratch,
			      record->file, 0) != 0)
		sshoal__host_keys_forget(hosts);
	return 0;
}

static int add_query(struct sshoal_known_hosts *hosts,
		     const struct query *query, bool is_hashed,
		     sshoal_error *error)
{
	char *text = NULL;
	int rc = sshoal__record_write(&text, query, is_hashed);
	if (rc == 0)
		rc = add_text(hosts, text, query->name);
	free(text);
	if (rc == SSHOAL_EINVAL)
		return sshoal__error_set(error, rc,
					 "%s: the name cannot stand in a "
					 "known-hosts file",
					 query->host);
	return rc ? sshoal__error_code(error, rc) : 0;
}

static int add(struct sshoal_known_hosts *hosts, struct query *query,
	       const void *key, size_t key_size, bool is_hashed,
	       sshoal_error *error)
{
	struct findings findings = { .same = NULL };
	if (!key)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	int rc = look_up(hosts, query, key, key_size, &findings);
	if (rc == SSHOAL_EINVAL)
		return sshoal__error_set(error, rc, "host key of %s is damaged",
					 query->host);
	if (rc)
		return sshoal__error_code(error, rc);
	if (findings.revoked)
		return sshoal__refuse_revoked(query, &findings, error);
	return findings.same ? 0 : add_query(hosts, query, is_hashed, error);
}

int sshoal_known_hosts_add(sshoal_known_hosts *hosts, const char *host,
			   uint32_t port, const void *key, size_t key_size,
			   sshoal_error *error)
{
	struct query query;
	int rc = start_query(&query, hosts, host, port, error);
	return rc ? rc : add(hosts, &query, key, key_size, false, error);
}

int sshoal_known_hosts_add_hashed(sshoal_known_hosts *hosts, const char *host,
				  uint32_t port, const void *key,
				  size_t key_size, sshoal_error *error)
{
	struct query query;
	int rc = start_query(&query, hosts, host, port, error);
	return rc ? rc : add(hosts, &query, key, key_size, true, error);
}

size_t sshoal_known_hosts_count(const sshoal_known_hosts *hosts)
{
	return hosts ? hosts->list.count : 0;
}

int sshoal_known_hosts_entry(const sshoal_known_hosts *hosts, size_t index,
			     sshoal_known_host *entry)
{
	static const char *const markers[LINE_MARKERS] = {
		[LINE_KEY] = "",
		[LINE_REVOKED] = "@revoked",
		[LINE_AUTHORITY] = "@cert-authority",
	};
	if (!hosts || !entry)
		return SSHOAL_EINVAL;
	if (index >= hosts->list.count)
		return SSHOAL_ENOENT;
	const struct record *record = hosts->list.records[index];
	*entry = (sshoal_known_host){
		.names = record->names,
		.type = record->type,
		.marker = markers[record->marker],
		.file = record->file,
		.key = record->key,
		.key_size = record->key_size,
		.line = record->number,
	};
	return 0;
}

int sshoal_known_hosts_find(const sshoal_known_hosts *hosts, const char *host,
			    uint32_t port, size_t *index)
{
	struct query query;
	struct hasher hasher;
	int rc = index ? start_query(&query, hosts, host, port, NULL) :
			 SSHOAL_EINVAL;
	if (rc == 0)
		rc = sshoal__hasher_init(&hasher, query.name);
	if (rc)
		return rc;
	size_t at = *index;
	for (; at < hosts->list.count && rc == 0; at++)
		rc = sshoal__record_match(hosts->list.records[at], query.name,
					  &hasher);
	sshoal__hasher_fini(&hasher);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return SSHOAL_ENOENT;
	*index = at - 1;
	return 0;
}

int sshoal_known_hosts_fingerprint(const void *key, size_t key_size, char *out,
				   size_t size_bytes)
{
	char print[TRUST_FINGERPRINT_SIZE];
	if (!key || !out || size_bytes < sizeof print)
		return SSHOAL_EINVAL;
	if (sshoal__trust_fingerprint(print, key, key_size) != 0)
		return SSHOAL_ENOMEM;
	memcpy(out, print, sizeof print);
	return 0;
}

void sshoal_known_hosts_free(sshoal_known_hosts *hosts)
{
	if (!hosts)
		return;
	sshoal__host_keys_forget(hosts);
	sshoal__record_list_fini(&hosts->list);
	while (hosts->files) {
		struct host_file *file = hosts->files;
		hosts->files = file->next;
		sshoal__changes_fini(&file->changes);
		free(file);
	}
	free(hosts->scratch);
	free(hosts);
}
