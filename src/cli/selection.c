/* SPDX-License-Identifier: MIT */
#include "cli/selection.h"

#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/refusal.h"

/*
 * Which hosts are meant. With -f only hosts of the files can be named; without
 * it the user's own hosts file gives groups and settings, and never hosts that
 * were not named: there is no implicit all.
 */

#define USER_HOSTS "/.config/sshoal/hosts"
#define SYSTEM_HOSTS "/etc/sshoal/hosts"

static int refuse_memory(sshoal_error *error)
{
	*error = (sshoal_error){ SSHOAL_ENOMEM, "out of memory" };
	return SSHOAL_ENOMEM;
}

static const char *home(void)
{
	const char *path = getenv("HOME");
	if (path && *path)
		return path;
	const struct passwd *user = getpwuid(getuid());
	return user ? user->pw_dir : NULL;
}

static bool exists(const char *path)
{
	return path && *path && access(path, F_OK) == 0;
}

/* Loads the first hosts file that is there, if one is. */
static int load_usual(sshoal_inventory *inventory, sshoal_error *error)
{
	const char *path = getenv("SSHOAL_HOSTS");
	const char *folder = home();
	char *own = NULL;
	if (folder && asprintf(&own, "%s" USER_HOSTS, folder) < 0)
		return refuse_memory(error);
	if (!exists(path))
		path = own;
	if (!exists(path))
		path = SYSTEM_HOSTS;
	int rc = 0;
	if (exists(path))
		rc = sshoal_inventory_load(inventory, path, error);
	free(own);
	return rc;
}

static int load_files(sshoal_inventory *inventory,
		      const struct text_list *files, sshoal_error *error)
{
	int rc = 0;
	for (size_t i = 0; i < files->count && rc == 0; i++)
		rc = sshoal_inventory_load(inventory, files->items[i], error);
	return rc;
}

/* "a,b" of a and b. */
static char *join(const struct text_list *list)
{
	size_t size = 1;
	for (size_t i = 0; i < list->count; i++)
		size += strlen(list->items[i]) + 1;
	char *joined = malloc(size);
	if (!joined)
		return NULL;
	char *end = joined;
	*end = '\0';
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			*end++ = ',';
		end = stpcpy(end, list->items[i]);
	}
	return joined;
}

int sshoal__selection_load(sshoal_inventory *inventory,
			   const struct selection_options *options,
			   sshoal_error *error)
{
	return options->files.count > 0 ?
		       load_files(inventory, &options->files, error) :
		       load_usual(inventory, error);
}

static int expand(sshoal_hosts **hosts, sshoal_inventory *inventory,
		  const struct selection_options *options, sshoal_error *error)
{
	const struct text_list *expressions = &options->expressions;
	int rc = sshoal__selection_load(inventory, options, error);
	if (rc)
		return rc;
	if (expressions->count == 0)
		return sshoal_hosts_expand(hosts, inventory, NULL, error);
	if (options->files.count > 0)
		sshoal_inventory_restrict(inventory);
	char *expression = join(expressions);
	if (!expression)
		return refuse_memory(error);
	rc = sshoal_hosts_expand(hosts, inventory, expression, error);
	free(expression);
	return rc;
}

int sshoal__selection_expand(sshoal_hosts **hosts,
			     const struct selection_options *options,
			     sshoal_error *error)
{
	const struct text_list *expressions = &options->expressions;
	if (expressions->count == 0 && options->files.count == 0)
		return sshoal__refuse(error, "which hosts? Name them with -w "
					     "HOST,HOST or in a file with -f "
					     "FILE");
	for (size_t i = 0; i < expressions->count; i++)
		if (strcmp(expressions->items[i], "-") == 0)
			return sshoal__refuse(error, "-w -: not in this "
						     "version; use -f -");
	sshoal_inventory *inventory = NULL;
	if (sshoal_inventory_new(&inventory) != 0)
		return refuse_memory(error);
	sshoal_hosts *made = NULL;
	int rc = expand(&made, inventory, options, error);
	sshoal_inventory_free(inventory);
	if (rc)
		return rc;
	if (sshoal_hosts_count(made) == 0 && !options->allow_empty) {
		sshoal_hosts_free(made);
		return sshoal__refuse(error, "no hosts");
	}
	*hosts = made;
	return 0;
}

size_t sshoal__selection_label_width(const sshoal_hosts *hosts)
{
	size_t width = 0;
	for (size_t i = 0; i < sshoal_hosts_count(hosts); i++) {
		size_t length = strlen(sshoal_hosts_name(hosts, i));
		if (length > width)
			width = length;
	}
	return width;
}
