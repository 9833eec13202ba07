/* SPDX-License-Identifier: MIT */
#include "sftp/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/map.h"
#include "sftp/manifest_walk.h"

/* An entry knows its name and its directory; paths are put together when they
 * are asked for. */

/* How much of a path an error shows at least. */
#define SHOWN_SIZE 380

static char *copy(struct manifest *manifest, const char *text, size_t n)
{
	return sshoal__store_text(&manifest->texts, text, n);
}

/* The last name of a path, without the slashes that may end it. */
static const char *last_name(const char *path, size_t *size)
{
	size_t end = strlen(path);
	while (end > 0 && path[end - 1] == '/')
		end--;
	size_t start = end;
	while (start > 0 && path[start - 1] != '/')
		start--;
	*size = end - start;
	return path + start;
}

/* Whether it says itself what it is called. */
static bool is_name(const char *name, size_t n)
{
	return n > 0 && !(n == 1 && name[0] == '.') &&
	       !(n == 2 && name[0] == '.' && name[1] == '.');
}

static int find_base(struct manifest *manifest, size_t source,
		     sshoal_error *error)
{
	const char *path = manifest->sources[source];
	size_t n = 0;
	const char *name = last_name(path, &n);
	char *resolved = NULL;
	if (!is_name(name, n) && *path) {
		resolved = realpath(path, NULL);
		if (!resolved)
			return sshoal__error_set(
				error, sshoal__error_from_errno(errno),
				"%.*s: %s", SHOWN_SIZE, path, strerror(errno));
		name = last_name(resolved, &n);
	}
	int rc = 0;
	manifest->bases[source] = copy(manifest, name, n);
	if (!manifest->bases[source])
		rc = sshoal__error_code(error, SSHOAL_ENOMEM);
	else if (n == 0 && *path)
		rc = sshoal__error_set(error, SSHOAL_EINVAL,
				       "%s: it has no name of its own", path);
	else if (n == 0)
		rc = sshoal__error_set(error, SSHOAL_ENOENT, "\"\": %s",
				       strerror(ENOENT));
	free(resolved);
	return rc;
}

static int copy_sources(struct manifest *manifest, const char *const *sources,
			size_t count, sshoal_error *error)
{
	manifest->sources = calloc(count, sizeof *manifest->sources);
	manifest->bases = calloc(count, sizeof *manifest->bases);
	if (count > 0 && (!manifest->sources || !manifest->bases))
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	for (size_t i = 0; i < count; i++) {
		manifest->sources[i] =
			copy(manifest, sources[i], strlen(sources[i]));
		if (!manifest->sources[i])
			return sshoal__error_code(error, SSHOAL_ENOMEM);
		int rc = find_base(manifest, i, error);
		if (rc)
			return rc;
	}
	manifest->source_count = count;
	return 0;
}

/* One of two sources of the same name would take the other's place. */
static int check_bases(const struct manifest *manifest, sshoal_error *error)
{
	struct map bases = MAP_INIT;
	int rc = 0;
	for (size_t i = 0; i < manifest->source_count && rc == 0; i++) {
		const char *base = manifest->bases[i];
		const char *before = sshoal__map_get(&bases, base);
		if (before)
			rc = sshoal__error_set(
				error, SSHOAL_EINVAL,
				"%.200s: it has the same name as %.200s",
				manifest->sources[i], before);
		else if (sshoal__map_put(&bases, base, manifest->sources[i]))
			rc = sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	sshoal__map_fini(&bases);
	return rc;
}

int sshoal__manifest_new(struct manifest **manifest, const char *const *sources,
			 size_t count, const struct manifest_options *options,
			 sshoal_error *error)
{
	struct manifest *made = calloc(1, sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	made->follow_links = options->follow_links;
	int rc = copy_sources(made, sources, count, error);
	if (rc == 0)
		rc = check_bases(made, error);
	if (rc == 0)
		rc = sshoal__manifest_walk(made, options->recursive, error);
	if (rc) {
		sshoal__manifest_free(made);
		return rc;
	}
	*manifest = made;
	return 0;
}

/* What goes before the names below a source. */
static size_t head_size(const char *source, bool slash)
{
	size_t n = strlen(source);
	return n > 0 && source[n - 1] == '/' ? n : n + slash;
}

/* head: the source goes before. */
static char *join(const struct manifest *manifest,
		  const struct manifest_entry *entry, bool head)
{
	const char *source = manifest->sources[entry->source];
	bool is_below = entry->parent != MANIFEST_NO_PARENT;
	size_t head_n = head ? head_size(source, is_below) : 0;
	size_t size = head_n + 1;
	const struct manifest_entry *at = entry;
	for (; at->parent != MANIFEST_NO_PARENT;
	     at = &manifest->entries[at->parent])
		size += strlen(at->name) + 1;
	if (is_below)
		size--;
	char *path = malloc(size);
	if (!path)
		return NULL;
	/* From its end to its start. */
	size_t left = size - 1;
	path[left] = '\0';
	for (at = entry; at->parent != MANIFEST_NO_PARENT;
	     at = &manifest->entries[at->parent]) {
		size_t n = strlen(at->name);
		left -= n;
		memcpy(path + left, at->name, n);
		if (left > head_n)
			path[--left] = '/';
	}
	memset(path, '/', head_n);
	memcpy(path, source, strnlen(source, head_n));
	return path;
}

char *sshoal__manifest_path(const struct manifest *manifest, size_t index)
{
	return join(manifest, &manifest->entries[index], true);
}

char *sshoal__manifest_below(const struct manifest *manifest, size_t index)
{
	return join(manifest, &manifest->entries[index], false);
}

int sshoal__manifest_fail(const struct manifest *manifest,
			  const struct manifest_entry *entry, int code,
			  const char *why, sshoal_error *error)
{
	if (!error)
		return code;
	char *path = join(manifest, entry, true);
	if (!path)
		return sshoal__error_set(error, code, "%s", why);
	bool fits = strlen(path) + strlen(why) + 2 < sizeof error->text;
	if (fits)
		(void)sshoal__error_set(error, code, "%s: %s", path, why);
	else
		(void)sshoal__error_set(error, code, "%.*s...: %s", SHOWN_SIZE,
					path, why);
	free(path);
	return code;
}

void sshoal__manifest_free(struct manifest *manifest)
{
	if (!manifest)
		return;
	free(manifest->entries);
	sshoal__store_fini(&manifest->texts);
	free(manifest->bases);
	free(manifest->sources);
	free(manifest);
}
