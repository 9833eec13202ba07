/* SPDX-License-Identifier: MIT */
#include "fleet/key_lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Files that many targets name are decoded once, under their names. */

struct named_keys {
	struct key_list list;
	char name[];
};

static void free_keys(struct key_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		sshoal_key_free(list->keys[i]);
	free(list->keys);
	free(list->locked);
}

void sshoal__key_lists_fini(struct map *lists)
{
	size_t at = 0;
	struct named_keys *named = sshoal__map_next(lists, &at);
	for (; named; named = sshoal__map_next(lists, &at)) {
		free_keys(&named->list);
		free(named);
	}
	sshoal__map_fini(lists);
}

/* The name of a list of files in the map, with what tells it from others of
 * the same files. */
static char *name_of(const struct key_files *files, const char *apart)
{
	size_t n = 2;
	n += files->first ? strlen(files->first) + 1 : 0;
	n += strlen(apart);
	for (size_t i = 0; i < files->more_count; i++)
		n += strlen(files->more[i]) + 1;
	char *name = malloc(n);
	if (!name)
		return NULL;
	int used = snprintf(name, n, "%s", files->first ? files->first : "");
	for (size_t i = 0; i < files->more_count; i++)
		used += snprintf(name + used, n - (size_t)used, "\n%s",
				 files->more[i]);
	(void)snprintf(name + used, n - (size_t)used, "\n%s", apart);
	return name;
}

/* Loads one file of a list. */
static int load_one(struct key_list *list, const struct key_files *files,
		    const char *path, sshoal_error *error)
{
	sshoal_key **key = &list->keys[list->count];
	int rc = files->plan ?
			 sshoal__login_key_load(key, path, files->plan, error) :
			 sshoal__login_key_load_certificate(key, path, error);
	if (rc)
		return rc;
	list->count++;
	if (!files->plan || files->are_optional ||
	    sshoal_key_is_private(*key) || list->locked)
		return 0;
	list->locked = strdup(path);
	return list->locked ? 0 : sshoal__error_code(error, SSHOAL_ENOMEM);
}

/* The same, or passes over it. */
static int load_file(struct key_list *list, const struct key_files *files,
		     const char *path, sshoal_error *error)
{
	sshoal_error why = { .code = 0 };
	int rc = load_one(list, files, path, &why);
	if (rc == 0 || rc == SSHOAL_ENOMEM || !files->are_optional)
		return rc ? sshoal__error_set(error, rc, "%s", why.text) : 0;
	files->skipped(files->data, rc, why.text);
	return 0;
}

static int load_list(struct key_list *list, const struct key_files *files,
		     sshoal_error *error)
{
	list->keys = calloc(files->key_count + files->more_count + 1,
			    sizeof(sshoal_key *));
	if (!list->keys)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	for (; list->count < files->key_count; list->count++)
		list->keys[list->count] =
			sshoal_key_ref(files->keys[list->count]);
	int rc = 0;
	if (files->first)
		rc = load_file(list, files, files->first, error);
	for (size_t i = 0; rc == 0 && i < files->more_count; i++)
		rc = load_file(list, files, files->more[i], error);
	return rc;
}

int sshoal__key_lists_load(struct map *lists, const struct key_files *files,
			   const char *apart, const struct key_list **list,
			   sshoal_error *error)
{
	char *name = name_of(files, apart);
	if (!name)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	struct named_keys *named = sshoal__map_get(lists, name);
	int rc = 0;
	if (!named) {
		size_t n = strlen(name) + 1;
		named = calloc(1, sizeof *named + n);
		if (!named) {
			free(name);
			return sshoal__error_code(error, SSHOAL_ENOMEM);
		}
		memcpy(named->name, name, n);
		rc = load_list(&named->list, files, error);
		if (rc == 0) {
			rc = sshoal__map_put(lists, named->name, named);
			if (rc)
				(void)sshoal__error_code(error, rc);
		}
		if (rc) {
			free_keys(&named->list);
			free(named);
		}
	}
	free(name);
	if (rc == 0)
		*list = &named->list;
	return rc;
}
