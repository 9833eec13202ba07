/* SPDX-License-Identifier: MIT */
#include "trust/host_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "trust/lookup.h"

/* Removing is prepared as a whole before anything changes: what each record
 * becomes, and what is to be done to its file. */

struct removal {
	struct sshoal_known_hosts *hosts;
	const char *name;
	const char *type; /* NULL: any */
	struct hasher hasher;
	struct record_list kept; /* the records afterwards; NULL: none left */
};

static struct host_file *file_of(const struct sshoal_known_hosts *hosts,
				 const struct record *record)
{
	struct host_file *file = hosts->files;
	while (file && file->path != record->file)
		file = file->next;
	return file;
}

/* What a record becomes: itself, another or NULL. 1, 0 when it stays, or
 * SSHOAL_ENOMEM. */
static int change_record(struct removal *removal, struct record *record,
			 struct record **becomes)
{
	char *text = NULL;
	*becomes = record;
	if (record->marker != LINE_KEY ||
	    (removal->type && strcmp(removal->type, record->type) != 0))
		return 0;
	int rc = sshoal__record_without(&text, record, removal->name,
					&removal->hasher);
	if (rc <= 0)
		return rc;
	struct record *made = NULL;
	if (text) {
		rc = sshoal__record_new(&made, removal->hosts->scratch, text,
					strlen(text), record->file,
					record->number);
		rc = rc < 0 ? rc : 0;
	} else {
		rc = 0;
	}
	struct host_file *file = file_of(removal->hosts, record);
	if (rc == 0 && file)
		rc = sshoal__changes_add(&file->changes, record->text, text,
					 NULL);
	free(text);
	if (rc) {
		sshoal__record_free(made);
		return rc;
	}
	*becomes = made;
	return 1;
}

/* Puts back what was prepared: the records that were made go. */
static void give_up(struct removal *removal)
{
	const struct record_list *list = &removal->hosts->list;
	for (size_t i = removal->kept.count; i > 0; i--) {
		struct record *made = removal->kept.records[i - 1];
		struct record *old = list->records[i - 1];
		if (made == old)
			continue;
		struct host_file *file = file_of(removal->hosts, old);
		if (file)
			sshoal__changes_undo(&file->changes);
		sshoal__record_free(made);
	}
	free(removal->kept.records);
}

/* Makes the new records the hosts' own. */
static void finish(struct removal *removal)
{
	struct record_list *list = &removal->hosts->list;
	size_t count = 0;
	for (size_t i = 0; i < list->count; i++) {
		struct record *made = removal->kept.records[i];
		if (made != list->records[i])
			sshoal__record_free(list->records[i]);
		if (made)
			removal->kept.records[count++] = made;
	}
	free(list->records);
	removal->kept.count = count;
	*list = removal->kept;
	sshoal__host_keys_forget(removal->hosts);
}

/* 0, SSHOAL_ENOENT or SSHOAL_ENOMEM; nothing is changed but for 0. */
static int remove_all(struct removal *removal)
{
	const struct record_list *list = &removal->hosts->list;
	size_t found = 0;
	int rc = 0;
	for (size_t i = 0; i < list->count && rc == 0; i++) {
		struct record *becomes = NULL;
		rc = change_record(removal, list->records[i], &becomes);
		if (rc < 0)
			break;
		found += (size_t)rc;
		rc = 0;
		removal->kept.records[removal->kept.count++] = becomes;
	}
	if (rc || found == 0) {
		give_up(removal);
		return rc ? rc : SSHOAL_ENOENT;
	}
	finish(removal);
	return 0;
}

int sshoal_known_hosts_remove(sshoal_known_hosts *hosts, const char *host,
			      uint32_t port, const char *type,
			      sshoal_error *error)
{
	struct query query;
	if (!hosts || !host)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	int rc = sshoal__query_init(&query, host, port);
	if (rc)
		return sshoal__error_set(error, rc, "%s: no host or port",
					 host);
	struct removal removal = {
		.hosts = hosts,
		.name = query.name,
		.type = type,
	};
	removal.kept.capacity = hosts->list.count + 1;
	removal.kept.records =
		calloc(removal.kept.capacity, sizeof(struct record *));
	if (!removal.kept.records)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	rc = sshoal__hasher_init(&removal.hasher, query.name);
	if (rc) {
		free(removal.kept.records);
		return sshoal__error_code(error, rc);
	}
	rc = remove_all(&removal);
	sshoal__hasher_fini(&removal.hasher);
	if (rc == SSHOAL_ENOENT)
		return sshoal__error_set(error, rc, "%s has no key%s%s on file",
					 query.name, type ? " of type " : "",
					 type ? type : "");
	return rc ? sshoal__error_code(error, rc) : 0;
}
