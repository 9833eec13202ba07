/* SPDX-License-Identifier: MIT */
#include "trust/host_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/path.h"
#include "trust/rewrite.h"

/* What is in a file after it was saved is what its entries are: line numbers
 * are right again, and what others have added is there. */

/* Moves all records of a list, which is empty and freed afterwards. */
static void move_all(struct record_list *to, struct record_list *from)
{
	for (size_t i = 0; i < from->count; i++)
		to->records[to->count++] = from->records[i];
	from->count = 0;
	sshoal__record_list_fini(from);
}

/* Moves the records of one file; NULL takes their place. */
static void move_filed(struct record_list *to, struct record_list *from,
		       const char *path)
{
	for (size_t i = 0; i < from->count; i++) {
		struct record *record = from->records[i];
		if (!record || strcmp(record->file, path) != 0)
			continue;
		to->records[to->count++] = record;
		from->records[i] = NULL;
	}
}

/* Makes the records of a file those of its bytes. Without memory the old ones
 * stay, which say the same of the hosts. */
static void renew(struct sshoal_known_hosts *hosts,
		  const struct host_file *renewed, const struct buffer *bytes)
{
	struct record_list fresh = { .records = NULL };
	struct record_list list = { .records = NULL };
	int rc = sshoal__record_list_read(&fresh, hosts->scratch, bytes,
					  renewed->path);
	list.capacity = hosts->list.count + fresh.count + 1;
	list.records = calloc(list.capacity, sizeof(struct record *));
	if (rc || !list.records) {
		free(list.records);
		sshoal__record_list_fini(&fresh);
		return;
	}
	const struct host_file *file = hosts->files;
	for (; file; file = file->next) {
		if (file == renewed)
			move_all(&list, &fresh);
		else
			move_filed(&list, &hosts->list, file->path);
	}
	move_filed(&list, &hosts->list, "");
	sshoal__record_list_fini(&hosts->list);
	hosts->list = list;
	sshoal__host_keys_forget(hosts);
}

static int save_file(struct sshoal_known_hosts *hosts, struct host_file *file,
		     sshoal_error *error)
{
	if (!file->changes.first)
		return 0;
	struct buffer bytes = BUFFER_INIT(REWRITE_MAX);
	int rc = sshoal__rewrite_change(file->path, &file->changes, &bytes,
					error);
	if (rc == 0) {
		sshoal__changes_fini(&file->changes);
		renew(hosts, file, &bytes);
	}
	sshoal__buffer_fini(&bytes);
	return rc;
}

/* Adds a file as it would be after its changes. */
static int copy_file(struct buffer *out, struct host_file *file,
		     sshoal_error *error)
{
	struct buffer bytes = BUFFER_INIT(REWRITE_MAX);
	struct buffer changed = BUFFER_INIT(REWRITE_MAX);
	int rc = sshoal__rewrite_read(&bytes, file->path, error);
	if (rc == 0) {
		rc = sshoal__changes_apply(
			&file->changes,
			(const char *)sshoal__buffer_data(&bytes),
			sshoal__buffer_size(&bytes), &changed);
		size_t n = sshoal__buffer_size(&changed);
		if (rc == 0)
			rc = sshoal__buffer_append(
				out, sshoal__buffer_data(&changed), n);
		if (rc == 0 && n > 0 &&
		    sshoal__buffer_data(&changed)[n - 1] != '\n')
			rc = sshoal__buffer_append(out, "\n", 1);
		if (rc)
			(void)sshoal__error_code(error, rc);
	}
	sshoal__buffer_fini(&changed);
	sshoal__buffer_fini(&bytes);
	return rc;
}

/* Adds entries that belong to no file. */
static int copy_unfiled(struct buffer *out,
			const struct sshoal_known_hosts *hosts)
{
	for (size_t i = 0; i < hosts->list.count; i++) {
		const struct record *record = hosts->list.records[i];
		if (*record->file)
			continue;
		int rc = sshoal__buffer_append(out, record->text,
					       strlen(record->text));
		if (rc == 0)
			rc = sshoal__buffer_append(out, "\n", 1);
		if (rc)
			return rc;
	}
	return 0;
}

static int save_copy(const struct sshoal_known_hosts *hosts, const char *path,
		     sshoal_error *error)
{
	struct buffer out = BUFFER_INIT(REWRITE_MAX);
	struct host_file *file = hosts->files;
	int rc = 0;
	for (; file && rc == 0; file = file->next)
		rc = copy_file(&out, file, error);
	if (rc == 0) {
		rc = copy_unfiled(&out, hosts);
		if (rc)
			(void)sshoal__error_code(error, rc);
	}
	if (rc == 0)
		rc = sshoal__rewrite_replace(path, &out, error);
	sshoal__buffer_fini(&out);
	return rc;
}

static int save_all(struct sshoal_known_hosts *hosts, sshoal_error *error)
{
	if (!hosts->files)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no known-hosts file to save to");
	int rc = 0;
	struct host_file *file = hosts->files;
	for (; file && rc == 0; file = file->next)
		rc = save_file(hosts, file, error);
	return rc;
}

int sshoal_known_hosts_save(sshoal_known_hosts *hosts, const char *path,
			    sshoal_error *error)
{
	if (!hosts || (path && !*path))
		return sshoal__error_code(error, SSHOAL_EINVAL);
	if (!path)
		return save_all(hosts, error);
	char *expanded = NULL;
	int rc = sshoal__path_expand(&expanded, path);
	if (rc)
		return sshoal__error_code(error, rc);
	struct host_file *file = hosts->files;
	while (file && strcmp(file->path, expanded) != 0)
		file = file->next;
	rc = file ? save_file(hosts, file, error) :
		    save_copy(hosts, expanded, error);
	free(expanded);
	return rc;
}
