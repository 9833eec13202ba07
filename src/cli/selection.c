/* SPDX-License-Identifier: MIT */
#include "cli/selection.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/home.h"
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

static bool exists(const char *path)
{
	return path && *path && access(path, F_OK) == 0;
}

/* Loads the first hosts file that is there, if one is. */
static int load_usual(sshoal_inventory *inventory, sshoal_error *error)
{
	const char *path = getenv("SSHOAL_HOSTS");
	char *own = sshoal__cli_home(USER_HOSTS);
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

static int load(sshoal_inventory *inventory,
		const struct selection_options *options, sshoal_error *error)
{
	int rc = sshoal__selection_load(inventory, options, error);
	if (rc == 0 && options->files.count > 0 &&
	    options->expressions.count > 0)
		sshoal_inventory_restrict(inventory);
	return rc;
}

static int expand(sshoal_hosts **hosts, const sshoal_inventory *inventory,
		  const struct selection_options *options, sshoal_error *error)
{
	const struct text_list *expressions = &options->expressions;
	if (expressions->count == 0)
		return sshoal_hosts_expand(hosts, inventory, NULL, error);
	char *expression = join(expressions);
	if (!expression)
		return refuse_memory(error);
	int rc = sshoal_hosts_expand(hosts, inventory, expression, error);
	free(expression);
	return rc;
}

static int check(const struct selection_options *options, sshoal_error *error)
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
	return 0;
}

static int expand_both(sshoal_hosts **hosts, sshoal_hosts **part,
		       const struct selection_options *options,
		       const char *expression, sshoal_error *error)
{
	sshoal_inventory *inventory = NULL;
	if (sshoal_inventory_new(&inventory) != 0)
		return refuse_memory(error);
	int rc = load(inventory, options, error);
	if (rc == 0)
		rc = expand(hosts, inventory, options, error);
	if (rc == 0 && expression)
		rc = sshoal_hosts_expand(part, inventory, expression, error);
	sshoal_inventory_free(inventory);
	return rc;
}

int sshoal__selection_expand_part(sshoal_hosts **hosts, sshoal_hosts **part,
				  const struct selection_options *options,
				  const char *expression, sshoal_error *error)
{
	sshoal_hosts *made = NULL;
	sshoal_hosts *some = NULL;
	int rc = check(options, error);
	if (rc == 0)
		rc = expand_both(&made, &some, options, expression, error);
	if (rc == 0 && sshoal_hosts_count(made) == 0 && !options->allow_empty)
		rc = sshoal__refuse(error, "no hosts");
	if (rc) {
		sshoal_hosts_free(some);
		sshoal_hosts_free(made);
		return rc;
	}
	*hosts = made;
	*part = some;
	return 0;
}

int sshoal__selection_expand(sshoal_hosts **hosts,
			     const struct selection_options *options,
			     sshoal_error *error)
{
	sshoal_hosts *none = NULL;
	return sshoal__selection_expand_part(hosts, &none, options, NULL,
					     error);
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
