/* SPDX-License-Identifier: MIT */
#include "cli/selection.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/home.h"
#include "cli/host_words.h"
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

/* "a,b" of a and b, with the words of standard input for "-". */
static char *join(const struct text_list *list, const char *input)
{
	size_t size = 1;
	for (size_t i = 0; i < list->count; i++)
		size += strlen(list->items[i]) + strlen(input) + 1;
	char *joined = malloc(size);
	if (!joined)
		return NULL;
	char *end = joined;
	*end = '\0';
	for (size_t i = 0; i < list->count; i++) {
		bool is_input = strcmp(list->items[i], "-") == 0;
		const char *item = is_input ? input : list->items[i];
		/* Nothing was read: that names no hosts. */
		if (!*item)
			continue;
		if (end > joined)
			*end++ = ',';
		end = stpcpy(end, item);
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

static int expand_words(struct chosen *chosen,
			const struct selection_options *options,
			sshoal_error *error)
{
	const struct text_list *expressions = &options->expressions;
	char *input = NULL;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < expressions->count; i++)
		if (strcmp(expressions->items[i], "-") == 0)
			rc = sshoal__host_words_read(&input, STDIN_FILENO,
						     error);
	if (rc)
		return rc;
	char *expression = join(expressions, input ? input : "");
	/* Of empty input no hosts come, not those of the files. */
	const char *wanted =
		expression && !*expression ? "@all!@all" : expression;
	rc = expression ? sshoal_hosts_expand(&chosen->hosts, chosen->inventory,
					      wanted, error) :
			  refuse_memory(error);
	free(expression);
	free(input);
	return rc;
}

static int expand(struct chosen *chosen,
		  const struct selection_options *options, sshoal_error *error)
{
	bool has_files = options->files.count > 0;
	int rc = sshoal__selection_load(chosen->inventory, options, error);
	if (rc)
		return rc;
	if (options->expressions.count == 0)
		return sshoal_hosts_expand(&chosen->hosts, chosen->inventory,
					   NULL, error);
	if (has_files)
		sshoal_inventory_restrict(chosen->inventory);
	return expand_words(chosen, options, error);
}

static int exclude(const struct chosen *chosen, struct console *console,
		   const struct text_list *exclusions, sshoal_error *error)
{
	for (size_t i = 0; i < exclusions->count; i++) {
		size_t before = sshoal_hosts_count(chosen->hosts);
		int rc = sshoal_hosts_exclude(chosen->hosts, chosen->inventory,
					      exclusions->items[i], error);
		if (rc)
			return rc;
		if (sshoal_hosts_count(chosen->hosts) == before)
			sshoal__console_say(console, "-x %s: takes no host out",
					    exclusions->items[i]);
	}
	return 0;
}

/* A shard is cut before chance has a say, so that all shards are the list. */
static int arrange(const struct chosen *chosen,
		   const struct selection_options *options, sshoal_error *error)
{
	sshoal_hosts *hosts = chosen->hosts;
	int rc = options->sorted ? sshoal_hosts_sort(hosts, error) : 0;
	if (rc == 0 && options->shard.number)
		rc = sshoal_hosts_shard(hosts, options->shard.number,
					options->shard.count, error);
	if (rc == 0 && options->pick)
		rc = sshoal_hosts_pick(hosts, options->pick, error);
	if (rc == 0 && options->shuffle)
		rc = sshoal_hosts_shuffle(hosts, error);
	return rc;
}

int sshoal__chosen_init(struct chosen *chosen, struct console *console,
			const struct selection_options *options,
			const char *part, sshoal_error *error)
{
	struct chosen made = { .hosts = NULL };
	if (options->expressions.count == 0 && options->files.count == 0)
		return sshoal__refuse(error, "which hosts? Name them with -w "
					     "HOST,HOST or in a file with -f "
					     "FILE");
	if (sshoal_inventory_new(&made.inventory) != 0)
		return refuse_memory(error);
	int rc = expand(&made, options, error);
	if (rc == 0 && options->are_hosts &&
	    sshoal_hosts_count(made.hosts) != options->expressions.count)
		rc = sshoal__refuse(error, "a hosts file has changed: some of "
					   "the hosts are in it more than once "
					   "now, and it is not clear which are "
					   "meant");
	if (rc == 0 && part)
		rc = sshoal_hosts_expand(&made.part, made.inventory, part,
					 error);
	if (rc == 0)
		rc = exclude(&made, console, &options->exclusions, error);
	if (rc == 0)
		rc = arrange(&made, options, error);
	bool is_empty = sshoal_hosts_count(made.hosts) == 0;
	if (rc == 0 && is_empty && !options->allow_empty)
		rc = sshoal__refuse(error, "no hosts");
	if (rc)
		sshoal__chosen_fini(&made);
	else
		*chosen = made;
	return rc;
}

void sshoal__chosen_fini(struct chosen *chosen)
{
	sshoal_hosts_free(chosen->part);
	sshoal_hosts_free(chosen->hosts);
	sshoal_inventory_free(chosen->inventory);
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
